#include <gtest/gtest.h>

#include "striate/linalg/fft/plane_fft.test_cases.h"

namespace striate {
namespace {

TEST(PlaneFftFloat, EqualsFft2AndComesBack) { check_plane_fft<float>(); }
TEST(PlaneFftFloat, CountsFrequencies) { check_plane_fft_multiplicity<float>(); }

}  // namespace
}  // namespace striate
