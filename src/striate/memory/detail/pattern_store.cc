#include "striate/memory/detail/pattern_store.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace striate::detail {
namespace {

constexpr double kLeastWeight = 1e-12, kMostWeight = 1e12;

template <class T>
bool finite(UnitCode<T> code) {
  return std::ranges::all_of(code.values, [](const std::complex<T>& z) {
    return std::isfinite(z.real()) && std::isfinite(z.imag());
  });
}

void check_weight(std::string_view who, std::int64_t pattern, double weight) {
  if (!(weight >= kLeastWeight && weight <= kMostWeight))
    throw Error(who, ": pattern ", pattern, " has weight ", weight, "; allowed are ", kLeastWeight,
                " to ", kMostWeight);
}

}  // namespace

template <class T>
std::int64_t PatternStore<T>::row_of(std::int64_t id) const {
  const auto place = std::ranges::lower_bound(ids_, id);
  return place != ids_.end() && *place == id ? place - ids_.begin() : -1;
}

template <class T>
PatternStore<T> PatternStore<T>::checked(std::string_view who, const SparseCodes<T>& codes,
                                         std::span<const std::int64_t> ids,
                                         std::span<const double> weights) const {
  if (codes.atoms() != 2 * codes_.units())
    throw Error(who, ": codes of ", codes.atoms(), " atoms; a memory of ", codes_.units(),
                " complex units takes ", 2 * codes_.units());
  const UnitCodes<T> given = units_of_pairs(codes);
  const auto count = static_cast<std::size_t>(given.size());
  if (ids.size() != count) throw Error(who, ": ", ids.size(), " ids for ", count, " patterns");
  if (!weights.empty() && weights.size() != count)
    throw Error(who, ": ", weights.size(), " weights for ", count, " patterns");

  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t p) { return ids[p]; });
  PatternStore added(codes_.units());
  std::vector<std::int32_t> units;
  std::vector<std::complex<T>> values;
  for (const std::size_t p : order) {
    const auto row = static_cast<std::int64_t>(p);
    if (ids[p] < 0) throw Error(who, ": pattern ", row, " has id ", ids[p], "; ids begin at 0");
    if (!added.ids_.empty() && added.ids_.back() == ids[p])
      throw Error(who, ": id ", ids[p], " is given twice");
    const UnitCode<T> code = given[row];
    const double norm = code_norm(code);
    if (!finite(code) || !std::isfinite(norm))
      throw Error(who, ": pattern ", row, " holds NaN or infinity; patterns must be finite");
    if (norm == 0) throw Error(who, ": pattern ", row, " is zero; a pattern needs an active unit");
    const double weight = weights.empty() ? 1 : weights[p];
    check_weight(who, row, weight);
    units.clear();
    values.clear();
    for (std::size_t i = 0; i < code.active(); ++i) {
      const std::complex<T> value(static_cast<T>(code.values[i].real() / norm),
                                  static_cast<T>(code.values[i].imag() / norm));
      if (value == std::complex<T>(0)) continue;
      units.push_back(code.units[i]);
      values.push_back(value);
    }
    added.codes_.append({units, values});
    added.ids_.push_back(ids[p]);
    added.norms_.push_back(norm);
    added.weights_.push_back(weight);
  }
  return added;
}

template <class T>
std::vector<bool> PatternStore<T>::rows_of(std::string_view who,
                                           std::span<const std::int64_t> ids) const {
  std::vector<bool> rows(static_cast<std::size_t>(size()));
  for (const std::int64_t id : ids) {
    const std::int64_t row = row_of(id);
    if (row < 0) throw Error(who, ": id ", id, " is not stored");
    if (rows[static_cast<std::size_t>(row)]) throw Error(who, ": id ", id, " is given twice");
    rows[static_cast<std::size_t>(row)] = true;
  }
  return rows;
}

template <class T>
void PatternStore<T>::append_row(const PatternStore& from, std::int64_t row) {
  const auto r = static_cast<std::size_t>(row);
  codes_.append(from.codes_[row]);
  ids_.push_back(from.ids_[r]);
  norms_.push_back(from.norms_[r]);
  weights_.push_back(from.weights_[r]);
}

template <class T>
PatternStore<T> PatternStore<T>::merged(const std::vector<bool>& removed,
                                        const PatternStore& added) const {
  PatternStore result(codes_.units());
  result.next_id_ = next_id_;
  std::int64_t next = 0;  // row of `added`
  for (std::int64_t row = 0; row < size(); ++row) {
    if (!removed.empty() && removed[static_cast<std::size_t>(row)]) continue;
    while (next < added.size() &&
           added.ids_[static_cast<std::size_t>(next)] < ids_[static_cast<std::size_t>(row)])
      result.append_row(added, next++);
    result.append_row(*this, row);
  }
  while (next < added.size()) result.append_row(added, next++);
  return result;
}

template <class T>
std::vector<std::int64_t> PatternStore<T>::add(std::string_view who, const SparseCodes<T>& codes,
                                               std::span<const std::int64_t> ids,
                                               std::span<const double> weights) {
  std::vector<std::int64_t> names(ids.begin(), ids.end());
  std::int64_t next = next_id_;
  if (ids.empty())
    for (std::int64_t p = 0; p < codes.signals(); ++p) {
      while (row_of(next) >= 0) ++next;
      names.push_back(next++);
    }
  const PatternStore added = checked(who, codes, names, weights);
  for (const std::int64_t id : added.ids_)
    if (row_of(id) >= 0)
      throw Error(who, ": id ", id, " is in use; replace() changes what is stored under an id");
  if (added.size() == 0) return names;
  if (ids_.empty() || ids_.back() < added.ids_.front()) {
    for (std::int64_t row = 0; row < added.size(); ++row) append_row(added, row);
  } else {
    *this = merged({}, added);
  }
  next_id_ = next;
  return names;
}

template <class T>
void PatternStore<T>::remove(std::string_view who, std::span<const std::int64_t> ids) {
  *this = merged(rows_of(who, ids), PatternStore(codes_.units()));
}

template <class T>
void PatternStore<T>::replace(std::string_view who, const SparseCodes<T>& codes,
                              std::span<const std::int64_t> ids, std::span<const double> weights) {
  const std::vector<bool> removed = rows_of(who, ids);
  *this = merged(removed, checked(who, codes, ids, weights));
}

template <class T>
Archive PatternStore<T>::to_archive() const {
  Archive archive = pairs_of_units(codes_).to_archive();
  archive.arrays["memory/ids"] = Array::from(std::span<const std::int64_t>(ids_), {size()});
  archive.arrays["memory/norms"] = Array::from(std::span<const double>(norms_), {size()});
  archive.arrays["memory/weights"] = Array::from(std::span<const double>(weights_), {size()});
  archive.attributes["memory"]["next_id"] = next_id_;
  return archive;
}

template <class T>
PatternStore<T> PatternStore<T>::from_archive(std::string_view who, const Archive& archive,
                                              std::int64_t units) {
  const SparseCodes<T> pairs = SparseCodes<T>::from_archive(archive);
  if (pairs.atoms() != 2 * units)
    throw Error(who, ": codes of ", pairs.atoms(), " atoms; the memory has ", units,
                " complex units");
  PatternStore store(units);
  store.codes_ = units_of_pairs(pairs);
  store.ids_ = archive.at("memory/ids").to<std::int64_t>();
  store.norms_ = archive.at("memory/norms").to<double>();
  store.weights_ = archive.at("memory/weights").to<double>();
  store.next_id_ = archive.get<std::int64_t>("memory", "next_id");

  const auto count = static_cast<std::size_t>(store.size());
  if (store.ids_.size() != count || store.norms_.size() != count || store.weights_.size() != count)
    throw Error(who, ": ", count, " codes, ", store.ids_.size(), " ids, ", store.norms_.size(),
                " norms and ", store.weights_.size(), " weights; there must be as many of each");
  if (store.next_id_ < 0) throw Error(who, ": next_id is ", store.next_id_, "; ids begin at 0");
  for (std::size_t p = 0; p < count; ++p) {
    if (store.ids_[p] < 0 || (p > 0 && store.ids_[p] <= store.ids_[p - 1]))
      throw Error(who, ": id ", store.ids_[p], " at pattern ", p, "; ids begin at 0 and rise");
    if (!(store.norms_[p] > 0 && std::isfinite(store.norms_[p])))
      throw Error(who, ": pattern ", p, " has norm ", store.norms_[p], "; norms are above 0");
    check_weight(who, static_cast<std::int64_t>(p), store.weights_[p]);
    const double size = code_norm(store.codes_[static_cast<std::int64_t>(p)]);
    if (!(std::abs(size - 1) < 1e-3))
      throw Error(who, ": the code of pattern ", p, " has norm ", size, "; stored codes have 1");
  }
  return store;
}

template class PatternStore<float>;
template class PatternStore<double>;

}  // namespace striate::detail
