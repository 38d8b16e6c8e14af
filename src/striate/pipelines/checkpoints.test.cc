#include "striate/pipelines/checkpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "striate/io/formats.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Archive state(double number) {
  Archive archive;
  archive.attributes[""] = {{"number", number}};
  return archive;
}

TEST(checkpoints, AreWrittenWhenDueAndReadBack) {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "state.h5").string();
  const Values inputs{{"image", std::string("a.png")}};
  Checkpoints seldom({.checkpoint = file, .period = 1e6}, inputs);
  EXPECT_FALSE(seldom.saved());
  seldom.keep([] { return state(1); });
  EXPECT_FALSE(std::filesystem::exists(file));
  seldom.keep([] { return state(2); }, true);

  const Checkpoints again({.checkpoint = file, .resume = true}, inputs);
  ASSERT_TRUE(again.saved());
  EXPECT_EQ(again.saved()->get<double>("", "number"), 2);
  EXPECT_THAT([&] { Checkpoints({.checkpoint = file, .resume = true}, {}); },
              ThrowsMessage<Error>(HasSubstr("of a job on other inputs")));
  EXPECT_THROW(Checkpoints({.checkpoint = file}, inputs), IoError);
  EXPECT_THAT([&] { Checkpoints({.resume = true}, inputs); },
              ThrowsMessage<Error>(HasSubstr("resume needs the checkpoint")));
  EXPECT_THAT([&] { Checkpoints({.period = -1}, inputs); },
              ThrowsMessage<Error>(HasSubstr("period")));

  Checkpoints often({.checkpoint = file, .period = 0, .resume = true}, inputs);
  often.keep([] { return state(3); });
  EXPECT_EQ(
      Checkpoints({.checkpoint = file, .resume = true}, inputs).saved()->get<double>("", "number"),
      3);
}

TEST(checkpoints, WithoutAFileNothingIsKept) {
  Checkpoints none({}, {});
  none.keep([]() -> Archive { throw Error("must not be asked"); }, true);
  EXPECT_FALSE(none.saved());
}

}  // namespace
}  // namespace striate
