// linalg/fft/backend.h by ducc0 (Max-Planck-Society, BSD-3): deterministic, without a planner. Its
// own threads and its plan cache are compiled out, so it keeps no state between calls.
#pragma once

#define DUCC0_NO_LOWLEVEL_THREADING
#define DUCC0_NO_FFT_CACHE

#include "ducc0/fft/fftnd_impl.h"
#include "striate/linalg/fft/backend.h"

namespace striate::detail {

template <class T>
void complex_fft(std::complex<T>* data, std::int64_t rows, std::int64_t columns, int axis,
                 FftDirection direction) {
  const ducc0::vfmav<std::complex<T>> array(
      data, {static_cast<std::size_t>(rows), static_cast<std::size_t>(columns)});
  ducc0::c2c<T>(array, array, {static_cast<std::size_t>(axis)}, direction == FftDirection::forward,
                T(1));
}

}  // namespace striate::detail
