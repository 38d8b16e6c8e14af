#include "striate/io/still_samples.test.h"

namespace striate {
namespace {

Array read(const std::string& name) { return decode_tiff(sample(name), name); }

TEST(Tiff, ReadsWhatOthersWrite) {
  for (const char* name : {"tiff_grey", "tiff_white", "tiff_strips", "tiff_packbits"})
    EXPECT_EQ(read(name),
              name == std::string("tiff_white")
                  ? sample_array(1, [](int i, int j, int c) { return 255 - sample_value(i, j, c); })
                  : sample_grey())
        << name;
  for (const char* name : {"tiff_colour", "tiff_planar", "tiff_alpha", "tiff_lzw", "tiff_deflate"})
    EXPECT_EQ(read(name), sample_colour()) << name;
  EXPECT_EQ(read("tiff_grey16_big"), sample_grey16());
  EXPECT_EQ(read("tiff_colour16"), sample_colour16());
  EXPECT_EQ(read("tiff_rotated"), sample_turned(sample_grey()));
  expect_near(read("tiff_jpeg"), sample_colour(), 40, "jpeg");
  EXPECT_EQ(read("tiff_bits"),
            sample_array(1, [](int i, int j, int) { return 255 * (sample_value(i, j, 0) % 2); }));
  EXPECT_EQ(read("tiff_palette"), sample_array(3, [](int i, int j, int c) {
              constexpr int palette[4][3] = {{0, 0, 0}, {255, 0, 0}, {0, 255, 0}, {10, 20, 30}};
              return palette[sample_value(i, j, 0) % 4][c];
            }));
  EXPECT_EQ(read("tiff_float"), sample_array<float>(1, [](int i, int j, int c) {
              return static_cast<float>(sample_value(i, j, c)) / 7.f;
            }));
}

TEST(Tiff, ReadsTiles) {
  const Array image = read("tiff_tiled");  // the sample four times in both directions
  ASSERT_EQ(image.shape(), (std::vector<std::int64_t>{20, 28, 3}));
  const auto pixels = image.as<std::uint8_t>();
  for (int i = 0; i < 20; ++i)
    for (int j = 0; j < 28; ++j)
      for (int c = 0; c < 3; ++c)
        ASSERT_EQ(pixels[static_cast<std::size_t>((i * 28 + j) * 3 + c)],
                  sample_value(i % sample_rows, j % sample_columns, c));
}

TEST(Tiff, ReturnsWhatWasWritten) {
  Array floats(DType::f32, {9, 200});
  for (std::size_t i = 0; i < floats.bytes().size(); i += 4)
    reinterpret_cast<float*>(floats.bytes().data())[i / 4] = static_cast<float>(i) / 3 - 100;
  for (const Array& image : {sample_grey(), sample_colour(), sample_grey16(), sample_colour16(),
                             floats, Array(DType::u8, {1, 1}), Array(DType::u16, {300, 2, 3})})
    EXPECT_EQ(decode_tiff(encode_tiff(image), "x"), image);
}

TEST(Tiff, RefusesByName) {
  EXPECT_THAT([] { decode_tiff({}, "a.tif"); }, throws_with<IoError>("tiff: a.tif: "));
  FileBytes truncated = sample("tiff_grey");
  truncated.resize(truncated.size() - 10);
  EXPECT_THAT([&] { decode_tiff(truncated, "a.tif"); }, throws_with<IoError>("a.tif"));
}

TEST(Tiff, SurvivesDamage) {
  for (const auto& [name, text] : encoded_samples) {
    if (!name.starts_with("tiff_")) continue;
    SCOPED_TRACE(name);
    expect_truncation_noticed(sample(name), decode_to_archive<decode_tiff>, 3);
    expect_damage_survived(sample(name), decode_to_archive<decode_tiff>);
  }
}

}  // namespace
}  // namespace striate
