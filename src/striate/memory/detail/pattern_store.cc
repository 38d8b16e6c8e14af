#include "striate/memory/detail/pattern_store.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <numeric>

namespace striate::detail {
namespace {

constexpr double kLeastWeight = 1e-12, kMostWeight = 1e12;
constexpr std::int64_t kSlotsPerBlock = 1 << 15;
constexpr std::size_t kFewEmptySlots = 1024;  // not worth a compaction

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

// One code after another as complex units, in the same buffers.
template <class T>
class UnitReader {
 public:
  // Of a pair of which only half is stored the other half is zero; zeros are dropped.
  UnitCode<T> read(CodeView<T> pairs) {
    clear();
    for (std::size_t i = 0; i < pairs.nonzeros(); ++i) {
      if (pairs.values[i] == T(0)) continue;
      const std::int32_t unit = pairs.indices[i] / 2;
      if (units_.empty() || units_.back() != unit) {
        units_.push_back(unit);
        values_.emplace_back();
      }
      if (pairs.indices[i] % 2 == 0) values_.back().real(pairs.values[i]);
      else values_.back().imag(pairs.values[i]);
    }
    return {units_, values_};
  }
  // The code last read, divided by its norm; what underflows is dropped.
  UnitCode<T> normalized(double norm) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < units_.size(); ++i) {
      const std::complex<T> value(static_cast<T>(values_[i].real() / norm),
                                  static_cast<T>(values_[i].imag() / norm));
      if (value == std::complex<T>(0)) continue;
      units_[kept] = units_[i];
      values_[kept++] = value;
    }
    units_.resize(kept);
    values_.resize(kept);
    return {units_, values_};
  }

 private:
  void clear() {
    units_.clear();
    values_.clear();
  }
  std::vector<std::int32_t> units_;
  std::vector<std::complex<T>> values_;
};

template <class X>
std::int64_t bytes_of(const std::vector<X>& v) {
  return static_cast<std::int64_t>(v.capacity() * sizeof(X));
}

}  // namespace

template <class T>
UnitCode<T> PatternStore<T>::code(std::int64_t slot) const {
  const Block& block = blocks_[static_cast<std::size_t>(slot / kSlotsPerBlock)];
  const auto at = static_cast<std::size_t>(slot % kSlotsPerBlock);
  const auto first = static_cast<std::size_t>(block.starts[at]);
  const auto count = static_cast<std::size_t>(block.starts[at + 1]) - first;
  return {std::span(block.units).subspan(first, count),
          std::span(block.values).subspan(first, count)};
}

template <class T>
std::int64_t PatternStore<T>::slot_of(std::int64_t id) const {
  if (!rising_) {
    const auto place = places_.find(id);
    return place == places_.end() ? -1 : place->second;
  }
  if (ids_.empty() || id > ids_.back()) return -1;
  const auto place = std::ranges::lower_bound(ids_, id);
  return *place == id && holds(place - ids_.begin()) ? place - ids_.begin() : -1;
}

template <class T>
std::vector<std::int64_t> PatternStore<T>::rows() const {
  std::vector<std::int64_t> rows;
  rows.reserve(static_cast<std::size_t>(size()));
  for (std::int64_t slot = 0; slot < slots(); ++slot)
    if (holds(slot)) rows.push_back(slot);
  if (!rising_) std::ranges::sort(rows, {}, [&](std::int64_t slot) { return id(slot); });
  return rows;
}

template <class T>
UnitCodes<T> PatternStore<T>::codes() const {
  UnitCodes<T> codes(units_);
  for (const std::int64_t slot : rows()) codes.append(code(slot));
  return codes;
}
template <class T>
std::vector<std::int64_t> PatternStore<T>::ids() const {
  std::vector<std::int64_t> ids = rows();
  for (std::int64_t& slot : ids) slot = id(slot);
  return ids;
}
template <class T>
std::vector<double> PatternStore<T>::norms() const {
  std::vector<double> norms;
  for (const std::int64_t slot : rows()) norms.push_back(norm(slot));
  return norms;
}
template <class T>
std::vector<double> PatternStore<T>::weights() const {
  std::vector<double> weights;
  for (const std::int64_t slot : rows()) weights.push_back(weight(slot));
  return weights;
}

template <class T>
auto PatternStore<T>::checked(std::string_view who, const SparseCodes<T>& codes,
                              std::span<const std::int64_t> ids,
                              std::span<const double> weights) const -> Checked {
  if (codes.atoms() != 2 * units_)
    throw Error(who, ": codes of ", codes.atoms(), " atoms; a memory of ", units_,
                " complex units takes ", 2 * units_);
  const auto count = static_cast<std::size_t>(codes.signals());
  if (ids.size() != count) throw Error(who, ": ", ids.size(), " ids for ", count, " patterns");
  if (!weights.empty() && weights.size() != count)
    throw Error(who, ": ", weights.size(), " weights for ", count, " patterns");

  Checked result{.order = std::vector<std::size_t>(count), .norms = std::vector<double>(count)};
  std::iota(result.order.begin(), result.order.end(), std::size_t{0});
  std::ranges::stable_sort(result.order, {}, [&](std::size_t p) { return ids[p]; });
  UnitReader<T> reader;
  std::int64_t before = -1;
  for (const std::size_t p : result.order) {
    const auto row = static_cast<std::int64_t>(p);
    if (ids[p] < 0) throw Error(who, ": pattern ", row, " has id ", ids[p], "; ids begin at 0");
    if (ids[p] == before) throw Error(who, ": id ", ids[p], " is given twice");
    before = ids[p];
    const UnitCode<T> code = reader.read(codes[row]);
    const double norm = code_norm(code);
    if (!finite(code) || !std::isfinite(norm))
      throw Error(who, ": pattern ", row, " holds NaN or infinity; patterns must be finite");
    if (norm == 0) throw Error(who, ": pattern ", row, " is zero; a pattern needs an active unit");
    check_weight(who, row, weights.empty() ? 1 : weights[p]);
    result.norms[p] = norm;
  }
  return result;
}

template <class T>
std::vector<std::int64_t> PatternStore<T>::slots_of(std::string_view who,
                                                    std::span<const std::int64_t> ids) const {
  std::vector<std::int64_t> slots;
  for (const std::int64_t id : ids) {
    slots.push_back(slot_of(id));
    if (slots.back() < 0) throw Error(who, ": id ", id, " is not stored");
  }
  std::vector<std::int64_t> sorted = slots;
  std::ranges::sort(sorted);
  if (const auto twin = std::ranges::adjacent_find(sorted); twin != sorted.end())
    throw Error(who, ": id ", id(*twin), " is given twice");
  return slots;
}

template <class T>
void PatternStore<T>::append(UnitCode<T> code, std::int64_t id, double norm, double weight) {
  if (rising_ && !ids_.empty() && id <= ids_.back()) {
    places_.clear();
    for (std::int64_t slot = 0; slot < slots(); ++slot)
      if (holds(slot)) places_.emplace(this->id(slot), slot);
    rising_ = false;
  }
  if (weight != 1 && weights_.empty()) weights_.assign(ids_.size(), 1);
  if (slots() % kSlotsPerBlock == 0) {
    if (!blocks_.empty()) {
      blocks_.back().units.shrink_to_fit();
      blocks_.back().values.shrink_to_fit();
      blocks_.back().starts.shrink_to_fit();
    }
    blocks_.emplace_back();
  }
  Block& block = blocks_.back();
  block.units.insert(block.units.end(), code.units.begin(), code.units.end());
  block.values.insert(block.values.end(), code.values.begin(), code.values.end());
  block.starts.push_back(static_cast<std::int64_t>(block.units.size()));
  norms_.push_back(norm);
  live_.push_back(1);
  if (!weights_.empty() || weight != 1) weights_.push_back(weight);
  ids_.push_back(id);
  if (!rising_) places_[id] = slots() - 1;
}

template <class T>
void PatternStore<T>::shrink_to(std::int64_t slots) {
  const auto count = static_cast<std::size_t>(slots);
  for (std::size_t slot = count; !rising_ && slot < ids_.size(); ++slot) places_.erase(ids_[slot]);
  blocks_.resize((count + kSlotsPerBlock - 1) / kSlotsPerBlock);
  if (!blocks_.empty()) {
    Block& block = blocks_.back();
    block.starts.resize((count - 1) % kSlotsPerBlock + 2);
    block.units.resize(static_cast<std::size_t>(block.starts.back()));
    block.values.resize(block.units.size());
  }
  ids_.resize(count);
  norms_.resize(count);
  live_.resize(count);
  if (weights_.size() > count) weights_.resize(count);
}

template <class T>
void PatternStore<T>::append_all(const SparseCodes<T>& codes, const Checked& checked,
                                 std::span<const std::int64_t> ids,
                                 std::span<const double> weights) {
  const std::int64_t before = slots();
  UnitReader<T> reader;
  try {
    for (const std::size_t p : checked.order) {
      reader.read(codes[static_cast<std::int64_t>(p)]);
      append(reader.normalized(checked.norms[p]), ids[p], checked.norms[p],
             weights.empty() ? 1 : weights[p]);
    }
  } catch (...) {
    shrink_to(before);
    throw;
  }
}

template <class T>
std::vector<std::int64_t> PatternStore<T>::add(std::string_view who, const SparseCodes<T>& codes,
                                               std::span<const std::int64_t> ids,
                                               std::span<const double> weights) {
  std::vector<std::int64_t> names(ids.begin(), ids.end());
  std::int64_t next = next_id_;
  if (ids.empty())
    for (std::int64_t p = 0; p < codes.signals(); ++p) {
      while (slot_of(next) >= 0) ++next;
      names.push_back(next++);
    }
  const Checked fresh = checked(who, codes, names, weights);
  for (const std::int64_t id : names)
    if (slot_of(id) >= 0)
      throw Error(who, ": id ", id, " is in use; replace() changes what is stored under an id");
  append_all(codes, fresh, names, weights);
  next_id_ = next;
  return names;
}

template <class T>
void PatternStore<T>::leave_empty(std::int64_t slot) {
  live_[static_cast<std::size_t>(slot)] = 0;
  empty_.push_back(slot);
}

template <class T>
void PatternStore<T>::remove(std::string_view who, std::span<const std::int64_t> ids) {
  const std::vector<std::int64_t> slots = slots_of(who, ids);
  if (empty_.capacity() < empty_.size() + slots.size())
    empty_.reserve(std::max(2 * empty_.size(), empty_.size() + slots.size()));
  for (const std::int64_t slot : slots) {  // nothing throws from here on
    leave_empty(slot);
    if (!rising_) places_.erase(id(slot));
  }
  compact_if_half_empty();
}

template <class T>
void PatternStore<T>::replace(std::string_view who, const SparseCodes<T>& codes,
                              std::span<const std::int64_t> ids, std::span<const double> weights) {
  const std::vector<std::int64_t> slots = slots_of(who, ids);
  const Checked fresh = checked(who, codes, ids, weights);
  if (slots.empty()) return;
  if (empty_.capacity() < empty_.size() + slots.size())
    empty_.reserve(std::max(2 * empty_.size(), empty_.size() + slots.size()));
  try {
    append_all(codes, fresh, ids, weights);
  } catch (...) {  // the ids lead to the old slots again
    for (std::size_t p = 0; !rising_ && p < slots.size(); ++p) places_.emplace(ids[p], slots[p]);
    throw;
  }
  for (const std::int64_t slot : slots) leave_empty(slot);
  compact_if_half_empty();
}

template <class T>
void PatternStore<T>::decay(std::string_view who, double factor) {
  if (!(factor > 0 && std::isfinite(factor)))
    throw Error(who, ": the factor is ", factor, "; it must be above 0");
  if (factor == 1) return;
  std::vector<double> weights(ids_.size());
  for (std::int64_t slot = 0; slot < slots(); ++slot) {
    weights[static_cast<std::size_t>(slot)] = weight(slot) * factor;
    if (holds(slot)) check_weight(who, id(slot), weights[static_cast<std::size_t>(slot)]);
  }
  weights_.swap(weights);
  ++generation_;
}

template <class T>
void PatternStore<T>::compact() {
  if (empty_.empty() && rising_) return;
  PatternStore packed(units_);
  packed.ids_.reserve(static_cast<std::size_t>(size()));
  for (const std::int64_t slot : rows())
    packed.append(code(slot), id(slot), norm(slot), weight(slot));
  packed.next_id_ = next_id_;
  packed.generation_ = generation_ + 1;
  *this = std::move(packed);
}

template <class T>
void PatternStore<T>::compact_if_half_empty() {
  if (empty_.size() < kFewEmptySlots || 2 * empty_.size() < ids_.size()) return;
  try {
    compact();
  } catch (const std::bad_alloc&) {
    // It can wait: nothing but room would be gained.
  }
}

template <class T>
std::int64_t PatternStore<T>::bytes() const {
  std::int64_t sum = bytes_of(ids_) + bytes_of(norms_) + bytes_of(weights_) + bytes_of(live_) +
                     bytes_of(empty_) +
                     static_cast<std::int64_t>(places_.size() * 4 * sizeof(std::int64_t) +
                                               places_.bucket_count() * sizeof(void*));
  for (const Block& block : blocks_)
    sum += bytes_of(block.starts) + bytes_of(block.units) + bytes_of(block.values);
  return sum;
}

template <class T>
Archive PatternStore<T>::to_archive() const {
  Archive archive = pairs_of_units(codes()).to_archive();
  const std::vector<std::int64_t> names = ids();
  archive.arrays["memory/ids"] = Array::from(std::span<const std::int64_t>(names), {size()});
  archive.arrays["memory/norms"] = Array::from(std::span<const double>(norms()), {size()});
  archive.arrays["memory/weights"] = Array::from(std::span<const double>(weights()), {size()});
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
  const auto ids = archive.at("memory/ids").to<std::int64_t>();
  const auto norms = archive.at("memory/norms").to<double>();
  const auto weights = archive.at("memory/weights").to<double>();
  PatternStore store(units);
  store.next_id_ = archive.get<std::int64_t>("memory", "next_id");

  const auto count = static_cast<std::size_t>(pairs.signals());
  if (ids.size() != count || norms.size() != count || weights.size() != count)
    throw Error(who, ": ", count, " codes, ", ids.size(), " ids, ", norms.size(), " norms and ",
                weights.size(), " weights; there must be as many of each");
  if (store.next_id_ < 0) throw Error(who, ": next_id is ", store.next_id_, "; ids begin at 0");
  UnitReader<T> reader;
  for (std::size_t p = 0; p < count; ++p) {
    if (ids[p] < 0 || (p > 0 && ids[p] <= ids[p - 1]))
      throw Error(who, ": id ", ids[p], " at pattern ", p, "; ids begin at 0 and rise");
    if (!(norms[p] > 0 && std::isfinite(norms[p])))
      throw Error(who, ": pattern ", p, " has norm ", norms[p], "; norms are above 0");
    check_weight(who, static_cast<std::int64_t>(p), weights[p]);
    const UnitCode<T> code = reader.read(pairs[static_cast<std::int64_t>(p)]);
    const double size = code_norm(code);
    if (!(std::abs(size - 1) < 1e-3))
      throw Error(who, ": the code of pattern ", p, " has norm ", size, "; stored codes have 1");
    store.append(code, ids[p], norms[p], weights[p]);
  }
  return store;
}

template class PatternStore<float>;
template class PatternStore<double>;

}  // namespace striate::detail
