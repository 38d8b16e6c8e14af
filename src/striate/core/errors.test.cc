#include "striate/core/errors.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace striate {
namespace {

TEST(Errors, JoinTheirParts) {
  EXPECT_STREQ(Error("lasso: lambda is ", -1.0, "; it must be above 0").what(),
               "lasso: lambda is -1; it must be above 0");
  EXPECT_STREQ(IoError(std::string("a.npy"), ": ", 3, " bytes").what(), "a.npy: 3 bytes");
}

TEST(Errors, AreToldApartAndCaughtTogether) {
  EXPECT_THROW(throw Error("x"), Exception);
  EXPECT_THROW(throw IoError("x"), Exception);
  EXPECT_THROW(throw IoError("x"), std::runtime_error);
  static_assert(!std::is_base_of_v<Error, IoError> && !std::is_base_of_v<IoError, Error>);
}

}  // namespace
}  // namespace striate
