// Problem    overlaps of a sparse state with very many stored codes, most of which share no unit
//            with it
// Update     for every active unit i of z, for every pattern p that holds it:
//            a_p += conj(Z_ip) z_i
// Symbols    postings of unit i: the patterns that hold it, and its values there
// Cost       10 bytes (float) per stored entry; a state of K units reads P K^2 / n postings, the
//            sums of a window stay in the cache
// Instead    dense_field.h: few patterns, all of them summed
// Source     SINDI, arXiv 2509.08395
//
// Patterns lie in windows of 65536 slots, in which 16 bits name one. The lists of the last window
// grow in place; a full window is packed for good. Erasing zeroes a pattern's postings.
#pragma once

#include <algorithm>
#include <complex>
#include <cstdint>
#include <span>
#include <vector>

#include "striate/memory/unit_codes.h"

namespace striate::detail {

// A slot that a state overlaps with.
template <class T>
struct Hit {
  std::int64_t slot;
  std::complex<T> overlap;
  T size;  // squared modulus of the overlap, times the slot's scale
};

// The largest hits, at least `least` in size, of equals those with the lower id.
template <class T>
class Selection {
 public:
  // most = 0: all. ids: by slot.
  Selection(std::span<const std::int64_t> ids, T least, std::int64_t most,
            std::vector<Hit<T>>& hits)
      : ids_(ids), least_(least), most_(static_cast<std::size_t>(most)), hits_(hits) {
    hits_.clear();
  }
  // Below this no hit is taken; it only rises. Sizes of 0 are never taken.
  T least() const { return least_; }
  void take(std::int64_t slot, std::complex<T> overlap, T size) {
    hits_.push_back({slot, overlap, size});
    if (most_ > 0 && hits_.size() >= 2 * most_ + 32) prune();
  }
  // Leaves the hits in the order of their ids.
  void finish();
  // Leaves the two largest in front, the larger first.
  void finish_ranked();

 private:
  void prune();
  bool before(const Hit<T>& a, const Hit<T>& b) const {
    return a.size > b.size || (a.size == b.size && ids_[static_cast<std::size_t>(a.slot)] <
                                                       ids_[static_cast<std::size_t>(b.slot)]);
  }
  std::span<const std::int64_t> ids_;
  T least_;
  std::size_t most_;
  std::vector<Hit<T>>& hits_;
};

template <class T>
struct Postings {
  std::span<const std::uint16_t> places;  // slots less the window's first
  std::span<const std::complex<T>> values;
};

// Weighted sums of codes: for every unit the sums of Re h and of Im h times its values, complex
// numbers p and q; the sum of h times the values is p + i q.
template <class T>
using SumsApart = std::vector<T>;
// sums += h code
template <class T>
void add_scaled_apart(std::complex<T> h, UnitCode<T> code, SumsApart<T>& sums);
// The sum at a unit, which is left 0.
template <class T>
std::complex<T> take_sum(SumsApart<T>& sums, std::int32_t unit) {
  T* place = sums.data() + 4 * std::int64_t{unit};
  const std::complex<T> sum(place[0] - place[3], place[1] + place[2]);
  std::fill_n(place, 4, T(0));
  return sum;
}

// Of one thread; all sums are zero between calls.
template <class T>
struct IndexBuffers {
  std::vector<std::complex<T>> sums;
  std::vector<Postings<T>> lists;
  std::vector<std::complex<T>> factors;
};

template <class T>
class InvertedIndex {
 public:
  static constexpr std::int64_t window_slots = 1 << 16;

  explicit InvertedIndex(std::int64_t units = 0) : units_(units) {}

  std::int64_t slots() const { return slots_; }
  // The next slot's code; without units: a slot that overlaps with nothing.
  void append(UnitCode<T> code);
  // Whether the next slot begins a window; then up to window_slots of them can be appended at once,
  // which is faster and gives the same lists.
  bool at_window() const { return windows_.empty() || is_full(0); }
  void append_window(const UnitCodes<T>& codes);
  // `code` is what was appended there.
  void erase(std::int64_t slot, UnitCode<T> code);

  // a_slot += conj(code) z, for all slots.
  void add_overlaps(UnitCode<T> z, std::span<std::complex<T>> a) const;
  // Offers every slot that z overlaps with to the selection. scales: by slot, empty for 1.
  void select(UnitCode<T> z, std::span<const T> scales, IndexBuffers<T>& buffers,
              Selection<T>& selection) const;
  // sums += Z h, for all units; slots in rising order. The same bits as add_scaled_apart of one code
  // after another.
  void apply(std::span<const std::complex<T>> h, SumsApart<T>& sums) const;
  // Calls f(slot, value) for every pattern that holds the unit; slots rise. Erased ones have 0.
  template <class F>
  void for_each_posting(std::int32_t unit, F f) const {
    for (const Window& window : windows_) {
      const Postings<T> list = window.postings(unit);
      for (std::size_t i = 0; i < list.places.size(); ++i)
        f(window.first + list.places[i], list.values[i]);
    }
  }
  std::int64_t bytes() const;

 private:
  struct Window {
    std::int64_t first = 0, slots = 0;
    std::vector<std::uint32_t> begins = {};             // n + 1 once packed, n before
    std::vector<std::uint32_t> sizes = {}, rooms = {};  // of lists that grow
    std::vector<std::uint16_t> places = {};
    std::vector<std::complex<T>> values = {};

    Postings<T> postings(std::int32_t unit) const {
      const auto i = static_cast<std::size_t>(unit);
      const std::size_t begin = begins[i], size = sizes.empty() ? begins[i + 1] - begin : sizes[i];
      return {std::span(places).subspan(begin, size), std::span(values).subspan(begin, size)};
    }
    void push(std::int32_t unit, std::uint16_t place, std::complex<T> value);
    void pack();
  };

  bool is_full(std::size_t more) const;  // the last window, for a code of so many units
  Window& add_window();

  std::int64_t units_, slots_ = 0;
  std::vector<Window> windows_;
};

}  // namespace striate::detail
