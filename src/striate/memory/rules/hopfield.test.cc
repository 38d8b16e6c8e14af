#include "striate/memory/rules/hopfield.h"

#include <gtest/gtest.h>

#include <cmath>

#include "striate/memory/associative_memory.h"
#include "tests/problems/planted_memory.h"

namespace striate {
namespace {

using Complex = std::complex<double>;

// Dense signs as codes, one per column.
SparseCodes<double> signs(std::int64_t n, std::int64_t count, std::uint64_t seed) {
  Matrix<Complex> z(n, count);
  for (std::int64_t p = 0; p < count; ++p) {
    Random random(seed, stream("signs"), static_cast<std::uint64_t>(p));
    for (std::int64_t i = 0; i < n; ++i) z(i, p) = random.uniform() < 0.5 ? 1 : -1;
  }
  return pairs_of_complex<double>(z.view());
}

// J z without its diagonal, in integers; the sign, or as before where the field is 0.
std::vector<double> textbook(const std::vector<std::vector<double>>& patterns,
                             const std::vector<double>& z, int& zeros) {
  std::vector<double> next(z.size());
  for (std::size_t i = 0; i < z.size(); ++i) {
    double u = 0;
    for (const auto& x : patterns)
      for (std::size_t j = 0; j < z.size(); ++j)
        if (j != i) u += x[i] * x[j] * z[j];
    next[i] = u > 0 ? 1 : u < 0 ? -1 : z[i];
    zeros += u == 0;
  }
  return next;
}

TEST(Hopfield, FollowsTheTextbook) {
  int zeros = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::int64_t n = 5 + static_cast<std::int64_t>(seed % 12);
    const auto codes = signs(n, 1 + static_cast<std::int64_t>(seed % 4), seed);
    const auto cues = signs(n, 3, seed + 1000);
    AssociativeMemory<double> memory(hopfield, {.units = n});
    memory.store(codes);
    EXPECT_EQ(memory.k(), n);
    EXPECT_EQ(memory.diagonal(), Diagonal::zero);
    std::vector<std::vector<double>> patterns;
    for (std::int64_t p = 0; p < codes.signals(); ++p) {
      patterns.emplace_back();
      for (const Complex& x : problems::dense(codes, p)) patterns.back().push_back(x.real());
    }
    for (int steps = 0; steps < 4; ++steps) {
      const auto recalled = memory.recall(cues, {.max_steps = steps, .tolerance = 0});
      for (std::int64_t j = 0; j < 3; ++j) {
        std::vector<double> z;
        for (const Complex& x : problems::dense(cues, j)) z.push_back(x.real());
        const auto i = static_cast<std::size_t>(j);
        for (int t = 0; t < recalled.steps[i]; ++t) z = textbook(patterns, z, zeros);
        const auto state = problems::dense(recalled.states, j);
        double energy = 0;
        for (std::size_t a = 0; a < z.size(); ++a) {
          EXPECT_EQ(state[a], z[a]);
          for (std::size_t b = 0; b < z.size(); ++b)
            for (const auto& x : patterns)
              if (a != b) energy -= 0.5 * z[a] * x[a] * x[b] * z[b] / double(n);
        }
        EXPECT_NEAR(recalled.energies[i].back(), energy, 1e-12);
      }
    }
  }
  EXPECT_GT(zeros, 100);
}

// 10 patterns in 200 units are a third of the critical load.
TEST(Hopfield, RecallsSignsFromDamagedCues) {
  const auto codes = signs(200, 10, 1);
  Matrix<Complex> cues(200, 10);
  for (std::int64_t p = 0; p < 10; ++p) {
    const auto z = problems::dense(codes, p);
    for (std::int64_t i = 0; i < 200; ++i)
      cues(i, p) = (i < 30 ? -1.0 : 1.0) * z[static_cast<std::size_t>(i)];
  }
  AssociativeMemory<double> memory(hopfield, {.units = 200});
  const auto ids = memory.store(codes);
  const auto recalled = memory.recall(pairs_of_complex<double>(cues.view()));
  EXPECT_EQ(recalled.ids, ids);
  for (const double cosine : recalled.cosines) EXPECT_GT(cosine, 0.98);
}

TEST(Hopfield, ReducesCodesToTheSignsOfTheirRealParts) {
  Matrix<Complex> code(4, 1);
  code(0, 0) = {0.3, -2};
  code(1, 0) = {-5, 1};
  code(2, 0) = {0, 4};
  AssociativeMemory<double> memory(hopfield, {.units = 4});
  memory.store(pairs_of_complex<double>(code.view()));
  EXPECT_EQ(memory.k(), 2);
  const auto state =
      problems::dense(memory.recall(pairs_of_complex<double>(code.view())).states, 0);
  EXPECT_EQ(state, (std::vector<Complex>{1, -1, 0, 0}));
}

// Without the diagonal there is no guarantee: the pattern (1, 1) and the cue (1, -1).
TEST(Hopfield, TwoUnitsAlternate) {
  Matrix<Complex> code(2, 1), cue(2, 1);
  code(0, 0) = code(1, 0) = cue(0, 0) = 1;
  cue(1, 0) = -1;
  for (const auto diagonal : {Diagonal::zero, Diagonal::keep}) {
    AssociativeMemory<double> memory(hopfield, {.units = 2, .diagonal = diagonal});
    memory.store(pairs_of_complex<double>(code.view()));
    const auto recalled = memory.recall(pairs_of_complex<double>(cue.view()));
    // (1, -1) and (-1, 1) are one state up to the global phase.
    EXPECT_EQ(memory.covered_by(), diagonal == Diagonal::zero ? Cover::none : Cover::t2);
    EXPECT_EQ(recalled.energies[0].back(), diagonal == Diagonal::zero ? 0.5 : 0);
  }
}

// Three patterns in eight units whose synchronous step raises the energy.
TEST(Hopfield, SomeRunsRiseWithoutTheDiagonalAndNoneWithIt) {
  int rises = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed)
    for (const auto diagonal : {Diagonal::zero, Diagonal::keep}) {
      AssociativeMemory<double> memory(hopfield, {.units = 8, .diagonal = diagonal});
      memory.store(signs(8, 3, seed));
      const auto recalled = memory.recall(signs(8, 5, seed + 1000), {.trace = true});
      for (const auto& energies : recalled.energies)
        for (std::size_t t = 1; t < energies.size(); ++t)
          if (energies[t] > energies[t - 1] + 1e-12) {
            EXPECT_EQ(diagonal, Diagonal::zero);
            ++rises;
          }
    }
  EXPECT_GT(rises, 10);
}

// One unit after another, in integers: the rule of 1982. Its energy never rises, and it ends where
// no unit would turn.
TEST(Hopfield, OneUnitAtATimeIsTheOriginalRule) {
  int moved = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const std::int64_t n = 6 + static_cast<std::int64_t>(seed % 11);
    const auto codes = signs(n, 1 + static_cast<std::int64_t>(seed % 5), seed);
    const auto cues = signs(n, 3, seed + 1000);
    for (const Truncation truncation : {Truncation::k_winners, Truncation::absolute}) {
      MemorySettings settings{.units = n, .truncation = truncation, .order = Order::asynchronous};
      if (truncation == Truncation::absolute) settings.theta = 0;
      AssociativeMemory<double> memory(hopfield, settings);
      memory.store(codes);
      EXPECT_EQ(memory.covered_by(), Cover::async);
      const auto recalled = memory.recall(cues, {.max_steps = 30, .trace = true});
      for (std::int64_t j = 0; j < 3; ++j) {
        std::vector<double> z;
        for (const Complex& x : problems::dense(cues, j)) z.push_back(x.real());
        const auto start = z;
        for (int sweep = 0; sweep < 30; ++sweep)
          for (std::size_t i = 0; i < z.size(); ++i) {
            double u = 0;
            for (std::int64_t p = 0; p < codes.signals(); ++p) {
              const auto x = problems::dense(codes, p);
              for (std::size_t l = 0; l < z.size(); ++l)
                if (l != i) u += x[i].real() * x[l].real() * z[l];
            }
            if (u != 0) z[i] = u > 0 ? 1 : -1;
          }
        moved += z != start;
        const auto state = problems::dense(recalled.states, j);
        for (std::size_t i = 0; i < z.size(); ++i) EXPECT_EQ(state[i], z[i]);
        EXPECT_EQ(recalled.endings[static_cast<std::size_t>(j)], Ending::settled);
        const auto& energies = recalled.energies[static_cast<std::size_t>(j)];
        for (std::size_t t = 1; t < energies.size(); ++t)
          EXPECT_LE(energies[t], energies[t - 1] + 1e-12);
      }
    }
  }
  EXPECT_GT(moved, 300);
}

}  // namespace
}  // namespace striate
