// Every solver of the table with weights and masks on the data, and with settings per signal: judged
// from the original data, against the problem with rows deleted or scaled by plain loops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/catalog/solvers.h"
#include "striate/catalog/testing.test.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using testing::ThrowsMessage;

constexpr int rows = 16, atoms = 32;

template <class T>
Planted<T> planted(std::int64_t signals) {
  return plant<T>(
      {.rows = rows, .atoms = atoms, .nonzeros = 4, .signals = signals, .noise = 0.1, .seed = 5});
}

Values settings_for(const SolverEntry& entry) {
  Values values;
  if (has_setting(entry, "lambda")) values["lambda"] = 0.2;
  else values["nonzeros"] = 4.0;
  if (has_setting(entry, "tolerance")) values["tolerance"] = 1e-9;
  if (has_setting(entry, "max_iterations")) values["max_iterations"] = std::int64_t{100000};
  return values;
}

// Signals in columns: most of a few masks, every fifth one of its own.
template <class T>
Matrix<T> masks(std::int64_t signals) {
  Matrix<T> w(rows, signals);
  const Matrix<double> chance = random_matrix<double>(rows, signals, 7);
  for (std::int64_t j = 0; j < signals; ++j)
    for (int i = 0; i < rows; ++i) w(i, j) = chance(i, j % 5 == 0 ? j : j % 3) > -0.4;
  return w;
}

template <class T>
Matrix<T> some_weights(std::int64_t signals) {
  Matrix<T> w = masks<T>(signals);
  for (std::int64_t j = 0; j < signals; ++j)
    for (int i = 0; i < rows; ++i) w(i, j) *= T(0.5) + T(0.25) * T((3 * i + j) % 7);
  return w;
}

// sqrt(w_i) times the rows i with w_i > 0.
template <class T>
Matrix<T> scaled_rows(MatrixView<const T> all, std::span<const T> weights) {
  std::int64_t kept = 0;
  for (T w : weights) kept += w > 0;
  Matrix<T> some(kept, all.columns);
  for (std::int64_t j = 0; j < all.columns; ++j) {
    std::int64_t next = 0;
    for (std::int64_t i = 0; i < all.rows; ++i)
      if (weights[std::size_t(i)] > 0)
        some(next++, j) = std::sqrt(weights[std::size_t(i)]) * all(i, j);
  }
  return some;
}

TEST(Weighted, WeightsOfOneChangeNoBit) {
  const auto p = planted<float>(40);
  const Dictionary<float> dictionary(p.dictionary.view());
  Matrix<float> ones(rows, 40);
  ones.fill(1);
  for (const SolverEntry& entry : solvers()) {
    const auto plain = encode<float>(entry.name, dictionary, p.signals, settings_for(entry));
    for (std::int64_t columns : {1, 40}) {
      const auto same = encode<float>(entry.name, dictionary, p.signals, settings_for(entry),
                                      nullptr, {}, ones.view().middle_columns(0, columns));
      EXPECT_TRUE(plain.codes == same.codes) << entry.name;
      expect_same(plain.info, same.info, std::string(entry.name));
    }
  }
}

TEST(Weighted, AMaskIsRowsDeletedAndWhatItHidesDoesNotMatter) {
  auto p = planted<float>(30);
  const Matrix<float> mask = masks<float>(30), signals = p.signals;
  for (std::int64_t j = 0; j < 30; ++j)
    for (int i = 0; i < rows; ++i)
      if (mask(i, j) == 0) p.signals(i, j) = i % 2 ? float(nan) : float(infinity);
  const Dictionary<float> dictionary(p.dictionary.view());
  for (const SolverEntry& entry : solvers()) {
    const auto masked = encode<float>(entry.name, dictionary, p.signals, settings_for(entry),
                                      nullptr, {}, mask.view());
    for (std::int64_t j = 0; j < 30; ++j) {
      const Dictionary<float> fewer(scaled_rows<float>(p.dictionary.view(), mask.column(j)),
                                    GramUse::few);
      const auto y = scaled_rows<float>(signals.view().middle_columns(j, 1), mask.column(j));
      const auto alone = encode<float>(entry.name, fewer, y, settings_for(entry));
      EXPECT_TRUE(alone.codes == masked.codes.slice(j, 1)) << entry.name;
      EncodeInfo of_j;
      of_j.signals = {masked.info.signals[std::size_t(j)]};
      expect_same(alone.info, of_j, std::string(entry.name));
    }
  }
}

TEST(Weighted, WhatIsSaidIsTrueOfTheWeightedProblem) {
  const auto p = planted<double>(12);
  const Matrix<double> weights = some_weights<double>(12);
  const Dictionary<double> dictionary(p.dictionary.view());
  for (const SolverEntry& entry : solvers()) {
    const Values settings = settings_for(entry);
    const auto [codes, info] =
        encode<double>(entry.name, dictionary, p.signals, settings, nullptr, {}, weights.view());
    JudgedPenalty penalty;
    if (has_setting(entry, "lambda")) penalty.lambda = 0.2;
    for (const Field& field : entry.fields()) {
      if (field.name == "group_size" && field.value != Value())
        penalty.group_size = std::get<std::int64_t>(field.value);
      if (field.name == "l1_share") penalty.l1_share = std::get<double>(field.value);
    }
    for (std::int64_t j = 0; j < 12; ++j) {
      const SignalInfo& said = info.signals[std::size_t(j)];
      const Judge judge(scaled_rows<double>(p.dictionary.view(), weights.column(j)).view(),
                        penalty);
      const auto y = scaled_rows<double>(p.signals.view().middle_columns(j, 1), weights.column(j));
      const double objective = judge.objective(y.view().column(0), codes[j]);
      EXPECT_NEAR(said.objective, objective, 1e-12 * objective) << entry.name;
      EXPECT_EQ(said.status, Status::converged) << entry.name;
      EXPECT_EQ(said.nonzeros, std::int32_t(codes[j].nonzeros())) << entry.name;
      if (std::isnan(said.relative_gap)) continue;
      const double gap = judge.relative_gap(y.view().column(0), codes[j]);
      EXPECT_NEAR(said.relative_gap, gap, 1e-12) << entry.name;
      EXPECT_LE(gap, has_setting(entry, "tolerance") ? 1.001e-9 : 1.0) << entry.name;
      // The same objective by plain loops over the data themselves.
      const std::vector<double> z = judge.dense(codes[j]);
      const std::vector<double> none(std::size_t(y.rows()));
      double fit = 0;
      for (int i = 0; i < rows; ++i) {
        double r = p.signals(i, j);
        for (int k = 0; k < atoms; ++k) r -= p.dictionary(i, k) * z[std::size_t(k)];
        fit += weights(i, j) * r * r / 2;
      }
      const double fit_of_judge =
          Judge(scaled_rows<double>(p.dictionary.view(), weights.column(j)).view(), {})
              .objective(y.view().column(0), codes[j]);
      EXPECT_NEAR(fit, fit_of_judge, 1e-12) << entry.name;
    }
  }
}

TEST(Weighted, SameBitsForAnyThreadsAndAnySplit) {
  // Masks of single signals, of some, and one of more than a few hundred.
  const auto p = planted<float>(420);
  Matrix<float> weights = some_weights<float>(420);
  for (std::int64_t j = 0; j < 420; ++j)
    if (j % 10 < 7) std::ranges::copy(weights.column(3), weights.column(j).begin());
  const Dictionary<float> dictionary(p.dictionary.view());
  for (const SolverEntry& entry : solvers()) {
    Values settings = settings_for(entry);
    if (has_setting(entry, "tolerance")) settings["tolerance"] = 1e-3;
    expect_same_bits(p.signals, std::string(entry.name), [&](Signals<float> some, int threads) {
      const std::int64_t first = (some.data - p.signals.data()) / rows;
      return encode<float>(entry.name, dictionary, some, settings, nullptr, {.threads = threads},
                           weights.view().middle_columns(first, some.columns));
    });
  }
}

TEST(Weighted, NothingObservedIsTheZeroCode) {
  auto p = planted<double>(3);
  Matrix<double> weights = some_weights<double>(3);
  for (int i = 0; i < rows; ++i) {
    weights(i, 1) = 0;
    p.signals(i, 1) = nan;
  }
  const Dictionary<double> dictionary(p.dictionary.view());
  for (const SolverEntry& entry : solvers()) {
    const auto [codes, info] = encode<double>(entry.name, dictionary, p.signals,
                                              settings_for(entry), nullptr, {}, weights.view());
    EXPECT_EQ(codes[1].nonzeros(), 0u) << entry.name;
    EXPECT_GT(codes[2].nonzeros(), 0u) << entry.name;
    EXPECT_EQ(info.signals[1].status, Status::converged) << entry.name;
    EXPECT_EQ(info.signals[1].objective, 0) << entry.name;
    EXPECT_EQ(info.signals[1].relative_gap, 0) << entry.name;
    // Of what is observed NaN still makes a signal invalid.
    Matrix<double> broken = p.signals;
    broken(0, 0) = broken(1, 0) = nan;
    weights(0, 0) = 1;
    EXPECT_EQ(encode<double>(entry.name, dictionary, broken, settings_for(entry), nullptr, {},
                             weights.view())
                  .info.signals[0]
                  .status,
              Status::invalid)
        << entry.name;
  }
}

TEST(Weighted, StopAtTheTimeLimitWithTheZeroCode) {
  const auto p = planted<double>(300);
  const Matrix<double> weights = some_weights<double>(300);
  const Dictionary<double> dictionary(p.dictionary.view());
  std::stop_source asked;
  asked.request_stop();
  for (const SolverEntry& entry : solvers()) {
    const auto late = encode<double>(entry.name, dictionary, p.signals, settings_for(entry),
                                     nullptr, {.max_seconds = 0}, weights.view());
    EXPECT_EQ(late.info.count(Status::time_limit), 300) << entry.name;
    EXPECT_EQ(late.codes.nonzeros(), 0) << entry.name;
    double half = 0;
    for (int i = 0; i < rows; ++i) half += weights(i, 7) * p.signals(i, 7) * p.signals(i, 7) / 2;
    EXPECT_NEAR(late.info.signals[7].objective, half, 1e-13) << entry.name;
    const auto stopped = encode<double>(entry.name, dictionary, p.signals, settings_for(entry),
                                        nullptr, {.stop = asked.get_token()}, weights.view());
    EXPECT_EQ(stopped.info.count(Status::stopped), 300) << entry.name;
  }
}

TEST(Weighted, RefuseWhatDoesNotFitAndSayWhatDoes) {
  const auto p = planted<double>(3);
  const Dictionary<double> dictionary(p.dictionary.view());
  for (const SolverEntry& entry : solvers()) {
    const std::string name(entry.name);
    const auto refusal = [&](const Matrix<double>& weights, const std::string& text) {
      EXPECT_THAT(
          [&] {
            encode<double>(name, dictionary, p.signals, settings_for(entry), nullptr, {},
                           weights.view());
          },
          ThrowsMessage<Error>(AllOf(StartsWith(name + ":"), HasSubstr(text))));
    };
    Matrix<double> weights = some_weights<double>(3);
    for (double bad : {-1.0, nan, infinity}) {
      weights(2, 1) = bad;
      refusal(weights, "each must be finite and at least 0");
    }
    refusal(Matrix<double>(rows, 2), "data_weights has 2 columns of 16; it must have 16 values");
    refusal(Matrix<double>(rows - 1, 3), "data_weights has 3 columns of 15");
    EXPECT_THAT(
        [&] {
          encode<double>(name, dictionary, p.signals, {}, nullptr, {},
                         some_weights<double>(3).view());
        },
        ThrowsMessage<Error>(StartsWith(name + ":")));
  }
}

// A list of numbers gives every signal what that number alone gives it.
TEST(PerSignal, EverySettingOfOneNumberPerSignal) {
  const auto p = planted<double>(9);
  const Matrix<double> weights = some_weights<double>(9);
  const Dictionary<double> dictionary(p.dictionary.view());
  const auto number = [](const std::string& field, std::int64_t j) {
    if (field == "nonzeros") return double(1 + j % 4);
    return (field == "lambda_relative" ? 0.1 : 0.02) * double(1 + j % 5);
  };
  for (const SolverEntry& entry : solvers())
    for (const Field& field : entry.fields()) {
      if (!field.per_signal) continue;
      Values settings = settings_for(entry);
      settings.erase("lambda");
      settings.erase("nonzeros");
      std::vector<double> numbers;
      for (std::int64_t j = 0; j < 9; ++j) numbers.push_back(number(field.name, j));
      for (bool weighted : {false, true}) {
        const auto run = [&](std::int64_t first, std::int64_t count, Value value) {
          settings[field.name] = std::move(value);
          return encode<double>(
              entry.name, dictionary, p.signals.view().middle_columns(first, count), settings,
              nullptr, {},
              weighted ? weights.view().middle_columns(first, count) : MatrixView<const double>());
        };
        const auto all = run(0, 9, numbers);
        for (std::int64_t j = 0; j < 9; ++j) {
          const auto one = run(j, 1, numbers[std::size_t(j)]);
          EXPECT_TRUE(one.codes == all.codes.slice(j, 1)) << entry.name << " " << field.name;
          EXPECT_EQ(one.info.signals[0].objective, all.info.signals[std::size_t(j)].objective);
        }
        EXPECT_THAT(
            [&] { run(0, 8, numbers); },
            ThrowsMessage<Error>(
                AllOf(StartsWith(std::string(entry.name) + ":"),
                      HasSubstr(field.name + " has 9 values for 8 signals; one value is needed"))));
      }
    }
}

}  // namespace
}  // namespace striate
