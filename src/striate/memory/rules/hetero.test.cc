#include "striate/memory/rules/hetero.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/memory/associative_memory.h"
#include "striate/memory/rules/tpam.h"
#include "tests/problems/planted_memory.h"
#include "tests/problems/random_matrix.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;
using Complex = std::complex<double>;
using Ids = std::vector<std::int64_t>;

struct Problem {
  SparseCodes<double> codes = problems::random_codes<double>(400, 20, 15, 1, 0.4);
  SparseCodes<double> cues = problems::damaged(codes, 5, 0.2, 2);
  Matrix<double> targets = random_matrix<double>(7, 15, 3);
};

TEST(Hetero, GivesTheTargetOfADamagedCueWhateverItsPhase) {
  const Problem problem;
  AssociativeMemory<double> memory(hetero, {.units = 400, .overlap_cut = 0.25}),
      plain(tpam, {.units = 400, .overlap_cut = 0.25});
  memory.store(problem.codes, {}, {}, problem.targets.view());
  plain.store(problem.codes);
  const auto recalled = memory.recall(problem.cues);
  EXPECT_EQ(recalled.states, plain.recall(problem.cues).states);
  const auto y = memory.associate(recalled.states);
  Matrix<Complex> turned(400, 15);
  for (std::int64_t j = 0; j < 15; ++j) {
    const auto z = problems::dense(recalled.states, j);
    for (std::int64_t i = 0; i < 400; ++i)
      turned(i, j) = std::polar(1.0, 0.9) * z[static_cast<std::size_t>(i)];
  }
  const auto same = memory.associate(pairs_of_complex<double>(turned.view()));
  for (std::int64_t j = 0; j < 15; ++j)
    for (std::int64_t i = 0; i < 7; ++i) {
      // One overlap of at most 1 is above the cut: the target, but for the phase noise of the state.
      EXPECT_NEAR(y(i, j), problem.targets(i, j), 0.02 * std::abs(problem.targets(i, j)) + 1e-12);
      EXPECT_NEAR(same(i, j), y(i, j), 1e-9);
    }
}

TEST(Hetero, OutputsByDefinition) {
  const Problem problem;
  AssociativeMemory<double> memory(hetero, {.units = 400, .k = 20});
  memory.store(problem.codes, {}, {}, problem.targets.view());
  EXPECT_EQ(memory.targets(), problem.targets);
  const auto a = memory.overlaps(problem.cues);
  const auto y = memory.associate(problem.cues);
  for (std::int64_t j = 0; j < 15; ++j) {
    std::int64_t best = 0;
    for (std::int64_t p = 0; p < 15; ++p)
      if (std::abs(a(p, j)) > std::abs(a(best, j))) best = p;
    for (std::int64_t i = 0; i < 7; ++i) {
      double sum = 0;
      for (std::int64_t p = 0; p < 15; ++p)
        sum += (std::conj(a(best, j)) / std::abs(a(best, j)) * a(p, j)).real() / 20 *
               problem.targets(i, p);
      EXPECT_NEAR(y(i, j), sum, 1e-12);
    }
  }
  SparseCodes<double> zero(800);
  zero.append(std::vector<std::int32_t>{}, std::vector<double>{});
  const auto silent = memory.associate(zero);
  for (std::int64_t i = 0; i < 7; ++i) EXPECT_EQ(silent(i, 0), 0);
}

TEST(Hetero, ComplexTargetsTurnWithTheState) {
  const Problem problem;
  const Matrix<double> targets = random_matrix<double>(6, 15, 5);
  AssociativeMemory<double> memory(hetero, {.units = 400}), odd(hetero, {.units = 400});
  memory.store(problem.codes, {}, {}, targets.view());
  const auto y = memory.associate_complex(problem.cues);
  const auto a = memory.overlaps(problem.cues);
  ASSERT_EQ(y.rows(), 3);
  for (std::int64_t j = 0; j < y.columns(); ++j)
    for (std::int64_t i = 0; i < 3; ++i) {
      std::complex<double> sum = 0;
      for (std::int64_t p = 0; p < 15; ++p)
        sum += a(p, j) / 20.0 * std::complex<double>(targets(2 * i, p), targets(2 * i + 1, p));
      EXPECT_NEAR(std::abs(y(i, j) - sum), 0, 1e-12);
    }
  odd.store(problem.codes, {}, {}, problem.targets.view());
  EXPECT_THAT([&] { odd.associate_complex(problem.cues); },
              ThrowsMessage<Error>(HasSubstr("targets of 7 values; complex ones have")));
}

TEST(Hetero, TargetsAreForgottenReplacedAndSavedWithTheirPatterns) {
  const Problem problem;
  AssociativeMemory<double> memory(hetero, {.units = 400});
  const auto part = [&](std::int64_t first, std::int64_t count) {
    return MatrixView<const double>(problem.targets.column(first).data(), 7, count, 7);
  };
  memory.store(problem.codes.slice(0, 10), {}, {}, part(0, 10));
  const Archive before = memory.to_archive();
  const Ids late = {20, 21, 22};
  memory.store(problem.codes.slice(10, 3), late, {}, part(10, 3));
  EXPECT_EQ(memory.targets()(2, 12), problem.targets(2, 12));
  memory.forget(late);
  EXPECT_EQ(memory.to_archive(), before);
  const auto loaded = AssociativeMemory<double>::from_archive(before, hetero);
  EXPECT_EQ(loaded.to_archive(), before);
  EXPECT_EQ(loaded.associate(problem.cues), memory.associate(problem.cues));
  memory.replace(problem.codes.slice(14, 1), Ids{3});
  EXPECT_EQ(memory.targets()(0, 3), problem.targets(0, 3));  // the pattern's alone changed
  memory.replace(problem.codes.slice(14, 1), Ids{3}, {}, part(14, 1));
  EXPECT_EQ(memory.targets()(0, 3), problem.targets(0, 14));
}

TEST(Hetero, RefusesWhatDoesNotFit) {
  const Problem problem;
  AssociativeMemory<double> memory(hetero, {.units = 400}), other(tpam, {.units = 400});
  EXPECT_THAT([&] { other.store(problem.codes, {}, {}, problem.targets.view()); },
              ThrowsMessage<Error>(HasSubstr("targets are given, but tpam has none; hetero has")));
  EXPECT_THAT([&] { memory.store(problem.codes.slice(0, 2), {}, {}, problem.targets.view()); },
              ThrowsMessage<Error>(HasSubstr("15 targets for 2 patterns")));
  EXPECT_THAT([&] { memory.associate(problem.codes); },
              ThrowsMessage<Error>(HasSubstr("no targets are stored")));
  memory.store(problem.codes, {}, {}, problem.targets.view());
  EXPECT_THAT([&] { memory.store(problem.codes); },
              ThrowsMessage<Error>(HasSubstr("0 targets for 15 patterns")));
  const Matrix<double> longer = random_matrix<double>(8, 15, 3);
  EXPECT_THAT([&] { memory.store(problem.codes, {}, {}, longer.view()); },
              ThrowsMessage<Error>(HasSubstr("targets of 8 values; those stored have 7")));
  Matrix<double> spoiled = problem.targets;
  spoiled(1, 4) = std::nan("");
  EXPECT_THAT([&] { memory.store(problem.codes, {}, {}, spoiled.view()); },
              ThrowsMessage<Error>(HasSubstr("target 4 holds NaN or infinity")));
  EXPECT_EQ(memory.size(), 15);
}

}  // namespace
}  // namespace striate
