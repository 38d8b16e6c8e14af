#include "striate/memory/detail/targets.h"

#include <algorithm>
#include <cmath>

namespace striate::detail {

template <class T>
std::int64_t Targets<T>::length() const {
  return empty() ? 0 : static_cast<std::int64_t>(by_id_.begin()->second.size());
}

template <class T>
void Targets<T>::check(std::string_view who, const MemoryRule& rule, MatrixView<const T> targets,
                       std::int64_t patterns, bool needed) const {
  const std::int64_t count = targets.columns;
  if (count > 0 && !rule.targets)
    throw Error(who, ": targets are given, but ", rule.name, " has none; hetero has");
  if (count == 0 && !needed) return;
  if (count != patterns) throw Error(who, ": ", count, " targets for ", patterns, " patterns");
  if (!empty() && targets.rows != length())
    throw Error(who, ": targets of ", targets.rows, " values; those stored have ", length());
  if (targets.rows == 0) throw Error(who, ": targets of 0 values; at least one is needed");
  for (std::int64_t j = 0; j < count; ++j)
    if (!std::ranges::all_of(targets.column(j), [](T y) { return std::isfinite(y); }))
      throw Error(who, ": target ", j, " holds NaN or infinity; targets must be finite");
}

template <class T>
void Targets<T>::keep(std::span<const std::int64_t> ids, MatrixView<const T> targets) {
  for (std::int64_t j = 0; j < targets.columns; ++j) {
    const auto column = targets.column(j);
    by_id_[ids[static_cast<std::size_t>(j)]].assign(column.begin(), column.end());
  }
}

template <class T>
void Targets<T>::remove(std::span<const std::int64_t> ids) {
  for (const std::int64_t id : ids) by_id_.erase(id);
}

template <class T>
Matrix<T> Targets<T>::matrix() const {
  Matrix<T> all(length(), static_cast<std::int64_t>(by_id_.size()));
  std::int64_t j = 0;
  for (const auto& [id, target] : by_id_) std::ranges::copy(target, all.column(j++).begin());
  return all;
}

template <class T>
void Targets<T>::to_archive(Archive& archive) const {
  if (!empty()) archive.arrays["memory/targets"] = Array::from<T>(matrix().view());
}

template <class T>
void Targets<T>::from_archive(std::string_view who, const Archive& archive,
                              std::span<const std::int64_t> ids) {
  if (!archive.has("memory/targets")) return;
  const Array& array = archive.at("memory/targets");
  const auto count = static_cast<std::int64_t>(ids.size());
  if (array.shape().size() != 2 || array.shape()[0] != count)
    throw Error(who, ": memory/targets has not one row per pattern; there are ", count,
                " patterns");
  const std::vector<T> values = array.template to<T>();
  const std::int64_t length = array.shape()[1];
  keep(ids, MatrixView<const T>(values.data(), length, count, length));
}

template class Targets<float>;
template class Targets<double>;

}  // namespace striate::detail
