#include "striate/pipelines/two_layer_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "striate/images/synthetic.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::vector<Image<float>> leaves() {
  DeadLeavesSettings settings;
  settings.set.images = 3;
  settings.set.rows = settings.set.columns = 128;
  return dead_leaves<float>(settings);
}

TEST(two_layer_memory, runs_the_whole_chain_and_shows_what_it_did) {
  const TwoLayerSettings settings{
      .patterns = {5, 10}, .noises = {0, 0.5}, .draws = 2, .learn_seconds = 2};
  const auto result = two_layer_memory(leaves(), settings);
  EXPECT_FALSE(result.stopped);
  EXPECT_EQ(result.rows.size(), 2u * 2 * 2 * 2);
  EXPECT_EQ(result.phase_turn.size(), 36u);
  EXPECT_LE(std::get<double>(result.coding.at("worst_relative_gap")), 1e-4);
  ASSERT_FALSE(result.examples.empty());
  for (const RecallExample& example : result.examples) {
    // Cut from where it says, and noisy as much as it says.
    const std::int64_t side = example.clean.rows();
    double difference = 0, shift = 0;
    const Image<float>& whole = result.whitened;
    if (example.image != 0) continue;
    shift = whole(example.row, example.column) - example.clean(0, 0);
    for (std::int64_t r = 0; r < side; ++r)
      for (std::int64_t c = 0; c < side; ++c)
        difference = std::max(difference, std::abs(whole(example.row + r, example.column + c) -
                                                   example.clean(r, c) - shift));
    EXPECT_LT(difference, 1e-5);
  }
  // A model that is given is used as it is.
  const auto again = two_layer_memory(leaves(), settings, &result.model);
  EXPECT_EQ(again.model.atoms, result.model.atoms);
  EXPECT_EQ(again.rows.front().psnr_memory, result.rows.front().psnr_memory);
}

TEST(two_layer_memory, stops_when_asked_with_what_it_has) {
  striate::Run run;
  run.observer = [](const Progress&) { return false; };
  const auto result = two_layer_memory(leaves(), {.learn_seconds = 1}, nullptr, run);
  EXPECT_TRUE(result.stopped);
  EXPECT_TRUE(result.rows.empty());
}

TEST(two_layer_memory, refuses_what_it_cannot_do) {
  EXPECT_THAT([] { two_layer_memory({}, {}); }, ThrowsMessage<Error>(HasSubstr("no images")));
  EXPECT_THAT([] { two_layer_memory({Image<float>(8, 8)}, {.whiten = Whitening::none}); },
              ThrowsMessage<Error>(HasSubstr("8")));
  Model<float> singles;
  singles.group_size = 1;
  EXPECT_THAT([&] { two_layer_memory(leaves(), {}, &singles); },
              ThrowsMessage<Error>(HasSubstr("groups of 1")));
}

}  // namespace
}  // namespace striate
