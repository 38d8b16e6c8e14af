#include "striate/convolutional/automatic.h"

#include <algorithm>

#include "striate/convolutional/cd.h"
#include "striate/convolutional/ssnal.h"
#include "striate/core/timing.h"

namespace striate {
namespace {

// Adds what came before to an answer's iterations, seconds and trace.
void put_before(const ConvolutionalInfo& before, ConvolutionalInfo& info) {
  for (ConvolutionalTrace& row : info.trace) row.seconds += before.seconds;
  info.trace.insert(info.trace.begin(), before.trace.begin(), before.trace.end());
  info.iterations += before.iterations;
  info.seconds += before.seconds;
}

}  // namespace

template <class T>
ConvolutionalResult<T> automatic(const FilterBank<T>& bank, ImageView<const T> image,
                                 const ConvolutionalSettings& settings, const Run& run) {
  constexpr double rough = 0.2;
  constexpr int least_again = 15;
  const Stopwatch watch;
  const auto rest = [&] {
    Run left = run;
    left.max_seconds = std::max(0.0, run.max_seconds - watch.seconds());
    return left;
  };
  const auto goes_on = [&](const ConvolutionalInfo& info) {
    return info.relative_gap > settings.tolerance && info.iterations < settings.max_iterations &&
           info.status != Status::stopped && info.status != Status::time_limit;
  };
  CdSettings descent;
  static_cast<ConvolutionalSettings&>(descent) = settings;
  descent.tolerance = std::max(settings.tolerance, rough);
  ConvolutionalResult<T> result = cd<T>(bank, image, descent, nullptr, rest());
  if (goes_on(result.info)) {
    descent.tolerance = settings.tolerance;
    descent.max_iterations = std::min(std::max(least_again, result.info.iterations),
                                      settings.max_iterations - result.info.iterations);
    auto again = cd<T>(bank, image, descent, &result.codes, rest());
    put_before(result.info, again.info);
    result = std::move(again);
  }
  if (goes_on(result.info)) {
    SsnalSettings newton;
    static_cast<ConvolutionalSettings&>(newton) = settings;
    newton.sigma = 30;
    newton.max_iterations = settings.max_iterations - result.info.iterations;
    auto last = ssnal<T>(bank, image, newton, &result, rest());
    put_before(result.info, last.info);
    last.info.method = "cd, ssnal";
    result = std::move(last);
  }
  return result;
}

template ConvolutionalResult<float> automatic(const FilterBank<float>&, ImageView<const float>,
                                              const ConvolutionalSettings&, const Run&);
template ConvolutionalResult<double> automatic(const FilterBank<double>&, ImageView<const double>,
                                               const ConvolutionalSettings&, const Run&);

}  // namespace striate
