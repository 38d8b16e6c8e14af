#include "striate/io/still_samples.test.h"

namespace striate {
namespace {

Array read(const std::string& name) { return decode_png(sample(name), name); }

TEST(Png, ReadsWhatPillowWrites) {
  EXPECT_EQ(read("png_grey"), sample_grey());
  EXPECT_EQ(read("png_colour"), sample_colour());
  EXPECT_EQ(read("png_grey16"), sample_grey16());
  EXPECT_EQ(read("png_colour16"), sample_colour16());
  EXPECT_EQ(read("png_grey_alpha"), sample_grey());      // transparency dropped
  EXPECT_EQ(read("png_colour_alpha"), sample_colour());  // not blended
  EXPECT_EQ(read("png_rotated"), sample_turned(sample_grey()));
  EXPECT_EQ(read("png_bits"),
            sample_array(1, [](int i, int j, int) { return 255 * (sample_value(i, j, 0) % 2); }));
  EXPECT_EQ(read("png_palette"), sample_array(3, [](int i, int j, int c) {
              constexpr int palette[4][3] = {{0, 0, 0}, {255, 0, 0}, {0, 255, 0}, {10, 20, 30}};
              return palette[sample_value(i, j, 0) % 4][c];
            }));
}

TEST(Png, ReturnsWhatWasWritten) {
  for (const Array& image : {sample_grey(), sample_colour(), sample_grey16(), sample_colour16(),
                             Array(DType::u8, {1, 1}), Array(DType::u16, {300, 2, 3})})
    EXPECT_EQ(decode_png(encode_png(image), "x"), image);
}

TEST(Png, RefusesByName) {
  EXPECT_THAT([] { decode_png({}, "a.png"); }, throws_with<IoError>("png: a.png: this is no PNG"));
  FileBytes damaged = sample("png_grey");
  damaged[45] ^= std::byte{1};
  EXPECT_THAT([&] { decode_png(damaged, "a.png"); }, throws_with<IoError>("a.png: IDAT"));
  FileBytes truncated = sample("png_grey");
  truncated.resize(60);
  EXPECT_THAT([&] { decode_png(truncated, "a.png"); }, throws_with<IoError>("truncated"));
}

TEST(Png, SurvivesDamage) {
  for (const char* name : {"png_grey", "png_colour16", "png_palette", "png_rotated"}) {
    expect_truncation_noticed(sample(name), decode_to_archive<decode_png>);
    expect_damage_survived(sample(name), decode_to_archive<decode_png>);
  }
}

}  // namespace
}  // namespace striate
