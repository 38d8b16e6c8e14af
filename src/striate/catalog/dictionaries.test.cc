// Whatever is in the table of dictionaries is tested here the moment it is declared: shapes, unit
// norms, finite values, the adjoint, the same atoms twice, precision, refusals.
#include "striate/catalog/dictionaries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/dictionaries/dictionary.h"
#include "tests/problems/random_matrix.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

template <class T>
Matrix<T> make(const DictionaryEntry& entry, const Values& settings = {}) {
  const Matrix<T> signals = random_matrix<T>(20, 200, 1);
  const MatrixSource<T> data(signals);
  return make_atoms<T>(entry.name, settings, &data);
}

TEST(Dictionaries, HaveFiniteUnitAtoms) {
  for (const DictionaryEntry& entry : dictionaries()) {
    const Matrix<double> atoms = make<double>(entry);
    EXPECT_GE(atoms.rows(), 1) << entry.name;
    EXPECT_GE(atoms.columns(), 1) << entry.name;
    for (std::int64_t k = 0; k < atoms.columns(); ++k) {
      double squares = 0;
      for (double x : atoms.column(k)) squares += x * x;
      EXPECT_NEAR(squares, 1, 1e-12) << entry.name << " " << k;
    }
    EXPECT_EQ(atoms, make<double>(entry)) << entry.name;
  }
}

TEST(Dictionaries, AreTheSameInSinglePrecision) {
  for (const DictionaryEntry& entry : dictionaries()) {
    const Matrix<double> atoms = make<double>(entry);
    const Matrix<float> single = make<float>(entry);
    ASSERT_EQ(atoms.size(), single.size()) << entry.name;
    for (std::size_t i = 0; i < atoms.size(); ++i)
      ASSERT_NEAR(atoms.data()[i], double(single.data()[i]), 3e-6) << entry.name;
  }
}

// <D z, r> = <z, D'r>
TEST(Dictionaries, SynthesisAndCorrelationAreAdjoint) {
  for (const DictionaryEntry& entry : dictionaries()) {
    const Dictionary<double> dictionary(make<double>(entry).view());
    const Matrix<double> r = random_matrix<double>(dictionary.rows(), 1, 2);
    const Matrix<double> z = random_matrix<double>(dictionary.atoms(), 1, 3);
    std::vector<std::int32_t> indices;
    for (std::int64_t k = 0; k < dictionary.atoms(); ++k)
      indices.push_back(static_cast<std::int32_t>(k));
    std::vector<double> y(static_cast<std::size_t>(dictionary.rows()));
    synthesize<double>(dictionary, indices, z.column(0), y);
    Matrix<double> c(dictionary.atoms(), 1);
    dictionary.correlate(r, c.view());
    double left = 0, right = 0;
    for (std::int64_t i = 0; i < dictionary.rows(); ++i) left += y[std::size_t(i)] * r(i, 0);
    for (std::int64_t k = 0; k < dictionary.atoms(); ++k) right += z(k, 0) * c(k, 0);
    EXPECT_NEAR(left, right, 1e-10 * double(dictionary.atoms())) << entry.name;
  }
}

TEST(Dictionaries, TakeTheirSettingsByNameAndRefuseOthers) {
  for (const DictionaryEntry& entry : dictionaries()) {
    EXPECT_EQ(&dictionary_named(entry.name), &entry);
    EXPECT_FALSE(entry.summary.empty());
    EXPECT_FALSE(entry.source.empty());
    EXPECT_THAT(
        [&] {
          make<double>(entry, {{"lambda", 1.0}});
        },
        ThrowsMessage<Error>(
            testing::AllOf(testing::StartsWith(std::string(entry.name)), HasSubstr("lambda"))));
    for (const Field& field : entry.fields()) {
      EXPECT_FALSE(field.sentence.empty()) << entry.name;
      if (field.type != "integer") continue;
      EXPECT_THAT(
          [&] {
            make<double>(entry, {{field.name, std::int64_t{-1}}});
          },
          ThrowsMessage<Error>(HasSubstr(field.name)))
          << entry.name;
    }
  }
  EXPECT_THAT([] { make_atoms<float>("from_data", {}); },
              ThrowsMessage<Error>(HasSubstr("no signals")));
  EXPECT_THAT([] { dictionary_named("dcd"); }, ThrowsMessage<Error>(HasSubstr("'dct'")));
}

TEST(Dictionaries, UnionsHandSettingsOnToTheirParts) {
  const Values settings = {{"parts", std::string("dct, haar,random")},
                           {"patch", std::int64_t{4}},
                           {"frequencies", std::int64_t{6}},
                           {"rows", std::int64_t{16}},
                           {"atoms", std::int64_t{10}}};
  const Matrix<double> atoms = make_atoms<double>("union", settings);
  ASSERT_EQ(atoms.rows(), 16);
  ASSERT_EQ(atoms.columns(), 36 + 16 + 10);
  const Matrix<double> haar = make_atoms<double>("haar", {{"patch", std::int64_t{4}}});
  for (int k = 0; k < 16; ++k)
    for (int i = 0; i < 16; ++i) EXPECT_EQ(atoms(i, 36 + k), haar(i, k));
  Values wrong = settings;
  wrong["rows"] = std::int64_t{9};
  EXPECT_THAT([&] { make_atoms<double>("union", wrong); },
              ThrowsMessage<Error>(HasSubstr("parts of 16 and of 9 rows")));
  wrong["parts"] = std::string("dct,union");
  EXPECT_THAT([&] { make_atoms<double>("union", wrong); },
              ThrowsMessage<Error>(HasSubstr("'union'")));
  wrong["parts"] = std::string("dct,");
  EXPECT_THAT([&] { make_atoms<double>("union", wrong); },
              ThrowsMessage<Error>(HasSubstr("there is no dictionary ''")));
}

}  // namespace
}  // namespace striate
