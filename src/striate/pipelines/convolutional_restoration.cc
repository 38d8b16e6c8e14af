#include "striate/pipelines/convolutional_restoration.h"

#include <cmath>

#include "striate/convolutional/automatic.h"
#include "striate/convolutional/convolution.h"
#include "striate/convolutional/filter_learning.h"
#include "striate/core/timing.h"
#include "striate/dictionaries/dct.h"
#include "striate/images/noise.h"
#include "striate/pipelines/patch_restoration.h"

namespace striate {
namespace {

// 1 where a pixel is seen, for every channel; empty: all are.
template <class T>
Image<T> data_weights_of(const Image<std::uint8_t>& mask, std::int64_t missing,
                         std::int64_t channels) {
  if (missing == 0) return {};
  Image<T> weights(mask.rows(), mask.columns(), channels);
  for (std::int64_t i = 0; i < weights.size(); ++i)
    weights.data()[i] = mask.data()[i / channels] ? T(1) : T(0);
  return weights;
}

template <class T>
double root_mean_square(const Image<T>& image, const Image<T>& weights) {
  double squares = 0, count = 0;
  for (std::int64_t i = 0; i < image.size(); ++i) {
    if (weights.size() > 0 && weights.data()[i] == 0) continue;
    squares += static_cast<double>(image.data()[i]) * static_cast<double>(image.data()[i]);
    ++count;
  }
  return std::sqrt(squares / count);
}

template <class T>
std::unique_ptr<ImageSource<T>> source_of(const Image<T>& image) {
  return std::make_unique<ImagesInMemory<T>>(
      std::make_shared<const std::vector<Image<T>>>(std::vector<Image<T>>{image}));
}

// The filters with their columns mirrored (bit 0), rows and columns exchanged (bit 1), and their rows
// mirrored (bit 2).
template <class T>
FilterBank<T> turned(const FilterModel<T>& model, int turn) {
  const std::int64_t h = model.rows, w = model.columns, channels = model.channels;
  const bool exchanged = (turn & 2) != 0;
  const std::int64_t rows = exchanged ? w : h, columns = exchanged ? h : w;
  Matrix<T> taps(model.taps.rows(), model.taps.columns());
  for (std::int64_t k = 0; k < taps.columns(); ++k)
    for (std::int64_t i = 0; i < taps.rows(); ++i) {
      const std::int64_t a = i / channels / columns, b = i / channels % columns;
      std::int64_t r = exchanged ? b : a, c = exchanged ? a : b;
      if (turn & 1) c = w - 1 - c;
      if (turn & 4) r = h - 1 - r;
      taps(i, k) = model.taps((r * w + c) * channels + i % channels, k);
    }
  return {taps.view(), rows, columns, channels};
}

// The mean of what codes by the turned filters stand for; of those at hand, if the run is stopped.
template <class T>
Image<T> mean_of_codes(const Image<T>& image, const Image<T>& weights,
                       const ConvolutionalDenoiseSettings& settings, const Run& run,
                       ConvolutionallyRestored<T>& result) {
  const Stopwatch watch;
  GradientWeightSettings coding;
  coding.lambda = result.lambda;
  coding.boundary = settings.boundary;
  coding.tolerance = settings.tolerance;
  coding.max_iterations = settings.max_iterations;
  ConvolutionalInputs<T> inputs;
  if (weights.size() > 0) inputs.data_weights = weights.view();
  Image<double> sum(image.rows(), image.columns(), image.channels());
  int turns = 0;
  double nonzeros = 0;
  while (turns < settings.turns && result.stopped == StopReason::none) {
    const FilterBank<T> bank = turned(result.model, turns++);
    coding.penalty_weights.clear();
    for (const double squared : bank.squared_norms())
      coding.penalty_weights.push_back(squared > 0 ? std::sqrt(squared) : 1);
    const auto coded =
        automatic<T>(bank, image, coding, inputs, detail::rest_of(run, watch.seconds()));
    if (coded.info.status == Status::stopped) result.stopped = StopReason::stopped;
    if (coded.info.status == Status::time_limit) result.stopped = StopReason::time_limit;
    nonzeros += static_cast<double>(coded.codes.nonzeros());
    const Image<double> part = synthesize<double>(bank, coded.codes);
    for (std::int64_t i = 0; i < sum.size(); ++i) sum.data()[i] += part.data()[i];
  }
  result.nonzeros += nonzeros / turns / static_cast<double>(image.rows() * image.columns());
  Image<T> mean(image.rows(), image.columns(), image.channels());
  for (std::int64_t i = 0; i < sum.size(); ++i)
    mean.data()[i] = static_cast<T>(sum.data()[i] / turns);
  return mean;
}

// The prepared image with what one code says where nothing is seen.
template <class T>
Image<T> filled_in(const Image<T>& image, const Image<T>& weights, const FilterModel<T>& model,
                   double lambda, ConvolutionalDenoiseSettings settings, const Run& run) {
  ConvolutionallyRestored<T> first;
  first.model = model;
  first.lambda = lambda;
  settings.turns = 1;
  Image<T> filled = mean_of_codes(image, weights, settings, run, first);
  for (std::int64_t i = 0; i < image.size(); ++i)
    if (weights.data()[i] > 0) filled.data()[i] = image.data()[i];
  return filled;
}

// Filters for the prepared image, bettered on it; where pixels are missing, on what the first ones
// fill in: learned around holes, filters would fit what is seen and nothing between.
template <class T>
FilterModel<T> own_filters(std::string_view who, const Image<T>& image, const Image<T>& weights,
                           double lambda, const ConvolutionalDenoiseSettings& settings,
                           const ImagePreparation& preparation, const Run& run) {
  const OwnFilterSettings& own = settings.own;
  FilterLearningSettings learning{.lambda = own.learning_lambda * root_mean_square(image, weights),
                                  .filters = own.filters,
                                  .rows = own.side,
                                  .columns = own.side,
                                  .boundary = settings.boundary,
                                  .tolerance = settings.tolerance,
                                  .seed = own.seed};
  if (own.steps > 0) learning.steps = own.steps;
  const auto frequencies = std::llround(std::sqrt(static_cast<double>(own.filters)));
  const bool cosines =
      image.channels() == 1 && frequencies >= own.side && frequencies * frequencies == own.filters;
  Matrix<T> initial;
  if (cosines) initial = dct<T>({.patch = own.side, .frequencies = static_cast<int>(frequencies)});
  const auto images = source_of(image);
  const auto masks = weights.size() > 0 ? source_of(weights) : nullptr;
  FilterModel<T> model;
  model.rows = model.columns = own.side;
  model.channels = image.channels();
  model.preparation = preparation;
  model.provenance = values(learning);
  try {
    FilterLearning<T> job(*images, learning, cosines ? &initial : nullptr, masks.get());
    model.taps = job.filters();
    if (own.steps == 0) return model;
    if (!masks) {
      model.taps = learn_filters<T>(job, run).filters;
      return model;
    }
    const Stopwatch watch;
    const auto filled = source_of(filled_in(image, weights, model, lambda, settings, run));
    FilterLearning<T> again(*filled, learning, &model.taps);
    model.taps = learn_filters<T>(again, detail::rest_of(run, watch.seconds())).filters;
  } catch (const Error& error) {
    throw Error(who, ": learning on the image: ", error.what());
  }
  return model;
}

// `relative_lambda`: where result.sigma is 0.
template <class T>
void restore(std::string_view who, const Image<T>& image, const Image<T>& weights,
             const ConvolutionalDenoiseSettings& settings, double relative_lambda,
             const FilterModel<T>* model, const Run& run, ConvolutionallyRestored<T>& result) {
  const Stopwatch watch;
  const std::int64_t channels = image.channels();
  ImagePreparation preparation{.colour = channels > 1};
  if (model) preparation = model->preparation;
  if (!preparation.highpass) preparation.highpass = settings.highpass;
  const PreparedImage<T> prepared = prepare_image(image, preparation, weights);
  result.lambda = result.sigma > 0 ? settings.lambda_factor * result.sigma
                                   : relative_lambda * root_mean_square(prepared.image, weights);
  if (result.lambda == 0) {
    result.image = restore_image(prepared.image, prepared, preparation);
    return;
  }
  result.model =
      model ? *model
            : own_filters(who, prepared.image, weights, result.lambda, settings, preparation, run);
  const auto rest = [&] { return detail::rest_of(run, watch.seconds()); };
  if (result.model.channels == channels) {
    result.image = mean_of_codes(prepared.image, weights, settings, rest(), result);
  } else {
    result.image = Image<T>(image.rows(), image.columns(), channels);
    const Image<T> seen = weights.size() > 0 ? detail::channel_of<T>(weights, 0) : Image<T>();
    for (std::int64_t c = 0; c < channels; ++c)
      detail::put_channel(
          mean_of_codes(detail::channel_of<T>(prepared.image, c), seen, settings, rest(), result),
          c, result.image);
    result.nonzeros /= static_cast<double>(channels);
  }
  result.image = restore_image(result.image, prepared, preparation);
}

template <class T>
void check_model(std::string_view who, const FilterModel<T>* model, std::int64_t channels) {
  if (!model) return;
  if (model->channels != channels && model->channels != 1)
    throw Error(who, ": model has filters of ", model->channels, " channels; the image has ",
                channels, ", so ", channels, " or 1 are needed");
  if (model->preparation.contrast > 0)
    throw Error(who, ": model is of images of normalised contrast, radius ",
                model->preparation.contrast,
                "; noise is not the same everywhere there: contrast "
                "must be 0");
  if (model->preparation.whiten != ImageWhitening::none)
    throw Error(who,
                ": model is of whitened images; noise is not the same at every frequency "
                "there: whiten must be none");
  if (model->preparation.disc_mask)
    throw Error(who,
                ": model is of images behind a disc mask, which loses their rim: disc_mask "
                "must be false");
}

}  // namespace

template <class T>
ConvolutionallyRestored<T> denoise_convolutional(const Image<T>& image,
                                                 const ConvolutionalDenoiseSettings& settings,
                                                 const FilterModel<T>* model, const Run& run) {
  validate("denoise", settings);
  const Stopwatch watch;
  detail::check_image<T>("denoise", image);
  check_model("denoise", model, image.channels());
  ConvolutionallyRestored<T> result;
  result.sigma = settings.sigma ? *settings.sigma : estimate_noise<T>(image);
  if (result.sigma == 0) result.image = image;
  else restore<T>("denoise", image, {}, settings, 0, model, run, result);
  result.seconds = watch.seconds();
  return result;
}

template <class T>
ConvolutionallyRestored<T> inpaint_convolutional(const Image<T>& image,
                                                 const Image<std::uint8_t>& mask,
                                                 const ConvolutionalInpaintSettings& settings,
                                                 const FilterModel<T>* model, const Run& run) {
  validate("inpaint", settings);
  const Stopwatch watch;
  ConvolutionallyRestored<T> result;
  result.missing = detail::missing_pixels<T>("inpaint", image, mask);
  check_model("inpaint", model, image.channels());
  result.sigma = settings.sigma.value_or(0);
  if (result.missing == 0 && !settings.sigma) {
    result.image = image;
    return result;
  }
  restore<T>("inpaint", image, data_weights_of<T>(mask, result.missing, image.channels()), settings,
             settings.relative_lambda, model, run, result);
  if (!settings.sigma)
    for (std::int64_t i = 0; i < image.size(); ++i)
      if (mask.data()[i / image.channels()]) result.image.data()[i] = image.data()[i];
  result.seconds = watch.seconds();
  return result;
}

#define STRIATE_INSTANTIATE(T)                                                                  \
  template ConvolutionallyRestored<T> denoise_convolutional(                                    \
      const Image<T>&, const ConvolutionalDenoiseSettings&, const FilterModel<T>*, const Run&); \
  template ConvolutionallyRestored<T> inpaint_convolutional(                                    \
      const Image<T>&, const Image<std::uint8_t>&, const ConvolutionalInpaintSettings&,         \
      const FilterModel<T>*, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate
