#include "cli/command_learn_convolutional.h"

#include <gmock/gmock.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "cli/try_cli.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"
#include "striate/pipelines/filter_model.h"

namespace striate::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class CommandLearnConvolutional : public InEmptyFolder {
 protected:
  void SetUp() override {
    InEmptyFolder::SetUp();
    ASSERT_EQ(try_line("striate generate --images 3 --rows 26 --columns 30 -o leaves").exit_code,
              0);
  }
  static void refused(const std::string& line, int code, const std::string& words) {
    const std::vector<std::string> before = listing();
    const CliResult result = try_line(line);
    EXPECT_EQ(result.exit_code, code) << line << "\n" << result.err;
    EXPECT_THAT(result.err, HasSubstr(words)) << line;
    EXPECT_EQ(result.out, "") << line;
    EXPECT_EQ(listing(), before) << line;
  }
  static FilterModel<float> model(const std::string& path) {
    return FilterModel<float>::from_archive(load(path));
  }
};

const std::string kLine = "striate learn --convolutional leaves --lambda 0.05 ";
const std::string kSmall = kLine + "--filters 6 --rows 5 --columns 4 ";

TEST_F(CommandLearnConvolutional, WritesAModelThatEncodeTakes) {
  const CliResult result = try_line(kSmall + "--steps 6 --highpass 5 -o filters.h5 --json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json told = json::parse(result.out);
  EXPECT_EQ(told["steps"], 6);
  EXPECT_LT(told["objective"].get<double>(), told["first_objective"].get<double>());
  const auto learned = model("filters.h5");
  EXPECT_EQ(told["model"], learned.hash());
  EXPECT_EQ(learned.rows, 5);
  EXPECT_EQ(learned.columns, 4);
  EXPECT_EQ(learned.taps.columns(), 6);
  EXPECT_EQ(learned.preparation.highpass, 5);
  ASSERT_EQ(
      try_line("striate encode --convolutional leaves --model filters.h5 -o codes.h5").exit_code,
      0);
  const Archive codes = load("codes.h5");
  EXPECT_EQ(codes.get<double>("coding", "lambda"), 0.05);
  EXPECT_EQ(codes.get<double>("preparation", "highpass"), 5);
  EXPECT_EQ(try_line("striate show filters.h5 -o filters.png").exit_code, 0);
  EXPECT_THAT(try_line("striate info filters.h5").out, HasSubstr("filter_model"));
}

TEST_F(CommandLearnConvolutional, TakesEveryMethod) {
  for (const std::string method : {"cd", "pgm", "consensus", "online"}) {
    const CliResult result =
        try_line(kSmall + "--steps 2 --method " + method + " -o " + method + ".h5");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("6 filters, 2 steps"));
  }
  EXPECT_EQ(
      try_line(kSmall + "--steps 2 --method online --batch 2 --step-size 0.1 -o b.h5").exit_code,
      0);
  refused(kSmall + "--batch 2 -o c.h5", 2, "cd has no --batch; online has");
}

TEST_F(CommandLearnConvolutional, BeginsWithTheFiltersOfAFile) {
  ASSERT_EQ(try_line(kSmall + "--steps 2 -o first.h5").exit_code, 0);
  ASSERT_EQ(try_line(kLine + "--init first.h5 --steps 2 -o second.h5").exit_code, 0);
  EXPECT_EQ(model("second.h5").taps.columns(), 6);
  EXPECT_EQ(model("second.h5").rows, 5);
  refused(kLine + "--init first.h5 --filters 7 -o c.h5", 2, "--filters is 7");
  refused(kLine + "--init first.h5 --rows 6 -o c.h5", 2, "--rows is 6");
  refused(kLine + "--init no.h5 -o c.h5", 1, "no.h5");
}

TEST_F(CommandLearnConvolutional, GoesOnFromItsCheckpoint) {
  ASSERT_EQ(try_line(kSmall + "--steps 4 -o whole.h5").exit_code, 0);
  ASSERT_EQ(try_line(kSmall + "--steps 2 --checkpoint state.h5 -o half.h5").exit_code, 0);
  ASSERT_EQ(try_line(kSmall + "--steps 4 --checkpoint state.h5 --resume -o rest.h5").exit_code, 0);
  EXPECT_EQ(model("rest.h5").taps, model("whole.h5").taps);
}

TEST_F(CommandLearnConvolutional, LearnsColourAndSeveralSizes) {
  ASSERT_EQ(try_line("striate generate --images 2 --rows 20 --columns 20 --channels 3 -o colour")
                .exit_code,
            0);
  ASSERT_EQ(try_line("striate learn --convolutional colour --colour --lambda 0.05 --filters 4 "
                     "--rows 6 --columns 6 --sides 3,6 --steps 2 -o c.h5")
                .exit_code,
            0);
  EXPECT_EQ(model("c.h5").channels, 3);
  EXPECT_EQ(model("c.h5").support.size(), 4u * 36);
}

TEST_F(CommandLearnConvolutional, SeesNothingBehindAMask) {
  std::vector<float> images;
  Image<float> mask(26, 30);
  for (std::int64_t i = 0; i < mask.size(); ++i) mask.data()[i] = i % 30 < 24 && i % 11 != 0;
  write_image<float>("mask.png", mask);
  for (const char* name : {"0000", "0001", "0002"}) {
    const auto image = read_image<float>(std::string("leaves/dead_leaves-") + name + ".png");
    images.insert(images.end(), image.data(), image.data() + image.size());
  }
  const auto put = [&](const std::string& path, const std::vector<float>& values,
                       std::vector<std::int64_t> shape) {
    Archive archive;
    archive.arrays["data"] = Array::from<float>(values, std::move(shape));
    save(path, archive, Overwrite::yes);
  };
  put("whole.npy", images, {3, 26, 30});
  std::vector<float> holed = images;
  for (std::size_t i = 0; i < holed.size(); ++i)
    if (mask.data()[i % 780] == 0) holed[i] = std::numeric_limits<float>::quiet_NaN();
  put("holed.npy", holed, {3, 26, 30});
  const std::string rest =
      " --lambda 0.05 --filters 6 --rows 5 --columns 4 --steps 3 --mask mask.png --force ";
  for (const std::string method : {"cd", "pgm", "online"})
    for (const std::string highpass : {"0", "5"}) {
      const std::string end = rest + "--method " + method + " --highpass " + highpass;
      for (const std::string name : {"whole", "holed"}) {
        const CliResult result = try_line("striate learn --convolutional " + name + ".npy" + end +
                                          " -o " + name + ".h5");
        ASSERT_EQ(result.exit_code, 0) << result.err;
      }
      EXPECT_EQ(model("whole.h5").taps, model("holed.h5").taps) << method << highpass;
    }
  EXPECT_EQ(load("whole.h5").get<std::string>("provenance", "mask"), "mask.png");
  // It is another model than without, and a checkpoint knows its mask.
  ASSERT_EQ(try_line(kSmall + "--steps 3 -o plain.h5").exit_code, 0);
  ASSERT_EQ(
      try_line(kSmall + "--steps 3 --mask mask.png --checkpoint state.h5 -o masked.h5").exit_code,
      0);
  EXPECT_NE(model("plain.h5").taps, model("masked.h5").taps);
  refused(kSmall + "--steps 4 --checkpoint state.h5 --resume -o c.h5", 1,
          "state.h5 is the checkpoint of a job on other inputs");

  holed[780 + 30 * 2 + 5] = std::numeric_limits<float>::quiet_NaN();
  ASSERT_NE(mask(2, 5), 0);
  put("bad.npy", holed, {3, 26, 30});
  refused("striate learn --convolutional bad.npy" + rest + "-o c.h5", 1,
          "image 1: prepare_image: the value at row 2, column 5 is NaN or infinity");
  refused("striate learn --convolutional holed.npy --lambda 0.05 --filters 6 -o c.h5", 1,
          "holed.npy holds NaN or infinity (image 0, row 0, column 0)");
  refused("striate learn --convolutional leaves" + rest + "--method consensus -o c.h5", 1,
          "consensus takes neither data_weights nor boundary linear; cd and pgm do");
  refused(kSmall + "--steps 2 --mask no.png -o c.h5", 1, "no.png");
  refused(kSmall + "--steps 2 --mask leaves/dead_leaves-0000.png -o c.h5", 1, "black and white");
  refused(kSmall + "--steps 2 --mask mask.png --data-weights mask.png -o c.h5", 2,
          "exclude one another");
  refused(kSmall + "--steps 2 --mask mask.png --contrast 3 -o c.h5", 1,
          "local contrast needs every pixel");
  write_image<float>("small.png", Image<float>(20, 20));
  refused(kSmall + "--steps 2 --mask small.png -o c.h5", 1,
          "small.png: is 20 x 20 x 1, leaves/dead_leaves-0000.png is 26 x 30 x 1");
}

TEST_F(CommandLearnConvolutional, PreparesImagesAsTheProgramOf2023) {
  ASSERT_EQ(try_line(kSmall + "--steps 3 --whiten filter --contrast 7 --disc-mask -o filters.h5")
                .exit_code,
            0);
  const FilterModel<float> learned = model("filters.h5");
  EXPECT_EQ(learned.preparation.whiten, ImageWhitening::filter);
  EXPECT_EQ(learned.preparation.contrast, 7);
  EXPECT_TRUE(learned.preparation.disc_mask);
  // Codes of new images are prepared alike, and come back whole.
  const std::string line = "striate encode --convolutional leaves --model filters.h5 ";
  ASSERT_EQ(try_line(line + "-o codes.h5").exit_code, 0);
  EXPECT_TRUE(load("codes.h5").has("images/000000000/lost"));
  ASSERT_EQ(try_line("striate decode codes.h5 -o back").exit_code, 0);
  refused(line + "--no-disc-mask -o c.h5", 2,
          "--disc-mask is false, but the model's filters are for true");
  refused(line + "--exponent 1 -o c.h5", 2, "--exponent is 1, but the model's filters are for 1.4");
  refused(line + "--whiten none -o c.h5", 2, "--whiten is none");
  refused(
      "striate denoise leaves/dead_leaves-0000.png --method convolutional --model filters.h5 "
      "-o c.png",
      1, "contrast must be 0");
}

TEST_F(CommandLearnConvolutional, RefusesWhatDoesNotFit) {
  refused(kSmall + "--shard 1/2 -o c.h5", 2, "learn --convolutional has no --shard; learn has");
  refused("striate learn --convolutional leaves --filters 4 -o c.h5", 2, "--lambda");
  refused(kLine + "-o c.h5", 2, "--filters is missing");
  refused(kSmall + "--steps 2 --epochs 2 -o c.h5", 2, "exclude one another");
  refused(kSmall + "--resume -o c.h5", 2, "--resume needs --checkpoint");
  refused(kSmall + "--atoms 3 -o c.h5", 2, "learn --convolutional has no --atoms; learn has");
  refused("striate learn leaves --lambda 0.1 --filters 4 -o c.h5", 2,
          "learn has no --filters; learn --convolutional has");
  refused(kLine + "--filters 4 --rows 40 -o c.h5", 1, "40");
  refused("striate learn --convolutional no.png --lambda 1 --filters 4 -o c.h5", 1, "no.png");
}

}  // namespace
}  // namespace striate::cli
