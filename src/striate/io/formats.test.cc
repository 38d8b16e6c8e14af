#include "striate/io/formats.h"

#include <set>

#include "striate/io/still_samples.test.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

TEST(Formats, NamesAndSuffixesAreDistinct) {
  std::set<std::string_view> seen;
  for (const Format& format : formats()) {
    EXPECT_TRUE(seen.insert(format.name).second) << format.name;
    EXPECT_FALSE(format.holds.empty());
    EXPECT_TRUE(format.load || format.save);
    ASSERT_FALSE(format.suffixes.empty());
    for (const std::string_view suffix : format.suffixes) {
      EXPECT_TRUE(seen.insert(suffix).second) << suffix;
      EXPECT_TRUE(suffix.starts_with('.'));
    }
  }
}

TEST(Formats, AreFoundBySuffix) {
  EXPECT_EQ(format_of("a/b.h5").name, "hdf5");
  EXPECT_EQ(format_of("IMG_0001.JPG").name, "jpeg");
  EXPECT_EQ(format_of("x.y.Tif").name, "tiff");
  EXPECT_EQ(find_format("x.txt"), nullptr);
  for (const char* path : {"a.xyz", "npy", "", "folder.npy/x"}) {
    EXPECT_THAT([&] { format_of(path); }, throws_with<Error>(".npy, .npz, .h5")) << path;
    EXPECT_THAT([&] { load(path); }, throws_with<Error>(path)) << path;
  }
}

// What a format returns for an image, without losses where it has none.
TEST(Formats, EachReturnsWhatItSaved) {
  for (const Format& format : formats()) {
    if (!format.load || !format.save) continue;
    const TemporaryFolder folder;
    for (const std::string_view suffix : format.suffixes) {
      const auto path = folder / join("x", suffix);
      Archive archive;
      archive.arrays["data"] = sample_colour();
      save(path, archive);
      if (format.name == "jpeg") expect_near(load(path).at("data"), sample_colour(), 8, "jpeg");
      else EXPECT_EQ(load(path), archive) << format.name;
      EXPECT_THAT([&] { save(path, archive); }, throws_with<IoError>("exists")) << format.name;
      save(path, archive, Overwrite::yes);
    }
  }
}

TEST(Formats, EachRefusesWhatIsNotIts) {
  const TemporaryFolder folder;
  const std::string text = "this is a text and nothing else, long enough for a header";
  for (const Format& format : formats()) {
    if (!format.load) continue;
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, text.size()}) {
      const auto path = folder / join("bad", format.suffixes.front());
      write_file(path, std::as_bytes(std::span(text.data(), size)), Overwrite::yes);
      EXPECT_THAT([&] { load(path); }, throws_with<IoError>(path.string())) << format.name << size;
    }
    EXPECT_THAT([&] { load(folder / join("absent", format.suffixes.front())); },
                throws_with<IoError>("no such file"));
  }
}

TEST(Formats, EachSurvivesDamageToItsOwnFiles) {
  for (const Format& format : formats()) {
    if (!format.load || !format.save) continue;
    const TemporaryFolder folder;
    const auto path = folder / join("x", format.suffixes.front());
    Archive archive;
    archive.arrays["data"] = sample_colour();
    save(path, archive);
    const FileBytes file = bytes_of(path);
    const auto read = [&](const FileBytes& bytes) {
      const auto damaged = folder / join("damaged", format.suffixes.front());
      std::filesystem::remove(damaged);
      std::FILE* out = std::fopen(damaged.c_str(), "wb");  // no fsync: thousands of files
      if (!bytes.empty()) std::fwrite(bytes.data(), 1, bytes.size(), out);
      std::fclose(out);
      return load(damaged);
    };
    SCOPED_TRACE(format.name);
    const std::size_t step = 1 + file.size() / 400;
    expect_truncation_noticed(file, read, step);
    expect_damage_survived(file, read, step);
  }
}

TEST(Formats, WhatAFormatCannotHoldIsRefused) {
  const TemporaryFolder folder;
  Archive two;
  two.arrays["a"] = two.arrays["b"] = sample_grey();
  for (const Format& format : formats()) {
    if (!format.save || !format.image) continue;
    const auto path = folder / join("x", format.suffixes.front());
    EXPECT_THAT([&] { save(path, two); }, throws_with<Error>("holds one image")) << format.name;
    EXPECT_FALSE(std::filesystem::exists(path));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace striate
