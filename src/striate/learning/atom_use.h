// How often each atom is used, and what happens to atoms that are not. Uses are counted with
// exponential forgetting over the last 10 / min_use signals or so; an atom is judged once it has
// seen half as many. Groups live and die together.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "striate/codes/sparse_codes.h"
#include "striate/core/archive.h"
#include "striate/core/source.h"
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
  void restore(const Archive& archive);  // Error: counts of another number of atoms

 private:
  int group_size_ = 1;
  double min_use_ = 0;
  std::vector<double> uses_, signals_;  // per atom, decayed
};

// Which atoms to replace: dead groups, groups with parallel atoms, and groups that span the same as
// an earlier one (all principal cosines above 0.999999). `gram` is D'D of unit atoms. Rising.
// `threads` as in Run.
template <class T>
std::vector<std::int64_t> unfit_atoms(const AtomUse& use, int group_size, MatrixView<const T> gram,
                                      int threads = 1);

// Puts orthonormal groups made of signals in the place of `unfit` (whole groups): the signals with
// the highest objective, or random ones (a function of seed and step); random directions when the
// signals run out. With positive_atoms the negative elements of a signal are left out. Counts of use begin anew.
template <class T>
void replace_atoms(const LearnSettings& settings, std::int64_t step,
                   std::span<const std::int64_t> unfit, const SignalSource<T>& signals,
                   const EncodeInfo& info, Matrix<T>& atoms, AtomUse& use);

}  // namespace striate
