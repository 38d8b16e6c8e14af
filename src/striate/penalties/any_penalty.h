// The closed table of penalties: from what is known at run time to the type that is known in inner
// loops (visit_penalty), or to calls per vector (AnyPenalty).
#pragma once

#include <memory>

#include "striate/core/settings.h"
#include "striate/penalties/group_l2.h"
#include "striate/penalties/l0.h"
#include "striate/penalties/l1.h"
#include "striate/penalties/log.h"
#include "striate/penalties/sparse_group.h"

namespace striate {

// The penalties that have names; l1 is the l1 norm or, of groups, the sum of their norms.
enum class PenaltyName : std::uint8_t { l1, l0, log };
template <>
struct EnumNames<PenaltyName> {
  static constexpr std::array names{"l1", "l0", "log"};
};

namespace detail {
template <template <bool, bool> class P, class F, class... More>
decltype(auto) visit_flags(int group_size, std::span<const double> weights, bool positive, F&& f,
                           More... more) {
  if (weights.empty())
    return positive ? f(P<false, true>(group_size, weights, more...))
                    : f(P<false, false>(group_size, weights, more...));
  return positive ? f(P<true, true>(group_size, weights, more...))
                  : f(P<true, false>(group_size, weights, more...));
}
template <class T>
struct PenaltiesOf {
  template <bool weighted, bool positive>
  using Single = L1<T, weighted, positive>;
  template <bool weighted, bool positive>
  using Pair = GroupL2<T, 2, weighted, positive>;
  template <bool weighted, bool positive>
  using Group = GroupL2<T, 0, weighted, positive>;
  template <bool weighted, bool positive>
  using Sparse = SparseGroup<T, weighted, positive>;
  template <bool weighted, bool positive>
  using Zero = L0<T, weighted, positive>;
  template <bool weighted, bool positive>
  using Cauchy = Log<T, weighted, positive>;
};
}  // namespace detail

// f(penalty) with the penalty's own type: L1 for groups of one, else GroupL2; pairs are known at
// compile time. No weights: all 1. One call per solve.
template <class T, class F>
decltype(auto) visit_penalty(int group_size, std::span<const double> weights, bool positive,
                             F&& f) {
  using Table = detail::PenaltiesOf<T>;
  if (group_size == 1) return detail::visit_flags<Table::template Single>(1, weights, positive, f);
  if (group_size == 2) return detail::visit_flags<Table::template Pair>(2, weights, positive, f);
  return detail::visit_flags<Table::template Group>(group_size, weights, positive, f);
}

// The same with a share of the l1 norm in the penalty of groups: SparseGroup where it is above 0.
template <class T, class F>
decltype(auto) visit_penalty(int group_size, std::span<const double> weights, bool positive,
                             double l1_share, F&& f) {
  if (l1_share == 0) return visit_penalty<T>(group_size, weights, positive, f);
  return detail::visit_flags<detail::PenaltiesOf<T>::template Sparse>(group_size, weights, positive,
                                                                      f, l1_share);
}

// By name. `sigma`: of log only.
template <class T, class F>
decltype(auto) visit_penalty(PenaltyName name, double sigma, int group_size,
                             std::span<const double> weights, bool positive, F&& f) {
  using Table = detail::PenaltiesOf<T>;
  if (name == PenaltyName::l0)
    return detail::visit_flags<Table::template Zero>(1, weights, positive, f);
  if (name == PenaltyName::log)
    return detail::visit_flags<Table::template Cauchy>(1, weights, positive, f, sigma);
  return visit_penalty<T>(group_size, weights, positive, f);
}

// Any penalty of the table, called once per vector or once per group in use.
template <class T>
class AnyPenalty {
 public:
  virtual ~AnyPenalty() = default;
  virtual int size() const = 0;
  virtual bool positive() const = 0;
  virtual bool convex() const = 0;
  virtual T weight(std::int64_t g) const = 0;
  virtual double value(std::int64_t g, const T* z) const = 0;
  // Of whole vectors: every group's prox, every group's squared_dual.
  virtual void prox(T t, std::span<T> x) const = 0;
  virtual void squared_duals(std::span<const T> c, std::span<T> out) const = 0;
};
template <class T>
std::unique_ptr<AnyPenalty<T>> make_penalty(int group_size, std::span<const double> weights,
                                            bool positive, double l1_share = 0);
template <class T>
std::unique_ptr<AnyPenalty<T>> make_penalty(PenaltyName name, double sigma, int group_size,
                                            std::span<const double> weights, bool positive);

}  // namespace striate
