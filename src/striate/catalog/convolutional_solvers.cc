#include "striate/catalog/convolutional_solvers.h"

#include <array>

#include "striate/catalog/detail/table.h"
#include "striate/convolutional/admm.h"
#include "striate/convolutional/automatic.h"
#include "striate/convolutional/cd.h"
#include "striate/convolutional/pgm.h"
#include "striate/convolutional/ssnal.h"

namespace striate {
namespace {

template <class T, class Settings, auto solve>
ConvolutionalResult<T> by_name(std::string_view who, const FilterBank<T>& bank,
                               ImageView<const T> image, const Values& values,
                               const ConvolutionalInputs<T>& inputs, const Run& run) {
  Settings settings;
  for (const auto& [name, value] : values) assign(who, settings, name, value);
  return solve(bank, image, settings, inputs, run);
}

template <class Settings, auto solve_float, auto solve_double>
constexpr ConvolutionalSolverEntry entry(std::string_view name, std::string_view summary,
                                         std::string_view problem, std::string_view source) {
  return {.name = name,
          .summary = summary,
          .problem = problem,
          .source = source,
          .fields = [] { return fields<Settings>(); },
          .run_float = by_name<float, Settings, solve_float>,
          .run_double = by_name<double, Settings, solve_double>};
}

constexpr std::string_view plain = "min 1/2 |s - sum_k d_k * x_k|^2 + lambda sum_k w_k |x_k|_1",
                           smooth =
                               "min 1/2 |s - sum_k d_k * x_k|^2 + lambda sum_k w_k |x_k|_1 + "
                               "gamma/2 sum_k |grad x_k|^2";

// A new solver is one entry here.
constexpr std::array table{
    entry<GradientWeightSettings, automatic<float>, automatic<double>>(
        "auto", "cd, and ssnal from where that is slow; with a gradient weight admm or pgm.",
        smooth, "kavukcuoglu2010; li2018"),
    entry<CdSettings, cd<float>, cd<double>>(
        "cd", "Coordinate descent in space on a working set: sparse codes.", plain,
        "kavukcuoglu2010; friedman2010; moreau2020"),
    entry<SsnalSettings, ssnal<float>, ssnal<double>>(
        "ssnal", "Newton's method on the dual: dense codes, filters that are nearly parallel.",
        plain, "li2018"),
    entry<AdmmSettings, admm<float>, admm<double>>(
        "admm", "The plain method in frequency, to compare with; dense codes.", smooth,
        "wohlberg2016; boyd2011; heide2015"),
    entry<PgmSettings, pgm<float>, pgm<double>>(
        "pgm", "Accelerated proximal gradient on dense maps: the simple reference.", smooth,
        "beck2009; odonoghue2015"),
};

}  // namespace

std::span<const ConvolutionalSolverEntry> convolutional_solvers() { return table; }

const ConvolutionalSolverEntry& convolutional_solver(std::string_view name) {
  return detail::find_entry(table, "convolutional solver", name);
}

bool has_setting(const ConvolutionalSolverEntry& entry, std::string_view name) {
  return detail::has_field(entry, name);
}

template <class T>
ConvolutionalResult<T> encode_convolutional(std::string_view name, const FilterBank<T>& bank,
                                            ImageView<const T> image, const Values& settings,
                                            const ConvolutionalInputs<T>& inputs, const Run& run) {
  const ConvolutionalSolverEntry& entry = convolutional_solver(name);
  detail::check_settings(table, entry, settings);
  if constexpr (std::is_same_v<T, float>)
    return entry.run_float(name, bank, image, settings, inputs, run);
  else return entry.run_double(name, bank, image, settings, inputs, run);
}

#define STRIATE_INSTANTIATE(T)                                                                 \
  template ConvolutionalResult<T> encode_convolutional(std::string_view, const FilterBank<T>&, \
                                                       ImageView<const T>, const Values&,      \
                                                       const ConvolutionalInputs<T>&, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
