// Problem    which filters of two banks are the same, wherever they sit in their frames and whatever
//            their sign and norm
// Update     similarity(a, b) = max_s |sum_p a[p] b[p - s]| / (|a| |b|); partners one to one, the
//            sum of similarities as large as possible
// Symbols    s: shift by whole rows and columns, filters being 0 outside their frames, so that
//            nothing is cut off; p: positions, and channels if there are any
// Cost       one inverse FFT of both frames together per pair of filters, then the assignment
// Instead    atom_recovery: groups of atoms, no shifts
// Source     Jonker & Volgenant 1987 (assignment)
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "striate/core/matrix.h"
#include "striate/core/observer.h"
#include "striate/core/settings.h"

namespace striate {

// Column k is filter k: rows x columns taps of so many channels, in C order.
template <class T>
struct BankView {
  MatrixView<const T> filters;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t channels = 1;
};

struct MatchBanksSettings {
  std::optional<int> max_shift = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.max_shift, {.name = "max_shift",
                        .range = at_least(0),
                        .unit = "pixels",
                        .sentence = "Largest shift along rows and along columns, 0 for atoms of "
                                    "patches; not given: as long as filters overlap."});
  }
};

struct FilterMatch {
  std::int64_t a = 0;     // number of the filter in the first bank
  std::int64_t b = 0;     // in the second
  double similarity = 0;  // 0 .. 1
  std::int64_t row = 0;   // a[p] is nearest to sign b[p - (row, column)] times a number above 0
  std::int64_t column = 0;
  int sign = 1;
};

struct BankMatch {
  std::vector<FilterMatch> pairs;  // as many as the smaller bank has filters, by rising a
  double mean_distance = 0;        // of 1 - similarity over the pairs
};

// Of shifts that are equally good but for rounding, the shortest is taken. A filter of zeros has
// similarity 0 with every other. Frames may differ in size. T is float or double. A run that is
// stopped gives no pairs.
// Error: a bank without filters, sizes that do not fit, different channels, a tap that is not
// finite.
template <class T>
BankMatch match_banks(const BankView<T>& a, const BankView<T>& b,
                      const MatchBanksSettings& settings = {}, const Run& run = {});

}  // namespace striate
