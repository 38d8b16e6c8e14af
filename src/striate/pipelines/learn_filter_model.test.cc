#include "striate/pipelines/learn_filter_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/images/synthetic.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

ImagesInMemory<float> leaves(int count) {
  auto all = std::make_shared<std::vector<Image<float>>>();
  for (int i = 0; i < count; ++i) {
    Image<float> image(40 + 2 * i, 44);
    for (std::int64_t r = 0; r < image.rows(); ++r)
      for (std::int64_t c = 0; c < image.columns(); ++c)
        image(r, c) = float(0.5 + 0.3 * std::sin(0.7 * double(r + i)) * std::cos(0.4 * double(c)) +
                            (2 * r > c + 9 * i ? 0.2 : 0));
    all->push_back(std::move(image));
  }
  return ImagesInMemory<float>(all);
}

FilterLearningSettings small(FilterMethod method) {
  FilterLearningSettings settings;
  settings.method = method;
  settings.lambda = 0.02;
  settings.filters = 6;
  settings.rows = settings.columns = 5;
  settings.sides = {3, 5};
  settings.steps = 4;
  return settings;
}

TEST(learn_filter_model, KeepsHowImagesArePreparedAndHowItCameAbout) {
  const auto images = leaves(3);
  ImagePreparation preparation;
  preparation.highpass = 5;
  for (auto method : {FilterMethod::cd, FilterMethod::online}) {
    const auto learned = learn_filter_model<float>(images, {{"files", std::string("leaves")}},
                                                   small(method), preparation);
    const FilterModel<float>& model = learned.model;
    EXPECT_EQ(learned.result.status, LearnStatus::completed);
    EXPECT_EQ(model.taps, learned.result.filters);
    EXPECT_EQ(model.history.at("objective").size(), 4);
    EXPECT_EQ(model.provenance.at("files"), Value(std::string("leaves")));
    EXPECT_EQ(model.coding.at("lambda"), Value(0.02));
    ASSERT_EQ(model.support.size(), 6u * 25u);
    for (std::int64_t k = 0; k < 6; ++k)
      for (std::int64_t t = 0; t < 25; ++t) {
        const bool inside = k >= 3 || (t / 5 < 3 && t % 5 < 3);
        EXPECT_EQ(model.support[std::size_t(25 * k + t)] != 0, inside);
        EXPECT_TRUE(inside || model.taps(t, k) == 0);
      }
    const auto again = FilterModel<float>::from_archive(model.to_archive());
    EXPECT_EQ(again.taps, model.taps);
    EXPECT_EQ(again.hash(), model.hash());

    // The same as of images that somebody prepared.
    auto prepared = std::make_shared<std::vector<Image<float>>>();
    for (std::int64_t i = 0; i < 3; ++i)
      prepared->push_back(prepare_image(*images.image(i), preparation).image);
    const ImagesInMemory<float> source(prepared);
    FilterLearning<float> job(source, small(method));
    EXPECT_EQ(learn_filters(job).filters, model.taps);
  }
}

TEST(learn_filter_model, ResumesAtItsCheckpointWithTheSameBits) {
  const TemporaryFolder folder;
  const auto images = leaves(3);
  const auto whole = learn_filter_model<float>(images, {}, small(FilterMethod::cd), {});
  auto first = small(FilterMethod::cd);
  first.steps = 2;
  CheckpointSettings checkpoints{.checkpoint = (folder / "state.h5").string(), .period = 0};
  learn_filter_model<float>(images, {}, first, {}, checkpoints);
  checkpoints.resume = true;
  const auto resumed =
      learn_filter_model<float>(images, {}, small(FilterMethod::cd), {}, checkpoints);
  EXPECT_EQ(resumed.model.taps, whole.model.taps);
  EXPECT_EQ(resumed.result.codes, whole.result.codes);
  EXPECT_EQ(resumed.model.history.at("objective"), whole.model.history.at("objective"));
  ImagePreparation other;
  other.highpass = 1;
  EXPECT_THAT(
      [&] { learn_filter_model<float>(images, {}, small(FilterMethod::cd), other, checkpoints); },
      ThrowsMessage<Error>(HasSubstr("on other inputs, or prepared in another way")));
}

// Holes are filled by guesses before the high-pass, and count for nothing after it.
TEST(learn_filter_model, TakesMasks) {
  const auto images = leaves(2);
  auto weights = std::make_shared<std::vector<Image<float>>>();
  auto spoilt = std::make_shared<std::vector<Image<float>>>();
  for (std::int64_t i = 0; i < 2; ++i) {
    Image<float> mask(images.image(i)->rows(), 44), image(*images.image(i));
    for (std::int64_t j = 0; j < mask.size(); ++j) {
      mask.data()[j] = j % 3 ? 1 : 0;
      if (j % 3 == 0) image.data()[j] = 1e6f;
    }
    weights->push_back(std::move(mask));
    spoilt->push_back(std::move(image));
  }
  const ImagesInMemory<float> omega(weights), holes(spoilt);
  const auto of = [&](const ImageSource<float>& source) {
    return learn_filter_model<float>(source, {}, small(FilterMethod::cd), {}, {}, nullptr, &omega)
        .result.history.back()
        .objective;
  };
  EXPECT_EQ(of(images), of(holes));
}

}  // namespace
}  // namespace striate
