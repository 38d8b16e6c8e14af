// Activations: the thresholds T by which `threshold` and `lca` make codes sparse. With k = lambda w_g
// and the group's length |u_g| (groups of one: |u|),
//
//   soft       a_g = max(1 - k / |u_g|, 0) u_g      hard   a_g = u_g where |u_g| > k, else 0
//   rectified  soft, and positive                   subspace   soft, of groups of at least two
//
// positive: of max(u, 0). Soft thresholds belong to lambda sum_g w_g |a_g|, the hard one to
// lambda^2 / 2 sum_g w_g^2 [a_g != 0]: its lambda is a threshold, not the weight of a norm.
#pragma once

#include <array>
#include <cstdint>

#include "striate/solvers/penalized.h"

namespace striate {

enum class Activation : std::uint8_t { soft, hard, rectified, subspace };
template <>
struct EnumNames<Activation> {
  static constexpr std::array names{"soft", "hard", "rectified", "subspace"};
};

void describe_activation(auto& s, auto&& visit) {
  visit(s.activation,
        {.name = "activation",
         .sentence = "Threshold: soft, hard, rectified (soft and positive) or subspace (soft, of "
                     "groups)."});
  visit(s.group_size, {.name = "group_size",
                       .range = at_least(1),
                       .unit = "atoms",
                       .sentence = "Atoms per group; it must divide the number of atoms. 1, for "
                                   "subspace 2, where not given."});
}

}  // namespace striate
