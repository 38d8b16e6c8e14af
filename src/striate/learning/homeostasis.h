// Problem    atoms that are used little are learned little, and so are used ever less
// Update     after a batch of q signals, rho = 1 - (1 - rate)^q:
//            variance   v_k <- v_k + rho (mean z_k^2 - v_k),  |d_k| <- |d_k| (v_k / goal)^exponent
//            use        u_p <- u_p + rho (share of signals that use p - u_p)
//                       g_p <- g_p (mean u / u_p)^exponent, and signals are coded with the atoms
//                       g_p d_k, their coefficients multiplied by g_p
// Symbols    p a group, k an atom. 1996: rate 0.001 a signal, exponent 0.02 a batch, goal 0.1, the
//            variance of the whitened images. Ratios of use and gains are kept within 16.
//            variance wants few coding steps (max_iterations 10 or so): the fully minimised code sends
//            atoms, made short, into directions in which whitened images hardly vary
// Instead    none: atoms of one length; replace, min_use: a dead atom gives way to a signal
// Source     olshausen1996 (variance); perrinet2010 (use)
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "striate/codes/sparse_codes.h"
#include "striate/core/archive.h"
#include "striate/core/matrix.h"
#include "striate/learning/learn_settings.h"

namespace striate {

// variance needs coefficients that are hardly ever zero and that begin at the projections: a shorter
// atom then has larger ones. With l1, l0 or a start from zero a shorter atom has smaller ones, and
// what falls below the goal falls to nothing. use needs a choice that a gain can turn: it has no say
// in ols, l0 or log, and elastic_net's ridge would change with it. Error: the coder does not go with
// the rule.
void check_homeostasis(std::string_view who, const LearnSettings& settings);

class Homeostasis {
 public:
  Homeostasis() = default;
  Homeostasis(const HomeostasisSettings& settings, std::int64_t atoms, int group_size);

  template <class T>
  void count(const SparseCodes<T>& codes);  // of a batch
  void reset(std::int64_t atom);            // a new atom in its place

  bool sets_lengths() const { return settings_.rule == HomeostasisRule::variance; }
  bool sets_choice() const { return settings_.rule == HomeostasisRule::use; }
  // Of an atom: its length (variance), or what its length is multiplied by to code (use).
  std::span<const double> gains() const { return gains_; }
  std::span<const double> levels() const { return levels_; }  // running variance or use, per atom

  Archive save() const;
  void restore(const Archive& archive);  // Error: figures of another number of atoms

 private:
  HomeostasisSettings settings_;
  int group_size_ = 1;
  std::vector<double> levels_, gains_;  // of a group's atoms all the same
};

// Column k multiplied by gains[k], and the coefficients of atom k by gains[k].
template <class T>
Matrix<T> scaled(const Matrix<T>& atoms, std::span<const double> gains);
template <class T>
SparseCodes<T> scaled(const SparseCodes<T>& codes, std::span<const double> gains);

}  // namespace striate
