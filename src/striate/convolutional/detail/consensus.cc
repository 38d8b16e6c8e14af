#include "striate/convolutional/detail/consensus.h"

#include <algorithm>

#include "striate/convolutional/detail/filter_update.h"
#include "striate/core/parallel.h"
#include "striate/linalg/plane_fft.h"

namespace striate::detail {
namespace {

constexpr double relaxation = 1.8;

// What one image knows: its spectrum, those of its maps, and the dual of its filters.
template <class T>
class ConsensusImage {
 public:
  ConsensusImage(const FilterSet& set, const CodedImage<T>& from, const Run& run)
      : set_(set), run_(run), fft_(from.image.rows, from.image.columns) {
    const std::int64_t K = set.filters, C = set.channels, size = fft_.spectrum_size();
    maps_.resize(static_cast<std::size_t>(K * size));
    duals_.resize(static_cast<std::size_t>(K * C * fft_.plane_size()));
    image_.resize(static_cast<std::size_t>(C * size));
    gains_.resize(static_cast<std::size_t>(size));
    AlignedVector<T> plane(static_cast<std::size_t>(fft_.plane_size()));
    for (std::int64_t c = 0; c < C; ++c) {
      for (std::int64_t r = 0; r < from.image.rows; ++r)
        for (std::int64_t j = 0; j < from.image.columns; ++j)
          plane[static_cast<std::size_t>(r * fft_.stride() + j)] = from.image(r, j, c);
      fft_.forward(plane.data(), image_.data() + c * size);
    }
    // Maps of all filters in turn: the places of a filter's entries are known from one walk.
    std::vector<std::vector<std::pair<std::size_t, T>>> entries(static_cast<std::size_t>(K));
    const ConvolutionalCodes<T>& x = *from.codes;
    for (std::int64_t r = 0; r < x.shape().rows(); ++r)
      for (auto i = static_cast<std::size_t>(x.starts()[static_cast<std::size_t>(r)]);
           i < static_cast<std::size_t>(x.starts()[static_cast<std::size_t>(r) + 1]); ++i)
        entries[x.filters()[i]].emplace_back(
            static_cast<std::size_t>(r * fft_.stride() + x.columns()[i]), x.values()[i]);
    for_each_filter([&](std::int64_t k, AlignedVector<T>& buffer) {
      std::ranges::fill(buffer, T(0));
      for (const auto& [place, value] : entries[static_cast<std::size_t>(k)]) buffer[place] = value;
      fft_.forward(buffer.data(), maps_.data() + k * size);
    });
    for_each_block([&](std::int64_t first, std::int64_t count) {
      for (std::int64_t k = 0; k < K; ++k)
        add_squares(count, maps_.data() + k * size + first, gains_.data() + first);
    });
  }

  // d_i and a_i; `sum` += a_i + u_i on the taps.
  void solve(const Matrix<T>& e, T rho, AlignedVector<T>& spectra, Matrix<T>& sum) {
    const std::int64_t C = set_.channels, size = fft_.spectrum_size();
    spectra.resize(static_cast<std::size_t>(set_.filters * C * size));
    for_each_filter([&](std::int64_t k, AlignedVector<T>& plane) {
      for (std::int64_t c = 0; c < C; ++c) {
        const T* u = dual(k, c);
        for (std::size_t i = 0; i < plane.size(); ++i) plane[i] = -u[i];
        for_each_tap(k, c, [&](std::int64_t place, std::int64_t tap) {
          plane[static_cast<std::size_t>(place)] += e.column(k)[static_cast<std::size_t>(tap)];
        });
        fft_.forward(plane.data(), spectra.data() + (k * C + c) * size);
      }
    });
    for_each_block([&](std::int64_t first, std::int64_t count) {
      AlignedVector<T> r(static_cast<std::size_t>(count));
      for (std::int64_t c = 0; c < C; ++c) {
        const auto of = [&](std::int64_t k) { return spectra.data() + (k * C + c) * size + first; };
        std::ranges::fill(r, T(0));
        for (std::int64_t k = 0; k < set_.filters; ++k)
          add_products(count, maps_.data() + k * size + first, of(k), r.data());
        for (std::int64_t i = 0; i < count; ++i)
          r[static_cast<std::size_t>(i)] = (image_[static_cast<std::size_t>(c * size + first + i)] -
                                            r[static_cast<std::size_t>(i)]) /
                                           (rho + gains_[static_cast<std::size_t>(first + i)]);
        for (std::int64_t k = 0; k < set_.filters; ++k)
          add_conjugate_products(count, T(1), maps_.data() + k * size + first, r.data(), of(k));
      }
    });
    for_each_filter([&](std::int64_t k, AlignedVector<T>& plane) {
      for (std::int64_t c = 0; c < C; ++c) {
        fft_.inverse(spectra.data() + (k * C + c) * size, plane.data());
        T* u = dual(k, c);
        for (std::size_t i = 0; i < plane.size(); ++i)
          u[i] += static_cast<T>(relaxation) * plane[i];
        for_each_tap(k, c, [&](std::int64_t place, std::int64_t tap) {
          u[place] += static_cast<T>(1 - relaxation) * e.column(k)[static_cast<std::size_t>(tap)];
          sum.column(k)[static_cast<std::size_t>(tap)] += u[place];
        });
      }
    });
  }

  // u_i <- u_i - e, for solve left a_i + u_i there.
  void agree(const Matrix<T>& e) {
    for (std::int64_t k = 0; k < set_.filters; ++k)
      for (std::int64_t c = 0; c < set_.channels; ++c)
        for_each_tap(k, c, [&](std::int64_t place, std::int64_t tap) {
          dual(k, c)[place] -= e.column(k)[static_cast<std::size_t>(tap)];
        });
  }

 private:
  T* dual(std::int64_t k, std::int64_t c) {
    return duals_.data() + (k * set_.channels + c) * fft_.plane_size();
  }
  template <class F>
  void for_each_tap(std::int64_t, std::int64_t c, const F& f) const {
    for (std::int64_t a = 0; a < set_.rows; ++a)
      for (std::int64_t b = 0; b < set_.columns; ++b)
        f(a * fft_.stride() + b, (a * set_.columns + b) * set_.channels + c);
  }
  // f(k, plane) with a plane of the thread's own, which holds whatever was left in it but for the
  // ends of rows, which stay 0.
  template <class F>
  void for_each_filter(const F& f) {
    RunState state(run_);
    std::vector<AlignedVector<T>> planes(
        static_cast<std::size_t>(workers_for(state)),
        AlignedVector<T>(static_cast<std::size_t>(fft_.plane_size())));
    parallel_for(
        set_.filters,
        [&](std::int64_t k, int worker) { f(k, planes[static_cast<std::size_t>(worker)]); }, state);
  }
  template <class F>
  void for_each_block(const F& f) {
    RunState state(run_);
    parallel_for(
        fft_.blocks(),
        [&](std::int64_t block, int) { f(block * fft_.block_size(), fft_.block_size()); }, state);
  }
  // sum += |a|^2, at the real and at the imaginary places.
  static void add_squares(std::int64_t size, const T* a, T* sum) {
    constexpr int n = PlaneFft<T>::lanes;
    for (std::int64_t i = 0; i < size; i += 2 * n)
      for (std::int64_t r = i; r < i + n; ++r) {
        const T square = a[r] * a[r] + a[r + n] * a[r + n];
        sum[r] += square;
        sum[r + n] += square;
      }
  }

  const FilterSet& set_;
  const Run& run_;
  PlaneFft<T> fft_;
  AlignedVector<T> image_, maps_, gains_, duals_;
};

}  // namespace

template <class T>
void consensus_filters(const FilterSet& set, int passes, double rho,
                       std::span<const CodedImage<T>> images, FixedCodes<T>& codes, Matrix<T>& taps,
                       const Run& run) {
  double energy = 0;
  for (std::int64_t k = 0; k < set.filters; ++k) energy += codes.energy(k);
  energy /= static_cast<double>(set.filters * codes.images());
  if (energy == 0) return;
  std::vector<ConsensusImage<T>> parts;
  for (const CodedImage<T>& image : images) parts.emplace_back(set, image, run);
  AlignedVector<T> spectra;
  Matrix<T> e = taps;
  for (int pass = 0; pass < passes; ++pass) {
    Matrix<T> sum(set.taps(), set.filters);
    for (auto& part : parts) part.solve(e, static_cast<T>(rho * energy), spectra, sum);
    for (std::int64_t k = 0; k < set.filters; ++k)  // the length of the mean does not matter
      if (codes.uses(k) > 0 && set.project(k, sum.column(k)))
        std::ranges::copy(sum.column(k), e.column(k).begin());
    for (auto& part : parts) part.agree(e);
  }
  FixedCodes<T> moved = codes;
  Matrix<T> to = taps;
  move_filters(e, moved, to, run);
  if (moved.fidelity() > codes.fidelity()) return;
  codes = std::move(moved);
  taps = std::move(to);
}

template void consensus_filters(const FilterSet&, int, double, std::span<const CodedImage<float>>,
                                FixedCodes<float>&, Matrix<float>&, const Run&);
template void consensus_filters(const FilterSet&, int, double, std::span<const CodedImage<double>>,
                                FixedCodes<double>&, Matrix<double>&, const Run&);

}  // namespace striate::detail
