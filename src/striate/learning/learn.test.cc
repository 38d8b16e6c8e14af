#include "striate/learning/learn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "striate/dictionaries/constructors.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

using testing::HasSubstr;

constexpr LearningMethod methods[] = {LearningMethod::online, LearningMethod::gradient};

Matrix<float> planted_signals(std::int64_t count = 600) {
  return plant<float>({.rows = 16,
                       .atoms = 24,
                       .nonzeros = 4,
                       .signals = count,
                       .group_size = 2,
                       .noise = 0.02,
                       .seed = 5})
      .signals;
}

LearnSettings small(LearningMethod method = LearningMethod::online) {
  return {.method = method,
          .coder = Coder::group_lasso,
          .atoms = 24,
          .lambda = 0.05,
          .mu = 0.1,
          .batch = 50,
          .epochs = 3,
          .held_out = 100,
          .held_out_period = 7,
          .seed = 3};
}

std::string message(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// All figures but those that are times.
std::vector<std::vector<double>> figures(const std::vector<LearnRow>& rows) {
  std::vector<std::vector<double>> table;
  for (const LearnRow& row : rows)
    table.push_back({double(row.step), double(row.signals), row.held_out_objective,
                     row.step == 0 ? 0 : row.objective, row.step == 0 ? 0 : row.nonzeros,
                     double(row.atoms_in_use), double(row.replaced)});
  return table;
}

TEST(Learn, HistoryHasARowPerPeriodAndTheLast) {
  const auto signals = planted_signals();
  for (LearningMethod method : methods) {
    const auto result = learn(signals, small(method));
    EXPECT_EQ(result.status, LearnStatus::completed);
    EXPECT_EQ(result.group_size, 2);
    // 500 signals to learn from, batches of 50, 3 epochs: 30 steps.
    std::vector<std::int64_t> steps;
    for (const LearnRow& row : result.history) {
      steps.push_back(row.step);
      EXPECT_EQ(row.signals, row.step * 50);
    }
    EXPECT_THAT(steps, testing::ElementsAre(0, 7, 14, 21, 28, 30));
    EXPECT_LT(result.history.back().held_out_objective,
              0.9 * result.history.front().held_out_objective);
    EXPECT_GT(result.history.back().atoms_in_use, 0);
  }
}

// The held-out objective is that of the last 100 signals with the atoms returned.
TEST(Learn, HeldOutObjectiveIsOfTheLastSignals) {
  const auto signals = planted_signals();
  LearnSettings settings = small();
  settings.tolerance = 1e-8;
  const auto result = learn(signals, settings);
  const Judge judge(result.atoms.view(), {.lambda = 0.05, .group_size = 2});
  const auto last = signals.view().middle_columns(500, 100);
  const auto codes = detail::encode_batch<float>(settings, *settings.lambda,
                                                 Dictionary<float>(result.atoms), last, {})
                         .codes;
  double sum = 0;
  for (std::int64_t j = 0; j < 100; ++j) sum += judge.objective(last.column(j), codes[j]);
  EXPECT_NEAR(result.history.back().held_out_objective, sum / 100, 1e-5 * sum / 100);
}

// Held-out signals are never learned from: changing them changes no atom.
TEST(Learn, NeverLearnsFromHeldOutSignals) {
  const auto signals = planted_signals();
  auto changed = signals;
  for (std::int64_t j = 500; j < 600; ++j)
    for (float& x : changed.column(j)) x *= 2;
  for (Initial initial : {Initial::data, Initial::random}) {
    LearnSettings settings = small();
    settings.initial = initial;
    EXPECT_EQ(learn(signals, settings).atoms, learn(changed, settings).atoms);
  }
}

TEST(Learn, SameBitsForAnyThreads) {
  const auto signals = planted_signals();
  for (LearningMethod method : methods) {
    const auto one = learn(signals, small(method), {.threads = 1});
    for (int threads : {2, 4}) {
      const auto more = learn(signals, small(method), {.threads = threads});
      EXPECT_EQ(one.atoms, more.atoms);
      EXPECT_EQ(figures(one.history), figures(more.history));
    }
  }
}

TEST(Learn, ResumedAnywhereEndsInTheSameBits) {
  const auto signals = planted_signals();
  const MatrixSource<float> source(signals);
  for (LearningMethod method : methods) {
    const LearnSettings settings = small(method);
    const auto expected = learn(signals, settings);
    std::vector<Archive> states;
    LearnJob<float> whole(source, settings);
    learn<float>(whole, {}, [&](const LearnJob<float>& job) { states.push_back(job.save()); });
    ASSERT_GE(states.size(), 30u);
    for (const Archive& state : states) {
      LearnJob<float> job(source, settings, state);
      const auto result = learn(job);
      ASSERT_EQ(result.atoms, expected.atoms);
      ASSERT_EQ(figures(result.history), figures(expected.history));
      ASSERT_EQ(result.status, expected.status);
    }
  }
}

// Methods that learn from the whole source at each step, each with a coder that it takes.
LearnSettings of_whole_source(LearningMethod method) {
  LearnSettings settings{.method = method,
                         .coder = Coder::lasso,
                         .atoms = 24,
                         .lambda = 0.05,
                         .steps = 6,
                         .held_out = 100,
                         .seed = 3};
  if (method == LearningMethod::ksvd) {
    settings.coder = Coder::omp;
    settings.lambda.reset();
    settings.nonzeros = 4;
  }
  return settings;
}

constexpr LearningMethod whole_source_methods[] = {LearningMethod::batch, LearningMethod::mod,
                                                   LearningMethod::ksvd};

// Stopped in the middle of coding, nothing of that step is kept, and going on ends in the same bits.
TEST(Learn, AStepThatIsStoppedIsDoneAgain) {
  const auto signals = planted_signals();
  const MatrixSource<float> source(signals);
  std::stop_source stop;
  stop.request_stop();
  for (LearningMethod method : whole_source_methods) {
    const LearnSettings settings = of_whole_source(method);
    LearnJob<float> job(source, settings);
    job.step();
    const Matrix<float> atoms = job.atoms();
    EXPECT_FALSE(job.step({.stop = stop.get_token()}));
    EXPECT_FALSE(job.step({.max_seconds = 1e-9}));
    EXPECT_EQ(job.atoms(), atoms);
    EXPECT_EQ(job.steps(), 1);
    EXPECT_EQ(learn(job).atoms, learn(signals, settings).atoms);
    EXPECT_EQ(learn(signals, settings, {.stop = stop.get_token()}).status, LearnStatus::stopped);
  }
}

TEST(Learn, FromTheWholeSourceEndsWhenTheCurveIsFlatOrTheTimeIsOver) {
  const auto signals = planted_signals();
  for (LearningMethod method : whole_source_methods) {
    LearnSettings settings = of_whole_source(method);
    settings.steps = 100000;
    EXPECT_EQ(learn(signals, settings, {.max_seconds = 0.1}).status, LearnStatus::time_limit);
    settings.min_improvement = 1e-2;
    settings.patience = 3;
    const auto result = learn(signals, settings);
    EXPECT_EQ(result.status, LearnStatus::converged);
    const auto& rows = result.history;
    ASSERT_GT(rows.size(), 3u);
    for (std::size_t i = 3; i < rows.size(); ++i) {  // the last row, and none before it
      const double before = rows[i - 3].held_out_objective;
      EXPECT_EQ(before - rows[i].held_out_objective < 1e-2 * before, i + 1 == rows.size());
    }
  }
}

TEST(Learn, ResumesWithMoreSteps) {
  const auto signals = planted_signals();
  const MatrixSource<float> source(signals);
  LearnSettings settings = small();
  settings.epochs.reset();
  settings.steps = 10;
  LearnJob<float> first(source, settings);
  learn(first);
  settings.steps = 20;
  LearnJob<float> second(source, settings, first.save());
  EXPECT_EQ(learn(second).atoms, learn(signals, settings).atoms);
}

TEST(Learn, ResumeRefusesAnotherJob) {
  const auto signals = planted_signals(), fewer = planted_signals(500);
  const MatrixSource<float> source(signals), other(fewer);
  LearnJob<float> job(source, small());
  job.step();
  const Archive state = job.save();
  LearnSettings changed = small();
  changed.lambda = 0.06;
  EXPECT_THAT(message([&] { LearnJob<float>(source, changed, state); }),
              HasSubstr("lambda is 0.06 but the state was saved with 0.05"));
  EXPECT_THAT(message([&] { LearnJob<float>(other, small(), state); }),
              HasSubstr("the source has 500 signals; the state was saved with 600"));
  EXPECT_NE(message([&] { LearnJob<float>(source, small(), Archive{}); }), "no error");
  Archive damaged = state;
  damaged.arrays.erase("learner/atoms");
  EXPECT_THAT(message([&] { LearnJob<float>(source, small(), damaged); }),
              HasSubstr("learner/atoms"));
}

TEST(Learn, StopsWhenTheObserverAsks) {
  const auto signals = planted_signals();
  int calls = 0;
  const auto result = learn(
      signals, small(), {.observer = [&](const Progress& progress) {
        EXPECT_EQ(progress.stage, "learn");
        EXPECT_EQ(progress.total, 30);
        std::vector<std::string_view> names;
        for (const auto& value : progress.values) names.push_back(value.first);
        EXPECT_THAT(names, testing::ElementsAre("objective", "held_out_objective", "density",
                                                "atoms_in_use", "replaced", "seconds_per_batch"));
        ++calls;
        return false;
      }});
  EXPECT_GE(calls, 1);
  EXPECT_THAT(result.status, testing::AnyOf(LearnStatus::stopped, LearnStatus::completed));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(learn(signals, small(), {.stop = stop.get_token()}).status, LearnStatus::stopped);
}

TEST(Learn, TimeLimitKeepsWhatWasLearned) {
  const auto signals = planted_signals();
  LearnSettings settings = small();
  settings.epochs = 1e6;
  const auto result = learn(signals, settings, {.max_seconds = 0.2});
  EXPECT_EQ(result.status, LearnStatus::time_limit);
  EXPECT_EQ(result.atoms.columns(), 24);
}

TEST(Learn, StopsWhenTheCurveIsFlat) {
  const auto signals = planted_signals();
  LearnSettings settings = small();
  settings.epochs = 1e4;
  settings.min_improvement = 1e-3;
  settings.patience = 3;
  const auto result = learn(signals, settings);
  EXPECT_EQ(result.status, LearnStatus::converged);
  const auto& rows = result.history;
  ASSERT_GT(rows.size(), 3u);
  const double before = rows[rows.size() - 4].held_out_objective;
  EXPECT_GT(rows.back().held_out_objective, before * (1 - 1e-3));
}

TEST(Learn, GivenAtomsAreTheStart) {
  const auto signals = planted_signals();
  const MatrixSource<float> source(signals);
  const auto initial = random_atoms<float>(16, 30, 9, 2);
  LearnSettings settings = small();
  settings.atoms.reset();
  LearnJob<float> job(source, settings, &initial);
  EXPECT_EQ(job.atoms().columns(), 30);
  for (std::size_t i = 0; i < initial.size(); ++i)
    EXPECT_NEAR(job.atoms().data()[i], initial.data()[i], 1e-6);
}

TEST(Learn, WithoutHeldOutSignals) {
  LearnSettings settings = small();
  settings.held_out = 0;
  const auto result = learn(planted_signals(100), settings);
  EXPECT_TRUE(std::isnan(result.history.back().held_out_objective));
  EXPECT_EQ(result.history.back().step, 6);
}

TEST(Learn, RefusesBadInput) {
  const auto signals = planted_signals();
  const auto with = [&](auto change, const Matrix<float>* given = nullptr) {
    return message([&] {
      LearnSettings settings = small();
      change(settings);
      learn(given ? *given : signals, settings);
    });
  };
  EXPECT_THAT(with([](auto& s) { s.lambda = -1; }), HasSubstr("lambda is -1"));
  EXPECT_THAT(with([](auto& s) { s.lambda = std::numeric_limits<double>::infinity(); }),
              HasSubstr("lambda"));
  EXPECT_THAT(with([](auto& s) { s.group_size = 7; }),
              HasSubstr("learn: group_size 7 does not divide 24 atoms"));
  EXPECT_THAT(with([](auto& s) { s.atoms.reset(); }), HasSubstr("atoms is not given"));
  EXPECT_THAT(with([](auto& s) { s.atoms = 0; }), HasSubstr("atoms is 0"));
  EXPECT_THAT(with([](auto& s) { s.batch = 501; }),
              HasSubstr("600 signals; batch 501 and held_out 100 need at least 601"));
  EXPECT_THAT(with([](auto& s) { s.steps = 5; }), HasSubstr("steps and epochs are both given"));
  EXPECT_THAT(with([](auto& s) {
                s.held_out = 0;
                s.min_improvement = 0.1;
              }),
              HasSubstr("min_improvement needs held-out signals"));
  EXPECT_NE(with([](auto& s) { s.atoms = 1000; }), "no error");  // not so many signals
  const Matrix<float> none(16, 0), flat(0, 600);
  EXPECT_THAT(with([](auto&) {}, &none), HasSubstr("0 signals of dimension 16"));
  EXPECT_THAT(with([](auto&) {}, &flat), HasSubstr("600 signals of dimension 0"));
  auto bad = signals;
  bad(3, 77) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(with([](auto& s) { s.initial = Initial::random; }, &bad),
              HasSubstr("signal 77 of the source holds NaN or infinity"));
  bad = signals;
  bad(3, 577) = std::numeric_limits<float>::infinity();
  EXPECT_THAT(with([](auto&) {}, &bad), HasSubstr("signal 577 of the source"));
  const MatrixSource<float> source(signals);
  const auto initial = random_atoms<float>(15, 24, 9, 2);
  EXPECT_THAT(message([&] { LearnJob<float>(source, small(), &initial); }),
              HasSubstr("initial atoms of 15 rows; the signals have 16"));
}

TEST(Learn, NamesOfStatus) {
  EXPECT_EQ(name_of(LearnStatus::completed), "completed");
  EXPECT_EQ(name_of(LearnStatus::time_limit), "time_limit");
}

}  // namespace
}  // namespace striate
