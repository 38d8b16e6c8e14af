#include "striate/pipelines/patch_restoration.h"

#include <algorithm>
#include <cmath>

#include "striate/dictionaries/dct.h"
#include "striate/learning/learn.h"

namespace striate::detail {

template <class T>
void check_image(std::string_view who, ImageView<const T> image,
                 const std::vector<std::uint8_t>& mask) {
  if (image.size() == 0) throw Error(who, ": image has no pixels");
  for (std::int64_t i = 0; i < image.size(); ++i)
    if (!std::isfinite(image.data[i]) &&
        (mask.empty() || mask[static_cast<std::size_t>(i / image.channels)]))
      throw Error(who, ": image has a value that is not finite at row ",
                  i / image.channels / image.columns, ", column ",
                  i / image.channels % image.columns, "; all must be numbers");
}

std::int64_t patch_side(std::string_view who, std::int64_t rows, std::int64_t& channels) {
  for (const std::int64_t joined : {channels, std::int64_t{1}}) {
    const std::int64_t side =
        std::llround(std::sqrt(static_cast<double>(rows) / static_cast<double>(joined)));
    if (side * side * joined != rows) continue;
    channels = joined;
    return side;
  }
  throw Error(who, ": model has atoms of ", rows, " values; an image of ", channels,
              " channels needs a square number, or that times ", channels);
}

template <class T>
Matrix<T> own_dictionary(std::string_view who, const Image<T>& image, double lambda,
                         const OwnDictionarySettings& settings, const Run& run) {
  const int patch = settings.patch;
  const std::int64_t positions = (image.rows() - patch + 1) * (image.columns() - patch + 1);
  const bool all = positions <= settings.training_patches;
  const PatchSource<T> patches({image}, {.patch = patch,
                                         .sampling = all ? Sampling::all : Sampling::random,
                                         .count = settings.training_patches,
                                         .border = 0,
                                         .remove_mean = true,
                                         .seed = settings.seed});
  LearnSettings learning{.atoms = settings.atoms,
                         .lambda = lambda,
                         .initial = Initial::random,
                         .epochs = settings.epochs,
                         .held_out = 0,
                         .seed = settings.seed};
  Matrix<T> initial;
  const int frequencies = static_cast<int>(std::lround(std::sqrt(double(settings.atoms))));
  const bool cosines = image.channels() == 1 && frequencies >= patch &&
                       std::int64_t{frequencies} * frequencies == settings.atoms;
  if (cosines) initial = dct<T>({.patch = patch, .frequencies = frequencies});
  try {
    return learn<T>(patches, learning, cosines ? &initial : nullptr, run).atoms;
  } catch (const Error& error) {
    throw Error(who, ": learning on the image: ", error.what());
  }
}

template <class T>
void PatchAverage<T>::add(std::span<const T> patch, std::int64_t side, std::int64_t row,
                          std::int64_t column, double mean, double weight) {
  const std::int64_t width = side * channels_;
  for (std::int64_t r = 0; r < side; ++r) {
    const auto start = static_cast<std::size_t>(((row + r) * columns_ + column) * channels_);
    for (std::int64_t c = 0; c < width; ++c) {
      sums_[start + std::size_t(c)] += weight * (double(patch[std::size_t(r * width + c)]) + mean);
      weights_[start + std::size_t(c)] += weight;
    }
  }
}

template <class T>
double PatchAverage<T>::at(std::int64_t i, double prior, double prior_weight) const {
  const auto k = static_cast<std::size_t>(i);
  const double weight = weights_[k] + prior_weight;
  return weight > 0 ? (sums_[k] + prior_weight * prior) / weight : prior;
}

std::vector<PatchPosition> patch_corners(std::int64_t rows, std::int64_t columns, std::int64_t side,
                                         std::int64_t stride) {
  const auto along = [&](std::int64_t length) {
    std::vector<std::int64_t> places;
    for (std::int64_t k = 0; k < length - side; k += stride) places.push_back(k);
    places.push_back(length - side);
    return places;
  };
  std::vector<PatchPosition> corners;
  for (std::int64_t row : along(rows))
    for (std::int64_t column : along(columns))
      corners.push_back({.image = 0, .row = row, .column = column});
  return corners;
}

template <class T>
Image<T> channel_of(ImageView<const T> image, std::int64_t c) {
  Image<T> channel(image.rows, image.columns);
  for (std::int64_t i = 0; i < channel.size(); ++i)
    channel.data()[i] = image.data[i * image.channels + c];
  return channel;
}

template <class T>
void put_channel(const Image<T>& from, std::int64_t c, Image<T>& image) {
  for (std::int64_t i = 0; i < from.size(); ++i)
    image.data()[i * image.channels() + c] = from.data()[i];
}

Run rest_of(const Run& run, double seconds) {
  Run rest = run;
  rest.max_seconds = std::max(0.0, run.max_seconds - seconds);
  return rest;
}

#define STRIATE_INSTANTIATE(T)                                                 \
  template void check_image(std::string_view, ImageView<const T>,              \
                            const std::vector<std::uint8_t>&);                 \
  template Matrix<T> own_dictionary(std::string_view, const Image<T>&, double, \
                                    const OwnDictionarySettings&, const Run&); \
  template class PatchAverage<T>;                                              \
  template Image<T> channel_of(ImageView<const T>, std::int64_t);              \
  template void put_channel(const Image<T>&, std::int64_t, Image<T>&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate::detail
