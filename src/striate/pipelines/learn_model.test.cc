#include "striate/pipelines/learn_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "striate/core/random.h"
#include "striate/images/synthetic.h"
#include "striate/io/formats.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Prepared<float> leaves() {
  DeadLeavesSettings settings;
  settings.set.images = 2;
  settings.set.rows = settings.set.columns = 64;
  return prepare(dead_leaves<float>(settings),
                 {.patches = {.patch = 6, .count = 2000, .remove_mean = true}});
}

LearnSettings pairs(std::int64_t steps = 30) {
  return {.method = LearningMethod::gradient,
          .coder = Coder::group_lasso,
          .atoms = 48,
          .group_size = 2,
          .lambda = 0.1,
          .mu = 0.1,
          .batch = 100,
          .steps = steps,
          .held_out_period = 10};
}

TEST(learn_model, records_what_it_learned_and_how) {
  const auto prepared = leaves();
  const auto learned = learn_model(prepared, pairs());
  EXPECT_EQ(learned.model.atoms.rows(), 36);
  EXPECT_EQ(learned.model.atoms.columns(), 48);
  EXPECT_EQ(learned.model.group_size, 2);
  EXPECT_EQ(learned.model.coder, "group_lasso");
  EXPECT_EQ(learned.model.coding.at("lambda"), Value(0.1));
  EXPECT_EQ(values(learned.model.preprocessing), values(prepared.preprocessing));
  const auto objective = learned.model.history.at("held_out_objective").as<double>();
  ASSERT_GE(objective.size(), 2u);
  EXPECT_LT(objective.back(), objective.front());
}

TEST(learn_model, resumes_to_the_same_bits) {
  const TemporaryFolder folder;
  const auto prepared = leaves();
  const auto whole = learn_model(prepared, pairs());

  const CheckpointSettings checkpoints{.checkpoint = (folder / "state.h5").string(), .period = 0};
  int told = 0;
  striate::Run stops;
  stops.observer = [&](const Progress&) { return ++told < 3; };
  const auto part = learn_model<float>(prepared, pairs(), checkpoints, nullptr, stops);
  CheckpointSettings resume = checkpoints;
  resume.resume = true;
  const auto rest = learn_model(prepared, pairs(), resume);
  EXPECT_EQ(rest.model.atoms, whole.model.atoms);
  EXPECT_EQ(rest.model.history.at("held_out_objective"),
            whole.model.history.at("held_out_objective"));
}

TEST(learn_model, survives_being_killed_and_resumes_to_the_same_bits) {
  const TemporaryFolder folder;
  const auto prepared = leaves();
  const auto whole = learn_model(prepared, pairs(60));
  const CheckpointSettings checkpoints{
      .checkpoint = (folder / "state.h5").string(), .period = 0, .resume = true};
  Random random(5, stream("kill"));
  for (int round = 0; round < 10; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      learn_model(prepared, pairs(60), checkpoints);
      _exit(0);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + random.below(150)));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    if (std::filesystem::exists(checkpoints.checkpoint)) {
      EXPECT_NO_THROW(load(checkpoints.checkpoint));
    }
  }
  EXPECT_EQ(learn_model(prepared, pairs(60), checkpoints).model.atoms, whole.model.atoms);
}

TEST(learn_model, refuses_checkpoints_of_other_jobs) {
  const TemporaryFolder folder;
  const auto prepared = leaves();
  CheckpointSettings checkpoints{.checkpoint = (folder / "state.h5").string()};
  learn_model(prepared, pairs(3), checkpoints);
  EXPECT_THAT([&] { learn_model(prepared, pairs(3), checkpoints); },
              ThrowsMessage<IoError>(HasSubstr("exists")));
  checkpoints.resume = true;
  auto other = pairs(3);
  other.lambda = 0.2;
  EXPECT_THAT([&] { learn_model(prepared, other, checkpoints); },
              ThrowsMessage<Error>(HasSubstr("lambda")));
  DeadLeavesSettings settings;
  settings.set.images = 1;
  settings.set.rows = settings.set.columns = 64;
  const auto elsewhere = prepare(dead_leaves<float>(settings), {.patches = {.patch = 6}});
  EXPECT_THAT([&] { learn_model(elsewhere, pairs(3), checkpoints); },
              ThrowsMessage<Error>(HasSubstr("other inputs")));
  checkpoints.checkpoint.clear();
  EXPECT_THAT([&] { learn_model(prepared, pairs(3), checkpoints); },
              ThrowsMessage<Error>(HasSubstr("resume needs the checkpoint")));
}

}  // namespace
}  // namespace striate
