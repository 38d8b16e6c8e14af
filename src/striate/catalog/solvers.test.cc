// Whatever is in the table of solvers is tested here the moment it is declared: the same bits for
// any threads and split, scaling, edges, refusals; of those that certify a minimum of the penalised
// problem also optimality by definition and agreement. pursuits.test.cc has those that pursue.
#include "striate/catalog/solvers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/catalog/testing.test.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// Takes lambda and a tolerance of the relative gap: its answers are minima.
bool certifies(const SolverEntry& entry) {
  return has_setting(entry, "lambda") && has_setting(entry, "tolerance");
}

// A problem and the settings with which a solver of the table is asked for it.
struct Case {
  const SolverEntry* entry;
  int group_size = 1;
  bool positive = false, weighted = false;
  double l2 = 0, l1_share = 0;

  std::vector<double> weights(std::int64_t atoms) const {
    std::vector<double> result;
    if (weighted)
      for (std::int64_t g = 0; g < atoms / group_size; ++g)
        result.push_back(0.5 + 0.1 * double(g % 9));
    return result;
  }
  Values settings(std::int64_t atoms, double lambda, double tolerance) const {
    Values values = {{"lambda", lambda},
                     {"tolerance", tolerance},
                     {"positive", positive},
                     {"max_iterations", std::int64_t{100000}},
                     {"group_size", std::int64_t{group_size}}};
    if (!has_setting(*entry, "lambda")) values["nonzeros"] = std::min<std::int64_t>(6, atoms);
    std::erase_if(values, [&](const auto& value) { return !has_setting(*entry, value.first); });
    if (weighted) values["penalty_weights"] = weights(atoms);
    if (l2 > 0) values["l2"] = l2;
    if (has_setting(*entry, "l1_share")) values["l1_share"] = l1_share;
    return values;
  }
  JudgedPenalty penalty(std::int64_t atoms, double lambda) const {
    return {.lambda = lambda,
            .group_size = group_size,
            .positive = positive,
            .weights = weights(atoms),
            .l2 = l2,
            .l1_share = l1_share};
  }
  std::string text() const {
    return join(entry->name, ", groups of ", group_size, positive ? ", positive" : "",
                weighted ? ", weighted" : "", l2 > 0 ? ", l2" : "",
                l1_share > 0 ? ", l1 share" : "");
  }
};

// Of every solver but the pursuits.
std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const SolverEntry& entry : solvers())
    for (int size : {1, 2, 3})
      for (bool positive : {false, true})
        for (bool weighted : {false, true})
          for (double l2 : {0.0, 0.3})
            for (double l1_share : {0.0, 0.4})
              if (!pursues(entry) && (size == 1 || has_setting(entry, "group_size")) &&
                  (!positive || has_setting(entry, "positive")) &&
                  (!weighted || has_setting(entry, "penalty_weights")) &&
                  (l2 == 0 || has_setting(entry, "l2")) &&
                  (l1_share == 0 || has_setting(entry, "l1_share")))
                cases.push_back({&entry, size, positive, weighted, l2, l1_share});
  return cases;
}

// Of those that certify a minimum.
std::vector<Case> certified_cases() {
  std::vector<Case> cases = all_cases();
  std::erase_if(cases, [](const Case& c) { return !certifies(*c.entry); });
  return cases;
}

template <class T>
Planted<T> problem_for(const Case& c, std::int64_t signals) {
  return plant<T>({.rows = 24,
                   .atoms = 48,
                   .nonzeros = 6,
                   .signals = signals,
                   .group_size = c.group_size,
                   .noise = 0.1,
                   .seed = 17});
}

TEST(Solvers, AnswersAreOptimalAndWhatIsSaidOfThemIsTrue) {
  constexpr double lambda = 0.1, tolerance = 1e-10;
  for (const Case& c : certified_cases()) {
    const auto p = problem_for<double>(c, 6);
    const Dictionary<double> dictionary(p.dictionary.view());
    const auto [codes, info] =
        encode<double>(c.entry->name, dictionary, p.signals, c.settings(48, lambda, tolerance));
    const Judge judge(p.dictionary.view(), c.penalty(48, lambda));
    for (std::int64_t j = 0; j < 6; ++j) {
      const SignalInfo& said = info.signals[std::size_t(j)];
      const auto y = p.signals.column(j);
      const double objective = judge.objective(y, codes[j]);
      EXPECT_EQ(said.status, Status::converged) << c.text();
      EXPECT_NEAR(said.objective, objective, 1e-13 * objective) << c.text();
      EXPECT_NEAR(said.relative_gap, judge.relative_gap(y, codes[j]), 1e-13) << c.text();
      EXPECT_LE(said.relative_gap, tolerance) << c.text();
      EXPECT_EQ(said.nonzeros, std::int32_t(codes[j].nonzeros())) << c.text();
      // The objective exceeds its minimum by at most the gap, so a block of the gradient is off by
      // at most sqrt(2 L gap), L below the 48 of the trace; 16 groups and more.
      EXPECT_LE(judge.distance_to_subdifferential(y, codes[j]), std::sqrt(2 * 48 * 48 * 1e-10))
          << c.text();
    }
  }
}

TEST(Solvers, AgreeOnTheObjective) {
  for (const Case& c : certified_cases())
    for (const Case& other : certified_cases()) {
      if (other.entry == c.entry || other.group_size != c.group_size ||
          other.positive != c.positive || other.weighted != c.weighted || other.l2 != c.l2 ||
          other.l1_share != c.l1_share)
        continue;
      const auto p = problem_for<double>(c, 4);
      const Dictionary<double> dictionary(p.dictionary.view());
      const auto run = [&](const Case& of) {
        return encode<double>(of.entry->name, dictionary, p.signals, of.settings(48, 0.05, 1e-9))
            .info.objective();
      };
      EXPECT_NEAR(run(c), run(other), 1e-8 * run(c)) << c.text() << " and " << other.text();
    }
}

TEST(Solvers, SinglePrecisionReachesItsTolerance) {
  for (const Case& c : certified_cases()) {
    const auto p = problem_for<float>(c, 20);
    const auto [codes, info] = encode<float>(c.entry->name, Dictionary<float>(p.dictionary.view()),
                                             p.signals, c.settings(48, 0.1, 1e-5));
    const Judge judge(p.dictionary.view(), c.penalty(48, 0.1));
    EXPECT_TRUE(info.converged()) << c.text();
    for (std::int64_t j = 0; j < 20; ++j)
      EXPECT_LE(judge.relative_gap(p.signals.column(j), codes[j]), 1.2e-5) << c.text();
  }
}

TEST(Solvers, SameBitsForAnyThreadsAndAnySplit) {
  for (const Case& c : all_cases()) {
    const auto p = problem_for<float>(c, 300);
    const Dictionary<float> dictionary(p.dictionary.view());
    expect_same_bits(p.signals, c.text(), [&](Signals<float> signals, int threads) {
      return encode<float>(c.entry->name, dictionary, signals, c.settings(48, 0.2, 1e-3), nullptr,
                           {.threads = threads});
    });
  }
}

TEST(Solvers, ScaleWithTheSignal) {
  for (const Case& c : all_cases()) {
    const auto p = problem_for<double>(c, 3);
    const Dictionary<double> dictionary(p.dictionary.view());
    const auto base =
        encode<double>(c.entry->name, dictionary, p.signals, c.settings(48, 0.1, 1e-11));
    const Matrix<double> z = base.codes.to_dense();
    for (double k : {0x1p-90, 8.0, 3.0}) {
      Matrix<double> signals = p.signals;
      for (double& x : std::span(signals.data(), signals.size())) x *= k;
      const auto scaled =
          encode<double>(c.entry->name, dictionary, signals, c.settings(48, 0.1 * k, 1e-11));
      const Matrix<double> kz = scaled.codes.to_dense();
      for (std::size_t i = 0; i < z.size(); ++i)
        if (k == 3) EXPECT_NEAR(kz.data()[i], k * z.data()[i], 1e-4) << c.text();
        else EXPECT_EQ(kz.data()[i], k * z.data()[i]) << c.text();  // powers of two: exactly
    }
  }
}

TEST(Solvers, AreZeroExactlyFromLambdaMaxOn) {
  for (const Case& c : certified_cases()) {
    const auto p = problem_for<double>(c, 5);
    const Dictionary<double> dictionary(p.dictionary.view());
    for (std::int64_t j = 0; j < 5; ++j) {
      const double lambda_max =
          Judge(p.dictionary.view(), c.penalty(48, 1)).lambda_max(p.signals.column(j));
      const auto run = [&](double lambda) {
        return encode<double>(c.entry->name, dictionary, p.signals.view().middle_columns(j, 1),
                              c.settings(48, lambda, 1e-9));
      };
      const auto above = run(lambda_max * (1 + 1e-12));
      EXPECT_EQ(above.codes.nonzeros(), 0) << c.text();
      EXPECT_EQ(above.info.signals[0].relative_gap, 0) << c.text();
      EXPECT_EQ(above.info.signals[0].iterations, 0) << c.text();
      EXPECT_GT(run(lambda_max * 0.99).codes.nonzeros(), 0) << c.text();
    }
    Values relative = c.settings(48, 1, 1e-9);
    relative.erase("lambda");
    relative["lambda_relative"] = 1.0;
    EXPECT_EQ(encode<double>(c.entry->name, dictionary, p.signals, relative).codes.nonzeros(), 0);
    relative["lambda_relative"] = 0.98;
    const auto below = encode<double>(c.entry->name, dictionary, p.signals, relative);
    for (std::int64_t j = 0; j < 5; ++j) EXPECT_GT(below.codes[j].nonzeros(), 0u) << c.text();
  }
}

TEST(Solvers, StartFromGivenCodes) {
  for (const Case& c : certified_cases()) {
    const auto p = problem_for<double>(c, 40);
    const Dictionary<double> dictionary(p.dictionary.view());
    const Values settings = c.settings(48, 0.1, 1e-8);
    const auto cold = encode<double>(c.entry->name, dictionary, p.signals, settings);
    const auto warm = encode<double>(c.entry->name, dictionary, p.signals, settings, &cold.codes);
    EXPECT_EQ(warm.info.work.iterations, 0) << c.text();
    EXPECT_NEAR(warm.info.objective(), cold.info.objective(), 1e-12 * cold.info.objective());
    const auto nonsense = SparseCodes<double>::from_dense(random_matrix<double>(48, 40, 99));
    const auto far = encode<double>(c.entry->name, dictionary, p.signals, settings, &nonsense);
    EXPECT_TRUE(far.info.converged()) << c.text();
    EXPECT_NEAR(far.info.objective(), cold.info.objective(), 2e-8 * cold.info.objective());
  }
}

TEST(Solvers, HaveAnAnswerToOddProblems) {
  for (const Case& c : certified_cases()) {
    // Signals: zero, NaN, infinite, tiny, huge, usual. Atoms: some zero, doubled, long, tiny.
    auto p = problem_for<double>(c, 6);
    for (int i = 0; i < 24; ++i) {
      p.signals(i, 0) = 0;
      p.signals(i, 3) *= 1e-150;
      p.signals(i, 4) *= 1e120;
      for (int k = 0; k < 3 * c.group_size; ++k) {
        p.dictionary(i, k) = 0;
        p.dictionary(i, 9 + k) = p.dictionary(i, 18 + k);
        p.dictionary(i, 27 + k) *= 20;
      }
    }
    p.signals(3, 1) = nan;
    p.signals(5, 2) = -infinity;
    const Dictionary<double> dictionary(p.dictionary.view());
    Values settings = c.settings(48, 1, 1e-6);
    settings.erase("lambda");
    settings["lambda_relative"] = 0.05;
    const auto [codes, info] = encode<double>(c.entry->name, dictionary, p.signals, settings);
    EXPECT_EQ(codes[0].nonzeros(), 0u);
    EXPECT_EQ(info.signals[0].objective, 0);
    EXPECT_EQ(info.signals[0].relative_gap, 0);
    for (std::int64_t j : {0, 3, 4, 5})
      EXPECT_EQ(info.signals[std::size_t(j)].status, Status::converged) << c.text() << " " << j;
    for (std::int64_t j : {1, 2}) {
      EXPECT_EQ(info.signals[std::size_t(j)].status, Status::invalid) << c.text();
      EXPECT_EQ(codes[j].nonzeros(), 0u);
      EXPECT_TRUE(std::isnan(info.signals[std::size_t(j)].objective));
    }
    for (std::int64_t j : {3, 4, 5})
      for (std::int32_t k : codes[j].indices) EXPECT_GE(k, 3 * c.group_size) << c.text();

    const auto none =
        encode<double>(c.entry->name, dictionary, p.signals.view().middle_columns(0, 0), settings);
    EXPECT_EQ(none.codes.signals(), 0);
    EXPECT_TRUE(none.info.converged());
    if (c.weighted) continue;
    const Dictionary<double> empty(p.dictionary.view().middle_columns(0, 0));
    EXPECT_EQ(encode<double>(c.entry->name, empty, p.signals, settings).codes.nonzeros(), 0);
    if (c.group_size > 1) continue;
    // One atom d: z = S(d'y, lambda) / |d|^2.
    const auto one = p.dictionary.view().middle_columns(27, 1);
    Values absolute = c.settings(1, 0.3, 1e-13);
    const auto z = encode<double>(c.entry->name, Dictionary<double>(one),
                                  p.signals.view().middle_columns(5, 1), absolute);
    double b = 0, g = 0;
    for (int i = 0; i < 24; ++i) b += one(i, 0) * p.signals(i, 5), g += one(i, 0) * one(i, 0);
    const double expected =
        std::copysign(std::max((c.positive ? b : std::abs(b)) - 0.3, 0.0), b) / (g + c.l2);
    EXPECT_NEAR(z.codes.to_dense()(0, 0), expected, 1e-6 * std::abs(expected)) << c.text();
  }
}

// What every solver says of any code is true, on problems of every kind: signals zero, NaN, infinite,
// none at all; atoms zero, doubled, long; one atom, no atoms.
TEST(Solvers, SayWhatIsTrueOfOddProblems) {
  for (const Case& c : all_cases()) {
    auto p = problem_for<double>(c, 6);
    for (int i = 0; i < 24; ++i) {
      p.signals(i, 0) = 0;
      for (int k = 0; k < 3 * c.group_size; ++k) {
        p.dictionary(i, k) = 0;
        p.dictionary(i, 9 + k) = p.dictionary(i, 18 + k);
        p.dictionary(i, 27 + k) *= 20;
      }
    }
    p.signals(3, 1) = nan;
    p.signals(5, 2) = -infinity;
    for (std::int64_t atoms : {48, c.group_size, 0}) {
      if (atoms == 0 && c.weighted) continue;
      const auto columns = p.dictionary.view().middle_columns(atoms == 48 ? 0 : 27, atoms);
      const Dictionary<double> dictionary(columns);
      const Values settings = c.settings(atoms, 0.1, 1e-4);
      const auto [codes, info] = encode<double>(c.entry->name, dictionary, p.signals, settings);
      const Judge judge(columns,
                        has_setting(*c.entry, "lambda") ? c.penalty(atoms, 0.1) : JudgedPenalty{});
      for (std::int64_t j = 0; j < 6; ++j) {
        const SignalInfo& said = info.signals[std::size_t(j)];
        const auto y = p.signals.column(j);
        EXPECT_EQ(said.nonzeros, std::int32_t(codes[j].nonzeros())) << c.text();
        if (j == 1 || j == 2) {
          EXPECT_EQ(said.status, Status::invalid) << c.text();
          EXPECT_EQ(codes[j].nonzeros(), 0u) << c.text();
          EXPECT_TRUE(std::isnan(said.objective)) << c.text();
          continue;
        }
        const double objective = judge.objective(y, codes[j]);
        EXPECT_NEAR(said.objective, objective, 1e-12 * objective + 1e-24) << c.text();
        const double gap = judge.relative_gap(y, codes[j]);
        EXPECT_TRUE(std::isnan(said.relative_gap) || std::abs(said.relative_gap - gap) < 1e-12)
            << c.text();
        EXPECT_TRUE((j > 0 && atoms > 0) || codes[j].nonzeros() == 0) << c.text();
        for (std::int32_t k : codes[j].indices)
          EXPECT_TRUE(atoms < 48 || k >= 3 * c.group_size) << c.text();
      }
      const auto none = encode<double>(c.entry->name, dictionary,
                                       p.signals.view().middle_columns(0, 0), settings);
      EXPECT_EQ(none.codes.signals(), 0) << c.text();
    }
  }
}

TEST(Solvers, StopWhenAskedWithTheBestSoFar) {
  for (const Case& c : certified_cases()) {
    const auto p = problem_for<double>(c, 5);
    const Dictionary<double> dictionary(p.dictionary.view());
    Values settings = c.settings(48, 0.05, 1e-12);
    settings["max_iterations"] = std::int64_t{1};
    const Judge judge(p.dictionary.view(), c.penalty(48, 0.05));
    const auto few = encode<double>(c.entry->name, dictionary, p.signals, settings);
    for (std::int64_t j = 0; j < 5; ++j) {
      EXPECT_EQ(few.info.signals[std::size_t(j)].status, Status::iteration_limit) << c.text();
      EXPECT_NEAR(few.info.signals[std::size_t(j)].relative_gap,
                  judge.relative_gap(p.signals.column(j), few.codes[j]), 1e-12);
    }
    const auto late = encode<double>(c.entry->name, dictionary, p.signals,
                                     c.settings(48, 0.05, 1e-12), nullptr, {.max_seconds = 0});
    EXPECT_EQ(late.codes.signals(), 5);
    EXPECT_EQ(late.info.count(Status::time_limit), 5) << c.text();
  }
}

TEST(Solvers, EndWhereRoundingLeavesNoProgress) {
  for (const Case& c : certified_cases()) {
    const auto p = problem_for<float>(c, 10);
    Values settings = c.settings(48, 0.1, 0);
    const auto [codes, info] =
        encode<float>(c.entry->name, Dictionary<float>(p.dictionary.view()), p.signals, settings);
    for (const SignalInfo& signal : info.signals) {
      EXPECT_TRUE(signal.status == Status::stalled || signal.relative_gap == 0) << c.text();
      EXPECT_LT(signal.relative_gap, 1e-5) << c.text();
    }
  }
}

TEST(Solvers, RefuseWhatDoesNotFitAndSayWhatDoes) {
  const auto p = plant<double>({.rows = 8, .atoms = 12, .signals = 2});
  const Matrix<double> wrong(9, 2);
  const Dictionary<double> dictionary(p.dictionary.view());
  for (const SolverEntry& entry : solvers()) {
    if (pursues(entry)) continue;
    const std::string name(entry.name);
    const auto refusal = [&](Values settings, const std::string& text) {
      EXPECT_THAT([&] { encode<double>(name, dictionary, p.signals, settings); },
                  ThrowsMessage<Error>(testing::AllOf(testing::StartsWith(name), HasSubstr(text))));
    };
    const bool penalized = has_setting(entry, "lambda");
    const Values good = penalized ? Values{{"lambda", 1.0}} : Values{{"nonzeros", std::int64_t{3}}};
    // One more setting, if the solver has it.
    const auto refuses = [&](const std::string& field, Value value, const std::string& text) {
      Values settings = good;
      settings[field] = std::move(value);
      if (has_setting(entry, field)) refusal(settings, text);
    };
    refusal({}, penalized ? "lambda" : "nonzeros");
    refuses("lambda_relative", 0.5, "both given");
    for (double bad : {0.0, -1.0, nan, infinity}) {
      refuses("lambda", bad, "lambda");
      if (penalized) refusal({{"lambda_relative", bad}}, "lambda_relative");
    }
    refuses("nonzeros", std::int64_t{-1}, "nonzeros");
    if (!penalized) refuses("nonzeros", std::int64_t{13}, "it must be at most the 12 atoms");
    refuses("tolerance", -1e-3, "tolerance");
    refuses("max_iterations", std::int64_t{0}, "max_iterations");
    refuses("penalty_weights", std::vector<double>(5, 1.0), "5 values");
    refuses("penalty_weights", std::vector<double>(12, -1.0), "penalty_weights");
    refuses("penalty_weights", std::vector<double>(12, nan), "penalty_weights");
    refuses("group_size", std::int64_t{5}, "must divide the 12 atoms");
    refuses("group_size", std::int64_t{0}, "group_size");
    Values unknown = good;
    unknown["rho"] = 1.0;
    refusal(unknown, "rho");
    EXPECT_THAT(
        [&] { encode<double>(name, dictionary, wrong, good); },
        ThrowsMessage<Error>(HasSubstr("signals have 9 rows; the dictionary's atoms have 8")));
    if (!entry.takes_initial) continue;
    const SparseCodes<double> initial(12);
    EXPECT_THAT([&] { encode<double>(name, dictionary, p.signals, good, &initial); },
                ThrowsMessage<Error>(HasSubstr("initial codes are for 0 signals")));
  }
}

TEST(Solvers, AreFoundByName) {
  for (const SolverEntry& entry : solvers()) {
    EXPECT_EQ(&solver(entry.name), &entry);
    EXPECT_FALSE(entry.summary.empty());
    EXPECT_FALSE(entry.problem.empty());
    EXPECT_FALSE(entry.source.empty());
    EXPECT_TRUE(has_setting(entry, "lambda") || has_setting(entry, "nonzeros")) << entry.name;
  }
  EXPECT_THAT([] { solver("lassoo"); }, ThrowsMessage<Error>(HasSubstr("lasso")));
  EXPECT_THAT([] { solver("quantum annealing"); }, ThrowsMessage<Error>(HasSubstr("fista")));
}

}  // namespace
}  // namespace striate
