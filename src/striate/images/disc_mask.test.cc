#include "striate/images/disc_mask.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "striate/core/random.h"

namespace striate {
namespace {

double weight(std::int64_t r, std::int64_t c, std::int64_t rows, std::int64_t columns) {
  const double y = -1 + 2.0 * double(r) / double(rows - 1);
  const double x = -1 + 2.0 * double(c) / double(columns - 1);
  const double radius = std::sqrt(y * y + x * x);
  return radius < 1 ? std::pow((1 + std::cos(std::numbers::pi * radius)) / 2, 1 / 3.0) : 0;
}

template <class T>
Image<T> noise(std::int64_t rows, std::int64_t columns, std::int64_t channels) {
  Image<T> image(rows, columns, channels);
  Random random(1, stream("disc test"));
  for (std::int64_t i = 0; i < image.size(); ++i) image.data()[i] = static_cast<T>(random.normal());
  return image;
}

template <class T>
void check(double tolerance) {
  for (const auto& [rows, columns, channels] :
       {std::tuple{12, 12, 1}, {13, 21, 1}, {2, 3, 1}, {16, 9, 3}}) {
    const auto image = noise<T>(rows, columns, channels);
    const auto masked = disc_mask(image);
    const auto back = disc_unmask(masked, 0.25);
    const auto weights = disc_weights<T>(rows, columns);
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t c = 0; c < columns; ++c) {
        const double w = weight(r, c, rows, columns);
        EXPECT_NEAR(weights(r, c), w, tolerance);
        for (std::int64_t k = 0; k < channels; ++k) {
          EXPECT_NEAR(masked(r, c, k), w * image(r, c, k), tolerance);
          if (w >= 0.25) EXPECT_NEAR(back(r, c, k), image(r, c, k), tolerance);
          else EXPECT_EQ(back(r, c, k), 0);
        }
      }
  }
}

TEST(DiscMask, MultipliesAndIsUndoneInside) {
  check<double>(1e-14);
  check<float>(1e-6);  // values up to 4, rounded twice, divided by at least 1 / 4
}

TEST(DiscMask, LosesAboutAFifth) {
  const auto image = noise<double>(256, 256, 1);
  const auto back = disc_unmask(disc_mask(image));
  double lost = 0;
  for (std::int64_t i = 0; i < image.size(); ++i) lost += back.data()[i] == 0;
  // Outside the circle lies 1 - pi / 4 = 0.215 of the square.
  EXPECT_NEAR(lost / 65536, 0.215, 0.01);
}

TEST(DiscMask, RefusesWhatIsNoImage) {
  EXPECT_THROW(disc_mask(Image<float>(0, 4)), Error);
  EXPECT_THROW(disc_unmask(Image<float>(4, 0)), Error);
  Image<double> bad(3, 3);
  bad(1, 1) = NAN;
  EXPECT_THROW(disc_mask(bad), Error);
  for (const double floor : {0.0, -1.0, 1.5, double(NAN)}) try {
      disc_unmask(Image<float>(3, 3), floor);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).rfind("disc_unmask: floor is ", 0), 0u);
    }
}

}  // namespace
}  // namespace striate
