#include "striate/io/npy.h"

#include <cmath>
#include <complex>
#include <limits>
#include <numeric>

#include "striate/io/testing.test.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

Array read(const FileBytes& file) { return read_npy(Input(file, "x.npy")); }
Archive read_archive(const FileBytes& file) {
  Archive archive;
  archive.arrays["data"] = read(file);
  return archive;
}

template <class T>
std::vector<T> list(const Array& array) {
  const auto values = array.as<T>();
  return {values.begin(), values.end()};
}

FileBytes with_header(const std::string& dictionary, const std::string& data) {
  std::string text = "\x93NUMPY";
  text += '\1';
  text += '\0';
  text += static_cast<char>(dictionary.size() & 255);
  text += static_cast<char>(dictionary.size() >> 8);
  text += dictionary + data;
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

TEST(Npy, ReadsWhatNumPyWrites) {
  const std::vector<float> counting = {0, 1, 2, 3, 4, 5};
  for (const char* name :
       {"npy_f4", "npy_fortran", "npy_big_endian", "npy_version2", "npy_version3"}) {
    const Array array = read(sample(name));
    EXPECT_EQ(array.shape(), (std::vector<std::int64_t>{2, 3})) << name;
    EXPECT_EQ(list<float>(array), counting) << name;
  }
  const Array cube = read(sample("npy_fortran3"));
  std::vector<std::int32_t> to24(24);
  std::iota(to24.begin(), to24.end(), 0);
  EXPECT_EQ(cube.shape(), (std::vector<std::int64_t>{2, 3, 4}));
  EXPECT_EQ(list<std::int32_t>(cube), to24);
  const Array scalar = read(sample("npy_scalar"));
  EXPECT_TRUE(scalar.shape().empty());
  EXPECT_EQ(list<double>(scalar), std::vector<double>{2.5});
  const Array empty = read(sample("npy_empty"));
  EXPECT_EQ(empty.shape(), (std::vector<std::int64_t>{0, 3}));
  EXPECT_EQ(list<std::complex<float>>(read(sample("npy_complex_big"))),
            (std::vector<std::complex<float>>{{1, 2}, {0, -3.5f}}));
}

TEST(Npy, WidensSmallTypes) {
  EXPECT_EQ(list<std::int32_t>(read(sample("npy_int8"))),
            (std::vector<std::int32_t>{-128, 0, 127}));
  EXPECT_EQ(list<std::int64_t>(read(sample("npy_uint32_big"))),
            (std::vector<std::int64_t>{0, 1, 4294967295}));
  const std::vector<float> half = list<float>(read(sample("npy_half")));
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(std::vector<float>(half.begin(), half.end() - 1),
            (std::vector<float>{0, 1, -2.5f, 65504, std::ldexp(1.f, -24), inf, -inf}));
  EXPECT_TRUE(std::isnan(half.back()));
}

TEST(Npy, BooleansAreZeroOrOne) {
  FileBytes file = sample("npy_bool");
  file.back() = std::byte{7};
  const Array array = read(file);
  EXPECT_EQ(array.bytes().back(), std::byte{1});
}

TEST(Npy, RefusesByName) {
  EXPECT_THAT([] { read(sample("npy_object")); }, throws_with<IoError>("x.npy is an object array"));
  EXPECT_THAT([] { read(sample("npy_object")); }, throws_with<IoError>("pickle"));
  EXPECT_THAT([] { read(sample("npy_text")); }, throws_with<IoError>("holds text"));
  EXPECT_THAT([] { read(sample("npy_records")); }, throws_with<IoError>("records"));
  EXPECT_THAT([] { read(FileBytes(100)); }, throws_with<IoError>("no .npy file"));
  EXPECT_THAT([] { read({}); }, throws_with<IoError>("0 bytes"));
  FileBytes newer = sample("npy_f4");
  newer[6] = std::byte{9};
  EXPECT_THAT([&] { read(newer); }, throws_with<IoError>("version 9"));
  FileBytes longer = sample("npy_f4");
  longer.push_back({});
  EXPECT_THAT([&] { read(longer); }, throws_with<IoError>("damaged"));
  FileBytes shorter = sample("npy_f4");
  shorter.pop_back();
  EXPECT_THAT([&] { read(shorter); }, throws_with<IoError>("truncated"));
}

TEST(Npy, AnHonestSizeIsNeededBeforeMemoryIsTaken) {
  const auto shaped = [](const std::string& shape) {
    return with_header("{'descr': '<f8', 'fortran_order': True, 'shape': " + shape + ", }", "");
  };
  for (const char* shape :
       {"(1000000000000,)", "(4294967296, 4294967296)", "(9223372036854775807,)",
        "(9223372036854775808,)", "(0, 4611686018427387904, 4)", "(-1,)", "(2, -3)", "(1e9,)",
        "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)", "3"})
    EXPECT_THROW(read(shaped(shape)), IoError) << shape;
  FileBytes header = sample("npy_version2");
  header[11] = std::byte{0x7F};
  EXPECT_THAT([&] { read(header); }, throws_with<IoError>("has a header of"));
}

TEST(Npy, HeadersInOtherSpelling) {
  const std::string data(8, '\0');
  EXPECT_EQ(
      read(with_header("{\"shape\":(2L,),'fortran_order':False,'descr':\"<f4\"}\n", data)).size(),
      2);
  for (const char* bad : {"", "{", "{}", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)",
                          "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x",
                          "{'descr': '<f4', 'fortran_order': 1, 'shape': (2,)}",
                          "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
                          "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}",
                          "{'descr': '<f16', 'fortran_order': False, 'shape': (2,)}",
                          "{'descr': '<f', 'fortran_order': False, 'shape': (2,)}",
                          "{'descr': '<M8[s]', 'fortran_order': False, 'shape': (1,)}",
                          "{'descr': '', 'fortran_order': False, 'shape': (2,)}",
                          "{'descr': '<f4, 'fortran_order': False, 'shape': (2,)}"})
    EXPECT_THROW(read(with_header(bad, data)), IoError) << bad;
}

TEST(Npy, WritesWhatItReads) {
  const TemporaryFolder folder;
  for (const std::vector<std::int64_t>& shape :
       {std::vector<std::int64_t>{}, {0}, {3}, {2, 3}, {4, 0, 2}, {2, 1, 3, 2}}) {
    Archive archive;
    archive.arrays["data"] = Array(DType::f32, shape);
    save_npy(folder / "x.npy", archive, Overwrite::yes);
    EXPECT_EQ(load_npy(folder / "x.npy"), archive);
    EXPECT_EQ(Input(folder / "x.npy").size() % 64, archive.at("data").bytes().size() % 64);
  }
  // NumPy's own bytes.
  Archive archive = read_archive(sample("npy_f4"));
  save_npy(folder / "x.npy", archive, Overwrite::yes);
  EXPECT_EQ(load_npy(folder / "x.npy"), archive);
  const FileBytes ours = bytes_of(folder / "x.npy");
  EXPECT_EQ(ours, sample("npy_f4"));
}

TEST(Npy, HoldsOneArray) {
  const TemporaryFolder folder;
  Archive archive;
  EXPECT_THAT([&] { save_npy(folder / "x.npy", archive, Overwrite::no); },
              throws_with<Error>("holds one array"));
  archive.arrays["a"] = archive.arrays["b"] = Array(DType::u8, {1});
  EXPECT_THAT([&] { save_npy(folder / "x.npy", archive, Overwrite::no); },
              throws_with<Error>("2 are given"));
}

TEST(Npy, SurvivesDamage) {
  for (const char* name : {"npy_f4", "npy_version2", "npy_fortran3", "npy_half", "npy_text"}) {
    if (std::string(name) != "npy_text") expect_truncation_noticed(sample(name), read_archive);
    expect_damage_survived(sample(name), read_archive);
  }
}

}  // namespace
}  // namespace striate
