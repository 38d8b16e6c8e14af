#include "striate/pipelines/convolutional_restoration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/core/random.h"
#include "striate/images/synthetic.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::int64_t side = 7, filters = 12;

FilterModel<float> random_filters(std::int64_t channels = 1, double highpass = 0) {
  FilterModel<float> model;
  model.taps = Matrix<float>(side * side * channels, filters);
  model.rows = model.columns = side;
  model.channels = channels;
  model.preparation = {.colour = channels > 1, .highpass = highpass};
  for (std::int64_t k = 0; k < filters; ++k) {
    Random random(3, stream("filters"), static_cast<std::uint64_t>(k));
    double squares = 0;
    for (float& tap : model.taps.column(k)) {
      tap = static_cast<float>(random.normal());
      squares += static_cast<double>(tap * tap);
    }
    for (float& tap : model.taps.column(k)) tap /= static_cast<float>(std::sqrt(squares));
  }
  return model;
}

// `atoms` filters at random places inside the image, by plain loops.
Image<float> planted(const FilterModel<float>& model, std::int64_t rows, std::int64_t columns,
                     int atoms, std::int64_t channels) {
  Image<float> image(rows, columns, channels);
  Random random(5, stream("plant"), 0);
  const auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(random.uniform() * static_cast<double>(n));
  };
  for (int j = 0; j < atoms; ++j) {
    const std::int64_t k = below(filters), r = below(rows - side + 1),
                       c = below(columns - side + 1);
    const std::int64_t channel = model.channels == channels ? 0 : below(channels);
    const float value = static_cast<float>(random.uniform() < 0.5 ? -1 : 1) *
                        static_cast<float>(2 + random.uniform());
    for (std::int64_t a = 0; a < side; ++a)
      for (std::int64_t b = 0; b < side; ++b)
        for (std::int64_t m = 0; m < model.channels; ++m)
          image(r + a, c + b, channel + m) +=
              value * model.taps((a * side + b) * model.channels + m, k);
  }
  return image;
}

Image<float> with_noise(Image<float> image, double sigma) {
  Random random(9, stream("noise"), 0);
  for (std::int64_t i = 0; i < image.size(); ++i)
    image.data()[i] += static_cast<float>(sigma * random.normal());
  return image;
}

Image<std::uint8_t> random_mask(std::int64_t rows, std::int64_t columns, double missing) {
  Image<std::uint8_t> mask(rows, columns);
  Random random(4, stream("mask"), 0);
  for (std::int64_t i = 0; i < mask.size(); ++i) mask.data()[i] = random.uniform() >= missing;
  return mask;
}

// NaN where the mask is 0: nothing may be read there.
Image<float> with_holes(Image<float> image, const Image<std::uint8_t>& mask) {
  for (std::int64_t i = 0; i < image.size(); ++i)
    if (!mask.data()[i / image.channels()]) image.data()[i] = NAN;
  return image;
}

double squared_error(const Image<float>& a, const Image<float>& b) {
  double sum = 0;
  for (std::int64_t i = 0; i < a.size(); ++i)
    sum += std::pow(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i]), 2);
  return sum / static_cast<double>(a.size());
}

// The image with one value where the mask is 0: its mean.
Image<float> blank(Image<float> image, const Image<std::uint8_t>& mask) {
  double sum = 0;
  for (std::int64_t i = 0; i < image.size(); ++i) sum += static_cast<double>(image.data()[i]);
  for (std::int64_t i = 0; i < image.size(); ++i)
    if (!mask.data()[i]) image.data()[i] = static_cast<float>(sum / double(image.size()));
  return image;
}

double energy(const Image<float>& a) {
  return squared_error(a, Image<float>(a.rows(), a.columns(), a.channels()));
}

void expect_seen_unchanged(const Image<float>& a, const Image<float>& b,
                           const Image<std::uint8_t>& mask) {
  for (std::int64_t i = 0; i < a.size(); ++i)
    if (mask.data()[i / a.channels()]) {
      ASSERT_EQ(a.data()[i], b.data()[i]) << i;
    }
}

// 40 atoms of energy 6 on 53 x 47 pixels: 9.6 % of a variance of 1. A third of the noise's energy is
// left at most, or 5 dB are won. Colour with joint filters, and with filters of one channel.
TEST(convolutional_restoration, PlantedAtomsStandOutOfNoise) {
  for (const auto& [channels, of_filters] : {std::pair{1, 1}, {3, 3}, {3, 1}}) {
    const FilterModel<float> model = random_filters(of_filters);
    const Image<float> clean = planted(model, 53, 47, 40, channels);
    const Image<float> noisy = with_noise(clean, 0.2);
    const auto result =
        denoise_convolutional(noisy, {.sigma = 0.2, .lambda_factor = 2.5, .turns = 1}, &model);
    EXPECT_LT(squared_error(result.image, clean), 0.3 * squared_error(noisy, clean));
    EXPECT_GT(result.nonzeros, 0);
    EXPECT_NEAR(result.lambda, 0.5, 1e-12);
    EXPECT_EQ(result.stopped, StopReason::none);
  }
}

TEST(convolutional_restoration, PlantedAtomsAreFilledIn) {
  for (const auto& [channels, of_filters] : {std::pair{1, 1}, {3, 3}, {3, 1}}) {
    const FilterModel<float> model = random_filters(of_filters);
    const Image<float> clean = planted(model, 53, 47, 40, channels);
    const auto mask = random_mask(53, 47, 0.4);
    const auto result = inpaint_convolutional(
        with_holes(clean, mask), mask,
        {{.turns = 1, .tolerance = 1e-4}, /* relative_lambda = */ 0.01}, &model);
    EXPECT_LT(squared_error(result.image, clean), 1e-3 * energy(clean));
    expect_seen_unchanged(result.image, clean, mask);
    EXPECT_EQ(result.missing, std::count(mask.data(), mask.data() + mask.size(), 0));
  }
}

// A turned image by turned filters is the same task, so eight codes commute with turning.
TEST(convolutional_restoration, TurnsTreatAllDirectionsAlike) {
  const FilterModel<float> model = random_filters();
  const Image<float> noisy = with_noise(planted(model, 30, 24, 15, 1), 0.2);
  Image<float> exchanged(24, 30), upside_down(30, 24);
  for (std::int64_t r = 0; r < 30; ++r)
    for (std::int64_t c = 0; c < 24; ++c) {
      exchanged(c, r) = noisy(r, c);
      upside_down(29 - r, c) = noisy(r, c);
    }
  const ConvolutionalDenoiseSettings settings{.sigma = 0.2, .turns = 8, .tolerance = 1e-6};
  const auto out = denoise_convolutional(noisy, settings, &model).image;
  const auto across = denoise_convolutional(exchanged, settings, &model).image;
  const auto down = denoise_convolutional(upside_down, settings, &model).image;
  for (std::int64_t r = 0; r < 30; ++r)
    for (std::int64_t c = 0; c < 24; ++c) {
      ASSERT_NEAR(out(r, c), across(c, r), 2e-3);
      ASSERT_NEAR(out(r, c), down(29 - r, c), 2e-3);
    }
}

TEST(convolutional_restoration, OwnFiltersServe) {
  const Image<float> clean =
      dead_leaves<float>({.set = {.images = 1, .rows = 61, .columns = 64, .seed = 2}})[0];
  const Image<float> noisy = with_noise(clean, 0.1);
  for (const std::int64_t count : {64, 20}) {
    ConvolutionalInpaintSettings settings;
    settings.own.filters = count;
    settings.own.steps = 3;
    const auto denoised = denoise_convolutional(noisy, settings);
    EXPECT_LT(squared_error(denoised.image, clean), 0.5 * squared_error(noisy, clean));
    EXPECT_NEAR(denoised.sigma, 0.1, 0.015);
    EXPECT_EQ(denoised.model.taps.columns(), count);
    const auto mask = random_mask(61, 64, 0.5);
    const auto filled = inpaint_convolutional(with_holes(clean, mask), mask, settings);
    EXPECT_LT(squared_error(filled.image, clean), 0.4 * squared_error(blank(clean, mask), clean));
  }
}

TEST(convolutional_restoration, SameBitsForAnyThreads) {
  const FilterModel<float> model = random_filters();
  const Image<float> noisy = with_noise(planted(model, 53, 47, 40, 1), 0.2);
  const auto mask = random_mask(53, 47, 0.3);
  ConvolutionalInpaintSettings settings;
  settings.own.steps = 2;
  for (const FilterModel<float>* given :
       {&model, static_cast<const FilterModel<float>*>(nullptr)}) {
    const auto one = inpaint_convolutional(noisy, mask, settings, given, {.threads = 1});
    const auto four = inpaint_convolutional(noisy, mask, settings, given, {.threads = 4});
    EXPECT_TRUE(one.image == four.image);
  }
}

TEST(convolutional_restoration, NothingMissingOrNoNoiseComesBack) {
  const Image<float> image = with_noise(Image<float>(20, 23), 1);
  EXPECT_TRUE(inpaint_convolutional(image, random_mask(20, 23, 0)).image == image);
  const Image<float> flat(20, 20);
  EXPECT_TRUE(denoise_convolutional(flat).image == flat);
}

// With sigma what is seen is denoised too.
TEST(convolutional_restoration, WithSigmaSeenPixelsAreDenoised) {
  const FilterModel<float> model = random_filters();
  const Image<float> clean = planted(model, 53, 47, 40, 1), noisy = with_noise(clean, 0.2);
  const auto mask = random_mask(53, 47, 0.2);
  ConvolutionalInpaintSettings settings;
  settings.sigma = 0.2;
  settings.turns = 1;
  const auto result = inpaint_convolutional(with_holes(noisy, mask), mask, settings, &model);
  EXPECT_LT(squared_error(result.image, clean), 0.6 * 0.2 * 0.2);
}

// Atoms hang over, so that an image may be smaller than a filter; inside they cannot.
TEST(convolutional_restoration, TinyImages) {
  const FilterModel<float> model = random_filters(1, 5);
  const Image<float> tiny = with_noise(Image<float>(3, 5), 1);
  Image<std::uint8_t> mask = random_mask(3, 5, 1);
  mask(1, 2) = mask(0, 0) = 1;
  for (const FilterModel<float>* given :
       {&model, static_cast<const FilterModel<float>*>(nullptr)}) {
    const auto result = inpaint_convolutional(tiny, mask, {}, given);
    for (std::int64_t i = 0; i < tiny.size(); ++i)
      EXPECT_TRUE(std::isfinite(result.image.data()[i]));
    expect_seen_unchanged(result.image, tiny, mask);
    const auto denoised = denoise_convolutional(tiny, {.sigma = 0.1}, given);
    for (std::int64_t i = 0; i < tiny.size(); ++i)
      EXPECT_TRUE(std::isfinite(denoised.image.data()[i]));
  }
  EXPECT_THROW(denoise_convolutional(tiny, {.sigma = 0.1, .boundary = Boundary::inside}, &model),
               Error);
}

TEST(convolutional_restoration, StopsWhenAsked) {
  const FilterModel<float> model = random_filters(1, 5);
  const Image<float> noisy = with_noise(planted(model, 53, 47, 40, 1), 0.2);
  const auto result =
      denoise_convolutional<float>(noisy, {.sigma = 0.2}, &model, {.max_seconds = 0});
  EXPECT_EQ(result.stopped, StopReason::time_limit);
  for (std::int64_t i = 0; i < noisy.size(); ++i)
    ASSERT_TRUE(std::isfinite(result.image.data()[i]));
}

TEST(convolutional_restoration, RefusesByName) {
  Image<float> image = with_noise(Image<float>(20, 23), 1);
  auto mask = random_mask(20, 23, 0.5);
  const auto refusal = [&](const ConvolutionalInpaintSettings& settings,
                           const Image<std::uint8_t>& some, const FilterModel<float>* model,
                           const char* words) {
    EXPECT_THAT([&] { inpaint_convolutional(image, some, settings, model); },
                ThrowsMessage<Error>(HasSubstr(words)));
  };
  refusal({{.sigma = -1.0}, 1}, mask, nullptr, "inpaint: sigma");
  refusal({{}, 0}, mask, nullptr, "inpaint: relative_lambda");
  refusal({}, random_mask(3, 4, 0.5), nullptr, "mask has 3 x 4 pixels");
  refusal({}, Image<std::uint8_t>(20, 23), nullptr, "no pixel is seen");
  const FilterModel<float> colour = random_filters(3);
  refusal({}, mask, &colour, "model has filters of 3 channels; the image has 1");
  FilterModel<float> contrast = random_filters();
  contrast.preparation.contrast = 7;
  refusal({}, mask, &contrast, "contrast must be 0");
  FilterModel<float> white = random_filters(), disc = random_filters();
  white.preparation.whiten = ImageWhitening::filter;
  disc.preparation.disc_mask = true;
  refusal({}, mask, &white, "whiten must be none");
  refusal({}, mask, &disc, "disc_mask must be false");
  mask(4, 5) = 1;
  image(4, 5) = NAN;
  refusal({}, mask, nullptr, "row 4, column 5");
  EXPECT_THAT([&] { denoise_convolutional(image); },
              ThrowsMessage<Error>(HasSubstr("denoise: image has a value that is not finite")));
}

}  // namespace
}  // namespace striate
