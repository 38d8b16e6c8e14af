#include "striate/linalg/fft/plane_fft.inl"

template class striate::PlaneFft<double>;
