// What hetero-associative patterns are stored with: one real vector per id, all of one length.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "striate/core/archive.h"
#include "striate/core/matrix.h"
#include "striate/memory/rule.h"

namespace striate::detail {

template <class T>
class Targets {
 public:
  bool empty() const { return by_id_.empty(); }
  std::int64_t length() const;

  // Error, which begins with `who`: targets (m x patterns, empty: none) that do not go with these
  // patterns or with those stored. `needed`: a memory with targets takes no pattern without.
  void check(std::string_view who, const MemoryRule& rule, MatrixView<const T> targets,
             std::int64_t patterns, bool needed) const;
  void keep(std::span<const std::int64_t> ids, MatrixView<const T> targets);
  void remove(std::span<const std::int64_t> ids);

  Matrix<T> matrix() const;                 // m x P, in the order of the ids
  void to_archive(Archive& archive) const;  // "memory/targets", if there are any
  void from_archive(std::string_view who, const Archive& archive,
                    std::span<const std::int64_t> ids);

 private:
  std::map<std::int64_t, std::vector<T>> by_id_;
};

}  // namespace striate::detail
