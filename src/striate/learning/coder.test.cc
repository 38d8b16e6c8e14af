#include "striate/learning/coder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "striate/solvers/elastic_net.h"
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

TEST(Coder, NeedsAndRefusesByName) {
  EXPECT_EQ(refusal({.coder = Coder::lasso, .lambda = 0.1}), "no error");
  EXPECT_EQ(refusal({.coder = Coder::omp, .nonzeros = 3, .residual = 0.1}), "no error");
  EXPECT_THAT(refusal({.coder = Coder::lasso}), HasSubstr("lambda is missing; lasso needs it"));
  EXPECT_THAT(refusal({.coder = Coder::ols}), HasSubstr("nonzeros and residual are missing"));
  EXPECT_THAT(refusal({.coder = Coder::omp, .lambda = 0.1, .nonzeros = 3}),
              HasSubstr("omp has no lambda; lasso"));
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
