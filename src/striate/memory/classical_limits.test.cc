// What the literature derives for memories of n units without bound, at sizes that take a second:
// expected values are computed here, tolerances are those of finite n, measured at several seeds.
// Larger memories: benchmarks/associative-memory/classical_limits.py.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

#include "striate/memory/associative_memory.h"
#include "striate/memory/rules/hopfield.h"
#include "striate/memory/rules/power.h"
#include "striate/memory/rules/softmax.h"
#include "striate/memory/rules/tpam.h"
#include "striate/memory/rules/willshaw.h"
#include "tests/problems/planted_memory.h"

namespace striate {
namespace {

using Complex = std::complex<double>;
using Dense = std::vector<Complex>;

// Signs as codes; sign `flipped[p]` of pattern p turned, if given.
SparseCodes<double> signs(std::int64_t n, std::int64_t count, std::uint64_t seed,
                          const std::vector<std::int64_t>& flipped = {}) {
  Matrix<Complex> z(n, count);
  for (std::int64_t p = 0; p < count; ++p) {
    Random random(seed, stream("signs"), static_cast<std::uint64_t>(p));
    for (std::int64_t i = 0; i < n; ++i) z(i, p) = random.uniform() < 0.5 ? 1 : -1;
    if (!flipped.empty()) z(flipped[static_cast<std::size_t>(p)], p) *= -1.0;
  }
  return pairs_of_complex<double>(z.view());
}

AssociativeMemory<double> memory_of(const MemoryRule& rule, const SparseCodes<double>& codes,
                                    MemorySettings settings = {}) {
  settings.units = codes.atoms() / 2;
  AssociativeMemory<double> memory(rule, settings);
  memory.store(codes);
  return memory;
}

// |cos| of each cue's state with the pattern of the same place.
std::vector<double> overlaps(const AssociativeMemory<double>& memory,
                             const SparseCodes<double>& patterns, const SparseCodes<double>& cues,
                             int steps) {
  const auto states = memory.recall(cues, {.max_steps = steps}).states;
  std::vector<double> result;
  for (std::int64_t j = 0; j < cues.signals(); ++j) {
    const Dense z = problems::dense(states, j), x = problems::dense(patterns, j);
    Complex product = 0;
    double zz = 0, xx = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
      product += std::conj(z[i]) * x[i];
      zz += std::norm(z[i]);
      xx += std::norm(x[i]);
    }
    result.push_back(zz > 0 ? std::abs(product) / std::sqrt(zz * xx) : 0);
  }
  return result;
}

double share_above(const std::vector<double>& values, double limit) {
  return static_cast<double>(
             std::ranges::count_if(values, [limit](double x) { return x > limit; })) /
         static_cast<double>(values.size());
}
double mean_above(const std::vector<double>& values, double limit) {
  double sum = 0, count = 0;
  for (const double x : values)
    if (x > limit) {
      sum += x;
      ++count;
    }
  return sum / count;
}
// Probability that a normal number of variance 1 is above x.
double upper_tail(double x) { return std::erfc(x / std::numbers::sqrt2) / 2; }

// Amit, Gutfreund and Sompolinsky: at the load a a pattern settles at overlap erf(y), y the larger
// root of y (sqrt(2 a) + 2 exp(-y^2) / sqrt(pi)) = erf(y), as long as a < 0.138, where erf(y) = 0.967.
// That load is of n without bound; of 1000 units most patterns still stay there, at 0.22 few.
TEST(ClassicalLimits, HopfieldsCriticalLoad) {
  const auto settled = [](double load) {
    const auto codes = signs(1000, std::llround(1000 * load), 1);
    const auto asked = codes.slice(0, 30);
    return overlaps(memory_of(hopfield, codes), asked, asked, 60);
  };
  double y = 3;
  for (int i = 0; i < 200; ++i)
    y = std::erf(y) / (std::sqrt(0.2) + 2 * std::exp(-y * y) / std::sqrt(std::numbers::pi));
  EXPECT_NEAR(std::erf(y), 0.998, 0.001);
  EXPECT_NEAR(mean_above(settled(0.1), 0.8), std::erf(y), 0.005);
  const auto critical = settled(0.138);
  EXPECT_GE(share_above(critical, 0.8), 0.5);
  // The curve ends upright: a load 0.005 smaller has 0.98.
  EXPECT_NEAR(mean_above(critical, 0.8), 0.967, 0.025);
  EXPECT_LE(share_above(settled(0.22), 0.8), 0.1);
}

// McEliece: n / (4 ln n) patterns are all fixed, every unit of them: one errs with probability 4e-8.
// At four times the load four units of a pattern do.
TEST(ClassicalLimits, PatternsAreExactlyFixedUpToMcEliecesLoad) {
  const std::int64_t n = 1000, most = std::llround(1000 / (4 * std::log(1000.0)));
  for (const std::int64_t times : {1, 4}) {
    const auto codes = signs(n, most * times, 2);
    const auto fixed = overlaps(memory_of(hopfield, codes), codes, codes, 1);
    const double error = upper_tail(std::sqrt(double(n - 1) / double(most * times - 1)));
    // Units taken as independent, cross-talk as normal.
    const double expected = std::exp(-double(n) * error);
    EXPECT_NEAR(share_above(fixed, 1 - 1e-9), expected, times == 1 ? 1e-3 : 0.06);
  }
}

// Cook, Noest: phasors on all units hold 0.038 n patterns.
TEST(ClassicalLimits, DensePhasorsHold) {
  const auto settled = [](std::int64_t count) {
    const auto codes = problems::random_codes<double>(600, 600, count, 3);
    const auto asked = codes.slice(0, 12);
    return overlaps(memory_of(tpam, codes), asked, asked, 60);
  };
  EXPECT_GE(share_above(settled(15), 0.9), 0.9);   // 0.025 n
  EXPECT_LE(share_above(settled(36), 0.9), 0.01);  // 0.06 n
}

// Frady and Sommer: sparse phasors hold more patterns than dense ones, by the ratio of active units.
TEST(ClassicalLimits, SparsePhasorsBeatDenseOnes) {
  const auto similar = [](std::int64_t active, std::int64_t count) {
    const auto codes = problems::random_codes<double>(400, active, count, 4);
    const auto asked = codes.slice(0, std::min<std::int64_t>(count, 40));
    const auto cues = problems::damaged(asked, active / 4, 0.3, 5);
    return share_above(overlaps(memory_of(tpam, codes), asked, cues, 10), 0.9);
  };
  EXPECT_GE(similar(20, 380), 0.8);
  EXPECT_LE(similar(400, 25), 0.5);
}

// Willshaw: after P patterns of k units a share p1 = 1 - (1 - k^2/n^2)^P of J is 1, and a full cue
// calls up all its units and (n - k) p1^k others. Off the diagonal k (k - 1) / n (n - 1) stands for
// k^2/n^2; and a row of a unit that r patterns use has 1 - (1 - (k - 1) / (n - 1))^r ones: rows that are
// fuller than others make more false units than the mean row.
TEST(ClassicalLimits, WillshawsLoadAndFalseUnits) {
  const std::int64_t n = 512, k = 9;  // log2 n
  const auto share = [](double pairs, double patterns) {
    return 1 - std::pow(1 - pairs, patterns);
  };
  const auto count = std::llround(std::log(0.5) / std::log(1 - double(k * k) / double(n * n)));
  const auto codes = problems::random_codes<double>(n, k, count, 6);
  const auto memory =
      memory_of(willshaw, codes, {.truncation = Truncation::dynamic, .theta = 0.999});
  Matrix<Complex> single(n, n);
  for (std::int64_t i = 0; i < n; ++i) single(i, i) = 1;
  double ones = 0;  // a cue of one unit calls up its row
  const auto rows = memory.recall(pairs_of_complex<double>(single.view()), {.max_steps = 1});
  for (const auto& active : rows.active) ones += static_cast<double>(active.back() - 1);
  const double pairs = double(k * (k - 1)) / double(n * (n - 1));
  // The share of a row varies by 0.06, so that the mean of 512 does by 0.003.
  EXPECT_NEAR(ones / double(n * (n - 1)), share(pairs, double(count)), 0.012);
  EXPECT_NEAR(share(pairs, double(count)), 0.5, 0.045);

  std::vector<double> uses(static_cast<std::size_t>(n));
  const auto units = units_of_pairs(codes);
  for (std::int64_t p = 0; p < count; ++p)
    for (const std::int32_t i : units[p].units) ++uses[static_cast<std::size_t>(i)];
  double expected = 0;
  for (const double r : uses)
    expected += double(n - k) / double(n) * std::pow(share(double(k - 1) / double(n - 1), r), k);
  const auto asked = codes.slice(0, 1000);
  const auto recalled = memory.recall(asked, {.max_steps = 1});
  double active = 0;
  for (std::int64_t p = 0; p < 1000; ++p) {
    const Dense z = problems::dense(recalled.states, p);
    for (const std::int32_t i : units[p].units) EXPECT_NE(z[static_cast<std::size_t>(i)], 0.0);
    active += static_cast<double>(recalled.active[static_cast<std::size_t>(p)].back());
  }
  // Counts of about one, 1000 of them: 0.03; units of a cue share patterns, which adds a tenth.
  EXPECT_NEAR(active / 1000 - double(k), expected, 0.1 * expected + 0.12);
}

// Krotov and Hopfield: with an energy of degree m a unit of signs errs with probability Q(1 / sigma),
// sigma^2 = P (2m - 3)!! / n^(m - 1): n^(m - 1) / (2 (2m - 3)!! ln n) patterns without error. They decide by
// the energies of both signs. Here the field is the gradient at the state, in which a unit votes for
// itself with (m - 1) P E|b|^(m - 2) / n of the signal (b normal, variance 1/n): errors of stored patterns
// vanish, those of mending one flipped unit grow. With phasors (m - 1)! stands for (2m - 3)!!, and phases
// turn by sqrt(P (m - 1)! / (2 n^(m - 1))) over 1 + the own vote, (m / 2) P E|b|^(m - 2) / n.
TEST(ClassicalLimits, DenseMemoryOfDegreeThree) {
  const std::int64_t n = 100, asked = 362;
  const double size = double(n) * double(n);
  const auto signed_count = std::llround(size / (2 * 3 * std::log(double(n))));
  ASSERT_EQ(signed_count, asked);
  std::vector<std::int64_t> at;
  for (std::int64_t p = 0; p < asked; ++p) at.push_back((7 * p) % n);
  const auto codes = signs(n, asked, 7);
  const auto memory = memory_of(power, codes, {.power = 2});
  EXPECT_EQ(share_above(overlaps(memory, codes, codes, 1), 0.99), 1);
  const auto mended = overlaps(memory, codes, signs(n, asked, 7, at), 1);
  const double sigma = std::sqrt(double(asked) * 3 / size);
  const double own = 2 * double(asked) * std::sqrt(2 / (std::numbers::pi * double(n))) / double(n);
  // 1 - 2/n: the overlap of the cue. Binomial error 0.017.
  const double signal = std::pow(1 - 2 / double(n), 2);
  EXPECT_NEAR(1 - share_above(mended, 0.99), upper_tail((signal - own) / sigma), 0.06);

  const auto count = std::llround(size / (2 * 2 * std::log(double(n))));
  const auto phasors = problems::random_codes<double>(n, n, count, 8);
  const auto states =
      memory_of(power, phasors, {.power = 2}).recall(phasors, {.max_steps = 1}).states;
  double squares = 0;
  for (std::int64_t p = 0; p < count; ++p) {
    const Dense z = problems::dense(states, p), x = problems::dense(phasors, p);
    for (std::size_t i = 0; i < z.size(); ++i)
      squares += std::pow(std::arg(z[i] * std::conj(x[i])), 2) / double(n * count);
  }
  const double vote =
      1.5 * double(count) * std::sqrt(std::numbers::pi) / 2 / std::pow(double(n), 1.5);
  const double expected = std::sqrt(double(count) * 2 / (2 * size)) / (1 + vote);
  EXPECT_NEAR(std::sqrt(squares), expected, 0.06 * expected);  // first order in the cross-talk
}

// Ramsauer and others: separated patterns are recalled in one step. What the others add to a unit is at
// most e = (1 - h) / h of the pattern, h its softmax weight; below 1/2 it switches no unit, and turns
// none by more than asin(e).
TEST(ClassicalLimits, SoftmaxRecallsSeparatedPatternsInOneStep) {
  const std::int64_t n = 400, k = 20, count = 4000, asked = 100;
  const double beta = 32;
  const auto codes = problems::random_codes<double>(n, k, count, 9);
  const auto cues = problems::damaged(codes.slice(0, asked), 5, 0.3, 10);
  const auto memory = memory_of(softmax, codes, {.beta = beta});
  const auto found = overlaps(memory, codes.slice(0, asked), cues, 1);
  const auto a = memory.overlaps(cues);
  std::int64_t clear = 0;
  for (std::int64_t j = 0; j < asked; ++j) {
    double others = 0;
    for (std::int64_t p = 0; p < count; ++p)
      if (p != j) others += std::exp(beta / double(k) * (std::abs(a(p, j)) - std::abs(a(j, j))));
    if (others >= 0.5) continue;
    ++clear;
    EXPECT_GE(found[static_cast<std::size_t>(j)], std::sqrt(1 - others * others) - 1e-9);
  }
  EXPECT_GE(clear, 90);
}

}  // namespace
}  // namespace striate
