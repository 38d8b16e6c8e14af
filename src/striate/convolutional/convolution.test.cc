#include "striate/convolutional/convolution.h"

#include <gtest/gtest.h>

#include "tests/problems/random_matrix.h"

namespace striate {
namespace {

constexpr Boundary boundaries[] = {Boundary::circular, Boundary::inside, Boundary::linear};

template <class T>
Image<T> random_image(std::int64_t rows, std::int64_t columns, std::int64_t channels,
                      std::uint64_t seed) {
  const auto values = random_matrix<T>(rows * columns * channels, 1, seed);
  return Image<T>(ImageView<const T>(values.data(), rows, columns, channels));
}

template <class T>
ConvolutionalCodes<T> random_codes(const MapShape& shape, std::uint64_t seed) {
  auto maps = random_matrix<T>(shape.rows() * shape.columns(), shape.filters, seed);
  for (std::int64_t k = 0; k < maps.columns(); ++k)
    for (std::int64_t i = 0; i < maps.rows(); ++i)
      if (std::abs(maps(i, k)) < T(1)) maps(i, k) = 0;
  return ConvolutionalCodes<T>::from_dense(shape, maps.view());
}

// D x by its definition, pixel by pixel.
template <class T>
double pixel(const FilterBank<T>& bank, const ConvolutionalCodes<T>& codes, std::int64_t r,
             std::int64_t c, std::int64_t channel) {
  const MapShape& s = codes.shape();
  const auto maps = codes.to_dense();
  double sum = 0;
  for (std::int64_t k = 0; k < s.filters; ++k)
    for (std::int64_t a = 0; a < s.filter_rows; ++a)
      for (std::int64_t b = 0; b < s.filter_columns; ++b) {
        std::int64_t p = r - a, q = c - b;
        if (s.boundary == Boundary::circular) {
          p = ((p % s.rows()) + s.rows()) % s.rows();
          q = ((q % s.columns()) + s.columns()) % s.columns();
        } else if (s.boundary == Boundary::linear) {
          p += s.filter_rows - 1;
          q += s.filter_columns - 1;
        }
        if (p < 0 || p >= s.rows() || q < 0 || q >= s.columns()) continue;
        sum += double(maps(p * s.columns() + q, k)) *
               double(bank.filter(
                   k)[std::size_t((a * s.filter_columns + b) * bank.channels() + channel)]);
      }
  return sum;
}

TEST(convolution, IsTheSumOfItsDefinition) {
  for (Boundary boundary : boundaries)
    for (std::int64_t channels : {1, 3}) {
      const auto taps = random_matrix<double>(3 * 2 * channels, 4, 1);
      const FilterBank<double> bank(taps.view(), 3, 2, channels);
      const auto codes = random_codes<double>(bank.maps(5, 7, boundary), 2);
      const auto image = synthesize<double>(bank, codes);
      for (std::int64_t r = 0; r < 5; ++r)
        for (std::int64_t c = 0; c < 7; ++c)
          for (std::int64_t channel = 0; channel < channels; ++channel)
            ASSERT_NEAR(image(r, c, channel), pixel(bank, codes, r, c, channel), 1e-13);
    }
}

// <D x, r> = <x, D'r>: to the rounding of sums of at most positions * filters products of a few.
TEST(convolution, AdjointForEveryBoundaryAndSize) {
  for (Boundary boundary : boundaries)
    for (auto [rows, columns, h, w, channels] : {std::array<std::int64_t, 5>{8, 8, 3, 3, 1},
                                                 {7, 11, 4, 2, 1},
                                                 {13, 5, 1, 5, 2},
                                                 {1, 30, 1, 6, 1},
                                                 {1, 1, 1, 1, 1},
                                                 {6, 6, 6, 6, 3}}) {
      const auto taps = random_matrix<double>(h * w * channels, 6, 3);
      const FilterBank<double> bank(taps.view(), h, w, channels);
      const MapShape shape = bank.maps(rows, columns, boundary);
      const auto codes = random_codes<double>(shape, 4);
      const auto r = random_image<double>(rows, columns, channels, 5);
      const auto image = synthesize<double>(bank, codes);
      double left = 0, right = 0, scale = 0;
      for (std::int64_t i = 0; i < image.size(); ++i) {
        left += image.data()[i] * r.data()[i];
        scale += std::abs(image.data()[i] * r.data()[i]);
      }
      const auto maps = codes.to_dense();
      correlate<double>(bank, r, shape, {.threads = 1},
                        [&](std::int64_t row, MatrixView<double> c, int) {
                          for (std::int64_t p = 0; p < c.columns; ++p)
                            for (std::int64_t k = 0; k < c.rows; ++k)
                              right += c(k, p) * maps(row * shape.columns() + p, k);
                        });
      EXPECT_NEAR(left, right, 1e-13 * (scale + 1)) << rows << " x " << columns;
    }
}

// spread and fold are adjoint to each other, and fold counts a pixel once per place on the canvas.
TEST(convolution, SpreadAndFold) {
  for (Boundary boundary : boundaries) {
    const MapShape shape{.image_rows = 5,
                         .image_columns = 6,
                         .filter_rows = 3,
                         .filter_columns = 2,
                         .filters = 1,
                         .boundary = boundary};
    const auto image = random_image<double>(5, 6, 2, 7);
    const auto on = spread<double>(image, shape);
    const auto canvas = random_image<double>(on.rows(), on.columns(), 2, 8);
    const auto folded = fold<double>(canvas, shape);
    double left = 0, right = 0;
    for (std::int64_t i = 0; i < on.size(); ++i) left += on.data()[i] * canvas.data()[i];
    for (std::int64_t i = 0; i < image.size(); ++i) right += image.data()[i] * folded.data()[i];
    EXPECT_NEAR(left, right, 1e-13);
  }
}

TEST(convolution, SameBitsForAnyThreads) {
  const auto taps = random_matrix<float>(12, 9, 1);
  const FilterBank<float> bank(taps.view(), 4, 3);
  const MapShape shape = bank.maps(33, 29, Boundary::circular);
  const auto codes = random_codes<float>(shape, 2);
  const auto one = synthesize<float>(bank, codes, {.threads = 1});
  EXPECT_EQ(one, synthesize<float>(bank, codes, {.threads = 4}));
  std::vector<Matrix<float>> c(33), d(33);
  const auto into = [](std::vector<Matrix<float>>& all) {
    return [&all](std::int64_t row, MatrixView<float> part, int) {
      all[std::size_t(row)] = Matrix<float>(MatrixView<const float>(part));
    };
  };
  correlate<float>(bank, one, shape, {.threads = 1}, into(c));
  correlate<float>(bank, one, shape, {.threads = 4}, into(d));
  EXPECT_EQ(c, d);
}

}  // namespace
}  // namespace striate
