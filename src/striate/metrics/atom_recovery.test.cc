#include "striate/metrics/atom_recovery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "striate/core/random.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

// Columns in the given order, each times a factor of either sign.
Matrix<double> shuffled(const Matrix<double>& atoms, const std::vector<std::int64_t>& order) {
  Matrix<double> out(atoms.rows(), static_cast<std::int64_t>(order.size()));
  for (std::int64_t j = 0; j < out.columns(); ++j)
    for (std::int64_t i = 0; i < out.rows(); ++i)
      out(i, j) = (j % 2 ? -1.5 : 0.5) * atoms(i, order[static_cast<std::size_t>(j)]);
  return out;
}

double cosine(std::span<const double> a, std::span<const double> b) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    ab += a[i] * b[i], aa += a[i] * a[i], bb += b[i] * b[i];
  return std::abs(ab) / std::sqrt(aa * bb);
}

TEST(MatchAtoms, FindsAPermutationWhateverSignAndScale) {
  const auto truth = random_matrix<double>(16, 30, 1);
  const auto order = permutation(30, Random(2, stream("match")));
  const auto match = match_atoms<double>(truth, shuffled(truth, order));
  for (std::size_t i = 0; i < 30; ++i) {
    EXPECT_EQ(order[static_cast<std::size_t>(match.partner[i])], static_cast<std::int64_t>(i));
    EXPECT_NEAR(match.similarity[i], 1, 1e-12);
  }
  EXPECT_EQ(atom_recovery<double>(truth, shuffled(truth, order)), 1);
}

TEST(MatchAtoms, SumIsTheLargestOfAllAssignments) {
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    for (const std::int64_t learned_atoms : {5, 7, 4}) {
      const auto truth = random_matrix<double>(3, 5, seed);
      const auto learned = random_matrix<double>(3, learned_atoms, seed + 100);
      const auto match = match_atoms<double>(truth, learned);
      std::vector<std::int64_t> slots(
          static_cast<std::size_t>(std::max<std::int64_t>(5, learned_atoms)));
      std::iota(slots.begin(), slots.end(), 0);
      double best = 0;
      do {
        double sum = 0;
        for (std::int64_t i = 0; i < 5; ++i) {
          const std::int64_t j = slots[static_cast<std::size_t>(i)];
          if (j < learned_atoms) sum += cosine(truth.column(i), learned.column(j));
        }
        best = std::max(best, sum);
      } while (std::next_permutation(slots.begin(), slots.end()));
      double sum = 0;
      std::vector<std::int64_t> used;
      for (std::size_t i = 0; i < 5; ++i) {
        if (match.partner[i] < 0) continue;
        const double value =
            cosine(truth.column(static_cast<std::int64_t>(i)), learned.column(match.partner[i]));
        EXPECT_NEAR(match.similarity[i], value, 1e-12);
        sum += value;
        used.push_back(match.partner[i]);
      }
      EXPECT_NEAR(sum, best, 1e-12);
      std::sort(used.begin(), used.end());
      EXPECT_EQ(std::adjacent_find(used.begin(), used.end()), used.end());
      EXPECT_EQ(used.size(), static_cast<std::size_t>(std::min<std::int64_t>(5, learned_atoms)));
    }
}

TEST(MatchAtoms, PairsThatSpanTheSamePlaneAreTheSame) {
  const auto truth = random_matrix<double>(20, 12, 3);
  Matrix<double> turned(20, 12);
  for (std::int64_t p = 0; p < 6; ++p)
    for (std::int64_t i = 0; i < 20; ++i) {
      const double a = truth(i, 2 * p), b = truth(i, 2 * p + 1);
      turned(i, 2 * (5 - p)) = 2 * a - b;
      turned(i, 2 * (5 - p) + 1) = a + 0.3 * b;
    }
  const auto match = match_atoms<double>(truth, turned, 2);
  for (std::size_t p = 0; p < 6; ++p) {
    EXPECT_EQ(match.partner[p], 5 - static_cast<std::int64_t>(p));
    EXPECT_NEAR(match.similarity[p], 1, 1e-12);
  }
}

TEST(MatchAtoms, SimilarityOfPairsIsTheLargestPrincipalAngle) {
  Matrix<double> truth(4, 2), learned(4, 2);
  truth(0, 0) = 1, truth(1, 1) = 1;
  // One direction kept, the other turned by 0.5 radians out of the plane.
  learned(0, 0) = 1;
  learned(1, 1) = std::cos(0.5), learned(2, 1) = std::sin(0.5);
  EXPECT_NEAR(match_atoms<double>(truth, learned, 2).similarity[0], std::cos(0.5), 1e-12);
  EXPECT_EQ(atom_recovery<double>(truth, learned, 2, 0.8), 1);
  EXPECT_EQ(atom_recovery<double>(truth, learned, 2, 0.9), 0);
}

TEST(MatchAtoms, DependentAtomsSpanNothing) {
  Matrix<float> truth(3, 2), learned(3, 2);
  truth(0, 0) = 1, truth(1, 1) = 1;
  learned(0, 0) = 1, learned(0, 1) = 2;
  EXPECT_EQ(match_atoms<float>(truth, learned, 2).similarity[0], 0);
  const auto single = match_atoms<float>(truth, Matrix<float>(3, 1));  // one atom of zeros
  EXPECT_EQ(single.similarity[0] + single.similarity[1], 0);
}

TEST(MatchAtoms, RefusesWhatCannotBeMatched) {
  const auto message = [](const Matrix<double>& a, const Matrix<double>& b,
                          std::int64_t g) -> std::string {
    try {
      match_atoms<double>(a, b, g);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  const Matrix<double> a(4, 6);
  EXPECT_EQ(message(a, Matrix<double>(5, 6), 1),
            "match_atoms: atoms of 4 and of 5 values; both dictionaries must have the same");
  EXPECT_EQ(
      message(a, Matrix<double>(4, 5), 2),
      "match_atoms: group_size is 2 for 6 and 5 atoms; it must be at least 1 and divide both");
  EXPECT_NE(message(a, a, 0), "no error");
  Matrix<double> bad(4, 6);
  bad(1, 3) = NAN;
  EXPECT_EQ(message(a, bad, 1),
            "match_atoms: atom 3 of what was learned has a value that is not finite");
  EXPECT_THROW(atom_recovery<double>(Matrix<double>(4, 0), a), Error);
}

}  // namespace
}  // namespace striate
