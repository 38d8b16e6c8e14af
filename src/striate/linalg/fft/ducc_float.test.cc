#include <gtest/gtest.h>

#include "striate/linalg/fft/backend.test_cases.h"

namespace striate {
namespace {

TEST(DuccFloat, EqualsThePlainTransformAlongBothAxes) { check_fft_backend<float>(); }

}  // namespace
}  // namespace striate
