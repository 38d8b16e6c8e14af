// Problem    what to store and how overlaps a_p = <code p, state> become weights of the codes
// Update     field u = sum_p g(a)_p code_p
// Symbols    g: weigh;  Phi, of which u is the (sub)gradient: potential;  J = Z Z^H if g(a) = a
//
// A rule is a constant of its own file in memory/rules/, and one line in catalog/memory_rules.cc.
#pragma once

#include <complex>
#include <memory>
#include <span>
#include <string_view>

#include "striate/memory/memory_settings.h"
#include "striate/memory/unit_codes.h"

namespace striate {

// Which overlaps a weighting looks at. If `sparse`, overlaps of 0 have no part in g and Phi, nor
// have those below `least` nor, with `most` above 0, all but the `most` largest, of equals the
// lower: it may be given the others alone, in the same order. Moduli; it may be given more.
struct Reach {
  bool sparse = false;
  double least = 0;
  std::int64_t most = 0;
};

// A rule made ready for one set of stored codes.
template <class T>
class Weighting {
 public:
  virtual ~Weighting() = default;
  // a <- g(a); moduli decide, phases are kept, so that turning the state turns the field.
  virtual void weigh(std::span<std::complex<T>> overlaps) const = 0;
  virtual Reach reach() const { return {}; }
  // Phi(a).
  virtual double potential(std::span<const std::complex<T>> overlaps) const = 0;
};

// Makes a weighting that needs to know nothing of the codes and the settings; its rule says
// `of_codes = false`.
template <class W, class T>
std::unique_ptr<Weighting<T>> plain_weighting(const UnitCodes<T>&, const MemorySettings&) {
  return std::make_unique<W>();
}

// In which form codes are stored.
enum class PatternForm {
  graded,  // z / ||z||
  phasor,  // z_i / |z_i| on the k strongest units
};

struct MemoryRule {
  std::string_view name;
  std::string_view summary;
  std::string_view source;  // key of the bibliography
  PatternForm form = PatternForm::graded;
  Normalization normalization = Normalization::vector;  // what "auto" means
  Diagonal diagonal = Diagonal::keep;                   // what "auto" means
  bool linear = false;   // g(a) = a: J exists and its diagonal can be taken out
  bool of_codes = true;  // prepare looks at the codes: it is called anew when they change
  bool convex = false;   // Phi is convex and u its (sub)gradient: theorems T1 to T3 apply

  std::unique_ptr<Weighting<float>> (*prepare_float)(const UnitCodes<float>&,
                                                     const MemorySettings&) = nullptr;
  std::unique_ptr<Weighting<double>> (*prepare_double)(const UnitCodes<double>&,
                                                       const MemorySettings&) = nullptr;

  template <class T>
  std::unique_ptr<Weighting<T>> prepare(const UnitCodes<T>& codes,
                                        const MemorySettings& settings) const {
    if constexpr (std::is_same_v<T, float>) return prepare_float(codes, settings);
    else return prepare_double(codes, settings);
  }
};

}  // namespace striate
