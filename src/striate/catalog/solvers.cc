#include "striate/catalog/solvers.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "striate/catalog/detail/table.h"
#include "striate/solvers/data_weights.h"
#include "striate/solvers/elastic_net.h"
#include "striate/solvers/fista.h"
#include "striate/solvers/gradient_descent.h"
#include "striate/solvers/group_lasso.h"
#include "striate/solvers/iht.h"
#include "striate/solvers/ista.h"
#include "striate/solvers/lars.h"
#include "striate/solvers/lasso.h"
#include "striate/solvers/lca.h"
#include "striate/solvers/mp.h"
#include "striate/solvers/ols.h"
#include "striate/solvers/omp.h"
#include "striate/solvers/sparse_group_lasso.h"
#include "striate/solvers/threshold.h"

namespace striate {
namespace {

// Settings given by name.
template <class Settings>
Settings settings_from(std::string_view who, const Values& values, std::int64_t signals) {
  Settings settings;
  for (const auto& [name, value] : values) assign(who, settings, name, value);
  check_signals(who, settings, signals);
  return settings;
}

// Codes all signals: as they are, or weighted.
template <class T>
Encoding<T> code_all(std::string_view who, const Dictionary<T>& dictionary,
                     MatrixView<const T> signals, MatrixView<const T> data_weights,
                     const SparseCodes<T>* initial, const Run& run,
                     const detail::CodeSome<T>& code) {
  if (data_weights.data)
    return detail::encode_weighted<T>(who, dictionary, signals, data_weights, initial, run, code);
  std::vector<std::int64_t> places(static_cast<std::size_t>(signals.columns));
  std::iota(places.begin(), places.end(), 0);
  return code(dictionary, signals, places, initial, run);
}

template <class T, class Settings, auto solve>
Encoding<T> by_name(std::string_view who, const Dictionary<T>& dictionary,
                    MatrixView<const T> signals, const Values& values,
                    const SparseCodes<T>* initial, const Run& run,
                    MatrixView<const T> data_weights) {
  const auto settings = settings_from<Settings>(who, values, signals.columns);
  return code_all<T>(
      who, dictionary, signals, data_weights, initial, run,
      [&](const Dictionary<T>& atoms, MatrixView<const T> some,
          std::span<const std::int64_t> places, const SparseCodes<T>* start, const Run& part) {
        const Settings chosen = settings_of(settings, places);
        if constexpr (requires { solve(atoms, some, chosen, start, part); })
          return solve(atoms, some, chosen, start, part);
        else return solve(atoms, some, chosen, part);
      });
}

// The steps of some of the signals to their places; returns the last codes.
template <class T>
Encoding<T> take_steps(PursuitPath<T> steps, std::span<const std::int64_t> places,
                       EncodingPath<T>& all) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto at = static_cast<std::size_t>(places[i]);
    all.codes[at] = std::move(steps.codes[i]);
    all.residuals[at] = std::move(steps.residuals[i]);
  }
  return {{}, std::move(steps.info)};
}
template <class T>
Encoding<T> take_steps(std::vector<LarsPath<T>> steps, std::span<const std::int64_t> places,
                       EncodingPath<T>& all) {
  Encoding<T> last;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto at = static_cast<std::size_t>(places[i]);
    all.codes[at] = std::move(steps[i].codes);
    all.lambdas[at] = std::move(steps[i].lambdas);
    last.info.signals.push_back(steps[i].info);
  }
  return last;
}

template <class T, class Settings, auto follow>
EncodingPath<T> path_by_name(std::string_view who, const Dictionary<T>& dictionary,
                             MatrixView<const T> signals, const Values& values, const Run& run,
                             MatrixView<const T> data_weights) {
  const auto settings = settings_from<Settings>(who, values, signals.columns);
  const auto n = static_cast<std::size_t>(signals.columns);
  EncodingPath<T> all{.codes = std::vector(n, SparseCodes<T>(dictionary.atoms())),
                      .lambdas = {},
                      .residuals = {},
                      .info = {}};
  all.lambdas.resize(n);
  all.residuals.resize(n);
  all.info = code_all<T>(
                 who, dictionary, signals, data_weights, nullptr, run,
                 [&](const Dictionary<T>& atoms, MatrixView<const T> some,
                     std::span<const std::int64_t> places, const SparseCodes<T>*, const Run& part) {
                   // Every place is written once, so groups may run side by side.
                   Encoding<T> last = take_steps<T>(
                       follow(atoms, some, settings_of(settings, places), part), places, all);
                   last.codes = SparseCodes<T>(dictionary.atoms());
                   for (std::int64_t place : places) {
                     const auto& steps = all.codes[static_cast<std::size_t>(place)];
                     const CodeView<T> end =
                         steps.signals() ? steps[steps.signals() - 1] : CodeView<T>{};
                     last.codes.append(end.indices, end.values);
                   }
                   return last;
                 })
                 .info;
  return all;
}

template <class Settings, auto solve_float, auto solve_double, auto path_float = nullptr,
          auto path_double = nullptr>
SolverEntry entry(std::string_view name, std::string_view summary, std::string_view problem,
                  std::string_view source) {
  constexpr bool takes_initial =
      requires(const Dictionary<float>& d, MatrixView<const float> y, const SparseCodes<float>* z) {
    solve_float(d, y, Settings{}, z, Run{});
  };
  SolverEntry described{.name = name,
                        .summary = summary,
                        .problem = problem,
                        .source = source,
                        .fields = [] { return fields<Settings>(); },
                        .takes_initial = takes_initial,
                        .run_float = by_name<float, Settings, solve_float>,
                        .run_double = by_name<double, Settings, solve_double>};
  if constexpr (!std::is_null_pointer_v<decltype(path_float)>) {
    described.path_float = path_by_name<float, Settings, path_float>;
    described.path_double = path_by_name<double, Settings, path_double>;
  }
  return described;
}

// A new solver is one line here.
const std::array table{
    entry<LassoSettings, lasso<float>, lasso<double>>(
        "lasso", "Least squares with an l1 penalty, by working sets.",
        "min 1/2 |y - D z|^2 + lambda sum_j w_j |z_j|", "tibshirani1996; massias2018"),
    entry<ElasticNetSettings, elastic_net<float>, elastic_net<double>>(
        "elastic_net", "The lasso with a part on the squared norm of the code.",
        "min 1/2 |y - D z|^2 + lambda sum_j w_j |z_j| + l2/2 |z|^2", "zou2005"),
    entry<LarsSettings, lars<float>, lars<double>, lars_paths<float>, lars_paths<double>>(
        "lars", "The lasso exactly, along its path from the largest lambda; also plain LARS.",
        "min 1/2 |y - D z|^2 + lambda sum_j w_j |z_j|", "efron2004; osborne2000"),
    entry<GroupLassoSettings, group_lasso<float>, group_lasso<double>>(
        "group_lasso", "Least squares with a penalty on the norms of groups, by working sets.",
        "min 1/2 |y - D z|^2 + lambda sum_g w_g |z_g|", "yuan2006; paiton2020"),
    entry<SparseGroupLassoSettings, sparse_group_lasso<float>, sparse_group_lasso<double>>(
        "sparse_group_lasso", "Few groups, and few coefficients within them, by working sets.",
        "min 1/2 |y - D z|^2 + lambda (a |z|_1 + (1 - a) sum_g w_g |z_g|)",
        "simon2013; ndiaye2016"),
    entry<FistaSettings, fista<float>, fista<double>>(
        "fista", "The same problems by accelerated proximal gradient: the simple reference.",
        "min 1/2 |y - D z|^2 + lambda sum_g w_g |z_g|", "beck2009; odonoghue2015"),
    entry<IstaSettings, ista<float>, ista<double>>(
        "ista",
        "The same problems by proximal gradient without momentum; also l0 and log penalties.",
        "min 1/2 |y - D z|^2 + lambda sum_g w_g |z_g|", "daubechies2004; beck2009"),
    entry<GradientDescentSettings, gradient_descent<float>, gradient_descent<double>>(
        "gradient_descent",
        "The same problems by so many steps of plain gradient descent, small values cut off.",
        "min 1/2 |y - D z|^2 + lambda sum_g w_g |z_g|", "shor1985; zhao2025"),
    entry<LcaSettings, lca<float>, lca<double>>(
        "lca", "The locally competitive algorithm, as a solver or as a model of so many steps.",
        "tau du/dt = D'y - u - (D'D - I) a, a = T(u)", "rozell2008; paiton2020"),
    entry<IhtSettings, iht<float>, iht<double>>(
        "iht", "Least squares with at most so many coefficients, by iterative hard thresholding.",
        "min 1/2 |y - D z|^2 with |z|_0 <= nonzeros", "blumensath2009; blumensath2010"),
    entry<ThresholdSettings, threshold<float>, threshold<double>>(
        "threshold", "Correlations with the atoms, thresholded: one product, no descent.",
        "z = T(D'y)", "coates2011"),
    entry<OmpSettings, omp<float>, omp<double>, omp_path<float>, omp_path<double>>(
        "omp",
        "Orthogonal matching pursuit: the atom most correlated with the residual, then refit.",
        "min |y - D z|^2, |z|_0 <= nonzeros; or |y - D z|^2 <= residual",
        "pati1993; rubinstein2008"),
    entry<OlsSettings, ols<float>, ols<double>, ols_path<float>, ols_path<double>>(
        "ols", "Orthogonal least squares: the atom whose refit leaves the least residual.",
        "min |y - D z|^2, |z|_0 <= nonzeros; or |y - D z|^2 <= residual", "chen1989; rebollo2002"),
    entry<MpSettings, mp<float>, mp<double>, mp_path<float>, mp_path<double>>(
        "mp", "Matching pursuit: the most correlated atom, coefficient by coefficient, no refit.",
        "min |y - D z|^2, |z|_0 <= nonzeros; or |y - D z|^2 <= residual", "mallat1993"),
};

// The names of the solvers that can, for a refusal.
template <class F>
std::string able(F can) {
  return detail::able(table, can);
}

}  // namespace

std::span<const SolverEntry> solvers() { return table; }

bool has_setting(const SolverEntry& entry, std::string_view name) {
  return detail::has_field(entry, name);
}

const SolverEntry& solver(std::string_view name) {
  return detail::find_entry(table, "solver", name);
}

template <class T>
Encoding<T> encode(std::string_view name, const Dictionary<T>& dictionary, Signals<T> signals,
                   const Values& settings, const SparseCodes<T>* initial, const Run& run,
                   Signals<T> data_weights) {
  const SolverEntry& entry = solver(name);
  detail::check_settings(table, entry, settings);
  if (initial && !entry.takes_initial)
    throw Error(name, " has no use for initial codes; ",
                able([](const SolverEntry& other) { return other.takes_initial; }));
  if constexpr (std::is_same_v<T, float>)
    return entry.run_float(name, dictionary, signals, settings, initial, run, data_weights);
  else return entry.run_double(name, dictionary, signals, settings, initial, run, data_weights);
}

template <class T>
EncodingPath<T> encode_path(std::string_view name, const Dictionary<T>& dictionary,
                            Signals<T> signals, const Values& settings, const Run& run,
                            Signals<T> data_weights) {
  const SolverEntry& entry = solver(name);
  if (!entry.path_float)
    throw Error(name, " has no path of codes; ",
                able([](const SolverEntry& other) { return other.path_float != nullptr; }));
  detail::check_settings(table, entry, settings);
  if constexpr (std::is_same_v<T, float>)
    return entry.path_float(name, dictionary, signals, settings, run, data_weights);
  else return entry.path_double(name, dictionary, signals, settings, run, data_weights);
}

template Encoding<float> encode(std::string_view, const Dictionary<float>&, Signals<float>,
                                const Values&, const SparseCodes<float>*, const Run&,
                                Signals<float>);
template Encoding<double> encode(std::string_view, const Dictionary<double>&, Signals<double>,
                                 const Values&, const SparseCodes<double>*, const Run&,
                                 Signals<double>);

template EncodingPath<float> encode_path(std::string_view, const Dictionary<float>&, Signals<float>,
                                         const Values&, const Run&, Signals<float>);
template EncodingPath<double> encode_path(std::string_view, const Dictionary<double>&,
                                          Signals<double>, const Values&, const Run&,
                                          Signals<double>);

}  // namespace striate
