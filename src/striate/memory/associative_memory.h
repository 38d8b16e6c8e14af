// Problem    give back, from a damaged cue, the stored code nearest to it
// Update     a = Z^H z;  u = Z g(a);  cut u;  normalise: z <- u   (memory/detail/settle.h)
// Symbols    n units, P patterns, Z (n x P) stored codes, z state, a overlaps, u field, g the rule
// Cost       store: the code's own entries; recall: by layout (detail/pattern_field.h)
// Instead    for few patterns and no dynamics: rule top1
// Source     frady2019, zhao2025
//
//   AssociativeMemory<float> memory(tpam, {.units = 512});
//   auto ids = memory.store(codes);                      // codes of 1024 atoms: pairs (2p, 2p + 1)
//   auto recalled = memory.recall(noisy_codes);
//   Matrix<float> signals = memory.decode(recalled, dictionary, noisy_signals);
//
// Rules by name: catalog/memory_rules.h. Dense complex codes: pairs_of_complex (unit_codes.h).
// const calls are safe together; store, forget and replace wait for them. A call that throws leaves
// the memory unchanged.
#pragma once

#include <complex>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "striate/core/archive.h"
#include "striate/core/observer.h"
#include "striate/memory/capacity.h"
#include "striate/memory/decode.h"
#include "striate/memory/ending.h"
#include "striate/memory/identification.h"
#include "striate/memory/memory_settings.h"
#include "striate/memory/rule.h"

namespace striate {

// One entry per cue in each.
template <class T>
struct RecallResult {
  SparseCodes<T> states;          // what settings.readout asks for; 2 n atoms
  std::vector<std::int64_t> ids;  // of the settled state; -1: none
  std::vector<double> cosines;    // |cos| of that pattern
  std::vector<double> margins;    // best minus second best |cos|
  std::vector<Kind> kinds;
  std::vector<std::int32_t> steps;  // updates done
  std::vector<Ending> endings;
  std::vector<double> cue_norms;  // norm of the cue's known units
  // Best |cos| of the cue as it enters the dynamics, unknown units left out of both norms, with the
  // codes in the form in which the rule stores them; and best minus second best. Every cue ends at
  // some state, so these, not the state, tell whether it was ever stored: the caller sets the limit.
  std::vector<double> familiarity, familiarity_margins;
  Cover covered_by = Cover::none;  // of all cues, between baselines
  // Steps from which on energies compare with one another but not with those before: 0, and where
  // a schedule changes theta or k.
  std::vector<std::int32_t> baselines;

  // The settled state's; with trace those of steps 0 (the cue, normalised) to steps.
  std::vector<std::vector<double>> energies;
  std::vector<std::vector<std::int32_t>> active;  // units that are not zero
  std::vector<Matrix<T>> overlaps;  // with trace: |cos|, P x (steps + 1), patterns in id order
};

// The settings in an archive as of to_archive(), or in its attributes alone.
MemorySettings memory_settings_of(const Archive& archive);

template <class T>
class AssociativeMemory {
 public:
  // Error: settings out of range or in contradiction. settings.rule is set to the rule's name.
  explicit AssociativeMemory(const MemoryRule& rule, const MemorySettings& settings);
  ~AssociativeMemory();
  AssociativeMemory(AssociativeMemory&&) noexcept;
  AssociativeMemory& operator=(AssociativeMemory&&) noexcept;

  std::int64_t size() const;   // P
  std::int64_t units() const;  // n
  const MemoryRule& rule() const;
  const MemorySettings& settings() const;  // as given
  Normalization normalization() const;     // "auto" resolved
  Diagonal diagonal() const;               // "auto" resolved
  std::int64_t k() const;                  // given, or from the stored codes; 0 if none is stored
  Cover covered_by() const;
  Layout layout() const;                  // "auto" resolved for what is stored now
  std::int64_t bytes() const;             // that the memory holds, all copies of the codes included
  std::vector<std::int64_t> ids() const;  // rising
  SparseCodes<T> codes() const;           // graded codes of unit norm, in the order of ids()
  std::vector<double> norms() const;      // their norms when stored, likewise
  UnitCodes<T> codes_of_rule() const;     // in the form in which the rule stores them, likewise

  // Adds patterns under new ids, or under `ids` (>= 0, not in use). A weight w > 0 counts a pattern
  // as w copies of it; empty: 1. `targets`: of a rule that has them, m values per pattern (m x
  // patterns), of all patterns or of none. Returns the ids. Error: wrong shape, a zero or
  // non-finite pattern (its row is named), an id in use.
  std::vector<std::int64_t> store(const SparseCodes<T>& codes,
                                  std::span<const std::int64_t> ids = {},
                                  std::span<const double> weights = {}, Signals<T> targets = {});
  // Error: an id that is not stored, or given twice.
  void forget(std::span<const std::int64_t> ids);
  // New patterns under ids in use; targets stay unless given. Errors as above.
  void replace(const SparseCodes<T>& codes, std::span<const std::int64_t> ids,
               std::span<const double> weights = {}, Signals<T> targets = {});

  // Multiplies all weights. Error: a factor that is not above 0, or a weight leaves 1e-12 to 1e12.
  void decay(double factor);
  // Gives back the room of forgotten patterns, which happens by itself once they are the half.
  void compact();

  // Error: cues of another number of atoms, a mask of another size.
  RecallResult<T> recall(const SparseCodes<T>& cues, const RecallSettings& settings = {},
                         const Run& run = {}) const;
  // Signals of recalled states. `noisy` is needed by the ls gains only.
  Matrix<T> decode(const RecallResult<T>& recalled, const Dictionary<T>& dictionary,
                   Signals<T> noisy, Gain gain = Gain::ls_real) const;

  Matrix<T> targets() const;  // m x P, in the order of ids()
  // Outputs (m x states): the targets weighed by g of a state's overlaps, turned so that the largest
  // is real (rules/hetero.h). Error: no targets are stored.
  Matrix<T> associate(const SparseCodes<T>& states) const;
  // The same of complex targets, their real and imaginary parts in turn (m even; outputs m / 2 x
  // states): nothing is turned, outputs turn as states do. Error: also an odd m.
  Matrix<std::complex<T>> associate_complex(const SparseCodes<T>& states) const;

  // Of states as they are given, not normalised.
  std::vector<double> energy(const SparseCodes<T>& states) const;
  // a = Z^H z (P x states), Z in the form in which the rule stores codes; patterns in id order.
  Matrix<std::complex<T>> overlaps(const SparseCodes<T>& states) const;
  // u = Z g(a), the diagonal taken out if it is zero (n x states).
  Matrix<std::complex<T>> field(const SparseCodes<T>& states) const;
  // The best match of a state among the codes in the form in which the rule stores them.
  Identification identify(const SparseCodes<T>& states) const;
  // The best match of a cue among the graded codes, no dynamics: the baseline of every recall.
  // `mask` as in RecallSettings: unknown units leave the overlaps and both norms.
  Identification nearest(const SparseCodes<T>& cues, std::span<const std::uint8_t> mask = {}) const;

  // How crowded the memory is, and how well it answers damaged copies of what it holds (capacity.h).
  CapacityReport capacity_report(const CapacitySettings& settings = {}, const Run& run = {}) const;

  // "memory/..." and "codes/...": codes in id order, norms, weights, settings, next id.
  Archive to_archive() const;
  // Checks all of it. Error: damaged, or written by another rule than `rule`.
  static AssociativeMemory from_archive(const Archive& archive, const MemoryRule& rule);
  // A memory of so many patterns, which `load` gives when they are first needed: a memory of the
  // same rule and settings. What `load` throws comes out of the call that needs them. Error then:
  // another number of patterns.
  static AssociativeMemory deferred(const MemoryRule& rule, const MemorySettings& settings,
                                    std::int64_t patterns, std::function<AssociativeMemory()> load);

 private:
  struct State;
  explicit AssociativeMemory(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace striate
