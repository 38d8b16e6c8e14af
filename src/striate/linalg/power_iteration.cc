#include "striate/linalg/power_iteration.h"

#include <algorithm>
#include <cmath>

#include "striate/core/random.h"
#include "striate/linalg/kernels.h"

namespace striate {

template <class T>
double largest_eigenvalue(MatrixView<const T> d) {
  double trace = 0;
  for (std::int64_t k = 0; k < d.columns; ++k)
    trace += dot<double>(d.rows, d.column(k).data(), d.column(k).data());
  if (!(trace > 0)) return 0;

  // Iterates on D D', whose nonzero eigenvalues are the same: v has m elements.
  std::vector<double> v(static_cast<std::size_t>(d.rows)), next(v.size());
  Random random(0, stream("largest_eigenvalue"));
  for (double& x : v) x = random.normal();
  double eigenvalue = 0;
  for (int iteration = 0; iteration < 500; ++iteration) {
    const double norm = std::sqrt(dot<double>(d.rows, v.data(), v.data()));
    if (norm == 0) break;
    for (double& x : v) x /= norm;
    std::ranges::fill(next, 0.0);
    for (std::int64_t k = 0; k < d.columns; ++k) {
      const T* atom = d.column(k).data();
      double product = 0;
      for (std::int64_t i = 0; i < d.rows; ++i) product += atom[i] * v[static_cast<std::size_t>(i)];
      for (std::int64_t i = 0; i < d.rows; ++i)
        next[static_cast<std::size_t>(i)] += product * atom[i];
    }
    const double before = eigenvalue;
    eigenvalue = dot<double>(d.rows, v.data(), next.data());
    v.swap(next);
    if (std::abs(eigenvalue - before) <= 1e-4 * eigenvalue) break;
  }
  return std::min(1.05 * eigenvalue, trace);
}

template double largest_eigenvalue(MatrixView<const float>);
template double largest_eigenvalue(MatrixView<const double>);

}  // namespace striate
