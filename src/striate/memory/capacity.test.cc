#include "striate/memory/capacity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "striate/memory/associative_memory.h"
#include "striate/memory/rules/graded_hebbian.h"
#include "striate/memory/rules/top1.h"
#include "striate/memory/rules/tpam.h"
#include "tests/problems/planted_memory.h"

namespace striate {
namespace {

using testing::HasSubstr;
using Complex = std::complex<double>;

template <class T>
AssociativeMemory<T> filled(const MemoryRule& rule, const SparseCodes<T>& codes) {
  AssociativeMemory<T> memory(rule, {.units = codes.atoms() / 2});
  memory.store(codes);
  return memory;
}

// Two vectors of the Fourier basis of four units for each of `blocks`: orthogonal codes that share
// their units. (All four would leave nothing of J once its diagonal is taken out.)
SparseCodes<double> fourier_codes(std::int64_t blocks) {
  Matrix<Complex> dense(4 * blocks, 2 * blocks);
  for (std::int64_t b = 0; b < blocks; ++b)
    for (std::int64_t f = 0; f < 2; ++f)
      for (std::int64_t i = 0; i < 4; ++i)
        dense(4 * b + i, 2 * b + f) = std::polar(1.0, std::numbers::pi / 2 * double(f * i));
  return pairs_of_complex<double>(dense.view());
}

TEST(CapacityReport, OfOrthogonalCodes) {
  for (const MemoryRule* rule : {&graded_hebbian, &tpam, &top1}) {
    SCOPED_TRACE(rule->name);
    const auto report = filled(*rule, fourier_codes(10)).capacity_report({.cue = {0, 0.1}});
    EXPECT_EQ(report.patterns, 20);
    EXPECT_EQ(report.compared, 20);
    EXPECT_EQ(report.k, 4);
    EXPECT_NEAR(report.worst_overlap, 0, 1e-12);
    EXPECT_NEAR(report.rms_overlap, 0, 1e-12);
    EXPECT_NEAR(report.effective_rank, 20, 1e-9);
    EXPECT_NEAR(report.leading_eigenvalue, 1, 1e-9);
    EXPECT_EQ(report.units_used, 40);
    EXPECT_DOUBLE_EQ(report.least_usage, 0.1);
    EXPECT_DOUBLE_EQ(report.most_usage, 0.1);
    EXPECT_EQ(report.accuracy, 1);
    EXPECT_EQ(report.accuracy_nearest, 1);
  }
}

TEST(CapacityReport, OfDisjointCodesHasNoCrossTalk) {
  Matrix<Complex> dense(30, 10);
  for (std::int64_t p = 0; p < 10; ++p)
    for (std::int64_t i = 0; i < 3; ++i) dense(3 * p + i, p) = 2;
  const auto report = filled(tpam, pairs_of_complex<double>(dense.view())).capacity_report();
  EXPECT_EQ(report.cross_talk_variance, 0);
  EXPECT_EQ(report.snr, std::numeric_limits<double>::infinity());
  EXPECT_EQ(report.safe_load, std::numeric_limits<double>::infinity());
  EXPECT_DOUBLE_EQ(report.signal, 2);  // K - 1: a unit takes no part in its own field
}

TEST(CapacityReport, OfCopiesOfOneCode) {
  const auto one = random_codes<double>(50, 6, 1, 4, 0.5);
  SparseCodes<double> codes(100);
  for (int p = 0; p < 7; ++p) codes.append(one);
  const auto report = filled(graded_hebbian, codes).capacity_report();
  EXPECT_NEAR(report.worst_overlap, 1, 1e-12);
  EXPECT_NEAR(report.rms_overlap, 1, 1e-12);
  EXPECT_NEAR(report.leading_eigenvalue, 7, 1e-9);
  EXPECT_NEAR(report.effective_rank, 1, 1e-12);
  EXPECT_NEAR(report.accuracy, 1.0 / 7, 1e-12);  // the lowest id answers for all
  EXPECT_EQ(report.units_used, 6);
}

TEST(CapacityReport, ByPlainLoops) {
  constexpr std::int64_t n = 40, P = 25;
  const auto codes = random_codes<double>(n, 7, P, 8, 0.6);
  const auto report = filled(graded_hebbian, codes).capacity_report({.energy_share = 0.5});
  std::vector<std::vector<Complex>> z;
  for (std::int64_t p = 0; p < P; ++p) {
    z.push_back(problems::dense(codes, p));
    double size = 0;
    for (const Complex& x : z.back()) size += std::norm(x);
    for (Complex& x : z.back()) x /= std::sqrt(size);
  }
  double squares = 0, worst = 0, mean_worst = 0, noise = 0, signal = 0;
  std::vector<double> usage(n);
  for (std::size_t p = 0; p < P; ++p) {
    std::vector<Complex> u(n), own(n);
    double nearest = 0;
    for (std::size_t q = 0; q < P; ++q) {
      Complex overlap = 0;
      for (std::size_t i = 0; i < n; ++i) overlap += std::conj(z[q][i]) * z[p][i];
      if (q != p) squares += std::norm(overlap), nearest = std::max(nearest, std::abs(overlap));
      // The diagonal of a code's own outer product is taken out unit by unit.
      for (std::size_t i = 0; i < n; ++i)
        (q == p ? own : u)[i] += z[q][i] * (overlap - std::conj(z[q][i]) * z[p][i]);
    }
    worst = std::max(worst, nearest);
    mean_worst += nearest / P;
    double heard = 0;
    for (std::size_t i = 0; i < n; ++i) {
      noise += std::norm(u[i]) / (n * P);
      heard += std::norm(own[i]);
      usage[i] += (z[p][i] != 0.0) / double(P);
    }
    signal += heard / 7 / P;
  }
  EXPECT_NEAR(report.rms_overlap, std::sqrt(squares / (P * (P - 1))), 1e-12);
  EXPECT_NEAR(report.worst_overlap, worst, 1e-12);
  EXPECT_NEAR(report.mean_worst_overlap, mean_worst, 1e-12);
  EXPECT_NEAR(report.effective_rank, P * P / (P + squares), 1e-10);
  EXPECT_NEAR(report.cross_talk_variance, noise, 1e-12);
  EXPECT_NEAR(report.signal, std::sqrt(signal), 1e-12);
  EXPECT_NEAR(report.snr, std::sqrt(signal / noise), 1e-9);
  EXPECT_NEAR(report.snr_first_order, n / std::sqrt(25.0 * 7), 1e-12);
  for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(report.unit_usage[i], usage[i], 1e-12);
  // The leading eigenvalue by many plain power steps on the codes.
  std::vector<Complex> v(n, 1), w(n);
  double value = 0;
  for (int step = 0; step < 20000; ++step) {
    std::ranges::fill(w, 0.0);
    for (const auto& code : z) {
      Complex overlap = 0;
      for (std::size_t i = 0; i < n; ++i) overlap += std::conj(code[i]) * v[i];
      for (std::size_t i = 0; i < n; ++i) w[i] += code[i] * overlap;
    }
    double size = 0;
    for (const Complex& x : w) size += std::norm(x);
    value = std::sqrt(size);
    for (std::size_t i = 0; i < n; ++i) v[i] = w[i] / value;
  }
  EXPECT_NEAR(report.leading_eigenvalue, value, 1e-6);
}

// Both sides of the Gram matrix: more codes than units, and a sample of the rows.
TEST(CapacityReport, ASampleSaysNearlyTheSame) {
  const auto memory = filled(tpam, random_codes<double>(100, 8, 600, 8));
  const auto all = memory.capacity_report({.compared = 1000, .copies = 1});
  const auto some = memory.capacity_report({.compared = 60, .copies = 1});
  EXPECT_EQ(all.compared, 600);
  EXPECT_EQ(some.compared, 60);
  EXPECT_EQ(some.leading_eigenvalue, all.leading_eigenvalue);
  EXPECT_LE(some.worst_overlap, all.worst_overlap);
  EXPECT_NEAR(some.rms_overlap, all.rms_overlap, 0.1 * all.rms_overlap);
  EXPECT_NEAR(some.snr, all.snr, 0.1 * all.snr);
  // The eigenvalues of random codes end near (1 + sqrt(P / n))^2.
  EXPECT_NEAR(all.leading_eigenvalue, std::pow(1 + std::sqrt(6.0), 2), 1);
}

// Of random phasors the variance is, exactly, (P - 1) K^2 (K - 1) / n^2 on average over the draws:
// P K^3 / n^2 to first order.
TEST(CapacityReport, CrossTalkOfRandomPhasorsIsThatOfTheFormula) {
  constexpr double n = 400, P = 100;
  for (const std::int64_t active : {10, 20, 50, 100, 200, 400}) {
    SCOPED_TRACE(active);
    const double K = double(active);
    double sum = 0, squares = 0;
    constexpr int draws = 8;
    for (std::uint64_t seed = 0; seed < draws; ++seed) {
      const auto memory = filled(tpam, random_codes<double>(400, active, 100, seed));
      const auto report = memory.capacity_report({.copies = 1});
      EXPECT_EQ(report.k, active);
      EXPECT_NEAR(report.signal, K - 1, 1e-9);
      EXPECT_NEAR(report.snr_first_order, n / std::sqrt(P * K), 1e-9);
      EXPECT_NEAR(report.snr, report.snr_first_order, 0.12 * report.snr_first_order);
      sum += report.cross_talk_variance;
      squares += report.cross_talk_variance * report.cross_talk_variance;
    }
    const double mean = sum / draws;
    const double error = std::sqrt(std::max(0.0, squares / draws - mean * mean) / (draws - 1));
    const double truth = (P - 1) * K * K * (K - 1) / (n * n);
    EXPECT_NEAR(mean, truth, 5 * error + 1e-3 * truth);
    EXPECT_NEAR(mean / (P * K * K * K / (n * n)), 1, 1 / K + 1 / P + 5 * error / mean);
  }
}

TEST(CapacityReport, AccuracyIsThatOfOtherDamagedCues) {
  // A load at which some cues are lost.
  const auto codes = random_codes<double>(200, 40, 300, 5);
  const auto memory = filled(tpam, codes);
  const CueDamage damage{.damage = 0.4, .phase_noise = 0.5};
  const auto report = memory.capacity_report({.cue = damage, .compared = 10});
  EXPECT_EQ(report.cues, 300);
  const auto cues = damaged_codes(codes, damage, 77);
  const Accuracy measured = identification_accuracy(memory.recall(cues).ids, memory.ids());
  EXPECT_GT(measured.share, 0.05);
  EXPECT_LT(measured.share, 0.95);
  EXPECT_NEAR(report.accuracy, measured.share,
              4 * std::hypot(report.accuracy_error, measured.standard_error));
  EXPECT_GE(report.accuracy_nearest, report.accuracy);
  // 60 % of a cue's units agree, their phases by exp(-0.5^2 / 2).
  EXPECT_NEAR(report.cue_overlap, 0.6 * std::exp(-0.125), 0.02);
}

// At the safe load of the damage at hand a first step gives most codes back unit by unit, at four
// times that load hardly any.
TEST(CapacityReport, SafeLoadParts) {
  constexpr std::int64_t n = 400, K = 20;
  const CueDamage damage{.damage = 0.1, .phase_noise = 0.2};
  const auto wrong_units = [&](std::int64_t patterns) {
    const auto codes = random_codes<double>(n, K, patterns, 9);
    const auto memory = filled(tpam, codes);
    const auto some = codes.slice(0, 60);
    const auto recalled = memory.recall(damaged_codes(some, damage, 3), {.max_steps = 1});
    double wrong = 0;
    for (std::int64_t j = 0; j < 60; ++j) {
      const auto truth = problems::dense(some, j), state = problems::dense(recalled.states, j);
      for (std::size_t i = 0; i < n; ++i) wrong += (truth[i] == 0.0) != (state[i] == 0.0);
    }
    return wrong / 60;
  };
  const auto report =
      filled(tpam, random_codes<double>(n, K, 100, 8)).capacity_report({.cue = damage});
  const auto safe = static_cast<std::int64_t>(report.safe_load);
  EXPECT_NEAR(report.safe_load, std::pow(report.cue_overlap, 2) * n * n / (4 * K * std::log(n)),
              0.15 * double(safe));
  EXPECT_LT(wrong_units(safe), 1);
  EXPECT_GT(wrong_units(4 * safe), 4);
}

TEST(CapacityReport, IsRepeatableForAnyThreads) {
  const auto memory = filled(tpam, random_codes<float>(200, 10, 300, 5, 0.3));
  const auto one = memory.capacity_report({.compared = 100, .seed = 3}, {.threads = 1});
  const auto four = memory.capacity_report({.compared = 100, .seed = 3}, {.threads = 4});
  EXPECT_EQ(values(one), values(four));
  EXPECT_NE(values(one), values(memory.capacity_report({.compared = 100, .seed = 4})));
}

TEST(CapacityReport, OfAnEmptyMemoryAndOfOneCode) {
  AssociativeMemory<float> memory(tpam, {.units = 30, .k = 4});
  const auto empty = memory.capacity_report();
  CapacityReport nothing{.units = 30};
  nothing.unit_usage.resize(30);
  EXPECT_EQ(values(empty), values(nothing));
  memory.store(random_codes<float>(30, 4, 1, 1));
  const auto one = memory.capacity_report();
  EXPECT_EQ(one.patterns, 1);
  EXPECT_EQ(one.rms_overlap, 0);
  EXPECT_NEAR(one.effective_rank, 1, 1e-12);
  EXPECT_NEAR(one.leading_eigenvalue, 1, 1e-6);
  EXPECT_EQ(one.accuracy, 1);
  EXPECT_EQ(one.safe_load, std::numeric_limits<double>::infinity());
}

TEST(CapacityReport, Refuses) {
  const auto memory = filled(tpam, random_codes<double>(30, 4, 3, 1));
  const auto message = [&](const CapacitySettings& settings) -> std::string {
    try {
      memory.capacity_report(settings);
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing thrown";
  };
  EXPECT_THAT(message({.cue = {.damage = std::nan("")}}),
              HasSubstr("AssociativeMemory.capacity_report: damage is nan"));
  EXPECT_THAT(message({.compared = 0}), HasSubstr("compared is 0"));
  EXPECT_THAT(message({.energy_share = 2}), HasSubstr("energy_share is 2"));
}

TEST(CapacityReport, AStopLeavesWhatIsThere) {
  const auto memory = filled(tpam, random_codes<double>(30, 4, 3, 1));
  std::stop_source stop;
  stop.request_stop();
  const auto report = memory.capacity_report({}, {.stop = stop.get_token()});
  EXPECT_EQ(report.patterns, 3);
  EXPECT_EQ(report.compared, 0);
  EXPECT_EQ(report.cues, 0);
  EXPECT_EQ(report.accuracy, 0);
}

TEST(EnergySupport, IsTheMedianOfTheSmallestSets) {
  SparseCodes<double> codes(8);  // energies of the units: 9, 1 and 16, 4, 1
  const std::vector<std::int32_t> a{0, 1, 2, 3}, b{0, 1, 4, 5, 6, 7};
  codes.append(a, std::vector<double>{3, 0, 0, 1});
  EXPECT_EQ(energy_support(codes, 0.8), 1);
  EXPECT_EQ(energy_support(codes, 0.95), 2);
  codes.append(b, std::vector<double>{4, 0, 0, 2, 1, 0});
  codes.append(b, std::vector<double>{4, 0, 0, 2, 1, 0});
  EXPECT_EQ(energy_support(codes, 0.8), 2);
  EXPECT_EQ(energy_support(codes, 1), 3);
  EXPECT_EQ(energy_support(SparseCodes<double>(8), 0.5), 1);
}

}  // namespace
}  // namespace striate
