#include "striate/pipelines/preparation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "striate/images/synthetic.h"
#include "striate/io/formats.h"
#include "tests/problems/plant.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::vector<Image<float>> leaves(std::int64_t count) {
  DeadLeavesSettings settings;
  settings.set.images = count;
  settings.set.rows = 48;
  settings.set.columns = 40;
  settings.largest = 20;
  return dead_leaves<float>(settings);
}

double mean_variance(const std::vector<Image<float>>& images) {
  double sum = 0;
  for (const auto& image : images) {
    double first = 0, second = 0;
    for (std::int64_t i = 0; i < image.size(); ++i) {
      first += image.data()[i];
      second += static_cast<double>(image.data()[i]) * image.data()[i];
    }
    const auto n = static_cast<double>(image.size());
    sum += second / n - first / n * first / n;
  }
  return sum / static_cast<double>(images.size());
}

TEST(preparation, brings_images_to_the_variance_asked_for) {
  for (const Whitening how : {Whitening::filter, Whitening::scale}) {
    const auto prepared = prepare(leaves(3), {.whiten = how, .variance = 0.2});
    EXPECT_NEAR(mean_variance(*prepared.images), 0.2, 1e-5);
    EXPECT_TRUE(prepared.preprocessing.factor.has_value());
    EXPECT_EQ(prepared.preprocessing.input, InputKind::images);
  }
  const auto as_read = prepare(leaves(3), {.whiten = Whitening::none});
  EXPECT_EQ(as_read.images->front(), leaves(3).front());
}

TEST(preparation, treats_new_images_as_the_model_s) {
  const auto first = prepare(leaves(4), {});
  // Another set alone would get another factor; with the model's it gets the same images.
  const auto again = prepare(std::vector<Image<float>>{leaves(4).back()}, first.preprocessing);
  EXPECT_EQ(again.preprocessing.factor, first.preprocessing.factor);
  const Image<float>&a = again.images->front(), &b = first.images->back();
  for (std::int64_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a.data()[i], b.data()[i], 1e-5);
}

TEST(preparation, undoes_whitening_where_the_filter_passes) {
  const auto images = leaves(2);
  for (const Whitening how : {Whitening::filter, Whitening::scale}) {
    const auto prepared = prepare(images, {.whiten = how});
    auto back = *prepared.images;
    undo_whitening(back, prepared.preprocessing);
    double error = 0, total = 0, mean = 0;
    for (std::int64_t i = 0; i < images[0].size(); ++i) mean += images[0].data()[i];
    mean = how == Whitening::filter ? mean / static_cast<double>(images[0].size()) : 0;
    for (std::int64_t i = 0; i < images[0].size(); ++i) {
      const double original = images[0].data()[i] - mean;
      error += std::pow(back[0].data()[i] - original, 2);
      total += original * original;
    }
    EXPECT_LT(error / total, 0.05);
  }
}

TEST(preparation, reads_signals_and_images_from_files_and_tells_them_apart) {
  const TemporaryFolder folder;
  const auto p = plant<float>({.rows = 9, .atoms = 20, .signals = 5, .seed = 1});
  Archive signals, images;
  signals.arrays["data"] = Array::from<float>(p.signals.view());
  save(folder / "signals.npy", signals);
  images.arrays["data"] = Array(DType::f32, {2, 20, 20});
  images.arrays["data"].bytes()[2] = std::byte{64};  // not all constant
  save(folder / "images.npy", images);

  const auto read = prepare<float>({(folder / "signals.npy").string()}, {});
  EXPECT_EQ(read.preprocessing.input, InputKind::signals);
  ASSERT_EQ(read.signals->size(), 5);
  Matrix<float> back(9, 5);
  read.signals->read(0, back);
  EXPECT_EQ(back, p.signals);
  EXPECT_FALSE(read.patches);

  const auto both = prepare<float>({(folder / "images.npy").string()},
                                   {.patches = {.patch = 8, .sampling = Sampling::grid}});
  EXPECT_EQ(both.preprocessing.input, InputKind::images);
  EXPECT_EQ(both.images->size(), 2u);
  EXPECT_NE(both.identity(), read.identity());

  EXPECT_THAT(
      [&] {
        prepare<float>({(folder / "signals.npy").string(), (folder / "images.npy").string()}, {});
      },
      ThrowsMessage<Error>(HasSubstr("1 of 2 files hold signals")));
  EXPECT_THAT([&] { prepare<float>({(folder / "images.npy").string()}, {}); },
              ThrowsMessage<Error>(HasSubstr("images.npy has an image of 20 x 20 pixels; patches "
                                             "of 16 x 16 with a border of 4 need at least 24 x "
                                             "24")));
}

TEST(preparation, gives_the_same_patches_of_images_in_memory_and_in_files) {
  const TemporaryFolder folder;
  const auto images = leaves(5);
  for (std::size_t k = 0; k < images.size(); ++k)
    write_image<float>(folder / ("leaf" + std::to_string(k) + ".png"), images[k]);
  const std::vector<std::string> inputs = {folder.path().string()};
  for (const Whitening whiten : {Whitening::filter, Whitening::scale, Whitening::none})
    for (const Sampling sampling : {Sampling::random, Sampling::all})
      for (const double minimum : {0.0, 0.5}) {
        const Preprocessing how{.whiten = whiten,
                                .patches = {.patch = 6,
                                            .sampling = sampling,
                                            .count = 300,
                                            .stride = 5,
                                            .remove_mean = true,
                                            .minimum_deviation = minimum}};
        const auto whole = prepare<float>(inputs, how);
        ASSERT_TRUE(whole.images);
        // Room for nothing, and for two images; there random patches are kept.
        for (const std::int64_t kept : {1, 2 * (48 * 40 * 4 + 300)}) {
          const auto lazy = prepare<float>(inputs, how, kept);
          EXPECT_FALSE(lazy.images);
          EXPECT_EQ(lazy.identity(), whole.identity());
          EXPECT_EQ(read_all(*lazy.signals), read_all(*whole.signals));
          EXPECT_EQ(lazy.place(7), whole.place(7));
          EXPECT_EQ(lazy.patches->mean(7), whole.patches->mean(7));
          // With their places and means, from wherever they lie.
          for (const auto* prepared : {&lazy, &whole}) {
            Matrix<float> some(36, 9), plain(36, 9);
            std::vector<PatchPosition> at(9);
            std::vector<double> means(9);
            prepared->read_patches(3, some, at, means);
            prepared->signals->read(3, plain);
            EXPECT_EQ(some, plain);
            for (std::int64_t i = 0; i < 9; ++i) {
              EXPECT_EQ(at[std::size_t(i)], whole.patches->position(3 + i));
              EXPECT_EQ(means[std::size_t(i)], whole.patches->mean(3 + i));
            }
          }
        }
      }
}

TEST(preparation, lets_only_the_sampling_differ_from_the_model) {
  Preprocessing model;
  model.input = InputKind::images;
  model.factor = 3;
  model.patches.patch = 8;
  const auto coded = as_model("encode", model, {{"stride", std::int64_t{2}}});
  EXPECT_EQ(coded.patches.sampling, Sampling::grid);
  EXPECT_EQ(coded.patches.stride, 2);
  EXPECT_EQ(coded.patches.patch, 8);
  EXPECT_EQ(coded.factor, model.factor);
  EXPECT_THAT(
      [&] {
        as_model("encode", model, {{"patch", std::int64_t{16}}});
      },
      ThrowsMessage<Error>(HasSubstr("encode: patch is 16, but the model")));
  EXPECT_THAT(
      [&] {
        as_model("encode", model, {{"whiten", std::string("none")}});
      },
      ThrowsMessage<Error>(HasSubstr("whiten")));
}

TEST(preparation, refuses_what_cannot_be_prepared) {
  EXPECT_THAT([] { prepare(std::vector<Image<float>>{}, {}); },
              ThrowsMessage<Error>(HasSubstr("no images")));
  EXPECT_THAT([] { prepare(std::vector<Image<float>>{Image<float>(20, 20)}, {}); },
              ThrowsMessage<Error>(HasSubstr("constant")));
  EXPECT_THAT(
      [] {
        prepare(std::vector<Image<float>>{Image<float>(20, 20)}, {.whiten = Whitening::scale});
      },
      ThrowsMessage<Error>(HasSubstr("constant")));
  EXPECT_THAT([] { prepare(leaves(1), {.patches = {.patch = 64}}); },
              ThrowsMessage<Error>(HasSubstr("64")));
}

TEST(preparation, does_not_copy_signals_in_memory) {
  Matrix<float> signals(3, 5);
  const auto prepared = prepare<float>(std::as_const(signals).view(), {});
  signals(1, 4) = 7;
  Matrix<float> read(3, 2);
  prepared.signals->read(3, read.view());
  EXPECT_EQ(read(1, 1), 7);
}

}  // namespace
}  // namespace striate
