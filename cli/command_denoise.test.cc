#include "cli/command_denoise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/try_model.h"
#include "striate/core/random.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;

class CommandDenoise : public WithModel {
 protected:
  // Noisy copies of the images: noisy/, 16 bits.
  void SetUp() override {
    WithModel::SetUp();
    std::filesystem::create_directory("noisy");
    for (const std::string name : {"dead_leaves-0000.png", "dead_leaves-0001.png"}) {
      Image<float> image = read_image<float>("leaves/" + name);
      Random random(1, stream("noise"), 0);
      for (std::int64_t i = 0; i < image.size(); ++i)
        image.data()[i] += static_cast<float>(0.1 * random.normal());
      write_image<float>("noisy/" + name, image, Overwrite::no, {.sixteen_bits = true});
    }
  }
};

TEST_F(CommandDenoise, ImagesComeOutNearerToTheReference) {
  for (const std::string dictionary : {" --model model.h5", ""}) {
    const CliResult result = try_line(
        "striate denoise noisy --sigma 0.1 --atoms 64 --reference "
        "leaves --json --force -o out" +
        dictionary);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const auto images = nlohmann::json::parse(result.out).at("images");
    ASSERT_EQ(images.size(), 2u);
    for (const auto& row : images) {
      EXPECT_GT(row.at("psnr").get<double>(), row.at("psnr_before").get<double>() + 2);
      EXPECT_GT(row.at("ssim").get<double>(), row.at("ssim_before").get<double>());
    }
  }
  EXPECT_EQ(load("out/dead_leaves-0001.png").at("data").dtype(), DType::u16);
}

TEST_F(CommandDenoise, RawPixelsHaveRawSigma) {
  const std::string end = " --model model.h5 noisy/dead_leaves-0000.png -o ";
  ASSERT_EQ(try_line("striate denoise --sigma 0.1" + end + "a.png").exit_code, 0);
  ASSERT_EQ(try_line("striate denoise --pixel-scale raw --sigma 6553.5" + end + "b.png").exit_code,
            0);
  const auto a = read_image<float>("a.png"), b = read_image<float>("b.png");
  double largest = 0;
  for (std::int64_t i = 0; i < a.size(); ++i)
    largest = std::max(largest, double(std::abs(a.data()[i] - b.data()[i])));
  EXPECT_LT(largest, 0.02);  // a patch on the brink may take one atom more
}

TEST_F(CommandDenoise, RefusalsSayWhatIsWrong) {
  const std::string one = " noisy/dead_leaves-0000.png -o x.png";
  refused("striate denoise --sigma 25" + one, kBadUsage, "--sigma 0.098039, or --pixel-scale raw");
  for (const char* bad : {"0", "-1", "nan"})
    refused(std::string("striate denoise --sigma ") + bad + one, kBadUsage, "sigma");
  refused("striate denoise --patch 50" + one, kBadData, "48 x 40 pixels; patches of 50 x 50");
  refused("striate denoise --stride 9" + one, kBadData, "stride is 9");
  refused("striate denoise noisy -o x.png", kBadUsage, "there are 2 images");
  refused("striate denoise noisy --reference model.h5 -o x", kBadUsage, "--reference");
  refused("striate denoise noisy -o leaves", kBadUsage, "--force");
}

}  // namespace
}  // namespace striate::cli
