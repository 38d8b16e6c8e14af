#include "striate/pipelines/encode_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "striate/core/parallel.h"
#include "striate/core/random.h"
#include "striate/images/synthetic.h"
#include "striate/io/formats.h"
#include "striate/io/segments.h"
#include "striate/solvers/group_lasso.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

struct Job {
  Prepared<float> prepared;
  Model<float> model;
  Values settings = {{"lambda", 0.1}, {"group_size", std::int64_t{2}}, {"tolerance", 1e-4}};
};

Job some_job(Sampling sampling = Sampling::grid) {
  DeadLeavesSettings leaves;
  leaves.set.images = 3;
  leaves.set.rows = 40;
  leaves.set.columns = 44;
  Job job;
  job.prepared =
      prepare(dead_leaves<float>(leaves),
              {.patches = {.patch = 6, .sampling = sampling, .stride = 3, .remove_mean = true}});
  job.model.atoms = plant<float>({.rows = 36, .atoms = 96, .group_size = 2, .seed = 2}).dictionary;
  job.model.group_size = 2;
  job.model.preprocessing = job.prepared.preprocessing;
  return job;
}

Archive run_job(const Job& job, const std::filesystem::path& output,
                const EncodeJobSettings& settings = {}) {
  const auto report =
      encode_job(job.prepared, job.model, "group_lasso", job.settings, output, settings);
  EXPECT_EQ(report.stopped, StopReason::none);
  return load(output);
}

TEST(encode_job, writes_certified_codes_of_every_signal) {
  const TemporaryFolder folder;
  const Job job = some_job();
  const Archive file = run_job(job, folder / "codes.h5", {.segment = 7});
  const auto codes = SparseCodes<float>::from_archive(file);
  const auto n = job.prepared.signals->size();
  ASSERT_EQ(codes.signals(), n);
  Matrix<float> signals(36, n);
  job.prepared.signals->read(0, signals);
  const Judge judge(job.model.atoms.view(), {.lambda = 0.1, .group_size = 2});
  const auto objective = file.at("info/objective").as<double>();
  for (std::int64_t i = 0; i < n; ++i) {
    EXPECT_LT(judge.relative_gap(signals.column(i), codes[i]), 1.1e-4);
    EXPECT_NEAR(objective[static_cast<std::size_t>(i)],
                judge.objective(signals.column(i), codes[i]), 1e-5);
  }
  EXPECT_EQ(file.get<std::string>("", "model"), job.model.hash());
  EXPECT_FALSE(std::filesystem::exists(segments_folder(folder / "codes.h5")));
}

TEST(encode_job, has_the_same_bits_for_any_segments_and_threads) {
  const TemporaryFolder folder;
  const Job job = some_job(Sampling::all);
  const auto whole = SparseCodes<float>::from_archive(run_job(job, folder / "0.h5"));
  int round = 1;
  for (const std::int64_t segment : {1, 5, 64})
    for (const int threads : {1, 2, 4}) {
      set_thread_count(threads);
      const auto file = folder / (std::to_string(round++) + ".h5");
      EXPECT_EQ(SparseCodes<float>::from_archive(run_job(job, file, {.segment = segment})), whole);
      set_thread_count(0);
    }
}

TEST(encode_job, survives_being_killed_and_resumes_to_the_same_file) {
  const TemporaryFolder folder;
  const Job job = some_job(Sampling::all);
  const Archive whole = run_job(job, folder / "whole.h5", {.segment = 5});
  const auto output = folder / "codes.h5";
  Random random(3, stream("kill"));
  const auto resume = [&] {
    encode_job(job.prepared, job.model, "group_lasso", job.settings, output,
               {.segment = 5, .resume = true});
  };
  for (int round = 0; round < 20; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      resume();
      _exit(0);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(2000 + random.below(60000)));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    if (std::filesystem::exists(output)) {
      EXPECT_EQ(load(output), whole);
    }
  }
  resume();
  EXPECT_EQ(load(output), whole);
  EXPECT_FALSE(std::filesystem::exists(segments_folder(output)));
}

TEST(encode_job, keeps_finished_segments_when_it_is_stopped) {
  const TemporaryFolder folder;
  const Job job = some_job();
  const auto output = folder / "codes.h5";
  striate::Run run;
  int told = 0;
  run.observer = [&](const Progress&) { return ++told < 2; };
  run.max_seconds = 1e-9;
  const auto report = encode_job(job.prepared, job.model, "group_lasso", job.settings, output,
                                 {.segment = 5}, Overwrite::no, run);
  EXPECT_NE(report.stopped, StopReason::none);
  EXPECT_FALSE(std::filesystem::exists(output));
  const auto rest = encode_job(job.prepared, job.model, "group_lasso", job.settings, output,
                               {.segment = 5, .resume = true});
  EXPECT_EQ(rest.signals, job.prepared.signals->size());
  EXPECT_EQ(rest.resumed, report.signals);
}

TEST(encode_job, refuses_before_anything_is_written) {
  const TemporaryFolder folder;
  Job job = some_job();
  const auto output = folder / "codes.h5";
  const auto code = [&](const std::string& method, const Values& settings) {
    encode_job(job.prepared, job.model, method, settings, output);
  };
  EXPECT_THAT([&] { code("group_laso", job.settings); },
              ThrowsMessage<Error>(HasSubstr("group_lasso")));
  EXPECT_THAT(
      [&] {
        code("group_lasso", {{"lambda", -1.0}});
      },
      ThrowsMessage<Error>(HasSubstr("lambda is -1")));
  EXPECT_THAT(
      [&] {
        code("group_lasso", {{"lambda", 0.1}, {"rho", 1.0}});
      },
      ThrowsMessage<Error>(HasSubstr("rho")));
  job.model.atoms = Matrix<float>(25, 96);
  EXPECT_THAT([&] { code("group_lasso", job.settings); },
              ThrowsMessage<Error>(HasSubstr("36 values each, the atoms 25")));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(encode_job, decodes_what_it_coded) {
  const TemporaryFolder folder;
  Job job = some_job(Sampling::all);
  job.settings["lambda"] = 1e-4;  // nearly exact: 96 atoms span the patches
  job.settings["tolerance"] = 1e-6;
  const Archive file = run_job(job, folder / "codes.h5");
  const auto images = decode_images(file, job.model);
  ASSERT_EQ(images.size(), job.prepared.images->size());
  double error = 0, total = 0;
  for (std::size_t k = 0; k < images.size(); ++k)
    for (std::int64_t i = 0; i < images[k].size(); ++i) {
      const double x = (*job.prepared.images)[k].data()[i];
      error += std::pow(images[k].data()[i] - x, 2);
      total += x * x;
    }
  EXPECT_LT(error / total, 1e-4);

  Model<float> other = job.model;
  other.atoms(0, 0) += 0.1f;
  EXPECT_THAT([&] { decode_images(file, other); }, ThrowsMessage<Error>(HasSubstr("model")));
  Archive signals = file;
  signals.arrays.erase("patches/position");
  EXPECT_THAT([&] { decode_images(signals, job.model); },
              ThrowsMessage<Error>(HasSubstr("not of patches")));
}

}  // namespace
}  // namespace striate
