#include "striate/memory/rules/pinv.h"

#include "striate/core/matrix.h"
#include "striate/linalg/cholesky.h"

namespace striate {
namespace {

// (G + rho D)^-1 as a real matrix of twice the size: A + iB acts on (re, im) as (A -B; B A).
template <class T>
class PinvWeighting : public Weighting<T> {
 public:
  PinvWeighting(const StoredPatterns<T>& patterns, const MemorySettings& settings) {
    const UnitCodes<T>& codes = patterns.codes;
    const double ridge = settings.ridge.value_or(1e-6);
    const std::int64_t count = codes.size();
    factor_ = Matrix<double>(2 * count, 2 * count);
    for (std::int64_t p = 0; p < count; ++p) {
      for (std::int64_t q = 0; q <= p; ++q) {
        const std::complex<double> product = inner_product(codes[p], codes[q]);
        factor_(p, q) = factor_(count + p, count + q) = product.real();
        factor_(count + p, q) = product.imag();
        factor_(count + q, p) = -product.imag();
      }
      const double weight =
          patterns.weights.empty() ? 1 : patterns.weights[static_cast<std::size_t>(p)];
      factor_(p, p) = factor_(count + p, count + p) = factor_(p, p) * (1 + ridge / weight);
    }
    if (!cholesky_factor(factor_.view(), 1e-12))
      throw Error(
          "AssociativeMemory: the stored codes depend on one another as far as rounding "
          "can tell, and ridge is ",
          ridge, "; pinv needs a larger one for them (1e-6 if not given)");
    if (settings.diagonal == Diagonal::zero) diagonal_ = diagonal_of_projection(codes);
  }

  void weigh(std::span<std::complex<T>> overlaps, std::span<const double>) const override {
    const std::vector<double> x = solved(overlaps);
    for (std::size_t p = 0; p < overlaps.size(); ++p)
      overlaps[p] = {static_cast<T>(x[p]), static_cast<T>(x[overlaps.size() + p])};
  }
  std::span<const double> diagonal() const override { return diagonal_; }
  double potential(std::span<const std::complex<T>> overlaps,
                   std::span<const double>) const override {
    const std::vector<double> x = solved(overlaps);
    double sum = 0;
    for (std::size_t p = 0; p < overlaps.size(); ++p)
      sum +=
          double(overlaps[p].real()) * x[p] + double(overlaps[p].imag()) * x[overlaps.size() + p];
    return sum / 2;
  }

 private:
  // d_i = sum_pq Z_ip M_pq conj(Z_iq), M the inverse.
  std::vector<double> diagonal_of_projection(const UnitCodes<T>& codes) const {
    Matrix<std::complex<T>> rows(codes.size(), codes.units());  // column i: conj(Z_i)
    for (std::int64_t p = 0; p < codes.size(); ++p)
      for (std::size_t i = 0; i < codes[p].active(); ++i)
        rows(p, codes[p].units[i]) = std::conj(codes[p].values[i]);
    std::vector<double> diagonal;
    for (std::int64_t unit = 0; unit < codes.units(); ++unit)
      diagonal.push_back(2 * potential(rows.column(unit), {}));
    return diagonal;
  }

  std::vector<double> solved(std::span<const std::complex<T>> a) const {
    std::vector<double> x(2 * a.size());
    for (std::size_t p = 0; p < a.size(); ++p) {
      x[p] = a[p].real();
      x[a.size() + p] = a[p].imag();
    }
    cholesky_solve<double>(factor_.view(), x);
    return x;
  }

  Matrix<double> factor_;
  std::vector<double> diagonal_;  // empty: kept
};

template <class T>
std::unique_ptr<Weighting<T>> prepare(const StoredPatterns<T>& patterns,
                                      const MemorySettings& settings) {
  return std::make_unique<PinvWeighting<T>>(patterns, settings);
}

}  // namespace

const MemoryRule pinv = {
    .name = "pinv",
    .summary = "Pseudo-inverse of the phasor codes: no cross-talk between independent patterns.",
    .source = "personnaz1986",
    .form = PatternForm::phasor,
    .normalization = Normalization::phase,
    .diagonal = Diagonal::keep,
    .linear = false,
    .convex = true,
    .own_diagonal = true,
    .of_codes = true,
    .most_patterns = 2048,
    .options = {"ridge"},
    .prepare_float = prepare<float>,
    .prepare_double = prepare<double>,
};

}  // namespace striate
