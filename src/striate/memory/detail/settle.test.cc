#include "striate/memory/detail/settle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "striate/memory/detail/recall_plain.h"
#include "striate/memory/rules/hebbian_weighting.h"
#include "striate/memory/rules/top1.h"
#include "tests/problems/planted_memory.h"

namespace striate::detail {
namespace {

using Complex = std::complex<double>;
using Vector = std::vector<Complex>;
constexpr double kLimit = 1e-12;

struct Trace {
  std::vector<double> energies;
  std::vector<Vector> states;
  Settled settled;
};

Trace run(const StoredField<double>& field, const Dynamics& dynamics, const Vector& cue,
          int steps = 8, double tolerance = 0) {
  Trace trace;
  SettleBuffers<double> buffers(field);
  buffers.z = cue;
  trace.settled = settle(field, dynamics, steps, tolerance, buffers, [&] {
    trace.energies.push_back(energy(field, dynamics, std::span<const Complex>(buffers.z),
                                    std::span<const Complex>(buffers.a)));
    trace.states.push_back(buffers.z);
  });
  return trace;
}

std::unique_ptr<Weighting<double>> weighting(bool top) {
  if (top) return top1.prepare<double>(UnitCodes<double>(1), {});
  return std::make_unique<HebbianWeighting<double>>();
}

// A random memory of at most 12 units and 8 graded patterns with weights, and a dense cue.
struct Problem {
  explicit Problem(std::uint64_t seed) : random(seed, stream("problem")) {
    n = static_cast<std::int64_t>(2 + random.below(11));
    codes = UnitCodes<double>(n);
    const auto patterns = 1 + random.below(8);
    for (std::uint64_t p = 0; p < patterns; ++p) {
      std::vector<std::int32_t> units;
      Vector values;
      for (std::int32_t u = 0; u < n; ++u) {
        if (random.uniform() < 0.5) continue;
        units.push_back(u);
        values.push_back(random.normal() * problems::random_phase(random));
      }
      codes.append({units, values});
      weights.push_back(0.1 + 2 * random.uniform());
    }
    for (std::int64_t u = 0; u < n; ++u)
      cue.push_back(random.normal() * problems::random_phase(random));
  }
  StoredField<double> field(bool top, bool zero_diagonal = false) const {
    return {&codes, weights, weighting(top), zero_diagonal};
  }
  Random random;
  std::int64_t n = 0;
  UnitCodes<double> codes;
  std::vector<double> weights;
  Vector cue;
};

// The largest rise of a trace relative to its energies.
double rise(const std::vector<double>& energies) {
  double worst = -1;
  for (std::size_t t = 1; t < energies.size(); ++t)
    worst = std::max(worst, (energies[t] - energies[t - 1]) /
                                std::max({1.0, std::abs(energies[t]), std::abs(energies[t - 1])}));
  return worst;
}

TEST(Settle, T1PhasesUnderAConstantThresholdNeverRaiseTheEnergy) {
  int moved = 0;
  for (std::uint64_t seed = 0; seed < 10000; ++seed) {
    Problem problem(seed);
    const Dynamics dynamics{.truncation = Truncation::absolute,
                            .theta = 1.5 * problem.random.uniform(),
                            .normalization = Normalization::phase};
    const Trace trace = run(problem.field(seed % 2), dynamics, problem.cue, 8, 1e-9);
    EXPECT_LE(rise(trace.energies), kLimit) << seed;
    EXPECT_NE(trace.settled.ending, Ending::cycle) << seed;
    moved += trace.energies.back() < trace.energies.front() - 1e-3;
  }
  EXPECT_GT(moved, 9000);
}

TEST(Settle, T2WinnersNeverRaiseTheEnergy) {
  for (const auto normalization : {Normalization::phase, Normalization::vector}) {
    int moved = 0;
    for (std::uint64_t seed = 0; seed < 10000; ++seed) {
      Problem problem(seed);
      const Dynamics dynamics{
          .k = static_cast<std::int64_t>(1 + problem.random.below(problem.cue.size())),
          .normalization = normalization,
          .cut_cue = true};
      const Trace trace = run(problem.field(seed % 2), dynamics, problem.cue);
      EXPECT_LE(rise(trace.energies), kLimit) << seed;
      moved += trace.energies.back() < trace.energies.front() - 1e-3;
    }
    EXPECT_GT(moved, 8000);
  }
}

TEST(Settle, T3WholeVectorsNeverRaiseTheEnergyUnlessUnitsSwitchOff) {
  int covered = 0;
  for (std::uint64_t seed = 0; seed < 10000; ++seed) {
    Problem problem(seed);
    const Dynamics dynamics{.truncation = seed % 3 ? Truncation::absolute : Truncation::relative,
                            .theta = 0.5 * problem.random.uniform(),
                            .normalization = Normalization::vector};
    const Trace trace = run(problem.field(seed % 2), dynamics, problem.cue);
    for (std::size_t t = 1; t < trace.states.size(); ++t) {
      bool grows = true;
      for (std::size_t i = 0; i < problem.cue.size(); ++i)
        grows &= trace.states[t - 1][i] == 0.0 || trace.states[t][i] != 0.0;
      if (!grows) continue;
      ++covered;
      EXPECT_LE(rise({trace.energies[t - 1], trace.energies[t]}), kLimit) << seed;
    }
  }
  EXPECT_GT(covered, 10000);
}

TEST(Settle, WithoutTheDiagonalSomeRunsDoRise) {
  int rises = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Problem problem(seed);
    const Dynamics dynamics{.truncation = Truncation::absolute,
                            .theta = 0.3 * problem.random.uniform(),
                            .normalization = Normalization::phase};
    rises += rise(run(problem.field(false, true), dynamics, problem.cue).energies) > 1e-6;
  }
  EXPECT_GT(rises, 20);
}

UnitCodes<double> codes_of(const std::vector<Vector>& patterns) {
  UnitCodes<double> codes(static_cast<std::int64_t>(patterns.front().size()));
  std::vector<std::int32_t> units;
  for (std::int32_t i = 0; i < codes.units(); ++i) units.push_back(i);
  for (const Vector& pattern : patterns) codes.append({units, pattern});
  return codes;
}

TEST(Settle, T4TwoUnitsWithoutDiagonalCycle) {
  const UnitCodes<double> codes = codes_of({{1.0, 1.0}});
  const Dynamics dynamics{
      .truncation = Truncation::absolute, .theta = 0.5, .normalization = Normalization::phase};
  const std::vector<double> weights = {1};
  const Trace trace = run({&codes, weights, weighting(false), true}, dynamics, {1.0, 0.0});
  EXPECT_EQ(trace.states[1], (Vector{0.0, 1.0}));
  EXPECT_EQ(trace.states[2], (Vector{1.0, 0.0}));
  EXPECT_EQ(trace.settled.ending, Ending::cycle);
  EXPECT_EQ(trace.settled.steps, 2);
  const Trace kept = run({&codes, weights, weighting(false), false}, dynamics, {1.0, 0.0});
  EXPECT_EQ(kept.states.back(), (Vector{1.0, 1.0}));
  EXPECT_EQ(kept.settled.ending, Ending::settled);
}

TEST(Settle, T4ThreeUnitsWithoutDiagonalRise) {
  const auto root = [](int power) { return std::polar(1.0, 2 * std::numbers::pi * power / 3); };
  const UnitCodes<double> codes = codes_of({{1.0, root(1), root(2)}, {1.0, root(2), root(4)}});
  const std::vector<double> weights = {1, 1};
  const Dynamics dynamics{
      .truncation = Truncation::absolute, .theta = 0.1, .normalization = Normalization::phase};
  const Vector cue = {1.0, 1.0, -1.0};
  const Trace zero = run({&codes, weights, weighting(false), true}, dynamics, cue, 1);
  EXPECT_NEAR(zero.energies[0], -0.7, 1e-12);
  EXPECT_NEAR(zero.energies[1], 0.1, 1e-12);
  const Trace kept = run({&codes, weights, weighting(false), false}, dynamics, cue, 3, 1e-12);
  EXPECT_EQ(kept.settled.ending, Ending::settled);
  EXPECT_EQ(kept.settled.steps, 1);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(std::abs(kept.states[1][i] - cue[i]), 0, 1e-12);
}

TEST(Settle, FollowsThePlainEquations) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Problem problem(seed);
    const bool zero_diagonal = seed % 2;
    PlainMemory memory{.weights = problem.weights,
                       .truncation = static_cast<Truncation>(seed % 4),
                       .k = static_cast<std::int64_t>(1 + problem.random.below(problem.cue.size())),
                       .theta = 0.3 * problem.random.uniform(),
                       .normalization = static_cast<Normalization>(1 + seed / 4 % 3),
                       .zero_diagonal = zero_diagonal,
                       .cut_cue = seed % 5 == 0};
    // The field takes codes as they are; the plain memory makes them unit vectors.
    UnitCodes<double> unit_codes(problem.n);
    std::vector<double> weights;
    for (std::int64_t p = 0; p < problem.codes.size(); ++p) {
      const double norm = code_norm(problem.codes[p]);
      if (norm == 0) continue;
      Vector dense(static_cast<std::size_t>(problem.n)), values;
      for (std::size_t i = 0; i < problem.codes[p].active(); ++i) {
        values.push_back(problem.codes[p].values[i] / norm);
        dense[static_cast<std::size_t>(problem.codes[p].units[i])] = problem.codes[p].values[i];
      }
      unit_codes.append({problem.codes[p].units, values});
      memory.patterns.push_back(dense);
      weights.push_back(problem.weights[static_cast<std::size_t>(p)]);
    }
    if (memory.patterns.empty()) continue;
    memory.weights = weights;
    const StoredField<double> field(&unit_codes, weights, weighting(false), zero_diagonal);
    const Dynamics dynamics{.truncation = memory.truncation,
                            .k = memory.k,
                            .theta = memory.theta,
                            .normalization = memory.normalization,
                            .cut_cue = memory.cut_cue};
    const Trace trace = run(field, dynamics, problem.cue, 4, 0);
    const PlainRecall plain = recall_plain(memory, problem.cue, 4);
    ASSERT_LE(trace.states.size(), plain.states.size());
    for (std::size_t t = 0; t < trace.states.size(); ++t) {
      EXPECT_NEAR(trace.energies[t], plain.energies[t], 1e-11) << seed << " step " << t;
      for (std::size_t i = 0; i < problem.cue.size(); ++i)
        EXPECT_NEAR(std::abs(trace.states[t][i] - plain.states[t][i]), 0, 1e-10)
            << seed << " step " << t << " unit " << i;
    }
  }
}

TEST(Settle, StopsBySimilarityUpToAGlobalPhase) {
  const UnitCodes<double> codes = codes_of({{0.6, Complex(0, 0.8)}});
  const std::vector<double> weights = {1};
  const StoredField<double> field(&codes, weights, weighting(false), false);
  const Dynamics dynamics{.k = 2, .normalization = Normalization::vector};
  const Trace turned = run(field, dynamics, {Complex(0, 0.6), -0.8}, 10, 1e-9);
  EXPECT_EQ(turned.settled.ending, Ending::settled);
  EXPECT_EQ(turned.settled.steps, 1);
  const Trace none = run(field, dynamics, {1.0, 0.0}, 0, 1e-9);
  EXPECT_EQ(none.settled.ending, Ending::step_limit);
  EXPECT_EQ(none.states.size(), 1u);
  const Trace orthogonal = run(field, dynamics, {0.8, Complex(0, -0.6)}, 10, 1e-9);
  EXPECT_TRUE(orthogonal.settled.ending == Ending::silent ||
              std::abs(orthogonal.energies.front()) < 1e-30);
  const Trace silent = run(field, dynamics, {0.0, 0.0}, 10, 1e-9);
  EXPECT_EQ(silent.settled.ending, Ending::silent);
  EXPECT_EQ(silent.settled.steps, 0);
}

}  // namespace
}  // namespace striate::detail
