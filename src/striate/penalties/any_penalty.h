// The closed table of penalties: from what is known at run time to the type that is known in inner
// loops. A solver visits it once per call.
#pragma once

#include "striate/penalties/group_l2.h"
#include "striate/penalties/l1.h"

namespace striate {

namespace detail {
template <template <bool, bool> class P, class F>
decltype(auto) visit_flags(int group_size, std::span<const double> weights, bool positive, F&& f) {
  if (weights.empty())
    return positive ? f(P<false, true>(group_size, weights))
                    : f(P<false, false>(group_size, weights));
  return positive ? f(P<true, true>(group_size, weights)) : f(P<true, false>(group_size, weights));
}
template <class T>
struct PenaltiesOf {
  template <bool weighted, bool positive>
  using Single = L1<T, weighted, positive>;
  template <bool weighted, bool positive>
  using Pair = GroupL2<T, 2, weighted, positive>;
  template <bool weighted, bool positive>
  using Group = GroupL2<T, 0, weighted, positive>;
};
}  // namespace detail

// f(L1<...>): sum_j w_j |z_j|; no weights: all 1.
template <class T, class F>
decltype(auto) visit_l1(std::span<const double> weights, bool positive, F&& f) {
  return detail::visit_flags<detail::PenaltiesOf<T>::template Single>(1, weights, positive, f);
}

// f(GroupL2<...>): sum_g w_g |z_g|, groups of two known at compile time.
template <class T, class F>
decltype(auto) visit_group_l2(int group_size, std::span<const double> weights, bool positive,
                              F&& f) {
  if (group_size == 2)
    return detail::visit_flags<detail::PenaltiesOf<T>::template Pair>(2, weights, positive, f);
  return detail::visit_flags<detail::PenaltiesOf<T>::template Group>(group_size, weights, positive,
                                                                     f);
}

// Any of them; groups of one are L1.
template <class T, class F>
decltype(auto) visit_penalty(int group_size, std::span<const double> weights, bool positive,
                             F&& f) {
  if (group_size == 1) return visit_l1<T>(weights, positive, f);
  return visit_group_l2<T>(group_size, weights, positive, f);
}

}  // namespace striate
