#include "striate/convolutional/convolutional_settings.h"

#include <cmath>

namespace striate::detail {
namespace {

// " at row 3, column 4"
template <class T>
std::string place(ImageView<const T> image, std::int64_t i) {
  return join(" at row ", i / (image.columns * image.channels), ", column ",
              i / image.channels % image.columns);
}

template <class T>
void check_shape(std::string_view who, std::string_view what, ImageView<const T> given,
                 ImageView<const T> image) {
  if (given.rows != image.rows || given.columns != image.columns ||
      given.channels != image.channels)
    throw Error(who, ": ", what, " ", given.rows, " x ", given.columns, " x ", given.channels,
                "; the image is ", image.rows, " x ", image.columns, " x ", image.channels,
                ", and they must agree");
}

template <class T>
void check_inputs(std::string_view who, const ConvolutionalInputs<T>& inputs,
                  ImageView<const T> image, const MapShape& shape, bool positive) {
  if (const auto omega = inputs.data_weights; omega.data) {
    check_shape<T>(who, "data_weights are", omega, image);
    for (std::int64_t i = 0; i < omega.size(); ++i)
      if (!(omega.data[i] >= 0 && std::isfinite(omega.data[i])))
        throw Error(who, ": data_weights holds ", omega.data[i], place(omega, i),
                    "; each must be finite and at least 0");
  }
  if (const auto w = inputs.penalty_weights; w.data) {
    if (w.rows != shape.rows() * shape.columns() || w.columns != shape.filters)
      throw Error(who, ": penalty_weights are ", w.rows, " x ", w.columns, "; the maps are ",
                  shape.rows(), " x ", shape.columns(), " positions of ", shape.filters,
                  " filters, and each needs one");
    for (std::int64_t k = 0; k < w.columns; ++k)
      for (std::int64_t i = 0; i < w.rows; ++i)
        if (!(w(i, k) > 0 && std::isfinite(w(i, k))))
          throw Error(who, ": penalty_weights holds ", w(i, k), " at filter ", k, ", row ",
                      i / shape.columns(), ", column ", i % shape.columns(),
                      "; each must be finite and above 0");
  }
  if (const auto* initial = inputs.initial) {
    if (initial->shape() != shape)
      throw Error(who, ": initial is a code of other maps; image ", image.rows, " x ",
                  image.columns,
                  ", the bank's filters and the boundary must be those of the settings");
    for (T x : initial->values())
      if (positive && x < T(0))
        throw Error(who, ": initial holds ", x, "; values must be at least 0 if positive");
  }
  if (const auto dual = inputs.dual; dual.data) {
    check_shape<T>(who, "dual is", dual, image);
    for (std::int64_t i = 0; i < dual.size(); ++i)
      if (!std::isfinite(dual.data[i]))
        throw Error(who, ": dual holds ", dual.data[i], place(dual, i), "; all must be numbers");
  }
}

// The image with 0 where it does not count.
template <class T>
std::shared_ptr<const Image<T>> what_counts(ImageView<const T> image, ImageView<const T> omega) {
  Image<T> seen(image);
  for (std::int64_t i = 0; i < image.size(); ++i)
    if (omega.data[i] == T(0)) seen.data()[i] = 0;
  return std::make_shared<const Image<T>>(std::move(seen));
}

}  // namespace

template <class T>
ConvolutionalProblem<T> make_problem(std::string_view who, const FilterBank<T>& bank,
                                     ImageView<const T> image,
                                     const ConvolutionalSettings& settings,
                                     const ConvolutionalInputs<T>& inputs, const Run& run) {
  validate(who, settings);
  if (settings.lambda.has_value() == settings.lambda_relative.has_value())
    throw Error(who, ": lambda and lambda_relative are ",
                settings.lambda ? "both given" : "both missing", "; exactly one of them is needed");
  ConvolutionalProblem<T> problem{.bank = bank,
                                  .image = image,
                                  .shape = bank.maps(image.rows, image.columns, settings.boundary),
                                  .weights = settings.penalty_weights,
                                  .positive = settings.positive,
                                  .data_weights = inputs.data_weights,
                                  .position_weights = inputs.penalty_weights};
  check_maps(who, problem.shape);
  if (image.channels != bank.channels())
    throw Error(who, ": image has ", image.channels, " channels, the filters ", bank.channels(),
                "; they must agree");
  const auto weights = std::ssize(settings.penalty_weights);
  if (weights != 0 && weights != bank.filters())
    throw Error(who, ": penalty_weights has ", weights, " values; ", bank.filters(),
                " are needed, one per filter, or none at all");
  check_inputs<T>(who, inputs, image, problem.shape, settings.positive);
  if (inputs.data_weights.data) {
    problem.seen = what_counts<T>(image, inputs.data_weights);
    problem.image = *problem.seen;
  }
  for (std::int64_t i = 0; i < image.size(); ++i)
    if (!std::isfinite(problem.image.data[i]))
      throw Error(who, ": image has a value that is not finite", place(image, i),
                  "; all must be numbers",
                  inputs.data_weights.data ? " where a weight is not 0" : "");
  problem.lambda =
      settings.lambda ? *settings.lambda : *settings.lambda_relative * lambda_max(problem, run);
  return problem;
}

template <class T>
ConvolutionalProblem<T> make_problem(std::string_view who, const FilterBank<T>& bank,
                                     ImageView<const T> image,
                                     const GradientWeightSettings& settings,
                                     const ConvolutionalInputs<T>& inputs, const Run& run) {
  validate(who, settings);
  const double gamma = settings.gradient_weight.value_or(0);
  if (gamma > 0 && settings.boundary != Boundary::circular)
    throw Error(who, ": gradient_weight is ", gamma, " with boundary ",
                EnumNames<Boundary>::names[std::size_t(settings.boundary)],
                "; it goes with circular only");
  const ConvolutionalSettings& general = settings;
  auto problem = make_problem(who, bank, image, general, inputs, run);
  problem.gradient_weight = gamma;
  return problem;
}

template <class T>
void finish(const ConvolutionalProblem<T>& problem, double bound, double tolerance,
            const RunState& state, const Stopwatch& watch, const PeakBytes& peak, const Run& run,
            ConvolutionalResult<T>& result) {
  ConvolutionalInfo& info = result.info;
  certify(problem, result.codes, bound, run, info);
  info.status = info.relative_gap <= tolerance             ? Status::converged
                : state.reason() == StopReason::none       ? Status::iteration_limit
                : state.reason() == StopReason::time_limit ? Status::time_limit
                                                           : Status::stopped;
  info.peak_bytes = peak.bytes() + result.codes.bytes();
  info.seconds = watch.seconds();
}

#define STRIATE_INSTANTIATE(T)                                                                     \
  template ConvolutionalProblem<T> make_problem(std::string_view, const FilterBank<T>&,            \
                                                ImageView<const T>, const ConvolutionalSettings&,  \
                                                const ConvolutionalInputs<T>&, const Run&);        \
  template ConvolutionalProblem<T> make_problem(std::string_view, const FilterBank<T>&,            \
                                                ImageView<const T>, const GradientWeightSettings&, \
                                                const ConvolutionalInputs<T>&, const Run&);        \
  template void finish(const ConvolutionalProblem<T>&, double, double, const RunState&,            \
                       const Stopwatch&, const PeakBytes&, const Run&, ConvolutionalResult<T>&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate::detail
