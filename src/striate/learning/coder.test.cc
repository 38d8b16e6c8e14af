#include "striate/learning/coder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "striate/solvers/elastic_net.h"
#include "striate/solvers/gradient_descent.h"
#include "striate/solvers/ista.h"
#include "striate/solvers/omp.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

using testing::HasSubstr;

std::string refusal(const LearnSettings& settings) {
  try {
    detail::check_coder("learn", settings);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Coder, EveryCoderStandsUnderItsName) {
  for (std::size_t i = 0; i < EnumNames<Coder>::names.size(); ++i)
    EXPECT_EQ(coder_entry(static_cast<Coder>(i)).name, EnumNames<Coder>::names[i]);
}

TEST(Coder, SettingsReachTheSolver) {
  const auto p =
      plant<double>({.rows = 12, .atoms = 20, .nonzeros = 3, .signals = 30, .noise = 0.1});
  const Dictionary<double> d(p.dictionary);
  const auto code = [&](const LearnSettings& settings) {
    return detail::encode_batch<double>(settings, settings.lambda_at(0), d, p.signals, {}).codes;
  };
  EXPECT_EQ(code({.coder = Coder::omp, .nonzeros = 2}),
            omp<double>(d, p.signals, {.nonzeros = {2}}).codes);
  EXPECT_EQ(code({.coder = Coder::omp, .residual = 0.3}),
            omp<double>(d, p.signals, {.residual = {0.3}}).codes);
  EXPECT_EQ(code({.coder = Coder::elastic_net, .lambda = 0.1, .l2 = 0.3, .tolerance = 1e-6}),
            elastic_net<double>(d, p.signals, {.lambda = 0.1, .l2 = 0.3, .tolerance = 1e-6}).codes);
}

TEST(Coder, SettingsOfThePenaltyAndOfDescentReachTheSolver) {
  const auto p =
      plant<double>({.rows = 12, .atoms = 20, .nonzeros = 4, .signals = 30, .noise = 0.1});
  const Dictionary<double> d(p.dictionary);
  const auto code = [&](const LearnSettings& settings) {
    return detail::encode_batch<double>(settings, settings.lambda_at(0), d, p.signals, {}).codes;
  };
  const LearnSettings prior{.coder = Coder::ista,
                            .lambda = 0.022,
                            .penalty = PenaltyName::log,
                            .sigma = 0.316,
                            .start = Start::projection,
                            .tolerance = 1e-3,
                            .max_iterations = 100};
  EXPECT_EQ(code(prior), ista<double>(d, p.signals,
                                      {.lambda = 0.022,
                                       .penalty = PenaltyName::log,
                                       .sigma = 0.316,
                                       .start = Start::projection,
                                       .tolerance = 1e-3,
                                       .max_iterations = 100})
                             .codes);
  const LearnSettings descent{.coder = Coder::gradient_descent,
                              .group_size = 2,
                              .lambda = 0.1,
                              .descent_steps = 30,
                              .descent_rate = 0.5,
                              .cut_off = 1};
  EXPECT_EQ(
      code(descent),
      gradient_descent<double>(
          d, p.signals,
          {.lambda = 0.1, .group_size = 2, .descent_steps = 30, .descent_rate = 0.5, .cut_off = 1})
          .codes);
  // What a model keeps says the same.
  const Values kept = coding_of(prior);
  EXPECT_EQ(kept.at("penalty"), Value(std::string("log")));
  EXPECT_EQ(kept.at("start"), Value(std::string("projection")));
  EXPECT_EQ(kept.at("sigma"), Value(0.316));
  EXPECT_EQ(coding_of(descent).at("descent_rate"), Value(0.5));
}

TEST(Coder, NeedsAndRefusesByName) {
  EXPECT_EQ(refusal({.coder = Coder::lasso, .lambda = 0.1}), "no error");
  EXPECT_EQ(refusal({.coder = Coder::omp, .nonzeros = 3, .residual = 0.1}), "no error");
  EXPECT_THAT(refusal({.coder = Coder::lasso}), HasSubstr("lambda is missing; lasso needs it"));
  EXPECT_THAT(refusal({.coder = Coder::ols}), HasSubstr("nonzeros and residual are missing"));
  EXPECT_THAT(refusal({.coder = Coder::omp, .lambda = 0.1, .nonzeros = 3}),
              HasSubstr("omp has no lambda; all coders but omp and ols have"));
  EXPECT_THAT(refusal({.coder = Coder::lasso, .lambda = 0.1, .penalty = PenaltyName::log}),
              HasSubstr("lasso has no penalty; ista has"));
  EXPECT_THAT(refusal({.coder = Coder::ista, .lambda = 0.1, .cut_off = 1}),
              HasSubstr("ista has no cut_off; gradient_descent has"));
  EXPECT_THAT(refusal({.coder = Coder::ista, .lambda = 0.1, .sigma = 1}),
              HasSubstr("sigma is given with penalty l1"));
  EXPECT_THAT(
      refusal({.coder = Coder::ista, .group_size = 2, .lambda = 0.1, .penalty = PenaltyName::log}),
      HasSubstr("group_size is 2 with penalty log"));
  EXPECT_THAT(refusal({.coder = Coder::omp, .positive = true, .nonzeros = 3}),
              HasSubstr("omp has no positive"));
  EXPECT_THAT(refusal({.coder = Coder::lasso, .lambda = 0.1, .l2 = 1}),
              HasSubstr("lasso has no l2; elastic_net has"));
  EXPECT_THAT(refusal({.coder = Coder::lasso, .lambda = 0.1, .nonzeros = 3}),
              HasSubstr("lasso has no nonzeros; omp and ols have"));
  EXPECT_THAT(refusal({.coder = Coder::omp, .group_size = 2, .nonzeros = 3}),
              HasSubstr("omp has no groups"));
}

}  // namespace
}  // namespace striate
