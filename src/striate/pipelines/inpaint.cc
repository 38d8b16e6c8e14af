#include "striate/pipelines/inpaint.h"

#include <algorithm>
#include <cmath>

#include "striate/core/timing.h"
#include "striate/dictionaries/dct.h"

namespace striate {
namespace {

// Cosines in every mode of the channels (their sum, their differences).
template <class T>
Matrix<T> cosines(const OwnDictionarySettings& own, std::int64_t channels) {
  const int frequencies =
      std::max(own.patch, static_cast<int>(std::lround(std::sqrt(static_cast<double>(own.atoms)))));
  const Matrix<T> grey = dct<T>({.patch = own.patch, .frequencies = frequencies});
  const auto c = static_cast<int>(channels);
  if (c == 1) return grey;
  Matrix<T> all(grey.rows() * channels, grey.columns() * channels);
  for (std::int64_t mode = 0; mode < channels; ++mode)
    for (std::int64_t k = 0; k < grey.columns(); ++k)
      for (std::int64_t i = 0; i < grey.rows(); ++i)
        for (std::int64_t b = 0; b < channels; ++b)
          all(i * channels + b, mode * grey.columns() + k) = static_cast<T>(
              static_cast<double>(grey(i, k)) * std::sqrt((mode == 0 ? 1.0 : 2.0) / c) *
              std::cos(M_PI * static_cast<double>(mode) * (static_cast<double>(b) + 0.5) / c));
  return all;
}

// The frequency of an atom, as far as it has one: |gradient| / |atom|, in half-cycles per patch, which
// for a cosine is its own.
template <class T>
double half_cycles(std::span<const T> atom, std::int64_t side, std::int64_t channels) {
  const std::int64_t width = side * channels;
  double squares = 0, differences = 0;
  for (std::int64_t i = 0; i < std::ssize(atom); ++i) {
    const auto at = [&](std::int64_t k) { return static_cast<double>(atom[std::size_t(k)]); };
    squares += at(i) * at(i);
    if (i % width >= channels) differences += std::pow(at(i) - at(i - channels), 2);
    if (i >= width) differences += std::pow(at(i) - at(i - width), 2);
  }
  if (squares == 0) return 0;
  return static_cast<double>(side) / M_PI * std::sqrt(differences / squares);
}

// What patches with holes are coded with: the atoms, the finer the shorter, as a pursuit by
// correlation prefers long atoms and what is seen of a patch says little of its fine detail; and, for
// every channel, a constant, as the mean of what is seen is not that of the patch.
constexpr double per_half_cycle = 0.3;
template <class T>
Matrix<T> with_constants(const Matrix<T>& atoms, std::int64_t side, std::int64_t channels) {
  Matrix<T> all(atoms.rows(), atoms.columns() + channels);
  for (std::int64_t k = 0; k < atoms.columns(); ++k) {
    const double finer = per_half_cycle * half_cycles(atoms.column(k), side, channels);
    const T scale = static_cast<T>(1 / (1 + finer));
    for (std::int64_t i = 0; i < atoms.rows(); ++i) all(i, k) = scale * atoms(i, k);
  }
  const T value = static_cast<T>(std::sqrt(double(channels) / double(atoms.rows())));
  for (std::int64_t i = 0; i < atoms.rows(); ++i) all(i, atoms.columns() + i % channels) = value;
  return all;
}

template <class T>
class Inpainting {
 public:
  Inpainting(const Image<T>& image, const Image<std::uint8_t>& mask,
             const InpaintSettings& settings)
      : image_(image), mask_(mask), settings_(settings) {
    double sum = 0, squares = 0, count = 0;
    for (std::int64_t i = 0; i < image.size(); ++i) {
      if (!mask.data()[i / image.channels()]) continue;
      const double x = static_cast<double>(image.data()[i]);
      sum += x;
      squares += x * x;
      ++count;
    }
    mean_ = sum / count;
    const double deviation = std::sqrt(std::max(0.0, squares / count - mean_ * mean_));
    error_ = settings.sigma ? settings.patches.error_gain * *settings.sigma
                            : settings.relative_error * deviation;
  }
  double error() const { return error_; }

  Image<T> fill(const Matrix<T>& atoms, std::int64_t side, const Run& run, Inpainted<T>& report) {
    const Stopwatch watch;
    const std::int64_t channels = image_.channels();
    const Matrix<T> dictionary = with_constants(atoms, side, channels);
    const auto corners =
        detail::patch_corners(image_.rows(), image_.columns(), side, settings_.patches.stride);
    Image<std::uint8_t> known = mask_;
    Image<T> out = image_;
    for (std::int64_t i = 0; i < out.size(); ++i)
      if (!known.data()[i / channels]) out.data()[i] = static_cast<T>(mean_);
    report.passes = 0;
    for (bool first = true; report.stopped == StopReason::none; first = false) {
      const auto chosen = to_code(corners, known, side, first && settings_.sigma.has_value());
      if (chosen.empty()) break;
      const auto coded = detail::code_patches<T>(out, dictionary, side, chosen, error_,
                                                 detail::rest_of(run, watch.seconds()), known);
      report.stopped = coded.stopped;
      if (first) report.nonzeros += coded.nonzeros;
      ++report.passes;
      for (std::int64_t i = 0; i < out.size(); ++i) {
        const bool seen = known.data()[i / channels] != 0;
        if (!coded.mean.covers(i) || (seen && !(first && settings_.sigma))) continue;
        out.data()[i] =
            static_cast<T>(seen ? coded.mean.at(i, static_cast<double>(image_.data()[i]),
                                                settings_.patches.noisy_weight)
                                : coded.mean.at(i));
      }
      for (std::int64_t p = 0; p < known.size(); ++p)
        if (coded.mean.covers(p * channels)) known.data()[p] = 1;
    }
    return out;
  }

 private:
  // Patches of which something is known and, unless all are wanted, something not.
  static std::vector<PatchPosition> to_code(const std::vector<PatchPosition>& corners,
                                            const Image<std::uint8_t>& known, std::int64_t side,
                                            bool whole_too) {
    std::vector<PatchPosition> chosen;
    for (const PatchPosition& at : corners) {
      std::int64_t count = 0;
      for (std::int64_t r = 0; r < side; ++r) {
        const std::uint8_t* row = &known(at.row + r, at.column);
        count += std::count_if(row, row + side, [](std::uint8_t x) { return x != 0; });
      }
      if (count > 0 && (whole_too || count < side * side)) chosen.push_back(at);
    }
    return chosen;
  }

  const Image<T>& image_;
  const Image<std::uint8_t>& mask_;
  const InpaintSettings& settings_;
  double mean_ = 0, error_ = 0;
};

}  // namespace

template <class T>
Inpainted<T> inpaint(const Image<T>& image, const Image<std::uint8_t>& mask,
                     const InpaintSettings& settings, const Matrix<T>* atoms, const Run& run) {
  validate("inpaint", settings);
  const Stopwatch watch;
  Inpainted<T> result;
  result.missing = detail::missing_pixels<T>("inpaint", image, mask);
  std::int64_t channels = image.channels();
  const std::int64_t side = atoms ? detail::patch_side("inpaint", atoms->rows(), channels)
                                  : std::int64_t{settings.own.patch};
  if (image.rows() < side || image.columns() < side)
    throw Error("inpaint: image has ", image.rows(), " x ", image.columns(), " pixels; patches of ",
                side, " x ", side, " need at least that many");
  if (settings.patches.stride >= side)
    throw Error("inpaint: stride is ", settings.patches.stride,
                "; it must be less than the side of the patches, ", side,
                ", or holes have no border to be filled from");
  if (result.missing == 0 && !settings.sigma) {
    result.image = image;
    return result;
  }
  const auto rest = [&] { return detail::rest_of(run, watch.seconds()); };
  Inpainting<T> joint(image, mask, settings);
  if (atoms) {
    result.atoms = *atoms;
  } else {
    result.atoms = cosines<T>(settings.own, channels);
    result.image = joint.fill(result.atoms, side, rest(), result);
    if (joint.error() > 0 && result.stopped == StopReason::none) {
      result.atoms =
          detail::own_dictionary("inpaint", result.image, joint.error(), settings.own, rest());
      result.nonzeros = 0;
    } else {
      return result;
    }
  }
  if (channels == image.channels()) {
    result.image = joint.fill(result.atoms, side, rest(), result);
  } else {
    result.image = image;
    for (std::int64_t c = 0; c < image.channels(); ++c) {
      const Image<T> channel = detail::channel_of<T>(image, c);
      detail::put_channel(
          Inpainting<T>(channel, mask, settings).fill(result.atoms, side, rest(), result), c,
          result.image);
    }
    result.nonzeros /= static_cast<double>(image.channels());
  }
  result.seconds = watch.seconds();
  return result;
}

template Inpainted<float> inpaint(const Image<float>&, const Image<std::uint8_t>&,
                                  const InpaintSettings&, const Matrix<float>*, const Run&);
template Inpainted<double> inpaint(const Image<double>&, const Image<std::uint8_t>&,
                                   const InpaintSettings&, const Matrix<double>*, const Run&);

}  // namespace striate
