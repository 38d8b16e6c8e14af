// The patterns of a memory, and the only truth it keeps: graded codes of unit norm, the norms they
// had, weights, ids. All else is computed from these.
//
// A pattern lies in a slot. New ones take the next slot; forgetting leaves a slot empty, and
// compaction, by itself once half of the slots are empty, numbers them anew in the order of the ids.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "striate/core/archive.h"
#include "striate/memory/unit_codes.h"

namespace striate::detail {

template <class T>
class PatternStore {
 public:
  explicit PatternStore(std::int64_t units = 0) : units_(units) {}

  std::int64_t units() const { return units_; }                                // n
  std::int64_t size() const { return slots() - std::int64_t(empty_.size()); }  // P
  // In the order of their ids, which rise. Copies.
  UnitCodes<T> codes() const;
  std::vector<std::int64_t> ids() const;
  std::vector<double> norms() const;
  std::vector<double> weights() const;

  std::int64_t slots() const { return static_cast<std::int64_t>(ids_.size()); }
  bool holds(std::int64_t slot) const { return live_[static_cast<std::size_t>(slot)] != 0; }
  UnitCode<T> code(std::int64_t slot) const;  // of an empty slot too, until compaction
  std::int64_t id(std::int64_t slot) const { return ids_[static_cast<std::size_t>(slot)]; }
  double norm(std::int64_t slot) const { return norms_[static_cast<std::size_t>(slot)]; }
  double weight(std::int64_t slot) const {
    return weights_.empty() ? 1 : weights_[static_cast<std::size_t>(slot)];
  }
  std::span<const std::int64_t> slot_ids() const { return ids_; }
  bool all_weigh_one() const { return weights_.empty(); }
  std::int64_t slot_of(std::int64_t id) const;  // -1: not stored
  std::vector<std::int64_t> rows() const;       // the slots of ids(), in the same order
  bool in_id_order() const { return rising_; }  // ids rise with slots
  // Slots that were left empty, in the order in which that happened.
  const std::vector<std::int64_t>& empty_slots() const { return empty_; }
  // Changes when slots are numbered anew or weights change.
  std::int64_t generation() const { return generation_; }

  // Errors begin with `who`; whatever is thrown leaves the store as it was.
  std::vector<std::int64_t> add(std::string_view who, const SparseCodes<T>& codes,
                                std::span<const std::int64_t> ids, std::span<const double> weights);
  void remove(std::string_view who, std::span<const std::int64_t> ids);
  void replace(std::string_view who, const SparseCodes<T>& codes, std::span<const std::int64_t> ids,
               std::span<const double> weights);
  // Multiplies all weights. Error: not above 0, or a weight leaves the allowed range.
  void decay(std::string_view who, double factor);
  // Gives the room of empty slots back.
  void compact();
  std::int64_t bytes() const;

  // "codes/..." and "memory/ids", "memory/norms", "memory/weights", attribute "next_id" of
  // "memory". `units` is what the archive has to hold.
  Archive to_archive() const;
  static PatternStore from_archive(std::string_view who, const Archive& archive,
                                   std::int64_t units);

 private:
  // Codes one after another; a block that is full never grows again.
  struct Block {
    std::vector<std::int64_t> starts = {0};
    std::vector<std::int32_t> units;
    std::vector<std::complex<T>> values;
  };
  // Rows of new patterns in the order of their ids, checked, with their norms.
  struct Checked {
    std::vector<std::size_t> order;
    std::vector<double> norms;
  };
  Checked checked(std::string_view who, const SparseCodes<T>& codes,
                  std::span<const std::int64_t> ids, std::span<const double> weights) const;
  // The slots of patterns to be removed. Error: unknown or repeated id.
  std::vector<std::int64_t> slots_of(std::string_view who, std::span<const std::int64_t> ids) const;
  void append(UnitCode<T> code, std::int64_t id, double norm, double weight);
  // All of them, or none if there is no room.
  void append_all(const SparseCodes<T>& codes, const Checked& checked,
                  std::span<const std::int64_t> ids, std::span<const double> weights);
  void shrink_to(std::int64_t slots);
  void leave_empty(std::int64_t slot);
  void compact_if_half_empty();

  std::int64_t units_;
  std::vector<Block> blocks_;
  std::vector<std::int64_t> ids_;  // by slot, as all of these
  std::vector<double> norms_;
  std::vector<double> weights_;  // empty: all are 1
  std::vector<char> live_;
  std::vector<std::int64_t> empty_;
  bool rising_ = true;
  std::unordered_map<std::int64_t, std::int64_t> places_;  // id to slot, where ids do not rise
  std::int64_t next_id_ = 0;  // ids that were made up are never used again
  std::int64_t generation_ = 0;
};

}  // namespace striate::detail
