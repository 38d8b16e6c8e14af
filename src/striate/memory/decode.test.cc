#include "striate/memory/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/core/parallel.h"
#include "tests/problems/planted_memory.h"

namespace striate {
namespace {

using testing::HasSubstr;

template <class T>
Matrix<T> random_matrix(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  Matrix<T> matrix(rows, columns);
  Random random(seed, stream("matrix"));
  for (std::int64_t j = 0; j < columns; ++j)
    for (std::int64_t i = 0; i < rows; ++i) matrix(i, j) = static_cast<T>(random.normal());
  return matrix;
}

using Vector = std::vector<double>;

// A z, or A (i z), by plain loops over the complex code.
template <class T>
Vector synthesized(const Matrix<T>& atoms, const SparseCodes<T>& states, std::int64_t j,
                   std::complex<double> turn) {
  const auto z = problems::dense(states, j);
  Vector y(static_cast<std::size_t>(atoms.rows()));
  for (std::size_t p = 0; p < z.size(); ++p)
    for (std::size_t i = 0; i < y.size(); ++i) {
      const auto row = static_cast<std::int64_t>(i), pair = static_cast<std::int64_t>(2 * p);
      y[i] += atoms(row, pair) * (turn * z[p]).real() + atoms(row, pair + 1) * (turn * z[p]).imag();
    }
  return y;
}

double inner(const Vector& x, const Vector& y) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

template <class T>
Vector column(const Matrix<T>& matrix, std::int64_t j) {
  return Vector(matrix.column(j).begin(), matrix.column(j).end());
}

template <class T>
class DecodeTest : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(DecodeTest, Scalars);

TYPED_TEST(DecodeTest, GainsByClosedForm) {
  using T = TypeParam;
  const double tolerance = std::is_same_v<T, float> ? 2e-5 : 1e-12;
  const Matrix<T> atoms = random_matrix<T>(20, 24, 1), noisy = random_matrix<T>(20, 9, 2);
  const Dictionary<T> dictionary(atoms.view());
  const SparseCodes<T> states = problems::random_codes<T>(12, 5, 9, 3, 0.5);
  const Vector norms = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  const Matrix<T> real = decode_states(states, dictionary, Signals<T>(noisy.view()));
  const Matrix<T> turned =
      decode_states(states, dictionary, Signals<T>(noisy.view()), Gain::ls_complex);
  const Matrix<T> normed = decode_states(states, dictionary, {}, Gain::stored_norm, norms);
  const Matrix<T> cue = decode_states(states, dictionary, {}, Gain::cue_norm, norms);
  const Matrix<T> none = decode_states(states, dictionary, {}, Gain::none);
  int negative = 0;
  for (std::int64_t j = 0; j < 9; ++j) {
    const Vector x = column(noisy, j);
    const Vector y = synthesized(atoms, states, j, 1), w = synthesized(atoms, states, j, {0, 1});
    double size = 0;
    for (const auto& z : problems::dense(states, j)) size += std::norm(z);
    const double b = inner(x, y) / inner(y, y);
    negative += b < 0;
    for (std::size_t i = 0; i < 20; ++i) {
      const auto row = static_cast<std::int64_t>(i);
      EXPECT_NEAR(real(row, j), std::max(0.0, b) * y[i], tolerance);
      EXPECT_NEAR(none(row, j), y[i] / std::sqrt(size), tolerance);
      EXPECT_NEAR(normed(row, j), norms[static_cast<std::size_t>(j)] * y[i] / std::sqrt(size),
                  10 * tolerance);
    }
    EXPECT_EQ(column(cue, j), column(normed, j));
    // The residual of the complex fit is orthogonal to both parts, and no larger than the real
    // fit's.
    Vector residual = x, real_residual = x;
    for (std::size_t i = 0; i < 20; ++i) {
      residual[i] -= turned(static_cast<std::int64_t>(i), j);
      real_residual[i] -= real(static_cast<std::int64_t>(i), j);
    }
    EXPECT_NEAR(inner(residual, y), 0, 100 * tolerance);
    EXPECT_NEAR(inner(residual, w), 0, 100 * tolerance);
    EXPECT_LE(inner(residual, residual), inner(real_residual, real_residual) + tolerance);
  }
  EXPECT_GT(negative, 0);  // so that the clip at 0 was seen
}

TYPED_TEST(DecodeTest, ComplexGainRepairsTheGlobalPhase) {
  using T = TypeParam;
  const Matrix<T> atoms = random_matrix<T>(30, 16, 4);
  const Dictionary<T> dictionary(atoms.view());
  const SparseCodes<T> states = problems::random_codes<T>(8, 4, 3, 5);
  Matrix<T> signals(30, 3);
  for (std::int64_t j = 0; j < 3; ++j) {
    const Vector y = synthesized(atoms, states, j, std::polar(2.5, 1.0));
    for (std::size_t i = 0; i < 30; ++i)
      signals(static_cast<std::int64_t>(i), j) = static_cast<T>(y[i]);
  }
  const Matrix<T> decoded =
      decode_states(states, dictionary, Signals<T>(signals.view()), Gain::ls_complex);
  for (std::size_t i = 0; i < signals.size(); ++i)
    EXPECT_NEAR(decoded.data()[i], signals.data()[i], (std::is_same_v<T, float> ? 2e-5 : 1e-12));
}

TEST(Decode, SilentStatesAreZeroSignalsWhateverTheGain) {
  const Matrix<double> atoms = random_matrix<double>(6, 4, 1),
                       noisy = random_matrix<double>(6, 1, 2);
  SparseCodes<double> states(4);
  states.append(std::vector<std::int32_t>{}, std::vector<double>{});
  for (const Gain gain :
       {Gain::ls_real, Gain::ls_complex, Gain::cue_norm, Gain::stored_norm, Gain::none}) {
    const std::vector<double> norms = {3};
    const auto decoded =
        decode_states(states, Dictionary<double>(atoms.view()), noisy.view(), gain, norms);
    for (std::size_t i = 0; i < decoded.size(); ++i) EXPECT_EQ(decoded.data()[i], 0);
  }
}

TEST(Decode, SameBitsForAnyNumberOfThreadsAndAnySplit) {
  const Matrix<float> atoms = random_matrix<float>(20, 24, 1),
                      noisy = random_matrix<float>(20, 50, 2);
  const Dictionary<float> dictionary(atoms.view());
  const SparseCodes<float> states = problems::random_codes<float>(12, 5, 50, 3, 0.5);
  set_thread_count(1);
  const Matrix<float> one = decode_states(states, dictionary, noisy.view(), Gain::ls_complex);
  for (const int threads : {2, 4}) {
    set_thread_count(threads);
    EXPECT_EQ(decode_states(states, dictionary, noisy.view(), Gain::ls_complex), one);
  }
  set_thread_count(0);
  const Matrix<float> part = decode_states(states.slice(17, 5), dictionary,
                                           noisy.view().middle_columns(17, 5), Gain::ls_complex);
  for (std::int64_t j = 0; j < 5; ++j)
    EXPECT_TRUE(std::ranges::equal(part.column(j), one.column(17 + j)));
}

TEST(Decode, RefusesShapesThatDoNotFit) {
  const Matrix<double> atoms = random_matrix<double>(6, 4, 1),
                       noisy = random_matrix<double>(5, 2, 2);
  const Dictionary<double> dictionary(atoms.view());
  const SparseCodes<double> states = problems::random_codes<double>(2, 1, 2, 3);
  const auto message = [&](auto&& call) -> std::string {
    try {
      call();
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing thrown";
  };
  EXPECT_THAT(message([&] { decode_states(states, dictionary, noisy.view()); }),
              HasSubstr("decode_states: 2 noisy signals of 5 rows; the gain needs 2 of 6"));
  EXPECT_THAT(message([&] { decode_states(states, dictionary, {}, Gain::cue_norm); }),
              HasSubstr("0 norms; the gain needs 2"));
  EXPECT_THAT(message([&] {
                decode_states(problems::random_codes<double>(3, 1, 2, 3), dictionary, {},
                              Gain::none);
              }),
              HasSubstr("states of 6 atoms and a dictionary of 4"));
}

}  // namespace
}  // namespace striate
