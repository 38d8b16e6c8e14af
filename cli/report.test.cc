#include "cli/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "cli/gnuplot.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Image<float> patch(float scale) {
  Image<float> image(4, 4);
  for (std::int64_t i = 0; i < 16; ++i) image.data()[i] = scale * static_cast<float>(i - 8);
  return image;
}

TwoLayerResult small_result() {
  TwoLayerResult result;
  result.settings.draws = 3;
  result.picture = Image<float>(20, 30);
  for (std::int64_t i = 0; i < 600; ++i) result.picture.data()[i] = static_cast<float>(i % 17) / 17;
  result.model.atoms = Matrix<float>(16, 6);
  for (std::int64_t i = 0; i < 96; ++i)
    result.model.atoms.data()[i] = std::sin(static_cast<float>(i));
  result.model.group_size = 2;
  result.model.preprocessing.patches.patch = 4;
  for (const char* name : {"signals", "held_out_objective", "objective"})
    result.model.history.arrays[name] = Array::from<double>(std::vector<double>{1, 2, 3}, {3});
  result.dictionary = {{"median_cosine", 0.0123456}};
  result.phase_turn = {patch(1), patch(-1)};
  RecallExample example;
  example.image = 1;
  example.clean = patch(1);
  example.noisy = example.coding = example.recalled = patch(0.5);
  example.psnr_noisy = 11.25;
  example.overlaps = Matrix<float>(2, 3);
  example.overlaps.fill(0.5f);
  result.examples = {example, example};
  result.examples[1].image = 0;  // of the picture that is shown
  result.examples[1].row = 3;
  for (const char* rule : {"tpam", "graded_hebbian"})
    for (const char* steps : {"1", "settled"})
      for (const int patterns : {5, 10})
        for (const double noise : {0.0, 0.5, 1.0}) {
          RecallRow row;
          row.rule = rule;
          row.steps = steps;
          row.patterns = patterns;
          row.noise = noise;
          row.cues = 3 * patterns;
          row.identification = 0.75;
          row.identification_error = 0.05;
          row.psnr_noisy = noise == 0 ? std::numeric_limits<double>::infinity() : 12 - noise;
          row.psnr_memory = 20.5;
          result.rows.push_back(row);
        }
  result.seconds = {{"learn", 61.0}};
  return result;
}

TEST(Report, DrawsAllFiguresAndHoldsThemInOnePage) {
  const TwoLayerResult result = small_result();
  const std::vector<Figure> figures = demo_figures(result);
  std::vector<std::string> names;
  for (const Figure& figure : figures) {
    names.push_back(figure.name);
    EXPECT_GT(figure.bytes.size(), 100u) << figure.name;
  }
  EXPECT_THAT(names, testing::UnorderedElementsAre(
                         "recall.png", "picture.png", "trace.svg", "more.png", "dictionary.png",
                         "phase.gif", "learning.svg", "psnr-noise.svg", "psnr-patterns.svg",
                         "identification-noise.svg", "identification-patterns.svg"));
  const std::string page =
      demo_report(result, figures, {.command = "striate demo --images <mine>", .images = "photos"});
  std::size_t images = 0;
  for (std::size_t at = 0; (at = page.find("<img ", at)) != std::string::npos; ++at) ++images;
  EXPECT_EQ(images, figures.size());
  EXPECT_THAT(page, HasSubstr("data:image/gif;base64,R0lGOD"));
  EXPECT_THAT(page, HasSubstr("--images &lt;mine&gt;"));
  EXPECT_THAT(page, HasSubstr("75.0 ± 5.0 %"));
  EXPECT_THAT(page, HasSubstr("median cosine</td><td>0.01235"));
  EXPECT_THAT(page, HasSubstr("1 min 01 s"));
  EXPECT_THAT(page, HasSubstr("All 24 rows"));
  // Self-contained: nothing is fetched.
  EXPECT_THAT(page, Not(HasSubstr("http://")));
  EXPECT_THAT(page, Not(HasSubstr("https://")));
  EXPECT_LT(page.find("noisy patch, sparse coding"), page.find("<h2>")) << "the picture opens it";
}

TEST(Report, AStoppedRunGivesAPageOfWhatThereIs) {
  TwoLayerResult result = small_result();
  result.rows.clear();
  result.examples.clear();
  result.phase_turn.clear();
  const std::vector<Figure> figures = demo_figures(result);
  const std::string page = demo_report(result, figures, {.note = "Stopped early."});
  EXPECT_THAT(page, HasSubstr("Stopped early."));
  EXPECT_THAT(page, HasSubstr("The learned dictionary"));
  EXPECT_THAT(page, Not(HasSubstr("Recall from noise")));
  EXPECT_EQ(demo_table(result), "");
  EXPECT_EQ(demo_csv(result), "");
}

TEST(Report, WithoutFiguresThePageStillHasItsTables) {
  const std::string page = demo_report(small_result(), {}, {});
  EXPECT_THAT(page, Not(HasSubstr("<img ")));
  EXPECT_THAT(page, HasSubstr("75.0 ± 5.0 %"));
}

TEST(Report, TableAndCsvHoldTheRows) {
  const TwoLayerResult result = small_result();
  const std::string table = demo_table(result), csv = demo_csv(result);
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 2 + 8) << "rows at noise 0.5";
  EXPECT_THAT(table, HasSubstr("At noise 0.5"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 24);
  EXPECT_THAT(csv, StartsWith("rule,steps,"));
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);)
    EXPECT_EQ(std::count(line.begin(), line.end(), ',') + 1,
              std::ssize(columns_of(result.rows.front())))
        << line;
}

}  // namespace
}  // namespace striate::cli
