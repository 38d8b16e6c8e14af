#include "striate/convolutional/automatic.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "striate/convolutional/admm.h"
#include "striate/convolutional/cd.h"
#include "striate/convolutional/ssnal.h"
#include "striate/core/peak_bytes.h"
#include "striate/core/text.h"
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

std::string rounded(double gap) { return to_text(static_cast<float>(std::round(gap * 1e4) / 1e4)); }

}  // namespace

template <class T>
ConvolutionalResult<T> automatic(const FilterBank<T>& bank, ImageView<const T> image,
                                 const GradientWeightSettings& settings,
                                 const ConvolutionalInputs<T>& inputs, const Run& run) {
  constexpr double rough = 0.2;
  constexpr int least_again = 5;
  const Stopwatch watch;
  const PeakBytes peak;
  const auto rest = [&] {
    Run left = run;
    left.max_seconds = std::max(0.0, run.max_seconds - watch.seconds());
    return left;
  };
  const auto problem =
      detail::make_problem("auto", bank, image, settings, inputs, {.threads = run.threads});
  if (problem.gradient_weight > 0) {
    AdmmSettings admm_settings;
    static_cast<GradientWeightSettings&>(admm_settings) = settings;
    auto result = admm<T>(bank, image, admm_settings, inputs, run);
    result.info.why = "gradient_weight is given";
    return result;
  }
  CdSettings descent;
  static_cast<ConvolutionalSettings&>(descent) = settings;
  if (problem.lambda > 0) {  // found once
    descent.lambda = problem.lambda;
    descent.lambda_relative.reset();
  }
  // Half as many iterations again, as long as these go a third of the way, on a logarithmic scale.
  std::string why = "cd began, and its gap fell as it should";
  double before = std::numeric_limits<double>::infinity();
  int begun = 0, end = 0;
  const auto falls = [&](const ConvolutionalInfo& info) {
    const double now = info.relative_gap;
    if (end == 0 ? now > rough : info.iterations < end) return true;
    const bool worth = end == 0 || 2 * std::log(before / now) >= std::log(now / settings.tolerance);
    if (!worth)
      why = join("cd began; its gap was ", rounded(before), " after ", begun, " iterations and ",
                 rounded(now), " after ", info.iterations);
    before = now;
    begun = info.iterations;
    end = begun + std::max(least_again, begun / 2);
    return worth;
  };
  auto result = detail::descend<T>(problem, descent, inputs, falls, run);
  if (result.info.status == Status::stalled && result.info.iterations < settings.max_iterations) {
    SsnalSettings newton;
    static_cast<ConvolutionalSettings&>(newton) = descent;
    newton.sigma = 30;
    newton.max_iterations = settings.max_iterations - result.info.iterations;
    ConvolutionalInputs<T> next = inputs;
    next.initial = &result.codes;
    next.dual = {};  // the residual of these codes is the better one to go on from
    auto last = ssnal<T>(bank, image, newton, next, rest());
    put_before(result.info, last.info);
    last.info.method = "cd, ssnal";
    result = std::move(last);
  }
  result.info.why = std::move(why);
  result.info.seconds = watch.seconds();
  result.info.peak_bytes = peak.bytes() + result.codes.bytes();
  return result;
}

#define STRIATE_INSTANTIATE(T)                                                        \
  template ConvolutionalResult<T> automatic(const FilterBank<T>&, ImageView<const T>, \
                                            const GradientWeightSettings&,            \
                                            const ConvolutionalInputs<T>&, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
