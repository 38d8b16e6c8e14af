#include "striate/memory/detail/pattern_field.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <thread>

#include "striate/core/parallel.h"
#include "striate/memory/associative_memory.h"
#include "striate/memory/rules/graded_hebbian.h"
#include "striate/memory/rules/hopfield.h"
#include "striate/memory/rules/pinv.h"
#include "striate/memory/rules/power.h"
#include "striate/memory/rules/softmax.h"
#include "striate/memory/rules/top1.h"
#include "striate/memory/rules/tpam.h"
#include "striate/memory/rules/willshaw.h"
#include "tests/problems/planted_memory.h"

namespace striate {
namespace {

using testing::HasSubstr;
using Complex = std::complex<double>;
using Ids = std::vector<std::int64_t>;

// All rules, some of which look at the codes, at all overlaps, or at those above a cut.
struct Case {
  const MemoryRule* rule;
  MemorySettings settings = {};
};
const std::vector<Case>& cases() {
  static const std::vector<Case> all = {{&graded_hebbian},
                                        {&tpam},
                                        {&top1},
                                        {&power},
                                        {&softmax, {.beta = 4}},
                                        {&pinv, {.ridge = 0.1}},
                                        {&hopfield},
                                        {&willshaw},
                                        {&graded_hebbian, {.overlap_cut = 0.35}},
                                        {&graded_hebbian, {.overlap_top = 3}},
                                        {&top1, {.overlap_cut = 0.35}},
                                        {&power, {.overlap_cut = 0.2, .overlap_top = 2}}};
  return all;
}
const Layout kLayouts[] = {Layout::dense, Layout::implicit, Layout::inverted};

template <class T>
std::vector<AssociativeMemory<T>> in_all_layouts(const MemoryRule& rule, MemorySettings settings) {
  std::vector<AssociativeMemory<T>> memories;
  for (const Layout layout : kLayouts) {
    if (layout == Layout::dense && !is_linear(rule, settings)) continue;
    settings.layout = layout;
    memories.emplace_back(rule, settings);
  }
  return memories;
}

template <class T>
void expect_layouts_agree(double limit) {
  const auto codes = problems::random_codes<T>(90, 9, 40, 1, 0.5);
  const auto states = problems::damaged(codes, 3, 0.5, 2);
  for (const auto& [rule, given] : cases())
    for (const bool weighted : {false, true})
      for (const bool aged : {false, true}) {
        SCOPED_TRACE(rule->name);
        MemorySettings settings = given;
        settings.units = 90;
        auto memories = in_all_layouts<T>(*rule, settings);
        std::vector<double> weights;
        for (int p = 0; weighted && p < 40; ++p) weights.push_back(0.3 + 0.1 * p);
        for (auto& memory : memories) {
          memory.store(codes, {}, weights);
          if (!aged) continue;
          memory.recall(states);
          memory.forget(Ids{3, 17, 39});
          memory.store(codes.slice(17, 1), Ids{17});
          memory.replace(codes.slice(5, 1), Ids{8});
        }
        const auto& plain = memories.back();
        const auto a = plain.overlaps(states), u = plain.field(states);
        const auto energies = plain.energy(states);
        double largest = 0;
        for (std::int64_t i = 0; i < 90; ++i)
          for (std::int64_t j = 0; j < 40; ++j)
            largest = std::max(largest, double(std::abs(u(i, j))));
        const auto nearest = plain.nearest(states), found = plain.identify(states);
        for (const auto& memory : memories) {
          SCOPED_TRACE(name_of(memory.layout()));
          const auto b = memory.overlaps(states), v = memory.field(states);
          for (std::int64_t j = 0; j < 40; ++j) {
            for (std::int64_t p = 0; p < memory.size(); ++p)
              EXPECT_NEAR(std::abs(Complex(a(p, j)) - Complex(b(p, j))), 0, limit * 3);
            for (std::int64_t i = 0; i < 90; ++i)
              EXPECT_NEAR(std::abs(Complex(u(i, j)) - Complex(v(i, j))), 0, limit * largest);
            const auto at = static_cast<std::size_t>(j);
            EXPECT_NEAR(memory.energy(states)[at], energies[at], limit * 10 * (1 + largest));
            EXPECT_EQ(memory.nearest(states).ids[at], nearest.ids[at]);
            EXPECT_EQ(memory.identify(states).ids[at], found.ids[at]);
            EXPECT_NEAR(memory.identify(states).margins[at], found.margins[at], limit * 3);
          }
        }
      }
}
TEST(PatternField, LayoutsAgreeInFloat) { expect_layouts_agree<float>(1e-5); }
TEST(PatternField, LayoutsAgreeInDouble) { expect_layouts_agree<double>(1e-12); }

TEST(PatternField, AutoGoesBySizeLoadAndRule) {
  AssociativeMemory<float> memory(tpam, {.units = 80});
  const auto codes = problems::random_codes<float>(80, 6, 90, 1);
  EXPECT_EQ(memory.layout(), Layout::inverted);
  memory.store(codes.slice(0, 9));
  EXPECT_EQ(memory.layout(), Layout::inverted);  // below n / 8
  memory.store(codes.slice(9, 1));
  EXPECT_EQ(memory.layout(), Layout::dense);
  memory.store(codes.slice(10, 80));
  EXPECT_EQ(memory.layout(), Layout::inverted);  // above n
  memory.forget(Ids{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  EXPECT_EQ(memory.layout(), Layout::dense);
  AssociativeMemory<float> nearest(top1, {.units = 80}), large(tpam, {.units = 2049});
  nearest.store(codes);
  large.store(problems::random_codes<float>(2049, 6, 300, 1));
  EXPECT_EQ(nearest.layout(), Layout::inverted);
  EXPECT_EQ(large.layout(), Layout::inverted);
  const auto message = [](const MemoryRule& rule, std::int64_t units) {
    try {
      AssociativeMemory<float>(rule, {.units = units, .layout = Layout::dense});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(message(top1, 8), HasSubstr("layout is dense but top1 has no weight matrix"));
  EXPECT_THAT(message(tpam, 40000), HasSubstr("40000 units; a weight matrix is held up to 32768"));
}

// Implicit without lists: more than a window of slots.
TEST(PatternField, ImplicitBeyondAWindowGoesPatternByPattern) {
  const std::int64_t count = detail::InvertedIndex<double>::window_slots + 50;
  const auto few = problems::random_codes<double>(300, 3, 700, 1);
  SparseCodes<double> codes(600);
  for (std::int64_t p = 0; p < count; p += 700)
    codes.append(few.slice(0, std::min<std::int64_t>(700, count - p)));
  const auto cues = problems::damaged(few.slice(0, 3), 1, 0.2, 2);
  for (MemorySettings settings : {MemorySettings{.rule = "top1"}, MemorySettings{.rule = "tpam"},
                                  MemorySettings{.rule = "tpam", .overlap_cut = 0.35}}) {
    const MemoryRule* rule = settings.rule == "tpam" ? &tpam : &top1;
    settings.units = 300;
    settings.layout = Layout::implicit;
    AssociativeMemory<double> lean(*rule, settings);
    settings.layout = Layout::inverted;
    AssociativeMemory<double> fast(*rule, settings);
    lean.store(codes);
    fast.store(codes);
    EXPECT_EQ(lean.layout(), Layout::implicit);
    EXPECT_LT(1.5 * static_cast<double>(lean.bytes()), static_cast<double>(fast.bytes()));
    lean.forget(Ids{0, 700});
    fast.forget(Ids{0, 700});
    const auto u = lean.field(cues), v = fast.field(cues);
    for (std::int64_t j = 0; j < 3; ++j)
      for (std::int64_t i = 0; i < 300; ++i)
        EXPECT_NEAR(std::abs(u(i, j) - v(i, j)), 0, 1e-12 * (1 + std::abs(v(i, j))));
    EXPECT_EQ(lean.identify(cues).ids, fast.identify(cues).ids);
    EXPECT_EQ(lean.identify(cues).ids[1], 1);  // of equals the lowest id
    EXPECT_EQ(lean.identify(cues).margins[1], 0);
  }
}

// A plain memory: a map from ids to dense unit codes.
struct Reference {
  std::int64_t n;
  std::map<std::int64_t, std::vector<Complex>> patterns;

  // Ids from the best |cos| down, with the |cos|.
  std::vector<std::pair<double, std::int64_t>> ranked(const std::vector<Complex>& z) const {
    double size = 0;
    for (const Complex& x : z) size += std::norm(x);
    std::vector<std::pair<double, std::int64_t>> order;
    for (const auto& [id, code] : patterns) {
      Complex a = 0;
      for (std::size_t i = 0; i < z.size(); ++i) a += std::conj(code[i]) * z[i];
      order.emplace_back(-std::abs(a) / std::sqrt(size), id);
    }
    std::ranges::sort(order);
    return order;
  }
  // u = sum_p <code p, z> code p
  std::vector<Complex> field(const std::vector<Complex>& z) const {
    std::vector<Complex> u(z.size());
    for (const auto& [id, code] : patterns) {
      Complex a = 0;
      for (std::size_t i = 0; i < z.size(); ++i) a += std::conj(code[i]) * z[i];
      for (std::size_t i = 0; i < z.size(); ++i) u[i] += a * code[i];
    }
    return u;
  }
};

std::vector<Complex> unit_vector(std::vector<Complex> z) {
  double size = 0;
  for (const Complex& x : z) size += std::norm(x);
  for (Complex& x : z) x /= std::sqrt(size);
  return z;
}

TEST(PatternField, AMillionRandomOperationsAsAPlainMemory) {
  constexpr std::int64_t n = 12, operations = 200000;
  const auto pool = problems::random_codes<double>(n, 3, 400, 5, 0.4);
  std::vector<SparseCodes<double>> single;
  std::vector<std::vector<Complex>> dense, units;
  for (std::int64_t p = 0; p < pool.signals(); ++p) {
    single.push_back(pool.slice(p, 1));
    dense.push_back(problems::dense(pool, p));
    units.push_back(unit_vector(dense.back()));
  }
  for (const auto& [rule, layout] : {std::pair{&graded_hebbian, Layout::dense},
                                     {&graded_hebbian, Layout::automatic},
                                     {&graded_hebbian, Layout::implicit},
                                     {&graded_hebbian, Layout::inverted},
                                     {&top1, Layout::inverted}}) {
    SCOPED_TRACE(name_of(layout));
    AssociativeMemory<double> memory(*rule, {.units = n, .k = 3, .layout = layout});
    Reference reference{.n = n, .patterns = {}};
    Random random(static_cast<std::uint64_t>(layout), stream("operations"));
    std::int64_t greatest = -1;  // of all ids ever used
    const auto any_id = [&] {
      auto at = reference.patterns.lower_bound(
          static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(greatest + 1))));
      return at == reference.patterns.end() ? reference.patterns.begin()->first : at->first;
    };
    for (std::int64_t i = 0; i < operations; ++i) {
      const auto code = static_cast<std::size_t>(random.below(400));
      const auto dice = random.below(100);
      if (reference.patterns.size() < 2 || (dice < 20 && reference.patterns.size() < 12)) {
        Ids given;
        if (dice % 2 == 0 && greatest >= 0) {  // an id that was free again, or a new one
          given = {
              static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(greatest + 3)))};
          if (reference.patterns.contains(given[0])) {
            EXPECT_THROW(memory.store(single[code], given), Error);
            continue;
          }
        }
        const std::int64_t id = memory.store(single[code], given)[0];
        if (given.empty()) {
          EXPECT_FALSE(reference.patterns.contains(id));
        }
        greatest = std::max(greatest, id);
        reference.patterns[id] = units[code];
      } else if (dice < 40) {
        const std::int64_t id = any_id();
        memory.forget(Ids{id});
        reference.patterns.erase(id);
      } else if (dice < 55) {
        const std::int64_t id = any_id();
        memory.replace(single[code], Ids{id});
        reference.patterns[id] = units[code];
      } else if (dice == 55) {
        EXPECT_THROW(memory.forget(Ids{greatest + 1}), Error);
        if (i % 7 == 0) memory.compact();
      } else if (dice < 80) {
        const Identification found = memory.nearest(single[code]);
        const auto order = reference.ranked(dense[code]);
        ASSERT_NEAR(found.cosines[0], -order[0].first, 1e-12);
        ASSERT_NEAR(found.margins[0],
                    order.size() > 1 ? order[1].first - order[0].first : -order[0].first, 1e-12);
        // Ties go to the lower id; those that are ties but for rounding may go to either.
        const bool clear = order.size() < 2 || order[1].first - order[0].first > 1e-12;
        if (order[0].first == 0) {
          ASSERT_EQ(found.ids[0], -1);
        } else if (clear) {
          ASSERT_EQ(found.ids[0], order[0].second);
        }
      } else if (rule->linear) {
        const auto u = memory.field(single[code]);
        const auto expected = reference.field(dense[code]);
        for (std::size_t k = 0; k < expected.size(); ++k)
          ASSERT_NEAR(std::abs(u(static_cast<std::int64_t>(k), 0) - expected[k]), 0, 1e-12)
              << "operation " << i;
      } else {
        const auto recalled = memory.recall(single[code], {.max_steps = 1});
        const auto order = reference.ranked(dense[code]);
        if (order[0].first < 0 && (order.size() < 2 || order[1].first - order[0].first > 1e-9)) {
          ASSERT_NEAR(recalled.cosines[0], 1, 1e-12);
        }
      }
      ASSERT_EQ(memory.size(), std::ssize(reference.patterns));
    }
    Ids ids;
    for (const auto& [id, code] : reference.patterns) ids.push_back(id);
    EXPECT_EQ(memory.ids(), ids);
  }
}

TEST(PatternField, TheSameBitsWhateverWasForgotten) {
  const auto codes = problems::random_codes<float>(128, 12, 60, 1, 0.6);
  const auto cues = problems::damaged(codes, 4, 0.5, 2);
  Ids odd, all(60);
  for (std::int64_t p = 0; p < 60; ++p) all[static_cast<std::size_t>(p)] = p;
  for (std::int64_t p = 1; p < 60; p += 2) odd.push_back(p);
  for (const auto& [rule, given] : cases())
    for (const bool diagonal : {false, true}) {
      MemorySettings settings = given;
      settings.units = 128;
      settings.k = 12;
      if (diagonal && is_linear(*rule, settings)) settings.diagonal = Diagonal::zero;
      auto memories = in_all_layouts<float>(*rule, settings);
      for (AssociativeMemory<float>& memory : memories) {
        SCOPED_TRACE(name_of(memory.settings().layout));
        for (std::int64_t p = 0; p < 60; p += 2) memory.store(codes.slice(p, 1), Ids{p});
        const Archive before = memory.to_archive();
        const auto fresh = memory.recall(cues, {.readout = Readout::graded}, {.threads = 1});
        for (int round = 0; round < 3; ++round) {
          memory.store(codes.slice(1, 30), odd);
          memory.recall(cues);
          memory.replace(codes.slice(0, 30), odd);
          memory.recall(cues.slice(0, 1));
          memory.forget(odd);
          // Away and back again, in another slot.
          memory.forget(Ids{0});
          memory.store(codes.slice(0, 1), Ids{0});
          EXPECT_EQ(memory.to_archive(), before);
          for (const int threads : {1, 2, 4}) {
            const auto again =
                memory.recall(cues, {.readout = Readout::graded}, {.threads = threads});
            EXPECT_EQ(again.states, fresh.states);
            EXPECT_EQ(again.energies, fresh.energies);
            EXPECT_EQ(again.margins, fresh.margins);
            EXPECT_EQ(again.ids, fresh.ids);
          }
        }
        memory.compact();
        EXPECT_EQ(memory.to_archive(), before);
        EXPECT_EQ(memory.recall(cues, {.readout = Readout::graded}).states, fresh.states);
      }
    }
}

TEST(PatternField, ACallThatThrowsChangesNothing) {
  const auto codes = problems::random_codes<float>(30, 5, 12, 1, 0.6);
  AssociativeMemory<float> memory(graded_hebbian, {.units = 30});
  memory.store(codes.slice(0, 8), Ids{4, 9, 1, 7, 3, 20, 15, 11});
  memory.forget(Ids{9});
  const auto before = memory.recall(codes);
  const Archive archive = memory.to_archive();
  SparseCodes<float> bad = codes.slice(8, 3);
  for (float& x : bad.values().subspan(10, 10)) x = 0;  // the second
  EXPECT_THROW(memory.store(bad), Error);
  EXPECT_THROW(memory.store(codes.slice(8, 2), Ids{30, 4}), Error);
  EXPECT_THROW(memory.replace(bad, Ids{4, 1, 7}), Error);
  EXPECT_THROW(memory.replace(codes.slice(0, 2), Ids{4, 9}), Error);
  EXPECT_THROW(memory.forget(Ids{4, 4}), Error);
  EXPECT_THROW(memory.decay(0), Error);
  EXPECT_THROW(memory.decay(1e-13), Error);
  EXPECT_EQ(memory.to_archive(), archive);
  EXPECT_EQ(memory.recall(codes).states, before.states);
  EXPECT_EQ(memory.recall(codes).energies, before.energies);
}

TEST(PatternField, DecayScalesWhatWasStoredSoFar) {
  const auto codes = problems::random_codes<double>(30, 5, 12, 1, 0.6);
  for (const Layout layout : kLayouts) {
    AssociativeMemory<double> faded(graded_hebbian, {.units = 30, .layout = layout}),
        weighted(graded_hebbian, {.units = 30, .layout = layout});
    faded.store(codes.slice(0, 6));
    faded.field(codes);
    faded.decay(0.25);
    faded.store(codes.slice(6, 6));
    std::vector<double> weights(12, 1);
    std::fill_n(weights.begin(), 6, 0.25);
    weighted.store(codes, {}, weights);
    EXPECT_EQ(faded.to_archive(), weighted.to_archive());
    const auto u = faded.field(codes), v = weighted.field(codes);
    for (std::int64_t j = 0; j < 12; ++j)
      for (std::int64_t i = 0; i < 30; ++i) EXPECT_NEAR(std::abs(u(i, j) - v(i, j)), 0, 1e-14);
  }
}

TEST(PatternField, BytesAreThoseOfCodesAndPostings) {
  const auto codes = problems::random_codes<float>(512, 26, 4000, 1);
  AssociativeMemory<float> memory(top1, {.units = 512, .layout = Layout::inverted});
  for (int round = 0; round < 35; ++round) memory.store(codes);
  const double entries = 35.0 * 4000 * 26;  // two windows are full, a third has begun
  EXPECT_GT(static_cast<double>(memory.bytes()), 22 * entries);
  EXPECT_LT(static_cast<double>(memory.bytes()), 27 * entries);
}

TEST(PatternField, FourThreadsRecallAndStoreAtOnce) {
  const auto codes = problems::random_codes<float>(64, 6, 80, 1, 0.3);
  for (const MemoryRule* rule : {&graded_hebbian, &tpam, &top1}) {
    AssociativeMemory<float> memory(*rule, {.units = 64, .k = 6});
    memory.store(codes.slice(0, 20));
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (int round = 0; round < 15; ++round) {
          if (t < 2) {
            const Ids ids = memory.store(codes.slice(20 + 15 * t + round, 1));
            memory.recall(codes.slice(0, 2));
            if (round % 3 == 0) memory.forget(ids);
            if (round % 3 == 1) memory.replace(codes.slice(50 + t, 1), ids);
          } else {
            wrong += memory.nearest(codes.slice(0, 20)).ids[19] != 19;
            const auto recalled = memory.recall(codes.slice(t, 3));
            wrong += recalled.ids.size() != 3;
            wrong += memory.bytes() <= 0;
          }
        }
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(memory.size(), 40);
  }
}

}  // namespace
}  // namespace striate
