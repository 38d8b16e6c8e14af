#include "striate/pipelines/memory_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <numeric>
#include <thread>

#include "striate/catalog/memory_rules.h"
#include "striate/core/random.h"
#include "striate/io/formats.h"
#include "striate/io/hdf5.h"
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
              ThrowsMessage<IoError>(HasSubstr("nowhere: there is no memory of this name")));
  EXPECT_THAT([&] { forget_in_memory(folder / "nowhere", taken); },
              ThrowsMessage<IoError>(HasSubstr("nowhere: there is no memory of this name")));
  EXPECT_FALSE(std::filesystem::exists(folder / "nowhere"));
  std::filesystem::create_directory(folder / "empty");
  EXPECT_THAT([&] { open_memory<float>(folder / "empty"); },
              ThrowsMessage<IoError>(HasSubstr("empty: this folder holds no memory")));
  EXPECT_THAT([&] { store_in_memory(folder / "empty", codes); },
              ThrowsMessage<IoError>(HasSubstr("empty: this folder holds no memory")));
  std::ofstream(folder / "file.h5") << "no memory";
  EXPECT_THAT([&] { create_memory(folder / "file.h5", {.units = 8}); },
              ThrowsMessage<IoError>(HasSubstr("file")));
  EXPECT_THAT([&] { store_in_memory(folder / "file.h5", codes); },
              ThrowsMessage<IoError>(HasSubstr("packed")));
}

TEST(memory_folder, forgets_and_never_makes_up_an_id_twice) {
  const TemporaryFolder folder;
  const auto path = folder / "memory";
  create_memory(path, {.units = 32});
  auto whole = make_memory<float>({.units = 32});
  using Ids = std::vector<std::int64_t>;
  const auto store = [&](std::int64_t n, std::uint64_t seed, const Ids& ids = {}) {
    const auto codes = some_codes(n, seed);
    const auto stored = store_in_memory(path, codes, ids);
    EXPECT_EQ(stored, whole.store(codes, ids));
    return stored;
  };
  const auto forget = [&](const Ids& ids) {
    forget_in_memory(path, ids);
    whole.forget(ids);
  };
  store(4, 1);
  forget({3, 1});
  EXPECT_EQ(store(2, 2), (Ids{4, 5}));
  store(3, 3, {9, 1, 6});               // of its own
  EXPECT_EQ(store(2, 4), (Ids{7, 8}));  // around them
  forget({7, 8, 9});
  EXPECT_EQ(store(2, 5), (Ids{9, 10}));  // 9 was never made up
  forget({9, 10});
  const auto opened = open_memory<float>(path);
  EXPECT_EQ(opened.size(), whole.size());
  EXPECT_EQ(opened.to_archive(), whole.to_archive());
  pack_memory(path, folder / "packed.h5");
  auto packed = open_memory<float>(folder / "packed.h5");
  EXPECT_EQ(packed.size(), whole.size());
  EXPECT_EQ(packed.store(some_codes(1, 6)), Ids{11});

  EXPECT_THAT([&] { forget_in_memory(path, Ids{9}); },
              ThrowsMessage<Error>(HasSubstr("id 9 is not stored")));
  EXPECT_THAT(
      [&] {
        forget_in_memory(path, Ids{0, 0});
      },
      ThrowsMessage<Error>(HasSubstr("given twice")));
  EXPECT_THAT([&] { forget_in_memory(folder / "packed.h5", Ids{0}); },
              ThrowsMessage<IoError>(HasSubstr("packed")));
  EXPECT_EQ(open_memory<float>(path).ids(), whole.ids());
}

TEST(memory_folder, keeps_targets) {
  const TemporaryFolder folder;
  const auto path = folder / "memory";
  create_memory(path, {.units = 32, .rule = "hetero"});
  Matrix<float> targets(3, 2);
  for (std::int64_t i = 0; i < 6; ++i) targets.data()[i] = static_cast<float>(i);
  store_in_memory(path, some_codes(2, 1), {}, targets);
  EXPECT_THAT([&] { store_in_memory(path, some_codes(1, 2)); },
              ThrowsMessage<Error>(HasSubstr("target")));
  store_in_memory(path, some_codes(2, 2), {}, targets);
  forget_in_memory(path, std::vector<std::int64_t>{1});
  const Matrix<float> kept = open_memory<float>(path).targets();
  ASSERT_EQ(kept.columns(), 3);
  EXPECT_EQ(kept(1, 0), 1);
  EXPECT_EQ(kept(1, 1), 1);
  EXPECT_EQ(kept(1, 2), 4);
}

void flip_a_bit(const std::filesystem::path& file, std::int64_t at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(at);
  const int byte = stream.get();
  stream.seekp(at);
  stream.put(static_cast<char>(byte ^ 4));
}

TEST(memory_folder, opens_files_of_other_formats) {
  const TemporaryFolder folder;
  auto memory = make_memory<double>({.units = 32, .rule = "top1"});
  memory.store(SparseCodes<double>(64));
  EXPECT_EQ(memory.size(), 0);
  auto single = make_memory<float>({.units = 32, .rule = "top1"});
  single.store(some_codes(5, 1));
  save(folder / "double.npz", memory.to_archive(), Overwrite::no);
  save(folder / "single.npz", single.to_archive(), Overwrite::no);
  EXPECT_EQ(memory_precision(folder / "double.npz"), DType::f64);
  EXPECT_EQ(memory_precision(folder / "single.npz"), DType::f32);
  EXPECT_EQ(open_memory<float>(folder / "single.npz").to_archive(), single.to_archive());
}

TEST(memory_folder, opens_at_once_and_compares_sums_when_patterns_are_needed) {
  const TemporaryFolder folder;
  const auto path = folder / "memory";
  create_memory(path, {.units = 32, .rule = "top1"});
  store_in_memory(path, some_codes(40, 1));
  store_in_memory(path, some_codes(2, 2));
  pack_memory(path, folder / "packed.h5");
  EXPECT_EQ(verify_memory(folder / "packed.h5"),
            static_cast<std::int64_t>(std::filesystem::file_size(folder / "packed.h5")));
  EXPECT_GT(verify_memory(path), 1000);
  EXPECT_EQ(memory_precision(path), DType::f32);
  EXPECT_EQ(memory_precision(folder / "packed.h5"), DType::f32);

  // Not read, so that what is damaged behind the outline is not seen.
  const auto data = locate_hdf5(path / "segment-000001.h5", "codes/data");
  flip_a_bit(path / "segment-000001.h5", static_cast<std::int64_t>(data.offset) + 40);
  const auto inside = locate_hdf5(folder / "packed.h5", "codes/data");
  flip_a_bit(folder / "packed.h5", static_cast<std::int64_t>(inside.offset) + 40);
  for (const auto& damaged : {path, folder / "packed.h5"}) {
    const auto opened = open_memory<float>(damaged);
    EXPECT_EQ(opened.size(), 42);
    EXPECT_EQ(opened.rule().name, "top1");
    EXPECT_THAT([&] { opened.ids(); }, ThrowsMessage<IoError>(HasSubstr("damaged")));
    EXPECT_THAT([&] { opened.recall(some_codes(1, 3)); },
                ThrowsMessage<IoError>(HasSubstr("damaged")));
    EXPECT_THAT([&] { verify_memory(damaged); }, ThrowsMessage<IoError>(HasSubstr("damaged")));
  }
  store_in_memory(path, some_codes(1, 4));  // looks at the last change alone
  EXPECT_EQ(open_memory<float>(path).size(), 43);
}

TEST(memory_folder, compacts_to_the_same_memory) {
  const TemporaryFolder folder;
  const auto path = folder / "memory";
  create_memory(path, {.units = 32, .rule = "hetero"});
  Matrix<float> targets(2, 30);
  for (std::int64_t i = 0; i < 60; ++i) targets.data()[i] = static_cast<float>(i);
  store_in_memory(path, some_codes(30, 1), {}, targets);
  std::vector<std::int64_t> most;
  for (std::int64_t id = 3; id < 30; ++id) most.push_back(id);
  forget_in_memory(path, most);
  const Archive before = open_memory<float>(path).to_archive();
  const std::int64_t bytes = verify_memory(path);
  for (int round = 0; round < 2; ++round) {
    compact_memory(path / "");
    EXPECT_EQ(open_memory<float>(path).size(), 3);
    EXPECT_EQ(open_memory<float>(path).to_archive(), before);
  }
  EXPECT_LT(verify_memory(path), bytes);
  EXPECT_FALSE(std::filesystem::exists(folder / "memory.compacting"));
  Matrix<float> one(2, 1);
  EXPECT_EQ(store_in_memory(path, some_codes(1, 2), {}, one), (std::vector<std::int64_t>{30}));
  forget_in_memory(path, std::vector<std::int64_t>{0});
  EXPECT_EQ(open_memory<float>(path).ids(), (std::vector<std::int64_t>{1, 2, 30}));
}

// Calls `work` again and again in a process that is killed after a while, and `check` then.
void kill_often(const std::function<void()>& work, const std::function<void()>& check) {
  Random random(1, stream("kill"));
  for (int round = 0; round < 20; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      for (;;) work();
    }
    std::this_thread::sleep_for(std::chrono::microseconds(500 + random.below(20000)));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    check();
  }
}

TEST(memory_folder, survives_being_killed_while_it_packs_or_compacts) {
  const TemporaryFolder folder;
  const auto path = folder / "memory";
  create_memory(path, {.units = 32});
  store_in_memory(path, some_codes(40, 1));
  forget_in_memory(path, std::vector<std::int64_t>{7});
  pack_memory(path, folder / "packed.h5");
  const Archive before = open_memory<float>(path).to_archive();
  kill_often(
      [&] {
        pack_memory(path, folder / "packed.h5", Overwrite::yes);
        compact_memory(path);
      },
      [&] {
        verify_memory(folder / "packed.h5");
        EXPECT_EQ(open_memory<float>(folder / "packed.h5").to_archive(), before);
        EXPECT_EQ(open_memory<float>(path).to_archive(), before);
      });
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
