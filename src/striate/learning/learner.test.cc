// What every learner promises, asked of one that updates by statistics, by gradient and on all signals.
#include "striate/learning/learner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stop_token>

#include "striate/dictionaries/constructors.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

using testing::HasSubstr;

constexpr LearningMethod methods[] = {LearningMethod::online, LearningMethod::gradient,
                                      LearningMethod::batch};

LearnSettings settings_for(LearningMethod method, int group_size = 2) {
  return {.method = method,
          .coder = group_size == 1 ? Coder::lasso : Coder::group_lasso,
          .group_size = group_size,
          .lambda = 0.1,
          .mu = group_size == 1 ? 0 : 0.1,
          .min_use = 0.02};
}

std::string message(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

template <class T>
void expect_unit(const Matrix<T>& atoms) {
  for (std::int64_t k = 0; k < atoms.columns(); ++k) {
    double square = 0;
    for (T x : atoms.column(k)) square += double(x) * double(x);
    EXPECT_NEAR(square, 1, 1e-5);
  }
}

// Objective and nonzeros are recomputed from the signals and the atoms before the step.
TEST(Learner, ReportsWhatTheCodesCost) {
  const auto p = plant<double>(
      {.rows = 16, .atoms = 24, .nonzeros = 4, .signals = 60, .group_size = 2, .seed = 5});
  for (LearningMethod method : methods) {
    const LearnSettings settings = settings_for(method);
    const auto learner = make_learner<double>(settings, random_atoms<double>(16, 24, 1, 2));
    const Judge judge(learner->atoms().view(), {.lambda = 0.1, .group_size = 2});
    const auto codes =
        detail::encode_batch<double>(settings, *settings.lambda,
                                     Dictionary<double>(learner->atoms()), p.signals, {})
            .codes;
    double sum = 0;
    for (std::int64_t j = 0; j < 60; ++j) sum += judge.objective(p.signals.column(j), codes[j]);
    const StepInfo info = learner->step(p.signals);
    EXPECT_TRUE(info.complete);
    EXPECT_NEAR(info.objective, sum / 60, 1e-10);
    EXPECT_DOUBLE_EQ(info.nonzeros, double(codes.nonzeros()) / 60);
    EXPECT_EQ(learner->steps(), 1);
    EXPECT_EQ(learner->group_size(), 2);
    EXPECT_GT(learner->atoms_in_use(), 0);
    expect_unit(learner->atoms());
  }
}

template <class T>
Matrix<T> learned(const LearnSettings& settings, int steps, int threads, bool resumed) {
  const auto p = plant<T>({.rows = 20,
                           .atoms = 40,
                           .nonzeros = 4,
                           .signals = 40 * std::int64_t(steps),
                           .group_size = 2,
                           .noise = 0.05,
                           .seed = 5});
  auto learner =
      make_learner<T>(settings, random_atoms<T>(20, 40, 1, settings.group_size_in_force()));
  for (int t = 0; t < steps; ++t) {
    if (resumed) {
      auto again =
          make_learner<T>(settings, random_atoms<T>(20, 40, 77, settings.group_size_in_force()));
      again->restore(learner->save());
      EXPECT_EQ(again->save(), learner->save());
      learner = std::move(again);
    }
    learner->step(p.signals.view().middle_columns(40 * t, 40), {.threads = threads});
  }
  return learner->atoms();
}

TEST(Learner, SameBitsForAnyThreadsAndThroughAnArchive) {
  for (LearningMethod method : methods)
    for (int s : {1, 2}) {
      LearnSettings settings = settings_for(method, s);
      settings.gradient.momentum = 0.5;
      const auto expected = learned<float>(settings, 8, 1, false);
      EXPECT_EQ(learned<float>(settings, 8, 2, false), expected);
      EXPECT_EQ(learned<float>(settings, 8, 4, false), expected);
      EXPECT_EQ(learned<float>(settings, 8, 2, true), expected);
      EXPECT_EQ(learned<double>(settings, 8, 4, true), learned<double>(settings, 8, 1, false));
    }
}

TEST(Learner, LambdaFallsByHalvesToLambda) {
  LearnSettings settings = settings_for(LearningMethod::online);
  EXPECT_EQ(settings.lambda_at(0), 0.1);
  settings.lambda_initial = 0.8;
  settings.lambda_halving = 2;
  settings.tolerance = 1e-10;  // the same support, whatever coding begins with
  EXPECT_DOUBLE_EQ(settings.lambda_at(0), 0.8);
  EXPECT_DOUBLE_EQ(settings.lambda_at(2), 0.4);
  EXPECT_DOUBLE_EQ(settings.lambda_at(5), 0.8 * std::exp2(-2.5));
  EXPECT_EQ(settings.lambda_at(7), 0.1);
  EXPECT_EQ(settings.lambda_at(1000000), 0.1);
  const auto signals = random_matrix<double>(16, 50, 1);
  for (LearningMethod method : methods) {  // and the codes of a batch are made with it
    settings.method = method;
    const auto learner = make_learner<double>(settings, random_atoms<double>(16, 24, 1, 2));
    for (int t = 0; t < 8; ++t) {
      const double nonzeros =
          double(detail::encode_batch<double>(settings, settings.lambda_at(t),
                                              Dictionary<double>(learner->atoms()), signals, {})
                     .codes.nonzeros());
      EXPECT_DOUBLE_EQ(learner->step(signals).nonzeros, nonzeros / 50);
    }
  }
}

TEST(Learner, StoppedWhileCodingNothingChanges) {
  const auto signals = random_matrix<float>(16, 300, 1);
  for (LearningMethod method : methods) {
    const auto learner =
        make_learner<float>(settings_for(method), random_atoms<float>(16, 24, 1, 2));
    learner->step(signals);
    const Archive before = learner->save();
    std::stop_source stop;
    stop.request_stop();
    EXPECT_FALSE(learner->step(signals, {.stop = stop.get_token()}).complete);
    EXPECT_EQ(learner->save(), before);
    EXPECT_FALSE(learner->step(signals, {.max_seconds = 0}).complete);
    EXPECT_EQ(learner->save(), before);
  }
}

// The smallest over the true groups of the mean squared cosine to the nearest learned group: 1 where
// every true group's span was learned. Between orthonormal bases that is |D_p'D_q|_F^2 / s.
double worst_recovery(const Matrix<double>& truth, const Matrix<double>& learned, std::int64_t s) {
  double worst = 1;
  for (std::int64_t q = 0; q < truth.columns(); q += s) {
    double best = 0;
    for (std::int64_t p = 0; p < learned.columns(); p += s) {
      double squares = 0;
      for (std::int64_t a = q; a < q + s; ++a)
        for (std::int64_t b = p; b < p + s; ++b) {
          double c = 0;
          for (std::int64_t i = 0; i < truth.rows(); ++i) c += truth(i, a) * learned(i, b);
          squares += c * c;
        }
      best = std::max(best, squares / double(s));
    }
    worst = std::min(worst, best);
  }
  return worst;
}

// Signals made of planted groups; learning begins with the true atoms plus noise of their own
// length, 45 degrees off. (From anywhere, pairs may settle in wrong company: atoms right, partners
// swapped, a minimum of its own.)
TEST(Learner, RecoversPlantedGroups) {
  for (int s : {1, 2}) {
    const auto truth = random_atoms<double>(20, 24, 3, s);
    const auto codes =
        plant<double>(
            {.rows = 20, .atoms = 24, .nonzeros = s, .signals = 2000, .group_size = s, .seed = 5})
            .codes;
    Matrix<double> signals(20, 2000);
    for (std::int64_t j = 0; j < 2000; ++j)
      for (std::size_t e = 0; e < codes[j].nonzeros(); ++e)
        for (std::int64_t i = 0; i < 20; ++i)
          signals(i, j) += truth(i, codes[j].indices[e]) * codes[j].values[e];
    Matrix<double> start = random_atoms<double>(20, 24, 9);
    for (std::size_t i = 0; i < start.size(); ++i) start.data()[i] += truth.data()[i];
    EXPECT_LT(worst_recovery(truth, detail::unit_columns<double>("", start), s), 0.7);
    for (LearningMethod method : methods) {
      LearnSettings settings = settings_for(method, s);
      settings.lambda = 0.2;
      const auto learner = make_learner<double>(settings, start);
      for (int t = 0; t < 100; ++t)
        learner->step(signals.view().middle_columns(200 * (t % 10), 200), {.threads = 2});
      EXPECT_GT(worst_recovery(truth, learner->atoms(), s), 0.99 * 0.99)
          << EnumNames<LearningMethod>::names[std::size_t(method)] << ", groups of " << s;
    }
  }
}

TEST(Learner, RefusesBadInput) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (LearningMethod method : methods) {
    const LearnSettings good = settings_for(method);
    const auto atoms = random_atoms<double>(16, 24, 1, 2);
    const auto with = [&](auto change, const Matrix<double>& initial) {
      return message([&] {
        LearnSettings settings = good;
        change(settings);
        make_learner<double>(settings, initial);
      });
    };
    EXPECT_THAT(with([](auto& s) { s.lambda = 0; }, atoms), HasSubstr("lambda is 0"));
    EXPECT_THAT(with([](auto& s) { s.lambda.reset(); }, atoms), HasSubstr("lambda"));
    EXPECT_THAT(with([&](auto& s) { s.lambda = nan; }, atoms), HasSubstr("lambda"));
    EXPECT_THAT(with([](auto& s) { s.lambda_initial = 0.05; }, atoms),
                HasSubstr("lambda_initial is 0.05; it must be at least lambda, 0.1"));
    EXPECT_THAT(with([](auto& s) { s.group_size = 5; }, atoms),
                HasSubstr("group_size 5 does not divide 24 atoms"));
    EXPECT_THAT(with([](auto& s) { s.coder = Coder::lasso; }, atoms),
                HasSubstr("lasso has no groups"));
    EXPECT_THAT(with([](auto& s) { s.group_size = 1; }, atoms), HasSubstr("mu is 0.1"));
    EXPECT_THAT(with([](auto& s) { s.atoms = 30; }, atoms),
                HasSubstr("atoms is 30 but 24 initial atoms are given"));
    EXPECT_THAT(with([](auto&) {}, Matrix<double>(16, 0)), HasSubstr("no atoms"));
    EXPECT_THAT(with([](auto&) {}, Matrix<double>(0, 24)), HasSubstr("dimension 0"));
    EXPECT_THAT(with([](auto&) {}, Matrix<double>(1, 24)), HasSubstr("above the dimension 1"));
    auto bad = atoms;
    for (double& x : bad.column(7)) x = 0;
    EXPECT_THAT(with([](auto&) {}, bad), HasSubstr("initial atom 7 is zero"));
    bad(3, 7) = nan;
    EXPECT_THAT(with([](auto&) {}, bad), HasSubstr("initial atom 7 holds NaN or infinity"));

    const auto learner = make_learner<double>(good, atoms);
    auto signals = random_matrix<double>(16, 5, 1);
    signals(2, 3) = nan;
    EXPECT_THAT(message([&] { learner->step(signals); }), HasSubstr("signal 3 holds NaN"));
    EXPECT_THAT(message([&] { learner->step(Matrix<double>(15, 5)); }), HasSubstr("15 rows"));
    EXPECT_THAT(message([&] { learner->step(Matrix<double>(16, 0)); }), HasSubstr("no signals"));
    EXPECT_EQ(learner->steps(), 0);
  }
}

TEST(Learner, RestoresOnlyItsOwn) {
  const auto a = make_learner<double>(settings_for(LearningMethod::online),
                                      random_atoms<double>(16, 24, 1, 2));
  const auto b = make_learner<double>(settings_for(LearningMethod::gradient),
                                      random_atoms<double>(16, 24, 1, 2));
  const auto c = make_learner<double>(settings_for(LearningMethod::online),
                                      random_atoms<double>(16, 26, 1, 2));
  const auto f =
      make_learner<float>(settings_for(LearningMethod::online), random_atoms<float>(16, 24, 1, 2));
  EXPECT_THAT(message([&] { a->restore(b->save()); }), HasSubstr("saved by gradient"));
  EXPECT_THAT(message([&] { b->restore(a->save()); }), HasSubstr("saved by online"));
  EXPECT_THAT(message([&] { a->restore(c->save()); }), HasSubstr("another shape"));
  EXPECT_THAT(message([&] { a->restore(f->save()); }), HasSubstr("float32"));
  EXPECT_NE(message([&] { a->restore({}); }), "no error");
}

}  // namespace
}  // namespace striate
