#include "cli/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "striate/core/errors.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// With STRIATE_FIGURES set, every figure is left in that folder to be looked at.
void keep(const std::string& name, const std::string& bytes) {
  if (const char* folder = std::getenv("STRIATE_FIGURES"))
    std::ofstream(std::string(folder) + "/" + name, std::ios::binary) << bytes;
}

unsigned char pixel(const Colours& c, int column, int row, int channel = 0) {
  return c.values[3 * (static_cast<std::size_t>(row) * static_cast<std::size_t>(c.columns) +
                       static_cast<std::size_t>(column)) +
                  static_cast<std::size_t>(channel)];
}

Image<float> image_of(std::int64_t rows, std::int64_t columns, auto f) {
  Image<float> image(rows, columns);
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j)
      image(i, j) = static_cast<float>(f(static_cast<double>(i), static_cast<double>(j)));
  return image;
}

// Pairs of gratings in quadrature under a Gaussian: what a subspace dictionary looks like.
Matrix<float> gratings(int side, int pairs) {
  Matrix<float> atoms(side * side, 2 * pairs);
  for (int p = 0; p < pairs; ++p)
    for (int k = 0; k < 2; ++k)
      for (int i = 0; i < side; ++i)
        for (int j = 0; j < side; ++j) {
          const double angle = 3.14159 * p / pairs, c = (side - 1) / 2.0;
          const double along = std::cos(angle) * (j - c) + std::sin(angle) * (i - c);
          const double distance = ((i - c) * (i - c) + (j - c) * (j - c)) / (side * 1.5);
          atoms(i * side + j, 2 * p + k) =
              static_cast<float>(std::exp(-distance) * std::cos(1.4 * along + 1.5708 * k));
        }
  return atoms;
}

TEST(Figures, GreyRanges) {
  const Image<float> image = image_of(1, 3, [](double, double j) { return j - 3; });
  EXPECT_EQ(symmetric_range(image).black, -3);
  EXPECT_EQ(symmetric_range(image).white, 3);
  EXPECT_EQ(symmetric_range(Image<float>(2, 2)).white, 1) << "zero images are grey";
  const Image<float> ramp = image_of(1, 101, [](double, double j) { return j; });
  EXPECT_EQ(full_range(ramp).black, 1);
  EXPECT_EQ(full_range(ramp).white, 99);
}

TEST(Figures, ColoursFollowTheRange) {
  const Image<float> image = image_of(2, 2, [](double i, double j) { return i + j - 1; });
  const Colours c = colours_of(image, {-1, 1}, 3);
  ASSERT_EQ(c.columns, 6);
  EXPECT_EQ(pixel(c, 0, 0), 0);
  EXPECT_EQ(pixel(c, 5, 0), 128);
  EXPECT_EQ(pixel(c, 5, 5), 255);
  Image<float> rgb(1, 1, 3);
  rgb(0, 0, 1) = 1;
  const Colours green = colours_of(rgb, {0, 1});
  EXPECT_EQ(pixel(green, 0, 0, 0), 0);
  EXPECT_EQ(pixel(green, 0, 0, 1), 255);
}

TEST(Figures, MosaicKeepsPairsTogether) {
  Matrix<float> atoms(4, 4);
  for (std::int64_t k = 0; k < 4; ++k)
    for (std::int64_t i = 0; i < 4; ++i) atoms(i, k) = k % 2 == 0 ? 1.0f : -1.0f;
  const Colours c = mosaic(atoms, {2, 2, 1}, 2, 40);
  // Every row of pixels that crosses tiles shows white, black, white, black from left to right,
  // with a wider gap behind a pair than inside it.
  std::vector<std::pair<unsigned char, int>> runs;
  for (int x = 0; x < c.columns; ++x) {
    const unsigned char grey = pixel(c, x, c.rows / 2 - c.rows / 4);
    if (runs.empty() || runs.back().first != grey) runs.push_back({grey, 0});
    ++runs.back().second;
  }
  int black = 0;
  for (const auto& [grey, length] : runs) black += grey == 0;
  EXPECT_GE(black, 1);
  EXPECT_THROW(mosaic(atoms, {3, 2, 1}, 2), Error);
  EXPECT_THROW(mosaic(atoms, {2, 2, 1}, 3), Error);
}

TEST(Figures, PicturesComeOutOfGnuplot) {
  const Matrix<float> atoms = gratings(12, 60);
  const std::string png = picture(mosaic(atoms, {12, 12, 1}, 2));
  EXPECT_THAT(png, StartsWith("\x89PNG"));
  keep("mosaic.png", png);

  const Image<float> scene = image_of(
      150, 200, [](double i, double j) { return std::sin(i / 9) * std::cos(j / 15) + j / 300; });
  const std::string marked = marked_picture(scene, 30, 100, 16, 16);
  EXPECT_THAT(marked, StartsWith("\x89PNG"));
  keep("marked.png", marked);

  const std::vector<Panel> three = {
      {"noisy patch", "12.1 dB", image_of(16, 16, [](double i, double j) { return i * j / 255; })},
      {"sparse coding", "15.0 dB", image_of(16, 16, [](double i, double) { return i / 16; })},
      {"recalled", "20.3 dB", image_of(16, 16, [](double, double j) { return j / 16; })}};
  const std::string side_by_side = panels(three, {0, 1});
  EXPECT_THAT(side_by_side, StartsWith("\x89PNG"));
  keep("panels.png", side_by_side);
}

TEST(Figures, AnimationHasAllFrames) {
  std::vector<Image<float>> frames;
  for (int k = 0; k < 12; ++k)
    frames.push_back(image_of(12, 12, [k](double i, double j) {
      return std::cos(j - 3.14159 * k / 6) * (i > 3 && i < 9);
    }));
  const std::string gif = animation(frames, 16, 8);
  EXPECT_THAT(gif, StartsWith("GIF89a"));
  // One graphic control block with the delay of 8 hundredths per frame.
  std::size_t count = 0;
  for (std::size_t at = 0; (at = gif.find("\x21\xF9\x04", at)) != std::string::npos; ++at) ++count;
  EXPECT_EQ(count, frames.size());
  keep("turn.gif", gif);
}

TEST(Figures, CurvesAndTraces) {
  const std::vector<Curve> lines = {
      {"memory", {10, 25, 50, 100}, {1, 1, 0.98, 0.9}, {0, 0, 0.02, 0.03}},
      {"nearest stored code",
       {10, 25, 50, 100},
       {0.9, 0.85, 0.8, std::nan("")},
       {},
       "#d1495b",
       true}};
  const Axes axes{.title = "identification",
                  .x = "stored patterns P",
                  .y = "share",
                  .logarithmic_x = true,
                  .y_range = {0, 1.02}};
  const std::string svg = curves(axes, lines);
  EXPECT_THAT(svg, HasSubstr("<svg"));
  EXPECT_THAT(svg, HasSubstr("nearest stored code"));
  keep("curves.svg", svg);
  keep("curves.png", curves(axes, lines, PictureFormat::png));
  std::vector<Curve> banded = {lines[0]};
  banded[0].low = {0.97, 0.96, 0.93, 0.85};
  banded[0].high = {1, 1, 0.99, 0.94};
  EXPECT_NE(curves(axes, banded), curves(axes, std::vector<Curve>{lines[0]}));
  keep("band.png", curves(axes, banded, PictureFormat::png));
  const std::vector<Curve> unequal = {{"x", {1, 2}, {1}}};
  EXPECT_THROW(curves(axes, unequal), Error);
  banded[0].high.pop_back();
  EXPECT_THROW(curves(axes, banded), Error);

  Matrix<float> overlaps(5, 4);
  for (int p = 0; p < 5; ++p)
    for (int s = 0; s < 4; ++s)
      overlaps(p, s) = p == 2 ? 1 - 0.5f / static_cast<float>(1 + s * s)
                              : 0.1f * static_cast<float>(p + 1) / static_cast<float>(1 + s);
  const std::string trace = memory_trace(overlaps, 2);
  EXPECT_THAT(trace, HasSubstr("the stored patch"));
  keep("trace.png", memory_trace(overlaps, 2, PictureFormat::png));
  EXPECT_THAT(memory_trace(overlaps, -1), testing::Not(HasSubstr("the stored patch")));
}

TEST(Figures, FilterMosaicsLieOnADarkGround) {
  Matrix<float> filters(12, 5);
  for (std::int64_t k = 0; k < 5; ++k) filters(k, k) = 1;
  const Colours tiles = filter_mosaic(filters, {3, 4}, 100, 2);
  // A gap is a sixth of a tile, at least a pixel: 2 x 4 + 3 pixels across, each 9 x 9.
  EXPECT_EQ(tiles.columns, 11 * 9);
  EXPECT_EQ(tiles.rows, (3 * 3 + 4) * 9);
  EXPECT_LT(tiles.values[0], 30);
  EXPECT_THROW(filter_mosaic(filters, {5, 4}), Error);
}

}  // namespace
}  // namespace striate::cli
