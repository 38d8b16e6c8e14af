#include "striate/solvers/detail/homotopy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "striate/core/observer.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate::detail {
namespace {

// Walks from the zero code downwards and hands every breakpoint's lambda and code to `look`.
Status walk(const Dictionary<double>& dictionary, std::span<const double> signal,
            const HomotopyRules& rules, double last, auto look,
            int most_atoms = std::numeric_limits<int>::max()) {
  Homotopy<double> homotopy(dictionary, rules);
  Matrix<double> c(dictionary.atoms(), 1);
  dictionary.correlate(MatrixView<const double>(signal.data(), dictionary.rows(), 1), c.view());
  homotopy.begin(signal, c.column(0), most_atoms);
  const striate::Run run;
  const RunState state(run);
  return homotopy.walk(last, state, [&] {
    std::vector<std::int32_t> indices;
    std::vector<double> values;
    homotopy.code(0, indices, values);
    std::vector<double> z(static_cast<std::size_t>(dictionary.atoms()));
    for (std::size_t i = 0; i < indices.size(); ++i)
      z[static_cast<std::size_t>(indices[i])] = values[i];
    look(homotopy.lambda(), z);
  });
}

TEST(Homotopy, EveryBreakpointIsTheMinimumForItsLambda) {
  auto p = plant<double>({.rows = 12, .atoms = 20, .nonzeros = 5, .signals = 4, .noise = 0.2});
  for (int i = 0; i < 12; ++i) p.dictionary(i, 3) = p.dictionary(i, 8);  // equal atoms tie
  const Dictionary<double> dictionary(p.dictionary.view());
  std::vector<double> weights(20, 1.0);
  for (std::size_t k = 0; k < 20; k += 3) weights[k] = 0.7;
  for (const bool positive : {false, true})
    for (std::int64_t j = 0; j < 4; ++j) {
      const std::span<const double> y = p.signals.view().column(j);
      double before = std::numeric_limits<double>::infinity();
      int points = 0;
      const Status status =
          walk(dictionary, y, {.weights = weights, .positive = positive}, 0.01,
               [&](double lambda, const std::vector<double>& z) {
                 const Judge judge(p.dictionary.view(),
                                   {.lambda = lambda, .positive = positive, .weights = weights});
                 EXPECT_LT(judge.distance_to_subdifferential(y, z), 1e-11);
                 EXPECT_LE(lambda, before);
                 before = lambda;
                 ++points;
               });
      EXPECT_EQ(status, Status::converged);
      EXPECT_NEAR(before, 0.01, 1e-15);
      EXPECT_GT(points, 4);
    }
}

TEST(Homotopy, StopsBeforeAnAtomTooMany) {
  const auto p =
      plant<double>({.rows = 12, .atoms = 20, .nonzeros = 5, .signals = 1, .noise = 0.2});
  const Dictionary<double> dictionary(p.dictionary.view());
  std::size_t most = 0;
  double last = 0;
  const auto look = [&](double lambda, const std::vector<double>& z) {
    std::size_t used = 0;
    for (const double x : z) used += x != 0;
    most = std::max(most, used);
    last = lambda;
  };
  walk(dictionary, p.signals.view().column(0), {}, 0, look, 3);
  EXPECT_EQ(most, 3u);
  EXPECT_GT(last, 0);
}

}  // namespace
}  // namespace striate::detail
