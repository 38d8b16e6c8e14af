#include "tests/problems/judge.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace striate {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}
double norm(std::span<const double> a) { return std::sqrt(dot(a, a)); }

std::vector<double> adjoint(const Matrix<double>& D, std::span<const double> r) {
  std::vector<double> c(static_cast<std::size_t>(D.columns()));
  for (std::int64_t k = 0; k < D.columns(); ++k)
    c[static_cast<std::size_t>(k)] = dot(D.column(k), r);
  return c;
}

Matrix<double> to_double(MatrixView<const float> from) {
  Matrix<double> matrix(from.rows, from.columns);
  for (std::int64_t j = 0; j < from.columns; ++j)
    for (std::int64_t i = 0; i < from.rows; ++i) matrix(i, j) = static_cast<double>(from(i, j));
  return matrix;
}

// [D; sqrt(l2) I], D itself where l2 = 0.
Matrix<double> lengthen(const Matrix<double>& D, double l2) {
  if (l2 == 0) return D;
  Matrix<double> longer(D.rows() + D.columns(), D.columns());
  for (std::int64_t k = 0; k < D.columns(); ++k) {
    std::ranges::copy(D.column(k), longer.column(k).begin());
    longer(D.rows() + k, k) = std::sqrt(l2);
  }
  return longer;
}

}  // namespace

Judge::Judge(MatrixView<const double> dictionary, JudgedPenalty penalty)
    : Judge(Matrix<double>(dictionary), std::move(penalty)) {}
Judge::Judge(MatrixView<const float> dictionary, JudgedPenalty penalty)
    : Judge(to_double(dictionary), std::move(penalty)) {}
Judge::Judge(Matrix<double> dictionary, JudgedPenalty penalty)
    : dictionary_(lengthen(dictionary, penalty.l2)), penalty_(std::move(penalty)) {
  const std::int64_t atoms = dictionary_.columns(), size = penalty_.group_size;
  if (size < 1 || atoms % size != 0)
    throw Error("Judge: groups of ", size, " in ", atoms, " atoms; groups must be whole");
  if (!penalty_.weights.empty() && std::int64_t(penalty_.weights.size()) != atoms / size)
    throw Error("Judge: ", penalty_.weights.size(), " weights for ", atoms / size, " groups");
}

double Judge::weight(std::int64_t group) const {
  return penalty_.weights.empty() ? 1 : penalty_.weights[static_cast<std::size_t>(group)];
}

std::vector<double> Judge::residual(std::span<const double> y, std::span<const double> z) const {
  const std::int64_t rows =
      dictionary_.rows() - (penalty_.l2 > 0 ? dictionary_.columns() : std::int64_t{0});
  if (std::int64_t(y.size()) != rows || std::int64_t(z.size()) != dictionary_.columns())
    throw Error("Judge: ", y.size(), " rows and ", z.size(), " coefficients for ", rows,
                " rows and ", dictionary_.columns(), " atoms");
  std::vector<double> r(y.begin(), y.end());
  r.resize(static_cast<std::size_t>(dictionary_.rows()));
  for (std::size_t k = 0; k < z.size(); ++k)
    for (std::size_t i = 0; i < r.size(); ++i)
      r[i] -= dictionary_(std::int64_t(i), std::int64_t(k)) * z[k];
  return r;
}

double Judge::penalty(std::span<const double> z) const {
  const auto size = static_cast<std::size_t>(penalty_.group_size);
  const double share = penalty_.l1_share;
  double sum = 0;
  for (std::size_t g = 0; g < z.size() / size; ++g)
    sum += (1 - share) * weight(std::int64_t(g)) * norm(z.subspan(g * size, size));
  for (double x : z) sum += share * std::abs(x);
  const bool outside =
      penalty_.positive && std::any_of(z.begin(), z.end(), [](double x) { return x < 0; });
  return outside ? kInfinite : penalty_.lambda * sum;
}

double Judge::pull(std::span<const double> c_g, double k) const {
  std::vector<double> rest;
  for (double x : c_g)
    rest.push_back(std::max((penalty_.positive ? x : std::abs(x)) - k * penalty_.l1_share, 0.0));
  return norm(rest);
}

double Judge::excess(std::int64_t group, std::span<const double> c_g, double k) const {
  return pull(c_g, k) - k * (1 - penalty_.l1_share) * weight(group);
}

double Judge::objective(std::span<const double> y, std::span<const double> z) const {
  const auto r = residual(y, z);
  return dot(r, r) / 2 + penalty(z);
}

std::vector<double> Judge::gradient(std::span<const double> y, std::span<const double> z) const {
  auto c = adjoint(dictionary_, residual(y, z));
  for (double& x : c) x = -x;
  return c;
}

double Judge::distance_to_subdifferential(std::span<const double> y,
                                          std::span<const double> z) const {
  if (penalty(z) == kInfinite) return kInfinite;
  const auto c = adjoint(dictionary_, residual(y, z));
  const auto size = static_cast<std::size_t>(penalty_.group_size);
  double squares = 0;
  for (std::size_t g = 0; g < z.size() / size; ++g) {
    const auto z_g = z.subspan(g * size, size);
    const auto c_g = std::span(c).subspan(g * size, size);
    const double length = norm(z_g), l1 = penalty_.lambda * penalty_.l1_share;
    const double bound = penalty_.lambda * (1 - penalty_.l1_share) * weight(std::int64_t(g));
    if (length == 0) {
      squares += std::pow(std::max(0.0, excess(std::int64_t(g), c_g, penalty_.lambda)), 2);
      continue;
    }
    for (std::size_t i = 0; i < size; ++i) {
      double off = c_g[i] - bound * z_g[i] / length;
      if (z_g[i] != 0) off -= std::copysign(l1, z_g[i]);
      else if (penalty_.positive) off = std::max(off - l1, 0.0);
      else off = std::max(std::abs(off) - l1, 0.0);
      squares += off * off;
    }
  }
  return std::sqrt(squares);
}

double Judge::largest_scale(std::span<const double> c) const {
  const auto size = static_cast<std::size_t>(penalty_.group_size);
  double scale = kInfinite;
  for (std::size_t g = 0; g < c.size() / size; ++g) {
    const auto c_g = c.subspan(g * size, size);
    if (!penalized(std::int64_t(g)) || pull(c_g, 0) == 0) continue;
    // The k with no excess, by halving; c / k is on the edge of the constraints.
    double high = 1;
    while (excess(std::int64_t(g), c_g, high) > 0) high *= 2;
    while (excess(std::int64_t(g), c_g, high / 2) <= 0) high /= 2;
    double low = high / 2;
    for (int bit = 0; bit < 60; ++bit) {
      const double k = low + (high - low) / 2;
      (excess(std::int64_t(g), c_g, k) > 0 ? low : high) = k;
    }
    scale = std::min(scale, penalty_.lambda / high);
  }
  return scale;
}

double Judge::relative_gap(std::span<const double> y, std::span<const double> z) const {
  const double primal = objective(y, z);
  if (primal == kInfinite) return kInfinite;

  // The dual: maximise y'theta - 1/2 |theta|^2 subject to the constraints on D'theta.
  auto theta = residual(y, z);
  std::vector<std::vector<double>> basis;  // of the atoms of weight 0, orthonormal
  for (std::int64_t k = 0; k < dictionary_.columns(); ++k) {
    if (penalized(k / penalty_.group_size)) continue;
    const double whole = norm(dictionary_.column(k));
    auto direction = Judge::doubles(dictionary_.column(k));
    for (int again = 0; again < 2; ++again)
      for (const auto& other : basis) {
        const double along = dot(other, direction);
        for (std::size_t i = 0; i < direction.size(); ++i) direction[i] -= along * other[i];
      }
    const double left = norm(direction);
    if (left <= 1e-10 * whole) continue;
    for (double& x : direction) x /= left;
    const double along = dot(direction, theta);
    for (std::size_t i = 0; i < theta.size(); ++i) theta[i] -= along * direction[i];
    basis.push_back(std::move(direction));
  }
  const double most = largest_scale(adjoint(dictionary_, theta)), squares = dot(theta, theta);
  const double product = dot(y, std::span(theta).first(y.size()));
  const double best = squares > 0 ? product / squares : 1;
  const double s = std::clamp(best, penalty_.positive ? 0 : -most, most);
  double dual = squares > 0 ? s * product - s * s / 2 * squares : 0;
  if (penalty_.l2 > 0 && basis.empty()) dual = std::max(dual, unscaled_dual(y, z));
  const double gap = primal - dual;
  return gap > 0 ? gap / primal : 0;
}

// y'r - 1/2 |r|^2 - sum_g (excess of c_g at lambda)_+^2 / (2 l2), r = y - D z, c = D'r.
double Judge::unscaled_dual(std::span<const double> y, std::span<const double> z) const {
  auto r = residual(y, z);
  std::fill(r.begin() + std::ptrdiff_t(y.size()), r.end(), 0.0);
  const auto c = adjoint(dictionary_, r);
  const auto size = static_cast<std::size_t>(penalty_.group_size);
  double dual = dot(y, std::span(r).first(y.size())) - dot(r, r) / 2;
  for (std::size_t g = 0; g < c.size() / size; ++g) {
    const auto c_g = std::span<const double>(c).subspan(g * size, size);
    dual -= std::pow(std::max(excess(std::int64_t(g), c_g, penalty_.lambda), 0.0), 2) /
            (2 * penalty_.l2);
  }
  return dual;
}

double Judge::lambda_max(std::span<const double> y) const {
  Judge unit = *this;
  unit.penalty_.lambda = 1;
  std::vector<double> longer(y.begin(), y.end());
  longer.resize(static_cast<std::size_t>(dictionary_.rows()));
  const double scale = unit.largest_scale(adjoint(dictionary_, longer));
  return scale == kInfinite ? 0 : 1 / scale;
}

}  // namespace striate
