#include "cli/gnuplot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "striate/core/errors.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// The size that a PNG's header tells.
int png_number(const std::string& png, std::size_t at) {
  int number = 0;
  for (std::size_t i = 0; i < 4; ++i)
    number = number * 256 + static_cast<unsigned char>(png[at + i]);
  return number;
}

TEST(Gnuplot, DrawsAPngOfTheAskedSize) {
  GnuplotScript script({.format = PictureFormat::png, .width = 120, .height = 80});
  script.block("data", 2, std::vector<double>{0, 0, 1, 1, 2, std::nan("")});
  script.line("plot $data using 1:2 with linespoints notitle");
  const std::string png = run_gnuplot(script);
  ASSERT_THAT(png, StartsWith("\x89PNG"));
  EXPECT_EQ(png_number(png, 16), 120);
  EXPECT_EQ(png_number(png, 20), 80);
}

TEST(Gnuplot, BinaryPixelsTravelThroughThePipe) {
  // More than a pipe holds, all byte values, line ends among them.
  const int columns = 300, rows = 200;
  std::vector<unsigned char> colours;
  for (int i = 0; i < 3 * columns * rows; ++i) colours.push_back(static_cast<unsigned char>(i * 7));
  GnuplotScript script({.format = PictureFormat::png, .width = 300, .height = 200});
  script.line("unset border; unset tics; set margins 0,0,0,0");
  script.line("set xrange [0:300]; set yrange [0:200]");
  script.plot_colours(columns, rows, colours);
  const std::string png = run_gnuplot(script);
  EXPECT_THAT(png, StartsWith("\x89PNG"));
  EXPECT_GT(png.size(), 1000u);
}

TEST(Gnuplot, SvgAndAnimatedGif) {
  GnuplotScript svg({.format = PictureFormat::svg, .width = 200, .height = 100});
  svg.line("plot sin(x) title " + gnuplot_text("a_b 'c' {d}"));
  const std::string text = run_gnuplot(svg);
  EXPECT_THAT(text, HasSubstr("<svg"));
  EXPECT_THAT(text, HasSubstr("a_b"));
  GnuplotScript gif({.format = PictureFormat::gif, .width = 64, .height = 64, .delay = 10});
  for (int frame = 0; frame < 3; ++frame) gif.line("plot x with lines notitle");
  const std::string frames = run_gnuplot(gif);
  EXPECT_THAT(frames, StartsWith("GIF89a"));
  EXPECT_THAT(frames, HasSubstr("NETSCAPE2.0"));
}

TEST(Gnuplot, AWrongScriptIsAnErrorInItsWords) {
  GnuplotScript script({});
  script.line("plot nosuchthing with lines");
  try {
    run_gnuplot(script);
    FAIL() << "accepted";
  } catch (const IoError& error) {
    EXPECT_THAT(error.what(), HasSubstr("undefined variable"));
  }
}

TEST(Gnuplot, ASentenceIfItIsNotInstalled) {
  const std::string path = std::getenv("PATH") ? std::getenv("PATH") : "";
  setenv("PATH", "/nonexistent", 1);
  try {
    run_gnuplot(GnuplotScript({}));
    ADD_FAILURE() << "found";
  } catch (const IoError& error) {
    EXPECT_THAT(error.what(), HasSubstr("gnuplot is not installed"));
  }
  setenv("PATH", path.c_str(), 1);
}

TEST(Gnuplot, PixelsThatDoNotFillTheGridAreRefused) {
  GnuplotScript script({});
  const std::vector<unsigned char> colours(11);
  EXPECT_THROW(script.plot_colours(2, 2, colours), Error);
}

}  // namespace
}  // namespace striate::cli
