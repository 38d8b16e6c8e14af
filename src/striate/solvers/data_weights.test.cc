#include "striate/solvers/data_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "striate/solvers/lasso.h"
#include "striate/solvers/omp.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// A weight of 2 is the value observed twice; of 0, not at all.
TEST(DataWeights, AreRepeatedObservations) {
  const auto p =
      plant<double>({.rows = 10, .atoms = 20, .nonzeros = 3, .signals = 4, .noise = 0.1});
  Matrix<double> weights(10, 1);
  Matrix<double> atoms(15, 20), signals(15, 4);  // rows 0 to 4 twice, 5 to 9 once
  const auto source = [](int i) { return i < 10 ? i / 2 : i - 5; };
  for (int i = 0; i < 10; ++i) weights(i, 0) = i < 5 ? 2 : 1;
  for (int i = 0; i < 15; ++i) {
    for (int k = 0; k < 20; ++k) atoms(i, k) = p.dictionary(source(i), k);
    for (int j = 0; j < 4; ++j) signals(i, j) = p.signals(source(i), j);
  }
  const Dictionary<double> plain(p.dictionary.view()), longer(atoms.view());
  const auto weighted = encode_weighted(lasso<double>, plain, p.signals,
                                        {.lambda = 0.1, .tolerance = 1e-12}, weights);
  const auto repeated = lasso<double>(longer, signals, {.lambda = 0.1, .tolerance = 1e-12});
  for (std::size_t j = 0; j < 4; ++j)
    EXPECT_NEAR(weighted.info.signals[j].objective, repeated.info.signals[j].objective, 1e-11);
  const auto pursued = encode_weighted(omp<double>, plain, p.signals, {.nonzeros = 3}, weights);
  const auto twice = omp<double>(longer, signals, {.nonzeros = 3});
  for (std::int64_t j = 0; j < 4; ++j)
    EXPECT_THAT(pursued.codes[j].indices, testing::ElementsAreArray(twice.codes[j].indices));
}

// What inpainting asks for: every signal its own mask and its own error, of what is observed only.
TEST(DataWeights, ErrorTargetsCountWhatIsObserved) {
  const auto p =
      plant<float>({.rows = 64, .atoms = 128, .nonzeros = 3, .signals = 50, .noise = 0.02});
  Matrix<float> mask(64, 50);
  const Matrix<double> chance = random_matrix<double>(64, 50, 3);
  std::vector<double> targets;
  for (std::int64_t j = 0; j < 50; ++j) {
    double observed = 0;
    for (int i = 0; i < 64; ++i) observed += mask(i, j) = chance(i, j) > 0;
    targets.push_back(observed * 0.023 * 0.023);
  }
  const Dictionary<float> dictionary(p.dictionary.view());
  const auto [codes, info] =
      encode_weighted(omp<float>, dictionary, p.signals, {.residual = targets}, mask);
  std::int64_t planted = 0;
  for (std::int64_t j = 0; j < 50; ++j) {
    EXPECT_EQ(info.signals[std::size_t(j)].status, Status::converged);
    std::vector<float> fit(64);
    synthesize<float>(dictionary, codes[j].indices, codes[j].values, fit);
    double error = 0;
    for (int i = 0; i < 64; ++i) {
      const double r = double(p.signals(i, j)) - fit[std::size_t(i)];
      error += mask(i, j) * r * r;
    }
    EXPECT_LE(error, targets[std::size_t(j)] * (1 + 1e-5));
    planted += std::ranges::equal(codes[j].indices, p.codes[j].indices);
  }
  EXPECT_GE(planted, 35);  // half of the values suffice for three atoms, nearly always
}

TEST(DataWeights, ASignalOfItsOwnMaskNeedsNoGramMatrix) {
  const auto p =
      plant<float>({.rows = 32, .atoms = 256, .nonzeros = 4, .signals = 20, .noise = 0.1});
  Matrix<float> mask(32, 20);
  mask.fill(1);
  for (int j = 0; j < 20; ++j) mask(j, j) = 0;
  const Dictionary<float> dictionary(p.dictionary.view());
  const auto [codes, info] =
      encode_weighted(lasso<float>, dictionary, p.signals, {.lambda = 0.2f}, mask);
  EXPECT_TRUE(info.converged());
  // A dictionary that forms no Gram matrix and one that does give the same bits.
  const auto shared = Dictionary<float>(Matrix<float>(p.dictionary), GramUse::many);
  const auto single = Dictionary<float>(Matrix<float>(p.dictionary), GramUse::few);
  EXPECT_EQ(shared.gram_use(), GramUse::many);
  EXPECT_EQ(single.gram_use(), GramUse::few);
  EXPECT_TRUE(lasso<float>(shared, p.signals, {.lambda = 0.2}).codes ==
              lasso<float>(single, p.signals, {.lambda = 0.2}).codes);
}

TEST(DataWeights, TheObserverSeesTheWholeCallAndStopsIt) {
  const auto p =
      plant<double>({.rows = 40, .atoms = 200, .nonzeros = 8, .signals = 4000, .noise = 0.3});
  Matrix<double> mask(40, 4000);
  mask.fill(1);
  for (int j = 0; j < 4000; ++j)
    if (j % 2) mask(j % 40, j) = mask(j / 40 % 40, j) = 0;  // half of them plain
  const Dictionary<double> dictionary(p.dictionary.view());
  std::int64_t total = 0, most = 0;
  const auto caller = std::this_thread::get_id();
  const striate::Run run{.observer = [&](const Progress& progress) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    EXPECT_GE(progress.done, most);
    most = progress.done;
    total = progress.total;
    return most < 1000;
  }};
  const LassoSettings hard{.lambda = 0.01, .tolerance = 1e-9};
  const auto [codes, info] =
      encode_weighted(lasso<double>, dictionary, p.signals, hard, mask, nullptr, run);
  EXPECT_EQ(codes.signals(), 4000);
  EXPECT_EQ(total, 4000);
  EXPECT_GT(info.count(Status::stopped), 0);
  EXPECT_GT(info.count(Status::converged) + info.count(Status::stalled), 0);
}

TEST(DataWeights, NamesItselfInErrors) {
  const auto p = plant<double>({.rows = 10, .atoms = 20, .signals = 4});
  const Dictionary<double> dictionary(p.dictionary.view());
  EXPECT_THAT(
      [&] {
        encode_weighted(lasso<double>, dictionary, p.signals, {.lambda = 1.0},
                        Matrix<double>(9, 1));
      },
      ThrowsMessage<Error>(HasSubstr("encode_weighted: data_weights has 1 columns of 9")));
  EXPECT_THAT(
      [&] {
        encode_weighted(lasso<double>, dictionary, p.signals, {.lambda = {1.0, 2.0}},
                        Matrix<double>(10, 1));
      },
      ThrowsMessage<Error>(HasSubstr("lambda has 2 values for 4 signals")));
}

}  // namespace
}  // namespace striate
