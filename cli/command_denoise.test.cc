#include "cli/command_denoise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/try_model.h"
#include "striate/core/random.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;

// The products of cosines of n frequencies over n pixels, of norm 1.
std::vector<float> cosines(int n) {
  std::vector<float> taps;
  for (int k = 0; k < n * n; ++k)
    for (int i = 0; i < n * n; ++i) {
      const auto wave = [&](int f, int x) {
        return std::sqrt((f == 0 ? 1.0 : 2.0) / n) * std::cos(M_PI * f * (x + 0.5) / n);
      };
      taps.push_back(static_cast<float>(wave(k / n, i / n) * wave(k % n, i % n)));
    }
  return taps;
}

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

TEST_F(CommandDenoise, ByFiltersGivenAndOwn) {
  Archive filters;
  filters.arrays["data"] = Array::from<float>(cosines(6), {36, 6, 6});
  save("filters.npy", filters, Overwrite::no);
  for (const std::string own : {" --filters filters.npy --turns 1", " --steps 2 --turns 2"}) {
    const CliResult result = try_line(
        "striate denoise noisy --method convolutional --sigma 0.1 --reference leaves --json "
        "--force -o out" +
        own);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    for (const auto& row : nlohmann::json::parse(result.out).at("images")) {
      EXPECT_GT(row.at("psnr").get<double>(), row.at("psnr_before").get<double>() + 2);
      EXPECT_GT(row.at("lambda").get<double>(), 0);
    }
  }
  const std::string one = " noisy/dead_leaves-0000.png -o x.png";
  refused("striate denoise --method convolutional --atoms 64" + one, kBadUsage, "patch has");
  refused("striate denoise --turns 2" + one, kBadUsage, "convolutional has");
  refused("striate denoise --method convolutional --model model.h5" + one, kBadData,
          "model of patches");
  refused("striate denoise --method convolutional --sigma 25" + one, kBadUsage,
          "--pixel-scale raw");
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
