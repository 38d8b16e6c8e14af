#include "striate/memory/detail/inverted_index.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace striate::detail {
namespace {

constexpr std::size_t kBlock = 32;  // sums that are compared with a threshold at once
// Postings of a window are read once more, in place of all its sums, where they are fewer by this.
constexpr std::size_t kSlotsPerPosting = 4;
constexpr std::size_t kMostPerWindow = std::size_t{1} << 31;  // postings that 32 bits can name

template <class T>
std::int64_t bytes_of(const std::vector<T>& v) {
  return static_cast<std::int64_t>(v.capacity() * sizeof(T));
}

template <class T>
T squared(std::complex<T> z) {
  return z.real() * z.real() + z.imag() * z.imag();
}

// A complex number as a vector of real ones.
template <class T>
struct Pair {
  typedef T type __attribute__((vector_size(2 * sizeof(T))));
};

// sums[places_i] += conj(values_i) z. Lists are read once: they pass the cache by, where the sums
// stay.
template <class T>
void add_conjugates(Postings<T> list, std::complex<T> z, std::complex<T>* sums) {
  using Two = typename Pair<T>::type;
  constexpr std::size_t step = 64 / sizeof(std::complex<T>), ahead = 16 * step;
  const Two straight = {z.real(), z.imag()}, turned = {z.imag(), -z.real()};
  T* reals = reinterpret_cast<T*>(sums);
  const std::uint16_t* places = list.places.data();
  const std::complex<T>* values = list.values.data();
  const std::size_t count = list.places.size();
  const auto add = [&](std::size_t i) {
    const T re = values[i].real(), im = values[i].imag();
    T* place = reals + 2 * std::size_t{places[i]};
    Two sum;
    std::memcpy(&sum, place, sizeof sum);
    sum += re * straight + im * turned;
    std::memcpy(place, &sum, sizeof sum);
  };
  std::size_t i = 0;
  for (; i + step <= count; i += step) {
    __builtin_prefetch(values + i + ahead, 0, 0);
    __builtin_prefetch(places + i + ahead, 0, 0);
    for (std::size_t l = 0; l < step; ++l) add(i + l);
  }
  for (; i < count; ++i) add(i);
}

}  // namespace

template <class T>
void Selection<T>::prune() {
  if (most_ == 0 || hits_.size() <= most_) return;
  const auto first_out = hits_.begin() + static_cast<std::ptrdiff_t>(most_);
  std::nth_element(hits_.begin(), first_out - 1, hits_.end(),
                   [&](const Hit<T>& a, const Hit<T>& b) { return before(a, b); });
  least_ = (first_out - 1)->size;  // of equals a lower id may still come
  hits_.erase(first_out, hits_.end());
}

template <class T>
void Selection<T>::finish() {
  prune();
  const auto id = [&](const Hit<T>& hit) { return ids_[static_cast<std::size_t>(hit.slot)]; };
  if (!std::ranges::is_sorted(hits_, {}, id)) std::ranges::sort(hits_, {}, id);
}

template <class T>
void Selection<T>::finish_ranked() {
  prune();
  const auto two = std::min<std::size_t>(2, hits_.size());
  std::partial_sort(hits_.begin(), hits_.begin() + static_cast<std::ptrdiff_t>(two), hits_.end(),
                    [&](const Hit<T>& a, const Hit<T>& b) { return before(a, b); });
}

template <class T>
void InvertedIndex<T>::Window::push(std::int32_t unit, std::uint16_t place, std::complex<T> value) {
  const auto i = static_cast<std::size_t>(unit);
  if (sizes[i] == rooms[i]) {  // the list moves to the end, with room for twice as many
    const std::size_t room = std::max<std::size_t>(4, 2 * std::size_t{rooms[i]});
    const std::size_t from = begins[i], to = places.size();
    places.resize(to + room);
    values.resize(to + room);
    std::copy_n(places.begin() + static_cast<std::ptrdiff_t>(from), sizes[i],
                places.begin() + static_cast<std::ptrdiff_t>(to));
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(from), sizes[i],
                values.begin() + static_cast<std::ptrdiff_t>(to));
    begins[i] = static_cast<std::uint32_t>(to);
    rooms[i] = static_cast<std::uint32_t>(room);
  }
  places[begins[i] + sizes[i]] = place;
  values[begins[i] + sizes[i]] = value;
  ++sizes[i];
}

template <class T>
void InvertedIndex<T>::Window::pack() {
  std::size_t total = 0;
  for (const std::uint32_t size : sizes) total += size;
  Window packed{.first = first, .slots = slots};
  packed.begins.reserve(sizes.size() + 1);
  packed.places.reserve(total);
  packed.values.reserve(total);
  packed.begins.push_back(0);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const Postings<T> list = postings(static_cast<std::int32_t>(i));
    packed.places.insert(packed.places.end(), list.places.begin(), list.places.end());
    packed.values.insert(packed.values.end(), list.values.begin(), list.values.end());
    packed.begins.push_back(static_cast<std::uint32_t>(packed.places.size()));
  }
  *this = std::move(packed);
}

template <class T>
bool InvertedIndex<T>::is_full(std::size_t more) const {
  return windows_.back().slots == window_slots ||
         windows_.back().places.size() + 8 * more > kMostPerWindow;
}

// The one before is packed.
template <class T>
auto InvertedIndex<T>::add_window() -> Window& {
  if (!windows_.empty() && !windows_.back().sizes.empty()) windows_.back().pack();
  const auto n = static_cast<std::size_t>(units_);
  Window window{.first = slots_};
  window.begins.resize(n);
  window.sizes.resize(n);
  window.rooms.resize(n);
  return windows_.emplace_back(std::move(window));
}

template <class T>
void InvertedIndex<T>::append(UnitCode<T> code) {
  Window& window = windows_.empty() || is_full(code.active()) ? add_window() : windows_.back();
  for (std::size_t i = 0; i < code.active(); ++i)
    window.push(code.units[i], static_cast<std::uint16_t>(window.slots), code.values[i]);
  ++window.slots;
  ++slots_;
}

// Lists of their final sizes are laid out one behind the other, then filled slot by slot.
template <class T>
void InvertedIndex<T>::append_window(const UnitCodes<T>& codes) {
  if (static_cast<std::uint64_t>(codes.active()) > kMostPerWindow / 8) {
    for (std::int64_t p = 0; p < codes.size(); ++p) append(codes[p]);
    return;
  }
  Window& window = add_window();
  for (std::int64_t p = 0; p < codes.size(); ++p)
    for (const std::int32_t unit : codes[p].units) ++window.rooms[static_cast<std::size_t>(unit)];
  std::exclusive_scan(window.rooms.begin(), window.rooms.end(), window.begins.begin(),
                      std::uint32_t{0});
  window.places.resize(static_cast<std::size_t>(codes.active()));
  window.values.resize(static_cast<std::size_t>(codes.active()));
  for (; window.slots < codes.size(); ++window.slots) {
    const UnitCode<T> code = codes[window.slots];
    for (std::size_t i = 0; i < code.active(); ++i)
      window.push(code.units[i], static_cast<std::uint16_t>(window.slots), code.values[i]);
  }
  slots_ += codes.size();
  if (window.slots == window_slots) {
    window.begins.push_back(static_cast<std::uint32_t>(window.places.size()));
    window.sizes = {};
    window.rooms = {};
  }
}

template <class T>
void InvertedIndex<T>::erase(std::int64_t slot, UnitCode<T> code) {
  const auto window = std::ranges::upper_bound(windows_, slot, {}, &Window::first) - 1;
  const auto place = static_cast<std::uint16_t>(slot - window->first);
  for (const std::int32_t unit : code.units) {
    const Postings<T> list = window->postings(unit);
    const auto at = std::ranges::lower_bound(list.places, place) - list.places.begin();
    window->values[static_cast<std::size_t>(list.values.data() - window->values.data() + at)] = 0;
  }
}

template <class T>
void InvertedIndex<T>::add_overlaps(UnitCode<T> z, std::span<std::complex<T>> a) const {
  for (const Window& window : windows_)
    for (std::size_t i = 0; i < z.active(); ++i)
      add_conjugates(window.postings(z.units[i]), z.values[i], a.data() + window.first);
}

template <class T>
void InvertedIndex<T>::select(UnitCode<T> z, std::span<const T> scales, IndexBuffers<T>& buffers,
                              Selection<T>& selection) const {
  std::vector<std::complex<T>>& sums = buffers.sums;
  std::vector<std::complex<T>>& factors = buffers.factors;
  std::vector<Postings<T>>& lists = buffers.lists;
  for (const Window& window : windows_) {
    const auto slots = static_cast<std::size_t>(window.slots);
    lists.clear();
    factors.clear();
    std::size_t total = 0;
    for (std::size_t i = 0; i < z.active(); ++i) {
      const Postings<T> list = window.postings(z.units[i]);
      if (list.places.empty()) continue;
      __builtin_prefetch(list.places.data());
      __builtin_prefetch(list.values.data());
      lists.push_back(list);
      factors.push_back(z.values[i]);
      total += list.places.size();
    }
    if (total == 0) continue;
    if (sums.size() < slots) sums.resize((slots + kBlock - 1) / kBlock * kBlock);
    for (std::size_t i = 0; i < lists.size(); ++i)
      add_conjugates(lists[i], factors[i], sums.data());

    const auto offer = [&](std::size_t place) {
      const std::complex<T> sum = sums[place];
      const std::int64_t slot = window.first + static_cast<std::int64_t>(place);
      const T size =
          squared(sum) * (scales.empty() ? T(1) : scales[static_cast<std::size_t>(slot)]);
      if (size >= selection.least() && size > 0) selection.take(slot, sum, size);
    };
    if (kSlotsPerPosting * total < slots) {
      for (const Postings<T>& list : lists)
        for (const std::uint16_t place : list.places) {
          offer(place);
          sums[place] = 0;
        }
      continue;
    }
    for (std::size_t first = 0; first < slots; first += kBlock) {
      int above = 0;
      if (scales.empty()) {
        for (std::size_t i = first; i < first + kBlock; ++i)
          above += squared(sums[i]) >= selection.least();
      } else if (first + kBlock <= slots) {
        const T* scale = scales.data() + window.first + first;
        for (std::size_t i = 0; i < kBlock; ++i)
          above += squared(sums[first + i]) * scale[i] >= selection.least();
      } else {
        above = 1;
      }
      if (above > 0)
        for (std::size_t i = first; i < std::min(first + kBlock, slots); ++i) offer(i);
      std::fill_n(sums.begin() + static_cast<std::ptrdiff_t>(first), kBlock, std::complex<T>(0));
    }
  }
}

template <class T>
void InvertedIndex<T>::apply(std::span<const std::complex<T>> h, SumsApart<T>& sums) const {
  using Two = typename Pair<T>::type;
  for (const Window& window : windows_) {
    const std::complex<T>* weights = h.data() + window.first;
    for (std::int64_t unit = 0; unit < units_; ++unit) {
      const Postings<T> list = window.postings(static_cast<std::int32_t>(unit));
      const T* values = reinterpret_cast<const T*>(list.values.data());
      T* place = sums.data() + 4 * unit;
      Two first, second;
      std::memcpy(&first, place, sizeof first);
      std::memcpy(&second, place + 2, sizeof second);
      for (std::size_t i = 0; i < list.places.size(); ++i) {
        const std::complex<T>& weight = weights[list.places[i]];
        Two value;
        std::memcpy(&value, values + 2 * i, sizeof value);
        first += weight.real() * value;
        second += weight.imag() * value;
      }
      std::memcpy(place, &first, sizeof first);
      std::memcpy(place + 2, &second, sizeof second);
    }
  }
}

template <class T>
void add_scaled_apart(std::complex<T> h, UnitCode<T> code, SumsApart<T>& sums) {
  using Two = typename Pair<T>::type;
  const T* values = reinterpret_cast<const T*>(code.values.data());
  for (std::size_t i = 0; i < code.active(); ++i) {
    T* place = sums.data() + 4 * std::int64_t{code.units[i]};
    Two value, first, second;
    std::memcpy(&value, values + 2 * i, sizeof value);
    std::memcpy(&first, place, sizeof first);
    std::memcpy(&second, place + 2, sizeof second);
    first += h.real() * value;
    second += h.imag() * value;
    std::memcpy(place, &first, sizeof first);
    std::memcpy(place + 2, &second, sizeof second);
  }
}

template <class T>
std::int64_t InvertedIndex<T>::bytes() const {
  std::int64_t sum = 0;
  for (const Window& window : windows_)
    sum += bytes_of(window.begins) + bytes_of(window.sizes) + bytes_of(window.rooms) +
           bytes_of(window.places) + bytes_of(window.values);
  return sum;
}

template class Selection<float>;
template class Selection<double>;
template class InvertedIndex<float>;
template class InvertedIndex<double>;
template void add_scaled_apart(std::complex<float>, UnitCode<float>, SumsApart<float>&);
template void add_scaled_apart(std::complex<double>, UnitCode<double>, SumsApart<double>&);

}  // namespace striate::detail
