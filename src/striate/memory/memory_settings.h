// How an associative memory is built and how it recalls. The names are those of the command line
// and of Python.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "striate/core/settings.h"

namespace striate {

// Which units of the field u stay; all compare the modulus.
enum class Truncation {
  k_winners,  // the k largest, ties to the lower unit
  absolute,   // |u_i| > theta
  relative,   // |u_i| > theta max_j |u_j|
  dynamic,    // |u_i| > theta sum_j |z_j|
};
// What becomes of the units that stay.
enum class Normalization {
  automatic,     // the rule's choice
  phase,         // z_i = u_i / |u_i|
  vector,        // z = u / ||u||
  phase_vector,  // both in turn
};
enum class Diagonal { automatic, zero, keep };  // of J
enum class Order {
  synchronous,   // all units at once
  asynchronous,  // one unit at a time, each seeing what the others have become; phase only
  monotone,      // synchronous, but a step that does not lower the energy is redone: phases
                 // asynchronously, whole vectors by T2 on J + c I with as many winners as active
};
// How stored codes are laid out for recall; the answers are the same.
enum class Layout {
  automatic,  // dense up to 2048 units where the rule has a J and P is from n/8 to n, else inverted
  dense,      // the weight matrix J as well; rules with a J only
  implicit,   // the codes, and lists per unit while there are at most 65536: least memory
  inverted,   // the codes, and lists per unit
};

// Which theorem says that the energy never rises along a recall (docs/algorithms/memory.md).
enum class Cover {
  none,        // no guarantee
  t1,          // phase, constant theta, diagonal kept: the energy never rises
  t2,          // k winners, phase or vector, diagonal kept: the energy never rises
  t3_partial,  // whole vector under a threshold, diagonal kept: never rises on a step that switches
               // no unit off
  async,       // asynchronous or monotone, phase: the energy never rises
};

template <>
struct EnumNames<Truncation> {
  static constexpr std::array<std::string_view, 4> names{"k_winners", "absolute", "relative",
                                                         "dynamic"};
};
template <>
struct EnumNames<Normalization> {
  static constexpr std::array<std::string_view, 4> names{"auto", "phase", "vector", "phase_vector"};
};
template <>
struct EnumNames<Diagonal> {
  static constexpr std::array<std::string_view, 3> names{"auto", "zero", "keep"};
};
template <>
struct EnumNames<Order> {
  static constexpr std::array<std::string_view, 3> names{"synchronous", "asynchronous", "monotone"};
};
template <>
struct EnumNames<Layout> {
  static constexpr std::array<std::string_view, 4> names{"auto", "dense", "implicit", "inverted"};
};
inline std::string_view name_of(Layout layout) {
  return EnumNames<Layout>::names[static_cast<std::size_t>(layout)];
}
template <>
struct EnumNames<Cover> {
  static constexpr std::array<std::string_view, 5> names{"none", "T1", "T2", "T3-partial", "async"};
};
inline std::string_view name_of(Cover cover) {
  return EnumNames<Cover>::names[static_cast<std::size_t>(cover)];
}

struct MemorySettings {
  std::int64_t units = 0;     // n complex units; codes have 2 n atoms
  std::string rule = "tpam";  // a name of catalog/memory_rules.h
  Truncation truncation = Truncation::k_winners;
  std::optional<std::int64_t> k = {};  // empty: the median number of active units of the stored
                                       // codes, those below 0.01 of a code's largest not counted
  std::optional<double> theta = {};    // required by every truncation but k_winners
  Normalization normalization = Normalization::automatic;
  Diagonal diagonal = Diagonal::automatic;
  Order order = Order::synchronous;
  // Of the rules that have them (rule.h); overlaps scaled so that that of a stored code with itself
  // is 1.
  std::optional<double> power = {};              // empty: 3
  std::optional<double> beta = {};               // empty: 32
  std::optional<double> ridge = {};              // empty: 1e-6
  std::optional<double> overlap_cut = {};        // empty: no cut
  std::optional<std::int64_t> overlap_top = {};  // empty: all
  std::optional<std::int64_t> locations = {};    // empty: 10000
  std::optional<std::int64_t> radius = {};       // empty: the largest that 1 % of locations are in
  Layout layout = Layout::automatic;

  static void describe(auto& s, auto&& visit) {
    visit(s.units, {.name = "units",
                    .python = "n_units",
                    .range = between(1, 1 << 30),
                    .unit = "complex units",
                    .sentence = "Complex units; stored codes have two atoms per unit."});
    visit(s.rule, {.name = "rule", .sentence = "How overlaps with stored codes become the field."});
    visit(s.truncation,
          {.name = "truncation", .sentence = "Which units of the field stay in the state."});
    visit(s.k, {.name = "k",
                .range = at_least(1),
                .unit = "units",
                .sentence = "Active units of a state; the median of the stored codes if not "
                            "given."});
    visit(s.theta, {.name = "theta",
                    .range = at_least(0),
                    .sentence = "Threshold of the truncations absolute, relative and dynamic."});
    visit(s.normalization, {.name = "normalization",
                            .sentence = "What becomes of the units that stay; auto is the rule's "
                                        "choice."});
    visit(s.diagonal, {.name = "diagonal",
                       .sentence = "Weight of a unit on itself; auto is the rule's choice."});
    visit(s.order, {.name = "order", .sentence = "Order in which units are updated."});
    visit(s.power, {.name = "power",
                    .range = between(1, 20),
                    .sentence = "Exponent of the overlaps in the rule power; 3 if not given."});
    visit(s.beta, {.name = "beta",
                   .range = between(1e-3, 1e6),
                   .sentence = "Inverse temperature of the rule softmax, for overlaps of at most "
                               "1; 32 if not given."});
    visit(s.ridge, {.name = "ridge",
                    .range = at_least(0),
                    .sentence = "Added to the Gram matrix of the rule pinv, in squared norms of a "
                                "code; 1e-6 if not given."});
    visit(s.overlap_cut,
          {.name = "overlap_cut",
           .range = between(0, 1),
           .sentence = "Overlaps below this share of a code's own are dropped; none if not "
                       "given."});
    visit(s.overlap_top, {.name = "overlap_top",
                          .range = at_least(1),
                          .unit = "patterns",
                          .sentence = "Largest overlaps that are kept; all if not given."});
    visit(s.locations, {.name = "locations",
                        .range = between(1, 1e7),
                        .sentence = "Hard locations of the rule sdm; 10000 if not given."});
    visit(s.radius, {.name = "radius",
                     .range = at_least(0),
                     .unit = "units",
                     .sentence = "Signs in which a state differs at most from the address of a "
                                 "location of the rule sdm that it reaches; if not given, the "
                                 "largest that reaches 1 % of them."});
    visit(s.layout, {.name = "layout",
                     .sentence = "How stored codes are laid out for recall: dense keeps the weight "
                                 "matrix too, inverted lists per unit, implicit the least; auto "
                                 "goes by size, load and rule."});
  }
};

// What a recall returns as the state.
enum class Readout {
  state,     // the settled state itself
  graded,    // sum_p weight_p(state) * stored graded code p: amplitudes for phase states
  identity,  // the graded code of the best match, turned to the state's phase
};
template <>
struct EnumNames<Readout> {
  static constexpr std::array<std::string_view, 3> names{"state", "graded", "identity"};
};

struct RecallSettings {
  int max_steps = 10;
  double tolerance = 1e-4;
  // Order of the units of asynchronous steps, a new one for every step; empty: from the first unit
  // to the last.
  std::optional<std::int64_t> order_seed = {};
  // Annealing: step t < anneal_steps has theta_start + (theta - theta_start) t / anneal_steps for
  // theta, later steps have the memory's own; k likewise, rounded.
  std::optional<double> theta_start = {};    // truncations with theta
  std::optional<std::int64_t> k_start = {};  // k_winners
  int anneal_steps = 4;                      // below max_steps
  Readout readout = Readout::state;
  bool trace = false;
  // 1 where the cue is known, 0 where it is not: n values for all cues, or n per cue, one cue after
  // another; empty: all known. Unknown units are taken out of the cue before its norm; recall fills
  // them.
  std::vector<std::uint8_t> mask = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.max_steps, {.name = "max_steps",
                        .range = at_least(0),
                        .unit = "steps",
                        .sentence = "Updates of all units before stopping."});
    visit(s.tolerance, {.name = "tolerance",
                        .range = at_least(0),
                        .sentence = "Relative change of the state, its global phase removed, at "
                                    "which it is settled."});
    visit(s.order_seed, {.name = "order_seed",
                         .range = at_least(0),
                         .sentence = "Seed of a random order of asynchronous updates; from the "
                                     "first unit to the last if not given."});
    visit(s.theta_start, {.name = "theta_start",
                          .range = at_least(0),
                          .sentence = "Threshold of the first step, from which it moves evenly to "
                                      "theta; theta if not given."});
    visit(s.k_start, {.name = "k_start",
                      .range = at_least(1),
                      .unit = "units",
                      .sentence = "Active units after the first step, from which they move evenly "
                                  "to k; k if not given."});
    visit(s.anneal_steps, {.name = "anneal_steps",
                           .range = at_least(1),
                           .unit = "steps",
                           .sentence = "Steps from theta_start or k_start to the memory's own "
                                       "value."});
    visit(s.readout, {.name = "readout", .sentence = "What is returned as the recalled code."});
    visit(s.trace,
          {.name = "trace", .sentence = "Keep energy, active units and overlaps of every step."});
  }
};

}  // namespace striate
