#include "striate/linalg/growing_cholesky.h"

#include <algorithm>
#include <cmath>

#include "striate/core/errors.h"
#include "striate/linalg/kernels.h"

namespace striate {

bool GrowingCholesky::append(std::span<const double> products, double square, double least_pivot) {
  if (static_cast<int>(products.size()) != size_)
    throw Error("GrowingCholesky: ", products.size(), " products; there are ", size_, " members");
  const auto needed = static_cast<std::size_t>(offset(size_ + 1));
  if (rows_.size() < needed) rows_.resize(needed);
  double* l = row(size_);
  double pivot = square;
  for (int i = 0; i < size_; ++i) {
    const double* other = row(i);
    l[i] = (products[static_cast<std::size_t>(i)] - dot<double>(i, other, l)) / other[i];
    pivot -= l[i] * l[i];
  }
  if (!(pivot > least_pivot * square)) return false;
  l[size_++] = std::sqrt(pivot);
  return true;
}

void GrowingCholesky::remove(int member) {
  if (member < 0 || member >= size_)
    throw Error("GrowingCholesky: member ", member, " of ", size_, "; there is none");
  rotations_.clear();
  for (int i = member; i + 1 < size_; ++i) {
    double* from = row(i + 1);
    for (int t = member; t < i; ++t) {
      const double c = rotations_[static_cast<std::size_t>(2 * (t - member))];
      const double s = rotations_[static_cast<std::size_t>(2 * (t - member) + 1)];
      const double left = from[t], right = from[t + 1];
      from[t] = c * left + s * right;
      from[t + 1] = c * right - s * left;
    }
    const double radius = std::hypot(from[i], from[i + 1]);
    rotations_.push_back(from[i] / radius);
    rotations_.push_back(from[i + 1] / radius);
    from[i] = radius;
    std::copy_n(from, i + 1, row(i));
  }
  --size_;
}

void GrowingCholesky::solve(std::span<double> x) const {
  if (static_cast<int>(x.size()) != size_)
    throw Error("GrowingCholesky: a vector of ", x.size(), "; there are ", size_, " members");
  for (int i = 0; i < size_; ++i) {
    double& here = x[static_cast<std::size_t>(i)];
    here = (here - dot<double>(i, row(i), x.data())) / row(i)[i];
  }
  for (int i = size_ - 1; i >= 0; --i) {
    double& here = x[static_cast<std::size_t>(i)];
    here /= row(i)[i];
    axpy(i, -here, row(i), x.data());
  }
}

}  // namespace striate
