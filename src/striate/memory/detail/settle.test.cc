#include "striate/memory/detail/settle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
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
          const RecallSettings& how) {
  Trace trace;
  SettleBuffers<double> buffers(field);
  buffers.z = cue;
  const UnitCodes<double> postings = postings_of(field.codes());
  trace.settled = settle(field, postings, dynamics, how, buffers, [&] {
    const Dynamics now = annealed(dynamics, how, static_cast<int>(trace.states.size()));
    trace.energies.push_back(energy(field, now, std::span<const Complex>(buffers.z),
                                    std::span<const Complex>(buffers.a)));
    trace.states.push_back(buffers.z);
  });
  return trace;
}
Trace run(const StoredField<double>& field, const Dynamics& dynamics, const Vector& cue,
          int steps = 8, double tolerance = 0) {
  return run(field, dynamics, cue, {.max_steps = steps, .tolerance = tolerance});
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

// Truncation and normalization of problem `seed`, thresholds and k at random.
Dynamics drawn(Problem& problem, Truncation truncation, Normalization normalization, Order order) {
  return {.truncation = truncation,
          .k = static_cast<std::int64_t>(1 + problem.random.below(problem.cue.size())),
          .theta = (truncation == Truncation::absolute ? 1.5 : 0.4) * problem.random.uniform(),
          .normalization = normalization,
          .cut_cue = truncation == Truncation::k_winners,
          .order = order};
}

// The energies that a cover speaks of: all, but for the cue's where the first step is unbound.
std::vector<double> covered(const Trace& trace, const Dynamics& dynamics,
                            const RecallSettings& how) {
  return {trace.energies.begin() + unbound(dynamics, how, 0), trace.energies.end()};
}

TEST(Settle, AsynchronousUpdatesNeverRaiseTheEnergy) {
  for (const auto truncation : {Truncation::absolute, Truncation::dynamic, Truncation::k_winners}) {
    int moved = 0;
    for (std::uint64_t seed = 0; seed < 10000; ++seed) {
      Problem problem(seed);
      const bool zero = seed % 2, top = !zero && seed % 4;
      const Dynamics dynamics =
          drawn(problem, truncation, Normalization::phase, Order::asynchronous);
      RecallSettings how{.max_steps = 6, .tolerance = 1e-9};
      if (seed % 3) how.order_seed = static_cast<std::int64_t>(seed);
      const Trace trace = run(problem.field(top, zero), dynamics, problem.cue, how);
      EXPECT_LE(rise(covered(trace, dynamics, how)), kLimit) << seed;
      EXPECT_NE(trace.settled.ending, Ending::cycle) << seed;
      moved += trace.energies.back() < trace.energies.front() - 1e-3;
    }
    EXPECT_GT(moved, 5000);
  }
}

TEST(Settle, MonotoneUpdatesNeverRaiseTheEnergy) {
  for (const auto truncation :
       {Truncation::absolute, Truncation::relative, Truncation::dynamic, Truncation::k_winners})
    for (const auto normalization :
         {Normalization::phase, Normalization::vector, Normalization::phase_vector}) {
      if (truncation == Truncation::relative && normalization == Normalization::phase) continue;
      int rises = 0;  // of the same problems without the watch
      for (std::uint64_t seed = 0; seed < 10000; ++seed) {
        Problem problem(seed);
        const bool zero = seed % 2, top = !zero && seed % 4;
        const StoredField<double> field = problem.field(top, zero);
        Dynamics dynamics = drawn(problem, truncation, normalization, Order::monotone);
        const RecallSettings how{.max_steps = 6, .tolerance = 1e-9};
        const Trace trace = run(field, dynamics, problem.cue, how);
        const auto energies = covered(trace, dynamics, how);
        EXPECT_LE(rise(energies), kLimit) << seed;
        EXPECT_NE(trace.settled.ending, Ending::cycle)
            << seed << " " << int(truncation) << int(normalization);
        dynamics.order = Order::synchronous;
        if (seed < 1000) rises += rise(run(field, dynamics, problem.cue, how).energies) > 1e-6;
      }
      EXPECT_GT(rises, 0) << int(truncation) << int(normalization);
    }
}

// As long as a synchronous step lowers the energy, it is the step.
TEST(Settle, MonotoneIsSynchronousUntilTheEnergyWouldRise) {
  int same = 0, redone = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Problem problem(seed);
    const StoredField<double> field = problem.field(false, true);
    Dynamics dynamics = drawn(problem, Truncation::absolute, Normalization::phase, Order::monotone);
    const Trace monotone = run(field, dynamics, problem.cue, 6, 1e-9);
    dynamics.order = Order::synchronous;
    const Trace synchronous = run(field, dynamics, problem.cue, 6, 1e-9);
    dynamics.order = Order::asynchronous;
    for (std::size_t t = 1; t < std::min(monotone.states.size(), synchronous.states.size()); ++t) {
      if (synchronous.settled.ending == Ending::cycle && t + 1 == synchronous.states.size()) break;
      if (synchronous.energies[t] < synchronous.energies[t - 1]) {
        EXPECT_EQ(monotone.states[t], synchronous.states[t]) << seed;
        ++same;
        continue;
      }
      if (monotone.states[t] == synchronous.states[t]) break;  // settled but for rounding
      // The step from here in turn; its states need no scaling, so they start a run.
      const Vector& from = monotone.states[t - 1];
      SettleBuffers<double> buffers(field);
      Vector z = from;
      std::vector<std::int64_t> order;
      for (std::int64_t i = 0; i < problem.n; ++i) order.push_back(i);
      field.overlaps(z, buffers.a);
      update_units(field, postings_of(field.codes()), dynamics,
                   std::span<const std::int64_t>(order), std::span(z), std::span(buffers.a),
                   std::span(buffers.h));
      EXPECT_EQ(monotone.states[t], z) << seed;
      ++redone;
      break;
    }
  }
  EXPECT_GT(same, 500);
  EXPECT_GT(redone, 50);
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
  // One unit at a time, both units end as one: silent if the active one is asked first, active else.
  for (const auto order : {Order::asynchronous, Order::monotone}) {
    Dynamics other = dynamics;
    other.order = order;
    const StoredField<double> field(&codes, weights, weighting(false), true);
    const Trace first = run(field, other, {1.0, 0.0});
    EXPECT_EQ(first.states.back(), (Vector{0.0, 0.0}));
    EXPECT_EQ(first.settled.ending, Ending::silent);
    const Trace second = run(field, other, {0.0, 1.0});
    EXPECT_EQ(second.states.back(), (Vector{1.0, 1.0}));
    EXPECT_EQ(second.settled.ending, Ending::settled);
    for (const Trace* trace : {&first, &second}) EXPECT_LE(rise(trace->energies), 0);
  }
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
  for (const auto order : {Order::asynchronous, Order::monotone}) {
    Dynamics other = dynamics;
    other.order = order;
    const Trace falling = run({&codes, weights, weighting(false), true}, other, cue, 20, 1e-12);
    EXPECT_NEAR(falling.energies[0], -0.7, 1e-12);
    EXPECT_LE(rise(falling.energies), kLimit);
    EXPECT_LT(falling.energies.back(), -0.7 - 1e-3);
  }
}

TEST(Settle, ASettledAsynchronousStateIsABestAnswerOfEveryUnit) {
  int settled = 0, exchanges = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Problem problem(seed);
    const bool zero = seed % 2;
    const StoredField<double> field = problem.field(false, zero);
    const auto truncation =
        std::array{Truncation::absolute, Truncation::dynamic, Truncation::k_winners}[seed % 3];
    const Dynamics dynamics = drawn(problem, truncation, Normalization::phase, Order::asynchronous);
    const RecallSettings how{.max_steps = 200, .tolerance = 1e-11};
    const Trace trace = run(field, dynamics, problem.cue, how);
    if (trace.settled.ending != Ending::settled) continue;
    ++settled;
    const Vector& z = trace.states.back();
    const auto energy_of = [&](const Vector& y) {
      Vector a(static_cast<std::size_t>(field.patterns()));
      field.overlaps(y, a);
      return energy(field, dynamics, std::span<const Complex>(y), std::span<const Complex>(a));
    };
    const double lowest = energy_of(z) - 1e-8;
    const auto active = std::ranges::count_if(z, [](Complex x) { return x != 0.0; });
    for (std::size_t i = 0; i < z.size(); ++i) {
      Vector y = z;
      // A kept diagonal is inertia: it may hold a unit where switching it would lower the energy.
      const bool may_switch = zero;
      if (z[i] != 0.0 && may_switch) {
        y[i] = 0;
        EXPECT_GE(energy_of(y), lowest) << seed;
      }
      if (z[i] == 0.0 && !may_switch) continue;
      const bool room = truncation != Truncation::k_winners || active < dynamics.k || z[i] != 0.0;
      for (int turn = 0; turn < 24; ++turn) {
        const Complex phase = std::polar(1.0, std::numbers::pi * turn / 12);
        y = z;
        y[i] = phase;
        if (room) {
          EXPECT_GE(energy_of(y), lowest) << seed;
          continue;
        }
        for (std::size_t j = 0; j < z.size(); ++j) {  // exchanged for an active unit
          if (z[j] == 0.0) continue;
          y = z;
          y[j] = 0;
          y[i] = phase;
          // Only the unit of the weakest field, here the one worth least, is ever given up.
          double worth = 0, least_other = 1e300;
          for (std::size_t l = 0; l < z.size(); ++l) {
            if (z[l] == 0.0) continue;
            Vector without = z;
            without[l] = 0;
            const double w = energy_of(without) - energy_of(z);
            if (l == j) worth = w;
            else least_other = std::min(least_other, w);
          }
          if (worth < least_other - 1e-9) {
            EXPECT_GE(energy_of(y), lowest) << seed;
            ++exchanges;
          }
        }
      }
    }
  }
  EXPECT_GT(settled, 700);
  EXPECT_GT(exchanges, 1000);
}

TEST(Settle, AnnealingMovesThetaAndKAndStartsNewBaselines) {
  const Dynamics threshold{
      .truncation = Truncation::absolute, .theta = 1, .normalization = Normalization::phase};
  const RecallSettings rising{.tolerance = 0, .theta_start = 0.2, .anneal_steps = 4};
  for (const auto& [t, theta] : {std::pair{0, 0.2}, {1, 0.4}, {3, 0.8}, {4, 1.0}, {9, 1.0}})
    EXPECT_NEAR(annealed(threshold, rising, t).theta, theta, 1e-15);
  EXPECT_EQ(baselines(threshold, rising), (std::vector<std::int32_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(baselines(threshold, {}), (std::vector<std::int32_t>{0}));
  const Dynamics winners{.k = 3, .cut_cue = true};
  const RecallSettings falling{.tolerance = 0, .k_start = 6, .anneal_steps = 2};
  EXPECT_EQ(annealed(winners, falling, 0).k, 6);
  EXPECT_EQ(annealed(winners, falling, 1).k, 5);  // 4.5
  EXPECT_EQ(annealed(winners, falling, 2).k, 3);
  EXPECT_EQ(baselines(winners, falling), (std::vector<std::int32_t>{0, 1, 2, 3}));
  const Dynamics dynamic{.truncation = Truncation::dynamic,
                         .normalization = Normalization::phase,
                         .order = Order::asynchronous};
  EXPECT_EQ(baselines(dynamic, {}), (std::vector<std::int32_t>{0, 1}));

  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Problem problem(seed);
    const bool zero = seed % 2;
    const auto truncation = seed % 3 ? Truncation::absolute : Truncation::k_winners;
    const auto order = seed % 5 == 0 ? Order::monotone : Order::asynchronous;
    const Dynamics dynamics = drawn(problem, truncation, Normalization::phase,
                                    !zero && seed % 7 ? Order::synchronous : order);
    RecallSettings how{.max_steps = 9, .tolerance = 1e-6, .anneal_steps = 5};
    if (seed % 3) how.theta_start = 1.5 * problem.random.uniform();
    else how.k_start = static_cast<std::int64_t>(1 + problem.random.below(problem.cue.size()));
    const Trace trace = run(problem.field(false, zero), dynamics, problem.cue, how);
    const auto fresh = baselines(dynamics, how);
    for (std::size_t t = 1; t < trace.energies.size(); ++t)
      if (!std::ranges::binary_search(fresh, static_cast<std::int32_t>(t))) {
        EXPECT_LE(rise({trace.energies[t - 1], trace.energies[t]}), kLimit) << seed << " " << t;
      }
    EXPECT_TRUE(trace.settled.ending != Ending::settled || trace.settled.steps > 5) << seed;
    // No state has more units than its step allows.
    for (std::size_t t = 1; truncation == Truncation::k_winners && t < trace.states.size(); ++t)
      EXPECT_LE(std::ranges::count_if(trace.states[t], [](Complex x) { return x != 0.0; }),
                annealed(dynamics, how, static_cast<int>(t) - 1).k);
  }
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
