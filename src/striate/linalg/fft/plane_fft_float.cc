// Single precision, apart because ducc0's templates take long to compile.
#include "striate/linalg/fft/plane_fft.inl"

template class striate::PlaneFft<float>;
