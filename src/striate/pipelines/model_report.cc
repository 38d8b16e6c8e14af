#include "striate/pipelines/model_report.h"

#include <cmath>
#include <numeric>
#include <string>
#include <type_traits>
#include <vector>

#include "striate/dictionaries/coherence.h"

namespace striate {

template <class T>
ModelReport report_of(const Model<T>& model, const Run& run) {
  ModelReport report{.atoms = model.atoms.columns(), .group_size = model.group_size};
  const Coherence alike = coherence<T>(model.atoms, model.group_size, run);
  report.coherence = alike.between;
  report.near_duplicates = alike.near_duplicates;
  if (alike.first >= 0) {
    report.alike_first = alike.first;
    report.alike_second = alike.second;
  }
  if (model.group_size > 1) report.coherence_within = alike.within;

  const auto column = [&](const std::string& name) {
    return model.history.has(name) ? model.history.at(name).template to<double>()
                                   : std::vector<double>();
  };
  // A figure of one row, where there is one and it was measured.
  const auto number = [](const std::vector<double>& values, bool last, auto& figure) {
    using V = typename std::remove_reference_t<decltype(figure)>::value_type;
    if (values.empty()) return;
    const double value = last ? values.back() : values.front();
    if (std::isfinite(value)) figure = static_cast<V>(value);
  };
  number(column("step"), true, report.steps);
  number(column("signals"), true, report.signals);
  number(column("seconds"), true, report.seconds);
  number(column("objective"), true, report.objective);
  number(column("held_out_objective"), false, report.held_out_at_start);
  number(column("held_out_objective"), true, report.held_out_objective);
  number(column("nonzeros"), true, report.nonzeros);
  number(column("atoms_in_use"), true, report.atoms_in_use);
  if (const auto replaced = column("replaced"); !replaced.empty())
    report.replaced =
        static_cast<std::int64_t>(std::accumulate(replaced.begin(), replaced.end(), 0.0));
  return report;
}

template ModelReport report_of(const Model<float>&, const Run&);
template ModelReport report_of(const Model<double>&, const Run&);

}  // namespace striate
