#include "striate/core/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace striate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

template <class T>
Array array_of(std::vector<T> values) {
  const auto size = static_cast<std::int64_t>(values.size());
  return Array::from(std::span<const T>(values), {size});
}

TEST(DType, NamesAndSizes) {
  EXPECT_EQ(name_of(DType::boolean), "bool");
  EXPECT_EQ(name_of(DType::u16), "uint16");
  EXPECT_EQ(name_of(DType::f32), "float32");
  EXPECT_EQ(name_of(DType::c128), "complex128");
  EXPECT_EQ(size_of(DType::boolean), 1u);
  EXPECT_EQ(size_of(DType::i64), 8u);
  EXPECT_EQ(size_of(DType::c64), 8u);
  EXPECT_EQ(size_of(DType::c128), 16u);
  static_assert(dtype_of<float>() == DType::f32 && dtype_of<std::int64_t>() == DType::i64);
}

TEST(Array, IsZeroWhenNew) {
  const Array array(DType::f64, {2, 3});
  EXPECT_EQ(array.size(), 6);
  EXPECT_EQ(array.bytes().size(), 48u);
  for (double x : array.as<double>()) EXPECT_EQ(x, 0);
  EXPECT_EQ(Array().size(), 0);
  EXPECT_EQ(Array(DType::i32, {}).size(), 1);  // no dimensions: one number
  EXPECT_EQ(Array(DType::i32, {5, 0}).size(), 0);
}

TEST(Array, RefusesShapesThatCannotBe) {
  EXPECT_THAT(([] {
                Array(DType::u8, {3, -1});
              }),
              ThrowsMessage<Error>("Array: a length of -1; none may be negative"));
  const std::int64_t big = std::int64_t{1} << 40;
  EXPECT_THAT(([&] { Array(DType::u8, {big, big}); }), ThrowsMessage<Error>(HasSubstr("address")));
  EXPECT_THROW(Array(DType::f64, {std::numeric_limits<std::int64_t>::max()}), Error);
  EXPECT_EQ(Array(DType::f64, {big, big, 0}).size(), 0);  // nothing in it
  const std::vector<float> three{1, 2, 3};
  EXPECT_THAT(([&] {
                Array::from(std::span<const float>(three), {2, 2});
              }),
              ThrowsMessage<Error>("Array: 3 values do not fill 4 places"));
}

TEST(Array, GivesElementsAsTheyAreOrConverted) {
  const Array array = array_of<float>({1, -2, 3});
  EXPECT_THAT(array.as<float>(), ElementsAre(1, -2, 3));
  EXPECT_THAT(array.to<double>(), ElementsAre(1, -2, 3));
  EXPECT_THAT(array.to<std::int32_t>(), ElementsAre(1, -2, 3));
  EXPECT_THAT(array.to<std::complex<double>>()[1], std::complex<double>(-2, 0));
  EXPECT_THAT([&] { array.as<double>(); },
              ThrowsMessage<Error>("Array: holds float32 where float64 is needed"));
}

TEST(Array, RefusesConversionsThatWouldLose) {
  const auto refused = [](const Array& array, auto zero) {
    EXPECT_THAT([&] { array.to<decltype(zero)>(); }, ThrowsMessage<Error>(HasSubstr("not fit")));
  };
  refused(array_of<float>({-1}), std::uint8_t{});
  refused(array_of<std::int32_t>({256}), std::uint8_t{});
  refused(array_of<std::int64_t>({std::int64_t{1} << 31}), std::int32_t{});
  refused(array_of<std::uint64_t>({std::uint64_t{1} << 63}), std::int64_t{});
  refused(array_of<double>({0.5}), std::int32_t{});
  refused(array_of<double>({0x1p63}), std::int64_t{});
  refused(array_of<double>({0x1p64}), std::uint64_t{});
  refused(array_of<double>({std::nan("")}), std::int32_t{});
  refused(array_of<double>({1e300}), float{});
  refused(array_of<std::complex<double>>({{1, 1e300}}), std::complex<float>{});
  refused(array_of<std::int32_t>({2}), bool{});
  EXPECT_THAT(
      [&] {
        array_of<std::complex<float>>({{1, 0}}).to<float>();
      },
      ThrowsMessage<Error>("Array: holds complex64 where real numbers are needed"));
  // At the edge, and what floats may hold.
  EXPECT_EQ(array_of<double>({-0x1p63}).to<std::int64_t>()[0],
            std::numeric_limits<std::int64_t>::min());
  EXPECT_TRUE(std::isinf(array_of<double>({HUGE_VAL}).to<float>()[0]));
  EXPECT_TRUE(std::isnan(array_of<double>({std::nan("")}).to<float>()[0]));
}

TEST(Array, BooleansAreReadByTheirBytes) {
  Array array(DType::boolean, {3});
  array.bytes()[1] = std::byte{1};
  array.bytes()[2] = std::byte{0x40};  // as a file might hold it
  EXPECT_THAT(array.to<std::int32_t>(), ElementsAre(0, 1, 1));
  EXPECT_THAT(array.to<bool>(), ElementsAre(false, true, true));
}

TEST(Array, MatricesAreTransposedShapesOfTheSameMemory) {
  Matrix<float> matrix(2, 3);
  for (std::size_t i = 0; i < 6; ++i) matrix.data()[i] = float(i);
  const Array array = Array::from<float>(matrix.view());
  EXPECT_THAT(array.shape(), ElementsAre(3, 2));
  EXPECT_THAT(array.as<float>(), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(array.to_matrix<float>(), matrix);
  EXPECT_EQ(array.to_matrix<double>()(1, 2), 5);
  EXPECT_THAT([&] { array_of<float>({1}).to_matrix<float>(); },
              ThrowsMessage<Error>("Array: 1 dimensions; a matrix has 2"));
}

TEST(Archive, FindsOrNamesWhatIsThere) {
  Archive archive;
  EXPECT_THAT([&] { archive.at("x"); },
              ThrowsMessage<Error>("Archive: no array 'x'; there are none"));
  archive.arrays["a"] = array_of<float>({1});
  archive.arrays["b/c"] = array_of<float>({2});
  EXPECT_TRUE(archive.has("b/c"));
  EXPECT_FALSE(archive.has("b"));
  EXPECT_EQ(archive.at("a").as<float>()[0], 1);
  EXPECT_THAT([&] { archive.at("x"); },
              ThrowsMessage<Error>("Archive: no array 'x'; there are a, b/c"));
  for (int i = 0; i < 100; ++i) archive.arrays[join("many", i)] = Array();
  try {
    archive.at("x");
  } catch (const Error& error) {
    EXPECT_LT(std::string(error.what()).size(), 300u);
  }
}

TEST(Archive, AttributesByType) {
  Archive archive;
  archive.attributes["m"] = {{"name", std::string("D")}, {"count", std::int64_t{3}}, {"x", 0.5}};
  EXPECT_EQ(archive.attribute("m", "count"), Value(std::int64_t{3}));
  EXPECT_EQ(archive.attribute("m", "none"), Value{});
  EXPECT_EQ(archive.attribute("none", "count"), Value{});
  EXPECT_EQ(archive.get<std::string>("m", "name"), "D");
  EXPECT_EQ(archive.get<std::int64_t>("m", "count"), 3);
  EXPECT_EQ(archive.get<double>("m", "count"), 3);
  EXPECT_EQ(archive.get<double>("m", "x"), 0.5);
  EXPECT_THAT([&] { archive.get<bool>("m", "missing"); },
              ThrowsMessage<Error>("Archive: no attribute 'missing' at 'm'"));
  EXPECT_THAT([&] { archive.get<std::int64_t>("m", "name"); },
              ThrowsMessage<Error>("Archive: attribute 'name' at 'm' is D; integer is needed"));
}

TEST(Archive, ExtractsAndInsertsParts) {
  Archive part;
  part.arrays["atoms"] = array_of<float>({1});
  part.arrays["deep/er"] = array_of<float>({2});
  part.attributes[""] = {{"kind", std::string("dictionary")}};
  part.attributes["atoms"] = {{"unit", std::string("1")}};
  Archive whole;
  whole.arrays["dictionary2/atoms"] = array_of<float>({9});  // another name, not a path below
  whole.attributes["dictionary"] = {{"older", true}};
  whole.insert("dictionary", part);
  EXPECT_TRUE(whole.has("dictionary/deep/er"));
  EXPECT_TRUE(whole.get<bool>("dictionary", "older"));
  part.attributes[""]["older"] = true;
  EXPECT_EQ(whole.extract("dictionary"), part);
  EXPECT_EQ(whole.extract("nothing"), Archive{});
  EXPECT_EQ(whole.extract(""), whole);
  Archive root;
  root.insert("", part);
  EXPECT_EQ(root, part);
}

}  // namespace
}  // namespace striate
