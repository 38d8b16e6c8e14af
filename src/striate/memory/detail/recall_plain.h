// The memory straight from the paper's equations, slow and in plain loops: what the engine is
// compared with.
#pragma once

#include <complex>
#include <functional>
#include <vector>

#include "striate/memory/memory_settings.h"
#include "striate/memory/rule.h"

namespace striate::detail {

using PlainVector = std::vector<std::complex<double>>;

struct PlainMemory {
  std::vector<PlainVector> patterns = {};  // of any norm
  std::vector<double> weights = {};        // empty: 1
  PatternForm form = PatternForm::graded;
  Truncation truncation = Truncation::k_winners;
  std::int64_t k = 1;
  double theta = 0;
  Normalization normalization = Normalization::vector;
  bool zero_diagonal = false;
  bool cut_cue = false;  // to the k strongest units
};

// J = sum_p w_p z_p z_p^H of the patterns in the form in which they are stored, row by row.
std::vector<PlainVector> plain_weights(const PlainMemory& memory);

struct PlainRecall {
  std::vector<PlainVector> states;  // z(0) to z(steps)
  std::vector<double> energies;     // of each: -z^H J z / 2 and, with phases, the threshold's part
  // How clear the choice of units was, at worst: the distance of a modulus from the threshold, or
  // of the last winner from the next, relative to the largest. Where it is at rounding, the choice
  // is a matter of rounding.
  double clearance = 1;
};
// `steps` updates z <- normalise(f_theta(J z)) of a cue, fewer if the state becomes zero.
PlainRecall recall_plain(const PlainMemory& memory, const PlainVector& cue, int steps);

}  // namespace striate::detail
