#include "striate/memory/detail/memory_checks.h"

#include "striate/memory/detail/dynamics.h"

namespace striate::detail {
namespace {

constexpr std::int64_t kMostDenseUnits = 1 << 15;  // J of floats: 8 GiB

// An order that follows single units, or the energy, needs more than a field.
void check_order(const MemoryRule& rule, const MemorySettings& s) {
  if (s.order == Order::synchronous) return;
  const auto order = EnumNames<Order>::names[static_cast<std::size_t>(s.order)];
  if (rule.own_field)
    throw Error("AssociativeMemory: order is ", order, " but ", rule.name,
                " changes all units at once; it must be synchronous");
  const Normalization normalization = normalization_of(rule, s);
  if (s.order == Order::asynchronous && normalization != Normalization::phase)
    throw Error("AssociativeMemory: order is asynchronous but normalization ",
                EnumNames<Normalization>::names[static_cast<std::size_t>(normalization)],
                " changes all units at once; it must be phase");
  if (s.order == Order::monotone && !rule.convex)
    throw Error("AssociativeMemory: order is monotone but ", rule.name,
                " has no energy that falls; it must be synchronous or asynchronous");
  if (s.truncation == Truncation::relative && normalization == Normalization::phase)
    throw Error("AssociativeMemory: order is ", order,
                " but the threshold of relative depends on all units at once; truncation must be "
                "k_winners, absolute or dynamic");
}

}  // namespace

Cover cover_of(const MemoryRule& rule, const MemorySettings& s) {
  return cover(rule.convex, diagonal_of(rule, s) == Diagonal::zero, s.truncation,
               normalization_of(rule, s), s.order);
}

void check_memory(const MemoryRule& rule, const MemorySettings& s) {
  validate("AssociativeMemory", s);
  check_options("AssociativeMemory", rule, s);
  if (rule.most_units > 0 && s.units > rule.most_units)
    throw Error("AssociativeMemory: units is ", s.units, "; ", rule.name, " takes at most ",
                rule.most_units);
  if (s.k && *s.k > s.units)
    throw Error("AssociativeMemory: k is ", *s.k, "; it must be from 1 to the number of units, ",
                s.units);
  const std::string_view truncation =
      EnumNames<Truncation>::names[static_cast<std::size_t>(s.truncation)];
  if (s.truncation == Truncation::k_winners && s.theta)
    throw Error("AssociativeMemory: theta is ", *s.theta,
                " but k_winners has no theta; it belongs to absolute, relative and dynamic");
  if (s.truncation != Truncation::k_winners && !s.theta)
    throw Error("AssociativeMemory: the truncation ", truncation, " needs theta");
  if (s.truncation == Truncation::relative && *s.theta >= 1)
    throw Error("AssociativeMemory: theta is ", *s.theta,
                "; relative to the largest modulus it must be below 1");
  if (diagonal_of(rule, s) == Diagonal::zero && !is_linear(rule, s) && !rule.own_diagonal)
    throw Error("AssociativeMemory: diagonal is zero but ", rule.name,
                rule.linear ? " with overlaps cut" : "",
                " has no weight matrix whose diagonal could be taken out; it must be auto or keep");
  if (s.layout == Layout::dense && !is_linear(rule, s))
    throw Error("AssociativeMemory: layout is dense but ", rule.name,
                rule.linear ? " with overlaps cut" : "",
                " has no weight matrix; it must be auto, implicit or inverted");
  if (s.layout == Layout::dense && s.units > kMostDenseUnits)
    throw Error("AssociativeMemory: layout is dense with ", s.units,
                " units; a weight matrix is held up to ", kMostDenseUnits);
  check_order(rule, s);
}

void check_recall(std::string_view who, const RecallSettings& how, const MemorySettings& s) {
  validate(who, how);
  const std::string_view truncation =
      EnumNames<Truncation>::names[static_cast<std::size_t>(s.truncation)];
  const bool winners = s.truncation == Truncation::k_winners;
  if (how.theta_start && winners)
    throw Error(who, ": theta_start is ", *how.theta_start, " but k_winners has no theta");
  if (how.theta_start && s.truncation == Truncation::relative && *how.theta_start >= 1)
    throw Error(who, ": theta_start is ", *how.theta_start,
                "; relative to the largest modulus it must be below 1");
  if (how.k_start && !winners)
    throw Error(who, ": k_start is ", *how.k_start, " but the truncation ", truncation,
                " has no k");
  if (how.k_start && *how.k_start > s.units)
    throw Error(who, ": k_start is ", *how.k_start, "; it must be from 1 to the number of units, ",
                s.units);
  if ((how.theta_start || how.k_start) && how.anneal_steps >= how.max_steps)
    throw Error(who, ": anneal_steps is ", how.anneal_steps, "; it must be below max_steps, ",
                how.max_steps);
  if (how.order_seed && s.order == Order::synchronous)
    throw Error(who, ": order_seed is ", *how.order_seed,
                " but the order of this memory is synchronous");
}

void check_patterns(std::string_view who, const MemoryRule& rule, std::int64_t patterns) {
  if (rule.most_patterns > 0 && patterns > rule.most_patterns)
    throw Error(who, ": ", patterns, " patterns; ", rule.name, " holds at most ",
                rule.most_patterns);
}

}  // namespace striate::detail
