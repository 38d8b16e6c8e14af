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
