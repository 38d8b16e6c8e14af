#include "striate/memory/rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "striate/memory/rules/softmax.h"
#include "striate/memory/rules/tpam.h"

namespace striate {
namespace {

TEST(Rule, OptionsOfOtherRulesAreRefusedByName) {
  const MemoryRule* const rules[] = {&softmax, &tpam};
  EXPECT_THAT([&] { check_options("create", tpam, {.units = 8, .beta = 3.0}, rules); },
              testing::ThrowsMessage<Error>("create: beta is 3 but tpam has no beta; softmax has"));
  EXPECT_THAT([&] { check_options("create", softmax, {.units = 8, .ridge = 0.0}); },
              testing::ThrowsMessage<Error>("create: ridge is 0 but softmax has no ridge"));
  EXPECT_NO_THROW(check_options("create", softmax, {.beta = 3.0, .overlap_top = 2}));
}

TEST(Rule, CutOverlapsKeepTheDiagonal) {
  EXPECT_EQ(diagonal_of(tpam, {}), Diagonal::zero);
  EXPECT_EQ(diagonal_of(tpam, {.overlap_cut = 0.1}), Diagonal::keep);
  EXPECT_EQ(diagonal_of(tpam, {.diagonal = Diagonal::zero, .overlap_top = 1}), Diagonal::zero);
  EXPECT_FALSE(is_linear(tpam, {.overlap_top = 1}));
  EXPECT_TRUE(is_linear(tpam, {}));
}

}  // namespace
}  // namespace striate
