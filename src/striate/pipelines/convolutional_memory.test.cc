#include "striate/pipelines/convolutional_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "striate/convolutional/convolution.h"
#include "striate/core/random.h"
#include "striate/dictionaries/dct.h"
#include "striate/images/synthetic.h"
#include "striate/io/images.h"
#include "tests/problems/require_data.h"

namespace striate {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

constexpr std::int64_t side = 48, count = 12;

FilterModel<float> cosines(std::int64_t channels = 1) {
  const Matrix<float> atoms = dct<float>({.patch = 6, .frequencies = 6});
  FilterModel<float> model;
  model.taps = Matrix<float>(atoms.rows() * channels, atoms.columns());
  model.rows = model.columns = 6;
  model.channels = channels;
  for (std::int64_t k = 0; k < atoms.columns(); ++k)  // grey; of any norm
    for (std::int64_t i = 0; i < model.taps.rows(); ++i)
      model.taps(i, k) = atoms(i / channels, k) * static_cast<float>(1 + k % 3);
  return model;
}

std::vector<Image<float>> leaves(std::int64_t size = side, std::int64_t images = count,
                                 std::int64_t channels = 1) {
  return dead_leaves<float>(
      {.set = {.images = images, .rows = size, .columns = size, .channels = channels, .seed = 3},
       .smallest = 3,
       .largest = 30});
}

Image<float> with_noise(Image<float> image, double sigma, std::uint64_t seed) {
  Random random(seed, stream("noise"), 0);
  for (std::int64_t i = 0; i < image.size(); ++i)
    image.data()[i] += static_cast<float>(sigma * random.normal());
  return image;
}

double deviation(const Image<float>& image) {
  double sum = 0, squares = 0;
  for (std::int64_t i = 0; i < image.size(); ++i) {
    sum += double(image.data()[i]);
    squares += double(image.data()[i]) * double(image.data()[i]);
  }
  const auto n = double(image.size());
  return std::sqrt(squares / n - sum / n * sum / n);
}

// In dB, of the pixels at least `border` from the borders.
double psnr(const Image<float>& a, const Image<float>& b, std::int64_t border = 0) {
  double sum = 0, n = 0;
  for (std::int64_t r = border; r < a.rows() - border; ++r)
    for (std::int64_t c = border; c < a.columns() - border; ++c)
      for (std::int64_t k = 0; k < a.channels(); ++k, ++n)
        sum += std::pow(double(a(r, c, k)) - double(b(r, c, k)), 2);
  return -10 * std::log10(sum / n);
}

// The PSNR of the image's mean; 6 dB above it three quarters of what there is are told.
double of_mean(const Image<float>& image) { return -20 * std::log10(deviation(image)); }

// 0 in the left or the right half.
Image<std::uint8_t> half(std::int64_t i, std::int64_t size = side) {
  Image<std::uint8_t> mask(size, size);
  for (std::int64_t r = 0; r < size; ++r)
    for (std::int64_t c = 0; c < size; ++c) mask(r, c) = (c < size / 2) == (i % 2 == 0);
  return mask;
}

struct Stored {
  std::vector<Image<float>> images = leaves();
  ConvolutionalMemory<float> memory;
  std::vector<std::int64_t> ids;
  explicit Stored(const MemorySettings& rule = {.rule = "top1"})
      : memory(cosines(), side, side, {}, rule), ids(memory.store(images)) {}
};

TEST(convolutional_memory, KnowsWhatItStored) {
  const Stored stored;
  EXPECT_EQ(stored.memory.size(), count);
  EXPECT_EQ(stored.memory.ids(), stored.ids);
  EXPECT_EQ(stored.memory.units(), 36 * (side + 5) * (side + 5));
  EXPECT_EQ(stored.memory.nonzeros(), side * side / 16);
  const auto found = stored.memory.recall(stored.images, {.sigma = 0});
  EXPECT_EQ(found.ids, stored.ids);
  EXPECT_THAT(found.kinds, Each(Kind::pattern));
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_NEAR(found.familiarity[i], 1, 1e-5);
    EXPECT_GT(psnr(found.images[i], stored.images[i]), of_mean(stored.images[i]) + 6);
    EXPECT_GT(psnr(found.images[i], stored.memory.image(stored.ids[i])), 90);  // rounding
  }
  // At most nonzeros units with 4 bytes for which, 8 for the value, a grid of 6 x 6, id and norm.
  EXPECT_LE(stored.memory.bytes(), count * (12 * stored.memory.nonzeros() + 4 * 36 + 16));
  EXPECT_GE(stored.memory.bytes(), count * (6 * stored.memory.nonzeros() + 4 * 36 + 16));
}

// The filters were given with other norms: what is stored is the same as with norm 1.
TEST(convolutional_memory, TakesFiltersOfAnyNorm) {
  const ConvolutionalMemory<float> memory(cosines(), side, side);
  for (std::int64_t k = 0; k < 36; ++k) {
    double squares = 0;
    for (const float tap : memory.model().taps.column(k)) squares += double(tap) * double(tap);
    EXPECT_NEAR(squares, 1, 1e-5);
  }
}

TEST(convolutional_memory, RecallsFromHalfOfThePicture) {
  const Stored stored;
  std::vector<Image<float>> cues = stored.images;
  std::vector<Image<std::uint8_t>> masks;
  for (std::size_t i = 0; i < count; ++i) {
    masks.push_back(half(std::int64_t(i)));
    for (std::int64_t p = 0; p < cues[i].size(); ++p)
      if (!masks[i].data()[p]) cues[i].data()[p] = NAN;  // nothing may be read there
  }
  const auto found = stored.memory.recall(cues, {}, masks);
  EXPECT_EQ(found.ids, stored.ids);
  EXPECT_THAT(found.kinds, Each(Kind::pattern));
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_GT(found.familiarity[i], 0.5);  // unknown units are in neither norm
    EXPECT_GT(psnr(found.images[i], stored.images[i]), psnr(found.coded[i], stored.images[i]) + 3);
  }
  // What lies behind the mask changes nothing, and a mask of ones is no mask.
  auto others = cues;
  for (Image<float>& cue : others)
    for (std::int64_t p = 0; p < cue.size(); ++p)
      if (std::isnan(cue.data()[p])) cue.data()[p] = 7;
  EXPECT_EQ(stored.memory.recall(others, {}, masks).images, found.images);
  const std::vector<Image<float>> one = {stored.images[4]};
  Image<std::uint8_t> ones(side, side);
  for (std::int64_t p = 0; p < ones.size(); ++p) ones.data()[p] = 1;
  EXPECT_EQ(stored.memory.recall(one, {.sigma = 0}, {ones}).images,
            stored.memory.recall(one, {.sigma = 0}).images);
}

TEST(convolutional_memory, RecallsFromNoiseOfOneStandardDeviation) {
  const Stored stored;
  for (const bool known : {true, false})
    for (std::size_t i = 0; i < count; ++i) {
      const double sigma = deviation(stored.images[i]);
      const auto cue = with_noise(stored.images[i], sigma, i);
      ImageRecallSettings how;
      if (known) how.sigma = sigma;
      const auto found = stored.memory.recall({cue}, how);
      EXPECT_THAT(found.ids, ElementsAre(stored.ids[i]));
      EXPECT_NEAR(found.sigmas[0], sigma, 0.2 * sigma);
      EXPECT_GT(psnr(found.images[0], stored.images[i]),
                psnr(found.coded[0], stored.images[i]) + 3);
    }
}

// Cues are cut from larger images, so that nothing wraps around: a cue begins `down` rows further up, its
// content lies so many rows further down.
TEST(convolutional_memory, PutsThePictureWhereTheCueLies) {
  constexpr std::int64_t around = 4;
  const auto large = leaves(side + 2 * around);
  const auto cut = [&](const Image<float>& image, std::int64_t down, std::int64_t right) {
    Image<float> part(side, side);
    for (std::int64_t r = 0; r < side; ++r)
      for (std::int64_t c = 0; c < side; ++c)
        part(r, c) = image(r + around - down, c + around - right);
    return part;
  };
  std::vector<Image<float>> images;
  for (const auto& image : large) images.push_back(cut(image, 0, 0));
  ConvolutionalMemory<float> memory(cosines(), side, side);
  const auto ids = memory.store(images);
  const std::pair<std::int64_t, std::int64_t> shifts[] = {{1, 0}, {-2, 1}, {3, -3}, {-4, -4}};
  for (const auto& [down, right] : shifts)
    for (std::size_t i = 0; i < 4; ++i) {
      const Image<float> cue = cut(large[i], down, right);
      const auto found = memory.recall({cue}, {.sigma = 0, .max_shift = 4});
      EXPECT_THAT(found.ids, ElementsAre(ids[i]));
      EXPECT_THAT(found.rows, ElementsAre(down));
      EXPECT_THAT(found.columns, ElementsAre(right));
      EXPECT_GT(psnr(found.images[0], cue, around), of_mean(cue) + 6);
      EXPECT_GT(psnr(found.images[0], cue, around), psnr(memory.image(ids[i]), cue, around) + 3);
      // With half of it hidden, the rest still tells the place.
      const auto part = memory.recall({cue}, {.sigma = 0, .max_shift = 4}, {half(std::int64_t(i))});
      EXPECT_THAT(part.ids, ElementsAre(ids[i]));
      EXPECT_THAT(part.rows, ElementsAre(down));
      EXPECT_THAT(part.columns, ElementsAre(right));
    }
}

TEST(convolutional_memory, ForgetsAsIfItHadNeverStored) {
  Stored stored;
  const std::vector<std::int64_t> gone = {stored.ids[2], stored.ids[7]};
  const std::int64_t before = stored.memory.bytes();
  stored.memory.forget(gone);
  EXPECT_LT(stored.memory.bytes(), before);
  ConvolutionalMemory<float> other(cosines(), side, side);
  std::vector<Image<float>> rest;
  std::vector<std::int64_t> names;
  for (std::size_t i = 0; i < count; ++i)
    if (i != 2 && i != 7) {
      rest.push_back(stored.images[i]);
      names.push_back(stored.ids[i]);
    }
  other.store(rest);
  EXPECT_EQ(stored.memory.ids(), names);
  EXPECT_EQ(stored.memory.memory().codes(), other.memory().codes());
  const auto found = stored.memory.recall(stored.images, {.sigma = 0});
  EXPECT_EQ(found.images, other.recall(stored.images, {.sigma = 0}).images);
  EXPECT_NE(found.ids[2], gone[0]);
  EXPECT_LT(found.familiarity[2], 0.5);
  EXPECT_THAT([&] { stored.memory.forget(gone); }, ThrowsMessage<Error>(HasSubstr("id 2")));
  EXPECT_THAT([&] { stored.memory.image(2); },
              ThrowsMessage<Error>(HasSubstr("ConvolutionalMemory.image: id 2")));
  EXPECT_EQ(stored.memory.size(), count - 2);
}

// 256 x 256, as they are; some dB more where filters are learned.
TEST(convolutional_memory, RecallsPhotographs) {
  const auto folder = require_data("bsds500_gray256/test");
  if (!folder) return;
  auto files = find_images(std::vector{folder->string()});
  files.resize(4);
  const auto photographs = read_images<float>(files);
  FilterModel<float> model;
  model.taps = dct<float>({.patch = 8, .frequencies = 8});
  model.rows = model.columns = 8;
  ConvolutionalMemory<float> memory(model, 256, 256);
  const auto ids = memory.store(photographs);
  for (std::size_t i = 0; i < photographs.size(); ++i) {
    const double sigma = deviation(photographs[i]);
    const auto noisy = memory.recall({with_noise(photographs[i], sigma, i)}, {.sigma = sigma});
    const auto part = memory.recall({photographs[i]}, {}, {half(std::int64_t(i), 256)});
    for (const auto& found : {noisy, part}) {
      EXPECT_THAT(found.ids, ElementsAre(ids[i]));
      EXPECT_GT(psnr(found.images[0], photographs[i]), psnr(found.coded[0], photographs[i]) + 6)
          << psnr(found.images[0], photographs[i]);
    }
  }
  EXPECT_LT(memory.bytes(), 4 * 256 * 256);  // less than one per pixel
}

TEST(convolutional_memory, TakesOtherRules) {
  const auto settings = {MemorySettings{.rule = "graded_hebbian"}, MemorySettings{.rule = "power"},
                         MemorySettings{.rule = "tpam"}};
  for (const MemorySettings& rule : settings) {
    const Stored stored(rule);
    const Readout readout = rule.rule == "tpam" ? Readout::identity : Readout::state;
    std::vector<Image<std::uint8_t>> masks;
    for (std::int64_t i = 0; i < count; ++i) masks.push_back(half(i));
    const auto found =
        stored.memory.recall(stored.images, {.max_steps = 1, .readout = readout}, masks);
    EXPECT_EQ(found.ids, stored.ids) << rule.rule;
    for (std::size_t i = 0; i < count; ++i)
      EXPECT_GT(psnr(found.images[i], stored.images[i]), psnr(found.coded[i], stored.images[i]))
          << rule.rule;
  }
}

// Turning a photograph's fast part to its negative turns the code; the picture that comes back is the
// stored one, not its negative.
TEST(convolutional_memory, GivesBackPicturesNotNegatives) {
  const Stored stored;
  Image<float> negative = stored.images[1];
  for (std::int64_t i = 0; i < negative.size(); ++i) negative.data()[i] = 1 - negative.data()[i];
  const auto found = stored.memory.recall({negative}, {.sigma = 0});
  EXPECT_THAT(found.ids, ElementsAre(stored.ids[1]));
  EXPECT_GT(psnr(found.images[0], stored.images[1]), of_mean(stored.images[1]) + 6);
}

TEST(convolutional_memory, TakesColour) {
  const auto images = leaves(32, 4, 3);
  ConvolutionalMemory<float> memory(cosines(3), 32, 32, {.nonzeros = 300});
  const auto ids = memory.store(images);
  const auto found =
      memory.recall(images, {}, std::vector{half(0, 32), half(1, 32), half(2, 32), half(3, 32)});
  EXPECT_EQ(found.ids, ids);
  EXPECT_EQ(found.images[0].channels(), 3);
}

TEST(convolutional_memory, AnswersWhereThereIsNothing) {
  ConvolutionalMemory<float> memory(cosines(), side, side);
  const auto images = leaves();
  const auto empty = memory.recall({images[0]});
  EXPECT_THAT(empty.ids, ElementsAre(-1));
  EXPECT_THAT(empty.kinds, ElementsAre(Kind::silent));
  EXPECT_EQ(empty.images[0], Image<float>(side, side));
  EXPECT_GT(psnr(empty.coded[0], images[0]), 15);
  EXPECT_THAT(memory.recall({}).ids, IsEmpty());
  EXPECT_THAT(memory.store({}), IsEmpty());

  memory.store(images);
  Image<float> constant(side, side), broken = images[3];
  for (std::int64_t i = 0; i < constant.size(); ++i) constant.data()[i] = 0.5f;
  broken(3, 4) = NAN;
  const Image<std::uint8_t> nothing(side, side);
  const auto found = memory.recall({constant, broken, images[5]}, {.max_shift = 1});
  EXPECT_THAT(found.ids, ElementsAre(-1, -1, 5));
  EXPECT_THAT(found.kinds, ElementsAre(Kind::silent, Kind::invalid, Kind::pattern));
  EXPECT_EQ(found.states.signals(), 3);
  const auto unseen = memory.recall({images[5]}, {}, {nothing});
  EXPECT_THAT(unseen.kinds, ElementsAre(Kind::silent));
}

// Of a constant that no power of two divides, rounding is left, and is no picture.
template <class T>
void expect_constants_are_silent() {
  const Matrix<T> atoms = dct<T>({.patch = 6, .frequencies = 6});
  FilterModel<T> model;
  model.taps = atoms;
  model.rows = model.columns = 6;
  ConvolutionalMemory<T> memory(model, side, side);
  Image<T> constant(side, side), stored(side, side);
  for (std::int64_t i = 0; i < constant.size(); ++i) {
    constant.data()[i] = T(0.3);
    stored.data()[i] = static_cast<T>(i % 7);
  }
  memory.store({stored});
  EXPECT_THAT(memory.recall({constant}).kinds, ElementsAre(Kind::silent));
  EXPECT_THAT(memory.recall({constant}, {}, {half(1)}).kinds, ElementsAre(Kind::silent));
  EXPECT_THAT([&] { memory.store({constant}); },
              ThrowsMessage<Error>(HasSubstr("nothing but slow changes")));
}
TEST(convolutional_memory, IsSilentOnConstants) {
  expect_constants_are_silent<float>();
  expect_constants_are_silent<double>();
}

TEST(convolutional_memory, NamesWhatDoesNotFit) {
  using Memory = ConvolutionalMemory<float>;
  const auto fails = [](const auto& call, const char* text) {
    EXPECT_THAT(call, ThrowsMessage<Error>(HasSubstr(text)));
  };
  const auto images = leaves();
  fails([] { Memory(cosines(), side, side, {.nonzeros = 1000000}); },
        "ConvolutionalMemory: nonzeros is 1000000; it must be at most 101124");
  fails([] { Memory(cosines(), side, side, {.spacing = 0}); }, "spacing");
  fails([] { Memory(cosines(), side, side, {}, {.units = 7, .rule = "top1"}); }, "units is 7");
  fails([] { Memory(cosines(), side, side, {}, {.rule = "topp"}); }, "topp");
  fails([] { Memory(cosines(), 0, side); }, "ConvolutionalMemory: ");
  FilterModel<float> model = cosines();
  model.preparation.contrast = 7;
  fails([&] { Memory(model, side, side); }, "contrast must be 0");
  model = cosines();
  std::ranges::fill(model.taps.column(3), 0.0f);
  fails([&] { Memory(model, side, side); }, "filter 3 is 0");

  Memory memory(cosines(), side, side);
  memory.store({images[0]});
  Image<float> broken = images[1], zero(side, side);
  broken(0, 0) = INFINITY;
  fails(
      [&] {
        memory.store({images[1], Image<float>(side, side - 1)});
      },
      "ConvolutionalMemory.store: image 1 is 48 x 47 x 1; this memory takes 48 x 48 x 1");
  fails([&] { memory.store({images[1], broken}); }, "image 1 holds NaN or infinity");
  fails(
      [&] {
        memory.store({images[1], images[2], zero});
      },
      "image 2 has nothing but slow changes");
  EXPECT_EQ(memory.size(), 1);  // all or none
  fails([&] { memory.recall({leaves(side, 1, 3)[0]}); }, "cue 0 is 48 x 48 x 3");
  fails([&] { memory.recall({images[0]}, {}, {half(0), half(1)}); }, "2 masks for 1 cues");
  fails([&] { memory.recall({images[0]}, {}, {half(0, 47)}); },
        "ConvolutionalMemory.recall: mask 0 is 47 x 47 x 1");
  fails([&] { memory.recall({images[0]}, {.max_shift = 48}); }, "max_shift is 48");
  fails([&] { memory.recall({images[0]}, {.sigma = -1}); }, "sigma");
}

TEST(convolutional_memory, ComesBackFromItsArchive) {
  Stored stored({.rule = "power", .power = 5});
  stored.memory.forget(std::vector<std::int64_t>{4});
  const Archive archive = stored.memory.to_archive();
  auto again = ConvolutionalMemory<float>::from_archive(archive);
  EXPECT_EQ(again.to_archive(), archive);
  EXPECT_EQ(again.ids(), stored.memory.ids());
  EXPECT_EQ(again.memory().settings().power, 5);
  EXPECT_EQ(again.recall({stored.images[2]}).images,
            stored.memory.recall({stored.images[2]}).images);
  EXPECT_EQ(again.store({stored.images[4]}), stored.memory.store({stored.images[4]}));

  const auto fails = [](const Archive& damaged, const char* text) {
    EXPECT_THAT([&] { ConvolutionalMemory<float>::from_archive(damaged); },
                ThrowsMessage<Error>(HasSubstr(text)));
  };
  fails({}, "holds no memory of images");
  Archive damaged = archive;
  damaged.arrays["slow"] = Array(DType::f32, {11, 6, 5, 1});
  fails(damaged, "slow has 330 values; the 11 images of the memory need 396");
  damaged = archive;
  damaged.attributes["slow"]["rows"] = std::int64_t(40);
  fails(damaged, "units is 101124");
  damaged = archive;
  damaged.arrays.erase("model/filters");
  fails(damaged, "filters");
}

// Without a high-pass nothing lies on the grid, and the code holds all of the image.
TEST(convolutional_memory, LeavesTheSlowPartToTheCodeIfAsked) {
  const auto images = leaves();
  ConvolutionalMemory<float> memory(cosines(), side, side, {.highpass = 0});
  const auto ids = memory.store(images);
  const auto found = memory.recall(images, {.sigma = 0});
  EXPECT_EQ(found.ids, ids);
  for (std::size_t i = 0; i < count; ++i)
    EXPECT_GT(psnr(found.images[i], images[i]), of_mean(images[i]) + 3);
  const Archive archive = memory.to_archive();
  for (const float value : archive.at("slow").as<float>()) EXPECT_EQ(value, 0);
}

TEST(convolutional_memory, StopsBetweenImages) {
  ConvolutionalMemory<float> memory(cosines(), side, side);
  const striate::Run over{.max_seconds = 0};
  const auto images = leaves();
  EXPECT_THAT(memory.store(images, over), IsEmpty());
  memory.store(images);
  const auto found = memory.recall(images, {}, {}, over);
  EXPECT_THAT(found.ids, IsEmpty());
  EXPECT_EQ(found.stopped, StopReason::time_limit);
}

TEST(convolutional_memory, HasTheSameBitsForAnyNumberOfThreads) {
  const auto images = leaves();
  std::vector<ImageRecall<float>> found;
  for (const int threads : {1, 3}) {
    const striate::Run run{.threads = threads};
    ConvolutionalMemory<float> memory(cosines(), side, side);
    memory.store(images, run);
    found.push_back(memory.recall({with_noise(images[3], 0.1, 1)}, {.max_shift = 2}, {}, run));
  }
  EXPECT_EQ(found[0].images, found[1].images);
  EXPECT_EQ(found[0].coded, found[1].coded);
  EXPECT_EQ(found[0].familiarity, found[1].familiarity);
}

}  // namespace
}  // namespace striate
