#include "striate/io/mat.h"

#include "striate/io/formats.h"
#include "striate/io/testing.test.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

Archive read(const FileBytes& file) { return read_mat(Input(file, "x.mat")); }

// What make_samples.py stores as A: the element with indices i, j, k is 100 i + 10 j + k.
void expect_counting(const Array& array, const std::vector<std::int64_t>& shape) {
  ASSERT_EQ(array.shape(), shape);
  const std::int64_t depth = shape.size() > 2 ? shape[2] : 1;
  const std::vector<double> values = array.to<double>();
  std::size_t at = 0;
  for (std::int64_t i = 0; i < shape[0]; ++i)
    for (std::int64_t j = 0; j < shape[1]; ++j)
      for (std::int64_t k = 0; k < depth; ++k)
        EXPECT_EQ(values[at++], static_cast<double>(100 * i + 10 * j + k));
}

TEST(Mat, ElementsKeepTheirIndicesInEveryVersion) {
  expect_counting(read(sample("mat_4")).at("A"), {2, 3});
  for (const char* name : {"mat_5", "mat_compressed", "mat_7"})
    expect_counting(read(sample(name)).at("A"), {2, 3, 4});
}

TEST(Mat, EveryKindOfNumberArrives) {
  for (const char* name : {"mat_5", "mat_compressed"}) {
    const Archive archive = read(sample(name));
    EXPECT_EQ(archive.at("f").dtype(), DType::f32);
    EXPECT_EQ(archive.at("f").to<double>(), (std::vector<double>{0.5, -2}));
    EXPECT_EQ(archive.at("i8").to<double>(), (std::vector<double>{-128, 127}));
    EXPECT_EQ(archive.at("u8").dtype(), DType::u8);
    EXPECT_EQ(archive.at("u8").to<double>(), (std::vector<double>{0, 255}));
    EXPECT_EQ(archive.at("i16").to<double>(), (std::vector<double>{-32768, 5}));
    EXPECT_EQ(archive.at("u16").to<double>(), (std::vector<double>{65535, 5}));
    EXPECT_EQ(archive.at("i32").to<double>(), (std::vector<double>{-70000, 5}));
    EXPECT_EQ(archive.at("u32").to<double>(), (std::vector<double>{4e9, 5}));
    EXPECT_EQ(archive.at("i64").as<std::int64_t>()[0], -(std::int64_t{1} << 40));
    EXPECT_EQ(archive.at("u64").as<std::uint64_t>()[0], std::uint64_t{1} << 63);
    EXPECT_EQ(archive.at("yes").dtype(), DType::boolean);
    EXPECT_EQ(archive.at("yes").to<double>(), (std::vector<double>{0, 1}));
    EXPECT_EQ(archive.at("z").as<std::complex<double>>()[1], std::complex<double>(2, -4));
    EXPECT_EQ(archive.at("zf").as<std::complex<float>>()[0], std::complex<float>(1, 3));
    EXPECT_EQ(archive.at("empty").size(), 0);
  }
  EXPECT_EQ(read(sample("mat_4")).at("z").as<std::complex<double>>()[1],
            std::complex<double>(2, -4));
}

TEST(Mat, FieldsOfStructuresAndTextLieUnderTheirNames) {
  for (const char* name : {"mat_5", "mat_compressed", "mat_7"}) {
    const Archive archive = read(sample(name));
    EXPECT_EQ(archive.at("s/atoms").to<double>(), (std::vector<double>{1, 2, 3, 4})) << name;
    EXPECT_EQ(archive.at("s/atoms").shape(), (std::vector<std::int64_t>{2, 2}));
    EXPECT_EQ(archive.get<std::string>("s", "note"), "größe");
    EXPECT_FALSE(archive.has("c"));
  }
  EXPECT_EQ(read(sample("mat_7")).at("yes").dtype(), DType::boolean);
}

TEST(Mat, RefusesByName) {
  const TemporaryFolder folder;
  EXPECT_THAT([&] { load(folder / "none.mat"); }, throws_with<IoError>("no such file"));
  EXPECT_THAT([] { read(FileBytes(200, std::byte{'x'})); },
              throws_with<IoError>("no file of MATLAB"));
  EXPECT_THAT([] { read(FileBytes(50, std::byte{'x'})); },
              throws_with<IoError>("no file of MATLAB"));
  EXPECT_THAT([] { read({}); }, throws_with<IoError>("x.mat"));
  EXPECT_THAT([] { read(sample("mat_cells")); },
              throws_with<IoError>("it holds 'c' (a cell array), 'S' (a sparse matrix)"));
  EXPECT_THAT([&] { save(folder / "new.mat", Archive{}); }, throws_with<Error>("can only be read"));
}

// Not of version 7.3: HDF5 files without our seal are as safe as the HDF5 library.
TEST(Mat, SurvivesDamage) {
  for (const char* name : {"mat_4", "mat_5", "mat_compressed"}) {
    const FileBytes file = sample(name);
    EXPECT_GT(expect_damage_survived(file, read, 1 + file.size() / 4000), 0u) << name;
    for (std::size_t size = 0; size < file.size(); size += 1 + file.size() / 1000) {
      try {
        read(FileBytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)));
      } catch (const Exception&) {
      }
    }
  }
}

}  // namespace
}  // namespace striate
