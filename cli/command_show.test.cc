#include "cli/command_show.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/try_model.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class CommandShow : public WithModel {};

TEST_F(CommandShow, DrawsWhatTheFileHolds) {
  for (const char* line :
       {"striate encode leaves --model model.h5 -o c.h5",
        "striate memory create --model model.h5 -o memory", "striate memory store memory c.h5",
        "striate show model.h5 -o dictionary.png", "striate show model.h5 -o dictionary.svg",
        "striate show model.h5 --what history -o history.svg",
        "striate show c.h5 --model model.h5 --image 1 -o image.png",
        "striate show memory --cues c.h5 --cue 2 -o trace.png",
        "striate show leaves/dead_leaves-0000.png -o leaf.png"}) {
    const CliResult result = try_line(line);
    ASSERT_EQ(result.exit_code, 0) << line << "\n" << result.err;
  }
  for (const char* name : {"dictionary.png", "image.png", "trace.png", "leaf.png"})
    EXPECT_THAT(read(name), StartsWith("\x89PNG")) << name;
  for (const char* name : {"dictionary.svg", "history.svg"})
    EXPECT_THAT(read(name), HasSubstr("<svg")) << name;
  // Pixel for pixel.
  const Image<float> leaf = read_image<float>("leaf.png");
  EXPECT_EQ(leaf.rows(), 48);
  EXPECT_EQ(leaf.columns(), 40);
}

TEST_F(CommandShow, FiltersAndMapsOfConvolutionalCodes) {
  for (const char* line :
       {"striate encode --convolutional leaves --filters log_gabor --lambda-relative 0.3 -o c.h5",
        "striate show c.h5 -o maps.png --image 1 --width 400", "striate show c.h5 -o maps.svg",
        "striate show c.h5 --what filters --across 12 -o filters.png --width 800"}) {
    const CliResult result = try_line(line);
    ASSERT_EQ(result.exit_code, 0) << line << "\n" << result.err;
  }
  EXPECT_EQ(read_image<float>("maps.png").columns(), 400);
  const Image<float> filters = read_image<float>("filters.png");
  EXPECT_EQ(filters.rows(), filters.columns());  // 12 rows of 12
  // Codes that hold no filters, as Python's save writes them, need some.
  Archive archive = load("c.h5");
  save(
      "model.npz",
      [&] {
        Archive bank;
        bank.arrays["data"] = archive.at("filters");
        return bank;
      }(),
      Overwrite::no);
  archive.arrays.erase("filters");
  save("bare.h5", archive, Overwrite::no);
  refused("striate show bare.h5 -o bare.png", 2, "bare.h5 does not hold the filters of its codes");
  EXPECT_EQ(try_line("striate show bare.h5 --model model.npz -o bare.png").exit_code, 0);
  EXPECT_EQ(try_line("striate show model.npz --what filters -o bank.png").exit_code, 0);
  refused("striate show c.h5 --image 2 -o no.png", 2, "--image is 2; there are 2");
  refused("striate show leaves --what maps -o no.png", 1, "no convolutional codes");
}

TEST_F(CommandShow, AtomsAloneAreShownToo) {
  ASSERT_EQ(try_line("striate convert model.h5 --array dictionary/atoms -o atoms.npy").exit_code,
            0);
  EXPECT_EQ(try_line("striate show atoms.npy --what dictionary --group-size 2 -o a.png").exit_code,
            0);
}

TEST_F(CommandShow, Refuses) {
  refused("striate show model.h5 -o a.gif", 2, "must end in one of .png, .svg");
  refused("striate show none.h5 -o a.png", 1, "none.h5");
  refused("striate show leaves/dead_leaves-0000.png --image 3 -o a.png", 2,
          "--image is 3; there are 1");
  refused("striate show model.h5 --group-size 3 -o a.png", 1, "group_size 3");
  refused("striate show model.h5 --what trace -o a.png", 2, "--cues is missing");
}

}  // namespace
}  // namespace striate::cli
