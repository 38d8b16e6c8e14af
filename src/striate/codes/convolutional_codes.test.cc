#include "striate/codes/convolutional_codes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace striate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr MapShape small{
    .image_rows = 3, .image_columns = 4, .filter_rows = 2, .filter_columns = 3, .filters = 2};

// Some zeros, some not, whatever the shape.
Matrix<double> some_maps(const MapShape& shape) {
  Matrix<double> maps(shape.rows() * shape.columns(), shape.filters);
  for (std::int64_t k = 0; k < maps.columns(); ++k)
    for (std::int64_t i = 0; i < maps.rows(); ++i)
      if ((i * 7 + k * 3) % 5 == 0) maps(i, k) = std::sin(double(i + 1) * double(k + 1));
  return maps;
}

TEST(ConvolutionalCodes, BoundariesSayWhereAtomsMayLie) {
  MapShape shape = small;
  EXPECT_EQ(shape.rows() * 100 + shape.columns(), 304);
  shape.boundary = Boundary::inside;
  EXPECT_EQ(shape.rows() * 100 + shape.columns(), 202);
  shape.boundary = Boundary::linear;
  EXPECT_EQ(shape.rows() * 100 + shape.columns(), 406);
}

TEST(ConvolutionalCodes, DenseAndBackForEveryBoundary) {
  for (auto boundary : {Boundary::circular, Boundary::inside, Boundary::linear}) {
    MapShape shape = small;
    shape.boundary = boundary;
    const auto maps = some_maps(shape);
    const auto codes = ConvolutionalCodes<double>::from_dense(shape, maps.view());
    EXPECT_EQ(codes.to_dense(), maps);
    EXPECT_EQ(ConvolutionalCodes<double>::from_archive(codes.to_archive()), codes);
    ConvolutionalCodes<double> again(shape);
    for (std::int64_t r = 0; r < shape.rows(); ++r)
      for (auto i = codes.starts()[std::size_t(r)]; i < codes.starts()[std::size_t(r) + 1]; ++i)
        again.append(r, codes.columns()[std::size_t(i)], codes.filters()[std::size_t(i)],
                     codes.values()[std::size_t(i)]);
    EXPECT_EQ(again, codes);
  }
}

TEST(ConvolutionalCodes, CountsAndSums) {
  ConvolutionalCodes<float> codes(small);
  EXPECT_EQ(codes.sparseness(), 1);
  codes.append(0, 1, 1, -3);
  codes.append(2, 0, 0, 0.5f);
  codes.append(2, 0, 1, 2);
  EXPECT_THAT(codes.starts(), ElementsAre(0, 1, 1, 3));
  EXPECT_DOUBLE_EQ(codes.sparseness(), 1 - 3.0 / 24);
  EXPECT_THAT(codes.uses(), ElementsAre(1, 2));
  EXPECT_THAT(codes.sums(), ElementsAre(0.5, 5));
  EXPECT_THAT(codes.pruned(2).values(), ElementsAre(-3, 2));
  EXPECT_THAT(codes.pruned(0.8, true).values(), ElementsAre(-3));
  EXPECT_THAT(codes.pruned(0.8, true).starts(), ElementsAre(0, 1, 1, 1));
  EXPECT_EQ(codes.pruned(0), codes);
}

TEST(ConvolutionalCodes, WrongEntriesAreRefused) {
  ConvolutionalCodes<float> codes(small);
  codes.append(1, 2, 1, 1);
  for (auto [r, c, k] : {std::array{0, 3, 0},
                         {1, 2, 1},
                         {1, 2, 0},
                         {1, 1, 1},
                         {3, 0, 0},
                         {1, 4, 0},
                         {2, 0, 2},
                         {-1, 0, 0}})
    EXPECT_THAT([&] { codes.append(r, c, k, 1); }, ThrowsMessage<Error>(HasSubstr("entries must")));
  EXPECT_THROW(codes.append(2, 0, 0, NAN), Error);
  EXPECT_EQ(codes.nonzeros(), 1);
  EXPECT_THROW(codes.pruned(-1), Error);
}

TEST(ConvolutionalCodes, WrongPartsAreRefused) {
  using Codes = ConvolutionalCodes<float>;
  const auto refuses = [](auto starts, auto columns, auto filters, auto values, const char* words) {
    EXPECT_THAT([&] { Codes(small, starts, columns, filters, values); },
                ThrowsMessage<Error>(HasSubstr(words)));
  };
  using Starts = std::vector<std::int64_t>;
  using Names = std::vector<std::uint16_t>;
  using Values = std::vector<float>;
  refuses(Starts{0, 1, 1}, Names{0}, Names{0}, Values{1}, "indptr");
  refuses(Starts{0, 1, 0, 1}, Names{0}, Names{0}, Values{1}, "indptr");
  refuses(Starts{0, 1, 1, 1}, Names{0, 1}, Names{0}, Values{1}, "2 columns");
  refuses(Starts{0, 1, 1, 1}, Names{4}, Names{0}, Values{1}, "column 4");
  refuses(Starts{0, 2, 2, 2}, Names{1, 1}, Names{1, 1}, Values{1, 1}, "out of order");
  refuses(Starts{0, 1, 1, 1}, Names{0}, Names{0}, Values{NAN}, "finite");
}

TEST(ConvolutionalCodes, WrongShapesAreRefused) {
  const auto refuses = [](MapShape shape, const char* words) {
    EXPECT_THAT([&] { check_maps("encode", shape); }, ThrowsMessage<Error>(HasSubstr(words)));
  };
  MapShape shape = small;
  shape.filter_rows = 4;
  refuses(shape, "encode: filters have 4 x 3 taps");
  shape.boundary = Boundary::linear;
  EXPECT_NO_THROW(check_maps("encode", shape));
  shape = small;
  shape.filters = 0;
  refuses(shape, "0 filters");
  shape = small;
  shape.image_columns = 0;
  refuses(shape, "3 x 0 pixels");
  shape = small;
  shape.image_columns = 70000;
  refuses(shape, "at most 65536");
}

}  // namespace
}  // namespace striate
