#include "striate/io/hdf5.h"

#include <algorithm>
#include <complex>
#include <thread>

#include "striate/io/testing.test.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

Archive read(const FileBytes& file) { return read_hdf5(Input(file, "x.h5")); }

template <class T>
std::vector<T> list(const Array& array) {
  const auto values = array.as<T>();
  return {values.begin(), values.end()};
}

Archive example() {
  Archive archive;
  archive.arrays["dictionary/atoms"] =
      Array::from<float>(std::vector<float>{1, 2, 3, 4, 5, 6}, {2, 3});
  archive.arrays["dictionary/mask"] = Array(DType::boolean, {3});
  archive.arrays["dictionary/mask"].bytes()[1] = std::byte{1};
  archive.arrays["waves"] =
      Array::from<std::complex<float>>(std::vector<std::complex<float>>{{1, -2}, {3, 4}}, {2});
  archive.arrays["waves2"] = Array(DType::c128, {1, 2});
  archive.arrays["bytes"] = Array(DType::u8, {2, 0});
  archive.arrays["scalar"] = Array::from<double>(std::vector<double>{0.1}, {});
  for (const DType type : {DType::u16, DType::i32, DType::i64, DType::u64})
    archive.arrays[join("types/", name_of(type))] = Array(type, {2, 2});
  archive.attributes[""] = {{"title", std::string("größe")}, {"empty", std::string()}};
  archive.attributes["dictionary"] = {{"count", std::int64_t{-7}}, {"rate", 0.1}, {"on", true}};
  archive.attributes["dictionary/atoms"] = {{"shape", std::vector<double>{2, 3}},
                                            {"weights", std::vector<double>{0.5, -0.0}},
                                            {"none", std::vector<double>()}};
  archive.attributes["group/only"] = {{"x", std::int64_t{1}}};
  return archive;
}

TEST(Hdf5, ReturnsWhatWasSaved) {
  const TemporaryFolder folder;
  save_hdf5(folder / "x.h5", example(), Overwrite::no);
  EXPECT_EQ(load_hdf5(folder / "x.h5"), example());
  save_hdf5(folder / "empty.h5", Archive(), Overwrite::no);
  EXPECT_EQ(load_hdf5(folder / "empty.h5"), Archive());
}

TEST(Hdf5, TheSameArchiveGivesTheSameBytes) {
  const TemporaryFolder folder;
  save_hdf5(folder / "a.h5", example(), Overwrite::no);
  save_hdf5(folder / "b.h5", example(), Overwrite::no);
  EXPECT_EQ(bytes_of(folder / "a.h5"), bytes_of(folder / "b.h5"));
}

TEST(Hdf5, ReadsWhatH5pyWrites) {
  for (const char* name : {"hdf5_earliest", "hdf5_v108"}) {
    const Archive archive = read(sample(name));
    EXPECT_EQ(list<float>(archive.at("group/counting")), (std::vector<float>{0, 1, 2, 3, 4, 5}));
    EXPECT_EQ(archive.at("group/counting").shape(), (std::vector<std::int64_t>{2, 3}));
    EXPECT_EQ(archive.at("group/flags").dtype(), DType::boolean);
    EXPECT_EQ(archive.at("group/flags").bytes()[0], std::byte{1});
    EXPECT_EQ(list<std::complex<double>>(archive.at("group/waves")),
              (std::vector<std::complex<double>>{{1, 2}, {0, -3.5}}));
    EXPECT_EQ(list<std::int32_t>(archive.at("small")), (std::vector<std::int32_t>{-3, 300}));
    const auto packed = list<std::uint8_t>(archive.at("packed"));
    for (std::size_t i = 0; i < 100; ++i) ASSERT_EQ(packed[i], i % 7);
    EXPECT_EQ(archive.get<std::string>("", "title"), "größe");
    EXPECT_EQ(archive.get<std::string>("", "fixed"), "csr_matrix");
    EXPECT_EQ(archive.get<std::int64_t>("", "count"), 3);
    EXPECT_EQ(archive.get<double>("", "rate"), 0.5);
    EXPECT_EQ(archive.get<bool>("", "flag"), true);
    EXPECT_EQ(archive.get<std::vector<double>>("group", "shape"), (std::vector<double>{2, 3}));
  }
}

// The bytes of `what` somewhere in the file, replaced.
FileBytes replaced(FileBytes file, const std::string& what, const std::string& with) {
  const auto bytes = std::as_bytes(std::span(what));
  const auto found = std::search(file.begin(), file.end(), bytes.begin(), bytes.end());
  EXPECT_NE(found, file.end());
  std::copy_n(std::as_bytes(std::span(with)).begin(), with.size(), found);
  return file;
}

TEST(Hdf5, RefusesAWrongCheckSumAndANewerFormat) {
  const TemporaryFolder folder;
  Archive archive;
  const std::string mark = "find these sixteen bytes";
  const std::vector<std::uint8_t> values(mark.begin(), mark.end());
  archive.arrays["a/b"] = Array::from<std::uint8_t>(values, {static_cast<int>(values.size())});
  save_hdf5(folder / "x.h5", archive, Overwrite::no);
  FileBytes file = bytes_of(folder / "x.h5");
  EXPECT_EQ(read(file), archive);
  EXPECT_THAT([&] { read(replaced(file, mark, "F")); }, throws_with<IoError>("x.h5: is damaged"));
  file.resize(file.size() - hdf5_seal_bytes);  // as if others had changed it since
  EXPECT_THAT([&] { read(replaced(file, mark, "F")); },
              throws_with<IoError>("x.h5: data set 'a/b' has a wrong check sum"));
  EXPECT_THAT([&] { read(replaced(file, "1.0", "2.0")); },
              throws_with<IoError>("format 2.0 is newer than 1.0"));
  EXPECT_EQ(read(replaced(file, "1.0", "1.9")), archive);
  EXPECT_THAT([&] { read(replaced(file, "1.0", "x.0")); }, throws_with<IoError>("damaged"));
}

TEST(Hdf5, RefusesWhatIsNoHdf5File) {
  EXPECT_THAT([] { read({}); }, throws_with<IoError>("x.h5"));
  EXPECT_THAT([] { read(FileBytes(5000)); }, throws_with<IoError>("no HDF5 file, or truncated"));
  EXPECT_THAT([] { load_hdf5("/nowhere/x.h5"); }, throws_with<IoError>("no such file"));
}

TEST(Hdf5, RefusesPathsThatCannotBe) {
  const TemporaryFolder folder;
  for (const char* path : {"", "/a", "a/", "a//b", ".", "a/../b"}) {
    Archive archive;
    archive.arrays[path] = Array(DType::u8, {1});
    EXPECT_THROW(save_hdf5(folder / "x.h5", archive, Overwrite::yes), Error) << path;
  }
  Archive nested;  // an array cannot be a group as well
  nested.arrays["a"] = nested.arrays["a/b"] = Array(DType::u8, {1});
  EXPECT_THROW(save_hdf5(folder / "x.h5", nested, Overwrite::yes), IoError);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Hdf5, DataSetsCanBeMapped) {
  const TemporaryFolder folder;
  Archive archive = example();
  archive.arrays["large"] = Array(DType::f32, {1000, 3});
  for (std::byte& b : archive.arrays["large"].bytes()) b = std::byte{42};
  save_hdf5(folder / "x.h5", archive, Overwrite::no);
  const StoredArray stored = locate_hdf5(folder / "x.h5", "large");
  EXPECT_EQ(stored.dtype, DType::f32);
  EXPECT_EQ(stored.shape, (std::vector<std::int64_t>{1000, 3}));
  EXPECT_EQ(stored.offset % 64, 0u);
  EXPECT_EQ(Input(folder / "x.h5").bytes(stored.offset, 12000), FileBytes(12000, std::byte{42}));
  EXPECT_THAT([&] { locate_hdf5(folder / "x.h5", "none"); }, throws_with<IoError>("no data set"));
  write_file(folder / "h5py.h5", sample("hdf5_v108"), Overwrite::no);
  EXPECT_THAT([&] { locate_hdf5(folder / "h5py.h5", "packed"); },
              throws_with<IoError>("one piece"));
  EXPECT_THAT([&] { locate_hdf5(folder / "h5py.h5", "small"); },
              throws_with<IoError>("another way"));
}

TEST(Hdf5, ManyThreadsTakeTurns) {
  const TemporaryFolder folder;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const auto path = folder / join(t, ".h5");
        save_hdf5(path, example(), Overwrite::yes);
        EXPECT_EQ(load_hdf5(path), example());
      }
    });
  }
}

TEST(Hdf5, SurvivesDamage) {
  const TemporaryFolder folder;
  Archive archive;
  archive.arrays["a/b"] = Array::from<float>(std::vector<float>{1, 2, 3, 4, 5, 6}, {2, 3});
  archive.attributes["a"] = {{"text", std::string("words")}, {"n", std::int64_t{3}}};
  save_hdf5(folder / "x.h5", archive, Overwrite::no);
  const FileBytes file = bytes_of(folder / "x.h5");
  expect_truncation_noticed(file, read, 17);
  expect_damage_survived(file, read, 5);
}

}  // namespace
}  // namespace striate
