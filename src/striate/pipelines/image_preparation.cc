#include "striate/pipelines/image_preparation.h"

#include <algorithm>
#include <cmath>

#include "striate/images/local_contrast.h"
#include "striate/images/tikhonov.h"

namespace striate {
namespace {

constexpr double least_seen = 1e-6;  // of a pixel's neighbourhood, for its mean to be believed
constexpr double widening = 16, widest = 1e12;

template <class T>
bool same_shape(const Image<T>& a, const Image<T>& b) {
  return a.rows() == b.rows() && a.columns() == b.columns() && a.channels() == b.channels();
}

template <class T>
void check_weights(const Image<T>& image, const Image<T>& weights,
                   const ImagePreparation& preparation) {
  if (!same_shape(image, weights))
    throw Error("prepare_image: weights are ", weights.rows(), " x ", weights.columns(), " x ",
                weights.channels(), "; they must be ", image.rows(), " x ", image.columns(), " x ",
                image.channels(), " as the image");
  const std::span<const T> all(weights.data(), static_cast<std::size_t>(weights.size()));
  for (const T w : all)
    if (!(w >= 0) || !std::isfinite(w))
      throw Error("prepare_image: weights hold ", w, "; each must be finite and at least 0");
  for (std::int64_t channel = 0; channel < image.channels(); ++channel) {
    T most = 0;
    for (std::int64_t i = channel; i < weights.size(); i += image.channels())
      most = std::max(most, weights.data()[i]);
    if (most == 0) throw Error("prepare_image: all weights are 0; at least one pixel must be seen");
  }
  if (preparation.contrast > 0 && std::ranges::count(all, T(0)) > 0)
    throw Error("prepare_image: contrast is ", preparation.contrast,
                "; local contrast needs every pixel, so with unseen ones it must be 0");
}

// The image with 0 where nothing is seen.
template <class T>
Image<T> seen_part(const Image<T>& image, const Image<T>& weights) {
  Image<T> seen = image;
  for (std::int64_t i = 0; i < seen.size(); ++i)
    if (weights.data()[i] == 0) seen.data()[i] = 0;
  return seen;
}

// Slow changes of the values that are seen.
template <class T>
Image<T> low_of_seen(const Image<T>& image, const Image<T>& weights, TikhonovSettings settings) {
  Image<T> weighted = image;
  for (std::int64_t i = 0; i < image.size(); ++i) weighted.data()[i] *= weights.data()[i];
  Image<T> low(image.rows(), image.columns(), image.channels());
  std::vector<bool> known(static_cast<std::size_t>(image.size()));
  const T most = *std::max_element(weights.data(), weights.data() + weights.size());
  for (bool all = false; !all; settings.gradient_weight *= widening) {
    const Image<T> sums = tikhonov_highpass(weighted, settings).low;
    const Image<T> parts = tikhonov_highpass(weights, settings).low;
    const bool last = settings.gradient_weight > widest;  // everything is near everything
    all = true;
    for (std::int64_t i = 0; i < image.size(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      const T part = parts.data()[i];
      if (!known[at] && (last || part >= static_cast<T>(least_seen) * most)) {
        low.data()[i] = part > 0 ? sums.data()[i] / part : T(0);
        known[at] = true;
      }
      all = all && known[at];
    }
  }
  return low;
}

}  // namespace

template <class T>
PreparedImage<T> prepare_image(const Image<T>& image, const ImagePreparation& preparation,
                               const Image<T>& data_weights) {
  validate("prepare_image", preparation);
  const bool weighted = data_weights.size() > 0;
  if (weighted) check_weights(image, data_weights, preparation);
  PreparedImage<T> prepared{weighted ? seen_part(image, data_weights) : image, {}, {}};
  for (std::int64_t i = 0; i < image.size(); ++i)
    if (!std::isfinite(prepared.image.data()[i]))
      throw Error("prepare_image: the value at row ", i / (image.columns() * image.channels()),
                  ", column ", i / image.channels() % image.columns(),
                  " is NaN or infinity; all that count must be finite");
  if (const double weight = preparation.highpass_in_force(); weight > 0) {
    const TikhonovSettings settings{.gradient_weight = weight,
                                    .padding = preparation.highpass_padding};
    if (weighted) {
      prepared.background = low_of_seen(prepared.image, data_weights, settings);
      for (std::int64_t i = 0; i < image.size(); ++i)
        if (data_weights.data()[i] > 0) prepared.image.data()[i] -= prepared.background.data()[i];
    } else {
      Highpassed<T> split = tikhonov_highpass(prepared.image, settings);
      prepared.image = std::move(split.high);
      prepared.background = std::move(split.low);
    }
  }
  if (preparation.contrast > 0) {
    LocalContrast<T> local =
        local_contrast_normalize(prepared.image, {.radius = preparation.contrast});
    prepared.image = std::move(local.image);
    prepared.gain = std::move(local.divisor);
    if (prepared.background.size() == 0) prepared.background = std::move(local.mean);
    else
      for (std::int64_t i = 0; i < image.size(); ++i)
        prepared.background.data()[i] += local.mean.data()[i];
  }
  return prepared;
}

template <class T>
Image<T> restore_image(const Image<T>& coded, const Image<T>& background, const Image<T>& gain) {
  Image<T> image = coded;
  for (const auto& [name, part] : {std::pair{"background", &background}, {"gain", &gain}})
    if (part->size() > 0 && !same_shape(coded, *part))
      throw Error("restore_image: the ", name, " is ", part->rows(), " x ", part->columns(), " x ",
                  part->channels(), ", the image ", coded.rows(), " x ", coded.columns(), " x ",
                  coded.channels(), "; they must agree");
  for (std::int64_t i = 0; i < image.size(); ++i) {
    if (gain.size() > 0) image.data()[i] *= gain.data()[i];
    if (background.size() > 0) image.data()[i] += background.data()[i];
  }
  return image;
}

#define STRIATE_INSTANTIATE(T)                                                      \
  template PreparedImage<T> prepare_image(const Image<T>&, const ImagePreparation&, \
                                          const Image<T>&);                         \
  template Image<T> restore_image(const Image<T>&, const Image<T>&, const Image<T>&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate
