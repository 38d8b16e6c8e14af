#include "striate/pipelines/image_preparation.h"

#include <algorithm>
#include <cmath>

#include "striate/images/disc_mask.h"
#include "striate/images/local_contrast.h"
#include "striate/images/tikhonov.h"
#include "striate/images/whiten.h"

namespace striate {
namespace {

constexpr double least_seen = 1e-6;  // of a pixel's neighbourhood, for its mean to be believed
constexpr double widening = 16, widest = 1e12;
// Of whitening, as a part of the largest: lower gains are hardly undone, or the errors of a code
// would grow by more than 1 / (2 least_gain) there.
constexpr double least_gain = 0.1;

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
    if (most == 0 && !preparation.changes_nothing())
      throw Error("prepare_image: all weights are 0; at least one pixel must be seen");
  }
  if (std::ranges::count(all, T(0)) == 0) return;
  if (preparation.whiten != ImageWhitening::none)
    throw Error("prepare_image: whiten is ",
                EnumNames<ImageWhitening>::names[std::size_t(preparation.whiten)],
                "; whitening needs every pixel, so with unseen ones it must be none");
  if (preparation.contrast > 0)
    throw Error("prepare_image: contrast is ", preparation.contrast,
                "; local contrast needs every pixel, so with unseen ones it must be 0");
}

WhiteningState whitening_of(const ImagePreparation& preparation) {
  return {.settings = {.cutoff = preparation.cutoff,
                       .exponent = preparation.exponent,
                       .scale = WhitenScale::gain}};
}

template <class T>
void add(Image<T>& to, const Image<T>& more) {
  for (std::int64_t i = 0; i < to.size(); ++i) to.data()[i] += more.data()[i];
}

// Whitened, with what cannot be had back from it.
template <class T>
void whiten_image(PreparedImage<T>& prepared, const ImagePreparation& preparation) {
  const WhiteningState state = whitening_of(preparation);
  Image<T> white = whiten(prepared.image, state);
  prepared.lost = std::move(prepared.image);
  const Image<T> back = unwhiten(white, state, least_gain);
  for (std::int64_t i = 0; i < back.size(); ++i) prepared.lost.data()[i] -= back.data()[i];
  if (prepared.background.size() > 0) add(prepared.lost, prepared.background);  // of the high-pass
  prepared.background = {};
  prepared.image = std::move(white);
}

template <class T>
void mask_disc(PreparedImage<T>& prepared) {
  Image<T>& image = prepared.image;
  const Image<T> disc = disc_weights<T>(image.rows(), image.columns());
  if (prepared.gain.size() == 0) {
    prepared.gain = Image<T>(image.rows(), image.columns(), image.channels());
    std::fill_n(prepared.gain.data(), image.size(), T(1));
  }
  image = disc_mask(image);
  for (std::int64_t i = 0; i < image.size(); ++i) {
    const T w = disc.data()[i / image.channels()];
    T& gain = prepared.gain.data()[i];
    gain = w >= static_cast<T>(least_disc_weight) ? gain / w : T(0);
  }
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
  PreparedImage<T> prepared{weighted ? seen_part(image, data_weights) : image};
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
  if (preparation.whiten != ImageWhitening::none) whiten_image(prepared, preparation);
  if (preparation.contrast > 0) {
    LocalContrast<T> local =
        local_contrast_normalize(prepared.image, {.radius = preparation.contrast});
    prepared.image = std::move(local.image);
    prepared.gain = std::move(local.divisor);
    if (prepared.background.size() == 0) prepared.background = std::move(local.mean);
    else add(prepared.background, local.mean);
  }
  if (preparation.disc_mask) mask_disc(prepared);
  return prepared;
}

template <class T>
Image<T> restore_image(const Image<T>& coded, const PreparedImage<T>& away,
                       const ImagePreparation& preparation) {
  Image<T> image = coded;
  for (const auto& [name, part] :
       {std::pair{"background", &away.background}, {"gain", &away.gain}, {"lost part", &away.lost}})
    if (part->size() > 0 && !same_shape(coded, *part))
      throw Error("restore_image: the ", name, " is ", part->rows(), " x ", part->columns(), " x ",
                  part->channels(), ", the image ", coded.rows(), " x ", coded.columns(), " x ",
                  coded.channels(), "; they must agree");
  if (away.gain.size() > 0)
    for (std::int64_t i = 0; i < image.size(); ++i) image.data()[i] *= away.gain.data()[i];
  if (away.background.size() > 0) add(image, away.background);
  if (away.lost.size() == 0) return image;
  image = unwhiten(image, whitening_of(preparation), least_gain);
  add(image, away.lost);
  return image;
}

#define STRIATE_INSTANTIATE(T)                                                      \
  template PreparedImage<T> prepare_image(const Image<T>&, const ImagePreparation&, \
                                          const Image<T>&);                         \
  template Image<T> restore_image(const Image<T>&, const PreparedImage<T>&,         \
                                  const ImagePreparation&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate
