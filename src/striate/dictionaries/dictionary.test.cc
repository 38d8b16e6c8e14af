#include "striate/dictionaries/dictionary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <thread>

#include "tests/problems/random_matrix.h"

namespace striate {
namespace {

TEST(Dictionary, KeepsAtomsNormsAndGram) {
  Matrix<float> atoms = random_matrix<float>(6, 9, 1);
  const Matrix<float> original = atoms;
  const Dictionary<float> dictionary(atoms.view());
  atoms.fill(0);  // the dictionary has its own
  EXPECT_EQ(dictionary.rows(), 6);
  EXPECT_EQ(dictionary.atoms(), 9);
  EXPECT_TRUE(Matrix<float>(dictionary.matrix()) == original);
  for (int i = 0; i < 9; ++i) {
    for (int j = 0; j < 9; ++j) {
      double sum = 0;
      for (int k = 0; k < 6; ++k) sum += double(original(k, i)) * original(k, j);
      EXPECT_NEAR(dictionary.gram()(i, j), sum, 1e-5);
    }
    EXPECT_NEAR(dictionary.squared_norms()[std::size_t(i)], dictionary.gram()(i, i), 1e-5);
  }
}

TEST(Dictionary, CopiesShareOneGramAlsoWhenManyThreadsAskFirst) {
  const Dictionary<double> dictionary(random_matrix<double>(30, 200, 2).view());
  const Dictionary<double> copy = dictionary;
  std::vector<const double*> seen(8);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < seen.size(); ++i)
      threads.emplace_back([&, i] { seen[i] = (i % 2 ? copy : dictionary).gram().data; });
  }
  for (const double* data : seen) EXPECT_EQ(data, seen[0]);
}

TEST(Dictionary, CorrelatesWithEveryAtom) {
  const Dictionary<float> dictionary(random_matrix<float>(17, 70, 5).view());
  const Matrix<float> r = random_matrix<float>(17, 11, 6);
  Matrix<float> all(70, 11), one(70, 1);
  dictionary.correlate(r.view(), all.view());
  for (int j = 0; j < 11; ++j) {
    dictionary.correlate(r.view().middle_columns(j, 1), one.view());
    for (int k = 0; k < 70; ++k) {
      double sum = 0;
      for (int i = 0; i < 17; ++i) sum += double(dictionary.atom(k)[std::size_t(i)]) * r(i, j);
      EXPECT_NEAR(all(k, j), sum, 1e-5);
      EXPECT_EQ(all(k, j), one(k, 0));
    }
  }
}

TEST(Dictionary, RefusesWhatIsNotADictionary) {
  Matrix<double> atoms = random_matrix<double>(4, 3, 3);
  EXPECT_THAT([] { Dictionary<double> d(MatrixView<const double>(nullptr, 0, 3)); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("at least 1 is needed")));
  atoms(2, 1) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT([&] { Dictionary<double> d(atoms.view()); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("atom 1 holds nan")));
  EXPECT_EQ(Dictionary<double>(MatrixView<const double>(nullptr, 4, 0)).atoms(), 0);
}

TEST(Synthesize, SumsAtoms) {
  const Matrix<double> atoms = random_matrix<double>(5, 4, 4);
  const Dictionary<double> dictionary(atoms.view());
  const std::vector<std::int32_t> indices = {1, 3};
  const std::vector<double> values = {2, -0.5};
  std::vector<double> out(5, 99.0);
  synthesize<double>(dictionary, indices, values, out);
  for (int i = 0; i < 5; ++i)
    EXPECT_DOUBLE_EQ(out[std::size_t(i)], 2 * atoms(i, 1) - 0.5 * atoms(i, 3));
  synthesize<double>(dictionary, {}, {}, out);
  EXPECT_THAT(out, testing::Each(0.0));
  const std::vector<std::int32_t> beyond = {1, 4};
  EXPECT_THAT([&] { synthesize<double>(dictionary, beyond, values, out); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("index 4")));
  out.resize(6);
  EXPECT_THAT([&] { synthesize<double>(dictionary, indices, values, out); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("6 places")));
}

}  // namespace
}  // namespace striate
