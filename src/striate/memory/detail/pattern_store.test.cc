#include "striate/memory/detail/pattern_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/problems/planted_memory.h"

namespace striate::detail {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Ids = std::vector<std::int64_t>;

template <class Call>
std::string message(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

const SparseCodes<double> codes = problems::random_codes<double>(10, 4, 5, 1, 0.7);

TEST(PatternStore, KeepsUnitCodesNormsAndIds) {
  PatternStore<double> store(10);
  EXPECT_THAT(store.add("store", codes, {}, {}), ElementsAre(0, 1, 2, 3, 4));
  const auto given = units_of_pairs(codes);
  for (std::int64_t p = 0; p < 5; ++p) {
    const double norm = code_norm(given[p]);
    EXPECT_DOUBLE_EQ(store.norms()[static_cast<std::size_t>(p)], norm);
    EXPECT_NEAR(code_norm(store.codes()[p]), 1, 1e-15);
    for (std::size_t i = 0; i < 4; ++i)
      EXPECT_NEAR(std::abs(norm * store.codes()[p].values[i] - given[p].values[i]), 0, 1e-14);
  }
  EXPECT_THAT(store.weights(), ElementsAre(1, 1, 1, 1, 1));
}

TEST(PatternStore, IdsRiseWhateverTheOrderOfStoring) {
  PatternStore<double> one(10), two(10);
  one.add("store", codes, Ids{7, 2, 9, 0, 4}, std::vector<double>{1, 2, 3, 4, 5});
  for (const std::int64_t p : {4, 2, 0, 1, 3})
    two.add("store", codes.slice(p, 1), Ids{Ids{7, 2, 9, 0, 4}[static_cast<std::size_t>(p)]},
            std::vector<double>{static_cast<double>(p + 1)});
  EXPECT_THAT(one.ids(), ElementsAre(0, 2, 4, 7, 9));
  EXPECT_THAT(one.weights(), ElementsAre(4, 2, 5, 1, 3));
  EXPECT_EQ(one.to_archive(), two.to_archive());
}

TEST(PatternStore, StoreThenForgetRestoresTheSameBytes) {
  PatternStore<double> store(10);
  store.add("store", codes.slice(0, 3), Ids{5, 1, 8}, {});
  const Archive before = store.to_archive();
  store.add("store", codes.slice(3, 2), Ids{3, 12}, {});
  EXPECT_NE(store.to_archive(), before);
  store.remove("forget", Ids{12, 3});
  EXPECT_EQ(store.to_archive(), before);
}

TEST(PatternStore, MadeUpIdsAreNeverUsedAgain) {
  PatternStore<double> store(10);
  store.add("store", codes.slice(0, 1), Ids{1}, {});
  EXPECT_THAT(store.add("store", codes.slice(1, 2), {}, {}), ElementsAre(0, 2));
  store.remove("forget", Ids{0, 2});
  EXPECT_THAT(store.add("store", codes.slice(3, 2), {}, {}), ElementsAre(3, 4));
  EXPECT_THAT(store.ids(), ElementsAre(1, 3, 4));
}

TEST(PatternStore, ReplaceIsForgetAndStoreUnderOneId) {
  PatternStore<double> store(10), expected(10);
  store.add("store", codes.slice(0, 3), Ids{0, 1, 2}, {});
  store.replace("replace", codes.slice(3, 2), Ids{2, 0}, std::vector<double>{1, 3});
  expected.add("store", codes.slice(1, 1), Ids{1}, {});
  expected.add("store", codes.slice(3, 2), Ids{2, 0}, std::vector<double>{1, 3});
  EXPECT_EQ(store.to_archive(), expected.to_archive());
}

TEST(PatternStore, RefusesByNameAndStaysAsItWas) {
  PatternStore<double> store(10);
  store.add("store", codes, {}, {});
  const Archive before = store.to_archive();
  SparseCodes<double> zero = codes;
  zero.append(std::vector<std::int32_t>{2, 3}, std::vector<double>{0, 0});
  SparseCodes<double> broken = codes.slice(0, 3);
  broken.values()[9] = std::numeric_limits<double>::quiet_NaN();  // in row 1 of 8 values each
  const Ids six = {10, 11, 12, 13, 14, 15};
  const auto add = [&](const SparseCodes<double>& what, Ids ids, std::vector<double> weights = {}) {
    return message([&] { store.add("store", what, ids, weights); });
  };
  EXPECT_THAT(add(zero, six), HasSubstr("store: pattern 5 is zero"));
  EXPECT_THAT(add(zero, {}), HasSubstr("store: pattern 5 is zero"));
  EXPECT_THAT(add(broken, {}), HasSubstr("store: pattern 1 holds NaN or infinity"));
  EXPECT_THAT(add(codes, {10, 11, 12, 3, 14}), HasSubstr("store: id 3 is in use"));
  EXPECT_THAT(add(codes, {10, 11, 12, 12, 14}), HasSubstr("store: id 12 is given twice"));
  EXPECT_THAT(add(codes, {10, 11, 12, -2, 14}), HasSubstr("pattern 3 has id -2"));
  EXPECT_THAT(add(codes, {10}), HasSubstr("store: 1 ids for 5 patterns"));
  EXPECT_THAT(add(codes, {}, {1}), HasSubstr("store: 1 weights for 5 patterns"));
  EXPECT_THAT(add(codes, {}, {1, 1, 0, 1, 1}), HasSubstr("pattern 2 has weight 0"));
  EXPECT_THAT(add(problems::random_codes<double>(9, 2, 1, 1), {}),
              HasSubstr("codes of 18 atoms; a memory of 10 complex units takes 20"));
  EXPECT_THAT(message([&] {
                store.remove("forget", Ids{1, 7});
              }),
              HasSubstr("forget: id 7 is not stored"));
  EXPECT_THAT(message([&] {
                store.remove("forget", Ids{1, 1});
              }),
              HasSubstr("forget: id 1 is given twice"));
  EXPECT_THAT(message([&] { store.replace("replace", codes.slice(0, 1), Ids{9}, {}); }),
              HasSubstr("replace: id 9 is not stored"));
  EXPECT_THAT(message([&] { store.replace("replace", zero.slice(5, 1), Ids{0}, {}); }),
              HasSubstr("replace: pattern 0 is zero"));
  EXPECT_EQ(store.to_archive(), before);
}

TEST(PatternStore, ArchiveRoundTripAndDamage) {
  PatternStore<float> store(10);
  store.add("store", problems::random_codes<float>(10, 4, 5, 1, 0.7), Ids{4, 8, 1, 0, 3},
            std::vector<double>{1, 2, 3, 4, 5});
  const Archive good = store.to_archive();
  EXPECT_EQ(PatternStore<float>::from_archive("load", good, 10).to_archive(), good);
  EXPECT_EQ(
      PatternStore<float>::from_archive("load", PatternStore<float>(10).to_archive(), 10).size(),
      0);

  const auto load = [&](auto&& damage) {
    Archive bad = good;
    damage(bad);
    return message([&] { PatternStore<float>::from_archive("load", bad, 10); });
  };
  const auto set = [](const char* path, auto value, std::size_t place) {
    return [=](Archive& archive) {
      auto values = archive.at(path).template to<decltype(value)>();
      values[place] = value;
      const auto count = static_cast<std::int64_t>(values.size());
      archive.arrays[path] = Array::from(std::span<const decltype(value)>(values), {count});
    };
  };
  EXPECT_THAT(load(set("memory/ids", std::int64_t{8}, 3)), HasSubstr("load: id 8 at pattern 4"));
  EXPECT_THAT(load(set("memory/ids", std::int64_t{-1}, 0)), HasSubstr("load: id -1"));
  EXPECT_THAT(load(set("memory/norms", 0.0, 2)), HasSubstr("pattern 2 has norm 0"));
  EXPECT_THAT(load(set("memory/weights", -1.0, 2)), HasSubstr("pattern 2 has weight -1"));
  EXPECT_THAT(load(set("codes/data", 9.f, 2)), HasSubstr("the code of pattern 0 has norm"));
  EXPECT_THAT(load([](Archive& a) { a.arrays.erase("memory/norms"); }), HasSubstr("memory/norms"));
  EXPECT_THAT(load([](Archive& a) { a.attributes["memory"]["next_id"] = std::int64_t{-4}; }),
              HasSubstr("next_id is -4"));
  EXPECT_THAT(load([](Archive& a) {
                const double one = 1;
                a.arrays["memory/weights"] = Array::from(std::span<const double>(&one, 1), {1});
              }),
              HasSubstr("5 codes, 5 ids, 5 norms and 1 weights"));
  EXPECT_THAT(message([&] { PatternStore<float>::from_archive("load", good, 11); }),
              HasSubstr("codes of 20 atoms; the memory has 11"));
}

}  // namespace
}  // namespace striate::detail
