#include "cli/output_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command.h"
#include "cli/try_cli.h"

namespace striate::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class OutputFolderTest : public InEmptyFolder {};

TEST_F(OutputFolderTest, AppearsAsAWhole) {
  {
    OutputFolder folder("out", false);
    write((folder.path() / "a.txt").string(), "a");
    EXPECT_FALSE(std::filesystem::exists("out"));
    EXPECT_EQ(folder.overwrite(), Overwrite::no);
    folder.commit();
  }
  EXPECT_THAT(listing(), ElementsAre("out", "out/a.txt"));
}

TEST_F(OutputFolderTest, OrNotAtAll) {
  {
    OutputFolder folder("out", false);
    write((folder.path() / "a.txt").string(), "a");
  }
  EXPECT_THAT(listing(), IsEmpty());
}

TEST_F(OutputFolderTest, OneThatExistsNeedsForceAndKeepsItsFiles) {
  std::filesystem::create_directory("out");
  write("out/mine.txt", "mine");
  EXPECT_THROW(OutputFolder("out", false), UsageError);
  {
    OutputFolder folder("out", true);
    EXPECT_EQ(folder.overwrite(), Overwrite::yes);
    write((folder.path() / "new.txt").string(), "new");
  }
  EXPECT_THAT(listing(), ElementsAre("out", "out/mine.txt", "out/new.txt"));
  EXPECT_EQ(read("out/mine.txt"), "mine");
  write("file", "x");
  EXPECT_THROW(OutputFolder("file", true), UsageError);
  EXPECT_THROW(OutputFolder("no/such/folder", false), IoError);
}

}  // namespace
}  // namespace striate::cli
