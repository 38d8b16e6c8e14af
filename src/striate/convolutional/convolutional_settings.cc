#include "striate/convolutional/convolutional_settings.h"

#include <cmath>

namespace striate::detail {

template <class T>
ConvolutionalProblem<T> make_problem(std::string_view who, const FilterBank<T>& bank,
                                     ImageView<const T> image,
                                     const ConvolutionalSettings& settings, const Run& run,
                                     ImageView<const T> data_weights) {
  validate(who, settings);
  if (settings.lambda.has_value() == settings.lambda_relative.has_value())
    throw Error(who, ": lambda and lambda_relative are ",
                settings.lambda ? "both given" : "both missing", "; exactly one of them is needed");
  ConvolutionalProblem<T> problem{.bank = bank,
                                  .image = image,
                                  .shape = bank.maps(image.rows, image.columns, settings.boundary),
                                  .weights = settings.penalty_weights,
                                  .positive = settings.positive};
  check_maps(who, problem.shape);
  if (image.channels != bank.channels())
    throw Error(who, ": image has ", image.channels, " channels, the filters ", bank.channels(),
                "; they must agree");
  const auto weights = std::ssize(settings.penalty_weights);
  if (weights != 0 && weights != bank.filters())
    throw Error(who, ": penalty_weights has ", weights, " values; ", bank.filters(),
                " are needed, one per filter, or none at all");
  for (std::int64_t i = 0; i < image.size(); ++i)
    if (!std::isfinite(image.data[i]))
      throw Error(who, ": image has a value that is not finite at row ",
                  i / (image.columns * image.channels), ", column ",
                  i / image.channels % image.columns, "; all must be numbers");
  problem.data_weights = data_weights;
  if (data_weights.data) {
    if (data_weights.rows != image.rows || data_weights.columns != image.columns ||
        data_weights.channels != image.channels)
      throw Error(who, ": data_weights are ", data_weights.rows, " x ", data_weights.columns, " x ",
                  data_weights.channels, "; they must be ", image.rows, " x ", image.columns, " x ",
                  image.channels, " as the image");
    for (std::int64_t i = 0; i < image.size(); ++i)
      if (!(data_weights.data[i] >= 0 && std::isfinite(data_weights.data[i])))
        throw Error(who, ": data_weights holds ", data_weights.data[i], " at row ",
                    i / (image.columns * image.channels), ", column ",
                    i / image.channels % image.columns, "; each must be finite and at least 0");
  }
  problem.lambda =
      settings.lambda ? *settings.lambda : *settings.lambda_relative * lambda_max(problem, run);
  return problem;
}

template ConvolutionalProblem<float> make_problem(std::string_view, const FilterBank<float>&,
                                                  ImageView<const float>,
                                                  const ConvolutionalSettings&, const Run&,
                                                  ImageView<const float>);
template ConvolutionalProblem<double> make_problem(std::string_view, const FilterBank<double>&,
                                                   ImageView<const double>,
                                                   const ConvolutionalSettings&, const Run&,
                                                   ImageView<const double>);

}  // namespace striate::detail
