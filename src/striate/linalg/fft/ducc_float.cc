// Single precision, apart because ducc0's templates take long to compile.
#include "striate/linalg/fft/ducc.inl"

template void striate::detail::complex_fft(std::complex<float>*, std::int64_t, std::int64_t, int,
                                           FftDirection);
