#include <gtest/gtest.h>

#include "striate/linalg/fft/backend.test_cases.h"

namespace striate {
namespace {

TEST(DuccDouble, EqualsThePlainTransformAlongBothAxes) { check_fft_backend<double>(); }

}  // namespace
}  // namespace striate
