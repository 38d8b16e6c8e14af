#include "striate/pipelines/denoise.h"

#include <algorithm>

#include "striate/core/parallel.h"
#include "striate/core/timing.h"
#include "striate/images/noise.h"
#include "striate/solvers/omp.h"

namespace striate {
namespace {

constexpr std::int64_t patches_per_block = 32768;

// The image with one dictionary whose patches join all its channels.
template <class T>
class PatchDenoising {
 public:
  PatchDenoising(const Image<T>& image, const DenoiseSettings& settings, double sigma,
                 const Matrix<T>& atoms, std::int64_t side)
      : image_(image),
        settings_(settings),
        dictionary_(atoms),
        side_(side),
        mean_(image),
        corners_(detail::patch_corners(image.rows(), image.columns(), side, settings.stride)),
        target_(static_cast<double>(atoms.rows()) * settings.error_gain * sigma *
                settings.error_gain * sigma) {}

  Image<T> solve(const Run& run, const Stopwatch& watch, Denoised<T>& report) {
    const auto total = std::ssize(corners_);
    std::int64_t nonzeros = 0, done = 0;
    while (done < total && report.stopped == StopReason::none) {
      const std::int64_t count = std::min(patches_per_block, total - done);
      nonzeros += add_block(done, count, detail::rest_of(run, watch.seconds()), report);
      done += count;
    }
    report.nonzeros =
        static_cast<double>(nonzeros) / static_cast<double>(std::max<std::int64_t>(done, 1));
    Image<T> out(image_);
    for (std::int64_t i = 0; i < out.size(); ++i)
      out.data()[i] = static_cast<T>(
          mean_.at(i, static_cast<double>(image_.data()[i]), settings_.noisy_weight));
    return out;
  }

 private:
  std::int64_t add_block(std::int64_t first, std::int64_t count, const Run& run,
                         Denoised<T>& report) {
    Matrix<T> patches(dictionary_.rows(), count);
    std::vector<double> means(static_cast<std::size_t>(count));
    for_parts(count,
              [&](std::int64_t j) { means[std::size_t(j)] = read(first + j, patches.column(j)); });
    const Encoding<T> coded = omp<T>(dictionary_, patches, {.residual = target_}, run);
    for_parts(count, [&](std::int64_t j) {
      const auto code = coded.codes[j];
      synthesize<T>(dictionary_, code.indices, code.values, patches.column(j));
    });
    for (std::int64_t j = 0; j < count; ++j) {
      const Status status = coded.info.signals[std::size_t(j)].status;
      if (status == Status::stopped) report.stopped = StopReason::stopped;
      else if (status == Status::time_limit) report.stopped = StopReason::time_limit;
      else {
        const PatchPosition& at = corners_[std::size_t(first + j)];
        mean_.add(patches.column(j), side_, at.row, at.column, means[std::size_t(j)], 1);
      }
    }
    return coded.codes.nonzeros();
  }

  template <class F>
  static void for_parts(std::int64_t count, const F& f) {
    constexpr std::int64_t part = 1024;
    parallel_for((count + part - 1) / part, [&](std::int64_t p, int) {
      for (std::int64_t j = p * part; j < std::min(count, (p + 1) * part); ++j) f(j);
    });
  }

  // Patch number i without its mean, which is returned.
  double read(std::int64_t i, std::span<T> out) const {
    const PatchPosition& at = corners_[std::size_t(i)];
    const std::int64_t width = side_ * image_.channels();
    double sum = 0;
    for (std::int64_t r = 0; r < side_; ++r) {
      const T* row = &image_(at.row + r, at.column);
      for (std::int64_t c = 0; c < width; ++c) {
        out[std::size_t(r * width + c)] = row[c];
        sum += static_cast<double>(row[c]);
      }
    }
    const double mean = sum / static_cast<double>(out.size());
    for (T& x : out) x = static_cast<T>(static_cast<double>(x) - mean);
    return mean;
  }

  const Image<T>& image_;
  const DenoiseSettings& settings_;
  const Dictionary<T> dictionary_;
  std::int64_t side_;
  detail::PatchAverage<T> mean_;
  std::vector<PatchPosition> corners_;
  double target_;
};

}  // namespace

template <class T>
Denoised<T> denoise(const Image<T>& image, const DenoiseSettings& settings, const Matrix<T>* atoms,
                    const Run& run) {
  validate("denoise", settings);
  const Stopwatch watch;
  detail::check_image<T>("denoise", image);
  std::int64_t channels = image.channels();
  const std::int64_t side = atoms ? detail::patch_side("denoise", atoms->rows(), channels)
                                  : std::int64_t{settings.own.patch};
  if (image.rows() < side || image.columns() < side)
    throw Error("denoise: image has ", image.rows(), " x ", image.columns(), " pixels; patches of ",
                side, " x ", side, " need at least that many");
  if (settings.stride > side)
    throw Error("denoise: stride is ", settings.stride,
                "; it must be at most the side of the patches, ", side, ", or pixels are left out");
  Denoised<T> result;
  result.sigma = settings.sigma ? *settings.sigma : estimate_noise<T>(image);
  if (result.sigma == 0) {
    result.image = image;
    return result;
  }
  result.atoms =
      atoms ? *atoms
            : detail::own_dictionary("denoise", image, settings.learning_threshold * result.sigma,
                                     settings.own, run);
  if (channels == image.channels()) {
    result.image = PatchDenoising<T>(image, settings, result.sigma, result.atoms, side)
                       .solve(run, watch, result);
  } else {
    result.image = image;
    double nonzeros = 0;
    for (std::int64_t c = 0; c < image.channels(); ++c) {
      const Image<T> channel = detail::channel_of<T>(image, c);
      detail::put_channel(PatchDenoising<T>(channel, settings, result.sigma, result.atoms, side)
                              .solve(run, watch, result),
                          c, result.image);
      nonzeros += result.nonzeros / static_cast<double>(image.channels());
    }
    result.nonzeros = nonzeros;
  }
  result.seconds = watch.seconds();
  return result;
}

template Denoised<float> denoise(const Image<float>&, const DenoiseSettings&, const Matrix<float>*,
                                 const Run&);
template Denoised<double> denoise(const Image<double>&, const DenoiseSettings&,
                                  const Matrix<double>*, const Run&);

}  // namespace striate
