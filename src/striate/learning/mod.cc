#include "striate/learning/mod.h"

#include <cmath>

#include "striate/linalg/cholesky.h"

namespace striate {

namespace detail {

template <class T>
std::vector<double> mod_update(double ridge, const Matrix<T>& a, const Matrix<T>& b,
                               Matrix<T>& atoms) {
  const std::int64_t m = atoms.rows(), n = atoms.columns();
  std::vector<double> norms(static_cast<std::size_t>(n), 1.0);
  double mean = 0;
  for (std::int64_t k = 0; k < n; ++k) mean += static_cast<double>(a(k, k)) / double(n);
  if (!(mean > 0)) return norms;  // all codes empty

  Matrix<double> factor(n, n);
  do {
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t i = 0; i < n; ++i)
        factor(i, j) = static_cast<double>(a(i, j)) + (i == j ? ridge * mean : 0);
    ridge *= 10;
  } while (!cholesky_factor<double>(factor, 1e-12));

  Matrix<double> rows(n, m);  // D'
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t k = 0; k < n; ++k) rows(k, i) = static_cast<double>(b(i, k));
    cholesky_solve<double>(factor, rows.column(i));
  }
  for (std::int64_t k = 0; k < n; ++k) {
    double square = 0;
    for (std::int64_t i = 0; i < m; ++i) square += rows(k, i) * rows(k, i);
    if (!(a(k, k) > 0) || !(square > 0)) continue;
    norms[static_cast<std::size_t>(k)] = std::sqrt(square);
    for (std::int64_t i = 0; i < m; ++i)
      atoms(i, k) = static_cast<T>(rows(k, i) / std::sqrt(square));
  }
  return norms;
}

template std::vector<double> mod_update(double, const Matrix<float>&, const Matrix<float>&,
                                        Matrix<float>&);
template std::vector<double> mod_update(double, const Matrix<double>&, const Matrix<double>&,
                                        Matrix<double>&);

}  // namespace detail

template <class T>
void ModLearner<T>::improve(const SignalSource<T>& source, const Run& run) {
  Matrix<T> a, b;
  this->add_up(source, a, b, run);
  const auto norms = detail::mod_update(this->settings_.mod.ridge, a, b, this->atoms_);
  const auto values = this->codes_.values();
  for (std::size_t e = 0; e < values.size(); ++e)
    values[e] *= static_cast<T>(norms[static_cast<std::size_t>(this->codes_.indices()[e])]);
}

template class ModLearner<float>;
template class ModLearner<double>;

}  // namespace striate
