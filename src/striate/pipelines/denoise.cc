#include "striate/pipelines/denoise.h"

#include "striate/core/timing.h"
#include "striate/images/noise.h"

namespace striate {
namespace {

template <class T>
Image<T> denoise_with(const Image<T>& image, const Matrix<T>& atoms, std::int64_t side,
                      const PatchCodingSettings& settings, const Run& run, Denoised<T>& report) {
  const auto corners = detail::patch_corners(image.rows(), image.columns(), side, settings.stride);
  const auto coded =
      detail::code_patches<T>(image, atoms, side, corners, settings.error_gain * report.sigma, run);
  report.nonzeros += coded.nonzeros;
  if (report.stopped == StopReason::none) report.stopped = coded.stopped;
  Image<T> out(image);
  for (std::int64_t i = 0; i < out.size(); ++i)
    out.data()[i] = static_cast<T>(
        coded.mean.at(i, static_cast<double>(image.data()[i]), settings.noisy_weight));
  return out;
}

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
  if (settings.patches.stride > side)
    throw Error("denoise: stride is ", settings.patches.stride,
                "; it must be at most the side of the patches, ", side, ", or pixels are left out");
  Denoised<T> result;
  result.sigma = settings.sigma ? *settings.sigma : estimate_noise<T>(image);
  if (result.sigma == 0) {
    result.image = image;
    return result;
  }
  result.atoms =
      atoms ? *atoms
            : detail::own_dictionary("denoise", image, settings.patches.error_gain * result.sigma,
                                     settings.own, run);
  const auto rest = [&] { return detail::rest_of(run, watch.seconds()); };
  if (channels == image.channels()) {
    result.image = denoise_with<T>(image, result.atoms, side, settings.patches, rest(), result);
  } else {
    result.image = image;
    for (std::int64_t c = 0; c < image.channels(); ++c)
      detail::put_channel(denoise_with<T>(detail::channel_of<T>(image, c), result.atoms, side,
                                          settings.patches, rest(), result),
                          c, result.image);
    result.nonzeros /= static_cast<double>(image.channels());
  }
  result.seconds = watch.seconds();
  return result;
}

template Denoised<float> denoise(const Image<float>&, const DenoiseSettings&, const Matrix<float>*,
                                 const Run&);
template Denoised<double> denoise(const Image<double>&, const DenoiseSettings&,
                                  const Matrix<double>*, const Run&);

}  // namespace striate
