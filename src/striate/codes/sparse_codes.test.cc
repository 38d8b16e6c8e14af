#include "striate/codes/sparse_codes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/problems/plant.h"

namespace striate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using Starts = std::vector<std::int64_t>;
using Indices = std::vector<std::int32_t>;

template <class T>
class SparseCodesTest : public ::testing::Test {};
using Precisions = ::testing::Types<float, double>;
TYPED_TEST_SUITE(SparseCodesTest, Precisions);

// Five atoms, three signals: (1: 0.5, 4: -2), nothing, (0: 3).
template <class T>
SparseCodes<T> small() {
  return SparseCodes<T>(5, {0, 2, 2, 3}, {1, 4, 0}, {T(0.5), T(-2), T(3)});
}

TYPED_TEST(SparseCodesTest, HoldsColumns) {
  const auto codes = small<TypeParam>();
  EXPECT_EQ(codes.atoms(), 5);
  EXPECT_EQ(codes.signals(), 3);
  EXPECT_EQ(codes.nonzeros(), 3);
  EXPECT_THAT(codes[0].indices, ElementsAre(1, 4));
  EXPECT_THAT(codes[0].values, ElementsAre(TypeParam(0.5), TypeParam(-2)));
  EXPECT_EQ(codes[1].nonzeros(), 0u);
  EXPECT_THAT(codes[2].indices, ElementsAre(0));
  const SparseCodes<TypeParam> none;
  EXPECT_EQ(none.signals(), 0);
  EXPECT_EQ(none.atoms(), 0);
}

TYPED_TEST(SparseCodesTest, AppendsSignalsAndOtherCodes) {
  SparseCodes<TypeParam> codes(5);
  const Indices indices{1, 4};
  const std::vector<TypeParam> values{TypeParam(0.5), TypeParam(-2)};
  codes.append(indices, values);
  codes.append({}, std::span<const TypeParam>{});
  const Indices zero{0};
  const std::vector<TypeParam> three{3};
  codes.append(zero, three);
  EXPECT_EQ(codes, small<TypeParam>());

  codes.append(codes);
  EXPECT_EQ(codes.signals(), 6);
  EXPECT_EQ(codes.slice(3, 3), small<TypeParam>());
  EXPECT_THAT(codes.starts(), ElementsAre(0, 2, 2, 3, 5, 5, 6));
}

TYPED_TEST(SparseCodesTest, SlicesAndPutsTogetherAgain) {
  const auto p = plant<TypeParam>({.atoms = 20, .nonzeros = 3, .signals = 10, .seed = 1});
  for (std::int64_t cut = 0; cut <= 10; ++cut) {
    auto codes = p.codes.slice(0, cut);
    codes.append(p.codes.slice(cut, 10 - cut));
    EXPECT_EQ(codes, p.codes);
  }
  EXPECT_EQ(p.codes.slice(4, 0).signals(), 0);
  EXPECT_THAT(([&] { p.codes.slice(8, 3); }),
              ThrowsMessage<Error>("SparseCodes::slice: 3 signals from 8; there are 10"));
  EXPECT_THROW(p.codes.slice(-1, 2), Error);
  EXPECT_THROW(p.codes.slice(2, -1), Error);
  EXPECT_THROW(p.codes.slice(std::numeric_limits<std::int64_t>::max(), 2), Error);
}

TYPED_TEST(SparseCodesTest, DenseAndBack) {
  const auto codes = small<TypeParam>();
  const auto dense = codes.to_dense();
  ASSERT_EQ(dense.rows(), 5);
  ASSERT_EQ(dense.columns(), 3);
  for (std::int64_t j = 0; j < 3; ++j)
    for (std::int64_t i = 0; i < 5; ++i) {
      const double expected = j == 0 && i == 1   ? 0.5
                              : j == 0 && i == 4 ? -2
                              : j == 2 && i == 0 ? 3
                                                 : 0;
      EXPECT_EQ(dense(i, j), expected);
    }
  EXPECT_EQ(SparseCodes<TypeParam>::from_dense(dense.view()), codes);
  EXPECT_EQ(SparseCodes<TypeParam>::from_dense(Matrix<TypeParam>(4, 0).view()),
            SparseCodes<TypeParam>(4));
  Matrix<TypeParam> bad(2, 1);
  bad(1, 0) = std::numeric_limits<TypeParam>::quiet_NaN();
  EXPECT_THROW(SparseCodes<TypeParam>::from_dense(bad.view()), Error);
}

TYPED_TEST(SparseCodesTest, StoredZerosStay) {
  const SparseCodes<TypeParam> codes(4, {0, 2}, {0, 1}, {0, 1});
  EXPECT_EQ(codes[0].nonzeros(), 2u);
  EXPECT_EQ(SparseCodes<TypeParam>::from_dense(codes.to_dense().view()).nonzeros(), 1);
}

TEST(SparseCodes, RefusesPartsThatDoNotFit) {
  const auto refused = [](std::int64_t atoms, Starts starts, Indices indices,
                          std::vector<float> values, const std::string& message) {
    EXPECT_THAT(([&] { SparseCodes<float>(atoms, starts, indices, values); }),
                ThrowsMessage<Error>(HasSubstr(message)));
  };
  refused(5, {0, 1}, {0, 1}, {1}, "2 indices and 1 values");
  refused(5, {}, {}, {}, "starts must begin with 0");
  refused(5, {1, 1}, {0}, {1}, "starts must begin with 0");
  refused(5, {0, 2}, {0}, {1}, "end with 1");
  refused(5, {0, 2, 1, 2}, {0, 1}, {1, 1}, "starts go from 2 to 1 at signal 1");
  refused(5, {0, 9, 2}, {0, 1}, {1, 1}, "starts go from 0 to 9 at signal 0");
  refused(5, {0, -1, 1}, {0}, {1}, "starts go from 0 to -1");
  refused(5, {0, 1}, {5}, {1}, "signal 0 has index 5; there are 5 atoms");
  refused(5, {0, 1}, {-1}, {1}, "signal 0 has index -1");
  refused(5, {0, 0, 2}, {3, 3}, {1, 1}, "signal 1 has index 3 after 3; indices must rise");
  refused(5, {0, 2}, {3, 1}, {1, 1}, "index 1 after 3");
  refused(5, {0, 1}, {2}, {std::nanf("")}, "value nan at index 2; values must be finite");
  refused(5, {0, 1}, {2}, {HUGE_VALF}, "value inf");
  refused(-1, {0}, {}, {}, "-1 atoms");
  refused(std::int64_t{1} << 31, {0}, {}, {}, "2147483648 atoms; allowed are 0 to 2147483647");
}

TEST(SparseCodes, AppendRefusesAndKeepsWhatItHeld) {
  auto codes = small<float>();
  const Indices falling{2, 1};
  const std::vector<float> two{1, 1}, one{1};
  EXPECT_THROW(codes.append(falling, two), Error);
  EXPECT_THROW(codes.append(falling, one), Error);
  EXPECT_THAT(([&] { codes.append(SparseCodes<float>(4)); }),
              ThrowsMessage<Error>("SparseCodes::append: codes of 4 atoms; these have 5"));
  EXPECT_EQ(codes, small<float>());
}

TYPED_TEST(SparseCodesTest, ArchiveRoundTrip) {
  const auto p = plant<TypeParam>({.signals = 7, .seed = 2});
  for (const auto& codes : {small<TypeParam>(), p.codes, SparseCodes<TypeParam>(3)})
    EXPECT_EQ(SparseCodes<TypeParam>::from_archive(codes.to_archive()), codes);

  const Archive archive = small<TypeParam>().to_archive();
  EXPECT_EQ(archive.at("codes/indptr").dtype(), DType::i32);  // both of one type, as SciPy wants
  EXPECT_EQ(archive.at("codes/indices").dtype(), DType::i32);
  EXPECT_EQ(archive.at("codes/data").dtype(), dtype_of<TypeParam>());
  EXPECT_EQ(archive.get<std::string>("codes", "encoding-type"), "csr_matrix");
  EXPECT_THAT(archive.get<std::vector<double>>("codes", "shape"), ElementsAre(3, 5));
}

template <class T>
Array array_of(const std::vector<T>& values) {
  return Array::from(std::span<const T>(values), {static_cast<std::int64_t>(values.size())});
}

TEST(SparseCodes, ReadsWideIndicesAndOtherPrecisions) {
  Archive archive = small<double>().to_archive();
  archive.arrays["codes/indptr"] = array_of<std::int64_t>({0, 2, 2, 3});
  archive.arrays["codes/indices"] = array_of<std::int64_t>({1, 4, 0});
  EXPECT_EQ(SparseCodes<float>::from_archive(archive), small<float>());
}

TEST(SparseCodes, RefusesHostileArchives) {
  const auto refused = [](auto&& damage, const std::string& message) {
    Archive archive = small<float>().to_archive();
    damage(archive);
    EXPECT_THAT([&] { SparseCodes<float>::from_archive(archive); },
                ThrowsMessage<Error>(HasSubstr(message)));
  };
  using Shape = std::vector<double>;
  const auto shape = [](Shape numbers) {
    return [numbers](Archive& a) { a.attributes["codes"]["shape"] = numbers; };
  };
  refused([](Archive& a) { a = Archive(); }, "no attribute 'encoding-type'");
  refused([](Archive& a) { a.attributes["codes"]["encoding-type"] = std::string("csc_matrix"); },
          "encoding-type is 'csc_matrix'");
  refused([](Archive& a) { a.attributes["codes"].erase("shape"); }, "no attribute 'shape'");
  refused(shape({3}), "shape has 1 numbers");
  refused(shape({3, 5, 1}), "shape has 3 numbers");
  refused(shape({3, -5}), "shape holds -5");
  refused(shape({3, 4.5}), "shape holds 4.5");
  refused(shape({3, std::nan("")}), "shape holds nan");
  refused(shape({3, 1e300}), "shape holds 1e+300");
  refused(shape({3, 1e12}), "1000000000000 atoms");
  refused(shape({4, 5}), "shape says 4 signals; indptr holds 3");
  refused(shape({3, 4}), "index 4; there are 4 atoms");
  for (const char* path : {"codes/data", "codes/indices", "codes/indptr"}) {
    refused([&](Archive& a) { a.arrays.erase(path); }, join("no array '", path, "'"));
    refused([&](Archive& a) { a.arrays[path] = Array(DType::f32, {1, 3}); }, "dimensions");
  }
  refused([](Archive& a) { a.arrays["codes/indptr"] = array_of<std::int32_t>({}); }, "starts");
  refused(
      [](Archive& a) {
        a.arrays["codes/indptr"] = array_of<std::int32_t>({0, 3, 2, 3});
      },
      "starts go from 3 to 2");
  refused(
      [](Archive& a) {
        a.arrays["codes/indptr"] = array_of<double>({0, 2, 2.5, 3});
      },
      "does not fit into int64");
  refused(
      [](Archive& a) {
        a.arrays["codes/indices"] = array_of<std::int64_t>({1, std::int64_t{1} << 40, 0});
      },
      "does not fit into int32");
  refused(
      [](Archive& a) {
        a.arrays["codes/data"] = array_of<double>({1, 1e300, 1});
      },
      "does not fit into float32");
  refused(
      [](Archive& a) {
        a.arrays["codes/data"] = array_of<float>({1, std::nanf(""), 1});
      },
      "values must be finite");
  refused(
      [](Archive& a) {
        a.arrays["codes/data"] = array_of<std::complex<float>>({1, 1, 1});
      },
      "complex64 where real numbers are needed");
}

TYPED_TEST(SparseCodesTest, PairsAreComplexNumbersInTheSameMemory) {
  const SparseCodes<TypeParam> codes(8, {0, 4, 4, 6}, {0, 1, 6, 7, 2, 3}, {1, 2, 3, 4, 5, 6});
  const auto first = complex_view(codes, 0);
  EXPECT_THAT(first.units, ElementsAre(0, 3));
  EXPECT_EQ(first.values[0], std::complex<TypeParam>(1, 2));
  EXPECT_EQ(first.values[1], std::complex<TypeParam>(3, 4));
  EXPECT_EQ(static_cast<const void*>(first.values.data()), codes[0].values.data());
  EXPECT_TRUE(complex_view(codes, 1).units.empty());
  EXPECT_EQ(complex_view(codes, 2).values[0], std::complex<TypeParam>(5, 6));
}

TEST(ComplexView, RefusesHalvesOfPairs) {
  EXPECT_THAT(([] { complex_view(SparseCodes<float>(5), 0); }),
              ThrowsMessage<Error>("complex_view: 5 atoms; pairs need an even number"));
  for (const Indices& indices :
       {Indices{0}, Indices{1}, Indices{1, 2}, Indices{0, 2}, Indices{0, 1, 2}, Indices{0, 1, 3}}) {
    const std::vector<float> values(indices.size(), 1.0f);
    SparseCodes<float> codes(4);
    codes.append(indices, values);
    EXPECT_THAT(([&] { complex_view(codes, 0); }),
                ThrowsMessage<Error>(HasSubstr("pairs must be stored whole")));
  }
  EXPECT_THROW(complex_view(SparseCodes<float>(4), 0), Error);  // no such signal
  EXPECT_THROW(complex_view(SparseCodes<float>(4), -1), Error);
}

}  // namespace
}  // namespace striate
