#include "cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace striate::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Columns on the screen: UTF-8 continuation bytes take none.
int columns(const std::string& line) {
  int count = 0;
  for (unsigned char c : line) count += (c & 0xC0) != 0x80;
  return count;
}

const std::vector<std::pair<std::string_view, double>> kValues = {{"objective", 1.2345678}};

Progress halfway() {
  return {.stage = "learning", .done = 500, .total = 1000, .seconds = 50, .values = kValues};
}

TEST(Progress, Durations) {
  EXPECT_EQ(duration_text(0.0412), "0.041 s");
  EXPECT_EQ(duration_text(0), "0 s");
  EXPECT_EQ(duration_text(4.25), "4.2 s");
  EXPECT_EQ(duration_text(59.4), "59 s");
  EXPECT_EQ(duration_text(59.6), "1 min 00 s");
  EXPECT_EQ(duration_text(125), "2 min 05 s");
  EXPECT_EQ(duration_text(3780), "1 h 03 min");
  EXPECT_EQ(duration_text(std::numeric_limits<double>::infinity()), "?");
}

TEST(Progress, BarTellsShareRateAndEstimate) {
  const std::string line = bar_line(halfway(), {.width = 100, .utf8 = false});
  EXPECT_THAT(line, StartsWith("learning  ####################...................."));
  EXPECT_THAT(line, HasSubstr("50 %"));
  EXPECT_THAT(line, HasSubstr("10/s"));
  EXPECT_THAT(line, HasSubstr("50 s left"));
  EXPECT_THAT(line, HasSubstr("objective 1.235"));
}

TEST(Progress, BarFitsEveryWidth) {
  for (bool utf8 : {false, true})
    for (int width = 1; width <= 200; ++width) {
      const std::string line = bar_line(halfway(), {.width = width, .utf8 = utf8});
      EXPECT_LT(columns(line), width + (width == 1)) << width;
      EXPECT_EQ(line.find('\n'), std::string::npos);
      EXPECT_TRUE(utf8 || columns(line) == static_cast<int>(line.size()));
    }
}

TEST(Progress, ExtremesDoNotUpsetTheBar) {
  for (std::int64_t done : {0, 1000, 2000})
    for (std::int64_t total : {0, 1000}) {
      const std::string line =
          bar_line({.stage = "x", .done = done, .total = total}, {.width = 60, .utf8 = true});
      EXPECT_THAT(line, StartsWith("x")) << done << " of " << total;
      EXPECT_THAT(line, Not(HasSubstr("nan")));
      EXPECT_THAT(line, Not(HasSubstr("left")));
    }
}

// A display on a terminal of 80 columns and a clock that the test turns.
struct Screen {
  std::ostringstream err;
  double now = 0;
  int width = 80;
  ProgressDisplay display;
  explicit Screen(ProgressMode mode, int columns = 80)
      : width(columns),
        display(
            err, mode, [this] { return Terminal{.width = width, .utf8 = false}; },
            [this] { return now; }) {}
};

TEST(Progress, BarIsRedrawnAtMostTenTimesASecondAndOnlyIfChanged) {
  Screen screen(ProgressMode::automatic);
  screen.display.show(halfway());
  const std::string first = screen.err.str();
  EXPECT_THAT(first, StartsWith("\rlearning"));
  EXPECT_THAT(first, testing::EndsWith("\x1b[K"));
  Progress later = halfway();
  later.done = 700;
  screen.now = 0.05;
  screen.display.show(later);
  EXPECT_EQ(screen.err.str(), first) << "too early";
  screen.now = 0.2;
  screen.display.show(halfway());
  EXPECT_EQ(screen.err.str(), first) << "nothing new";
  screen.now = 0.4;
  screen.display.show(later);
  EXPECT_THAT(screen.err.str().substr(first.size()), StartsWith("\rlearning"));
}

TEST(Progress, LinesAreWrittenAboveTheBar) {
  Screen screen(ProgressMode::bar);
  screen.display.show(halfway());
  const std::size_t before = screen.err.str().size();
  screen.display.write_line("a note");
  EXPECT_EQ(screen.err.str().substr(before), "\r\x1b[Ka note\n");
  screen.display.clear();
  EXPECT_EQ(screen.err.str().substr(before), "\r\x1b[Ka note\n") << "already clear";
}

TEST(Progress, NothingIsLeftOnTheScreen) {
  std::ostringstream err;
  {
    ProgressDisplay display(err, ProgressMode::bar, [] { return Terminal{.width = 60}; });
    display.show(halfway());
  }
  EXPECT_THAT(err.str(), testing::EndsWith("\r\x1b[K"));
}

TEST(Progress, WithoutTerminalOneLineAMinute) {
  Screen screen(ProgressMode::automatic, 0);
  for (screen.now = 0; screen.now < 185; screen.now += 0.5) screen.display.show(halfway());
  const std::string text = screen.err.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_THAT(text, StartsWith("learning: 500 of 1000 after 50 s, 10/s, 50 s left, objective"));
  EXPECT_EQ(text.find('\r'), std::string::npos);
}

TEST(Progress, OffIsSilent) {
  Screen screen(ProgressMode::off);
  for (screen.now = 0; screen.now < 100; screen.now += 1) screen.display.show(halfway());
  EXPECT_EQ(screen.err.str(), "");
}

}  // namespace
}  // namespace striate::cli
