#include "striate/io/array_file.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include "striate/io/formats.h"
#include "striate/io/hdf5.h"
#include "striate/io/testing.test.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

// Every stretch of rows, put together, is what load() gives.
void expect_rows_of(const Array& whole, const ArrayFile& file) {
  ASSERT_EQ(file.shape(), whole.shape());
  ASSERT_EQ(file.dtype(), whole.dtype());
  const std::size_t row = static_cast<std::size_t>(file.row_size()) * size_of(file.dtype());
  for (std::int64_t first = 0; first < file.rows(); ++first)
    for (std::int64_t count = 0; first + count <= file.rows(); ++count) {
      const Array part = file.read(first, count);
      EXPECT_EQ(part.shape().front(), count);
      const auto wanted = whole.bytes().subspan(static_cast<std::size_t>(first) * row,
                                                static_cast<std::size_t>(count) * row);
      EXPECT_TRUE(std::ranges::equal(part.bytes(), wanted)) << first << " " << count;
    }
}

Array counting(DType type, const std::vector<std::int64_t>& shape) {
  Array array(type, shape);
  for (std::size_t i = 0; i < array.bytes().size(); ++i)
    array.bytes()[i] = static_cast<std::byte>(type == DType::boolean ? i % 2 : i % 63);
  return array;
}

TEST(ArrayFile, RowsAreThoseOfTheWholeArray) {
  const TemporaryFolder folder;
  for (const DType type : {DType::boolean, DType::u8, DType::f32, DType::f64, DType::c128})
    for (const char* name : {"x.npy", "x.npz", "x.h5"}) {
      Archive archive;
      archive.arrays["data"] = counting(type, {7, 3, 2});
      save(folder / name, archive, Overwrite::yes);
      expect_rows_of(archive.at("data"), *open_array(folder / name));
    }
}

TEST(ArrayFile, WhatNumPyAndH5pyWrite) {
  const TemporaryFolder folder;
  for (const char* name : {"npy_f4", "npy_fortran", "npy_big_endian", "npy_fortran3", "npy_int8",
                           "npy_uint32_big", "npy_half", "npy_bool", "npy_complex_big"}) {
    write_file(folder / "x.npy", sample(name), Overwrite::yes);
    expect_rows_of(load(folder / "x.npy").at("data"), *open_array(folder / "x.npy"));
  }
  // Compressed, chunked and narrow data sets.
  write_file(folder / "x.h5", sample("hdf5_v108"), Overwrite::no);
  const Archive whole = load(folder / "x.h5");
  int read = 0;
  for (const auto& [path, array] : whole.arrays)
    if (!array.shape().empty() && ++read) expect_rows_of(array, *open_array(folder / "x.h5", path));
  EXPECT_GT(read, 2);
}

TEST(ArrayFile, ChoosesTheOnlyArrayOrData) {
  const TemporaryFolder folder;
  for (const char* name : {"x.npz", "x.h5"}) {
    Archive archive;
    archive.arrays["some/array"] = counting(DType::f32, {2, 2});
    save(folder / name, archive, Overwrite::yes);
    expect_rows_of(archive.at("some/array"), *open_array(folder / name));
    archive.arrays["other"] = counting(DType::f32, {3, 2});
    save(folder / name, archive, Overwrite::yes);
    EXPECT_THAT([&] { open_array(folder / name); },
                throws_with<Error>("several arrays and none named 'data': other, some/array"));
    expect_rows_of(archive.at("other"), *open_array(folder / name, "other"));
    EXPECT_THAT([&] { open_array(folder / name, "none"); },
                throws_with<Error>("holds no array 'none'; there are other, some/array"));
    archive.arrays["data"] = counting(DType::f32, {1, 2});
    save(folder / name, archive, Overwrite::yes);
    EXPECT_EQ(open_array(folder / name)->rows(), 1);
  }
}

TEST(ArrayFile, AFileThatChangesWhileItIsReadIsAnError) {
  const TemporaryFolder folder;
  for (const char* name : {"x.npy", "x.h5"}) {
    Archive archive;
    archive.arrays["data"] = counting(DType::f32, {100, 3});
    save(folder / name, archive, Overwrite::yes);
    const auto file = open_array(folder / name);
    file->read(90, 10);
    std::filesystem::resize_file(folder / name, std::filesystem::file_size(folder / name) - 400);
    EXPECT_THAT([&] { file->read(90, 10); }, throws_with<IoError>("changed while it was read"));
    EXPECT_THROW(open_array(folder / name), IoError);
  }
  // Replaced by another file: what was opened is still there.
  Archive archive;
  archive.arrays["data"] = counting(DType::f32, {100, 3});
  save(folder / "x.npy", archive, Overwrite::yes);
  const auto file = open_array(folder / "x.npy");
  Archive other;
  other.arrays["data"] = Array(DType::f32, {2, 2});
  save(folder / "x.npy", other, Overwrite::yes);
  EXPECT_EQ(file->read(0, 100), archive.at("data"));
}

TEST(ArrayFile, ManyThreadsReadAtOnce) {
  const TemporaryFolder folder;
  write_file(folder / "x.h5", sample("hdf5_v108"), Overwrite::no);
  const Array whole = load(folder / "x.h5").at("packed");
  const auto file = open_array(folder / "x.h5", "packed");
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) wrong += file->read(0, file->rows()) != whole;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(ArrayFile, RefusesRowsThatAreNotThere) {
  const TemporaryFolder folder;
  Archive archive;
  archive.arrays["data"] = counting(DType::f32, {4, 3});
  save(folder / "x.npy", archive);
  const auto file = open_array(folder / "x.npy");
  for (const auto& [first, count] : {std::pair{-1, 2}, {0, 5}, {4, 1}, {1, -1}})
    EXPECT_THROW(file->read(first, count), Error);
  EXPECT_EQ(file->read(4, 0).size(), 0);
  archive.arrays["data"] = Array(DType::f32, {});
  save(folder / "one.npy", archive);
  EXPECT_THAT([&] { open_array(folder / "one.npy")->read(0, 0); },
              throws_with<Error>("holds one number"));
}

}  // namespace
}  // namespace striate
