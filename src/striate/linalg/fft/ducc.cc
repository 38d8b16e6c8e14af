// Double precision, and the parts of ducc0 that are not templates.
#include "striate/linalg/fft/ducc.inl"

#include "ducc0/infra/mav.cc"
#include "ducc0/infra/string_utils.cc"
#include "ducc0/infra/threading.cc"

template void striate::detail::complex_fft(std::complex<double>*, std::int64_t, std::int64_t, int,
                                           FftDirection);
