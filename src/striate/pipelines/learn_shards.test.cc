#include "striate/pipelines/learn_shards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "striate/images/synthetic.h"
#include "striate/io/formats.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

template <class T>
Prepared<T> leaves(std::int64_t count = 1500) {
  DeadLeavesSettings settings;
  settings.set.images = 2;
  settings.set.rows = settings.set.columns = 64;
  return prepare(dead_leaves<T>(settings),
                 {.patches = {.patch = 6, .count = count, .remove_mean = true}});
}

LearnSettings pairs() {
  return {.method = LearningMethod::batch,
          .coder = Coder::group_lasso,
          .atoms = 48,
          .lambda = 0.1,
          .mu = 0.1,
          .descent = {.passes = 2}};
}

class LearnShards : public testing::Test {
 protected:
  // The statistics of all shards, in files; their names.
  template <class T>
  std::vector<std::filesystem::path> shards(const Prepared<T>& prepared,
                                            const LearnSettings& settings, std::int64_t count,
                                            const Matrix<T>* initial = nullptr,
                                            std::int64_t rounds = 0) {
    std::vector<std::filesystem::path> files;
    for (std::int64_t i = 1; i <= count; ++i) {
      files.push_back(folder_ / join(i, "-of-", count, "-", rounds, ".h5"));
      save(files.back(), learn_shard<T>(prepared, settings, {i, count}, initial, rounds).archive,
           Overwrite::yes);
    }
    return files;
  }

  TemporaryFolder folder_;
};

template <class T>
double worst_difference(const Matrix<T>& x, const Matrix<T>& y) {
  EXPECT_EQ(x.size(), y.size());
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    worst = std::max(worst, std::abs(double(x.data()[i]) - double(y.data()[i])));
  return worst;
}

// Sums of another order differ by rounding, which descent hands on: far below 1e-10 in double.
TEST_F(LearnShards, MergeToOneStepOfBatch) {
  const auto prepared = leaves<double>();
  for (const double min_use : {1e-3, 0.6}) {
    LearnSettings settings = pairs();
    settings.min_use = min_use;
    LearnSettings once = settings;
    once.steps = 1;
    const auto whole = learn_model(prepared, once);
    const LearnRow& row = whole.result.history.back();
    for (const std::int64_t count : {1, 3, 7}) {
      const auto merged = merge_shards<double>(shards(prepared, settings, count));
      if (count == 1) {
        EXPECT_EQ(merged.model.atoms, whole.model.atoms);
      }
      EXPECT_LT(worst_difference(merged.model.atoms, whole.model.atoms), 1e-10) << count;
      const LearnRow& own = merged.result.history.back();
      EXPECT_NEAR(own.objective, row.objective, 1e-12);
      EXPECT_NEAR(own.nonzeros, row.nonzeros, 1e-12);
      EXPECT_EQ(own.signals, row.signals);
      EXPECT_EQ(own.replaced, row.replaced);
      EXPECT_EQ(own.atoms_in_use, row.atoms_in_use);
      if (min_use > 0.1) {
        EXPECT_GT(own.replaced, 0);
      }
    }
  }
}

// Each round begins with what the last one ended with, and goes on as steps of batch do.
TEST_F(LearnShards, RoundsAreSteps) {
  const auto prepared = leaves<double>();
  LearnSettings settings = pairs();
  settings.coder = Coder::omp;  // which forgets the codes of the step before
  settings.lambda.reset();
  settings.mu = 0;
  settings.nonzeros = 3;
  settings.replace = Replace::none;
  LearnSettings twice = settings;
  twice.steps = 2;
  const auto whole = learn_model(prepared, twice);
  const auto first = merge_shards<double>(shards(prepared, settings, 4));
  const std::int64_t rounds = rounds_of(first.model.to_archive());
  EXPECT_EQ(rounds, 1);
  const auto second =
      merge_shards<double>(shards(prepared, settings, 2, &first.model.atoms, rounds));
  EXPECT_LT(worst_difference(second.model.atoms, whole.model.atoms), 1e-10);
  EXPECT_GT(worst_difference(second.model.atoms, first.model.atoms), 1e-3);
  EXPECT_EQ(rounds_of(second.model.to_archive()), 2);
  EXPECT_EQ(second.result.history.back().step, 2);
}

TEST_F(LearnShards, TheOrderOfTheFilesDoesNotMatter) {
  const auto prepared = leaves<float>();
  auto files = shards(prepared, pairs(), 5);
  const auto model = merge_shards<float>(files).model;
  std::next_permutation(files.begin(), files.end());
  EXPECT_EQ(merge_shards<float>(files).model.atoms, model.atoms);
  std::reverse(files.begin(), files.end());
  EXPECT_EQ(merge_shards<float>(files).model.atoms, model.atoms);
  EXPECT_EQ(values(model.preprocessing), values(prepared.preprocessing));
  EXPECT_EQ(model.coder, "group_lasso");
  EXPECT_EQ(model.coding.at("lambda"), Value(0.1));
  EXPECT_EQ(type_of_statistics(files[0]), DType::f32);
}

TEST_F(LearnShards, AreTheSameBitsForAnyNumberOfThreads) {
  const auto prepared = leaves<float>();
  const auto at = [&](int threads) {
    auto archive =
        learn_shard<float>(prepared, pairs(), {2, 3}, nullptr, 0, {.threads = threads}).archive;
    archive.attributes[""].erase("seconds");
    return archive;
  };
  EXPECT_EQ(at(1), at(3));
}

// Together the shards hold every signal that may be learned from once.
TEST_F(LearnShards, ShareTheSignals) {
  const auto prepared = leaves<float>(203);
  LearnSettings settings = pairs();
  for (const std::int64_t count : {1, 2, 10, 183}) {
    std::int64_t signals = 0;
    for (std::int64_t i = 1; i <= count; ++i) {
      const auto part = learn_shard<float>(prepared, settings, {i, count});
      EXPECT_NEAR(double(part.signals), 183.0 / double(count), 1);
      signals += part.signals;
    }
    EXPECT_EQ(signals, 183);
  }
  EXPECT_THAT(
      [&] {
        learn_shard<float>(prepared, settings, {1, 184});
      },
      ThrowsMessage<Error>(HasSubstr("184; there are 183 signals")));
}

TEST_F(LearnShards, StopWithoutStatistics) {
  std::stop_source stop;
  stop.request_stop();
  const auto part =
      learn_shard<float>(leaves<float>(), pairs(), {1, 2}, nullptr, 0, {.stop = stop.get_token()});
  EXPECT_EQ(part.stopped, StopReason::stopped);
  EXPECT_TRUE(part.archive.arrays.empty());
  const auto late =
      learn_shard<float>(leaves<float>(), pairs(), {1, 2}, nullptr, 0, {.max_seconds = 1e-9});
  EXPECT_EQ(late.stopped, StopReason::time_limit);
}

TEST_F(LearnShards, RefuseWhatDoesNotBelongTogether) {
  const auto prepared = leaves<float>(600);
  const auto files = shards(prepared, pairs(), 4);
  using Files = std::vector<std::filesystem::path>;
  const auto refused = [](const Files& some, const std::string& words) {
    EXPECT_THAT([&] { merge_shards<float>(some); }, ThrowsMessage<Error>(HasSubstr(words)));
  };
  refused({}, "no files");
  refused({files[3], files[0]}, "2 of 4 shards are missing: 2, 3");
  refused({files[0], files[1], files[2]}, "1 of 4 shards are missing: 4");
  std::filesystem::copy_file(files[1], folder_ / "copy.h5");
  refused({files[0], files[1], files[2], files[3], folder_ / "copy.h5"}, "are both shard 2/4");
  refused({files[0], shards(prepared, pairs(), 3)[1]}, "one of 3 shards but");

  LearnSettings other = pairs();
  other.lambda = 0.2;
  const auto write = [&](const Archive& archive) {
    save(folder_ / "other.h5", archive, Overwrite::yes);
    return Files{files[0], folder_ / "other.h5", files[2], files[3]};
  };
  refused(
      write(learn_shard<float>(prepared, other, {2, 4}).archive),
      "lambda is 0.2 in " + (folder_ / "other.h5").string() + " but 0.1 in " + files[0].string());
  Matrix<float> atoms = merge_shards<float>(files).model.atoms;
  refused(write(learn_shard<float>(prepared, pairs(), {2, 4}, &atoms).archive),
          "all shards must begin with the same atoms");
  refused(write(learn_shard<double>(leaves<double>(600), pairs(), {2, 4}).archive),
          "holds float64 but");
  refused(write(learn_shard<float>(leaves<float>(700), pairs(), {2, 4}).archive), "count is 700");
  const Archive good = learn_shard<float>(prepared, pairs(), {2, 4}).archive;
  for (const auto& entry : good.arrays) {  // a part is missing, or of another shape
    Archive damaged = good;
    damaged.arrays.erase(entry.first);
    refused(write(damaged), entry.first);
    damaged.arrays[entry.first] = Array(entry.second.dtype(), {3, 5});
    EXPECT_THROW(merge_shards<float>(write(damaged)), Error) << entry.first;
  }
  write(merge_shards<float>(files).model.to_archive());
  refused({folder_ / "other.h5"}, "holds model; the statistics of a shard are needed");
}

TEST_F(LearnShards, RefuseTruncatedFiles) {
  const auto files = shards(leaves<float>(600), pairs(), 2);
  const Matrix<float> atoms = merge_shards<float>(files).model.atoms;
  const auto whole = std::filesystem::file_size(files[1]);
  std::filesystem::resize_file(files[1], whole - 1);
  try {  // the last bytes of a file may be without meaning: then nothing is lost
    EXPECT_EQ(merge_shards<float>(files).model.atoms, atoms);
  } catch (const IoError& error) {
    EXPECT_THAT(error.what(), HasSubstr(files[1].string()));
  }
  for (const std::uintmax_t size : {whole / 2, std::uintmax_t{100}, std::uintmax_t{0}}) {
    std::filesystem::resize_file(files[1], size);
    EXPECT_THAT([&] { merge_shards<float>(files); },
                ThrowsMessage<IoError>(HasSubstr(files[1].string())));
  }
}

TEST_F(LearnShards, RefuseSettingsOfOtherJobs) {
  const auto refused = [](const std::function<void(LearnSettings&)>& change,
                          const std::string& words) {
    LearnSettings settings = pairs();
    change(settings);
    EXPECT_THAT([&] { check_shard_settings(settings); }, ThrowsMessage<Error>(HasSubstr(words)));
  };
  refused([](LearnSettings& s) { s.method = LearningMethod::ksvd; }, "method ksvd");
  refused([](LearnSettings& s) { s.steps = 2; }, "steps");
  refused([](LearnSettings& s) { s.epochs = 2; }, "epochs");
  refused([](LearnSettings& s) { s.min_improvement = 0.1; }, "min_improvement");
  refused([](LearnSettings& s) { s.replace = Replace::sample; }, "replace sample");
}

}  // namespace
}  // namespace striate
