// Problem    the field that stored codes exert on a state, without the matrix J
// Update     a = Z^H z;  u = Z g(a)  (- d z if the diagonal of J is zero)
// Symbols    Z (n x P) stored codes, z state, a overlaps, d_i = sum_p w_p |Z_ip|^2. A weight w of a
//            pattern stands for w copies. A rule may have a field of its own instead.
// Cost       16 flops per stored entry, 12 bytes (float) streamed twice
#pragma once

#include <complex>
#include <memory>
#include <span>
#include <vector>

#include "striate/memory/rule.h"

namespace striate::detail {

template <class T>
class StoredField {
 public:
  // Keeps a pointer to `codes`. `weights`: one per code. zero_diagonal: rules whose diagonal can be taken out. Field
  // and potential are multiplied by `factor`.
  StoredField(const UnitCodes<T>* codes, std::span<const double> weights,
              std::unique_ptr<Weighting<T>> weighting, bool zero_diagonal, double factor = 1);

  const UnitCodes<T>& codes() const { return *codes_; }
  std::int64_t units() const { return codes_->units(); }    // n
  std::int64_t patterns() const { return codes_->size(); }  // P

  // a = Z^H z: the conjugate is on the stored code. Weights do not enter.
  void overlaps(std::span<const std::complex<T>> z, std::span<std::complex<T>> a) const;
  // What the rule makes of the overlaps, g(a), in place.
  void weigh(std::span<std::complex<T>> a) const;
  // u = Z h, minus the diagonal's part; h are weighed overlaps.
  void apply(std::span<const std::complex<T>> h, std::span<const std::complex<T>> z,
             std::span<std::complex<T>> u) const;
  // For a state followed unit by unit (asynchronous.h): the rule weighs every overlap by itself;
  // the weighed overlap of one pattern; the field of unit i from the sum u over its patterns, without
  // what the diagonal adds to it.
  bool separable() const { return weighting_->separable(); }
  std::complex<T> weighed(std::int64_t pattern, std::complex<T> a) const;
  std::complex<T> of_unit(std::int64_t unit, std::complex<T> u, std::complex<T> z) const;
  bool zero_diagonal() const { return !diagonal_.empty(); }
  // Added to a zero diagonal it makes J semi-definite; 0 if the diagonal is kept.
  T shift() const;
  // Phi at a state whose overlaps are a; the diagonal's part is taken out with the diagonal.
  double potential(std::span<const std::complex<T>> z, std::span<const std::complex<T>> a) const;

 private:
  const UnitCodes<T>* codes_;
  std::vector<double> weights_;  // w; empty if all are 1
  std::vector<T> diagonal_;      // d; empty if kept
  std::unique_ptr<Weighting<T>> weighting_;
  double factor_;
};

// sum_i conj(code_i) z_i, z by unit
template <class T>
std::complex<T> overlap(UnitCode<T> code, const std::complex<T>* z);

// u += h code
template <class T>
void add_scaled(std::complex<T> h, UnitCode<T> code, std::span<std::complex<T>> u);

}  // namespace striate::detail
