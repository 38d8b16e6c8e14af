#include "cli/codes_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "striate/pipelines/coded_images.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;

Archive some_codes() {
  FilterModel<float> model;
  model.rows = model.columns = 6;
  model.taps = Matrix<float>(36, 3);
  for (int i = 0; i < 36; ++i) {
    model.taps(i, 0) = std::cos(1.5f * static_cast<float>(i / 6));  // down the columns
    model.taps(i, 1) = std::cos(1.5f * static_cast<float>(i % 6));  // along the rows
  }
  model.taps(0, 2) = 1;  // alike in all directions
  Archive archive = model.to_archive();
  archive.attributes["coding"] = {{"method", std::string("cd")}, {"lambda", 0.25}};
  ConvolutionalCodes<float> a(model.bank().maps(10, 12, Boundary::circular)),
      b(model.bank().maps(7, 8, Boundary::circular));
  a.append(0, 3, 1, -2.f);
  a.append(4, 4, 1, 0.5f);
  b.append(2, 2, 0, 1.f);
  archive.insert(numbered(0), a.to_archive());
  archive.insert(numbered(1), b.to_archive());
  archive.attributes["images/000000001"]["name"] = std::string("b.png");
  return archive;
}

TEST(CodesSummary, CountsUsesAndSumsOfFilters) {
  const CodesSummary summary = summary_of(some_codes());
  ASSERT_EQ(summary.filters.size(), 3u);
  EXPECT_EQ(summary.filters[0].uses, 1);
  EXPECT_EQ(summary.filters[1].uses, 2);
  EXPECT_EQ(summary.filters[1].sum, 2.5);
  EXPECT_EQ(summary.filters[1].largest, 2);
  EXPECT_EQ(summary.filters[2].uses, 0);
  EXPECT_NEAR(std::remainder(summary.filters[0].degrees, 180), 0, 1);
  EXPECT_NEAR(summary.filters[1].degrees, 90, 1);
  EXPECT_EQ(summary.filters[2].degrees, -1);
  ASSERT_EQ(summary.images.size(), 2u);
  EXPECT_EQ(summary.images[0].nonzeros, 2);
  EXPECT_DOUBLE_EQ(summary.images[0].sparseness, 1 - 2. / 360);
  EXPECT_EQ(summary.images[1].name, "b.png");
}

TEST(CodesSummary, IsTextAndJson) {
  const CodesSummary summary = summary_of(some_codes());
  const std::string text = text_of(summary);
  for (const char* words :
       {"2 images, 3 filters of 6 x 6 taps, boundary circular, method cd, lambda "
        "0.25",
        "3 nonzeros, sum of magnitudes 3.5, 1 filters not used", "b.png", "90 deg"})
    EXPECT_THAT(text, HasSubstr(words));
  const auto json = json_of(summary);
  EXPECT_EQ(json["filters"][1]["uses"], 2);
  EXPECT_TRUE(json["filters"][2]["degrees"].is_null());
  EXPECT_EQ(json["images"][1]["rows"], 7);
}

TEST(CodesSummary, NeedsCodes) { EXPECT_THROW(summary_of({}), Error); }

}  // namespace
}  // namespace striate::cli
