#include "striate/convolutional/cd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stop_token>

#include "striate/convolutional/admm.h"
#include "striate/convolutional/convolution.h"
#include "tests/problems/convolutional_problem.h"

namespace striate {
namespace {

using problems::random_bank;
using problems::waves;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

CdSettings at(double lambda, double tolerance = 1e-2) {
  CdSettings settings;
  settings.lambda_relative = lambda;
  settings.tolerance = tolerance;
  return settings;
}

// Two certificates of 1e-7: both objectives are that near to the optimum.
TEST(cd, AgreesWithAdmm) {
  const auto bank = random_bank<double>(6, 4);
  const auto image = waves<double>(30, 27);
  for (auto boundary : {Boundary::circular, Boundary::inside})
    for (bool positive : {false, true}) {
      auto settings = at(0.1, 1e-7);
      settings.boundary = boundary;
      settings.positive = positive;
      settings.penalty_weights = {1, 1, 0.5, 1, 2, 1};
      const auto [codes, info, dual] = cd<double>(bank, image, settings);
      EXPECT_EQ(info.status, Status::converged);
      EXPECT_GT(info.nonzeros, 10);
      AdmmSettings other;
      static_cast<ConvolutionalSettings&>(other) = settings;
      other.max_iterations = 20000;
      const auto reference = admm<double>(bank, image, other);
      EXPECT_EQ(reference.info.status, Status::converged);
      EXPECT_NEAR(info.objective, reference.info.objective, 2e-7 * info.objective);
      for (double x : codes.values()) ASSERT_TRUE(x > 0 || !positive);
    }
}

// Pairs of filters with a correlation of 0.995, which meet at the same positions.
TEST(cd, NearlyParallelFilters) {
  auto taps = random_matrix<double>(16, 8, 3);
  for (std::int64_t k = 0; k < 8; ++k) {
    if (k % 2 == 1)
      for (std::int64_t i = 0; i < 16; ++i) taps(i, k) = taps(i, k - 1) + 0.1 * taps(i, k);
    double squares = 0;
    for (double x : taps.column(k)) squares += x * x;
    for (double& x : taps.column(k)) x /= std::sqrt(squares);
  }
  const FilterBank<double> bank(taps.view(), 4, 4);
  for (bool positive : {false, true}) {
    auto settings = at(0.05, 1e-3);
    settings.positive = positive;
    const auto [codes, info, dual] = cd<double>(bank, waves<double>(26, 31), settings);
    EXPECT_EQ(info.status, Status::converged);
    std::int64_t neighbours = 0;  // entries at the position of the one before them
    for (std::size_t r = 0; r + 1 < codes.starts().size(); ++r)
      for (auto i = std::size_t(codes.starts()[r]) + 1; i < std::size_t(codes.starts()[r + 1]); ++i)
        neighbours += codes.columns()[i] == codes.columns()[i - 1];
    EXPECT_GT(neighbours, 20);
  }
}

// The boundary that only this solver has, by its own certificate.
TEST(cd, LinearIsCertified) {
  const auto bank = random_bank<double>(5, 4);
  for (bool positive : {false, true}) {
    auto settings = at(0.1, 1e-6);
    settings.boundary = Boundary::linear;
    settings.positive = positive;
    const auto [codes, info, dual] = cd<double>(bank, waves<double>(23, 19), settings);
    EXPECT_EQ(info.status, Status::converged);
    EXPECT_GT(info.nonzeros, 10);
    EXPECT_LE(info.relative_gap, 1e-6);
  }
}

// Against proximal steps on the matrix of all atoms, cut by hand at the border of the image. Steps of
// 1 / |A|_F^2 descend; after 20,000 of them the objective of 32 columns has settled.
TEST(cd, LinearIsTheOptimumOfCutAtoms) {
  const auto bank = random_bank<double>(2, 2);
  const auto image = waves<double>(3, 3);
  const MapShape shape = bank.maps(3, 3, Boundary::linear);
  const std::int64_t n = shape.size();
  Matrix<double> a(9, n);
  double squares = 0;
  for (std::int64_t r = 0; r < 4; ++r)
    for (std::int64_t c = 0; c < 4; ++c)
      for (std::int64_t k = 0; k < 2; ++k)
        for (std::int64_t t = 0; t < 4; ++t) {
          const std::int64_t row = r - 1 + t / 2, column = c - 1 + t % 2;
          if (row < 0 || row > 2 || column < 0 || column > 2) continue;
          const double tap = bank.filter(k)[std::size_t(t)];
          a(row * 3 + column, (r * 4 + c) * 2 + k) = tap;
          squares += tap * tap;
        }
  for (bool positive : {false, true}) {
    auto settings = at(0.2, 1e-8);
    settings.lambda_relative.reset();
    settings.lambda = 0.3;
    settings.boundary = Boundary::linear;
    settings.positive = positive;
    const auto info = cd<double>(bank, image, settings).info;
    EXPECT_EQ(info.status, Status::converged);
    std::vector<double> x(static_cast<std::size_t>(n), 0);
    double value = 0;
    for (int step = 0; step < 20000; ++step) {
      std::vector<double> r(image.data(), image.data() + 9);
      value = 0;
      for (std::int64_t j = 0; j < n; ++j) {
        for (std::size_t i = 0; i < 9; ++i) r[i] -= a(std::int64_t(i), j) * x[std::size_t(j)];
        value += 0.3 * std::abs(x[std::size_t(j)]);
      }
      for (double e : r) value += e * e / 2;
      for (std::int64_t j = 0; j < n; ++j) {
        double v = x[std::size_t(j)], cut = 0.3 / squares;
        for (std::size_t i = 0; i < 9; ++i) v += a(std::int64_t(i), j) * r[i] / squares;
        x[std::size_t(j)] = v > cut ? v - cut : v < -cut && !positive ? v + cut : 0;
      }
    }
    EXPECT_NEAR(info.objective, value, 1e-6 * value);
  }
}

// Atoms so far apart that none meets two: the optimum of each is its amplitude less lambda, for what
// is left, lambda times the atom, has a correlation below lambda with every other atom.
TEST(cd, FindsPlantedCodes) {
  const auto bank = random_bank<double>(12, 6);
  for (auto boundary : {Boundary::circular, Boundary::inside, Boundary::linear}) {
    ConvolutionalCodes<double> planted(bank.maps(60, 64, boundary));
    for (std::int64_t r = 6; r < 50; r += 12)
      for (std::int64_t c = 7; c < 50; c += 12)
        planted.append(r, c, (r * 5 + c) % 12, (r + c) % 2 == 0 ? 1 + 0.01 * double(c) : -2);
    const auto image = synthesize<double>(bank, planted);
    CdSettings settings;
    settings.lambda = 0.1;
    settings.tolerance = 1e-9;
    settings.boundary = boundary;
    const auto [codes, info, dual] = cd<double>(bank, image, settings);
    EXPECT_EQ(info.status, Status::converged);
    ASSERT_EQ(codes.nonzeros(), planted.nonzeros());
    EXPECT_TRUE(std::ranges::equal(codes.columns(), planted.columns()));
    EXPECT_TRUE(std::ranges::equal(codes.filters(), planted.filters()));
    for (std::size_t i = 0; i < codes.values().size(); ++i)
      EXPECT_NEAR(std::abs(codes.values()[i]), std::abs(planted.values()[i]) - 0.1, 1e-6);
  }
}

// A weight of 2 in every place is a lambda half as large; weights of 0 and 1 that hide what lies
// beyond a border make `linear` of a larger image; and any weights are certified.
TEST(cd, DataWeights) {
  const auto bank = random_bank<double>(5, 4);
  const auto image = waves<double>(23, 19);
  const auto plain = cd<double>(bank, image, at(0.1, 1e-7)).info;
  Image<double> weights(23, 19);
  std::fill_n(weights.data(), weights.size(), 2.0);
  const auto twice = cd<double>(bank, image, at(0.1, 1e-7), {.data_weights = weights}).info;
  EXPECT_NEAR(twice.objective, 2 * plain.objective, 2e-6 * plain.objective);

  auto settings = at(0.1, 1e-7);
  settings.boundary = Boundary::linear;
  const auto linear = cd<double>(bank, image, settings).info;
  settings.boundary = Boundary::inside;
  Image<double> larger(29, 25), mask(29, 25);
  std::fill_n(larger.data(), larger.size(), NAN);
  for (std::int64_t r = 0; r < 23; ++r)
    for (std::int64_t c = 0; c < 19; ++c) {
      larger(r + 3, c + 3) = image(r, c);
      mask(r + 3, c + 3) = 1;
    }
  const auto masked = cd<double>(bank, larger, settings, {.data_weights = mask}).info;
  EXPECT_EQ(masked.status, Status::converged);
  EXPECT_NEAR(masked.objective, linear.objective, 2e-7 * linear.objective);

  for (std::int64_t i = 0; i < weights.size(); ++i) weights.data()[i] = double(i * 7 % 5) / 3;
  for (auto boundary : {Boundary::circular, Boundary::inside, Boundary::linear}) {
    settings.boundary = boundary;
    const auto [codes, info, dual] = cd<double>(bank, image, settings, {.data_weights = weights});
    EXPECT_EQ(info.status, Status::converged);
    EXPECT_GT(info.nonzeros, 10);
    const auto again = cd<double>(bank, image, settings,
                                  {.data_weights = weights, .initial = &codes}, {.threads = 4});
    EXPECT_NEAR(again.info.objective, info.objective, 2e-7 * info.objective);
  }
  std::fill_n(weights.data(), weights.size(), 0.0);
  EXPECT_EQ(cd<double>(bank, image, at(0.1), {.data_weights = weights}).codes.nonzeros(), 0);
  weights(2, 3) = -1;
  EXPECT_THAT([&] { cd<double>(bank, image, at(0.1), {.data_weights = weights}); },
              ThrowsMessage<Error>(HasSubstr("cd: data_weights holds -1 at row 2, column 3")));
  EXPECT_THAT([&] { cd<double>(bank, image, at(0.1), {.data_weights = Image<double>(3, 3)}); },
              ThrowsMessage<Error>(HasSubstr("cd: data_weights are 3 x 3 x 1")));
}

TEST(cd, ZeroFromLambdaMaxOn) {
  const auto bank = random_bank<double>(4, 3);
  for (auto boundary : {Boundary::circular, Boundary::inside, Boundary::linear})
    for (double lambda : {1.0, 1.5}) {
      auto settings = at(lambda, 1e-12);
      settings.boundary = boundary;
      const auto [codes, info, dual] = cd<double>(bank, waves<double>(12, 11), settings);
      EXPECT_EQ(codes.nonzeros(), 0);
      EXPECT_LE(info.relative_gap, 1e-12);
      EXPECT_EQ(info.status, Status::converged);
      EXPECT_EQ(info.iterations, 0);
    }
  EXPECT_EQ(cd<double>(bank, Image<double>(9, 9), at(0.1)).info.status, Status::converged);
}

TEST(cd, OddSizesColourAndOnePixel) {
  Image<double> pixel(1, 1);
  pixel(0, 0) = 2;
  for (auto boundary : {Boundary::circular, Boundary::inside, Boundary::linear}) {
    auto settings = at(0.1, 1e-6);
    settings.boundary = boundary;
    const auto done = [&](const FilterBank<double>& bank, const Image<double>& image) {
      const auto info = cd<double>(bank, image, settings).info;
      EXPECT_EQ(info.status, Status::converged);
      EXPECT_GT(info.nonzeros, 0);
    };
    done(random_bank<double>(5, 3, 3, 3), waves<double>(13, 17, 3));
    done(random_bank<double>(3, 7, 7, 2), waves<double>(53, 37, 2));
    done(random_bank<double>(1, 13), waves<double>(13, 13));
    done(random_bank<double>(2, 1), pixel);
    done(random_bank<double>(3, 5), waves<double>(5, 41));
  }
  // Filters larger than the image.
  auto settings = at(0.1, 1e-6);
  settings.boundary = Boundary::linear;
  EXPECT_LE(cd<double>(random_bank<double>(4, 5), waves<double>(3, 2), settings).info.relative_gap,
            1e-6);
}

TEST(cd, SingleFollowsDouble) {
  const auto rough = cd<float>(random_bank<float>(8, 5), waves<float>(32, 32), at(0.05, 1e-4)).info;
  const auto fine =
      cd<double>(random_bank<double>(8, 5), waves<double>(32, 32), at(0.05, 1e-6)).info;
  EXPECT_EQ(rough.status, Status::converged);
  EXPECT_NEAR(rough.objective, fine.objective, 2e-4 * fine.objective);
}

TEST(cd, WarmStartsAreShort) {
  const auto bank = random_bank<double>(8, 5);
  const auto image = waves<double>(40, 36);
  const auto before = cd<double>(bank, image, at(0.055, 1e-4));
  const auto cold = cd<double>(bank, image, at(0.05, 1e-4));
  const auto warm = cd<double>(bank, image, at(0.05, 1e-4), {.initial = &before.codes});
  EXPECT_EQ(warm.info.status, Status::converged);
  EXPECT_LT(warm.info.iterations, cold.info.iterations);
  EXPECT_NEAR(warm.info.objective, cold.info.objective, 2e-4 * cold.info.objective);
  const auto again = cd<double>(bank, image, at(0.05, 1.1e-4), {.initial = &warm.codes});
  EXPECT_EQ(again.info.iterations, 0);
  EXPECT_EQ(again.codes, warm.codes);
}

TEST(cd, SameBitsForAnyThreads) {
  const auto bank = random_bank<float>(20, 5);
  for (auto boundary : {Boundary::circular, Boundary::inside, Boundary::linear}) {
    auto settings = at(0.05);
    settings.boundary = boundary;
    const auto image = waves<float>(83, 51);
    const auto one = cd<float>(bank, image, settings, {}, {.threads = 1});
    const auto four = cd<float>(bank, image, settings, {}, {.threads = 4});
    EXPECT_EQ(one.codes, four.codes);
    EXPECT_EQ(one.info.objective, four.info.objective);
    EXPECT_EQ(one.info.iterations, four.info.iterations);
  }
}

// The image's unit changes nothing but the objective's, to the rounding of what is no power of two.
TEST(cd, UnitsDoNotMatter) {
  const auto bank = random_bank<double>(8, 4);
  auto image = waves<double>(24, 24);
  const auto one = cd<double>(bank, image, at(0.05, 1e-4)).info;
  for (std::int64_t i = 0; i < image.size(); ++i) image.data()[i] *= 0x1p20;
  const auto other = cd<double>(bank, image, at(0.05, 1e-4)).info;
  EXPECT_EQ(one.iterations, other.iterations);
  EXPECT_EQ(one.nonzeros, other.nonzeros);
  EXPECT_NEAR(one.objective * 0x1p40, other.objective, 1e-12 * other.objective);
}

TEST(cd, Stops) {
  const auto bank = random_bank<float>(20, 5);
  const auto image = waves<float>(40, 36);
  auto settings = at(0.001, 0);
  settings.max_iterations = 7;
  const auto limited = cd<float>(bank, image, settings).info;
  EXPECT_EQ(limited.status, Status::iteration_limit);
  EXPECT_EQ(limited.iterations, 7);
  EXPECT_EQ(limited.trace.size(), 7U);
  settings.max_iterations = 100000;
  const auto stopped = cd<float>(bank, image, settings, {}, {.max_seconds = 0.02}).info;
  EXPECT_EQ(stopped.status, Status::time_limit);
  EXPECT_GT(stopped.relative_gap, 0);
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(cd<float>(bank, image, settings, {}, {.stop = source.get_token()}).info.status,
            Status::stopped);
  // Rounding ends what a tolerance of 0 asks for.
  EXPECT_EQ(cd<float>(random_bank<float>(3, 3), waves<float>(9, 9), at(0.1, 0)).info.status,
            Status::stalled);
}

TEST(cd, RefusesByName) {
  const auto bank = random_bank<double>(4, 3);
  const auto image = waves<double>(12, 11);
  const auto refuses = [&](const Image<double>& y, CdSettings settings, const char* words,
                           const ConvolutionalCodes<double>* initial = nullptr) {
    EXPECT_THAT([&] { cd<double>(bank, y, settings, {.initial = initial}); },
                ThrowsMessage<Error>(AllOf(HasSubstr("cd: "), HasSubstr(words))));
  };
  refuses(image, {}, "both missing");
  auto settings = at(0.1);
  settings.penalty_weights = {1};
  refuses(image, settings, "penalty_weights has 1");
  settings = at(0.1);
  settings.max_sweeps = 0;
  refuses(image, settings, "max_sweeps is 0");
  refuses(image, at(-0.1), "lambda_relative is -0.1");
  refuses(Image<double>(2, 9), at(0.1), "filters may not be larger");
  refuses(waves<double>(12, 11, 3), at(0.1), "3 channels");
  auto nan = image;
  nan(3, 4) = NAN;
  refuses(nan, at(0.1), "row 3, column 4");
  ConvolutionalCodes<double> initial(bank.maps(12, 11, Boundary::inside));
  refuses(image, at(0.1), "initial", &initial);
  initial = ConvolutionalCodes<double>(bank.maps(12, 11, Boundary::circular));
  initial.append(0, 0, 0, -1);
  settings = at(0.1);
  settings.positive = true;
  refuses(image, settings, "initial holds -1", &initial);
}

}  // namespace
}  // namespace striate
