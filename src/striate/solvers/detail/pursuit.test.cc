#include "striate/solvers/detail/pursuit.h"

#include <gtest/gtest.h>

#include "tests/problems/random_matrix.h"

namespace striate::detail {
namespace {

template <class T>
void expect_first_of_the_largest() {
  constexpr int size = block_atoms<T>;
  std::vector<T> scores(3 * size, T(0));
  const auto found = [&] { return best_atom<T>(scores); };
  EXPECT_EQ(found(), -1);
  for (int j : {3 * size - 1, 2 * size + 5, size + 5, size + 4, 5, 0}) {
    scores[static_cast<std::size_t>(j)] = 2;
    EXPECT_EQ(found(), j);
  }
  scores[static_cast<std::size_t>(size + 7)] = 3;
  EXPECT_EQ(found(), size + 7);
}

TEST(Pursuit, TheFirstOfTheLargestScoresIsFound) {
  expect_first_of_the_largest<float>();
  expect_first_of_the_largest<double>();
}

TEST(Pursuit, GramColumnsAreTheSameBitsHoweverMade) {
  const auto atoms = random_matrix<float>(37, 150, 1);
  const Dictionary<float> dictionary(atoms.view());
  const GramColumns<float> few(dictionary, 1, 1), many(dictionary, 1000, 2);
  PursuitSpace<float> s, t;
  for (std::int32_t j : {0, 77}) few.announce(j, s);
  for (std::int32_t j : {0, 77, 149})
    EXPECT_TRUE(std::ranges::equal(std::span(few(j, s), 150), std::span(many(j, t), 150)));
  EXPECT_EQ(s.formed, std::vector<std::int32_t>{149});
  EXPECT_EQ(s.columns.columns(), 2);  // those announced were one product
  EXPECT_TRUE(t.formed.empty());
}

}  // namespace
}  // namespace striate::detail
