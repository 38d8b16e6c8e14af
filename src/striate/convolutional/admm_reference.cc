#include "striate/convolutional/admm_reference.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "striate/convolutional/convolution.h"
#include "striate/convolutional/detail/admm_iteration.h"
#include "striate/core/peak_bytes.h"
#include "striate/core/timing.h"
#include "striate/linalg/kernels.h"

namespace striate {
namespace {

using detail::AdmmIteration;
using detail::AdmmSums;
using detail::Spectra;

constexpr std::string_view who = "admm_reference";

template <class T>
void check(const FilterBank<T>& bank, std::span<const Image<T>> images,
           const ReferenceSettings& settings) {
  validate(who, settings);
  if (images.empty()) throw Error(who, ": no images; at least one is needed");
  const ImageView<const T> first = images[0];
  for (const Image<T>& image : images) {
    if (image.rows() != first.rows || image.columns() != first.columns ||
        image.channels() != bank.channels())
      throw Error(who, ": image of ", image.rows(), " x ", image.columns(), " pixels and ",
                  image.channels(), " channels; all must have the ", first.rows, " x ",
                  first.columns, " of the first, and the ", bank.channels(),
                  " channels of the filters");
    for (std::int64_t i = 0; i < image.size(); ++i)
      if (!std::isfinite(image.data()[i]))
        throw Error(who, ": image has a value that is not finite; all must be numbers");
  }
  const auto weights = std::ssize(settings.penalty_weights);
  if (weights != 0 && weights != bank.filters())
    throw Error(who, ": penalty_weights has ", weights, " values; ", bank.filters(),
                " are needed, one per filter, or none at all");
}

// A tenth of the largest |conj(d^_k) s^| over filters and frequencies.
template <class T>
double default_lambda(const Spectra<T>& spectra, std::span<const Image<T>> images) {
  constexpr std::int64_t lanes = PlaneFft<T>::lanes;
  const std::int64_t n = spectra.fft().spectrum_size(), channels = spectra.channels();
  AlignedVector<T> s(static_cast<std::size_t>(channels * n)), sum(static_cast<std::size_t>(n));
  double largest = 0;
  for (const Image<T>& image : images) {
    for (std::int64_t c = 0; c < channels; ++c) spectra.transform(image, c, s.data() + c * n);
    for (std::int64_t k = 0; k < spectra.filters(); ++k) {
      std::ranges::fill(sum, T(0));
      for (std::int64_t c = 0; c < channels; ++c)
        add_conjugate_products(n, T(1), spectra.of(k, c), s.data() + c * n, sum.data());
      for (std::int64_t i = 0; i < n; ++i)
        if (i / lanes % 2 == 0)
          largest = std::max(largest, std::hypot(static_cast<double>(sum[std::size_t(i)]),
                                                 static_cast<double>(sum[std::size_t(i + lanes)])));
    }
  }
  return 0.1 * largest;
}

double over(double x, double y) { return y == 0 ? x : x / y; }

}  // namespace

template <class T>
ReferenceResult<T> admm_reference(const FilterBank<T>& bank, std::span<const Image<T>> images,
                                  const ReferenceSettings& settings, const Run& run) {
  check(bank, images, settings);
  const Stopwatch watch;
  const PeakBytes peak;
  const Run whole{.threads = run.threads};  // a part of an iteration is none
  const std::int64_t rows = images[0].rows(), columns = images[0].columns();
  const Boundary boundary = settings.no_boundary_crossing ? Boundary::inside : Boundary::circular;
  const MapShape shape = bank.maps(rows, columns, boundary);
  check_maps(who, shape);
  const Spectra<T> spectra(bank, rows, columns, whole);
  const double lambda = settings.lambda ? *settings.lambda : default_lambda(spectra, images);
  double rho = settings.rho.value_or(50 * lambda + 1);
  const AutoRhoSettings& automatic = settings.auto_rho;
  const double target = automatic.target.value_or(1 + std::pow(18.3, std::log10(lambda) + 1));

  std::vector<std::unique_ptr<AdmmIteration<T>>> iterations;
  for (const Image<T>& image : images)
    iterations.push_back(std::make_unique<AdmmIteration<T>>(
        spectra, shape, image, std::span<const double>(settings.penalty_weights),
        MatrixView<const T>(), 0, settings.non_negative, settings.return_x, whole));
  const double size = std::sqrt(static_cast<double>(rows * columns) *
                                static_cast<double>(bank.filters() * std::ssize(images)));

  ReferenceResult<T> result;
  ConvolutionalInfo& info = result.info;
  info.method = "admm_reference";
  info.status = Status::iteration_limit;
  RunState state(run, "coding", settings.max_iterations);
  for (int i = 0; i < settings.max_iterations; ++i) {
    AdmmSums sums;
    for (auto& iteration : iterations)
      sums += iteration->step(rho, settings.relaxation, lambda, whole);

    const double scale_x = std::sqrt(std::max(sums.x, sums.y)), scale_u = rho * std::sqrt(sums.u);
    const double difference = std::sqrt(sums.x_minus_y), change = rho * std::sqrt(sums.y_change);
    double primal, dual, most_primal, most_dual;
    if (settings.standard_residuals) {
      primal = difference;
      dual = change;
      most_primal = size * settings.abs_stop + scale_x * settings.rel_stop;
      most_dual = size * settings.abs_stop + scale_u * settings.rel_stop;
    } else {
      primal = over(difference, scale_x);
      dual = over(change, scale_u);
      most_primal = over(size * settings.abs_stop, scale_x) + settings.rel_stop;
      most_dual = over(size * settings.abs_stop, scale_u) + settings.rel_stop;
    }
    const double fidelity = sums.residual / 2;
    info.trace.push_back({.seconds = watch.seconds(),
                          .objective_x = fidelity + lambda * sums.l1_x,
                          .data_fidelity = fidelity,
                          .l1 = sums.l1_x,
                          .primal = primal,
                          .dual = dual,
                          .rho = rho});
    info.iterations = i + 1;

    if (automatic.enabled && i >= 1 && (i + 1) % automatic.period == 0) {
      double by = automatic.scaling;
      if (automatic.auto_scaling) {
        const double quotient = dual == 0 ? automatic.scaling : std::sqrt(primal / (target * dual));
        by = std::min(primal == 0    ? automatic.scaling
                      : quotient < 1 ? 1 / quotient
                                     : quotient,
                      automatic.scaling);
      }
      const double factor = primal > target * automatic.ratio * dual   ? by
                            : dual > automatic.ratio / target * primal ? 1 / by
                                                                       : 1;
      rho *= factor;
      for (auto& iteration : iterations) iteration->rescale(factor);
    }
    state.advance(1);
    state.report();
    if (primal < most_primal && dual < most_dual) {
      info.status = Status::converged;
      break;
    }
    if (state.stopping()) {
      info.status = state.reason() == StopReason::time_limit ? Status::time_limit : Status::stopped;
      break;
    }
  }

  for (std::size_t j = 0; j < iterations.size(); ++j) {
    result.codes.push_back(iterations[j]->codes(whole));
    if (settings.return_x) result.x.push_back(iterations[j]->x());
    const auto& codes = result.codes.back();
    info.nonzeros += codes.nonzeros();
    const Image<double> model = synthesize<double>(bank, codes, whole);
    for (std::int64_t i = 0; i < model.size(); ++i) {
      const double r = static_cast<double>(images[j].data()[i]) - model.data()[i];
      info.objective += 0.5 * r * r;
    }
    const auto sums = codes.sums();
    for (std::size_t k = 0; k < sums.size(); ++k)
      info.objective +=
          lambda * sums[k] * (settings.penalty_weights.empty() ? 1 : settings.penalty_weights[k]);
  }
  info.relative_gap = info.violation = std::numeric_limits<double>::quiet_NaN();
  info.peak_bytes = peak.bytes();
  for (const auto& codes : result.codes) info.peak_bytes += codes.bytes();
  info.seconds = watch.seconds();
  return result;
}

template ReferenceResult<float> admm_reference(const FilterBank<float>&,
                                               std::span<const Image<float>>,
                                               const ReferenceSettings&, const Run&);
template ReferenceResult<double> admm_reference(const FilterBank<double>&,
                                                std::span<const Image<double>>,
                                                const ReferenceSettings&, const Run&);

}  // namespace striate
