// The solvers of the table that pursue: the truth of what they say, nested supports, the same bits for
// any threads and split, precision, scaling, edges, refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/catalog/solvers.h"
#include "striate/catalog/testing.test.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::vector<const SolverEntry*> pursuits() {
  std::vector<const SolverEntry*> some;
  for (const SolverEntry& entry : solvers())
    if (pursues(entry)) some.push_back(&entry);
  return some;
}

TEST(Pursuits, SayWhatIsTrueOfTheirCodes) {
  const auto p =
      plant<double>({.rows = 24, .atoms = 48, .nonzeros = 6, .signals = 20, .noise = .1});
  const Dictionary<double> dictionary(p.dictionary.view());
  const Judge judge(p.dictionary.view(), {});
  for (const SolverEntry* entry : pursuits()) {
    Encoding<double> less;
    for (std::int64_t count : {0, 1, 5, 12}) {
      const auto now =
          encode<double>(entry->name, dictionary, p.signals, {{"nonzeros", double(count)}});
      for (std::int64_t j = 0; j < 20; ++j) {
        const SignalInfo& said = now.info.signals[std::size_t(j)];
        EXPECT_EQ(said.status, Status::converged) << entry->name;
        EXPECT_EQ(said.nonzeros, count) << entry->name;
        EXPECT_EQ(std::int64_t(now.codes[j].nonzeros()), count) << entry->name;
        EXPECT_GE(said.iterations, count) << entry->name;
        EXPECT_TRUE(std::isnan(said.relative_gap)) << entry->name;
        const double objective = judge.objective(p.signals.column(j), now.codes[j]);
        EXPECT_NEAR(said.objective, objective, 1e-13) << entry->name;
        if (count == 0) continue;
        // Supports are nested, and more atoms leave less.
        EXPECT_TRUE(std::ranges::includes(now.codes[j].indices, less.codes[j].indices));
        EXPECT_LT(said.objective, less.info.signals[std::size_t(j)].objective) << entry->name;
      }
      less = now;
    }
    // The error is met when measured, and one atom fewer would not do.
    const auto met = encode<double>(entry->name, dictionary, p.signals, {{"residual", 0.05}});
    EXPECT_TRUE(met.info.converged()) << entry->name;
    for (std::int64_t j = 0; j < 20; ++j) {
      EXPECT_LE(2 * judge.objective(p.signals.column(j), met.codes[j]), 0.05) << entry->name;
      const auto fewer =
          encode<double>(entry->name, dictionary, p.signals.view().middle_columns(j, 1),
                         {{"nonzeros", double(met.codes[j].nonzeros()) - 1}});
      EXPECT_GT(2 * fewer.info.objective(), 0.05) << entry->name;
    }
  }
}

TEST(Pursuits, SameBitsForAnyThreadsAndAnySplit) {
  // With more atoms than a few whole blocks, and so many that one signal is not worth a Gram matrix.
  const auto p =
      plant<float>({.rows = 24, .atoms = 150, .nonzeros = 6, .signals = 300, .noise = 0.1});
  for (const SolverEntry* entry : pursuits())
    for (const Values& settings :
         {Values{{"nonzeros", 7.0}}, Values{{"residual", 0.1}}, Values{{"nonzeros", 24.0}}})
      expect_same_bits(p.signals, std::string(entry->name),
                       [&](Signals<float> signals, int threads) {
                         return encode<float>(entry->name, Dictionary<float>(p.dictionary.view()),
                                              signals, settings, nullptr, {.threads = threads});
                       });
}

TEST(Pursuits, SinglePrecisionAgreesWithDouble) {
  const PlantSettings planted{.rows = 24, .atoms = 48, .nonzeros = 4, .signals = 50, .noise = 0.1};
  const auto f = plant<float>(planted);
  const auto d = plant<double>(planted);
  for (const SolverEntry* entry : pursuits()) {
    const Values settings = {{"nonzeros", 6.0}};
    const auto one =
        encode<float>(entry->name, Dictionary<float>(f.dictionary.view()), f.signals, settings);
    const auto two =
        encode<double>(entry->name, Dictionary<double>(d.dictionary.view()), d.signals, settings);
    for (std::int64_t j = 0; j < 50; ++j) {
      EXPECT_TRUE(std::ranges::equal(one.codes[j].indices, two.codes[j].indices)) << entry->name;
      const double exact = two.info.signals[std::size_t(j)].objective;
      EXPECT_NEAR(one.info.signals[std::size_t(j)].objective, exact, 1e-5 * exact) << entry->name;
    }
  }
}

TEST(Pursuits, ScaleWithTheSignal) {
  const auto p = plant<double>({.rows = 24, .atoms = 48, .nonzeros = 4, .signals = 5, .noise = .1});
  const Dictionary<double> dictionary(p.dictionary.view());
  for (const SolverEntry* entry : pursuits())
    for (double k : {0x1p-90, 8.0, 0x1p300}) {
      Matrix<double> signals = p.signals;
      for (double& x : std::span(signals.data(), signals.size())) x *= k;
      const Matrix<double> z =
          encode<double>(entry->name, dictionary, p.signals, {{"residual", 0.04}}).codes.to_dense();
      const Matrix<double> kz =
          encode<double>(entry->name, dictionary, signals, {{"residual", 0.04 * k * k}})
              .codes.to_dense();
      for (std::size_t i = 0; i < z.size(); ++i)
        EXPECT_EQ(kz.data()[i], k * z.data()[i]) << entry->name;
    }
}

TEST(Pursuits, HaveAnAnswerToOddProblems) {
  auto p = plant<double>({.rows = 24, .atoms = 48, .nonzeros = 6, .signals = 6, .noise = 0.1});
  for (int i = 0; i < 24; ++i) {
    p.signals(i, 0) = 0;
    p.signals(i, 3) *= 1e-150;
    p.signals(i, 4) *= 1e120;
    for (int k = 0; k < 3; ++k) {
      p.dictionary(i, k) = 0;
      p.dictionary(i, 9 + k) = p.dictionary(i, 18 + k);
      p.dictionary(i, 27 + k) *= 20;
    }
  }
  p.signals(3, 1) = nan;
  p.signals(5, 2) = -infinity;
  const Dictionary<double> dictionary(p.dictionary.view());
  for (const SolverEntry* entry : pursuits()) {
    const auto run = [&](const Dictionary<double>& d, Signals<double> signals, Values settings) {
      return encode<double>(entry->name, d, signals, settings);
    };
    const auto [codes, info] = run(dictionary, p.signals, {{"nonzeros", 5.0}});
    EXPECT_EQ(info.signals[0].status, Status::exhausted) << entry->name;  // nothing to code
    EXPECT_EQ(info.signals[0].objective, 0);
    EXPECT_EQ(codes[0].nonzeros(), 0u);
    for (std::int64_t j : {1, 2}) {
      EXPECT_EQ(info.signals[std::size_t(j)].status, Status::invalid) << entry->name;
      EXPECT_EQ(codes[j].nonzeros(), 0u);
      EXPECT_TRUE(std::isnan(info.signals[std::size_t(j)].objective));
    }
    for (std::int64_t j : {3, 4, 5}) {
      EXPECT_EQ(info.signals[std::size_t(j)].status, Status::converged) << entry->name;
      EXPECT_EQ(codes[j].nonzeros(), 5u) << entry->name;
      for (std::int32_t k : codes[j].indices) {
        EXPECT_GE(k, 3) << entry->name;                // zero atoms
        EXPECT_TRUE(k < 18 || k > 20) << entry->name;  // of equal atoms the first
      }
    }
    EXPECT_EQ(run(dictionary, p.signals, {{"residual", 1e300}}).info.signals[0].status,
              Status::converged);
    // More than there is to find.
    const auto all = run(dictionary, p.signals.view().middle_columns(5, 1), {{"residual", 0.0}});
    EXPECT_LE(2 * all.info.objective(), 1e-20) << entry->name;
    EXPECT_NE(all.info.signals[0].status, Status::iteration_limit) << entry->name;
    // No signals, no atoms, one atom: z = d'y / |d|^2.
    EXPECT_TRUE(run(dictionary, p.signals.view().middle_columns(0, 0), {{"nonzeros", 3.0}})
                    .info.converged());
    const Dictionary<double> empty(p.dictionary.view().middle_columns(0, 0));
    EXPECT_EQ(run(empty, p.signals, {{"residual", 0.0}}).codes.nonzeros(), 0);
    const auto one = p.dictionary.view().middle_columns(27, 1);
    const auto y = p.signals.view().middle_columns(5, 1);
    const auto z = run(Dictionary<double>(one), y, {{"nonzeros", 1.0}});
    double b = 0, g = 0;
    for (int i = 0; i < 24; ++i) b += one(i, 0) * y(i, 0), g += one(i, 0) * one(i, 0);
    EXPECT_NEAR(z.codes.to_dense()(0, 0), b / g, 1e-13 * std::abs(b / g)) << entry->name;
    // Stopped before anything is begun.
    const auto late = encode<double>(entry->name, dictionary, p.signals, {{"nonzeros", 5.0}},
                                     nullptr, {.max_seconds = 0});
    EXPECT_EQ(late.codes.signals(), 6);
    EXPECT_EQ(late.info.count(Status::time_limit), 4) << entry->name;
    EXPECT_TRUE(std::isnan(late.info.signals[5].relative_gap)) << entry->name;
  }
}

TEST(Pursuits, RefuseWhatDoesNotFitAndSayWhatDoes) {
  const auto p = plant<double>({.rows = 8, .atoms = 12, .signals = 2});
  const Matrix<double> wrong(9, 2);
  const SparseCodes<double> initial(12);
  const Dictionary<double> dictionary(p.dictionary.view());
  for (const SolverEntry* entry : pursuits()) {
    const std::string name(entry->name);
    const auto refusal = [&](const Matrix<double>& signals, Values settings,
                             const std::string& text, const SparseCodes<double>* from = nullptr) {
      EXPECT_THAT([&] { encode<double>(name, dictionary, signals, settings, from); },
                  ThrowsMessage<Error>(testing::AllOf(testing::StartsWith(name), HasSubstr(text))));
    };
    refusal(p.signals, {}, "no stopping rule");
    for (double bad : {-1.0, nan, infinity}) {
      refusal(p.signals, {{"nonzeros", bad}}, "nonzeros");
      refusal(p.signals, {{"residual", bad}}, "residual");
    }
    refusal(p.signals, {{"nonzeros", 1.5}}, "it must be a whole number");
    refusal(p.signals, {{"nonzeros", 13.0}}, "it must be at most the 12 atoms");
    refusal(p.signals, {{"nonzeros", std::vector<double>(3, 1.0)}},
            "nonzeros has 3 values for 2 signals");
    refusal(p.signals, {{"residual", std::vector<double>(3, 1.0)}},
            "residual has 3 values for 2 signals");
    refusal(p.signals, {{"nonzeros", 2.0}, {"lambda", 1.0}}, "lambda");
    refusal(wrong, {{"nonzeros", 2.0}}, "signals have 9 rows; the dictionary's atoms have 8");
    refusal(p.signals, {{"nonzeros", 2.0}}, "initial", &initial);
    if (has_setting(*entry, "atom_penalty"))
      refusal(p.signals, {{"atom_penalty", 0.0}}, "atom_penalty");
    if (has_setting(*entry, "max_iterations"))
      refusal(p.signals, {{"nonzeros", 2.0}, {"max_iterations", std::int64_t{0}}},
              "max_iterations");
  }
}

}  // namespace
}  // namespace striate
