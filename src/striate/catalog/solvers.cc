#include "striate/catalog/solvers.h"

#include <array>

#include "striate/solvers/data_weights.h"
#include "striate/solvers/elastic_net.h"
#include "striate/solvers/fista.h"
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

// Runs a solver with settings given by name.
template <class T, class Settings, auto solve>
Encoding<T> by_name(std::string_view who, const Dictionary<T>& dictionary,
                    MatrixView<const T> signals, const Values& values,
                    const SparseCodes<T>* initial, const Run& run,
                    MatrixView<const T> data_weights) {
  constexpr bool starts = requires { solve(dictionary, signals, Settings{}, initial, run); };
  if (initial && !starts)
    throw Error(who, ": it takes no initial codes; each code grows from nothing");
  Settings settings;
  for (const auto& [name, value] : values) assign(who, settings, name, value);
  const auto code = [](const Dictionary<T>& atoms, MatrixView<const T> some, const Settings& chosen,
                       const SparseCodes<T>* start, const Run& part) {
    if constexpr (starts) return solve(atoms, some, chosen, start, part);
    else return solve(atoms, some, chosen, part);
  };
  if (!data_weights.data) return code(dictionary, signals, settings, initial, run);
  check_signals(who, settings, signals.columns);
  return detail::encode_weighted<T>(
      who, dictionary, signals, data_weights, initial, run,
      [&](const Dictionary<T>& atoms, MatrixView<const T> some,
          std::span<const std::int64_t> places, const SparseCodes<T>* start, const Run& part) {
        return code(atoms, some, settings_of(settings, places), start, part);
      });
}

template <class Settings, auto solve_float, auto solve_double>
SolverEntry entry(std::string_view name, std::string_view summary, std::string_view problem,
                  std::string_view source) {
  return {.name = name,
          .summary = summary,
          .problem = problem,
          .source = source,
          .fields = [] { return fields<Settings>(); },
          .run_float = by_name<float, Settings, solve_float>,
          .run_double = by_name<double, Settings, solve_double>};
}

// A new solver is one line here.
const std::array table{
    entry<LassoSettings, lasso<float>, lasso<double>>(
        "lasso", "Least squares with an l1 penalty, by working sets.",
        "min 1/2 |y - D z|^2 + lambda sum_j w_j |z_j|", "tibshirani1996; massias2018"),
    entry<ElasticNetSettings, elastic_net<float>, elastic_net<double>>(
        "elastic_net", "The lasso with a part on the squared norm of the code.",
        "min 1/2 |y - D z|^2 + lambda sum_j w_j |z_j| + l2/2 |z|^2", "zou2005"),
    entry<LarsSettings, lars<float>, lars<double>>(
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
        "ista", "The same problems by proximal gradient without momentum.",
        "min 1/2 |y - D z|^2 + lambda sum_g w_g |z_g|", "daubechies2004; beck2009"),
    entry<LcaSettings, lca<float>, lca<double>>(
        "lca", "The locally competitive algorithm, as a solver or as a model of so many steps.",
        "tau du/dt = D'y - u - (D'D - I) a, a = T(u)", "rozell2008; paiton2020"),
    entry<IhtSettings, iht<float>, iht<double>>(
        "iht", "Least squares with at most so many coefficients, by iterative hard thresholding.",
        "min 1/2 |y - D z|^2 with |z|_0 <= nonzeros", "blumensath2009; blumensath2010"),
    entry<ThresholdSettings, threshold<float>, threshold<double>>(
        "threshold", "Correlations with the atoms, thresholded: one product, no descent.",
        "z = T(D'y)", "coates2011"),
    entry<OmpSettings, omp<float>, omp<double>>(
        "omp",
        "Orthogonal matching pursuit: the atom most correlated with the residual, then refit.",
        "min |y - D z|^2, |z|_0 <= nonzeros; or |y - D z|^2 <= residual",
        "pati1993; rubinstein2008"),
    entry<OlsSettings, ols<float>, ols<double>>(
        "ols", "Orthogonal least squares: the atom whose refit leaves the least residual.",
        "min |y - D z|^2, |z|_0 <= nonzeros; or |y - D z|^2 <= residual", "chen1989; rebollo2002"),
    entry<MpSettings, mp<float>, mp<double>>(
        "mp", "Matching pursuit: the most correlated atom, coefficient by coefficient, no refit.",
        "min |y - D z|^2, |z|_0 <= nonzeros; or |y - D z|^2 <= residual", "mallat1993"),
};

}  // namespace

std::span<const SolverEntry> solvers() { return table; }

const SolverEntry& solver(std::string_view name) {
  std::vector<std::string> names;
  for (const SolverEntry& entry : table) {
    if (entry.name == name) return entry;
    names.emplace_back(entry.name);
  }
  const std::string near = nearest_name(name, names);
  throw Error("encode: there is no solver '", name, "'; ",
              near.empty() ? "there are " + list_of(names) : "the nearest is '" + near + "'");
}

template <class T>
Encoding<T> encode(std::string_view name, const Dictionary<T>& dictionary, Signals<T> signals,
                   const Values& settings, const SparseCodes<T>* initial, const Run& run,
                   Signals<T> data_weights) {
  const SolverEntry& entry = solver(name);
  if constexpr (std::is_same_v<T, float>)
    return entry.run_float(name, dictionary, signals, settings, initial, run, data_weights);
  else return entry.run_double(name, dictionary, signals, settings, initial, run, data_weights);
}

template Encoding<float> encode(std::string_view, const Dictionary<float>&, Signals<float>,
                                const Values&, const SparseCodes<float>*, const Run&,
                                Signals<float>);
template Encoding<double> encode(std::string_view, const Dictionary<double>&, Signals<double>,
                                 const Values&, const SparseCodes<double>*, const Run&,
                                 Signals<double>);

}  // namespace striate
