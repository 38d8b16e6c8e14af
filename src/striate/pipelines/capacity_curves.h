// Problem    how many patterns may a memory hold, rule by rule, before its answers fail?
// Symbols    P patterns, n units, K active units of a random phasor code
// Method     P codes per draw, random phasors or codes given, are stored; damaged copies of the first
//            of them are recalled. A draw at P patterns holds those of the same draw at fewer.
//            Curves: the share of right answers at loads asked for, with Wilson's interval, cues
//            counted as independent. Search: P is doubled until the share falls below `success`,
//            then bisected, the share taken to fall with P
// Measures   similar: |cos| of settled state and right pattern is above 0.9, the pattern in the form
//            in which the rule stores it and cut to k units where states are; identified: the state
//            is nearer to that pattern than to any other, which a state that has kept much of its
//            cue can be at any load; nearest: the stored code nearest to the cue is right, no
//            dynamics
// Source     frady2019
//
// The same bits for any number of threads: a draw is a function of seed, draw and P alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "striate/codes/sparse_codes.h"
#include "striate/core/observer.h"
#include "striate/core/settings.h"
#include "striate/memory/cue_damage.h"
#include "striate/memory/memory_settings.h"

namespace striate {

// What a right answer is.
enum class SuccessMeasure { identified, similar };
template <>
struct EnumNames<SuccessMeasure> {
  static constexpr std::array<std::string_view, 2> names{"identified", "similar"};
};

struct CapacityTrials {
  CueDamage cue = {};
  std::int64_t active = 20;
  std::vector<double> patterns = {};
  int draws = 10;
  std::int64_t cues_per_draw = 50;
  double winners_share = 1;
  double success = 0.9;
  SuccessMeasure measure = SuccessMeasure::similar;
  std::int64_t most_patterns = 8192;
  double resolution = 0.02;
  std::int64_t seed = 0;

  static void describe(auto& s, auto&& visit) {
    visit(s.active, {.name = "active",
                     .range = at_least(1),
                     .unit = "units",
                     .sentence = "Active units of a random phasor code."});
    CueDamage::describe(s.cue, visit);
    visit(s.patterns, {.name = "patterns",
                       .range = at_least(1),
                       .unit = "patterns",
                       .sentence = "Loads of the curves; not given: eight about the safe load of "
                                   "random phasors."});
    visit(s.draws, {.name = "draws",
                    .range = between(1, 100000),
                    .sentence = "Memories made anew at each load."});
    visit(s.cues_per_draw, {.name = "cues_per_draw",
                            .range = at_least(1),
                            .sentence = "Most cues that each of them is asked."});
    visit(s.winners_share,
          {.name = "winners_share",
           .range = between(0, 1),
           .sentence = "k winners are the median size of the smallest sets of units that hold this "
                       "share of a code's energy; 1: as the memory itself chooses."});
    visit(s.success, {.name = "success",
                      .range = between(0, 1),
                      .sentence = "Share of right answers that a memory has to give."});
    visit(s.measure, {.name = "measure",
                      .sentence = "What a right answer is: the right pattern, or "
                                  "a state of |cos| above 0.9 with it."});
    visit(s.most_patterns, {.name = "most_patterns",
                            .range = between(1, 1 << 24),
                            .unit = "patterns",
                            .sentence = "The search goes no further than this."});
    visit(s.resolution, {.name = "resolution",
                         .range = between(0, 1),
                         .sentence = "Relative width at which the search ends."});
    visit(s.seed,
          {.name = "seed", .range = at_least(0), .sentence = "Seed of all random choices."});
  }
};

// One rule at one load. Shares are of the cues; low and high are the ends of 95 % intervals.
struct CapacityRow {
  std::string rule;
  std::int64_t units = 0, patterns = 0, draws = 0, cues = 0;
  double winners = 0;  // k, mean over the draws
  double identified = 0, identified_low = 0, identified_high = 1;
  double similar = 0, similar_low = 0, similar_high = 1;
  double nearest = 0;
  double mean_steps = 0;

  static void describe(auto& s, auto&& visit) {
    visit(s.rule, {.name = "rule"});
    visit(s.units, {.name = "units"});
    visit(s.patterns, {.name = "patterns"});
    visit(s.draws, {.name = "draws"});
    visit(s.cues, {.name = "cues"});
    visit(s.winners, {.name = "winners"});
    visit(s.identified, {.name = "identified"});
    visit(s.identified_low, {.name = "identified_low"});
    visit(s.identified_high, {.name = "identified_high"});
    visit(s.similar, {.name = "similar"});
    visit(s.similar_low, {.name = "similar_low"});
    visit(s.similar_high, {.name = "similar_high"});
    visit(s.nearest, {.name = "nearest"});
    visit(s.mean_steps, {.name = "mean_steps"});
  }
};

struct FoundCapacity {
  std::string rule;
  std::int64_t patterns = 0;  // the largest load tried at which the rule succeeds; 0: not even one
  double share = 0, low = 0, high = 1;  // there
  std::int64_t fails_at = 0;  // the smallest load tried at which it does not; 0: it never failed
  bool finished = true;       // false: stopped before the resolution was reached

  static void describe(auto& s, auto&& visit) {
    visit(s.rule, {.name = "rule"});
    visit(s.patterns, {.name = "patterns"});
    visit(s.share, {.name = "share"});
    visit(s.low, {.name = "low"});
    visit(s.high, {.name = "high"});
    visit(s.fails_at, {.name = "fails_at"});
    visit(s.finished, {.name = "finished"});
  }
};

// The rows of every memory, by rising load. `codes` null: random phasors; else each draw takes its
// patterns from them without return. Rows without a finished draw are left out after a stop. Error:
// settings out of range, memories of different or unfit units, active above units, more patterns than
// codes; as AssociativeMemory and its store.
template <class T>
std::vector<CapacityRow> capacity_curves(const std::vector<MemorySettings>& memories,
                                         const CapacityTrials& trials,
                                         const SparseCodes<T>* codes = nullptr,
                                         const Run& run = {});

// One entry per memory. Errors as above.
template <class T>
std::vector<FoundCapacity> capacity_search(const std::vector<MemorySettings>& memories,
                                           const CapacityTrials& trials,
                                           const SparseCodes<T>* codes = nullptr,
                                           const Run& run = {});

// The loads of the curves, rising: those given, or eight that double about the first-order capacity
// of random phasors, q^2 n^2 / (4 K ln n), as far as `most` (q: mean |cos| of cue and code).
std::vector<std::int64_t> capacity_loads(const CapacityTrials& trials, std::int64_t units,
                                         std::int64_t most);

}  // namespace striate
