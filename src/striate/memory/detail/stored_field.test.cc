#include "striate/memory/detail/stored_field.h"

#include <gtest/gtest.h>

#include "striate/memory/detail/recall_plain.h"
#include "striate/memory/rules/hebbian_weighting.h"
#include "striate/memory/rules/top1.h"
#include "tests/problems/planted_memory.h"

namespace striate::detail {
namespace {

using Complex = std::complex<double>;
using Vector = std::vector<Complex>;

template <class T>
StoredField<T> hebbian(const UnitCodes<T>& codes, const std::vector<double>& weights,
                       bool zero_diagonal) {
  return {&codes, weights, std::make_unique<HebbianWeighting<T>>(), zero_diagonal};
}

template <class T>
std::vector<std::complex<T>> field_of(const StoredField<T>& field,
                                      const std::vector<std::complex<T>>& z) {
  std::vector<std::complex<T>> a(static_cast<std::size_t>(field.patterns())), u(z.size());
  field.overlaps(z, a);
  field.weigh(a);
  field.apply(a, z, u);
  return u;
}

// J, one column per unit vector.
template <class T>
std::vector<std::vector<std::complex<T>>> columns(const StoredField<T>& field) {
  std::vector<std::vector<std::complex<T>>> j;
  for (std::int64_t i = 0; i < field.units(); ++i) {
    std::vector<std::complex<T>> unit(static_cast<std::size_t>(field.units()));
    unit[static_cast<std::size_t>(i)] = 1;
    j.push_back(field_of(field, unit));
  }
  return j;
}

// A Hermitian matrix is positive definite if and only if its Cholesky factor exists.
bool has_cholesky(std::vector<Vector> j) {
  const std::size_t n = j.size();
  for (std::size_t k = 0; k < n; ++k) {
    if (!(j[k][k].real() > 0)) return false;
    for (std::size_t column = k + 1; column < n; ++column)
      for (std::size_t row = column; row < n; ++row)
        j[column][row] -= j[k][row] * std::conj(j[k][column]) / j[k][k].real();
  }
  return true;
}

struct Problem {
  explicit Problem(std::uint64_t seed)
      : pairs(problems::random_codes<double>(24, 6, 10, seed, 0.7)), codes(units_of_pairs(pairs)) {
    Random random(seed, stream("weights"));
    for (int p = 0; p < 10; ++p) weights.push_back(0.2 + 3 * random.uniform());
  }
  SparseCodes<double> pairs;
  UnitCodes<double> codes;
  std::vector<double> weights;
};

TEST(StoredField, IsTheDenseMatrixToRounding) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Problem problem(seed);
    for (const bool zero_diagonal : {false, true}) {
      const auto field = hebbian(problem.codes, problem.weights, zero_diagonal);
      std::vector<Vector> j(24, Vector(24));  // [column][row]
      for (std::size_t p = 0; p < 10; ++p) {
        const Vector z = problems::dense(problem.pairs, static_cast<std::int64_t>(p));
        for (std::size_t column = 0; column < 24; ++column)
          for (std::size_t row = 0; row < 24; ++row)
            if (!zero_diagonal || row != column)
              j[column][row] += problem.weights[p] * z[row] * std::conj(z[column]);
      }
      double size = 0;
      for (const Vector& column : j)
        for (const Complex& x : column) size = std::max(size, std::abs(x));
      const auto built = columns(field);
      for (std::size_t column = 0; column < 24; ++column)
        for (std::size_t row = 0; row < 24; ++row)
          EXPECT_NEAR(std::abs(built[column][row] - j[column][row]), 0, 1e-12 * size);

      Random random(seed, stream("state"));
      Vector z(24), expected(24);
      for (Complex& x : z) x = random.normal() * problems::random_phase(random);
      double largest = 0;
      for (std::size_t row = 0; row < 24; ++row) {
        for (std::size_t column = 0; column < 24; ++column)
          expected[row] += j[column][row] * z[column];
        largest = std::max(largest, std::abs(expected[row]));
      }
      const Vector u = field_of(field, z);
      for (std::size_t row = 0; row < 24; ++row)
        EXPECT_NEAR(std::abs(u[row] - expected[row]), 0, 1e-12 * largest);
      // Phi = z^H J z / 2
      Complex form = 0;
      for (std::size_t row = 0; row < 24; ++row) form += std::conj(z[row]) * expected[row];
      Vector a(10);
      field.overlaps(z, a);
      EXPECT_NEAR(field.potential(z, a), form.real() / 2, 1e-12 * (1 + std::abs(form)));
    }
  }
}

TEST(StoredField, IsHermitianAndPositiveSemiDefiniteWithTheDiagonalOnly) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Problem problem(seed);
    auto kept = columns(hebbian(problem.codes, problem.weights, false));
    auto zeroed = columns(hebbian(problem.codes, problem.weights, true));
    for (std::size_t i = 0; i < 24; ++i) {
      for (std::size_t j = 0; j < 24; ++j) {
        EXPECT_NEAR(std::abs(kept[i][j] - std::conj(kept[j][i])), 0, 1e-12);
        EXPECT_NEAR(std::abs(zeroed[i][j] - std::conj(zeroed[j][i])), 0, 1e-12);
      }
      EXPECT_NEAR(std::abs(zeroed[i][i]), 0, 1e-12);
      kept[i][i] += 1e-9;  // the matrix has rank 10 of 24
      zeroed[i][i] += 1e-9;
    }
    EXPECT_TRUE(has_cholesky(kept));
    EXPECT_FALSE(has_cholesky(zeroed));
  }
}

// J z_q = ||z_q||^2 z_q + cross-talk; with Z Z^T in its place the signal would vanish.
TEST(StoredField, TheConjugateIsOnTheStoredCode) {
  const auto pairs = problems::random_codes<float>(512, 26, 20, 5);
  const auto codes = units_of_pairs(pairs);
  const auto field = hebbian(codes, std::vector<double>(20, 1), false);
  for (std::int64_t q = 0; q < 20; ++q) {
    std::vector<std::complex<float>> z(512);
    for (std::size_t i = 0; i < codes[q].active(); ++i)
      z[static_cast<std::size_t>(codes[q].units[i])] = codes[q].values[i];
    const auto u = field_of(field, z);
    Complex along = 0;  // <z, J z> / ||z||^2 = ||z||^2 + cross-talk of about P K / n
    for (std::size_t i = 0; i < 512; ++i) along += std::conj(Complex(z[i])) * Complex(u[i]);
    EXPECT_NEAR(along.real() / 26, 26, 4);
    EXPECT_NEAR(along.imag() / 26, 0, 1e-4);
  }
}

TEST(StoredField, AWeightOfTwoIsTwoCopies) {
  const auto once = units_of_pairs(problems::random_codes<double>(20, 5, 3, 1, 0.4));
  UnitCodes<double> twice(20);
  for (const std::int64_t p : {0, 0, 1, 2}) twice.append(once[p]);
  const auto weighted = hebbian(once, {2, 1, 1}, true);
  const auto copied = hebbian(twice, {1, 1, 1, 1}, true);
  Vector z(20);
  Random random(3, stream("state"));
  for (Complex& x : z) x = random.normal() * problems::random_phase(random);
  const Vector u = field_of(weighted, z), v = field_of(copied, z);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_NEAR(std::abs(u[i] - v[i]), 0, 1e-12);
}

TEST(StoredField, NoDustWhereAUnitActsOnItselfAlone) {
  // Each unit belongs to one pattern of one unit, stored with a weight: J without diagonal is 0.
  UnitCodes<float> codes(64);
  std::vector<double> weights;
  std::vector<std::complex<float>> z(64);
  Random random(1, stream("dust"));
  for (std::int32_t i = 0; i < 64; ++i) {
    const std::vector<std::int32_t> units = {i};
    const std::vector<std::complex<float>> values = {
        std::complex<float>(random.normal() * problems::random_phase(random))};
    codes.append({units, values});
    weights.push_back(0.3 + random.uniform());
    z[static_cast<std::size_t>(i)] = std::complex<float>(problems::random_phase(random));
  }
  for (const auto& u : field_of(hebbian(codes, weights, true), z))
    EXPECT_EQ(u, std::complex<float>(0));
}

TEST(StoredField, EmptyMemoryHasNoField) {
  const UnitCodes<float> none(4);
  const auto field = hebbian(none, {}, true);
  const std::vector<std::complex<float>> z(4, 1);
  for (const auto& u : field_of(field, z)) EXPECT_EQ(u, std::complex<float>(0));
  EXPECT_EQ(field.potential(z, {}), 0);
}

}  // namespace
}  // namespace striate::detail
