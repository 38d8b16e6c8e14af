#include "striate/memory/associative_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <thread>

#include "striate/core/parallel.h"
#include "striate/memory/detail/recall_plain.h"
#include "striate/memory/rules/graded_hebbian.h"
#include "striate/memory/rules/top1.h"
#include "striate/memory/rules/tpam.h"
#include "tests/problems/planted_memory.h"

namespace striate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Complex = std::complex<double>;
using Ids = std::vector<std::int64_t>;

const MemoryRule* const kRules[] = {&graded_hebbian, &tpam, &top1};

template <class Call>
std::string message(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

template <class T>
AssociativeMemory<T> filled(const MemoryRule& rule, MemorySettings settings,
                            const SparseCodes<T>& codes) {
  settings.units = codes.atoms() / 2;
  AssociativeMemory<T> memory(rule, settings);
  memory.store(codes);
  return memory;
}

// Everything a recall says, for comparisons bit by bit.
template <class T>
void expect_same(const RecallResult<T>& a, const RecallResult<T>& b) {
  EXPECT_EQ(a.states, b.states);
  EXPECT_EQ(a.ids, b.ids);
  EXPECT_EQ(a.cosines, b.cosines);
  EXPECT_EQ(a.margins, b.margins);
  EXPECT_EQ(a.kinds, b.kinds);
  EXPECT_EQ(a.steps, b.steps);
  EXPECT_EQ(a.endings, b.endings);
  EXPECT_EQ(a.energies, b.energies);
  EXPECT_EQ(a.overlaps, b.overlaps);
  EXPECT_EQ(a.active, b.active);
}

TEST(AssociativeMemory, FollowsThePlainEquationsForEveryLinearRuleAndSetting) {
  const auto codes = problems::random_codes<double>(48, 8, 12, 1, 0.8);
  const auto cues = problems::damaged(codes, 3, 0.5, 2);
  int compared = 0;
  const auto float_codes = problems::random_codes<float>(48, 8, 12, 1, 0.8);
  const auto float_cues = problems::damaged(float_codes, 3, 0.5, 2);
  for (const MemoryRule* rule : {&graded_hebbian, &tpam})
    for (const auto truncation :
         {Truncation::k_winners, Truncation::absolute, Truncation::relative, Truncation::dynamic})
      for (const auto normalization : {Normalization::automatic, Normalization::phase,
                                       Normalization::vector, Normalization::phase_vector})
        for (const auto diagonal : {Diagonal::automatic, Diagonal::keep, Diagonal::zero}) {
          MemorySettings settings{
              .truncation = truncation, .normalization = normalization, .diagonal = diagonal};
          if (truncation == Truncation::k_winners) settings.k = 6;
          else settings.theta = truncation == Truncation::dynamic ? 0.05 : 0.3;
          const auto memory = filled(*rule, settings, codes);
          detail::PlainMemory plain{.form = rule->form,
                                    .truncation = truncation,
                                    .k = memory.k(),
                                    .theta = settings.theta.value_or(0),
                                    .normalization = memory.normalization(),
                                    .zero_diagonal = memory.diagonal() == Diagonal::zero,
                                    .cut_cue = memory.covered_by() == Cover::t2};
          for (std::int64_t p = 0; p < 12; ++p) plain.patterns.push_back(problems::dense(codes, p));
          const auto recalled =
              memory.recall(cues, {.max_steps = 3, .tolerance = 0, .trace = true});
          const auto rounded = filled(*rule, settings, float_codes)
                                   .recall(float_cues, {.max_steps = 1, .tolerance = 0});
          for (std::int64_t j = 0; j < 12; ++j) {
            const auto i = static_cast<std::size_t>(j);
            const auto truth = recall_plain(plain, problems::dense(cues, j), recalled.steps[i]);
            if (truth.clearance < 1e-4) continue;  // rounding may choose other units
            ++compared;
            ASSERT_EQ(truth.energies.size(), recalled.energies[i].size());
            for (std::size_t t = 0; t < truth.energies.size(); ++t)
              EXPECT_NEAR(recalled.energies[i][t], truth.energies[t], 1e-10);
            if (recalled.endings[i] == Ending::silent) continue;
            const auto state = problems::dense(recalled.states, j);
            for (std::size_t u = 0; u < state.size(); ++u)
              EXPECT_NEAR(std::abs(state[u] - truth.states.back()[u]), 0, 1e-10);
            if (rounded.endings[i] == Ending::silent) continue;
            const auto first = problems::dense(rounded.states, j);
            for (std::size_t u = 0; u < first.size(); ++u)
              EXPECT_NEAR(std::abs(first[u] - truth.states[1][u]), 0, 1e-4);
          }
        }
  EXPECT_GT(compared, 600);  // of 1152
}

TEST(AssociativeMemory, OverlapsAndEnergyByPlainLoops) {
  const auto codes = problems::random_codes<double>(30, 6, 8, 3, 0.5);
  const auto states = problems::random_codes<double>(30, 9, 4, 4, 0.5);
  const auto memory = filled(graded_hebbian, {}, codes);
  const auto a = memory.overlaps(states);
  const auto energies = memory.energy(states);
  const auto found = memory.identify(states);
  ASSERT_EQ(a.rows(), 8);
  ASSERT_EQ(a.columns(), 4);
  for (std::int64_t j = 0; j < 4; ++j) {
    const auto z = problems::dense(states, j);
    double sum = 0, size = 0, best = 0;
    for (const Complex& x : z) size += std::norm(x);
    std::int64_t id = -1;
    for (std::int64_t p = 0; p < 8; ++p) {
      const auto c = problems::dense(codes, p);
      Complex overlap = 0;
      double norm = 0;
      for (std::size_t i = 0; i < 30; ++i) {
        overlap += std::conj(c[i]) * z[i];
        norm += std::norm(c[i]);
      }
      overlap /= std::sqrt(norm);
      EXPECT_NEAR(std::abs(a(p, j) - overlap), 0, 1e-12);
      sum += std::norm(overlap);
      if (std::abs(overlap) > best) best = std::abs(overlap), id = p;
    }
    EXPECT_NEAR(energies[static_cast<std::size_t>(j)], -sum / 2, 1e-12);
    EXPECT_EQ(found.ids[static_cast<std::size_t>(j)], id);
    EXPECT_NEAR(found.cosines[static_cast<std::size_t>(j)], best / std::sqrt(size), 1e-12);
  }
}

TEST(AssociativeMemory, KIsTheMedianOfTheCountedUnits) {
  UnitCodes<double> codes(20);
  for (const std::int32_t active : {3, 9, 5, 7}) {
    std::vector<std::int32_t> units;
    std::vector<Complex> values;
    for (std::int32_t i = 0; i < active + 2; ++i) {
      units.push_back(i);
      values.emplace_back(0, i < active ? 1 : 0.009);  // two units below the cut of 0.01
    }
    codes.append({units, values});
  }
  AssociativeMemory<double> memory(tpam, {.units = 20});
  EXPECT_EQ(memory.k(), 0);
  memory.store(pairs_of_units(codes));
  EXPECT_EQ(memory.k(), 5);  // the lower middle of 3 5 7 9
  memory.forget(Ids{0});
  EXPECT_EQ(memory.k(), 7);
  EXPECT_EQ(AssociativeMemory<double>(tpam, {.units = 20, .k = 4}).k(), 4);
}

TEST(AssociativeMemory, TurningTheCueTurnsTheRecall) {
  const Complex turn = std::polar(1.0, 1.234);
  for (const MemoryRule* rule : kRules)
    for (const auto normalization :
         {Normalization::phase, Normalization::vector, Normalization::phase_vector}) {
      const auto codes = problems::random_codes<double>(60, 8, 12, 1, 0.6);
      const auto cues = problems::damaged(codes, 3, 0.4, 2);
      Matrix<Complex> turned(60, cues.signals());
      for (std::int64_t j = 0; j < cues.signals(); ++j) {
        const auto z = problems::dense(cues, j);
        for (std::int64_t i = 0; i < 60; ++i) turned(i, j) = turn * z[static_cast<std::size_t>(i)];
      }
      const auto memory = filled(*rule, {.normalization = normalization}, codes);
      for (const auto readout : {Readout::state, Readout::graded, Readout::identity}) {
        const auto straight = memory.recall(cues, {.readout = readout});
        const auto rotated =
            memory.recall(pairs_of_complex<double>(turned.view()), {.readout = readout});
        EXPECT_EQ(straight.ids, rotated.ids);
        EXPECT_EQ(straight.steps, rotated.steps);
        for (std::int64_t j = 0; j < cues.signals(); ++j) {
          const auto i = static_cast<std::size_t>(j);
          EXPECT_NEAR(straight.energies[i].back(), rotated.energies[i].back(), 1e-10);
          const auto a = problems::dense(straight.states, j),
                     b = problems::dense(rotated.states, j);
          // The phase of a weak field repeats its rounding enlarged.
          for (std::size_t u = 0; u < a.size(); ++u)
            EXPECT_NEAR(std::abs(turn * a[u] - b[u]), 0, 1e-6);
        }
      }
    }
}

TEST(AssociativeMemory, ReadoutsByDefinition) {
  const auto codes = problems::random_codes<double>(60, 8, 5, 1, 0.6);
  const auto cues = problems::damaged(codes, 2, 0.3, 2);
  for (const MemoryRule* rule : kRules) {
    const auto memory = filled(*rule, {}, codes);
    const auto state = memory.recall(cues);
    const auto a = memory.overlaps(state.states);
    const auto graded = memory.recall(cues, {.readout = Readout::graded});
    const auto identity = memory.recall(cues, {.readout = Readout::identity});
    const double scale = rule == &tpam ? 1.0 / 8 : 1.0;
    for (std::int64_t j = 0; j < 5; ++j) {
      const auto best = state.ids[static_cast<std::size_t>(j)];
      const auto sum = problems::dense(graded.states, j), one = problems::dense(identity.states, j);
      for (std::size_t i = 0; i < 60; ++i) {
        Complex expected = 0;
        for (std::int64_t p = 0; p < 5; ++p) {
          const Complex weight = rule != &top1 ? scale * a(p, j)
                                 : p == best   ? a(p, j) / std::abs(a(p, j))
                                               : 0;
          expected += weight * problems::dense(memory.codes(), p)[i];
        }
        EXPECT_NEAR(std::abs(sum[i] - expected), 0, 1e-12);
        EXPECT_NEAR(std::abs(one[i] - a(best, j) / std::abs(a(best, j)) *
                                          problems::dense(memory.codes(), best)[i]),
                    0, 1e-12);
      }
    }
  }
}

TEST(AssociativeMemory, DefinedAnswers) {
  for (const MemoryRule* rule : kRules) {
    SCOPED_TRACE(rule->name);
    const auto codes = problems::random_codes<float>(50, 6, 10, 1, 0.5);
    AssociativeMemory<float> memory(*rule, {.units = 50});
    const auto expect_silent = [](const RecallResult<float>& recalled, std::size_t i) {
      EXPECT_EQ(recalled.kinds[i], Kind::silent);
      EXPECT_EQ(recalled.endings[i], Ending::silent);
      EXPECT_EQ(recalled.ids[i], -1);
      EXPECT_EQ(recalled.margins[i], 0);
      EXPECT_EQ(recalled.states[static_cast<std::int64_t>(i)].nonzeros(), 0u);
    };
    // Empty memory; no cues.
    const auto empty = memory.recall(codes, {.trace = true});
    for (std::size_t i = 0; i < 10; ++i) expect_silent(empty, i);
    EXPECT_EQ(memory.energy(codes), std::vector<double>(10, 0));
    EXPECT_EQ(memory.nearest(codes).ids, Ids(10, -1));
    EXPECT_EQ(memory.recall(SparseCodes<float>(100)).ids.size(), 0u);

    // Duplicates: the lowest id answers, margin 0.
    memory.store(codes);
    memory.store(codes.slice(3, 1), Ids{90});
    memory.store(codes.slice(3, 1), Ids{70});
    const auto twin = memory.recall(codes);
    EXPECT_EQ(twin.ids[3], 3);
    EXPECT_EQ(twin.margins[3], 0);
    memory.forget(Ids{3});
    EXPECT_EQ(memory.recall(codes).ids[3], 70);

    // A zero cue and a cue with NaN leave the others as they are.
    SparseCodes<float> cues(100);
    cues.append(codes[0].indices, codes[0].values);
    cues.append(std::vector<std::int32_t>{}, std::vector<float>{});
    cues.append(codes[1].indices, codes[1].values);
    cues.append(codes[2].indices, codes[2].values);
    cues.values()[12] = std::numeric_limits<float>::quiet_NaN();  // in the third cue
    const auto recalled = memory.recall(cues, {.trace = true});
    EXPECT_EQ(recalled.ids[0], 0);
    expect_silent(recalled, 1);
    EXPECT_EQ(recalled.kinds[2], Kind::invalid);
    EXPECT_EQ(recalled.endings[2], Ending::invalid);
    EXPECT_EQ(recalled.ids[2], -1);
    EXPECT_EQ(recalled.ids[3], 2);
    EXPECT_EQ(recalled.kinds[3], Kind::pattern);
    cues.values()[12] = std::numeric_limits<float>::infinity();
    EXPECT_EQ(memory.recall(cues).kinds[2], Kind::invalid);
    EXPECT_EQ(memory.nearest(cues).ids[2], -1);
  }
}

TEST(AssociativeMemory, EverythingBelowTheThresholdIsSilent) {
  const auto codes = problems::random_codes<double>(50, 6, 3, 1);
  const auto memory =
      filled(graded_hebbian, {.truncation = Truncation::absolute, .theta = 5.0}, codes);
  const auto recalled = memory.recall(codes, {.trace = true});
  EXPECT_EQ(recalled.kinds[0], Kind::silent);
  EXPECT_EQ(recalled.steps[0], 1);
  EXPECT_EQ(recalled.ids[0], -1);
  EXPECT_THAT(recalled.active[0], ElementsAre(6, 0));
  EXPECT_EQ(recalled.energies[0].back(), 0);
}

TEST(AssociativeMemory, KindsTellPatternsFromMixtures) {
  const auto codes = problems::random_codes<double>(200, 10, 20, 1);
  EXPECT_EQ(filled(tpam, {}, codes).recall(codes).kinds, std::vector<Kind>(20, Kind::pattern));
  const auto memory = filled(tpam, {.k = 20}, codes);
  Matrix<Complex> sum(200, 1);
  for (std::int64_t i = 0; i < 200; ++i)
    sum(i, 0) = problems::dense(codes, 0)[static_cast<std::size_t>(i)] +
                problems::dense(codes, 1)[static_cast<std::size_t>(i)];
  const auto mixed = memory.recall(pairs_of_complex<double>(sum.view()), {.max_steps = 0});
  EXPECT_EQ(mixed.kinds[0], Kind::mixture);
  EXPECT_LT(mixed.margins[0], 0.2);
  const auto stranger =
      memory.recall(problems::random_codes<double>(200, 10, 1, 99), {.max_steps = 0});
  EXPECT_EQ(stranger.kinds[0], Kind::diffuse);
}

TEST(AssociativeMemory, TraceHoldsEveryStep) {
  const auto codes = problems::random_codes<float>(128, 10, 15, 1, 0.5);
  const auto cues = problems::damaged(codes, 3, 0.3, 2);
  const auto memory = filled(graded_hebbian, {}, codes);
  const auto traced = memory.recall(cues, {.trace = true});
  const auto plain = memory.recall(cues);
  EXPECT_EQ(traced.states, plain.states);
  EXPECT_TRUE(plain.overlaps.empty());
  EXPECT_EQ(traced.covered_by, Cover::t2);
  for (std::size_t i = 0; i < 15; ++i) {
    const auto entries = static_cast<std::size_t>(traced.steps[i]) + 1;
    ASSERT_EQ(traced.energies[i].size(), entries);
    ASSERT_EQ(traced.active[i].size(), entries);
    ASSERT_EQ(traced.overlaps[i].rows(), 15);
    ASSERT_EQ(traced.overlaps[i].columns(), static_cast<std::int64_t>(entries));
    EXPECT_EQ(plain.energies[i], std::vector<double>{traced.energies[i].back()});
    for (std::size_t t = 1; t < entries; ++t)  // T2, to float rounding
      EXPECT_LE(traced.energies[i][t], traced.energies[i][t - 1] + 1e-6);
    const auto last = traced.overlaps[i].column(traced.steps[i]);
    EXPECT_FLOAT_EQ(*std::ranges::max_element(last), static_cast<float>(traced.cosines[i]));
  }
}

TEST(AssociativeMemory, MasksTakeUnknownUnitsOutOfTheCue) {
  const auto codes = problems::random_codes<double>(100, 10, 12, 1, 0.3);
  const auto garbled = problems::damaged(codes, 4, 0.0, 2);
  for (const MemoryRule* rule : kRules) {
    const auto memory = filled(*rule, {}, codes);
    // Masking what no cue uses changes nothing; a mask of ones neither.
    std::vector<std::uint8_t> ones(100, 1), unused = ones;
    std::vector<bool> used(100);
    for (const std::int32_t i : garbled.indices()) used[static_cast<std::size_t>(i / 2)] = true;
    std::ptrdiff_t masked = 0;
    for (std::size_t i = 0; i < 100; ++i)
      if (!used[i]) unused[i] = 0, ++masked;
    EXPECT_GT(masked, 0);
    const auto plain = memory.recall(garbled);
    expect_same(memory.recall(garbled, {.mask = ones}), plain);
    expect_same(memory.recall(garbled, {.mask = unused}), plain);
    // A mask per cue that hides the wrong units equals a cue without them.
    std::vector<std::uint8_t> right(100 * 12);
    UnitCodes<double> clean(100);
    const auto truth = units_of_pairs(codes), cue = units_of_pairs(garbled);
    for (std::int64_t j = 0; j < 12; ++j) {
      std::vector<std::int32_t> units;
      std::vector<Complex> values;
      for (std::size_t i = 0; i < cue[j].active(); ++i)
        if (std::ranges::binary_search(truth[j].units, cue[j].units[i])) {
          right[static_cast<std::size_t>(100 * j + cue[j].units[i])] = 1;
          units.push_back(cue[j].units[i]);
          values.push_back(cue[j].values[i]);
        }
      clean.append({units, values});
    }
    const auto partial = memory.recall(garbled, {.mask = right});
    expect_same(partial, memory.recall(pairs_of_units(clean)));
    for (std::size_t j = 0; j < 12; ++j)
      EXPECT_NEAR(partial.cue_norms[j], code_norm(clean[static_cast<std::int64_t>(j)]), 1e-12);
    // What is known of the cue agrees with the stored code entirely, in norm too. At half of the
    // units the nearest code is found by the restricted cosine.
    std::vector<std::uint8_t> half(100, 0);
    std::fill(half.begin(), half.begin() + 50, 1);
    const auto nearest = memory.nearest(codes, half);
    for (std::size_t j = 0; j < 12; ++j) {
      EXPECT_EQ(nearest.ids[j], static_cast<std::int64_t>(j));
      EXPECT_NEAR(nearest.cosines[j], 1, 1e-12);
    }
    EXPECT_THAT(message([&] { memory.recall(garbled, {.mask = std::vector<std::uint8_t>(99)}); }),
                HasSubstr("a mask of 99 values; it must have 100 (one per unit) or 1200"));
  }
}

TEST(AssociativeMemory, SameBitsForAnyThreadsAndAnySplit) {
  for (const MemoryRule* rule : kRules) {
    const auto codes = problems::random_codes<float>(128, 12, 60, 1, 0.6);
    const auto cues = problems::damaged(codes, 4, 0.5, 2);
    const auto memory = filled(*rule, {}, codes);
    const RecallSettings settings{.readout = Readout::graded, .trace = true};
    const auto one = memory.recall(cues, settings, {.threads = 1});
    for (const int threads : {2, 4})
      expect_same(memory.recall(cues, settings, {.threads = threads}), one);
    for (const auto& [first, count] : {std::pair{0, 1}, {7, 20}, {59, 1}}) {
      const auto part = memory.recall(cues.slice(first, count), settings);
      EXPECT_EQ(part.states, one.states.slice(first, count));
      for (int j = 0; j < count; ++j) {
        EXPECT_EQ(part.energies[static_cast<std::size_t>(j)],
                  one.energies[static_cast<std::size_t>(first + j)]);
        EXPECT_EQ(part.ids[static_cast<std::size_t>(j)],
                  one.ids[static_cast<std::size_t>(first + j)]);
      }
    }
  }
}

TEST(AssociativeMemory, EveryOrderHasTheSameBitsForAnyThreadsAndAnySplit) {
  const auto codes = problems::random_codes<float>(128, 12, 60, 1, 0.6);
  const auto cues = problems::damaged(codes, 4, 0.5, 2);
  for (const auto order : {Order::asynchronous, Order::monotone})
    for (const auto truncation : {Truncation::k_winners, Truncation::absolute}) {
      MemorySettings settings{.truncation = truncation, .order = order};
      if (truncation == Truncation::absolute) settings.theta = 4;
      const auto memory = filled(tpam, settings, codes);
      EXPECT_EQ(memory.covered_by(), Cover::async);
      const RecallSettings how{.order_seed = 5, .trace = true};
      const auto one = memory.recall(cues, how, {.threads = 1});
      if (truncation == Truncation::k_winners) {
        EXPECT_GT(identification_accuracy(one.ids, memory.ids()).share, 0.7);
      }
      for (const int threads : {2, 4}) {
        const auto more = memory.recall(cues, how, {.threads = threads});
        expect_same(more, one);
        EXPECT_EQ(more.familiarity, one.familiarity);
        EXPECT_EQ(more.familiarity_margins, one.familiarity_margins);
      }
      EXPECT_EQ(memory.recall(cues.slice(7, 20), how).states, one.states.slice(7, 20));
      const auto loaded = AssociativeMemory<float>::from_archive(memory.to_archive(), tpam);
      expect_same(loaded.recall(cues, how), one);
      if (order == Order::asynchronous) {  // another order of the units is another way
        EXPECT_NE(memory.recall(cues, {.trace = true}).energies, one.energies);
      }
    }
}

TEST(AssociativeMemory, FamiliarityIsTheBestOverlapOfTheCueByPlainLoops) {
  const auto codes = problems::random_codes<double>(60, 8, 9, 1, 0.6);
  const auto cues = problems::damaged(codes, 3, 0.4, 2);
  std::vector<std::uint8_t> half(60, 1);
  std::fill(half.begin(), half.begin() + 30, 0);
  for (const MemoryRule* rule : kRules)
    for (const auto& mask : {std::vector<std::uint8_t>{}, half}) {
      // Diagonal zero or kept: with whole cues, as cut_cue is another matter.
      const auto memory =
          filled(*rule, {.truncation = Truncation::relative, .k = 8, .theta = 0.3}, codes);
      const auto recalled = memory.recall(cues, {.mask = mask});
      for (std::int64_t j = 0; j < 9; ++j) {
        const auto z = problems::dense(cues, j);
        std::vector<double> cosines;
        for (std::int64_t p = 0; p < 9; ++p) {
          const auto c = problems::dense(codes, p);
          Complex overlap = 0;
          double norm = 0, size = 0;
          for (std::size_t i = mask.empty() ? 0 : 30; i < 60; ++i) {
            const Complex stored =
                rule->form == PatternForm::phasor && c[i] != 0.0 ? c[i] / std::abs(c[i]) : c[i];
            overlap += std::conj(stored) * z[i];
            norm += std::norm(stored);
            size += std::norm(z[i]);
          }
          cosines.push_back(norm * size > 0 ? std::abs(overlap) / std::sqrt(norm * size) : 0);
        }
        std::ranges::sort(cosines, std::greater());
        const auto i = static_cast<std::size_t>(j);
        EXPECT_NEAR(recalled.familiarity[i], cosines[0], 1e-12);
        EXPECT_NEAR(recalled.familiarity_margins[i], cosines[0] - cosines[1], 1e-12);
      }
    }
}

TEST(AssociativeMemory, FamiliarityTellsStoredFromStrange) {
  const auto codes = problems::random_codes<float>(512, 26, 200, 11);
  const auto strangers = problems::random_codes<float>(512, 26, 200, 77);
  const auto memory = filled(tpam, {}, codes);
  const auto known = memory.recall(problems::damaged(codes, 8, 0.4, 12));
  const auto strange = memory.recall(strangers);
  EXPECT_GT(*std::ranges::min_element(known.familiarity),
            *std::ranges::max_element(strange.familiarity));
  EXPECT_GT(*std::ranges::min_element(known.familiarity_margins),
            *std::ranges::max_element(strange.familiarity_margins));
  // The settled state alone does not tell: strangers end near stored patterns too.
  EXPECT_GT(*std::ranges::max_element(strange.cosines),
            *std::ranges::max_element(strange.familiarity));
}

// Half of each cue: half the field. A threshold that fits whole patterns silences it; one that rises
// to it from below does not.
TEST(AssociativeMemory, ARisingThresholdRescuesPartialCues) {
  const auto codes = problems::random_codes<double>(512, 26, 60, 3);
  const auto memory = filled(
      tpam, {.truncation = Truncation::absolute, .theta = 18.0, .diagonal = Diagonal::keep}, codes);
  std::vector<std::uint8_t> mask(512 * 60);
  const auto units = units_of_pairs(codes);
  for (std::int64_t j = 0; j < 60; ++j)
    for (std::size_t i = 0; i < 13; ++i)
      mask[static_cast<std::size_t>(512 * j + units[j].units[i])] = 1;
  const auto alone = memory.recall(codes, {.mask = mask});
  const auto annealed =
      memory.recall(codes, {.theta_start = 9, .anneal_steps = 3, .trace = true, .mask = mask});
  EXPECT_EQ(std::ranges::count(alone.endings, Ending::silent), 60);
  EXPECT_EQ(identification_accuracy(annealed.ids, memory.ids()).share, 1);
  EXPECT_EQ(annealed.baselines, (std::vector<std::int32_t>{0, 1, 2, 3}));
  EXPECT_EQ(alone.baselines, (std::vector<std::int32_t>{0}));
  for (std::size_t i = 0; i < 60; ++i) {
    EXPECT_EQ(annealed.kinds[i], Kind::pattern);
    const std::vector<double>& energies = annealed.energies[i];
    ASSERT_GT(energies.size(), 4u);
    for (std::size_t t = 4; t < energies.size(); ++t)
      EXPECT_LE(energies[t], energies[t - 1] + 1e-12 * std::abs(energies[t]));
    EXPECT_NEAR(energies.back(), memory.energy(annealed.states)[i], 1e-10);
  }
}

TEST(AssociativeMemory, StoringInAnotherOrderOrInPartsChangesNothing) {
  const auto codes = problems::random_codes<float>(128, 12, 30, 1, 0.6);
  const auto cues = problems::damaged(codes, 4, 0.5, 2);
  for (const MemoryRule* rule : kRules) {
    const auto whole = filled(*rule, {}, codes);
    AssociativeMemory<float> backwards(*rule, {.units = 128});
    for (std::int64_t p = 29; p >= 0; --p) backwards.store(codes.slice(p, 1), Ids{p});
    expect_same(backwards.recall(cues), whole.recall(cues));
    AssociativeMemory<float> parts(*rule, {.units = 128});
    EXPECT_EQ(parts.store(codes.slice(0, 11)).back(), 10);
    EXPECT_EQ(parts.store(codes.slice(11, 19)).front(), 11);
    EXPECT_EQ(parts.to_archive(), whole.to_archive());
  }
}

TEST(AssociativeMemory, ForgettingIsExact) {
  const auto codes = problems::random_codes<float>(128, 12, 40, 1, 0.6);
  const auto cues = problems::damaged(codes, 4, 0.5, 2);
  Ids some(20), rest;
  for (std::int64_t p = 0; p < 20; ++p) some[static_cast<std::size_t>(p)] = 2 * p;
  for (std::int64_t p = 20; p < 40; ++p) rest.push_back(2 * (p - 20) + 1);
  for (const MemoryRule* rule : kRules) {
    AssociativeMemory<float> memory(*rule, {.units = 128});
    memory.store(codes.slice(0, 20), some);
    const Archive before = memory.to_archive();
    const auto recalled = memory.recall(cues);
    memory.store(codes.slice(20, 20), rest);
    EXPECT_EQ(memory.size(), 40);
    memory.recall(cues);
    memory.forget(rest);
    EXPECT_EQ(memory.to_archive(), before);
    expect_same(memory.recall(cues), recalled);
    EXPECT_THAT(message([&] {
                  memory.forget(Ids{0, 1});
                }),
                HasSubstr("AssociativeMemory.forget: id 1 is not stored"));
    EXPECT_EQ(memory.to_archive(), before);
    memory.replace(codes.slice(30, 1), Ids{4});
    EXPECT_EQ(memory.ids(), some);
    EXPECT_EQ(memory.nearest(codes.slice(30, 1)).ids[0], 4);
  }
}

TEST(AssociativeMemory, SaveAndLoadRecallTheSameBits) {
  const auto codes = problems::random_codes<float>(128, 12, 30, 1, 0.6);
  const auto cues = problems::damaged(codes, 4, 0.5, 2);
  for (const MemoryRule* rule : kRules) {
    AssociativeMemory<float> memory(*rule, {.units = 128,
                                            .truncation = Truncation::relative,
                                            .k = 9,
                                            .theta = 0.25,
                                            .normalization = Normalization::phase_vector,
                                            .diagonal = Diagonal::keep});
    memory.store(codes, {}, std::vector<double>(30, 1.5));
    memory.forget(Ids{29, 3});
    const Archive archive = memory.to_archive();
    auto loaded = AssociativeMemory<float>::from_archive(archive, *rule);
    EXPECT_EQ(loaded.to_archive(), archive);
    EXPECT_EQ(values(loaded.settings()), values(memory.settings()));
    expect_same(loaded.recall(cues), memory.recall(cues));
    EXPECT_EQ(loaded.store(codes.slice(0, 1)), Ids{30});
  }
  Archive archive = filled(tpam, {}, codes).to_archive();
  EXPECT_THAT(message([&] { AssociativeMemory<float>::from_archive(archive, top1); }),
              HasSubstr("the archive holds a memory of rule tpam, not top1"));
  archive.attributes["memory"]["truncation"] = std::string("nothing");
  EXPECT_THAT(message([&] { AssociativeMemory<float>::from_archive(archive, tpam); }),
              HasSubstr("truncation"));
  EXPECT_THAT(message([&] { AssociativeMemory<float>::from_archive({}, tpam); }),
              HasSubstr("memory"));
}

TEST(AssociativeMemory, DecodesRecalledStates) {
  const auto codes = problems::random_codes<double>(100, 6, 6, 1, 0.5);
  const auto cues = problems::damaged(codes, 1, 0.1, 2);
  Matrix<double> atoms(64, 200), noisy(64, 6);
  Random random(1, stream("atoms"));
  for (std::size_t i = 0; i < atoms.size(); ++i) atoms.data()[i] = random.normal();
  for (std::size_t i = 0; i < noisy.size(); ++i) noisy.data()[i] = random.normal();
  const Dictionary<double> dictionary(atoms.view());
  const auto memory = filled(tpam, {}, codes);
  const auto recalled = memory.recall(cues, {.readout = Readout::identity});
  EXPECT_EQ(memory.decode(recalled, dictionary, noisy.view()),
            decode_states(recalled.states, dictionary, noisy.view()));
  EXPECT_EQ(memory.decode(recalled, dictionary, {}, Gain::cue_norm),
            decode_states(recalled.states, dictionary, {}, Gain::cue_norm, recalled.cue_norms));
  // Right id, stored norm, identity readout: the stored signal itself, up to the ring's phase.
  const auto signals = memory.decode(recalled, dictionary, {}, Gain::stored_norm);
  const auto norms = memory.norms();
  for (std::int64_t j = 0; j < 6; ++j) {
    ASSERT_EQ(recalled.ids[static_cast<std::size_t>(j)], j);
    const auto z = problems::dense(recalled.states, j);
    for (std::int64_t row = 0; row < 64; ++row) {
      double expected = 0;
      for (std::int64_t p = 0; p < 100; ++p)
        expected += norms[static_cast<std::size_t>(j)] *
                    (atoms(row, 2 * p) * z[static_cast<std::size_t>(p)].real() +
                     atoms(row, 2 * p + 1) * z[static_cast<std::size_t>(p)].imag());
      EXPECT_NEAR(signals(row, j), expected, 1e-11);
    }
  }
}

TEST(AssociativeMemory, AStoppedRunSaysSo) {
  const auto codes = problems::random_codes<float>(64, 6, 40, 1);
  const auto memory = filled(tpam, {}, codes);
  std::stop_source source;
  source.request_stop();
  const auto stopped = memory.recall(codes, {}, {.stop = source.get_token()});
  EXPECT_EQ(stopped.states.signals(), 40);
  EXPECT_EQ(stopped.endings.back(), Ending::stopped);
  EXPECT_EQ(stopped.ids.back(), -1);
}

TEST(AssociativeMemory, RecallsBesideAChange) {
  const auto codes = problems::random_codes<float>(64, 6, 40, 1);
  AssociativeMemory<float> memory(tpam, {.units = 64});
  memory.store(codes.slice(0, 20));
  std::vector<std::jthread> readers;
  for (int r = 0; r < 3; ++r)
    readers.emplace_back([&] {
      for (int repeat = 0; repeat < 20; ++repeat) {
        const auto recalled = memory.recall(codes.slice(0, 20), {}, {.threads = 1});
        EXPECT_EQ(recalled.ids.size(), 20u);
        EXPECT_EQ(recalled.ids[7], 7);
      }
    });
  for (std::int64_t p = 20; p < 40; ++p) memory.store(codes.slice(p, 1));
  readers.clear();
  EXPECT_EQ(memory.size(), 40);
}

TEST(AssociativeMemory, SettingsAreCheckedTogether) {
  const auto refusal = [](const MemoryRule& rule, MemorySettings settings) {
    return message([&] { AssociativeMemory<float>(rule, settings); });
  };
  EXPECT_THAT(refusal(tpam, {}), HasSubstr("units"));
  EXPECT_THAT(refusal(tpam, {.units = 512, .k = 700}),
              HasSubstr("k is 700; it must be from 1 to the number of units, 512"));
  EXPECT_THAT(refusal(tpam, {.units = 512, .k = 0}), HasSubstr("k"));
  EXPECT_THAT(refusal(tpam, {.units = 512, .theta = 0.1}), HasSubstr("k_winners has no theta"));
  EXPECT_THAT(refusal(tpam, {.units = 512, .truncation = Truncation::absolute}),
              HasSubstr("the truncation absolute needs theta"));
  EXPECT_THAT(refusal(tpam, {.units = 512, .truncation = Truncation::relative, .theta = 1.0}),
              HasSubstr("it must be below 1"));
  EXPECT_THAT(refusal(top1, {.units = 512, .diagonal = Diagonal::zero}),
              HasSubstr("top1 has no weight matrix"));
  EXPECT_THAT(refusal(graded_hebbian, {.units = 512, .order = Order::asynchronous}),
              HasSubstr("order is asynchronous but normalization vector changes all units at once; "
                        "it must be phase"));
  EXPECT_THAT(refusal(tpam, {.units = 512,
                             .truncation = Truncation::relative,
                             .theta = 0.5,
                             .order = Order::monotone}),
              HasSubstr("order is monotone but the threshold of relative depends on all units"));
  EXPECT_EQ(
      AssociativeMemory<float>(graded_hebbian, {.units = 4, .order = Order::monotone}).covered_by(),
      Cover::t2);
  EXPECT_EQ(AssociativeMemory<float>(top1, {.units = 4}).settings().rule, "top1");
  const auto memory = filled(tpam, {}, problems::random_codes<float>(8, 2, 3, 1));
  EXPECT_THAT(message([&] { memory.recall(SparseCodes<float>(10)); }),
              HasSubstr("AssociativeMemory.recall: codes of 10 atoms; a memory of 8"));
  EXPECT_THAT(message([&] { memory.recall(SparseCodes<float>(16), {.max_steps = -1}); }),
              HasSubstr("max_steps"));
  const auto recall_refusal = [&](const AssociativeMemory<float>& asked, RecallSettings how) {
    return message([&] { asked.recall(SparseCodes<float>(16), how); });
  };
  EXPECT_THAT(recall_refusal(memory, {.order_seed = 1}),
              HasSubstr("AssociativeMemory.recall: order_seed is 1 but the order of this memory is "
                        "synchronous"));
  EXPECT_THAT(recall_refusal(memory, {.theta_start = 0.1}), HasSubstr("k_winners has no theta"));
  EXPECT_THAT(recall_refusal(memory, {.k_start = 9}),
              HasSubstr("k_start is 9; it must be from 1 to the number of units, 8"));
  EXPECT_THAT(recall_refusal(memory, {.max_steps = 4, .k_start = 3}),
              HasSubstr("anneal_steps is 4; it must be below max_steps, 4"));
  const AssociativeMemory<float> relative(
      tpam, {.units = 8, .truncation = Truncation::relative, .theta = 0.5});
  EXPECT_THAT(recall_refusal(relative, {.k_start = 3}),
              HasSubstr("the truncation relative has no k"));
  EXPECT_THAT(recall_refusal(relative, {.theta_start = 1.0}), HasSubstr("it must be below 1"));
}

}  // namespace
}  // namespace striate
