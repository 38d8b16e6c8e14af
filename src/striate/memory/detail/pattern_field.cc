#include "striate/memory/detail/pattern_field.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "striate/memory/detail/pattern_form.h"
#include "striate/memory/detail/stored_field.h"

namespace striate::detail {
namespace {

constexpr std::int64_t kMostDenseUnits = 2048;  // of a dense layout that auto chooses
constexpr std::int64_t kFewSlots = 64;          // whose lists are not worth laying out at once

Layout layout_for(const MemorySettings& settings, const MemoryRule& rule, std::int64_t patterns) {
  if (settings.layout != Layout::automatic) return settings.layout;
  // Below n / 8 patterns fewer numbers are touched than the columns hold, above n nothing is
  // recalled from their sum.
  const bool dense = is_linear(rule, settings) && settings.units <= kMostDenseUnits &&
                     8 * patterns >= settings.units && patterns <= settings.units;
  return dense ? Layout::dense : Layout::inverted;
}

template <class T>
double squared_norm(UnitCode<T> code) {
  double sum = 0;
  for (const std::complex<T>& z : code.values) sum += std::norm(std::complex<double>(z));
  return sum;
}

template <class X>
std::int64_t bytes_of(const std::vector<X>& v) {
  return static_cast<std::int64_t>(v.capacity() * sizeof(X));
}

}  // namespace

template <class T>
PatternField<T>::PatternField(const PatternStore<T>* patterns, const MemoryRule* rule,
                              const MemorySettings* settings, bool zero_diagonal)
    : patterns_(patterns), rule_(rule), settings_(settings), zero_diagonal_(zero_diagonal) {}

template <class T>
UnitCode<T> PatternField<T>::formed(std::int64_t slot, SparseState<T>& buffer,
                                    Ranking& ranking) const {
  const UnitCode<T> code = patterns_->code(slot);
  if (graded_form()) return code;
  buffer.assign(code);
  to_form(rule_->form, k_, std::span(buffer.values), ranking);
  buffer.drop_zeros();
  return buffer.view();
}

template <class T>
bool PatternField<T>::follows() const {
  return generation_ == patterns_->generation() && slots_ == patterns_->slots() &&
         empties_ == std::int64_t(patterns_->empty_slots().size()) && weighting_;
}

template <class T>
void PatternField<T>::forget_everything() {
  generation_ = -1;
  slots_ = empties_ = counted_ = scaled_ = 0;
  counts_.clear();
  index_.reset();
  scales_.clear();
  diagonal_.clear();
  dense_ = {};
  own_ = nullptr;
  weighting_.reset();
}

template <class T>
void PatternField<T>::follow() {
  const bool anew = generation_ != patterns_->generation();
  if (anew) forget_everything();
  generation_ = -1;  // until all is done
  count_patterns();
  const std::int64_t k_before = k_;
  k_ = settings_->k.value_or(k_);
  if (!settings_->k) {
    std::int64_t rank = (counted_ - 1) / 2, active = 0;
    for (; counted_ > 0 && rank >= counts_[static_cast<std::size_t>(active)]; ++active)
      rank -= counts_[static_cast<std::size_t>(active)];
    k_ = counted_ > 0 ? active : 0;
  }
  if (k_ != k_before && !graded_form()) {
    index_.reset();
    scales_.clear();
    diagonal_.clear();
    dense_ = {};
  }
  const Layout layout = layout_for(*settings_, *rule_, patterns_->size());
  if (layout != Layout::dense) dense_ = {};
  layout_ = layout;
  update_index();
  update_sums();

  if (!weighting_ || k_ != k_before || rule_->of_codes) {
    rows_.clear();
    const UnitCodes<T> codes = rule_->of_codes ? this->codes() : UnitCodes<T>(patterns_->units());
    const std::vector<double> weights =
        rule_->of_codes ? patterns_->weights() : std::vector<double>();
    weighting_ =
        rule_->prepare<T>({.codes = codes,
                           .weights = weights,
                           .scale = overlap_scale(rule_->form, normalization_of(*rule_, *settings_),
                                                  k_, patterns_->units())},
                          *settings_);
    own_ = weighting_->own_field();
    reach_ = weighting_->reach();
    const std::span<const double> own_diagonal = weighting_->diagonal();
    if (!own_diagonal.empty()) diagonal_.assign(own_diagonal.begin(), own_diagonal.end());
  }
  rows_.clear();
  cross_talk_.reset();
  slots_ = patterns_->slots();
  empties_ = static_cast<std::int64_t>(patterns_->empty_slots().size());
  generation_ = patterns_->generation();
}

template <class T>
void PatternField<T>::count_patterns() {
  const auto active_of = [&](std::int64_t slot) {
    return static_cast<std::size_t>(counted_units(rule_->form, patterns_->code(slot)));
  };
  const std::vector<std::int64_t>& empty = patterns_->empty_slots();
  for (auto at = static_cast<std::size_t>(empties_); at < empty.size(); ++at) {
    if (empty[at] >= slots_) continue;  // came and went unseen
    --counts_[active_of(empty[at])];
    --counted_;
  }
  for (std::int64_t slot = slots_; slot < patterns_->slots(); ++slot) {
    if (!patterns_->holds(slot)) continue;
    const std::size_t active = active_of(slot);
    if (counts_.size() <= active) counts_.resize(active + 1);
    ++counts_[active];
    ++counted_;
  }
}

template <class T>
void PatternField<T>::update_scales(std::int64_t slot, UnitCode<T> code) {
  const double size = squared_norm(code);
  if (scales_.empty()) {
    if (slot == 0) size_ = static_cast<T>(size);
    if (std::abs(size - double(size_)) <= 64 * std::numeric_limits<T>::epsilon() * size) return;
    scales_.assign(static_cast<std::size_t>(slot), 1 / size_);
  }
  scales_.resize(static_cast<std::size_t>(slot), 1);
  scales_.push_back(static_cast<T>(1 / size));
}

template <class T>
void PatternField<T>::update_index() {
  if (layout_ == Layout::implicit && patterns_->slots() > InvertedIndex<T>::window_slots) {
    index_.reset();
  } else if (!index_) {
    index_.emplace(patterns_->units());
    scaled_ = 0;
    scales_.clear();
  }
  SparseState<T> code;
  Ranking ranking;
  const std::vector<std::int64_t>& empty = patterns_->empty_slots();
  for (auto at = static_cast<std::size_t>(empties_); index_ && at < empty.size(); ++at)
    if (empty[at] < scaled_) index_->erase(empty[at], formed(empty[at], code, ranking));
  UnitCodes<T> window(patterns_->units());
  while (scaled_ < patterns_->slots()) {
    const std::int64_t more =
        std::min(patterns_->slots() - scaled_, InvertedIndex<T>::window_slots);
    const bool at_once = index_ && index_->at_window() && more > kFewSlots;
    window.clear();
    for (std::int64_t i = 0; i < (at_once ? more : 1); ++i, ++scaled_) {
      const UnitCode<T> own = formed(scaled_, code, ranking);
      update_scales(scaled_, own);
      const UnitCode<T> held = patterns_->holds(scaled_) ? own : UnitCode<T>{};
      if (at_once) window.append(held);
      else if (index_) index_->append(held);
    }
    if (at_once) index_->append_window(window);
  }
}

// What is summed over patterns, in the order of their ids whatever the order in which they came: J
// and its diagonal.
template <class T>
void PatternField<T>::update_sums() {
  const bool dense = layout_ == Layout::dense;
  if (!dense && (!zero_diagonal_ || rule_->own_diagonal)) return;
  SparseState<T> code;
  Ranking ranking;
  const auto add = [&](std::int32_t unit, std::complex<T> value, std::int64_t slot,
                       UnitCode<T> own) {
    const double weight = patterns_->weight(slot);
    if (zero_diagonal_)
      diagonal_[static_cast<std::size_t>(unit)] += weight * std::norm(std::complex<double>(value));
    if (dense) dense_.add_to_column(unit, static_cast<T>(weight) * std::conj(value), own);
  };
  const auto add_pattern = [&](std::int64_t slot) {
    const UnitCode<T> own = formed(slot, code, ranking);
    for (std::size_t i = 0; i < own.active(); ++i) add(own.units[i], own.values[i], slot, own);
  };
  const auto n = static_cast<std::size_t>(patterns_->units());
  const bool changed =
      slots_ != patterns_->slots() || empties_ != std::int64_t(patterns_->empty_slots().size());
  const bool anew = (dense && dense_.units() == 0) || (zero_diagonal_ && diagonal_.empty());
  if (anew || (!index_ && changed)) {
    if (dense) dense_ = DenseField<T>(patterns_->units(), zero_diagonal_);
    if (zero_diagonal_) diagonal_.assign(n, 0);
    for (const std::int64_t slot : patterns_->rows()) add_pattern(slot);
    return;
  }
  const bool late = !patterns_->in_id_order();
  std::vector<std::int32_t> touched;
  const auto touch = [&](std::int64_t slot) {
    const UnitCode<T> own = formed(slot, code, ranking);
    touched.insert(touched.end(), own.units.begin(), own.units.end());
  };
  const std::vector<std::int64_t>& empty = patterns_->empty_slots();
  for (auto at = static_cast<std::size_t>(empties_); at < empty.size(); ++at)
    if (empty[at] < slots_) touch(empty[at]);
  for (std::int64_t slot = slots_; slot < patterns_->slots(); ++slot) {
    if (!patterns_->holds(slot)) continue;
    if (late) touch(slot);
    else add_pattern(slot);
  }
  std::ranges::sort(touched);
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
  std::vector<std::pair<std::int64_t, std::complex<T>>> held;
  for (const std::int32_t unit : touched) {
    held.clear();
    index_->for_each_posting(unit, [&](std::int64_t slot, std::complex<T> value) {
      if (patterns_->holds(slot)) held.emplace_back(slot, value);
    });
    if (late) std::ranges::sort(held, {}, [&](const auto& at) { return patterns_->id(at.first); });
    if (zero_diagonal_) diagonal_[static_cast<std::size_t>(unit)] = 0;
    if (dense) dense_.clear_column(unit);
    for (const auto& [slot, value] : held)
      add(unit, value, slot, dense ? formed(slot, code, ranking) : UnitCode<T>{});
  }
}

template <class T>
const std::vector<std::int64_t>& PatternField<T>::rows() const {
  const std::lock_guard lock(mutex_);
  if (rows_.empty()) rows_ = patterns_->rows();
  return rows_;
}

template <class T>
std::int64_t PatternField<T>::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_of(counts_) + (index_ ? index_->bytes() : 0) + bytes_of(scales_) +
         bytes_of(diagonal_) + dense_.bytes() + bytes_of(rows_);
}

// z, a number per unit; to be taken back.
template <class T>
std::span<const std::complex<T>> PatternField<T>::spread(UnitCode<T> z,
                                                         FieldBuffers<T>& buffers) const {
  buffers.whole.resize(static_cast<std::size_t>(patterns_->units()));
  for (std::size_t i = 0; i < z.active(); ++i)
    buffers.whole[static_cast<std::size_t>(z.units[i])] = z.values[i];
  return buffers.whole;
}
template <class T>
void PatternField<T>::take_back(UnitCode<T> z, FieldBuffers<T>& buffers) const {
  for (const std::int32_t unit : z.units) buffers.whole[static_cast<std::size_t>(unit)] = 0;
}

template <class T>
void PatternField<T>::all_overlaps(UnitCode<T> z, FieldBuffers<T>& buffers,
                                   std::span<std::complex<T>> a) const {
  std::ranges::fill(a, std::complex<T>(0));
  if (index_) return index_->add_overlaps(z, a);
  const std::span<const std::complex<T>> whole = spread(z, buffers);
  for (std::int64_t slot = 0; slot < patterns_->slots(); ++slot)
    if (patterns_->holds(slot))
      a[static_cast<std::size_t>(slot)] =
          overlap(formed(slot, buffers.code, buffers.ranking), whole.data());
  take_back(z, buffers);
}

template <class T>
void PatternField<T>::select(UnitCode<T> z, std::span<const T> scales, FieldBuffers<T>& buffers,
                             Selection<T>& selection) const {
  if (index_) return index_->select(z, scales, buffers.index, selection);
  std::vector<std::complex<T>>& a = buffers.by_slot;
  a.resize(static_cast<std::size_t>(patterns_->slots()));
  all_overlaps(z, buffers, a);
  for (std::size_t slot = 0; slot < a.size(); ++slot) {
    const T size = std::norm(a[slot]) * (scales.empty() ? T(1) : scales[slot]);
    if (size >= selection.least() && size > 0)
      selection.take(static_cast<std::int64_t>(slot), a[slot], size);
  }
}

template <class T>
void PatternField<T>::look(UnitCode<T> z, FieldBuffers<T>& buffers) const {
  if (!reach_.sparse) {
    buffers.overlaps.resize(static_cast<std::size_t>(patterns_->size()));
    return overlaps(z, buffers, buffers.overlaps);
  }
  const T least = static_cast<T>(reach_.least * (1 - 1e-5));  // rounding must not cut
  // With the best, the second best, for the match.
  const bool bounded = patterns_->all_weigh_one() && reach_.most > 0;
  const std::int64_t most = bounded ? std::max<std::int64_t>(2, reach_.most) : 0;
  Selection<T> selection(patterns_->slot_ids(), least * least, most, buffers.hits);
  select(z, {}, buffers, selection);
  selection.finish();
}

// buffers.weighed and buffers.weights = what look() found
template <class T>
void PatternField<T>::found(FieldBuffers<T>& buffers) const {
  std::vector<std::complex<T>>& weighed = buffers.weighed;
  std::vector<double>& weights = buffers.weights;
  if (reach_.sparse) {
    weighed.clear();
    for (const Hit<T>& hit : buffers.hits) weighed.push_back(hit.overlap);
  } else {
    weighed = buffers.overlaps;
  }
  weights.clear();
  if (patterns_->all_weigh_one()) return;
  if (reach_.sparse)
    for (const Hit<T>& hit : buffers.hits) weights.push_back(patterns_->weight(hit.slot));
  else
    for (const std::int64_t slot : rows()) weights.push_back(patterns_->weight(slot));
}

// buffers.weighed = g(a)
template <class T>
void PatternField<T>::weigh(FieldBuffers<T>& buffers) const {
  found(buffers);
  weighting_->weigh(buffers.weighed, buffers.weights);
}
template <class T>
void PatternField<T>::weigh(std::span<std::complex<T>> a) const {
  weighting_->weigh(a, patterns_->all_weigh_one() ? std::vector<double>() : patterns_->weights());
}

// u = sum of weighed codes, in the rule's form without the diagonal's part, or graded.
template <class T>
void PatternField<T>::sum_codes(bool graded, UnitCode<T> z, FieldBuffers<T>& buffers,
                                SparseState<T>& u) const {
  const std::vector<std::complex<T>>& h = buffers.weighed;
  const std::vector<std::int64_t>* slots = reach_.sparse ? nullptr : &rows();
  const auto slot_of = [&](std::size_t p) { return slots ? (*slots)[p] : buffers.hits[p].slot; };
  const auto n = static_cast<std::size_t>(patterns_->units());
  std::vector<std::uint64_t>& marks = buffers.marks;
  buffers.sums.resize(4 * n);
  marks.resize((n + 63) / 64);
  u.clear();
  const auto mark = [&](std::int32_t unit) {
    std::uint64_t& word = marks[static_cast<std::size_t>(unit) / 64];
    const std::uint64_t bit = std::uint64_t{1} << (unit % 64);
    if ((word & bit) == 0) u.units.push_back(unit);
    word |= bit;
  };
  // Many codes at once by the lists of units, few one after another: the same bits.
  const bool all_units = index_ && (!graded || graded_form()) && patterns_->in_id_order() &&
                         4 * std::ssize(h) > patterns_->size() && h.size() > 8;
  if (all_units) {
    buffers.by_slot.assign(static_cast<std::size_t>(patterns_->slots()), std::complex<T>(0));
    for (std::size_t p = 0; p < h.size(); ++p)
      buffers.by_slot[static_cast<std::size_t>(slot_of(p))] = h[p];
    index_->apply(buffers.by_slot, buffers.sums);
    u.units.resize(n);
    std::iota(u.units.begin(), u.units.end(), 0);
  } else {
    for (std::size_t p = 0; p < h.size(); ++p) {
      if (h[p] == std::complex<T>(0)) continue;
      const UnitCode<T> code =
          graded ? patterns_->code(slot_of(p)) : formed(slot_of(p), buffers.code, buffers.ranking);
      add_scaled_apart(h[p], code, buffers.sums);
      for (const std::int32_t unit : code.units) mark(unit);
    }
    if (!graded && !diagonal_.empty())
      for (const std::int32_t unit : z.units) mark(unit);
    if (marks.size() < 4 * u.units.size()) {
      u.units.clear();
      for (std::size_t word = 0; word < marks.size(); ++word)
        for (std::uint64_t rest = std::exchange(marks[word], 0); rest != 0; rest &= rest - 1)
          u.units.push_back(static_cast<std::int32_t>(64 * word) + std::countr_zero(rest));
    } else {
      std::ranges::sort(u.units);
      for (const std::int32_t unit : u.units) marks[static_cast<std::size_t>(unit) / 64] = 0;
    }
  }
  u.values.resize(u.units.size());
  for (std::size_t i = 0; i < u.units.size(); ++i) u.values[i] = take_sum(buffers.sums, u.units[i]);
  if (graded || diagonal_.empty()) return;
  for (std::size_t i = 0, at = 0; i < z.active(); ++i) {
    while (u.units[at] != z.units[i]) ++at;
    const std::complex<T> own =
        static_cast<T>(diagonal_[static_cast<std::size_t>(z.units[i])]) * z.values[i];
    std::complex<T>& value = u.values[at];
    value -= own;
    // Rounding must not leave dust where nothing but a unit itself acts on it: phases would make
    // an active unit of it.
    constexpr T dust = 32 * std::numeric_limits<T>::epsilon();
    if (std::norm(value) <= dust * dust * std::norm(own)) value = 0;
  }
}

template <class T>
void PatternField<T>::field(UnitCode<T> z, FieldBuffers<T>& buffers, SparseState<T>& u) const {
  if (own_ || layout_ == Layout::dense) {
    const auto n = static_cast<std::size_t>(patterns_->units());
    u.units.resize(n);
    std::iota(u.units.begin(), u.units.end(), 0);
    u.values.resize(n);
  }
  if (own_) {
    own_->apply(spread(z, buffers), u.values);
    return take_back(z, buffers);
  }
  if (layout_ == Layout::dense) {
    dense_.apply(z, u.values);
  } else {
    weigh(buffers);
    sum_codes(false, z, buffers, u);
  }
  if (rule_->per_unit)
    for (std::complex<T>& x : u.values) x *= static_cast<T>(1.0 / double(patterns_->units()));
}

template <class T>
void PatternField<T>::graded(FieldBuffers<T>& buffers, SparseState<T>& u) const {
  weigh(buffers);
  sum_codes(true, {}, buffers, u);
}

template <class T>
double PatternField<T>::potential(UnitCode<T> z, FieldBuffers<T>& buffers) const {
  if (own_) {
    const double phi = own_->potential(spread(z, buffers));
    take_back(z, buffers);
    return phi;
  }
  found(buffers);
  double phi = weighting_->potential(buffers.weighed, buffers.weights);
  for (std::size_t i = 0; zero_diagonal_ && i < z.active(); ++i) {
    const auto unit = static_cast<std::size_t>(z.units[i]);
    phi -= 0.5 * diagonal_[unit] * std::norm(std::complex<double>(z.values[i]));
  }
  return rule_->per_unit ? phi / static_cast<double>(patterns_->units()) : phi;
}

template <class T>
Match PatternField<T>::match(UnitCode<T> z, double norm, FieldBuffers<T>& buffers) const {
  Match match;
  if (!(norm > 0)) return match;
  std::vector<Hit<T>>& ranked = buffers.ranked;
  const bool seen = reach_.sparse && scales_.empty() && buffers.hits.size() >= 2;
  Selection<T> selection(patterns_->slot_ids(), 0, 2, ranked);
  if (seen) {
    for (const Hit<T>& hit : buffers.hits)
      if (hit.size >= selection.least()) selection.take(hit.slot, hit.overlap, hit.size);
  } else {
    select(z, scales_, buffers, selection);
  }
  selection.finish_ranked();
  const auto cosine = [&](const Hit<T>& hit) {
    return std::abs(std::complex<double>(hit.overlap)) /
           (code_norm(formed(hit.slot, buffers.code, buffers.ranking)) * norm);
  };
  if (ranked.empty()) return match;
  match.row = ranked[0].slot;
  match.cosine = cosine(ranked[0]);
  if (ranked.size() > 1) match.second = std::min(match.cosine, cosine(ranked[1]));
  match.margin = match.cosine - match.second;
  return match;
}

template <class T>
Match PatternField<T>::best(UnitCode<T> z, FieldBuffers<T>& buffers) const {
  const double norm = code_norm(z);
  if (!(norm > 0 && std::isfinite(norm))) return {};
  buffers.unit.assign(z);
  for (std::complex<T>& x : buffers.unit.values)
    x = {static_cast<T>(x.real() / norm), static_cast<T>(x.imag() / norm)};
  buffers.hits.clear();
  return match(buffers.unit.view(), code_norm(buffers.unit.view()), buffers);
}

template <class T>
Match PatternField<T>::match_known(UnitCode<T> z, bool graded,
                                   const std::function<bool(std::int32_t)>& known,
                                   FieldBuffers<T>& buffers) const {
  const std::vector<std::int64_t>& slots = rows();
  const double norm = code_norm(z);
  std::vector<double> cosines(slots.size());
  for (std::size_t p = 0; p < slots.size() && norm > 0; ++p) {
    const UnitCode<T> code =
        graded ? patterns_->code(slots[p]) : formed(slots[p], buffers.code, buffers.ranking);
    double size = 0;
    for (std::size_t i = 0; i < code.active(); ++i)
      if (known(code.units[i])) size += std::norm(std::complex<double>(code.values[i]));
    if (size > 0) cosines[p] = std::abs(inner_product(code, z)) / norm / std::sqrt(size);
  }
  Match match = best_match(cosines);
  if (match.row >= 0) match.row = slots[static_cast<std::size_t>(match.row)];
  return match;
}

template <class T>
void PatternField<T>::overlaps(UnitCode<T> z, FieldBuffers<T>& buffers,
                               std::span<std::complex<T>> a) const {
  if (patterns_->in_id_order() && patterns_->empty_slots().empty())
    return all_overlaps(z, buffers, a);
  std::vector<std::complex<T>>& by_slot = buffers.by_slot;
  by_slot.resize(static_cast<std::size_t>(patterns_->slots()));
  all_overlaps(z, buffers, by_slot);
  const std::vector<std::int64_t>& slots = rows();
  for (std::size_t p = 0; p < slots.size(); ++p) a[p] = by_slot[static_cast<std::size_t>(slots[p])];
}

template <class T>
void PatternField<T>::cosines(std::span<const std::complex<T>> a, double norm,
                              FieldBuffers<T>& buffers, std::span<double> out) const {
  const std::vector<std::int64_t>& slots = rows();
  for (std::size_t p = 0; p < slots.size(); ++p)
    out[p] = norm > 0 ? std::abs(std::complex<double>(a[p])) /
                            (code_norm(formed(slots[p], buffers.code, buffers.ranking)) * norm)
                      : 0;
}

template <class T>
UnitCodes<T> PatternField<T>::codes() const {
  UnitCodes<T> codes(patterns_->units());
  SparseState<T> code;
  Ranking ranking;
  for (const std::int64_t slot : rows()) codes.append(formed(slot, code, ranking));
  return codes;
}

template <class T>
double PatternField<T>::cross_talk() const {
  const std::vector<std::int64_t>& slots = rows();
  const std::lock_guard lock(mutex_);
  if (!cross_talk_) {
    SparseState<T> one, two;
    Ranking ranking;
    cross_talk_ = detail::cross_talk(patterns_->size(), [&](std::int64_t p, std::int64_t q) {
      const UnitCode<T> a = formed(slots[static_cast<std::size_t>(p)], one, ranking);
      const UnitCode<T> b = formed(slots[static_cast<std::size_t>(q)], two, ranking);
      return std::abs(inner_product(a, b)) / (code_norm(a) * code_norm(b));
    });
  }
  return *cross_talk_;
}

template class PatternField<float>;
template class PatternField<double>;

}  // namespace striate::detail
