#include "striate/statistics/match_banks.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <tuple>

#include "striate/core/parallel.h"
#include "striate/linalg/assignment.h"
#include "striate/linalg/fft.h"

namespace striate {
namespace {

using Spectrum = std::vector<std::complex<double>>;

// The frame in which no shift of one filter over the other wraps around.
struct Frame {
  std::int64_t rows, columns;
  std::int64_t size() const { return rows * columns; }
  std::int64_t half_size() const { return rows * fft_columns(columns); }
};

template <class T>
void check(const BankView<T>& bank, const char* which) {
  if (bank.rows < 1 || bank.columns < 1 || bank.channels < 1 ||
      bank.rows * bank.columns * bank.channels != bank.filters.rows)
    throw Error("match_banks: filters of the ", which, " bank have ", bank.filters.rows,
                " taps, not ", bank.rows, " x ", bank.columns, " of ", bank.channels, " channels");
  if (bank.filters.columns < 1)
    throw Error("match_banks: the ", which, " bank has no filters; at least one is needed");
  for (std::int64_t k = 0; k < bank.filters.columns; ++k)
    for (const T x : bank.filters.column(k))
      if (!std::isfinite(x))
        throw Error("match_banks: filter ", k, " of the ", which,
                    " bank has a tap that is not finite; all must be numbers");
}

// The spectra of a filter's channels, one after the other, scaled to norm 1; of zeros, zeros.
template <class T>
Spectrum spectrum(const BankView<T>& bank, std::int64_t k, const Frame& frame) {
  const auto taps = bank.filters.column(k);
  double largest = 0, squares = 0;
  for (const T x : taps) largest = std::max(largest, std::abs(static_cast<double>(x)));
  Spectrum out(static_cast<std::size_t>(bank.channels * frame.half_size()));
  if (largest == 0) return out;
  for (const T x : taps) squares += std::pow(static_cast<double>(x) / largest, 2);
  std::vector<double> plane(static_cast<std::size_t>(frame.size()));
  for (std::int64_t channel = 0; channel < bank.channels; ++channel) {
    for (std::int64_t r = 0; r < bank.rows; ++r)
      for (std::int64_t c = 0; c < bank.columns; ++c)
        plane[static_cast<std::size_t>(r * frame.columns + c)] =
            static_cast<double>(
                taps[static_cast<std::size_t>((r * bank.columns + c) * bank.channels + channel)]) /
            largest / std::sqrt(squares);
    fft2<double>({plane.data(), frame.rows, frame.columns, frame.columns},
                 out.data() + channel * frame.half_size());
  }
  return out;
}

template <class T>
std::vector<Spectrum> spectra(const BankView<T>& bank, const Frame& frame) {
  std::vector<Spectrum> all;
  for (std::int64_t k = 0; k < bank.filters.columns; ++k) all.push_back(spectrum(bank, k, frame));
  return all;
}

struct Shift {
  std::int64_t row, column;
  std::size_t at;  // where its product stands in the frame
};

// All that are allowed, short ones first.
template <class T>
std::vector<Shift> shifts(const BankView<T>& a, const BankView<T>& b, const Frame& frame,
                          const MatchBanksSettings& s) {
  const std::int64_t limit = s.max_shift ? *s.max_shift : frame.size();
  std::vector<Shift> all;
  for (std::int64_t r = std::max(1 - b.rows, -limit); r <= std::min(a.rows - 1, limit); ++r)
    for (std::int64_t c = std::max(1 - b.columns, -limit); c <= std::min(a.columns - 1, limit); ++c)
      all.push_back({r, c,
                     static_cast<std::size_t>((r < 0 ? r + frame.rows : r) * frame.columns +
                                              (c < 0 ? c + frame.columns : c))});
  std::ranges::sort(all, {}, [](const Shift& x) {
    return std::tuple(x.row * x.row + x.column * x.column, x.row, x.column);
  });
  return all;
}

// Pairs one filter of the first bank with one of the second.
class Pairing {
 public:
  Pairing(const Frame& frame, const std::vector<Shift>& shifts)
      : frame_(frame),
        shifts_(shifts),
        product_(static_cast<std::size_t>(frame.half_size())),
        sums_(static_cast<std::size_t>(frame.size())) {}

  FilterMatch operator()(const Spectrum& a, const Spectrum& b) {
    std::fill(product_.begin(), product_.end(), 0);
    for (std::size_t i = 0; i < a.size(); ++i)
      product_[i % product_.size()] += a[i] * std::conj(b[i]);
    inverse_fft2(product_.data(),
                 Plane<double>{sums_.data(), frame_.rows, frame_.columns, frame_.columns});
    constexpr double rounding = 1e-12;
    FilterMatch best;
    for (const Shift& shift : shifts_) {
      const double cosine = sums_[shift.at];
      if (!(std::abs(cosine) > best.similarity + rounding)) continue;
      best.similarity = std::abs(cosine);
      best.row = shift.row, best.column = shift.column;
      best.sign = cosine < 0 ? -1 : 1;
    }
    best.similarity = std::min(best.similarity, 1.0);
    return best;
  }

 private:
  const Frame& frame_;
  const std::vector<Shift>& shifts_;
  Spectrum product_;
  std::vector<double> sums_;
};

}  // namespace

template <class T>
BankMatch match_banks(const BankView<T>& a, const BankView<T>& b,
                      const MatchBanksSettings& settings, const Run& run) {
  validate("match_banks", settings);
  check(a, "first");
  check(b, "second");
  if (a.channels != b.channels)
    throw Error("match_banks: filters of ", a.channels, " and of ", b.channels,
                " channels; both banks must have the same");
  const Frame frame{fft_good_size(a.rows + b.rows - 1), fft_good_size(a.columns + b.columns - 1)};
  const std::vector<Shift> allowed = shifts(a, b, frame, settings);
  const std::vector<Spectrum> second = spectra(b, frame);
  Matrix<double> similarity(a.filters.columns, b.filters.columns);
  RunState state(run, "match_banks", a.filters.columns);
  parallel_for(
      a.filters.columns,
      [&](std::int64_t i, int) {
        const Spectrum first = spectrum(a, i, frame);
        Pairing pairing(frame, allowed);
        for (std::int64_t j = 0; j < b.filters.columns; ++j)
          similarity(i, j) = pairing(first, second[static_cast<std::size_t>(j)]).similarity;
        state.advance(1);
      },
      state);
  BankMatch match;
  if (state.done() < a.filters.columns) return match;

  const std::vector<std::int64_t> partner = assignment(similarity);
  Pairing pairing(frame, allowed);
  for (std::int64_t i = 0; i < a.filters.columns; ++i) {
    const std::int64_t j = partner[static_cast<std::size_t>(i)];
    if (j < 0) continue;
    FilterMatch pair = pairing(spectrum(a, i, frame), second[static_cast<std::size_t>(j)]);
    pair.a = i, pair.b = j;
    match.mean_distance += 1 - pair.similarity;
    match.pairs.push_back(pair);
  }
  match.mean_distance /= static_cast<double>(match.pairs.size());
  return match;
}

template BankMatch match_banks(const BankView<float>&, const BankView<float>&,
                               const MatchBanksSettings&, const Run&);
template BankMatch match_banks(const BankView<double>&, const BankView<double>&,
                               const MatchBanksSettings&, const Run&);

}  // namespace striate
