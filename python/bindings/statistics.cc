#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstdint>

#include "array.h"
#include "bindings.h"
#include "striate/statistics/log_gabor_fit.h"
#include "striate/statistics/match_banks.h"

namespace striate::python {
namespace {

// (K, h, w, C) in C order: a filter is a column of the view.
template <class T>
using Filters = nb::ndarray<const T, nb::ndim<4>, nb::c_contig, nb::device::cpu>;

template <class T>
BankView<T> bank(const Filters<T>& array) {
  const auto side = [&](std::size_t i) { return static_cast<std::int64_t>(array.shape(i)); };
  return {{array.data(), side(1) * side(2) * side(3), side(0)}, side(1), side(2), side(3)};
}

template <class Settings>
Settings settings_from(std::string_view who, const nb::dict& keywords) {
  Settings settings;
  for (const auto& [name, value] : to_values(keywords)) assign(who, settings, name, value);
  return settings;
}

// One array per member, an element per item.
template <class Items, class F>
auto column(const Items& items, F member) {
  using T = std::decay_t<decltype(member(items.front()))>;
  std::vector<T> values;
  for (const auto& item : items) values.push_back(member(item));
  return to_numpy(std::move(values));
}

nb::dict table(const std::vector<LogGaborFit>& fits, const BankView<double>& shape,
               const LogGaborFitSettings& settings) {
  nb::dict out;
  out["theta"] = column(fits, [](const LogGaborFit& f) { return f.theta; });
  out["bandwidth"] = column(fits, [](const LogGaborFit& f) { return f.bandwidth; });
  out["frequency"] = column(fits, [](const LogGaborFit& f) { return f.frequency; });
  out["phase"] = column(fits, [](const LogGaborFit& f) { return f.phase; });
  out["amplitude"] = column(fits, [](const LogGaborFit& f) { return f.amplitude; });
  out["correlation"] = column(fits, [](const LogGaborFit& f) { return f.correlation; });
  out["bandwidth_at_bound"] =
      column(fits, [](const LogGaborFit& f) -> std::uint8_t { return f.bandwidth_at_bound; });
  out["frequency_at_bound"] =
      column(fits, [](const LogGaborFit& f) -> std::uint8_t { return f.frequency_at_bound; });
  Matrix<double> fitted(shape.rows * shape.columns, std::ssize(fits));
  for (std::int64_t k = 0; k < fitted.columns(); ++k)
    std::ranges::copy(
        log_gabor_filter(fits[static_cast<std::size_t>(k)], shape.rows, shape.columns, settings),
        fitted.column(k).begin());
  out["fitted"] = to_numpy(std::move(fitted));
  return out;
}

nb::dict table(const BankMatch& match) {
  nb::dict out;
  out["a"] = column(match.pairs, [](const FilterMatch& p) { return p.a; });
  out["b"] = column(match.pairs, [](const FilterMatch& p) { return p.b; });
  out["similarity"] = column(match.pairs, [](const FilterMatch& p) { return p.similarity; });
  out["shift_row"] = column(match.pairs, [](const FilterMatch& p) { return p.row; });
  out["shift_column"] = column(match.pairs, [](const FilterMatch& p) { return p.column; });
  out["sign"] = column(match.pairs, [](const FilterMatch& p) { return std::int64_t{p.sign}; });
  out["mean_distance"] = match.mean_distance;
  return out;
}

template <class T>
void init(nb::module_& m, const std::string& precision) {
  m.def(("match_banks_" + precision).c_str(),
        [](const Filters<T>& a, const Filters<T>& b, const nb::dict& keywords,
           std::optional<int> threads) {
          const auto settings = settings_from<MatchBanksSettings>("match_banks", keywords);
          Call call({}, threads, {});
          BankMatch match;
          {
            nb::gil_scoped_release free;
            match = match_banks(bank(a), bank(b), settings, call.run());
          }
          call.finish();
          return table(match);
        },
        nb::arg("a"), nb::arg("b"), nb::arg("settings"), nb::arg("threads").none());
}

}  // namespace

void init_statistics(nb::module_& m) {
  init<float>(m, "f32");
  init<double>(m, "f64");
  m.def(
      "fit_log_gabor",
      [](const Filters<double>& filters, const nb::dict& keywords, std::optional<int> threads) {
        const auto settings = settings_from<LogGaborFitSettings>("fit_log_gabor", keywords);
        const BankView<double> given = bank(filters);
        Call call({}, threads, {});
        std::vector<LogGaborFit> fits;
        {
          nb::gil_scoped_release free;
          fits =
              fit_log_gabor<double>(given.filters, given.rows, given.columns, settings, call.run());
        }
        call.finish();
        return table(fits, given, settings);
      },
      nb::arg("filters"), nb::arg("settings"), nb::arg("threads").none());
}

}  // namespace striate::python
