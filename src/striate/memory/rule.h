// Problem    what to store and how overlaps a_p = <code p, state> become weights of the codes
// Update     field u = sum_p g(a)_p code_p
// Symbols    g: weigh;  Phi, of which u is the (sub)gradient: potential;  J = Z Z^H if g(a) = a
//
// A rule is a constant of its own file in memory/rules/, and one line in catalog/memory_rules.cc.
#pragma once

#include <array>
#include <complex>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "striate/memory/memory_settings.h"
#include "striate/memory/unit_codes.h"

namespace striate {

// A field that is no weighted sum of codes: the rule makes it itself.
template <class T>
class OwnField {
 public:
  virtual ~OwnField() = default;
  // u, all of it, from the state z.
  virtual void apply(std::span<const std::complex<T>> z, std::span<std::complex<T>> u) const = 0;
  // Phi(z): half of Re z^H u, unless the rule has another.
  virtual double potential(std::span<const std::complex<T>> z) const {
    std::vector<std::complex<T>> u(z.size());
    apply(z, u);
    double sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i)
      sum += double(z[i].real()) * double(u[i].real()) + double(z[i].imag()) * double(u[i].imag());
    return sum / 2;
  }
};

// Which overlaps a weighting looks at. If `sparse`, overlaps of 0 have no part in g and Phi, nor
// have those below `least` nor, with `most` above 0 and no weights, all but the `most` largest, of
// equals the lower: it may be given the others alone, in the same order. Moduli; it may be given
// more.
struct Reach {
  bool sparse = false;
  double least = 0;
  std::int64_t most = 0;
};

// A rule made ready for one set of stored codes. `weights`: how many copies each code stands for;
// empty: one.
template <class T>
class Weighting {
 public:
  virtual ~Weighting() = default;
  // a <- g(a); moduli decide, phases are kept, so that turning the state turns the field.
  virtual void weigh(std::span<std::complex<T>> overlaps,
                     std::span<const double> weights = {}) const = 0;
  // g(a)_p is a function of a_p alone: a change of few overlaps needs only these weighed.
  virtual bool separable() const { return false; }
  virtual Reach reach() const { return {}; }
  // Phi(a).
  virtual double potential(std::span<const std::complex<T>> overlaps,
                           std::span<const double> weights = {}) const = 0;
  // Of J, where it can be taken out though g(a) is not a (MemoryRule::own_diagonal) and the settings
  // want it out; else empty.
  virtual std::span<const double> diagonal() const { return {}; }
  // If not null, fields and potentials come from here, and weigh() serves the readout alone.
  virtual const OwnField<T>* own_field() const { return nullptr; }
};

// In which form codes are stored.
enum class PatternForm {
  graded,   // z / ||z||
  phasor,   // z_i / |z_i| on the k strongest units
  bipolar,  // the sign of Re z_i, 1 or -1, where it is not zero: a real memory
  binary,   // 1 on the k strongest units: a real memory
};
// States of a real memory are real: turning a cue does not turn what is recalled.
constexpr bool is_real(PatternForm form) {
  return form == PatternForm::bipolar || form == PatternForm::binary;
}

// What a weighting may look at.
template <class T>
struct StoredPatterns {
  const UnitCodes<T>& codes;             // in the rule's form
  std::span<const double> weights = {};  // empty: 1
  double scale = 1;  // times an overlap: 1 for a state at a stored code with k active units
};

// Makes a weighting W(settings, scale), which needs to know nothing of the codes.
template <class W, class T>
std::unique_ptr<Weighting<T>> plain_weighting(const StoredPatterns<T>& patterns,
                                              const MemorySettings& settings) {
  return std::make_unique<W>(settings, patterns.scale);
}

struct MemoryRule {
  std::string_view name;
  std::string_view summary;
  std::string_view source;  // key of the bibliography
  PatternForm form = PatternForm::graded;
  Normalization normalization = Normalization::vector;  // what "auto" means
  Diagonal diagonal = Diagonal::keep;                   // what "auto" means
  bool linear = false;             // g(a) = a: J exists and its diagonal can be taken out
  bool convex = false;             // Phi is convex and u its (sub)gradient: theorems T1 to T3 apply
  bool own_diagonal = false;       // its weighting tells the diagonal of J, which can be taken out
  bool own_field = false;          // its weighting makes the field itself: all units at once
  bool of_codes = false;           // prepare looks at the codes: it is called anew when they change
  bool per_unit = false;           // J, field and potential are divided by n
  bool targets = false;            // patterns may be stored with a target each
  std::int64_t most_patterns = 0;  // 0: any number
  std::int64_t most_units = 0;     // likewise
  // The settings of rules (rule_options) that this one has.
  std::array<std::string_view, 3> options = {};

  std::unique_ptr<Weighting<float>> (*prepare_float)(const StoredPatterns<float>&,
                                                     const MemorySettings&) = nullptr;
  std::unique_ptr<Weighting<double>> (*prepare_double)(const StoredPatterns<double>&,
                                                       const MemorySettings&) = nullptr;

  template <class T>
  std::unique_ptr<Weighting<T>> prepare(const StoredPatterns<T>& patterns,
                                        const MemorySettings& settings) const {
    if constexpr (std::is_same_v<T, float>) return prepare_float(patterns, settings);
    else return prepare_double(patterns, settings);
  }
  template <class T>
  std::unique_ptr<Weighting<T>> prepare(const UnitCodes<T>& codes,
                                        const MemorySettings& settings) const {
    return prepare<T>(StoredPatterns<T>{codes}, settings);
  }
};

// Settings that belong to some rules only.
inline constexpr std::array<std::string_view, 7> rule_options = {
    "power", "beta", "ridge", "overlap_cut", "overlap_top", "locations", "radius"};
bool has_option(const MemoryRule& rule, std::string_view option);
// Error: a setting of rules is given that this rule does not have; those of `rules` that have it
// are named.
void check_options(std::string_view who, const MemoryRule& rule, const MemorySettings& settings,
                   std::span<const MemoryRule* const> rules = {});

// "auto" resolved: the rule's choice. Where overlaps are cut g is not linear, so that the diagonal
// cannot be taken out: it is kept.
Normalization normalization_of(const MemoryRule& rule, const MemorySettings& settings);
Diagonal diagonal_of(const MemoryRule& rule, const MemorySettings& settings);
// g(a) = a, so that J is the sum of z z^H.
bool is_linear(const MemoryRule& rule, const MemorySettings& settings);

}  // namespace striate
