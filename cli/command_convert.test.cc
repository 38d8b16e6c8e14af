#include "cli/command_convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/try_cli.h"
#include "striate/codes/sparse_codes.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"

namespace striate::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Archive array_file(const std::vector<float>& values, std::vector<std::int64_t> shape) {
  Archive archive;
  archive.arrays["data"] = Array::from<float>(values, std::move(shape));
  return archive;
}

class CommandConvert : public InEmptyFolder {};

TEST_F(CommandConvert, BetweenArraysKeepsEveryBit) {
  const Archive archive = array_file({1, -2.5f, 3e-30f, 4, 5, 6}, {2, 3});
  save("a.npy", archive);
  ASSERT_EQ(try_line("striate convert a.npy -o a.npz").exit_code, 0);
  ASSERT_EQ(try_line("striate convert a.npz -o a.h5").exit_code, 0);
  ASSERT_EQ(try_line("striate convert a.h5 -o b.npy").exit_code, 0);
  EXPECT_EQ(load("b.npy").at("data"), archive.at("data"));
}

TEST_F(CommandConvert, StillsBecomeNumbersAndBack) {
  Image<float> image(3, 2);
  for (int i = 0; i < 6; ++i) image.data()[i] = static_cast<float>(51 * (i % 6)) / 255;
  write_image<float>("a.png", image);
  ASSERT_EQ(try_line("striate convert a.png -o unit.npy").exit_code, 0);
  ASSERT_EQ(try_line("striate convert a.png -o raw.npy --pixel-scale raw").exit_code, 0);
  EXPECT_EQ(load("unit.npy").at("data").as<float>()[5], 1.0f);
  EXPECT_EQ(load("raw.npy").at("data").as<float>()[1], 51.0f);
  ASSERT_EQ(try_line("striate convert unit.npy -o b.png").exit_code, 0);
  EXPECT_EQ(read_image<float>("b.png"), read_image<float>("a.png"));
  ASSERT_EQ(try_line("striate convert a.png -o c.tif").exit_code, 0);
  EXPECT_EQ(read_image<float>("c.tif"), read_image<float>("a.png"));
}

TEST_F(CommandConvert, JoinsRowsImagesAndCodes) {
  save("a.npy", array_file({1, 2}, {1, 2}));
  save("b.npy", array_file({3, 4, 5, 6}, {2, 2}));
  ASSERT_EQ(try_line("striate convert a.npy b.npy --concat -o all.npy").exit_code, 0);
  EXPECT_THAT(load("all.npy").at("data").shape(), ElementsAre(3, 2));
  EXPECT_THAT(load("all.npy").at("data").as<float>(), ElementsAre(1, 2, 3, 4, 5, 6));

  write_image<float>("x.png", Image<float>(4, 5));
  write_image<float>("y.png", Image<float>(4, 5));
  ASSERT_EQ(try_line("striate convert x.png y.png --concat -o batch.npy").exit_code, 0);
  EXPECT_THAT(load("batch.npy").at("data").shape(), ElementsAre(2, 4, 5));

  SparseCodes<float> codes(7);
  const std::vector<std::int32_t> where = {2, 6};
  const std::vector<float> what = {1.5f, -1};
  codes.append(where, what);
  save("c.h5", codes.to_archive());
  ASSERT_EQ(try_line("striate convert c.h5 c.h5 --concat -o cc.npz").exit_code, 0);
  const auto joined = SparseCodes<float>::from_archive(load("cc.npz"));
  EXPECT_EQ(joined.signals(), 2);
  EXPECT_EQ(joined.slice(1, 1), codes);
}

TEST_F(CommandConvert, RefusesWithNothingWritten) {
  save("a.npy", array_file({1, 2}, {1, 2}));
  save("b.npy", array_file({3, 4, 5}, {1, 3}));
  const std::vector<std::string> before = listing();
  const auto refused = [&](const std::string& line, int code, const std::string& words) {
    const CliResult result = try_line(line);
    EXPECT_EQ(result.exit_code, code) << line;
    EXPECT_THAT(result.err, HasSubstr(words)) << line;
  };
  refused("striate convert a.npy b.npy -o c.npy", 2, "only with --concat");
  refused("striate convert a.npy b.npy --concat -o c.npy", 1, "b.npy: its type or its rows differ");
  refused("striate convert a.npy -o c.xyz", 2, "must end in one of .npy");
  refused("striate convert a.npy -o b.npy", 2, "b.npy: exists already");
  refused("striate convert a.npy --array no/such -o c.npy", 1, "--array no/such: a.npy");
  refused("striate convert none.npy -o c.npy", 1, "none.npy");
  refused("striate convert -o c.npy", 2, "INPUT is missing");
  EXPECT_EQ(listing(), before);
}

}  // namespace
}  // namespace striate::cli
