#include "cli/command_decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "cli/try_model.h"
#include "striate/codes/sparse_codes.h"
#include "striate/images/whiten.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"
#include "striate/pipelines/model.h"
#include "striate/pipelines/preparation.h"

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

double correlation(const Image<float>& a, const Image<float>& b) {
  double ab = 0, aa = 0, bb = 0, mean_a = 0, mean_b = 0;
  const auto n = static_cast<double>(a.size());
  for (std::int64_t i = 0; i < a.size(); ++i) {
    mean_a += a.data()[i] / n;
    mean_b += b.data()[i] / n;
  }
  for (std::int64_t i = 0; i < a.size(); ++i) {
    const double x = a.data()[i] - mean_a, y = b.data()[i] - mean_b;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / std::sqrt(aa * bb);
}

TEST_F(CommandDecode, ImagesComeBack) {
  const std::vector<std::filesystem::path> stills = {"leaves/dead_leaves-0000.png",
                                                     "leaves/dead_leaves-0001.png"};
  const auto before = read_images<float>(stills);
  const auto whitened = whiten(before).images;
  const auto decoded = [](const std::string& options) {
    EXPECT_EQ(
        try_line("striate decode c.h5 --model model.h5 --force -o back.npy" + options).exit_code,
        0);
    const std::vector<std::filesystem::path> paths = {"back.npy"};
    return read_images<float>(paths);
  };
  // With little penalty nearly all of the whitened picture is there.
  EXPECT_GT(correlation(decoded(" --no-unwhiten").at(1), whitened.at(1)), 0.95);
  // Undoing the filter is what the library does with the model's own preprocessing.
  auto undone = decoded(" --no-unwhiten");
  undo_whitening(undone, Model<float>::from_archive(load("model.h5")).preprocessing);
  EXPECT_GT(correlation(decoded("").at(0), undone.at(0)), 0.9999);
  EXPECT_LT(correlation(undone.at(0), decoded(" --no-unwhiten").at(0)), 0.99);
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
