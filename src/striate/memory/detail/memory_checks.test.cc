#include "striate/memory/detail/memory_checks.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "striate/memory/rules/graded_hebbian.h"
#include "striate/memory/rules/hetero.h"
#include "striate/memory/rules/hopfield.h"
#include "striate/memory/rules/pinv.h"
#include "striate/memory/rules/top1.h"
#include "striate/memory/rules/tpam.h"
#include "striate/memory/rules/willshaw.h"

namespace striate::detail {
namespace {

template <class F>
std::string message(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

TEST(MemoryChecks, EveryContradictionIsRefusedInItsOwnWords) {
  struct Refusal {
    const MemoryRule* rule;
    MemorySettings settings;
    std::string words;
  };
  const std::vector<Refusal> refusals = {
      {&tpam, {.units = 8, .k = 9}, "k is 9; it must be from 1 to the number of units, 8"},
      {&tpam, {.units = 8, .theta = 1}, "theta is 1 but k_winners has no theta"},
      {&tpam, {.units = 8, .truncation = Truncation::absolute}, "truncation absolute needs theta"},
      {&tpam,
       {.units = 8, .truncation = Truncation::relative, .theta = 1.5},
       "relative to the largest modulus it must be below 1"},
      {&tpam, {.units = 8, .beta = 3}, "tpam has no beta"},
      {&willshaw, {.units = 70000}, "units is 70000; willshaw takes at most 65536"},
      {&top1, {.units = 8, .diagonal = Diagonal::zero}, "diagonal is zero but top1 has no weight"},
      {&tpam,
       {.units = 8, .diagonal = Diagonal::zero, .overlap_cut = 0.5},
       "diagonal is zero but tpam with overlaps cut has no weight"},
      {&top1, {.units = 8, .layout = Layout::dense}, "layout is dense but top1 has no weight"},
      {&tpam,
       {.units = 8, .overlap_top = 2, .layout = Layout::dense},
       "layout is dense but tpam with overlaps cut has no weight"},
      {&tpam, {.units = 40000, .layout = Layout::dense}, "a weight matrix is held up to 32768"},
      {&willshaw,
       {.units = 8, .order = Order::asynchronous},
       "order is asynchronous but willshaw changes all units at once; it must be synchronous"},
      {&graded_hebbian,
       {.units = 8, .order = Order::asynchronous},
       "order is asynchronous but normalization vector changes all units at once; it must be "
       "phase"},
      {&tpam,
       {.units = 8, .truncation = Truncation::relative, .theta = 0.5, .order = Order::asynchronous},
       "truncation must be k_winners, absolute or dynamic"}};
  for (const auto& [rule, settings, words] : refusals)
    EXPECT_NE(message([&] { check_memory(*rule, settings); }).find(words), std::string::npos)
        << words << "; said was: " << message([&] { check_memory(*rule, settings); });

  MemoryRule rough = tpam;
  rough.convex = false;
  EXPECT_NE(message([&] {
              check_memory(rough, {.units = 8, .order = Order::monotone});
            }).find("order is monotone but tpam has no energy that falls"),
            std::string::npos);
  // And what looks alike but is none.
  check_memory(tpam, {.units = 8, .k = 8, .layout = Layout::dense});
  check_memory(pinv, {.units = 8, .diagonal = Diagonal::zero});
  check_memory(hopfield, {.units = 8, .order = Order::asynchronous});
  check_memory(hetero, {.units = 8, .order = Order::monotone});
}

TEST(MemoryChecks, SchedulesAndSeedsWithoutUseAreRefused) {
  const MemorySettings winners{.units = 8};
  const MemorySettings relative{.units = 8, .truncation = Truncation::relative, .theta = 0.5};
  struct Refusal {
    RecallSettings how;
    const MemorySettings* settings;
    std::string words;
  };
  const std::vector<Refusal> refusals = {
      {{.theta_start = 0.1}, &winners, "recall: theta_start is 0.1 but k_winners has no theta"},
      {{.theta_start = 1}, &relative, "it must be below 1"},
      {{.k_start = 3}, &relative, "k_start is 3 but the truncation relative has no k"},
      {{.k_start = 9}, &winners, "k_start is 9; it must be from 1 to the number of units, 8"},
      {{.max_steps = 4, .k_start = 8},
       &winners,
       "anneal_steps is 4; it must be below max_steps, 4"},
      {{.order_seed = 1}, &winners, "order_seed is 1 but the order of this memory is synchronous"}};
  for (const auto& [how, settings, words] : refusals)
    EXPECT_NE(message([&] { check_recall("recall", how, *settings); }).find(words),
              std::string::npos)
        << words << "; said was: " << message([&] { check_recall("recall", how, *settings); });
  check_recall("recall", {.max_steps = 5, .k_start = 8}, winners);
}

TEST(MemoryChecks, NoMorePatternsThanTheRuleHolds) {
  EXPECT_EQ(message([] { check_patterns("store", pinv, 2049); }),
            "store: 2049 patterns; pinv holds at most 2048");
  check_patterns("store", pinv, 2048);
  check_patterns("store", tpam, 1000000);
}

TEST(MemoryChecks, TheCoverIsThatOfTheResolvedSettings) {
  EXPECT_EQ(cover_of(tpam, {.units = 8}), Cover::none);  // zero diagonal
  EXPECT_EQ(cover_of(tpam, {.units = 8, .diagonal = Diagonal::keep}), Cover::t2);
  EXPECT_EQ(cover_of(tpam, {.units = 8, .overlap_cut = 0.2}), Cover::t2);
  EXPECT_EQ(cover_of(tpam, {.units = 8, .order = Order::asynchronous}), Cover::async);
  EXPECT_EQ(cover_of(willshaw, {.units = 8}), Cover::none);
}

}  // namespace
}  // namespace striate::detail
