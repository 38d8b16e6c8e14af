#include "striate/penalties/any_penalty.h"

namespace striate {
namespace {

template <class T, Penalty P>
class Erased final : public AnyPenalty<T> {
 public:
  explicit Erased(P penalty) : penalty_(std::move(penalty)) {}
  int size() const override { return penalty_.size(); }
  bool positive() const override { return P::positive; }
  bool convex() const override { return P::convex; }
  T weight(std::int64_t g) const override { return penalty_.weight(g); }
  double value(std::int64_t g, const T* z) const override { return penalty_.value(g, z); }
  void prox(T t, std::span<T> x) const override {
    const std::int64_t groups = std::ssize(x) / penalty_.size();
    for (std::int64_t g = 0; g < groups; ++g) penalty_.prox(g, t, x.data() + g * penalty_.size());
  }
  void squared_duals(std::span<const T> c, std::span<T> out) const override {
    const std::int64_t groups = std::ssize(c) / penalty_.size();
    for (std::int64_t g = 0; g < groups; ++g)
      out[static_cast<std::size_t>(g)] = penalty_.squared_dual(g, c.data() + g * penalty_.size());
  }

 private:
  P penalty_;
};

// Penalty -> what hides its type.
template <class T>
constexpr auto erase = []<Penalty P>(P&& penalty) -> std::unique_ptr<AnyPenalty<T>> {
  return std::make_unique<Erased<T, P>>(std::move(penalty));
};

}  // namespace

template <class T>
std::unique_ptr<AnyPenalty<T>> make_penalty(int group_size, std::span<const double> weights,
                                            bool positive, double l1_share) {
  return visit_penalty<T>(group_size, weights, positive, l1_share, erase<T>);
}
template <class T>
std::unique_ptr<AnyPenalty<T>> make_penalty(PenaltyName name, double sigma, int group_size,
                                            std::span<const double> weights, bool positive) {
  return visit_penalty<T>(name, sigma, group_size, weights, positive, erase<T>);
}

#define STRIATE_INSTANTIATE(T)                                                             \
  template std::unique_ptr<AnyPenalty<T>> make_penalty(int, std::span<const double>, bool, \
                                                       double);                            \
  template std::unique_ptr<AnyPenalty<T>> make_penalty(PenaltyName, double, int,           \
                                                       std::span<const double>, bool);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
