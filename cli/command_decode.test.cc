#include "cli/command_decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "cli/try_model.h"
#include "striate/codes/sparse_codes.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"

namespace striate::cli {
namespace {

class CommandDecode : public WithModel {
 protected:
  void SetUp() override {
    WithModel::SetUp();
    ASSERT_EQ(try_line("striate encode leaves --model model.h5 --lambda 0.01 -o c.h5").exit_code,
              0);
  }
};

TEST_F(CommandDecode, SignalsAreSumsOfAtoms) {
  ASSERT_EQ(try_line("striate decode c.h5 --model model.h5 --to signals -o y.npy").exit_code, 0);
  const auto signals = load("y.npy").at("data").to_matrix<double>();
  const auto atoms = load("model.h5").at("dictionary/atoms").to_matrix<double>();
  const auto codes = SparseCodes<double>::from_archive(load("c.h5"));
  ASSERT_EQ(signals.columns(), codes.signals());
  for (std::int64_t j = 0; j < 5; ++j)
    for (std::int64_t i = 0; i < 36; ++i) {
      double sum = 0;
      for (std::size_t e = 0; e < codes[j].nonzeros(); ++e)
        sum += atoms(i, codes[j].indices[e]) * codes[j].values[e];
      EXPECT_NEAR(signals(i, j), sum, 1e-5);
    }
}

TEST_F(CommandDecode, ImagesComeBack) {
  ASSERT_EQ(try_line("striate decode c.h5 --model model.h5 -o back.npy").exit_code, 0);
  const auto paths = std::vector<std::filesystem::path>{"back.npy"};
  const auto back = read_images<float>(paths);
  ASSERT_EQ(back.size(), 2u);
  const Image<float> before = read_image<float>("leaves/dead_leaves-0000.png");
  // With little penalty most of the picture is there, its mean aside: correlation.
  double ab = 0, aa = 0, bb = 0, mean = 0;
  for (std::int64_t i = 0; i < before.size(); ++i) mean += before.data()[i];
  mean /= static_cast<double>(before.size());
  for (std::int64_t i = 0; i < before.size(); ++i) {
    const double a = before.data()[i] - mean, b = back[0].data()[i];
    ab += a * b, aa += a * a, bb += b * b;
  }
  EXPECT_GT(ab / std::sqrt(aa * bb), 0.8);
  ASSERT_EQ(try_line("striate decode c.h5 --model model.h5 -o back").exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists("back/image-0001.png"));
}

TEST_F(CommandDecode, Refuses) {
  refused("striate decode c.h5 -o y.npy", 2, "--model is missing");
  refused("striate decode model.h5 --model model.h5 -o y.npy", 1, "model.h5");
  refused("striate decode c.h5 --model model.h5 --to signals -o y.png", 2, "signals go to .npy");
  ASSERT_EQ(try_line("striate learn leaves --patch 6 --atoms 40 --coder group_lasso --lambda 0.1 "
                     "--steps 1 --seed 3 -o other.h5")
                .exit_code,
            0);
  refused("striate decode c.h5 --model other.h5 -o y.npy", 1, "the codes were made with model");
}

}  // namespace
}  // namespace striate::cli
