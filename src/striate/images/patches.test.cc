#include "striate/images/patches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include "striate/core/parallel.h"
#include "striate/core/random.h"

namespace striate {
namespace {

using ::testing::HasSubstr;

// Every value says where it stands: image, row, column, channel.
template <class T>
Image<T> labelled(int number, std::int64_t rows, std::int64_t columns, std::int64_t channels = 1) {
  Image<T> image(rows, columns, channels);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      for (std::int64_t k = 0; k < channels; ++k)
        image(r, c, k) = static_cast<T>(((number * 100 + r) * 100 + c) * 4 + k);
  return image;
}

// Flat on the left, noise on the right.
Image<double> half_flat(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  Image<double> image(rows, columns);
  Random random(seed, stream("patches test"));
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      image(r, c) = c < columns / 2 ? 0.25 : random.uniform();
  return image;
}

std::string message(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// Every value of every patch, and the mean, from the image itself.
template <class T>
void check_against_images(const PatchSource<T>& source) {
  const std::int64_t patch = source.settings().patch, channels = source.channels();
  const Matrix<T> signals = read_all<T>(source);
  ASSERT_EQ(signals.columns(), source.size());
  for (std::int64_t i = 0; i < source.size(); ++i) {
    const PatchPosition at = source.position(i);
    const Image<T>& image = *source.images().image(at.image);
    double sum = 0;
    for (std::int64_t r = 0; r < patch; ++r)
      for (std::int64_t c = 0; c < patch; ++c)
        for (std::int64_t k = 0; k < channels; ++k) sum += image(at.row + r, at.column + c, k);
    const double mean =
        source.settings().remove_mean ? sum / static_cast<double>(source.dimension()) : 0;
    ASSERT_NEAR(source.mean(i), mean, 1e-10 * (1 + std::abs(mean)));
    std::int64_t row = 0;
    for (std::int64_t r = 0; r < patch; ++r)
      for (std::int64_t c = 0; c < patch; ++c)
        for (std::int64_t k = 0; k < channels; ++k)
          ASSERT_NEAR(signals(row++, i), image(at.row + r, at.column + c, k) - mean,
                      1e-9 * (1 + std::abs(mean)));
  }
}

TEST(Patches, HoldTheImagesValuesRowByRow) {
  const std::vector<Image<double>> grey = {labelled<double>(0, 9, 14), labelled<double>(1, 12, 8)};
  const std::vector<Image<double>> colour = {labelled<double>(0, 9, 14, 3),
                                             labelled<double>(1, 12, 8, 3)};
  for (const auto& images : {grey, colour})
    for (const Sampling sampling : {Sampling::random, Sampling::grid, Sampling::all})
      for (const bool remove_mean : {false, true})
        check_against_images(PatchSource<double>(images, {.patch = 4,
                                                          .sampling = sampling,
                                                          .count = 50,
                                                          .border = 1,
                                                          .stride = 3,
                                                          .remove_mean = remove_mean}));
  check_against_images(PatchSource<float>({labelled<float>(0, 30, 40)}, {.count = 20}));
}

TEST(Patches, RandomOnesReachAllPositionsInsideTheBorderAndNoOther) {
  const std::vector<Image<float>> images = {labelled<float>(0, 13, 12), labelled<float>(1, 14, 13)};
  const PatchSource<float> source(images, {.patch = 3, .count = 20000, .seed = 5});
  std::map<std::array<std::int64_t, 3>, int> seen;
  for (std::int64_t i = 0; i < source.size(); ++i) {
    const PatchPosition at = source.position(i);
    ++seen[{at.image, at.row, at.column}];
  }
  // With the border of 4: rows 4 .. 6 and columns 4 .. 5 of image 0, 4 .. 7 and 4 .. 6 of image 1.
  EXPECT_EQ(seen.size(), 3u * 2 + 4 * 3);
  for (const auto& [at, count] : seen) {
    EXPECT_GE(at[1], 4);
    EXPECT_LE(at[1], at[0] == 0 ? 6 : 7);
    EXPECT_GE(at[2], 4);
    EXPECT_LE(at[2], at[0] == 0 ? 5 : 6);
    EXPECT_NEAR(count, 20000 / 18.0, 5 * std::sqrt(20000 / 18.0));  // five standard deviations
  }
}

TEST(Patches, PatchIsAFunctionOfSeedAndNumberOnly) {
  const std::vector<Image<double>> images = {half_flat(40, 50, 1), half_flat(30, 60, 2)};
  for (const double minimum : {0.0, 0.5}) {
    const PatchSettings settings{.patch = 5, .count = 100, .minimum_deviation = minimum, .seed = 3};
    PatchSettings more = settings;
    more.count = 1000;
    const PatchSource<double> source(images, settings), longer(images, more);
    const Matrix<double> at_once = read_all<double>(source);
    Matrix<double> one(source.dimension(), 1);
    for (const std::int64_t i : {99, 0, 57, 3}) {
      longer.read(i, one);
      for (std::int64_t r = 0; r < one.rows(); ++r) ASSERT_EQ(one(r, 0), at_once(r, i));
    }
    for (const int threads : {1, 2, 4}) {
      set_thread_count(threads);
      EXPECT_EQ(extract_patches(images, settings), at_once);
    }
    set_thread_count(0);
    more.seed = 4;
    EXPECT_NE(PatchSource<double>(images, more).position(0), source.position(0));
  }
}

TEST(Patches, GridTilesTheImageAndEndsAtItsEdge) {
  const PatchSource<float> source({labelled<float>(0, 10, 13)},
                                  {.patch = 4, .sampling = Sampling::grid});
  std::vector<PatchPosition> positions;
  for (std::int64_t i = 0; i < source.size(); ++i) positions.push_back(source.position(i));
  std::vector<PatchPosition> expected;
  for (const std::int64_t row : {0, 4, 6})
    for (const std::int64_t column : {0, 4, 8, 9}) expected.push_back({0, row, column});
  EXPECT_EQ(positions, expected);
}

TEST(Patches, AllTakesEveryStep) {
  const PatchSource<float> dense({labelled<float>(0, 6, 7), labelled<float>(1, 5, 5)},
                                 {.patch = 5, .sampling = Sampling::all});
  EXPECT_EQ(dense.size(), 2 * 3 + 1);
  EXPECT_EQ(dense.position(4), (PatchPosition{0, 1, 1}));
  EXPECT_EQ(dense.position(6), (PatchPosition{1, 0, 0}));
  const PatchSource<float> strided(
      {labelled<float>(0, 8, 9)},
      {.patch = 4, .sampling = Sampling::all, .border = 1, .stride = 2});
  // Rows 1, 3 and columns 1, 3, and the far edges at row 3 and column 4.
  EXPECT_EQ(strided.size(), 2 * 3);
  EXPECT_EQ(strided.position(5), (PatchPosition{0, 3, 4}));
}

TEST(Patches, FlatOnesAreLeftOut) {
  const std::vector<Image<double>> images = {half_flat(20, 40, 1), half_flat(24, 30, 2)};
  const PatchSource<double> every(images, {.patch = 6, .sampling = Sampling::all});
  std::set<std::array<std::int64_t, 3>> good;
  const Matrix<double> patches = read_all<double>(every);
  for (std::int64_t i = 0; i < every.size(); ++i) {
    double mean = 0, squares = 0;
    for (const double x : patches.column(i)) mean += x / 36;
    for (const double x : patches.column(i)) squares += (x - mean) * (x - mean) / 36;
    const PatchPosition at = every.position(i);
    if (std::sqrt(squares) >= 0.6 * every.deviation()) good.insert({at.image, at.row, at.column});
  }
  ASSERT_GT(good.size(), 100u);
  ASSERT_LT(good.size(), static_cast<std::size_t>(every.size()) * 3 / 4);

  const PatchSource<double> kept(images,
                                 {.patch = 6, .sampling = Sampling::all, .minimum_deviation = 0.6});
  std::set<std::array<std::int64_t, 3>> found;
  for (std::int64_t i = 0; i < kept.size(); ++i) {
    const PatchPosition at = kept.position(i);
    found.insert({at.image, at.row, at.column});
  }
  EXPECT_EQ(found, good);
  check_against_images(kept);

  const PatchSource<double> random(
      images, {.patch = 6, .count = 500, .border = 0, .minimum_deviation = 0.6});
  for (std::int64_t i = 0; i < random.size(); ++i) {
    const PatchPosition at = random.position(i);
    ASSERT_TRUE(good.contains({at.image, at.row, at.column}));
  }
}

TEST(Patches, TheOnlyGoodPatchIsFoundAmongMany) {
  Image<double> image(200, 200);
  image(150, 70) = 1;  // 4 positions of a 2 x 2 patch see it, of 39601
  const PatchSource<double> source({image},
                                   {.patch = 2, .count = 3, .border = 0, .minimum_deviation = 1});
  for (std::int64_t i = 0; i < 3; ++i) {
    const PatchPosition at = source.position(i);
    EXPECT_TRUE(at.row >= 149 && at.row <= 150 && at.column >= 69 && at.column <= 70);
  }
}

TEST(Patches, DeviationIsThatOfAllPixels) {
  Image<double> a(2, 2), b(2, 3);
  a(0, 0) = 3;
  b(1, 2) = -1;
  const PatchSource<double> source({a, b}, {.patch = 2, .sampling = Sampling::all});
  // 10 values, sum 2, sum of squares 10.
  EXPECT_NEAR(source.deviation(), std::sqrt(1 - 0.04), 1e-15);
}

TEST(Patches, RefusesImagesThatGiveNone) {
  using Images = std::vector<Image<float>>;
  EXPECT_EQ(message([] { PatchSource<float>(Images{}, {}); }),
            "PatchSource: no images; at least one is needed");
  EXPECT_EQ(
      message([] {
        PatchSource<float>(Images{labelled<float>(0, 30, 30), labelled<float>(1, 40, 20)}, {});
      }),
      "PatchSource: image 1 has 40 x 20 pixels; patches of 16 x 16 with a border of 4 need at "
      "least 24 x 24");
  EXPECT_EQ(message([] {
              PatchSource<float>(Images{Image<float>(30, 30), Image<float>(30, 30, 3)}, {});
            }),
            "PatchSource: image 1 has 3 channels, image 0 has 1; all must have the same number");
  Images images = {labelled<float>(0, 30, 30), labelled<float>(1, 30, 30)};
  images[1](3, 4) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(message([&] { PatchSource<float>(images, {}); }),
            "PatchSource: image 1 has a value that is not finite; all must be numbers");
  for (const Sampling sampling : {Sampling::random, Sampling::grid})
    EXPECT_THAT(message([&] {
                  PatchSource<float>(Images{Image<float>(30, 30)},
                                     {.sampling = sampling, .minimum_deviation = 0.1});
                }),
                HasSubstr("none of the"));
  EXPECT_THAT(
      message([&] { PatchSource<float>(Images{labelled<float>(0, 30, 30)}, {.patch = 0}); }),
      HasSubstr("patch"));
  const PatchSource<float> source(Images{labelled<float>(0, 30, 30)}, {.count = 10});
  Matrix<float> out(256, 4), wrong(255, 4);
  EXPECT_EQ(message([&] { source.read(7, out); }),
            "PatchSource: patches 7 to 11 asked; there are 10");
  EXPECT_EQ(message([&] { source.read(0, wrong); }),
            "PatchSource: 255 rows to fill; a patch has 256 values");
}

template <class T>
void round_trip(const PatchSettings& settings, std::int64_t channels) {
  const std::vector<Image<T>> images = {labelled<T>(0, 11, 17, channels),
                                        labelled<T>(1, 9, 8, channels)};
  const PatchSource<T> source(images, settings);
  std::vector<PatchPosition> positions;
  std::vector<double> means;
  std::vector<ImageShape> shapes;
  for (std::int64_t i = 0; i < source.size(); ++i) {
    positions.push_back(source.position(i));
    means.push_back(source.mean(i));
  }
  for (const auto& image : images)
    shapes.push_back({image.rows(), image.columns(), image.channels()});
  const auto back = assemble_patches<T>(read_all<T>(source), positions, means, shapes);
  ASSERT_EQ(back.size(), 2u);
  for (std::size_t k = 0; k < 2; ++k)
    for (std::int64_t i = 0; i < images[k].size(); ++i)
      // Values reach 1e5; a mean taken out and put back costs two roundings.
      ASSERT_NEAR(back[k].data()[i], images[k].data()[i], 4e5 * std::numeric_limits<T>::epsilon());
}

TEST(AssemblePatches, UndoesExtraction) {
  for (const Sampling sampling : {Sampling::grid, Sampling::all})
    for (const bool remove_mean : {false, true})
      for (const std::int64_t channels : {1, 3}) {
        const PatchSettings settings{
            .patch = 4, .sampling = sampling, .stride = 3, .remove_mean = remove_mean};
        round_trip<float>(settings, channels);
        round_trip<double>(settings, channels);
      }
}

TEST(AssemblePatches, AveragesWhatOverlaps) {
  Matrix<double> patches(4, 2);
  for (std::int64_t r = 0; r < 4; ++r) {
    patches(r, 0) = 1;
    patches(r, 1) = 3;
  }
  const std::vector<PatchPosition> positions = {{0, 0, 0}, {0, 0, 1}};
  const std::vector<double> means = {0, 10};
  const auto images =
      assemble_patches<double>(patches, positions, means, std::vector<ImageShape>{{3, 3}});
  const double expected[9] = {1, 7, 13, 1, 7, 13, 0, 0, 0};
  for (int i = 0; i < 9; ++i) EXPECT_EQ(images[0].data()[i], expected[i]);
  const auto plain =
      assemble_patches<double>(patches, positions, {}, std::vector<ImageShape>{{3, 3}});
  EXPECT_EQ(plain[0](0, 1), 2);
}

TEST(AssemblePatches, RefusesWhatDoesNotFit) {
  const Matrix<float> patches(4, 1);
  const std::vector<ImageShape> shapes = {{3, 3}};
  const auto assemble = [&](PatchPosition at, const Matrix<float>& p) {
    return message([&] { assemble_patches<float>(p, std::vector{at}, {}, shapes); });
  };
  EXPECT_EQ(assemble({0, 2, 0}, patches),
            "assemble_patches: patch 0 of 2 x 2 pixels at row 2, column 0 leaves image 0 of 3 x 3");
  EXPECT_EQ(assemble({1, 0, 0}, patches),
            "assemble_patches: patch 0 belongs to image 1; there are 1");
  EXPECT_EQ(assemble({0, 0, 0}, Matrix<float>(5, 1)),
            "assemble_patches: patches of 5 values; an image of 1 channels needs a square number "
            "times that");
  EXPECT_THAT(message([&] { assemble_patches<float>(patches, {}, {}, shapes); }),
              HasSubstr("1 patches, 0 positions"));
}

}  // namespace
}  // namespace striate
