#include "striate/io/still_samples.test.h"

namespace striate {
namespace {

Array read(const std::string& name) { return decode_webp(sample(name), name); }

TEST(Webp, ReadsWhatPillowWrites) {
  EXPECT_EQ(read("webp_lossless"), sample_colour());
  EXPECT_EQ(read("webp_alpha"), sample_colour());
  EXPECT_EQ(read("webp_rotated"), sample_turned(sample_colour()));
  expect_near(read("webp_lossy"), sample_colour(), 40, "lossy");  // its chroma has half the size
}

TEST(Webp, ReturnsWhatWasWrittenInColour) {
  EXPECT_EQ(decode_webp(encode_webp(sample_colour()), "x"), sample_colour());
  EXPECT_EQ(decode_webp(encode_webp(sample_grey()), "x"),
            sample_array(3, [](int i, int j, int) { return sample_value(i, j, 0); }));
}

TEST(Webp, RefusesByName) {
  EXPECT_THAT([] { decode_webp({}, "a.webp"); }, throws_with<IoError>("webp: a.webp: "));
  EXPECT_THAT([] { read("webp_animated"); }, throws_with<IoError>("animation"));
  FileBytes truncated = sample("webp_lossless");
  truncated.resize(truncated.size() - 5);
  EXPECT_THAT([&] { decode_webp(truncated, "a.webp"); }, throws_with<IoError>("truncated"));
}

TEST(Webp, SurvivesDamage) {
  for (const char* name : {"webp_lossless", "webp_lossy", "webp_rotated"}) {
    expect_truncation_noticed(sample(name), decode_to_archive<decode_webp>);
    expect_damage_survived(sample(name), decode_to_archive<decode_webp>);
  }
}

}  // namespace
}  // namespace striate
