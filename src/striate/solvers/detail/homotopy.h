// Problem    the lasso of one signal for every lambda, from the one whose code is zero downwards
// Update     atoms in use A with signs s have c_A = lambda w_A s. Lowering lambda by g:
//              v = (G_AA)^-1 w_A s,  a = D'D_A v;     z_A += g v,  c -= g a
//            up to the next event: an atom off A reaches |c_j| = lambda w_j and would pass it, so it
//            joins; a coefficient of A reaches zero against its sign, so it drops; or the end
// Symbols    c = D'(y - D z), w penalty weights, G_AA = D_A'D_A by its Cholesky factor
// Ties       Events at one lambda are steps of length zero, taken one by one, the lowest index
//            first. That is Murty's rule for the linear complementarity problem of the tied atoms,
//            which does not return to a set it has left. Should rounding make it return, atoms that
//            drop again stay out until lambda moves. An atom that depends on A cannot pass lambda
//            w_j before A changes and does not join.
// Precision  everything about A in double, so the code is exact at the end whatever the other
//            correlations lost on the way; only when atoms join depends on these
// Cost       K |A| multiply-adds per event
// Source     efron2004; osborne2000; murty1974
#pragma once

#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "striate/core/observer.h"
#include "striate/dictionaries/dictionary.h"
#include "striate/linalg/growing_cholesky.h"
#include "striate/solvers/encode_info.h"

namespace striate::detail {

struct HomotopyRules {
  std::span<const double> weights = {};  // empty: all 1
  bool positive = false;
  bool drops = true;  // false: least angle regression
  int max_iterations = std::numeric_limits<int>::max();
};

template <class T>
class Homotopy {
 public:
  // The dictionary and the weights must outlive it.
  Homotopy(const Dictionary<T>& dictionary, const HomotopyRules& rules);

  // At the start of a signal's path of at most so many atoms, from its D'y: atoms of weight 0 in
  // use, no other.
  void begin(std::span<const T> signal, std::span<const T> correlations,
             int most_atoms = std::numeric_limits<int>::max());
  // Walks down to lambda = `last` or until one more atom would be too many (converged both), a
  // limit or a stop. Calls at_breakpoint wherever the direction changes, and at the end.
  Status walk(double last, const RunState& state, const std::function<void()>& at_breakpoint);
  // The code of the present atoms, signs and lambda, anew from the signal.
  void refine();

  double lambda() const { return lambda_; }
  int iterations() const { return iterations_; }
  std::int64_t gram_columns() const { return gram_columns_; }
  // The code times 2^exponent, indices rising, without zeros.
  void code(int exponent, std::vector<std::int32_t>& indices, std::vector<T>& values) const;

 private:
  enum class Kind { end, drop, join };
  struct Event {
    Kind kind = Kind::end;
    double length = 0;
    std::int32_t atom = -1;
    int place = 0;    // drop: in A
    double sign = 0;  // join
  };
  struct Active {
    std::int32_t index = 0;
    double pull = 0;  // w s
    double z = 0;
    AlignedVector<double> atom;
    AlignedVector<T> column;  // D'd, where there is no Gram matrix to hold it
    const T* gram = nullptr;  // D'd
  };

  double weight(std::int64_t k) const {
    return rules_.weights.empty() ? 1 : static_cast<T>(rules_.weights[static_cast<std::size_t>(k)]);
  }
  std::span<Active> active() { return {active_.data(), static_cast<std::size_t>(factor_.size())}; }
  std::span<const Active> active() const {
    return {active_.data(), static_cast<std::size_t>(factor_.size())};
  }
  void direct();
  Event next_event(double last) const;
  bool advance(double length);
  bool take(const Event& event);
  bool join(std::int32_t k, double pull);
  void drop(int place);
  void bar(std::int32_t k);
  void unbar();

  const Dictionary<T>& dictionary_;
  const HomotopyRules rules_;
  AlignedVector<double> signal_, c_, a_, rest_;
  std::vector<Active> active_;  // beyond A: buffers to use again
  GrowingCholesky factor_;
  std::vector<double> v_, products_;
  std::vector<char> out_;             // per atom: neither in use nor barred nor of weight 0
  std::vector<std::int32_t> barred_;  // for now
  double lambda_ = 0;
  int most_atoms_ = 0, iterations_ = 0, steps_of_zero_ = 0;
  std::int64_t gram_columns_ = 0;
};

}  // namespace striate::detail
