#include "striate/pipelines/patch_restoration.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "striate/core/parallel.h"
#include "striate/core/timing.h"
#include "striate/dictionaries/dct.h"
#include "striate/learning/learn.h"
#include "striate/solvers/data_weights.h"
#include "striate/solvers/omp.h"

namespace striate::detail {

template <class T>
void check_image(std::string_view who, ImageView<const T> image,
                 ImageView<const std::uint8_t> mask) {
  if (image.size() == 0) throw Error(who, ": image has no pixels");
  for (std::int64_t i = 0; i < image.size(); ++i)
    if (!std::isfinite(image.data[i]) && (mask.size() == 0 || mask.data[i / image.channels]))
      throw Error(who, ": image has a value that is not finite at row ",
                  i / image.channels / image.columns, ", column ",
                  i / image.channels % image.columns, "; all must be numbers");
}

template <class T>
std::int64_t missing_pixels(std::string_view who, ImageView<const T> image,
                            ImageView<const std::uint8_t> mask) {
  if (mask.rows != image.rows || mask.columns != image.columns || mask.channels != 1)
    throw Error(who, ": mask has ", mask.rows, " x ", mask.columns, " pixels and ", mask.channels,
                " channels; it must have ", image.rows, " x ", image.columns, " and 1");
  check_image(who, image, mask);
  const std::int64_t missing = std::count(mask.data, mask.data + mask.size(), std::uint8_t{0});
  if (missing == mask.size())
    throw Error(who, ": mask says that no pixel is seen; at least one must be");
  return missing;
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
Matrix<T> own_dictionary(std::string_view who, const Image<T>& image, double error,
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
  LearnSettings learning{.method = LearningMethod::ksvd,
                         .coder = Coder::omp,
                         .atoms = settings.atoms,
                         .residual = static_cast<double>(patches.dimension()) * error * error,
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

namespace {

constexpr std::int64_t patches_per_block = 32768;

template <class F>
void for_parts(std::int64_t count, const F& f) {
  constexpr std::int64_t part = 1024;
  parallel_for((count + part - 1) / part, [&](std::int64_t p, int) {
    for (std::int64_t j = p * part; j < std::min(count, (p + 1) * part); ++j) f(j);
  });
}

// The patch at `at` less the mean of its known values, which is returned with their number; unknown
// values are 0, and `weights`, where there are any, 0 for them and 1 for the others.
template <class T>
std::pair<double, double> read_patch(ImageView<const T> image, ImageView<const std::uint8_t> known,
                                     std::int64_t side, const PatchPosition& at, std::span<T> out,
                                     std::span<T> weights) {
  const std::int64_t width = side * image.channels;
  double sum = 0, count = 0;
  for (std::int64_t r = 0; r < side; ++r) {
    const T* row = &image(at.row + r, at.column);
    for (std::int64_t c = 0; c < width; ++c) {
      const auto i = std::size_t(r * width + c);
      const bool seen = weights.empty() || known(at.row + r, at.column + c / image.channels) != 0;
      if (!weights.empty()) weights[i] = seen ? T(1) : T(0);
      out[i] = seen ? row[c] : T(0);
      sum += static_cast<double>(out[i]);
      count += seen;
    }
  }
  const double mean = count > 0 ? sum / count : 0;
  for (std::size_t i = 0; i < out.size(); ++i)
    if (weights.empty() || weights[i] > 0)
      out[i] = static_cast<T>(static_cast<double>(out[i]) - mean);
  return {mean, count};
}

}  // namespace

template <class T>
CodedPatches<T> code_patches(ImageView<const T> image, const Matrix<T>& atoms, std::int64_t side,
                             std::span<const PatchPosition> corners, double error, const Run& run,
                             ImageView<const std::uint8_t> known) {
  const Stopwatch watch;
  const Dictionary<T> dictionary(atoms);
  const bool masked = known.size() > 0;
  CodedPatches<T> result{.mean = PatchAverage<T>(image)};
  const auto total = std::ssize(corners);
  std::int64_t nonzeros = 0, done = 0;
  while (done < total && result.stopped == StopReason::none) {
    const std::int64_t count = std::min(patches_per_block, total - done);
    Matrix<T> patches(dictionary.rows(), count), weights(masked ? dictionary.rows() : 0, count);
    std::vector<double> means(static_cast<std::size_t>(count)), counts(means), targets(means);
    for_parts(count, [&](std::int64_t j) {
      const auto k = static_cast<std::size_t>(j);
      std::tie(means[k], counts[k]) =
          read_patch<T>(image, known, side, corners[std::size_t(done + j)], patches.column(j),
                        masked ? weights.column(j) : std::span<T>());
      targets[k] = counts[k] * error * error;
    });
    const Run rest = rest_of(run, watch.seconds());
    const Encoding<T> coded =
        masked ? encode_weighted(omp<T>, dictionary, patches, {.residual = targets}, weights, rest)
               : omp<T>(dictionary, patches, {.residual = targets}, rest);
    for_parts(count, [&](std::int64_t j) {
      const auto code = coded.codes[j];
      synthesize<T>(dictionary, code.indices, code.values, patches.column(j));
    });
    for (std::int64_t j = 0; j < count; ++j) {
      const auto k = static_cast<std::size_t>(j);
      const Status status = coded.info.signals[k].status;
      if (status == Status::stopped) result.stopped = StopReason::stopped;
      else if (status == Status::time_limit) result.stopped = StopReason::time_limit;
      else {
        const PatchPosition& at = corners[std::size_t(done + j)];
        result.mean.add(patches.column(j), side, at.row, at.column, means[k],
                        masked ? counts[k] : 1);
      }
    }
    nonzeros += coded.codes.nonzeros();
    done += count;
  }
  result.nonzeros =
      static_cast<double>(nonzeros) / static_cast<double>(std::max<std::int64_t>(done, 1));
  return result;
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

#define STRIATE_INSTANTIATE(T)                                                                    \
  template void check_image(std::string_view, ImageView<const T>, ImageView<const std::uint8_t>); \
  template std::int64_t missing_pixels(std::string_view, ImageView<const T>,                      \
                                       ImageView<const std::uint8_t>);                            \
  template Matrix<T> own_dictionary(std::string_view, const Image<T>&, double,                    \
                                    const OwnDictionarySettings&, const Run&);                    \
  template class PatchAverage<T>;                                                                 \
  template CodedPatches<T> code_patches(ImageView<const T>, const Matrix<T>&, std::int64_t,       \
                                        std::span<const PatchPosition>, double, const Run&,       \
                                        ImageView<const std::uint8_t>);                           \
  template Image<T> channel_of(ImageView<const T>, std::int64_t);                                 \
  template void put_channel(const Image<T>&, std::int64_t, Image<T>&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate::detail
