#include "striate/memory/rules/softmax.h"

#include "striate/memory/rules/overlap_selection.h"

namespace striate {
namespace {

// Where overlaps are cut, Phi takes each as if it were at least the cut, and of the `top` largest
// the others as if they were at the cut (without a cut: leaves them out): logarithms of sums of
// convex exponentials and their maximum, so convex. The field is that of the softmax of what stays,
// but for a common factor.
template <class T>
class SoftmaxWeighting : public Weighting<T> {
 public:
  SoftmaxWeighting(const MemorySettings& settings, double scale)
      : beta_(settings.beta.value_or(32) * scale), selection_(settings, scale) {}

  void weigh(std::span<std::complex<T>> overlaps, std::span<const double> weights) const override {
    const Terms terms = terms_of(overlaps, weights);
    for (std::size_t p = 0; p < overlaps.size(); ++p) {
      const double size = modulus(overlaps[p]);
      if (terms.parts[p] < 0 || size == 0) {
        overlaps[p] = 0;
        continue;
      }
      const double share = weight(weights, p) * std::exp(beta_ * size - terms.largest) / terms.sum;
      overlaps[p] = std::complex<T>(std::complex<double>(overlaps[p]) * (share / size));
    }
  }
  double potential(std::span<const std::complex<T>> overlaps,
                   std::span<const double> weights) const override {
    if (overlaps.empty()) return 0;
    const Terms terms = terms_of(overlaps, weights);
    return (terms.largest + std::log(terms.sum)) / beta_;
  }

 private:
  struct Terms {
    double largest = 0;         // exponent, taken out of all terms
    double sum = 0;             // what the logarithm is taken of
    std::vector<double> parts;  // what each pattern adds to it; -1: it is cut
  };

  static double weight(std::span<const double> weights, std::size_t p) {
    return weights.empty() ? 1 : weights[p];
  }

  Terms terms_of(std::span<const std::complex<T>> overlaps, std::span<const double> weights) const {
    Terms terms;
    const double cut = selection_.cut();
    terms.largest = beta_ * cut;
    for (const std::complex<T>& a : overlaps)
      terms.largest = std::max(terms.largest, beta_ * modulus(a));
    const double least = cut > 0 ? std::exp(beta_ * cut - terms.largest) : 0;
    for (std::size_t p = 0; p < overlaps.size(); ++p) {
      const double size = modulus(overlaps[p]);
      terms.sum += weight(weights, p) * least;
      terms.parts.push_back(
          size < cut ? -1 : weight(weights, p) * (std::exp(beta_ * size - terms.largest) - least));
    }
    selection_.select(terms.parts);
    for (const double part : terms.parts) terms.sum += std::max(0.0, part);
    return terms;
  }

  double beta_;  // of moduli as they are
  OverlapSelection selection_;
};

}  // namespace

const MemoryRule softmax = {
    .name = "softmax",
    .summary = "Softmax of the overlaps: modern Hopfield memory of phasor codes.",
    .source = "ramsauer2021",
    .form = PatternForm::phasor,
    .normalization = Normalization::phase,
    .diagonal = Diagonal::keep,
    .linear = false,
    .convex = true,
    .options = {"beta", "overlap_cut", "overlap_top"},
    .prepare_float = plain_weighting<SoftmaxWeighting<float>>,
    .prepare_double = plain_weighting<SoftmaxWeighting<double>>,
};

}  // namespace striate
