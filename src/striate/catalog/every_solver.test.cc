// What every solver of the table owes its callers, whether it certifies a minimum, chooses greedily
// (solvers.test.cc has more of those) or neither: what it says of a code is true, the same bits for
// any threads and split, scaling, refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "striate/catalog/solvers.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

bool has_field(const SolverEntry& entry, std::string_view name) {
  const std::vector<Field> fields = entry.fields();
  return std::ranges::any_of(fields, [&](const Field& field) { return field.name == name; });
}

// A problem and what is asked of a solver that has the words for it.
struct Case {
  const SolverEntry* entry;
  int group_size = 1;
  bool positive = false, weighted = false;

  std::vector<double> weights(std::int64_t atoms) const {
    std::vector<double> result;
    if (weighted)
      for (std::int64_t g = 0; g < atoms / group_size; ++g)
        result.push_back(0.5 + 0.1 * double(g % 9));
    return result;
  }
  Values settings(std::int64_t atoms, double lambda) const {
    Values values = {{"lambda", lambda},
                     {"tolerance", 1e-4},
                     {"positive", positive},
                     {"group_size", std::int64_t{group_size}}};
    if (!has_field(*entry, "lambda")) values["nonzeros"] = std::min<std::int64_t>(5, atoms);
    if (weighted) values["penalty_weights"] = weights(atoms);
    std::erase_if(values, [&](const auto& value) { return !has_field(*entry, value.first); });
    return values;
  }
  JudgedPenalty penalty(std::int64_t atoms, double lambda) const {
    if (!has_field(*entry, "lambda")) return {.positive = positive};
    return {.lambda = lambda,
            .group_size = group_size,
            .positive = positive,
            .weights = weights(atoms)};
  }
  std::string text() const {
    return join(entry->name, ", groups of ", group_size, positive ? ", positive" : "",
                weighted ? ", weighted" : "");
  }
};

// `others`: only of solvers that neither certify nor choose greedily.
std::vector<Case> cases(bool others) {
  std::vector<Case> result;
  for (const SolverEntry& entry : solvers()) {
    const bool certifies = has_field(entry, "lambda") && has_field(entry, "tolerance");
    if (others && (certifies || has_field(entry, "residual"))) continue;
    for (int size : {1, 2, 3})
      for (bool positive : {false, true})
        for (bool weighted : {false, true})
          if ((size == 1 || has_field(entry, "group_size")) &&
              (!positive || has_field(entry, "positive")) &&
              (!weighted || has_field(entry, "penalty_weights")))
            result.push_back({&entry, size, positive, weighted});
  }
  return result;
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

// Of two numbers or two NaNs.
bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// Signals zero, NaN, infinite, none at all; atoms zero, doubled, long; one atom or group, no atoms.
TEST(EverySolver, SaysWhatIsTrueOfOddProblems) {
  for (const Case& c : cases(false)) {
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
      const Values settings = c.settings(atoms, 0.1);
      const auto [codes, info] = encode<double>(c.entry->name, dictionary, p.signals, settings);
      const Judge judge(columns, c.penalty(atoms, 0.1));
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
            << c.text() << " " << said.relative_gap << " " << gap;
        EXPECT_TRUE((j > 0 && atoms > 0) || codes[j].nonzeros() == 0) << c.text();
        for (std::int32_t k : codes[j].indices)
          EXPECT_TRUE(atoms < 48 || k >= 3 * c.group_size) << c.text();
      }
      const auto none = encode<double>(c.entry->name, dictionary,
                                       p.signals.view().middle_columns(0, 0), settings);
      EXPECT_EQ(none.codes.signals(), 0) << c.text();
      EXPECT_TRUE(none.info.converged()) << c.text();
    }
  }
}

TEST(OtherSolvers, SameBitsForAnyThreadsAndAnySplit) {
  for (const Case& c : cases(true)) {
    const std::int64_t n = 300;
    const auto p = problem_for<float>(c, n);
    const Dictionary<float> dictionary(p.dictionary.view());
    const auto run = [&](Signals<float> signals, int threads) {
      return encode<float>(c.entry->name, dictionary, signals, c.settings(48, 0.2), nullptr,
                           {.threads = threads});
    };
    const auto whole = run(p.signals, 1);
    const auto expect_part = [&](const Encoding<float>& part, std::int64_t first) {
      EXPECT_TRUE(whole.codes.slice(first, part.codes.signals()) == part.codes) << c.text();
      for (std::int64_t j = 0; j < part.codes.signals(); ++j) {
        const SignalInfo& a = whole.info.signals[std::size_t(first + j)];
        const SignalInfo& b = part.info.signals[std::size_t(j)];
        EXPECT_TRUE(a.status == b.status && a.iterations == b.iterations &&
                    same(a.objective, b.objective) && same(a.relative_gap, b.relative_gap))
            << c.text();
      }
    };
    for (int threads : {2, 4}) expect_part(run(p.signals, threads), 0);
    for (std::int64_t width : {1, 7, 129})
      for (std::int64_t j = 40; j < std::min(n, 40 + 5 * width); j += width)
        expect_part(run(p.signals.view().middle_columns(j, std::min(width, n - j)), 1), j);
  }
}

TEST(OtherSolvers, ScaleWithTheSignal) {
  for (const Case& c : cases(true)) {
    const auto p = problem_for<double>(c, 10);
    const Dictionary<double> dictionary(p.dictionary.view());
    const auto dense = [&](const Matrix<double>& signals, double k) {
      return encode<double>(c.entry->name, dictionary, signals, c.settings(48, 0.1 * k))
          .codes.to_dense();
    };
    const Matrix<double> z = dense(p.signals, 1);
    for (double k : {0x1p-90, 8.0, 0x1p300}) {  // powers of two: exactly
      Matrix<double> signals = p.signals;
      for (double& x : std::span(signals.data(), signals.size())) x *= k;
      const Matrix<double> kz = dense(signals, k);
      for (std::size_t i = 0; i < z.size(); ++i)
        EXPECT_EQ(kz.data()[i], k * z.data()[i]) << c.text();
    }
  }
}

TEST(OtherSolvers, SinglePrecisionAgreesWithDouble) {
  for (const Case& c : cases(true)) {
    const auto f = problem_for<float>(c, 30);
    const auto d = problem_for<double>(c, 30);
    const auto one = encode<float>(c.entry->name, Dictionary<float>(f.dictionary.view()), f.signals,
                                   c.settings(48, 0.1));
    const auto two = encode<double>(c.entry->name, Dictionary<double>(d.dictionary.view()),
                                    d.signals, c.settings(48, 0.1));
    for (std::size_t j = 0; j < 30; ++j)
      EXPECT_NEAR(one.info.signals[j].objective, two.info.signals[j].objective,
                  1e-5 * two.info.signals[j].objective)
          << c.text();
  }
}

TEST(OtherSolvers, RefuseWhatDoesNotFitAndSayWhatDoes) {
  const auto p = plant<double>({.rows = 8, .atoms = 12, .signals = 2});
  const Matrix<double> wrong(9, 2);
  const SparseCodes<double> initial(12);
  const Dictionary<double> dictionary(p.dictionary.view());
  for (const Case& c : cases(true)) {
    if (c.group_size > 1 || c.positive || c.weighted) continue;
    const std::string name(c.entry->name);
    const bool penalized = has_field(*c.entry, "lambda");
    const Values good = c.settings(12, 1);
    const auto refusal = [&](const Matrix<double>& signals, const Values& settings,
                             const std::string& text, const SparseCodes<double>* from = nullptr) {
      EXPECT_THAT([&] { encode<double>(name, dictionary, signals, settings, from); },
                  ThrowsMessage<Error>(testing::AllOf(testing::StartsWith(name), HasSubstr(text))));
    };
    // One more setting, if the solver has it.
    const auto refuses = [&](const std::string& field, Value value, const std::string& text) {
      Values settings = good;
      settings[field] = std::move(value);
      if (has_field(*c.entry, field)) refusal(p.signals, settings, text);
    };
    refusal(p.signals, {}, penalized ? "lambda" : "nonzeros is missing");
    refuses("lambda_relative", 0.5, "both given");
    for (double bad : {0.0, -1.0, nan, infinity}) refuses("lambda", bad, "lambda");
    refuses("nonzeros", std::int64_t{-1}, "nonzeros");
    refuses("nonzeros", std::int64_t{13}, "it must be at most the 12 atoms");
    refuses("tolerance", -1e-3, "tolerance");
    refuses("max_iterations", std::int64_t{0}, "max_iterations");
    refuses("penalty_weights", std::vector<double>(5, 1.0), "5 values");
    refuses("penalty_weights", std::vector<double>(12, -1.0), "penalty_weights");
    refuses("group_size", std::int64_t{5}, "must divide the 12 atoms");
    Values unknown = good;
    unknown["rho"] = 1.0;
    refusal(p.signals, unknown, "rho");
    refusal(wrong, good, "signals have 9 rows; the dictionary's atoms have 8");
    refusal(p.signals, good, "initial codes are for 0 signals", &initial);
  }
}

}  // namespace
}  // namespace striate
