#include "striate/memory/rules/pinv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "striate/memory/associative_memory.h"
#include "striate/memory/rules/tpam.h"
#include "tests/problems/planted_memory.h"

namespace striate {
namespace {

using Complex = std::complex<double>;

// (G + rho D / w) x = a, checked by the product.
TEST(Pinv, SolvesWithTheGramMatrixOfTheCodes) {
  const auto codes = units_of_pairs(problems::random_codes<double>(20, 6, 9, 1, 0.5));
  const std::vector<double> weights = {1, 2, 0.5, 1, 1, 3, 1, 1, 1};
  const double ridge = 0.3;
  const auto weighting =
      pinv.prepare<double>({.codes = codes, .weights = weights}, {.ridge = ridge});
  Random random(1, stream("overlaps"));
  std::vector<Complex> a(9);
  for (Complex& x : a) x = random.normal() * problems::random_phase(random);
  auto x = a;
  weighting->weigh(x);
  Complex form = 0;
  for (std::int64_t p = 0; p < 9; ++p) {
    const auto row = static_cast<std::size_t>(p);
    Complex sum = ridge / weights[row] * inner_product(codes[p], codes[p]) * x[row];
    for (std::int64_t q = 0; q < 9; ++q)
      sum += inner_product(codes[p], codes[q]) * x[static_cast<std::size_t>(q)];
    EXPECT_NEAR(std::abs(sum - a[row]), 0, 1e-12);
    form += std::conj(a[row]) * x[row];
  }
  EXPECT_NEAR(weighting->potential(a), form.real() / 2, 1e-12);
}

// 60 patterns in 80 units: the Hebbian rule forgets them (SNR^2 = n^2 / (P K) = 5), here u = z_q.
TEST(Pinv, IndependentPatternsAreExactFixedPoints) {
  const auto codes = problems::random_codes<double>(80, 20, 60, 1);
  AssociativeMemory<double> memory(pinv, {.units = 80, .k = 20, .ridge = 0.0}),
      hebb(tpam, {.units = 80, .k = 20});
  const auto ids = memory.store(codes);
  hebb.store(codes);
  const auto u = memory.field(codes);
  const auto recalled = memory.recall(codes);
  EXPECT_EQ(recalled.ids, ids);
  double moved = 0;
  for (std::int64_t p = 0; p < 60; ++p) {
    const auto z = problems::dense(codes, p), state = problems::dense(recalled.states, p);
    for (std::size_t i = 0; i < 80; ++i) {
      EXPECT_NEAR(std::abs(u(static_cast<std::int64_t>(i), p) - z[i]), 0, 1e-10);
      EXPECT_NEAR(std::abs(state[i] - z[i]), 0, 1e-10);
    }
    EXPECT_EQ(recalled.steps[static_cast<std::size_t>(p)], 1);
    moved += hebb.recall(codes.slice(p, 1)).cosines[0] < 0.999;
  }
  EXPECT_GT(moved, 30);
}

TEST(Pinv, DuplicatesNeedARidge) {
  const auto codes = problems::random_codes<double>(40, 6, 5, 1);
  AssociativeMemory<double> memory(pinv, {.units = 40}), bare(pinv, {.units = 40, .ridge = 0.0});
  for (auto* m : {&memory, &bare}) {
    m->store(codes);
    m->store(codes.slice(2, 1));
  }
  EXPECT_EQ(memory.recall(codes).ids, (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
  try {
    bare.recall(codes);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("pinv needs a larger one"));
  }
  bare.forget(std::vector<std::int64_t>{5});
  EXPECT_EQ(bare.recall(codes).ids, (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
}

TEST(Pinv, RefusesMorePatternsThanItsMatrixIsMadeFor) {
  const auto codes = problems::random_codes<float>(8, 2, 2048, 1);
  AssociativeMemory<float> memory(pinv, {.units = 8});
  memory.store(codes);
  try {
    memory.store(codes.slice(0, 1));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("2049 patterns; pinv holds at most 2048"));
  }
  EXPECT_EQ(memory.size(), 2048);
}

// u_i = sum_(j not i) J_ij z_j with J = Z M Z^H, M the inverse: by columns of J, from the fields of
// single units of the memory that keeps its diagonal.
TEST(Pinv, TheDiagonalCanBeTakenOut) {
  const auto codes = problems::random_codes<double>(30, 8, 12, 1, 0.5);
  const auto states = problems::random_codes<double>(30, 8, 6, 2, 0.5);
  Matrix<Complex> identity(30, 30);
  for (std::int64_t i = 0; i < 30; ++i) identity(i, i) = 1;
  const std::vector<double> weights = {1, 2, 1, 1, 0.5, 1, 1, 1, 3, 1, 1, 1};
  MemorySettings settings{.units = 30, .k = 8, .ridge = 0.2};
  AssociativeMemory<double> kept(pinv, settings);
  kept.store(codes, {}, weights);
  const auto j = kept.field(pairs_of_complex<double>(identity.view()));
  const auto u = kept.field(states);
  const auto energies = kept.energy(states);
  settings.diagonal = Diagonal::zero;
  for (const Order order : {Order::synchronous, Order::asynchronous, Order::monotone}) {
    settings.order = order;
    AssociativeMemory<double> memory(pinv, settings);
    memory.store(codes, {}, weights);
    EXPECT_EQ(memory.covered_by(), order == Order::synchronous ? Cover::none : Cover::async);
    const auto v = memory.field(states);
    for (std::int64_t p = 0; p < 6; ++p) {
      const auto z = problems::dense(states, p);
      double own = 0;
      for (std::int64_t i = 0; i < 30; ++i) {
        const Complex x = z[static_cast<std::size_t>(i)];
        EXPECT_NEAR(std::abs(v(i, p) - (u(i, p) - j(i, i) * x)), 0, 1e-12);
        own += j(i, i).real() * std::norm(x) / 2;
      }
      EXPECT_NEAR(memory.energy(states)[static_cast<std::size_t>(p)],
                  energies[static_cast<std::size_t>(p)] + own, 1e-12);
    }
    const auto recalled = memory.recall(states, {.trace = true});
    for (std::size_t p = 0; p < 6 && order != Order::synchronous; ++p)
      for (std::size_t t = 1; t < recalled.energies[p].size(); ++t)
        EXPECT_LE(recalled.energies[p][t], recalled.energies[p][t - 1] + 1e-12);
  }
}

// Half as many patterns as units: with the diagonal kept false units hold themselves.
TEST(Pinv, WithoutItsDiagonalItMendsAtHalfTheUnits) {
  const auto codes = problems::random_codes<double>(120, 12, 60, 3);
  const auto cues = problems::damaged(codes, 3, 0.3, 4);
  const auto mended = [&](Diagonal diagonal) {
    AssociativeMemory<double> memory(pinv, {.units = 120, .k = 12, .diagonal = diagonal});
    memory.store(codes);
    const auto cosines = memory.recall(cues).cosines;
    return std::ranges::count_if(cosines, [](double c) { return c > 0.9; });
  };
  EXPECT_LT(mended(Diagonal::keep), 10);
  EXPECT_GT(mended(Diagonal::zero), 50);
}

}  // namespace
}  // namespace striate
