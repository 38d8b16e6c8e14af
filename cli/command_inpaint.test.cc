#include "cli/command_inpaint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/try_model.h"
#include "striate/core/random.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;

class CommandInpaint : public WithModel {
 protected:
  // A mask of 40 % missing as a still and as an array, and the first image black there.
  void SetUp() override {
    WithModel::SetUp();
    Image<float> image = read_image<float>("leaves/dead_leaves-0000.png"), mask(48, 40);
    const auto truth = std::make_unique<bool[]>(48 * 40);
    Random random(1, stream("mask"), 0);
    for (std::int64_t i = 0; i < image.size(); ++i) {
      mask.data()[i] = random.uniform() >= 0.4;
      if (mask.data()[i] == 0) image.data()[i] = 0;
      truth[static_cast<std::size_t>(i)] = mask.data()[i] != 0;
    }
    write_image<float>("holed.png", image);
    write_image<float>("mask.png", mask);
    Archive archive;
    archive.arrays["data"] =
        Array::from<bool>(std::span<const bool>(truth.get(), 48 * 40), {48, 40});
    save("mask.npy", archive);
    archive.arrays["data"] = Array::from<float>(MatrixView<const float>(mask.data(), 40, 48));
    save("real.npy", archive);
    write_image<float>("small.png", Image<float>(20, 20));
  }
};

TEST_F(CommandInpaint, MissingPixelsAreFoundAndTheOthersKept) {
  const auto holed = read_image<float>("holed.png"), mask = read_image<float>("mask.png");
  for (const std::string way : {"mask.png --model model.h5", "mask.npy --atoms 64 --epochs 2",
                                "mask.png --method convolutional --steps 2"}) {
    const CliResult result = try_line(
        "striate inpaint holed.png --reference leaves/dead_leaves-0000.png --json --force "
        "-o out.png --mask " +
        way);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const auto row = nlohmann::json::parse(result.out).at("images").at(0);
    EXPECT_GT(row.at("psnr").get<double>(), row.at("psnr_before").get<double>() + 6);
    const auto out = read_image<float>("out.png");
    for (std::int64_t i = 0; i < out.size(); ++i)
      if (mask.data()[i] == 1) {
        ASSERT_EQ(out.data()[i], holed.data()[i]) << i;
      }
  }
}

TEST_F(CommandInpaint, WhatIsMissingMayBeNaN) {
  Image<float> image = read_image<float>("holed.png");
  const auto mask = read_image<float>("mask.png");
  write_image<float>("black.npy", image);
  std::int64_t seen = 0;
  for (std::int64_t i = 0; i < image.size(); ++i) {
    if (mask.data()[i] == 0) image.data()[i] = std::numeric_limits<float>::quiet_NaN();
    else seen = i;
  }
  write_image<float>("nan.npy", image);
  for (const std::string way : {"--model model.h5", "--method convolutional --steps 2"}) {
    for (const std::string name : {"black", "nan"}) {
      const CliResult result =
          try_line("striate inpaint " + name + ".npy --mask mask.png --force --reference " +
                   "leaves/dead_leaves-0000.png -o " + name + "-out.npy " + way);
      ASSERT_EQ(result.exit_code, 0) << result.err;
      EXPECT_THAT(result.out, testing::Not(HasSubstr("nan dB")));
    }
    EXPECT_EQ(read_image<float>("black-out.npy"), read_image<float>("nan-out.npy")) << way;
  }
  image.data()[seen] = std::numeric_limits<float>::infinity();
  write_image<float>("bad.npy", image);
  const std::string place =
      "row " + std::to_string(seen / 40) + ", column " + std::to_string(seen % 40);
  refused("striate inpaint bad.npy --mask mask.png -o x.npy", kBadData,
          "bad.npy: inpaint: image has a value that is not finite at " + place);
  refused("striate denoise nan.npy -o x.npy", kBadData, "nan.npy: denoise: image has a value");
}

TEST_F(CommandInpaint, RefusalsSayWhatIsWrong) {
  const std::string one = "striate inpaint holed.png -o x.png";
  refused(one, kBadUsage, "--mask FILE or --missing PART");
  refused(one + " --mask mask.png --missing 0.5", kBadUsage, "one of them");
  refused(one + " --mask real.npy", kBadData, "mask holds float32");
  refused(one + " --mask leaves/dead_leaves-0000.png", kBadData, "black and white");
  refused(one + " --mask small.png", kBadData, "mask has 20 x 20 pixels");
  refused(one + " --mask leaves", kBadUsage, "--mask leaves: holds 2 images");
  refused(one + " --mask mask.png --sigma 25", kBadUsage, "--sigma 0.098039");
  refused(one + " --mask mask.png --stride 8", kBadData, "stride is 8");
}

}  // namespace
}  // namespace striate::cli
