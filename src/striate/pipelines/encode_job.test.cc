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
#include "striate/pipelines/join_codes.h"
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

  CodingTask<float> task() const { return {.method = "group_lasso", .settings = settings}; }
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
  const auto report = encode_job(job.prepared, job.model, job.task(), output, settings);
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
    encode_job(job.prepared, job.model, job.task(), output, {.segment = 5, .resume = true});
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
  const auto report =
      encode_job(job.prepared, job.model, job.task(), output, {.segment = 5}, Overwrite::no, run);
  EXPECT_NE(report.stopped, StopReason::none);
  EXPECT_FALSE(std::filesystem::exists(output));
  const auto rest =
      encode_job(job.prepared, job.model, job.task(), output, {.segment = 5, .resume = true});
  EXPECT_EQ(rest.signals, job.prepared.signals->size());
  EXPECT_EQ(rest.resumed, report.signals);
}

TEST(encode_job, refuses_before_anything_is_written) {
  const TemporaryFolder folder;
  Job job = some_job();
  const auto output = folder / "codes.h5";
  const auto code = [&](const std::string& method, const Values& settings) {
    encode_job(job.prepared, job.model, {.method = method, .settings = settings}, output);
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

// Plain loops: |y - D z|^2 / |y|^2.
double left_over(const Matrix<float>& atoms, std::span<const float> y, CodeView<float> z) {
  double left = 0, all = 0;
  for (std::int64_t i = 0; i < atoms.rows(); ++i) {
    double rest = y[static_cast<std::size_t>(i)];
    all += rest * rest;
    for (std::size_t k = 0; k < z.nonzeros(); ++k) rest -= atoms(i, z.indices[k]) * z.values[k];
    left += rest * rest;
  }
  return left / all;
}

TEST(encode_job, counts_gaps_and_residuals_and_names_the_worst) {
  const TemporaryFolder folder;
  const Job job = some_job();
  const auto report =
      encode_job(job.prepared, job.model, job.task(), folder / "codes.h5", {.segment = 9});
  const Archive file = load(folder / "codes.h5");
  const auto gaps = file.at("info/relative_gap").as<double>();
  const auto residuals = file.at("info/relative_residual").as<float>();
  const auto codes = SparseCodes<float>::from_archive(file);
  Matrix<float> signals(36, codes.signals());
  job.prepared.signals->read(0, signals);
  std::map<int, std::int64_t> counts;
  std::size_t worst = 0;
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    if (gaps[i] > 0) ++counts[std::max(-16, static_cast<int>(std::floor(std::log10(gaps[i]))))];
    if (gaps[i] > gaps[worst]) worst = i;
    const auto j = static_cast<std::int64_t>(i);
    EXPECT_NEAR(residuals[i], left_over(job.model.atoms, signals.column(j), codes[j]), 1e-5);
  }
  EXPECT_EQ(report.gaps.counts, counts);
  EXPECT_EQ(report.gaps.zeros, std::ranges::count(gaps, 0.0));
  EXPECT_EQ(report.gaps.largest_signal, static_cast<std::int64_t>(worst));
  EXPECT_EQ(report.gaps.largest, gaps[worst]);
  EXPECT_EQ(report.residuals.largest, *std::ranges::max_element(residuals));

  // A job that is found finished says the same.
  const auto again = encode_job(job.prepared, job.model, job.task(), folder / "codes.h5",
                                {.segment = 9, .resume = true});
  EXPECT_EQ(again.resumed, again.signals);
  EXPECT_EQ(again.gaps.counts, counts);
  EXPECT_EQ(again.nonzeros, report.nonzeros);
  EXPECT_EQ(again.objective, report.objective);
}

TEST(encode_job, shards_join_to_the_whole) {
  const TemporaryFolder folder;
  const Job job = some_job();
  CodingTask<float> task = job.task();
  std::vector<double> lambdas;
  for (std::int64_t i = 0; i < job.prepared.signals->size(); ++i)
    lambdas.push_back(0.05 + 0.01 * static_cast<double>(i % 7));
  task.settings["lambda"] = lambdas;
  for (const std::string suffix : {".h5", ".npz"}) {
    const auto file = [&](const std::string& name) { return folder / (name + suffix); };
    encode_job(job.prepared, job.model, task, file("whole"), {.segment = 8});
    for (const std::string part : {"1", "2", "3", "4"})
      encode_job(job.prepared, job.model, task, file(part), {.segment = 8, .shard = part + "/4"});
    save(file("all"), join_codes({file("3"), file("1"), file("4"), file("2")}), Overwrite::no);
    EXPECT_EQ(load(file("all")), load(file("whole")));
    save(file("middle"), join_codes({file("2"), file("3")}), Overwrite::no);
    save(file("again"), join_codes({file("middle"), file("4"), file("1")}), Overwrite::no);
    EXPECT_EQ(load(file("again")), load(file("whole")));
    EXPECT_THAT(
        [&] {
          join_codes({file("1"), file("3")});
        },
        ThrowsMessage<Error>(HasSubstr("without gaps")));
    EXPECT_THAT(
        [&] {
          join_codes({file("1"), file("whole")});
        },
        ThrowsMessage<Error>(HasSubstr("is not a shard")));
    const auto found = encode_job(job.prepared, job.model, task, file("3"),
                                  {.segment = 8, .resume = true, .shard = "3/4"});
    EXPECT_EQ(found.resumed, found.signals);
    EXPECT_THAT(
        [&] {
          encode_job(job.prepared, job.model, task, file("3"),
                     {.segment = 8, .resume = true, .shard = "2/4"});
        },
        ThrowsMessage<IoError>(HasSubstr("exists")));
  }
}

TEST(encode_job, a_list_has_one_number_for_each_signal) {
  const TemporaryFolder folder;
  Job job = some_job();
  const std::int64_t n = job.prepared.signals->size();
  std::vector<double> lambdas(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < lambdas.size(); ++i) lambdas[i] = i % 3 == 0 ? 0.2 : 0.05;
  job.settings["lambda"] = lambdas;
  const Archive mixed = run_job(job, folder / "mixed.h5", {.segment = 5});
  EXPECT_EQ(mixed.at("coding/lambda").to<double>(), lambdas);
  const auto codes = SparseCodes<float>::from_archive(mixed);
  for (const double lambda : {0.2, 0.05}) {
    job.settings["lambda"] = lambda;
    const auto alone =
        SparseCodes<float>::from_archive(run_job(job, folder / (join(lambda) + ".h5")));
    for (std::int64_t i = 0; i < n; ++i)
      if (lambdas[static_cast<std::size_t>(i)] == lambda) {
        EXPECT_EQ(codes.slice(i, 1), alone.slice(i, 1)) << i;
      }
  }
  job.settings["lambda"] = std::vector<double>{0.1, 0.2};
  EXPECT_THAT([&] { run_job(job, folder / "short.h5"); },
              ThrowsMessage<Error>(HasSubstr(join("lambda has 2 values for ", n, " signals"))));
}

TEST(encode_job, a_path_has_a_row_for_every_step) {
  const TemporaryFolder folder;
  const Job job = some_job();
  const std::int64_t n = job.prepared.signals->size();
  CodingTask<float> task{
      .method = "omp", .settings = {{"nonzeros", std::int64_t{3}}}, .path = true};
  const auto report =
      encode_job(job.prepared, job.model, task, folder / "path.h5", {.segment = 10});
  const Archive path = load(folder / "path.h5");
  const auto starts = path.at("path/starts").as<std::int64_t>();
  const auto steps = SparseCodes<float>::from_archive(path);
  ASSERT_EQ(std::ssize(starts), n + 1);
  EXPECT_EQ(starts.back(), steps.signals());
  EXPECT_EQ(report.rows, steps.signals());
  EXPECT_EQ(path.at("path/residual").size(), steps.signals());
  task.path = false;
  for (std::int64_t count = 1; count <= 3; ++count) {
    task.settings["nonzeros"] = count;
    const auto file = folder / (join(count) + ".h5");
    encode_job(job.prepared, job.model, task, file);
    const auto alone = SparseCodes<float>::from_archive(load(file));
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t begin = starts[static_cast<std::size_t>(i)];
      const std::int64_t length = starts[static_cast<std::size_t>(i) + 1] - begin;
      EXPECT_EQ(steps.slice(begin + std::min(count, length) - 1, 1), alone.slice(i, 1));
    }
  }
  EXPECT_THAT([&] { decode_signals(path, job.model); },
              ThrowsMessage<Error>(HasSubstr("these codes are paths")));
}

TEST(encode_job, estimates_its_size) {
  const TemporaryFolder folder;
  const Job job = some_job(Sampling::all);
  for (const bool path : {false, true}) {
    CodingTask<float> task = job.task();
    if (path) task = {.method = "lars", .settings = {{"lambda", 0.2}}, .path = true};
    const auto estimate = estimate_encode_job(job.prepared, job.model, task);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    const auto file = folder / "codes.h5";
    const auto report = encode_job(job.prepared, job.model, task, file);
    EXPECT_EQ(estimate.signals, report.signals);
    const auto bytes = static_cast<double>(std::filesystem::file_size(file));
    EXPECT_NEAR(estimate.output_bytes, bytes, 0.2 * bytes);
    EXPECT_GT(estimate.seconds, 0);
    std::filesystem::remove(file);
  }
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
