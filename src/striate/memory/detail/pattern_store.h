// The patterns of a memory in the order of their ids, and the only truth it keeps: graded codes of
// unit norm, the norms they had, weights. All else is computed from these.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "striate/core/archive.h"
#include "striate/memory/unit_codes.h"

namespace striate::detail {

template <class T>
class PatternStore {
 public:
  explicit PatternStore(std::int64_t units = 0) : codes_(units) {}

  std::int64_t size() const { return codes_.size(); }
  const UnitCodes<T>& codes() const { return codes_; }
  const std::vector<std::int64_t>& ids() const { return ids_; }  // rising
  const std::vector<double>& norms() const { return norms_; }
  const std::vector<double>& weights() const { return weights_; }

  // Errors begin with `who` and leave the store as it was.
  std::vector<std::int64_t> add(std::string_view who, const SparseCodes<T>& codes,
                                std::span<const std::int64_t> ids, std::span<const double> weights);
  void remove(std::string_view who, std::span<const std::int64_t> ids);
  void replace(std::string_view who, const SparseCodes<T>& codes, std::span<const std::int64_t> ids,
               std::span<const double> weights);

  // "codes/..." and "memory/ids", "memory/norms", "memory/weights", attribute "next_id" of
  // "memory". `units` is what the archive has to hold.
  Archive to_archive() const;
  static PatternStore from_archive(std::string_view who, const Archive& archive,
                                   std::int64_t units);

 private:
  std::int64_t row_of(std::int64_t id) const;  // -1: not stored
  // New patterns, normalised, in the order of their ids.
  PatternStore checked(std::string_view who, const SparseCodes<T>& codes,
                       std::span<const std::int64_t> ids, std::span<const double> weights) const;
  // The rows of the patterns to be removed. Error: unknown or repeated id.
  std::vector<bool> rows_of(std::string_view who, std::span<const std::int64_t> ids) const;
  void append_row(const PatternStore& from, std::int64_t row);
  // This store without `removed` rows and with the patterns of `added`.
  PatternStore merged(const std::vector<bool>& removed, const PatternStore& added) const;

  UnitCodes<T> codes_;
  std::vector<std::int64_t> ids_;
  std::vector<double> norms_, weights_;
  std::int64_t next_id_ = 0;  // ids that were made up are never used again
};

}  // namespace striate::detail
