#include "striate/pipelines/memory_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <numeric>
#include <thread>

#include "striate/catalog/memory_rules.h"
#include "striate/core/random.h"
#include "striate/io/formats.h"
#include "tests/problems/plant.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

SparseCodes<float> some_codes(std::int64_t signals, std::uint64_t seed) {
  return plant<float>({.rows = 16,
                       .atoms = 64,
                       .nonzeros = 8,
                       .signals = signals,
                       .group_size = 2,
                       .seed = seed})
      .codes;
}

TEST(memory_folder, gives_back_what_a_memory_in_one_piece_gives) {
  const TemporaryFolder folder;
  const auto path = folder / "memory";
  create_memory(path, {.units = 32});
  EXPECT_EQ(open_memory<float>(path).size(), 0);

  auto whole = make_memory<float>({.units = 32});
  std::int64_t next = 0;
  for (const std::int64_t n : {3, 1, 5}) {
    const auto codes = some_codes(n, static_cast<std::uint64_t>(n));
    const auto ids = store_in_memory(path, codes);
    std::vector<std::int64_t> expected(static_cast<std::size_t>(n));
    std::iota(expected.begin(), expected.end(), next);
    EXPECT_EQ(ids, expected);
    whole.store(codes);
    next += n;
  }
  const auto opened = open_memory<float>(path);
  EXPECT_EQ(opened.codes(), whole.codes());
  EXPECT_EQ(opened.ids(), whole.ids());
  EXPECT_EQ(opened.norms(), whole.norms());

  pack_memory(path, folder / "packed.h5");
  const auto cues = some_codes(4, 99);
  const auto here = whole.recall(cues),
             there = open_memory<float>(folder / "packed.h5").recall(cues);
  EXPECT_EQ(here.ids, there.ids);
  EXPECT_EQ(here.states, there.states);
}

TEST(memory_folder, refuses_and_leaves_things_as_they_were) {
  const TemporaryFolder folder;
  const auto path = folder / "memory";
  EXPECT_THAT([&] { create_memory(path, {.units = 32, .rule = "tpma"}); },
              ThrowsMessage<Error>(HasSubstr("tpam")));
  EXPECT_FALSE(std::filesystem::exists(path));

  create_memory(path, {.units = 32});
  const auto codes = some_codes(2, 1);
  store_in_memory(path, codes);
  EXPECT_THAT([&] { create_memory(path, {.units = 32}); },
              ThrowsMessage<IoError>(HasSubstr("exists")));
  const std::int64_t taken[] = {7, 1};
  EXPECT_THAT([&] { store_in_memory(path, codes, taken); }, ThrowsMessage<Error>(HasSubstr("1")));
  EXPECT_THAT([&] { store_in_memory(path, SparseCodes<float>(62)); },
              ThrowsMessage<Error>(HasSubstr("62")));
  EXPECT_EQ(open_memory<float>(path).size(), 2);

  create_memory(path, {.units = 8}, Overwrite::yes);
  EXPECT_EQ(open_memory<float>(path).size(), 0);
  EXPECT_THAT([&] { open_memory<float>(folder / "nowhere"); },
              ThrowsMessage<IoError>(HasSubstr("nowhere")));
  std::ofstream(folder / "file.h5") << "no memory";
  EXPECT_THAT([&] { create_memory(folder / "file.h5", {.units = 8}); },
              ThrowsMessage<IoError>(HasSubstr("file")));
  EXPECT_THAT([&] { store_in_memory(folder / "file.h5", codes); },
              ThrowsMessage<IoError>(HasSubstr("packed")));
}

TEST(memory_folder, survives_being_killed_while_it_stores) {
  const TemporaryFolder folder;
  const auto path = folder / "memory";
  create_memory(path, {.units = 32});
  const auto codes = some_codes(4, 1);
  Random random(1, stream("kill"));
  std::int64_t before = 0;
  // On a slow machine, longer and longer until a pattern was stored in time.
  for (std::uint64_t round = 0; round < 20 || (before == 0 && round < 200); ++round) {
    const pid_t child = fork();
    if (child == 0) {
      for (;;) store_in_memory(path, codes);
    }
    std::this_thread::sleep_for(
        std::chrono::microseconds(500 + random.below(20000 * (1 + round / 20))));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    const std::int64_t size = open_memory<float>(path).size();
    EXPECT_EQ(size % 4, 0);
    EXPECT_GE(size, before);
    before = size;
  }
  EXPECT_GT(before, 0);
}

}  // namespace
}  // namespace striate
