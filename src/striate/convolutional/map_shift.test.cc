#include "striate/convolutional/map_shift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/problems/random_matrix.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr MapShape shape{.image_rows = 9,
                         .image_columns = 11,
                         .filter_rows = 2,
                         .filter_columns = 3,
                         .filters = 4,
                         .boundary = Boundary::linear};

ConvolutionalCodes<double> some_codes(std::uint64_t seed) {
  auto maps = random_matrix<double>(shape.rows() * shape.columns(), shape.filters, seed);
  for (std::size_t i = 0; i < maps.size(); ++i)
    if (std::abs(maps.data()[i]) < 1) maps.data()[i] = 0;
  return ConvolutionalCodes<double>::from_dense(shape, maps.view());
}

std::vector<std::uint8_t> some_known() {
  std::vector<std::uint8_t> known(std::size_t(shape.rows() * shape.columns()));
  for (std::size_t i = 0; i < known.size(); ++i) known[i] = i % 7 < 4;
  return known;
}

TEST(map_shift, IsTheCosineOfItsDefinition) {
  const auto cue = some_codes(1), codes = some_codes(2);
  const Matrix<double> a = codes.to_dense(), b = cue.to_dense();
  for (const bool all : {true, false}) {
    const auto known = all ? std::vector<std::uint8_t>{} : some_known();
    const auto found = ShiftedMaps<double>(cue, 3, known).cosines(codes);
    ASSERT_EQ(found.size(), 49u);
    const auto knows = [&](std::int64_t p) { return all || known[std::size_t(p)] != 0; };
    double of_cue = 0;
    for (std::int64_t k = 0; k < shape.filters; ++k)
      for (std::int64_t p = 0; p < b.rows(); ++p) of_cue += knows(p) ? b(p, k) * b(p, k) : 0;
    for (std::int64_t dr = -3; dr <= 3; ++dr)
      for (std::int64_t dc = -3; dc <= 3; ++dc) {
        double product = 0, of_code = 0;
        for (std::int64_t r = 0; r < shape.rows(); ++r)
          for (std::int64_t c = 0; c < shape.columns(); ++c) {
            const std::int64_t y = r + dr, x = c + dc, to = y * shape.columns() + x;
            if (y < 0 || y >= shape.rows() || x < 0 || x >= shape.columns() || !knows(to)) continue;
            for (std::int64_t k = 0; k < shape.filters; ++k) {
              const double value = a(r * shape.columns() + c, k);
              product += value * b(to, k);
              of_code += value * value;
            }
          }
        EXPECT_NEAR(found[std::size_t((dr + 3) * 7 + dc + 3)],
                    product / std::sqrt(of_code * of_cue), 1e-12);
      }
  }
}

TEST(map_shift, FindsAPlantedShiftAndItsSign) {
  const auto codes = some_codes(3);
  ConvolutionalCodes<double> cue(shape);  // two rows down, one column left, and negative
  for (std::int64_t r = 0; r + 2 < shape.rows(); ++r)
    for (auto i = std::size_t(codes.starts()[std::size_t(r)]);
         i < std::size_t(codes.starts()[std::size_t(r) + 1]); ++i)
      if (codes.columns()[i] > 0)
        cue.append(r + 2, codes.columns()[i] - 1, codes.filters()[i], -codes.values()[i]);
  const MapShift found = ShiftedMaps<double>(cue, 4).best(codes);
  EXPECT_EQ(found.rows, 2);
  EXPECT_EQ(found.columns, -1);
  EXPECT_NEAR(found.cosine, -1, 1e-12);
}

TEST(map_shift, OfNothingIsNothing) {
  const ConvolutionalCodes<double> none(shape);
  const MapShift found = ShiftedMaps<double>(none, 1).best(some_codes(3));
  EXPECT_EQ(found.rows, 0);
  EXPECT_EQ(found.columns, 0);
  EXPECT_EQ(found.cosine, 0);
  EXPECT_EQ(ShiftedMaps<double>(some_codes(3), 0).cosines(none), std::vector<double>{0});
}

TEST(map_shift, NamesWhatDoesNotFit) {
  const auto codes = some_codes(1);
  const std::vector<std::uint8_t> known(3);
  EXPECT_THAT([&] { ShiftedMaps<double>(codes, -1); },
              ThrowsMessage<Error>(HasSubstr("ShiftedMaps: reach is -1")));
  EXPECT_THAT([&] { ShiftedMaps<double>(codes, 10); },
              ThrowsMessage<Error>(HasSubstr("it must be from 0 to 9")));
  EXPECT_THAT([&] { ShiftedMaps<double>(codes, 1, known); },
              ThrowsMessage<Error>(HasSubstr("known has 3 positions")));
  MapShape other = shape;
  other.filters = 3;
  EXPECT_THAT([&] { ShiftedMaps<double>(codes, 1).cosines(ConvolutionalCodes<double>(other)); },
              ThrowsMessage<Error>(HasSubstr("ShiftedMaps.cosines: codes are of 3 maps")));
}

}  // namespace
}  // namespace striate
