#include "striate/convolutional/certificate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/problems/random_matrix.h"

namespace striate {
namespace {

constexpr double none = -std::numeric_limits<double>::infinity();

// One pixel and one filter of one tap: min 1/2 (s - d x)^2 + lambda w |x| is solved by hand.
TEST(certificate, OnePixelByHand) {
  Matrix<double> tap(1, 1);
  tap(0, 0) = 2;
  const FilterBank<double> bank(tap.view(), 1, 1);
  Image<double> image(1, 1);
  image(0, 0) = 3;
  const std::vector<double> weights{0.5};
  const ConvolutionalProblem<double> problem{.bank = bank,
                                             .image = image,
                                             .shape = bank.maps(1, 1, Boundary::circular),
                                             .lambda = 4,
                                             .weights = weights};
  EXPECT_DOUBLE_EQ(lambda_max(problem, {}), 12);  // |2 * 3| / 0.5
  // 2 (3 - 2 x) = lambda w = 2: x = 1, P = 1/2 + 2
  ConvolutionalCodes<double> codes(problem.shape);
  codes.append(0, 0, 0, 1);
  ConvolutionalInfo info;
  certify(problem, codes, none, {}, info);
  EXPECT_DOUBLE_EQ(info.objective, 2.5);
  EXPECT_NEAR(info.relative_gap, 0, 1e-15);
  EXPECT_NEAR(info.violation, 0, 1e-15);
  // x = 0: P = 4.5, gap 2 with the best bound; r = 3 gives theta = 1, bound 2.5
  certify(problem, ConvolutionalCodes<double>(problem.shape), none, {}, info);
  EXPECT_NEAR(info.relative_gap, 2 / 4.5, 1e-15);
  EXPECT_DOUBLE_EQ(info.violation, (6 - 2) / 4.0);
}

// The same with the weight 0.25: min 1/8 (s - d x)^2 + lambda w |x|.
TEST(certificate, OneWeightedPixelByHand) {
  Matrix<double> tap(1, 1);
  tap(0, 0) = 2;
  const FilterBank<double> bank(tap.view(), 1, 1);
  Image<double> image(1, 1), omega(1, 1);
  image(0, 0) = 3;
  omega(0, 0) = 0.25;
  const ConvolutionalProblem<double> problem{.bank = bank,
                                             .image = image,
                                             .shape = bank.maps(1, 1, Boundary::circular),
                                             .lambda = 0.5,
                                             .data_weights = omega};
  EXPECT_DOUBLE_EQ(lambda_max(problem, {}), 1.5);
  // 2 (3 - 2 x) / 4 = lambda = 1/2: x = 1, P = 1/8 + 1/2
  ConvolutionalCodes<double> codes(problem.shape);
  codes.append(0, 0, 0, 1);
  ConvolutionalInfo info;
  certify(problem, codes, none, {}, info);
  EXPECT_DOUBLE_EQ(info.objective, 0.625);
  EXPECT_NEAR(info.relative_gap, 0, 1e-15);
  EXPECT_NEAR(info.violation, 0, 1e-15);
  // x = 0: P = 9/8; the multiple of r = 3 with D'omega r = lambda is r = 1, which bounds by
  // omega (s r - r^2 / 2) = 0.625
  EXPECT_DOUBLE_EQ(dual_bound<double>(problem, image, {}), 0.625);
}

// No code has an objective below another code's bound, whatever the problem: 1,000 random ones.
TEST(certificate, BoundsHoldForAllCodes) {
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    const auto boundary = static_cast<Boundary>(seed % 3);
    const bool positive = seed % 2 == 0;
    const auto taps = random_matrix<double>(4, 3, seed);
    const FilterBank<double> bank(taps.view(), 2, 2);
    const auto values = random_matrix<double>(20, 1, seed + 5000);
    const Image<double> image(ImageView<const double>(values.data(), 4, 5));
    const std::vector<double> weights{1, 0.5, 2};
    ConvolutionalProblem<double> problem{.bank = bank,
                                         .image = image,
                                         .shape = bank.maps(4, 5, boundary),
                                         .weights = weights,
                                         .positive = positive};
    Image<double> omega(ImageView<const double>(values.data(), 4, 5));
    for (std::int64_t i = 0; i < omega.size(); ++i)
      omega.data()[i] = i % 3 == 0 ? 0 : std::abs(omega.data()[(i * 7) % 20]);
    if (seed % 5 == 0) problem.data_weights = omega;
    auto by_position =
        random_matrix<double>(problem.shape.rows() * problem.shape.columns(), 3, seed + 9000);
    for (std::int64_t k = 0; k < 3; ++k)
      for (double& w : by_position.column(k)) w = 0.1 + std::abs(w);
    if (seed % 4 == 1) problem.position_weights = by_position;
    if (seed % 7 < 3 && boundary == Boundary::circular)
      problem.gradient_weight = 0.1 * double(seed % 11);
    problem.lambda = lambda_max(problem, {}) * 0.05 * double(1 + seed % 19);
    std::vector<double> objectives, bounds;
    for (int code = 0; code < 4; ++code) {
      auto maps = random_matrix<double>(problem.shape.rows() * problem.shape.columns(), 3,
                                        seed * 10 + std::uint64_t(code));
      for (std::int64_t k = 0; k < 3; ++k)
        for (double& x : maps.column(k)) {
          x *= 0.3 * code;
          if (std::abs(x) < 0.3 || (positive && x < 0)) x = 0;
        }
      ConvolutionalInfo info;
      certify(problem, ConvolutionalCodes<double>::from_dense(problem.shape, maps.view()), none, {},
              info);
      objectives.push_back(info.objective);
      bounds.push_back(info.objective * (1 - info.relative_gap));
    }
    EXPECT_GE(*std::ranges::min_element(objectives), *std::ranges::max_element(bounds) - 1e-12)
        << seed;
  }
}

// From lambda_max on the zero code is the optimum and the image its own dual point: its gap is 0, not
// what two sums of the same squares differ by.
template <class T>
void zero_codes_are_exact() {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const auto taps = random_matrix<T>(9, 4, seed);
    const FilterBank<T> bank(taps.view(), 3, 3);
    const auto values = random_matrix<T>(17 * 23, 1, seed + 100);
    const Image<T> image(ImageView<const T>(values.data(), 17, 23));
    Image<T> omega(17, 23);
    for (std::int64_t i = 0; i < omega.size(); ++i)
      omega.data()[i] = i % 5 == 0 ? T(0) : T(0.1) * static_cast<T>(i % 7 + 1);
    const std::vector<double> weights{1, 0.3, 2, 0.7};
    ConvolutionalProblem<T> problem{.bank = bank,
                                    .image = image,
                                    .shape = bank.maps(17, 23, static_cast<Boundary>(seed % 3)),
                                    .positive = seed % 2 == 0};
    if (seed % 4 == 0) problem.data_weights = omega;
    if (seed % 5 == 0) problem.weights = weights;
    const double most = lambda_max(problem, {});
    for (const double factor : {1.0, 1.0001, 30.0}) {
      problem.lambda = factor * most;
      ConvolutionalInfo info;
      certify(problem, ConvolutionalCodes<T>(problem.shape), none, {}, info);
      EXPECT_EQ(info.relative_gap, 0) << seed << " " << factor;
      EXPECT_GT(info.objective, 0);
    }
    // Below it the best multiple of the image is 0.9 of it, 1/2 (1 - 0.9)^2 |s|^2 away.
    problem.lambda = 0.9 * most;
    ConvolutionalInfo info;
    certify(problem, ConvolutionalCodes<T>(problem.shape), none, {}, info);
    EXPECT_NEAR(info.relative_gap, 0.01, 1e-6) << seed;
  }
}

TEST(certificate, ZeroCodesAreExactFromLambdaMaxOn) {
  zero_codes_are_exact<float>();
  zero_codes_are_exact<double>();
}

TEST(certificate, NothingIsBetterThanZeroUnderFiltersOfZeros) {
  const Matrix<float> taps(9, 3);
  const FilterBank<float> bank(taps.view(), 3, 3);
  const auto values = random_matrix<float>(30 * 31, 1, 7);
  const Image<float> image(ImageView<const float>(values.data(), 30, 31));
  const ConvolutionalProblem<float> problem{
      .bank = bank, .image = image, .shape = bank.maps(30, 31, Boundary::circular), .lambda = 0.1};
  ConvolutionalInfo info;
  certify(problem, ConvolutionalCodes<float>(problem.shape), none, {}, info);
  EXPECT_EQ(info.relative_gap, 0);
}

TEST(certificate, ZeroImagesAndZeroCodes) {
  const auto taps = random_matrix<double>(4, 2, 1);
  const FilterBank<double> bank(taps.view(), 2, 2);
  const Image<double> image(3, 3);
  const ConvolutionalProblem<double> problem{
      .bank = bank, .image = image, .shape = bank.maps(3, 3, Boundary::circular), .lambda = 1};
  ConvolutionalInfo info;
  certify(problem, ConvolutionalCodes<double>(problem.shape), none, {}, info);
  EXPECT_EQ(info.objective, 0);
  EXPECT_EQ(info.relative_gap, 0);
  EXPECT_EQ(lambda_max(problem, {}), 0);
  auto relative = problem;
  relative.lambda = 0;  // as lambda_relative has it
  certify(relative, ConvolutionalCodes<double>(relative.shape), none, {}, info);
  EXPECT_EQ(info.violation, 0);
}

}  // namespace
}  // namespace striate
