#include "striate/catalog/convolutional_solvers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>

#include "striate/dictionaries/log_gabor.h"
#include "tests/problems/convolutional_problem.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// What every solver of the table has to keep, new ones too.

TEST(convolutional_solvers, AreDescribedAndNamedOnce) {
  std::set<std::string_view> names;
  for (const auto& entry : convolutional_solvers()) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_FALSE(entry.summary.empty());
    EXPECT_FALSE(entry.problem.empty());
    EXPECT_FALSE(entry.source.empty());
    EXPECT_EQ(&convolutional_solver(entry.name), &entry);
    EXPECT_TRUE(has_setting(entry, "lambda") && has_setting(entry, "lam"));
    EXPECT_TRUE(entry.run_float && entry.run_double);
  }
}

TEST(convolutional_solvers, WhatIsUnknownIsRefusedByName) {
  const auto bank = problems::random_bank<float>(2, 3);
  const auto image = problems::waves<float>(8, 8);
  const auto refuses = [&](std::string_view name, const Values& settings, const char* words) {
    EXPECT_THAT([&] { encode_convolutional<float>(name, bank, image, settings); },
                ThrowsMessage<Error>(HasSubstr(words)));
  };
  refuses("ssnla", {}, "there is no convolutional solver 'ssnla'; the nearest is 'ssnal'");
  refuses("fourier", {}, "there are auto, cd");
  refuses("cd", {{"lambda", 0.1}, {"rho", 1.0}}, "cd has no setting 'rho'; admm has");
  refuses("cd", {{"lambda", 0.1}, {"rhoo", 1.0}}, "rhoo");
  refuses("admm", {}, "admm: lambda and lambda_relative are both missing");
}

// Weights and starts of every kind, for a small image.
struct Given {
  std::string name;
  bool positive = false, data_weights = false, penalty_weights = false, initial = false;
  double gradient_weight = 0;
};

// Every solver certifies the gap asked for; the objective is that of plain loops; the bound that the
// gap claims is above no objective that any solver reached, and the dual image proves it. Sums of
// about 1,000 products: their rounding, 1e-12, is far below the gap.
TEST(convolutional_solvers, AgreeWithinTheirGapsAndWithPlainLoops) {
  constexpr double gap = 1e-6;
  const auto bank = problems::random_bank<double>(4, 3, 4);
  const auto image = problems::waves<double>(11, 13);
  for (const Given& given : {Given{"plain"}, Given{.name = "positive", .positive = true},
                             Given{.name = "data weights", .data_weights = true},
                             Given{.name = "penalty weights", .penalty_weights = true},
                             Given{.name = "all",
                             .positive = true,
                             .data_weights = true,
                             .penalty_weights = true,
                             .initial = true},
                             Given{.name = "gradient", .gradient_weight = 0.3},
                             Given{.name = "gradient and all",
                             .positive = true,
                             .data_weights = true,
                             .penalty_weights = true,
                             .initial = true,
                             .gradient_weight = 0.3}})
    for (auto boundary : {Boundary::circular, Boundary::inside, Boundary::linear}) {
      if (given.gradient_weight > 0 && boundary != Boundary::circular) continue;
      SCOPED_TRACE(given.name + ", boundary " + std::to_string(int(boundary)));
      ConvolutionalSettings settings;
      settings.lambda_relative = 0.1;
      settings.boundary = boundary;
      settings.positive = given.positive;
      settings.penalty_weights = {1, 0.5, 2, 1};
      const MapShape shape = bank.maps(11, 13, boundary);
      auto seen = image;
      Image<double> omega(11, 13);
      for (std::int64_t i = 0; i < omega.size(); ++i) {
        omega.data()[i] = i * 5 % 7 == 0 ? 0 : 0.2 + double(i % 3);
        if (given.data_weights && omega.data()[i] == 0) seen.data()[i] = NAN;
      }
      Matrix<double> by_position(shape.rows() * shape.columns(), 4);
      for (std::int64_t k = 0; k < 4; ++k)
        for (std::int64_t i = 0; i < by_position.rows(); ++i)
          by_position(i, k) = 0.5 + 0.3 * double((i + k) % 5);
      ConvolutionalCodes<double> initial(shape);
      initial.append(1, 2, 3, 0.5);
      ConvolutionalInputs<double> inputs;
      if (given.data_weights) inputs.data_weights = omega;
      if (given.penalty_weights) inputs.penalty_weights = by_position;
      if (given.initial) inputs.initial = &initial;
      auto problem = detail::make_problem<double>("test", bank, seen, settings, inputs, {});

      problem.gradient_weight = given.gradient_weight;
      double least = std::numeric_limits<double>::infinity(), best = 0, claimed = 0;
      for (const auto& entry : convolutional_solvers()) {
        SCOPED_TRACE(entry.name);
        Values values{{"lambda", problem.lambda},
                      {"boundary", EnumNames<Boundary>::names[std::size_t(boundary)]},
                      {"positive", given.positive},
                      {"penalty_weights", settings.penalty_weights},
                      {"tolerance", gap},
                      {"max_iterations", std::int64_t{20000}}};
        if (given.gradient_weight > 0) values["gradient_weight"] = given.gradient_weight;
        const auto run = [&] {
          return encode_convolutional<double>(entry.name, bank, seen, values, inputs);
        };
        if (given.gradient_weight > 0 && !has_setting(entry, "gradient_weight")) {
          EXPECT_THAT(run, ThrowsMessage<Error>(HasSubstr(std::string(entry.name))));
          continue;
        }
        const auto result = run();
        EXPECT_EQ(result.info.status, Status::converged);
        EXPECT_LE(result.info.relative_gap, gap);
        EXPECT_GT(result.info.nonzeros, 5);
        for (double x : result.codes.values()) ASSERT_TRUE(x > 0 || !given.positive);
        const auto judged = problems::judge<double>(problem, result.codes, result.dual);
        EXPECT_NEAR(result.info.objective, judged.objective, 1e-12 * judged.objective);
        if (result.dual.size() && given.gradient_weight == 0) {
          EXPECT_LE(judged.objective - judged.bound, gap * 1.0001 * judged.objective);
        }
        if (given.gradient_weight > 0) {
          EXPECT_LE(judged.objective - judged.bound, 1e-2 * judged.objective);
        }
        least = std::min(least, judged.objective);
        best = std::max(best, judged.bound);
        claimed = std::max(claimed, result.info.objective * (1 - result.info.relative_gap));
      }
      EXPECT_GE(least, claimed * (1 - 1e-12));
      EXPECT_GE(least, best * (1 - 1e-12));
    }
}

// 64 x 64 pixels under 24 filters, random ones and log-Gabor ones of which neighbours are nearly
// parallel: ways to one optimum, six digits each.
TEST(convolutional_solvers, MeetToSixDigitsOnAnImage) {
  auto image = problems::waves<double>(64, 64);
  const auto noise = random_matrix<double>(64, 64, 1);
  for (std::int64_t i = 0; i < image.size(); ++i) image.data()[i] += 0.3 * noise(i % 64, i / 64);
  const auto gabor = log_gabor_atoms<double>(
      {.height = 8, .width = 8, .orientations = 6, .angular_bandwidths = {8, 25}});
  for (const auto& bank :
       {problems::random_bank<double>(24, 8), FilterBank<double>(gabor.view(), 8, 8)}) {
    double least = std::numeric_limits<double>::infinity(), most = 0;
    for (const auto& entry : convolutional_solvers()) {
      const auto info = encode_convolutional<double>(entry.name, bank, image,
                                                     {{"lambda_relative", 0.2},
                                                      {"tolerance", 1e-6},
                                                      {"max_iterations", std::int64_t{5000}}})
                            .info;
      EXPECT_EQ(info.status, Status::converged) << entry.name;
      EXPECT_LE(info.relative_gap, 1e-6) << entry.name;
      EXPECT_GT(info.nonzeros, 500);
      least = std::min(least, info.objective);
      most = std::max(most, info.objective);
    }
    EXPECT_LE(most - least, 1e-6 * least);
  }
}

// Dense solvers hold some numbers per coefficient, the others far less; all hold the image.
TEST(convolutional_solvers, SayHowMuchMemoryTheyHeld) {
  const auto bank = problems::random_bank<float>(32, 5);
  const auto image = problems::waves<float>(64, 64);
  const std::int64_t pixels = 64 * 64 * 4, maps = 32 * pixels;
  for (const auto& entry : convolutional_solvers()) {
    const auto info = encode_convolutional<float>(entry.name, bank, image,
                                                  {{"lambda_relative", 0.2}}, {}, {.threads = 1})
                          .info;
    EXPECT_GT(info.peak_bytes, pixels) << entry.name;
    const bool dense = entry.name == "admm" || entry.name == "pgm";
    EXPECT_EQ(info.peak_bytes > 2 * maps, dense) << entry.name << ": " << info.peak_bytes;
    EXPECT_LT(info.peak_bytes, (dense ? 6 : 2) * maps) << entry.name;
  }
}

TEST(convolutional_solvers, TakeADualImage) {
  const auto bank = problems::random_bank<double>(4, 3);
  const auto image = problems::waves<double>(12, 12);
  const Values values{{"lambda_relative", 0.1}, {"tolerance", 1e-4}};
  const auto before = encode_convolutional<double>("ssnal", bank, image, values);
  const ConvolutionalInputs<double> inputs{.dual = before.dual};
  for (const auto& entry : convolutional_solvers()) {
    const auto info = encode_convolutional<double>(entry.name, bank, image, values, inputs).info;
    EXPECT_LE(info.relative_gap, 1e-4) << entry.name;
  }
}

}  // namespace
}  // namespace striate
