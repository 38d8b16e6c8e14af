#include "striate/memory/detail/inverted_index.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/problems/planted_memory.h"

namespace striate::detail {
namespace {

using Complex = std::complex<double>;

std::vector<std::int64_t> range(std::int64_t count) {
  std::vector<std::int64_t> ids(static_cast<std::size_t>(count));
  std::iota(ids.begin(), ids.end(), std::int64_t{0});
  return ids;
}

template <class T>
std::vector<std::complex<T>> plain_overlaps(const UnitCodes<T>& codes, UnitCode<T> z) {
  std::vector<std::complex<T>> a;
  for (std::int64_t p = 0; p < codes.size(); ++p)
    a.push_back(std::complex<T>(inner_product(codes[p], z)));
  return a;
}

TEST(InvertedIndex, OverlapsAndFieldByPlainLoops) {
  const auto codes = units_of_pairs(problems::random_codes<double>(30, 6, 40, 1, 0.5));
  const auto states = units_of_pairs(problems::random_codes<double>(30, 9, 5, 2, 0.5));
  InvertedIndex<double> index(30);
  for (std::int64_t p = 0; p < 40; ++p) index.append(codes[p]);
  index.erase(7, codes[7]);
  for (std::int64_t j = 0; j < 5; ++j) {
    auto expected = plain_overlaps(codes, states[j]);
    expected[7] = 0;
    std::vector<Complex> a(40), u, field(30);
    index.add_overlaps(states[j], a);
    SumsApart<double> sums(4 * 30), one_by_one(4 * 30);
    index.apply(a, sums);
    for (std::int64_t p = 0; p < 40; ++p)
      add_scaled_apart(a[static_cast<std::size_t>(p)], codes[p], one_by_one);
    EXPECT_EQ(sums, one_by_one);
    for (std::int32_t i = 0; i < 30; ++i) u.push_back(take_sum(sums, i));
    EXPECT_EQ(sums, SumsApart<double>(4 * 30));
    for (std::size_t p = 0; p < 40; ++p) {
      EXPECT_NEAR(std::abs(a[p] - expected[p]), 0, 1e-14);
      const UnitCode<double> code = codes[static_cast<std::int64_t>(p)];
      for (std::size_t i = 0; i < code.active(); ++i)
        field[static_cast<std::size_t>(code.units[i])] += a[p] * code.values[i];
    }
    for (std::size_t i = 0; i < 30; ++i) EXPECT_NEAR(std::abs(u[i] - field[i]), 0, 1e-13);
  }
}

// Windows laid out at once and grown slot by slot, full or not, are the same lists.
TEST(InvertedIndex, AWindowAtOnceIsItsSlotsOneByOne) {
  constexpr std::int64_t full = InvertedIndex<float>::window_slots;
  const auto pool = units_of_pairs(problems::random_codes<float>(9, 2, 300, 1, 0.5));
  InvertedIndex<float> at_once(9), one_by_one(9);
  for (const std::int64_t count : {full, std::int64_t{700}}) {
    UnitCodes<float> codes(9);
    for (std::int64_t p = 0; p < count; ++p)
      codes.append(p % 11 == 3 ? UnitCode<float>{} : pool[p % 300]);
    EXPECT_TRUE(at_once.at_window());
    at_once.append_window(codes);
    for (std::int64_t p = 0; p < count; ++p) one_by_one.append(codes[p]);
  }
  EXPECT_FALSE(at_once.at_window());
  for (std::int64_t p = 0; p < 100; ++p) {
    at_once.append(pool[p]);
    one_by_one.append(pool[p]);
  }
  at_once.erase(full + 5, pool[5]);
  one_by_one.erase(full + 5, pool[5]);
  ASSERT_EQ(at_once.slots(), full + 800);
  using Posting = std::pair<std::int64_t, std::complex<float>>;
  for (std::int32_t unit = 0; unit < 9; ++unit) {
    std::vector<Posting> a, b;
    at_once.for_each_posting(unit,
                             [&](std::int64_t slot, auto value) { a.emplace_back(slot, value); });
    one_by_one.for_each_posting(
        unit, [&](std::int64_t slot, auto value) { b.emplace_back(slot, value); });
    EXPECT_EQ(a, b);
    EXPECT_GT(a.size(), 10000u);
  }
}

// Few units: all sums of a window are compared. Many: its postings are read again.
TEST(InvertedIndex, SelectsWhatAFullSortSelects) {
  for (const std::int64_t n : {20, 2000})
    for (const bool scaled : {false, true}) {
      const std::int64_t count = 500;
      const auto codes = units_of_pairs(problems::random_codes<float>(n, 5, count, 1, 0.5));
      const auto states = units_of_pairs(problems::random_codes<float>(n, 8, 6, 2, 0.5));
      InvertedIndex<float> index(n);
      for (std::int64_t p = 0; p < count; ++p) index.append(codes[p]);
      std::vector<float> scales;
      Random random(4, stream("scales"));
      for (std::int64_t p = 0; scaled && p < count; ++p)
        scales.push_back(static_cast<float>(0.5 + random.uniform()));
      // Ids that fall with the slots.
      std::vector<std::int64_t> ids = range(count);
      std::ranges::reverse(ids);
      IndexBuffers<float> buffers;
      std::vector<Hit<float>> hits;
      for (std::int64_t j = 0; j < 6; ++j)
        for (const std::int64_t most : {0, 1, 2, 10, 400})
          for (const float least : {0.0f, 0.5f}) {
            std::vector<std::complex<float>> a(static_cast<std::size_t>(count));
            index.add_overlaps(states[j], a);
            std::vector<std::pair<float, std::int64_t>> order;  // minus the size, id
            for (std::size_t p = 0; p < a.size(); ++p) {
              const float size = (a[p].real() * a[p].real() + a[p].imag() * a[p].imag()) *
                                 (scaled ? scales[p] : 1);
              if (size > 0 && size >= least) order.emplace_back(-size, ids[p]);
            }
            std::ranges::sort(order);
            if (most > 0 && std::ssize(order) > most) order.resize(static_cast<std::size_t>(most));
            Selection<float> selection(ids, least, most, hits);
            index.select(states[j], scales, buffers, selection);
            selection.finish();
            ASSERT_EQ(hits.size(), order.size());
            std::ranges::sort(order, {}, [](const auto& entry) { return entry.second; });
            for (std::size_t h = 0; h < hits.size(); ++h) {
              EXPECT_EQ(ids[static_cast<std::size_t>(hits[h].slot)], order[h].second);
              EXPECT_NEAR(hits[h].size, -order[h].first, 1e-5 * -order[h].first);
            }
          }
      for (const auto& sum : buffers.sums) EXPECT_EQ(sum, std::complex<float>(0));
    }
}

TEST(InvertedIndex, WindowsArePackedAndGoOn) {
  // One unit per code: slot s holds unit s mod 3.
  const std::int64_t count = InvertedIndex<float>::window_slots + 100;
  InvertedIndex<float> index(4);
  const std::vector<std::complex<float>> one = {1};
  for (std::int64_t s = 0; s < count; ++s) {
    const std::vector<std::int32_t> unit = {static_cast<std::int32_t>(s % 3)};
    index.append({unit, one});
  }
  const std::vector<std::int32_t> unit = {1};
  index.erase(1, {unit, one});
  index.erase(count - 1 - (count - 2) % 3, {unit, one});
  std::int64_t seen = 0, before = -1, erased = 0;
  index.for_each_posting(1, [&](std::int64_t slot, std::complex<float> value) {
    EXPECT_EQ(slot % 3, 1);
    EXPECT_GT(slot, before);
    before = slot;
    ++seen;
    erased += value == std::complex<float>(0);
  });
  EXPECT_EQ(seen, (count + 1) / 3);
  EXPECT_EQ(erased, 2);
  index.for_each_posting(3, [](std::int64_t, std::complex<float>) { ADD_FAILURE(); });
  const auto ids = range(count);
  IndexBuffers<float> buffers;
  std::vector<Hit<float>> hits;
  Selection<float> selection(ids, 0, 2, hits);
  index.select({unit, one}, {}, buffers, selection);
  selection.finish();
  ASSERT_EQ(hits.size(), 2u);
  EXPECT_EQ(hits[0].slot, 4);  // 1 is erased; of equals the lowest
  EXPECT_EQ(hits[1].slot, 7);
}

}  // namespace
}  // namespace striate::detail
