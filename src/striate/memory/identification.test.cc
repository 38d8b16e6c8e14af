#include "striate/memory/identification.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/core/errors.h"

namespace striate {
namespace {

TEST(IdentificationAccuracy, ShareAndBinomialError) {
  const std::vector<std::int64_t> targets = {0, 1, 2, 3}, ids = {0, 1, 2, -1};
  const Accuracy accuracy = identification_accuracy(ids, targets);
  EXPECT_EQ(accuracy.share, 0.75);
  EXPECT_DOUBLE_EQ(accuracy.standard_error, std::sqrt(0.75 * 0.25 / 4));
  EXPECT_EQ(accuracy.count, 4);
  EXPECT_EQ(identification_accuracy(targets, targets).standard_error, 0);
}

TEST(IdentificationAccuracy, RefusesUnequalAndEmpty) {
  const std::vector<std::int64_t> two = {0, 1}, none;
  EXPECT_THROW(identification_accuracy(two, none), Error);
  EXPECT_THROW(identification_accuracy(none, none), Error);
}

}  // namespace
}  // namespace striate
