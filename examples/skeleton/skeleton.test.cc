#include "skeleton.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

// Judged from the planted problem by plain loops, never from what the solver says of itself.
TEST(Skeleton, CodesToTheGapAskedFor) {
  for (const bool positive : {false, true}) {
    const auto p = plant({.rows = 20, .atoms = 40, .signals = 30, .positive = positive, .seed = 1});
    const Judge judge(p.dictionary.view(), {.lambda = 0.05, .positive = positive});
    const auto [codes, info] = skeleton(Dictionary<double>(p.dictionary), p.signals,
                                        {.lambda = 0.05, .tolerance = 1e-6, .positive = positive});
    ASSERT_TRUE(info.converged());
    for (std::int64_t j = 0; j < codes.signals(); ++j) {
      const auto y = p.signals.view().column(j);
      EXPECT_LE(judge.relative_gap(y, codes[j]), 1.01e-6);
      EXPECT_NEAR(judge.objective(y, codes[j]), info.signals[std::size_t(j)].objective, 1e-12);
    }
  }
}

TEST(Skeleton, LambdaMaxGivesZero) {
  const auto p = plant<float>({.signals = 5, .seed = 2});
  const Dictionary<float> dictionary(p.dictionary);
  EXPECT_EQ(skeleton(dictionary, p.signals, {.lambda_relative = 1.001}).codes.nonzeros(), 0);
  EXPECT_GT(skeleton(dictionary, p.signals, {.lambda_relative = 0.9}).codes.nonzeros(), 0);
}

TEST(Skeleton, StartsFromGivenCodes) {
  const auto p = plant({.signals = 4, .seed = 3});
  const Dictionary<double> dictionary(p.dictionary);
  const auto first = skeleton(dictionary, p.signals, {.lambda = 0.1});
  const auto again = skeleton(dictionary, p.signals, {.lambda = 0.1}, &first.codes);
  EXPECT_EQ(again.info.work.iterations, 0);
}

TEST(Skeleton, SameBitsForAnyNumberOfThreads) {
  const auto p = plant<float>({.signals = 100, .seed = 4});
  const Dictionary<float> dictionary(p.dictionary);
  const auto one = skeleton<float>(dictionary, p.signals, {.lambda = 0.1}, nullptr, {.threads = 1});
  for (const int threads : {2, 4}) {
    const auto more =
        skeleton<float>(dictionary, p.signals, {.lambda = 0.1}, nullptr, {.threads = threads});
    EXPECT_TRUE(std::ranges::equal(one.codes.values(), more.codes.values()));
  }
}

TEST(Skeleton, SaysWhatIsWrong) {
  auto p = plant<float>({.rows = 8, .atoms = 8, .signals = 2, .seed = 5});
  const Dictionary<float> dictionary(p.dictionary);
  EXPECT_THROW(skeleton(dictionary, p.signals, {}), Error);
  EXPECT_THROW(skeleton(dictionary, p.signals, {.lambda = -1}), Error);
  EXPECT_THROW(skeleton(dictionary, Matrix<float>(9, 1), {.lambda = 0.1}), Error);
  p.signals(0, 1) = std::numeric_limits<float>::quiet_NaN();
  const auto [codes, info] = skeleton(dictionary, p.signals, {.lambda = 0.1});
  EXPECT_EQ(info.signals[1].status, Status::invalid);
  EXPECT_EQ(codes[1].nonzeros(), 0u);
}

}  // namespace
}  // namespace striate
