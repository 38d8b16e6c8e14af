#include "striate/learning/atom_use.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/dictionaries/constructors.h"
#include "striate/linalg/gemm.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

using testing::ElementsAre;

SparseCodes<double> same_codes(std::int64_t atoms, std::vector<std::int32_t> used,
                               std::int64_t signals) {
  SparseCodes<double> codes(atoms);
  const std::vector<double> ones(used.size(), 1.0);
  for (std::int64_t j = 0; j < signals; ++j)
    codes.append(std::span<const std::int32_t>(used), std::span<const double>(ones));
  return codes;
}

double cosine(const Matrix<double>& d, std::int64_t i, std::int64_t j) {
  double sum = 0;
  for (std::int64_t r = 0; r < d.rows(); ++r) sum += d(r, i) * d(r, j);
  return sum;
}

std::vector<std::int64_t> unfit(const Matrix<double>& d, int group_size,
                                const AtomUse* use = nullptr) {
  const AtomUse fresh(d.columns(), group_size, 1e-3);
  return unfit_atoms<double>(use ? *use : fresh, group_size, gram<double>(d.view()));
}

TEST(AtomUse, FractionIsOfTheSignals) {
  AtomUse use(4, 1, 0);  // without forgetting
  EXPECT_EQ(use.fraction(0), 0);
  use.count(same_codes(4, {0, 2}, 30));
  use.count(same_codes(4, {0}, 10));
  EXPECT_DOUBLE_EQ(use.fraction(0), 1);
  EXPECT_DOUBLE_EQ(use.fraction(1), 0);
  EXPECT_DOUBLE_EQ(use.fraction(2), 0.75);
  EXPECT_EQ(use.in_use(), 2);
  EXPECT_FALSE(use.dead(1));  // min_use 0: nothing is ever dead
}

TEST(AtomUse, ZerosStoredInAGroupAreNoUse) {
  SparseCodes<double> codes(2);
  const std::vector<std::int32_t> indices{0, 1};
  const std::vector<double> zeros{1, 0};
  codes.append(std::span<const std::int32_t>(indices), std::span<const double>(zeros));
  AtomUse use(2, 2, 0.5);
  use.count(codes);
  EXPECT_EQ(use.in_use(), 1);
}

TEST(AtomUse, JudgesAfterEnoughSignals) {
  AtomUse use(4, 2, 0.1);  // judged from 50 signals on
  use.count(same_codes(4, {1}, 40));
  EXPECT_FALSE(use.dead(2));
  use.count(same_codes(4, {1}, 20));
  EXPECT_TRUE(use.dead(2));
  EXPECT_TRUE(use.dead(3));
  EXPECT_FALSE(use.dead(0));  // its partner is used
  use.reset(2);
  EXPECT_FALSE(use.dead(2));
}

TEST(AtomUse, OldUsesAreForgotten) {
  AtomUse use(2, 1, 0.1);
  for (int i = 0; i < 20; ++i) use.count(same_codes(2, {0, 1}, 50));
  EXPECT_FALSE(use.dead(1));
  for (int i = 0; i < 20; ++i) use.count(same_codes(2, {0}, 50));  // e^-10 of the uses are left
  EXPECT_TRUE(use.dead(1));
  EXPECT_NEAR(use.fraction(0), 1, 1e-12);
}

TEST(AtomUse, ComesBackFromAnArchive) {
  AtomUse use(3, 1, 0.1), again(3, 1, 0.1), other(4, 1, 0.1);
  use.count(same_codes(3, {0, 2}, 30));
  again.restore(use.save());
  EXPECT_EQ(again.save(), use.save());
  EXPECT_THROW(other.restore(use.save()), Error);
}

TEST(UnfitAtoms, FindsDuplicates) {
  auto d = random_atoms<double>(16, 6, 1);
  EXPECT_THAT(unfit(d, 1), ElementsAre());
  for (std::int64_t i = 0; i < 16; ++i) d(i, 4) = -d(i, 1);
  EXPECT_THAT(unfit(d, 1), ElementsAre(4));
  // Near, but 1 - cosine = t^2 / 2 = 5e-6 apart.
  for (std::int64_t i = 0; i < 16; ++i) d(i, 4) = d(i, 1);
  double overlap = cosine(d, 0, 1), norm = std::sqrt(1 - overlap * overlap);
  const double t = std::sqrt(1e-5);
  for (std::int64_t i = 0; i < 16; ++i)
    d(i, 4) = std::cos(t) * d(i, 1) + std::sin(t) * (d(i, 0) - overlap * d(i, 1)) / norm;
  EXPECT_THAT(unfit(d, 1), ElementsAre());
}

TEST(UnfitAtoms, FindsRotatedPairsEvenIfNotOrthogonal) {
  auto d = random_atoms<double>(16, 8, 1);  // pairs with any angle
  EXPECT_THAT(unfit(d, 2), ElementsAre());
  for (std::int64_t i = 0; i < 16; ++i) {
    d(i, 6) = 0.6 * d(i, 2) + 0.8 * d(i, 3);
    d(i, 7) = 0.8 * d(i, 2) - 0.6 * d(i, 3);
  }
  for (std::int64_t k : {6, 7}) {
    const double norm = std::sqrt(cosine(d, k, k));
    for (double& x : d.column(k)) x /= norm;
  }
  EXPECT_THAT(unfit(d, 2), ElementsAre(6, 7));
  // One atom in common is no duplicate.
  for (std::int64_t i = 0; i < 16; ++i) d(i, 7) = d(i, 0);
  EXPECT_THAT(unfit(d, 2), ElementsAre());
}

TEST(UnfitAtoms, FindsParallelAtomsWithinAGroup) {
  auto d = random_atoms<double>(16, 6, 1, 3);
  for (std::int64_t i = 0; i < 16; ++i) d(i, 5) = d(i, 3);
  EXPECT_THAT(unfit(d, 3), ElementsAre(3, 4, 5));
}

TEST(UnfitAtoms, FindsDeadGroups) {
  const auto d = random_atoms<double>(16, 6, 1, 2);
  AtomUse use(6, 2, 0.1);
  use.count(same_codes(6, {0, 1, 5}, 100));
  EXPECT_THAT(unfit(d, 2, &use), ElementsAre(2, 3));
}

struct Batch {
  Matrix<double> signals = random_matrix<double>(16, 10, 3);
  EncodeInfo info;
  Batch() {
    info.signals.resize(10);
    for (std::size_t j = 0; j < 10; ++j) info.signals[j].objective = (j * 7) % 10;  // worst: 7, 4
  }
};

TEST(ReplaceAtoms, WorstSignalsMakeOrthonormalPairs) {
  const Batch batch;
  auto d = random_atoms<double>(16, 8, 1, 2);
  const auto before = d;
  AtomUse use(8, 2, 0.1);
  const std::vector<std::int64_t> atoms{2, 3};
  replace_atoms<double>({.coder = Coder::group_lasso}, 5, atoms,
                        MatrixSource<double>(batch.signals), batch.info, d, use);
  for (std::int64_t k : {0, 1, 4, 5, 6, 7})
    for (std::int64_t i = 0; i < 16; ++i) EXPECT_EQ(d(i, k), before(i, k));
  EXPECT_NEAR(cosine(d, 2, 2), 1, 1e-14);
  EXPECT_NEAR(cosine(d, 3, 3), 1, 1e-14);
  EXPECT_NEAR(cosine(d, 2, 3), 0, 1e-14);
  // Atom 2 is signal 7, atom 3 the part of signal 4 outside it.
  double with7 = 0, norm7 = 0, left4 = 0, norm4 = 0;
  for (std::int64_t i = 0; i < 16; ++i) {
    with7 += d(i, 2) * batch.signals(i, 7);
    norm7 += batch.signals(i, 7) * batch.signals(i, 7);
  }
  EXPECT_NEAR(with7, std::sqrt(norm7), 1e-12);
  double a = 0, b = 0;
  for (std::int64_t i = 0; i < 16; ++i) {
    a += d(i, 2) * batch.signals(i, 4);
    b += d(i, 3) * batch.signals(i, 4);
    norm4 += batch.signals(i, 4) * batch.signals(i, 4);
  }
  left4 = norm4 - a * a - b * b;
  EXPECT_NEAR(left4, 0, 1e-12);
}

TEST(ReplaceAtoms, SamplesDependOnSeedAndStep) {
  const Batch batch;
  const auto make = [&](std::int64_t seed, std::int64_t step) {
    auto d = random_atoms<double>(16, 8, 1);
    AtomUse use(8, 1, 0.1);
    const std::vector<std::int64_t> atoms{0, 6};
    replace_atoms<double>({.replace = Replace::sample, .seed = seed}, step, atoms,
                          MatrixSource<double>(batch.signals), batch.info, d, use);
    return d;
  };
  EXPECT_EQ(make(1, 1), make(1, 1));
  EXPECT_NE(make(1, 1), make(1, 2));
  EXPECT_NE(make(1, 1), make(2, 1));
}

TEST(ReplaceAtoms, TakesNoiseWhenSignalsRunOut) {
  Batch batch;
  batch.signals.fill(0);
  auto d = random_atoms<double>(16, 8, 1, 2);
  AtomUse use(8, 2, 0.1);
  const std::vector<std::int64_t> atoms{0, 1, 2, 3, 4, 5, 6, 7};
  replace_atoms<double>({.coder = Coder::group_lasso}, 1, atoms,
                        MatrixSource<double>(batch.signals), batch.info, d, use);
  for (std::int64_t k = 0; k < 8; ++k) EXPECT_NEAR(cosine(d, k, k), 1, 1e-14);
  EXPECT_NEAR(cosine(d, 4, 5), 0, 1e-14);
}

}  // namespace
}  // namespace striate
