#include "striate/convolutional/detail/admm_iteration.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <numeric>

#include "striate/core/parallel.h"
#include "striate/linalg/kernels.h"

namespace striate::detail {
namespace {

constexpr std::int64_t chunks_wanted = 16;

template <class T>
Vector<T> soft(Vector<T> v, Vector<T> t, bool positive) {
  const Vector<T> above = v > t ? v - t : T(0) * v;
  return positive ? above : v < -t ? v + t : above;
}

template <class T>
double sum_of(Vector<T> v) {
  double sum = 0;
  for (int l = 0; l < lanes<T>; ++l) sum += static_cast<double>(v[l]);
  return sum;
}

}  // namespace

AdmmSums& AdmmSums::operator+=(const AdmmSums& other) {
  x += other.x;
  y += other.y;
  u += other.u;
  x_minus_y += other.x_minus_y;
  y_change += other.y_change;
  l1_x += other.l1_x;
  l1_y += other.l1_y;
  residual += other.residual;
  gradient += other.gradient;
  product += other.product;
  largest = std::max(largest, other.largest);
  return *this;
}

template <class T>
AdmmIteration<T>::AdmmIteration(const Spectra<T>& spectra, const MapShape& shape,
                                ImageView<const T> image, std::span<const double> weights,
                                MatrixView<const T> position_weights, double gradient_weight,
                                bool positive, bool keeps_x, const Run& run)
    : spectra_(spectra),
      shape_(shape),
      weights_(weights.begin(), weights.end()),
      gradient_weight_(gradient_weight),
      positive_(positive),
      rows_(spectra.fft().rows()),
      columns_(spectra.fft().columns()),
      stride_(spectra.fft().stride()),
      per_chunk_((spectra.filters() + chunks_wanted - 1) / chunks_wanted),
      chunks_((spectra.filters() + per_chunk_ - 1) / per_chunk_) {
  const std::int64_t channels = spectra.channels(), n = spectra.fft().spectrum_size();
  w_.resize(static_cast<std::size_t>(spectra.filters() * rows_ * stride_));
  if (keeps_x) x_.resize(w_.size());
  if (position_weights.data) {
    position_weights_.assign(w_.size(), T(1));
    for (std::int64_t k = 0; k < spectra.filters(); ++k)
      for (std::int64_t r = 0; r < shape.rows(); ++r)
        std::copy_n(&position_weights(r * shape.columns(), k), shape.columns(),
                    position_weights_.data() + at(k, r));
  }
  allowed_.assign(static_cast<std::size_t>(2 * stride_), 0);
  std::fill_n(allowed_.begin(), shape.columns(), T(1));
  z_.resize(static_cast<std::size_t>(spectra.filters() * n));
  partial_.resize(static_cast<std::size_t>(chunks_ * channels * n));
  residual_.resize(static_cast<std::size_t>(channels * n));
  image_.resize(residual_.size());
  gram_.resize(static_cast<std::size_t>(channels * channels * n));
  set_image(image);
  if (gradient_weight > 0) {
    smooth_.resize(static_cast<std::size_t>(n));
    raised_.resize(smooth_.size());
    for (std::int64_t i = 0; i < n; ++i) smooth_[std::size_t(i)] = static_cast<T>(smoothing(i));
  }
  const std::int64_t size = spectra.fft().block_size();
  RunState state(run);
  parallel_for(
      spectra.fft().blocks(),
      [&](std::int64_t block, int) {
        for (std::int64_t k = 0; k < spectra_.filters(); ++k)
          for (std::int64_t a = 0; a < channels; ++a)
            for (std::int64_t b = 0; b < channels; ++b)
              add_conjugate_products(size, T(1), spectra_.of(k, b) + block * size,
                                     spectra_.of(k, a) + block * size,
                                     gram_.data() + (a * channels + b) * n + block * size);
      },
      state);
}

template <class T>
double AdmmIteration<T>::smoothing(std::int64_t i) const {
  constexpr std::int64_t lanes = PlaneFft<T>::lanes;
  const std::int64_t size = spectra_.fft().block_size();
  const double u = static_cast<double>(i / size * lanes + i % lanes) / static_cast<double>(rows_);
  const double v = static_cast<double>(i % size / (2 * lanes)) / static_cast<double>(columns_);
  constexpr double turn = 2 * std::numbers::pi;
  return gradient_weight_ * (4 - 2 * std::cos(turn * u) - 2 * std::cos(turn * v));
}

template <class T>
double AdmmIteration<T>::gradient_of(const T* x_hat) const {
  constexpr std::int64_t lanes = PlaneFft<T>::lanes;
  const PlaneFft<T>& fft = spectra_.fft();
  double sum = 0;
  for (std::int64_t i = 0; i < fft.spectrum_size(); ++i) {
    const auto x = static_cast<double>(x_hat[i]);
    sum += fft.multiplicity(i / fft.block_size() * lanes + i % lanes) *
           static_cast<double>(smooth_[static_cast<std::size_t>(i)]) * x * x;
  }
  return sum / (gradient_weight_ * static_cast<double>(rows_ * columns_));
}

template <class T>
void AdmmIteration<T>::set_image(ImageView<const T> image) {
  for (std::int64_t c = 0; c < spectra_.channels(); ++c)
    spectra_.transform(image, c, image_.data() + c * spectra_.fft().spectrum_size());
}

template <class T>
void AdmmIteration<T>::set_row(std::int64_t row, MatrixView<const T> w) {
  for (std::int64_t c = 0; c < w.columns; ++c)
    for (std::int64_t k = 0; k < w.rows; ++k)
      w_[static_cast<std::size_t>(at(k, row) + c)] = w(k, c);
}

// z^ of a chunk of filters, and their part of D^ z^.
template <class T>
void AdmmIteration<T>::transform(std::int64_t chunk, T* z) {
  const std::int64_t n = spectra_.fft().spectrum_size(), channels = spectra_.channels();
  const T scale = static_cast<T>(u_scale_);
  T* sum = partial_.data() + chunk * channels * n;
  std::fill_n(sum, channels * n, T(0));
  const std::int64_t first = chunk * per_chunk_;
  for (std::int64_t k = first; k < std::min(first + per_chunk_, spectra_.filters()); ++k) {
    const Vector<T> by_filter = Vector<T>{} + threshold(k);
    for (std::int64_t r = 0; r < rows_; ++r) {
      const T *w = w_.data() + at(k, r), *factor = factors(k, r);
      const T* allowed = allowed_.data() + (r < shape_.rows() ? 0 : stride_);
      for (std::int64_t c = 0; c < stride_; c += lanes<T>) {
        const Vector<T> cut = factor ? by_filter * load(factor + c) : by_filter;
        const Vector<T> v = load(w + c), y = load(allowed + c) * soft<T>(v, cut, positive_);
        const Vector<T> out = y - scale * (v - y);
        std::memcpy(z + r * stride_ + c, &out, sizeof out);
      }
    }
    T* spectrum = z_.data() + k * n;
    spectra_.fft().forward(z, spectrum);
    for (std::int64_t channel = 0; channel < channels; ++channel)
      add_products(n, spectra_.of(k, channel), spectrum, sum + channel * n);
  }
}

// r^ of a block of frequencies, from the sums of all chunks.
template <class T>
void AdmmIteration<T>::solve(T rho, std::int64_t block) {
  constexpr std::int64_t lanes = PlaneFft<T>::lanes;
  const std::int64_t n = spectra_.fft().spectrum_size(), size = spectra_.fft().block_size();
  const std::int64_t first = block * size;
  T* r = residual_.data() + first;
  std::copy_n(image_.data() + first, size, r);
  if (!raised_.empty())
    for (std::int64_t i = 0; i < size; ++i) r[i] *= raised_[static_cast<std::size_t>(first + i)];
  for (std::int64_t chunk = 0; chunk < chunks_; ++chunk) {
    const T* sum = partial_.data() + chunk * n + first;
    for (std::int64_t i = 0; i < size; ++i) r[i] -= sum[i];
  }
  for (std::int64_t i = 0; i < size; i += 2 * lanes)
    for (std::int64_t l = i; l < i + lanes; ++l) {
      const T delta = raised_.empty() ? rho : rho * raised_[static_cast<std::size_t>(first + l)];
      const T factor = rho / (delta + gram_[static_cast<std::size_t>(first + l)]);
      r[l] *= factor;
      r[l + lanes] *= factor;
    }
}

// The same with channels: (rho I + D^ D^^H) r^ = rho (s^ - D^ z^) by Cholesky, in double precision.
template <class T>
void AdmmIteration<T>::solve_channels(double rho, std::int64_t block) {
  using Complex = std::complex<double>;
  constexpr std::int64_t lanes = PlaneFft<T>::lanes;
  const std::int64_t n = spectra_.fft().spectrum_size(), size = spectra_.fft().block_size();
  const std::int64_t channels = spectra_.channels();
  std::vector<Complex> factor(static_cast<std::size_t>(channels * channels)),
      b(static_cast<std::size_t>(channels));
  const auto l = [&](std::int64_t i, std::int64_t j) -> Complex& {
    return factor[static_cast<std::size_t>(i * channels + j)];
  };
  for (std::int64_t f = block * size; f < (block + 1) * size; ++f) {
    if (f / lanes % 2 == 1) continue;  // an imaginary part
    const auto at = [&](const AlignedVector<T>& spectra, std::int64_t i) {
      const T* from = spectra.data() + i * n + f;
      return Complex(static_cast<double>(from[0]), static_cast<double>(from[lanes]));
    };
    const double raised =
        raised_.empty() ? 1 : static_cast<double>(raised_[static_cast<std::size_t>(f)]);
    for (std::int64_t i = 0; i < channels; ++i) {
      Complex& x = b[static_cast<std::size_t>(i)] = raised * at(image_, i);
      for (std::int64_t chunk = 0; chunk < chunks_; ++chunk)
        x -= at(partial_, chunk * channels + i);
      x *= rho;
      for (std::int64_t j = 0; j <= i; ++j) {
        Complex sum = at(gram_, i * channels + j) + (i == j ? rho * raised : 0);
        for (std::int64_t p = 0; p < j; ++p) sum -= l(i, p) * std::conj(l(j, p));
        l(i, j) = i == j ? Complex(std::sqrt(sum.real())) : sum / l(j, j).real();
      }
      for (std::int64_t p = 0; p < i; ++p) x -= l(i, p) * b[static_cast<std::size_t>(p)];
      x /= l(i, i).real();
    }
    for (std::int64_t i = channels - 1; i >= 0; --i) {
      Complex& x = b[static_cast<std::size_t>(i)];
      for (std::int64_t p = i + 1; p < channels; ++p)
        x -= std::conj(l(p, i)) * b[static_cast<std::size_t>(p)];
      x /= l(i, i).real();
      residual_[static_cast<std::size_t>(i * n + f)] = static_cast<T>(x.real());
      residual_[static_cast<std::size_t>(i * n + f + lanes)] = static_cast<T>(x.imag());
    }
  }
}

template <class T>
AdmmSums AdmmIteration<T>::step(double rho, double relaxation, double lambda, const Run& run) {
  const PlaneFft<T>& fft = spectra_.fft();
  const std::int64_t n = fft.spectrum_size(), channels = spectra_.channels();
  RunState state(run);
  for (std::size_t i = 0; i < raised_.size(); ++i)
    raised_[i] = static_cast<T>((rho + static_cast<double>(smooth_[i])) / rho);
  std::vector<AlignedVector<T>> planes(static_cast<std::size_t>(workers_for(state)));
  const auto plane_of = [&](int worker) {
    auto& buffer = planes[static_cast<std::size_t>(worker)];
    if (buffer.empty()) buffer.resize(static_cast<std::size_t>(fft.plane_size()));
    return buffer.data();
  };
  parallel_for(
      chunks_, [&](std::int64_t chunk, int worker) { transform(chunk, plane_of(worker)); }, state);
  parallel_for(
      fft.blocks(),
      [&](std::int64_t block, int) {
        if (channels == 1) solve(static_cast<T>(rho), block);
        else solve_channels(rho, block);
      },
      state);

  AdmmSums total;
  for (std::int64_t i = 0; i < channels * n; ++i) {
    const std::int64_t u = i % n / fft.block_size() * fft.lanes + i % fft.lanes;
    const double times = fft.multiplicity(u) / static_cast<double>(rows_ * columns_);
    const auto r = static_cast<double>(residual_[static_cast<std::size_t>(i)]);
    total.residual += times * r * r;
    total.product += times * r * static_cast<double>(image_[static_cast<std::size_t>(i)]);
  }

  const double old_cut = cut_;
  const T alpha = static_cast<T>(relaxation), scale = static_cast<T>(u_scale_);
  std::vector<AdmmSums> sums(static_cast<std::size_t>(chunks_));
  std::vector<AlignedVector<T>> spectrum(planes.size());
  parallel_for(
      chunks_,
      [&](std::int64_t chunk, int worker) {
        AdmmSums& sum = sums[static_cast<std::size_t>(chunk)];
        T* x = plane_of(worker);
        auto& x_hat = spectrum[static_cast<std::size_t>(worker)];
        const std::int64_t first = chunk * per_chunk_;
        for (std::int64_t k = first; k < std::min(first + per_chunk_, spectra_.filters()); ++k) {
          x_hat.assign(z_.begin() + k * n, z_.begin() + (k + 1) * n);
          for (std::int64_t channel = 0; channel < channels; ++channel)
            add_conjugate_products(n, static_cast<T>(1 / rho), spectra_.of(k, channel),
                                   residual_.data() + channel * n, x_hat.data());
          if (!raised_.empty()) {
            for (std::size_t i = 0; i < x_hat.size(); ++i) x_hat[i] /= raised_[i];
            sum.gradient += gradient_of(x_hat.data());
          }
          fft.inverse(x_hat.data(), x);
          const double weight = weights_.empty() ? 1 : weights_[static_cast<std::size_t>(k)];
          const Vector<T> ones = Vector<T>{} + T(1),
                          before = ones * static_cast<T>(old_cut * weight),
                          after = ones * static_cast<T>(lambda / rho * weight);
          Vector<T> most = {};
          double l1_x = 0, l1_y = 0;
          for (std::int64_t r = 0; r < rows_; ++r) {
            T* w = w_.data() + at(k, r);
            const T* factor = factors(k, r);
            const T* allowed = allowed_.data() + (r < shape_.rows() ? 0 : stride_);
            Vector<T> xs = {}, ys = {}, us = {}, differences = {}, changes = {}, x1 = {}, y1 = {};
            for (std::int64_t c = 0; c < stride_; c += lanes<T>) {
              const Vector<T> v = load(w + c), may = load(allowed + c),
                              xv = load(x + r * stride_ + c);
              const Vector<T> f = factor ? load(factor + c) : ones;
              const Vector<T> y_old = may * soft<T>(v, f * before, positive_),
                              u = scale * (v - y_old);
              const Vector<T> next = alpha * xv + (1 - alpha) * y_old + u;
              const Vector<T> y = may * soft<T>(next, f * after, positive_), u_new = next - y;
              std::memcpy(w + c, &next, sizeof next);
              if (!x_.empty()) std::memcpy(x_.data() + at(k, r) + c, &xv, sizeof xv);
              const Vector<T> c_over_rho = may * (xv - y_old + u);  // D'r / rho
              Vector<T> size = c_over_rho < T(0) && !positive_ ? -c_over_rho : c_over_rho;
              if (factor) size /= f;
              most = size > most ? size : most;
              xs += xv * xv;
              ys += y * y;
              us += u_new * u_new;
              differences += (xv - y) * (xv - y);
              changes += (y_old - y) * (y_old - y);
              x1 += f * (xv < T(0) ? -xv : xv);
              y1 += f * (y < T(0) ? -y : y);
            }
            sum.x += sum_of<T>(xs);
            sum.y += sum_of<T>(ys);
            sum.u += sum_of<T>(us);
            sum.x_minus_y += sum_of<T>(differences);
            sum.y_change += sum_of<T>(changes);
            l1_x += sum_of<T>(x1);
            l1_y += sum_of<T>(y1);
          }
          sum.l1_x += weight * l1_x;
          sum.l1_y += weight * l1_y;
          double largest = 0;
          for (int l = 0; l < lanes<T>; ++l)
            largest = std::max(largest, static_cast<double>(most[l]));
          if (largest > 0) sum.largest = std::max(sum.largest, rho * largest / weight);
        }
      },
      state);
  for (const AdmmSums& sum : sums) total += sum;
  cut_ = lambda / rho;
  u_scale_ = 1;
  return total;
}

template <class T>
ConvolutionalCodes<T> AdmmIteration<T>::codes(const Run& run) const {
  struct Row {
    std::vector<std::uint16_t> columns, filters;
    std::vector<T> values;
  };
  std::vector<Row> rows(static_cast<std::size_t>(shape_.rows()));
  RunState state(run);
  parallel_for(
      shape_.rows(),
      [&](std::int64_t r, int) {
        // By filter and column first, then by column, filters in their order.
        Row found, &row = rows[static_cast<std::size_t>(r)];
        std::vector<std::size_t> ends(static_cast<std::size_t>(shape_.columns()) + 1);
        for (std::int64_t k = 0; k < spectra_.filters(); ++k) {
          const T *w = w_.data() + at(k, r), *factor = factors(k, r);
          for (std::int64_t c = 0; c < shape_.columns(); ++c) {
            const T cut = factor ? threshold(k) * factor[c] : threshold(k);
            const T y = w[c] > cut ? w[c] - cut : w[c] < -cut && !positive_ ? w[c] + cut : T(0);
            if (y == T(0)) continue;
            found.columns.push_back(static_cast<std::uint16_t>(c));
            found.filters.push_back(static_cast<std::uint16_t>(k));
            found.values.push_back(y);
            ++ends[static_cast<std::size_t>(c) + 1];
          }
        }
        std::partial_sum(ends.begin(), ends.end(), ends.begin());
        row.columns.resize(found.values.size());
        row.filters.resize(found.values.size());
        row.values.resize(found.values.size());
        for (std::size_t i = 0; i < found.values.size(); ++i) {
          const std::size_t to = ends[found.columns[i]]++;
          row.columns[to] = found.columns[i];
          row.filters[to] = found.filters[i];
          row.values[to] = found.values[i];
        }
      },
      state);
  std::vector<std::int64_t> starts{0};
  Row all;
  for (const Row& row : rows) {
    all.columns.insert(all.columns.end(), row.columns.begin(), row.columns.end());
    all.filters.insert(all.filters.end(), row.filters.begin(), row.filters.end());
    all.values.insert(all.values.end(), row.values.begin(), row.values.end());
    starts.push_back(std::ssize(all.values));
  }
  return {shape_, std::move(starts), std::move(all.columns), std::move(all.filters),
          std::move(all.values)};
}

template <class T>
Matrix<T> AdmmIteration<T>::x() const {
  Matrix<T> maps(rows_ * columns_, spectra_.filters());
  for (std::int64_t k = 0; k < spectra_.filters(); ++k)
    for (std::int64_t r = 0; r < rows_; ++r)
      std::copy_n(x_.data() + at(k, r), columns_, &maps(r * columns_, k));
  return maps;
}

template <class T>
Image<T> AdmmIteration<T>::residual() const {
  const std::int64_t n = spectra_.fft().spectrum_size();
  Image<T> image(rows_, columns_, spectra_.channels());
  AlignedVector<T> spectrum;
  for (std::int64_t c = 0; c < spectra_.channels(); ++c) {
    spectrum.assign(residual_.begin() + c * n, residual_.begin() + (c + 1) * n);
    spectra_.invert(spectrum.data(), c, image);
  }
  return image;
}

template class AdmmIteration<float>;
template class AdmmIteration<double>;

}  // namespace striate::detail
