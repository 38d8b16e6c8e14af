#include "striate/io/still_samples.test.h"

namespace striate {
namespace {

Array read(const std::string& name) { return decode_jpeg(sample(name), name); }

TEST(Jpeg, ReadsWhatPillowWrites) {
  expect_near(read("jpeg_grey"), sample_grey(), 1, "grey");
  expect_near(read("jpeg_colour"), sample_colour(), 3, "colour");
  expect_near(read("jpeg_progressive"), sample_colour(), 3, "progressive");
  expect_near(read("jpeg_cmyk"), sample_colour(), 3, "cmyk");
}

TEST(Jpeg, AppliesEveryOrientation) {
  for (int orientation = 1; orientation <= 8; ++orientation)
    expect_near(read(join("jpeg_rotated", orientation)), detail::orient(sample_grey(), orientation),
                1, join(orientation));
}

TEST(Jpeg, IsNearWhatWasWritten) {
  expect_near(decode_jpeg(encode_jpeg(sample_grey()), "x"), sample_grey(), 3, "grey");
  expect_near(decode_jpeg(encode_jpeg(sample_colour()), "x"), sample_colour(), 8, "colour");
  Array flat(DType::u8, {100, 50, 3});
  for (std::byte& b : flat.bytes()) b = std::byte{77};
  expect_near(decode_jpeg(encode_jpeg(flat), "x"), flat, 0, "flat");
}

TEST(Jpeg, RefusesByName) {
  EXPECT_THAT([] { decode_jpeg({}, "a.jpg"); }, throws_with<IoError>("a.jpg: this is no JPEG"));
  FileBytes truncated = sample("jpeg_grey");
  truncated.resize(truncated.size() - 2);
  EXPECT_THAT([&] { decode_jpeg(truncated, "a.jpg"); }, throws_with<IoError>("Premature end"));
}

TEST(Jpeg, ASmallFileCannotBeALargeImage) {
  FileBytes file = sample("jpeg_grey");
  for (std::size_t i = 0; i + 9 < file.size(); ++i) {
    if (file[i] != std::byte{0xFF} || file[i + 1] != std::byte{0xC0}) continue;
    file[i + 5] = file[i + 7] = std::byte{0xFF};  // rows and columns, high bytes
  }
  EXPECT_THAT([&] { decode_jpeg(file, "a.jpg"); }, throws_with<IoError>("that cannot be"));
}

TEST(Jpeg, SurvivesDamage) {
  for (const char* name : {"jpeg_grey", "jpeg_progressive", "jpeg_rotated6", "jpeg_cmyk"}) {
    expect_truncation_noticed(sample(name), decode_to_archive<decode_jpeg>);
    expect_damage_survived(sample(name), decode_to_archive<decode_jpeg>);
  }
}

}  // namespace
}  // namespace striate
