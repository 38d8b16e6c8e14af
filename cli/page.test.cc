#include "cli/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace striate::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Page, Base64IsThatOfTheStandard) {
  // RFC 4648, section 10.
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::string("\xff\x00\xfe", 3)), "/wD+");
}

TEST(Page, TextIsEscaped) {
  EXPECT_EQ(html_text("a<b> & \"c\""), "a&lt;b&gt; &amp; &quot;c&quot;");
}

TEST(Page, HoldsItsFiguresAndSaysHowItWasMade) {
  const std::vector<Figure> figures = {{"a.svg", "foo"}};
  Page page(figures);
  page.begin("A & B");
  page.heading("x < y");
  page.figure("a.svg", "caption", "alternative");
  page.figure("missing.png", "", "");
  page.facts({{"some_number", 0.123456}});
  page.made_by({.command = "striate demo --images <x>", .images = "", .processor = "none"},
               {{"seed", "7"}});
  page.end();
  for (const char* words :
       {"<title>A &amp; B</title>", "<h2>x &lt; y</h2>", "data:image/svg+xml;base64,Zm9v",
        "<td>some number</td><td>0.1235</td>", "striate demo --images &lt;x&gt;",
        "<tr><td>seed</td><td>7</td></tr>", "</html>"})
    EXPECT_THAT(page.text(), HasSubstr(words));
  EXPECT_THAT(page.text(), Not(HasSubstr("missing.png")));
}

}  // namespace
}  // namespace striate::cli
