// How often each atom is used, and what happens to atoms that are not. Uses are counted with
// exponential forgetting over the last 10 / min_use signals or so; an atom is judged once it has
// seen half as many. Groups live and die together.
#pragma once

#include <cstdint>
#include <vector>

#include "striate/codes/sparse_codes.h"
#include "striate/core/archive.h"
#include "striate/learning/learn_settings.h"
#include "striate/solvers/encode_info.h"

namespace striate {

class AtomUse {
 public:
  AtomUse() = default;
  AtomUse(std::int64_t atoms, int group_size, double min_use);

  template <class T>
  void count(const SparseCodes<T>& codes);
  void reset(std::int64_t atom);  // a new atom in its place

  double fraction(std::int64_t atom) const;  // of the signals, that use it; 0 before any
  bool dead(std::int64_t atom) const;        // judged, and used by less than min_use
  std::int64_t in_use() const;               // atoms with a use of min_use or more

  Archive save() const;
  void restore(const Archive& archive);
  void add(const AtomUse& other);  // counts of other signals

 private:
  int group_size_ = 1;
  double min_use_ = 0;
  std::vector<double> uses_, signals_;  // per atom, decayed
};

// Replaces dead, vanished (norm below 1e-6) and duplicate groups (all principal cosines with an
// earlier group above 0.999999) by orthonormal groups made of signals of the batch: the ones with
// the highest objective, or random ones (a function of seed and step). Returns the atoms replaced,
// rising. `gram` is D'D of `atoms`.
template <class T>
std::vector<std::int64_t> replace_atoms(const LearnSettings& settings, std::int64_t step,
                                        MatrixView<const T> signals, const EncodeInfo& info,
                                        Matrix<T>& atoms, AtomUse& use);

}  // namespace striate
