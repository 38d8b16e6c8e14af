#include "striate/solvers/detail/homotopy.h"

#include <algorithm>
#include <cmath>

#include "striate/linalg/kernels.h"
#include "striate/solvers/detail/chunks.h"
#include "striate/solvers/detail/sub_problem.h"

namespace striate::detail {
namespace {

constexpr double tie = 1e-12;          // events closer than this part of lambda are one
constexpr double least_rate = 1e-12;   // slower than this no atom passes lambda w
constexpr double least_pivot = 1e-13;  // squared sine of the angle to the span of A
constexpr int patience = 50;           // steps of length zero in a row

}  // namespace

template <class T>
Homotopy<T>::Homotopy(const Dictionary<T>& dictionary, const HomotopyRules& rules)
    : dictionary_(dictionary), rules_(rules) {
  const auto atoms = static_cast<std::size_t>(dictionary.atoms());
  a_.resize(atoms);
  out_.resize(atoms);
}

template <class T>
void Homotopy<T>::begin(std::span<const T> signal, std::span<const T> correlations,
                        int most_atoms) {
  most_atoms_ = most_atoms;
  signal_.assign(signal.begin(), signal.end());
  c_.assign(correlations.begin(), correlations.end());
  factor_.clear();
  barred_.clear();
  lambda_ = 0;
  iterations_ = steps_of_zero_ = 0;
  gram_columns_ = 0;
  const auto atoms = static_cast<std::int32_t>(dictionary_.atoms());
  for (std::int32_t k = 0; k < atoms; ++k) out_[static_cast<std::size_t>(k)] = weight(k) > 0;
  for (std::int32_t k = 0; k < atoms; ++k)
    if (weight(k) == 0) join(k, 0);
  refine();
  for (const Active& in_use : active()) axpy(atoms, -in_use.z, in_use.gram, c_.data());
  for (std::int32_t k = 0; k < atoms; ++k) {
    const double c = c_[static_cast<std::size_t>(k)];
    if (weight(k) > 0) lambda_ = std::max(lambda_, (rules_.positive ? c : std::abs(c)) / weight(k));
  }
}

template <class T>
Status Homotopy<T>::walk(double last, const RunState& state,
                         const std::function<void()>& at_breakpoint) {
  for (; lambda_ > last; ++iterations_) {
    if (iterations_ == rules_.max_iterations) return Status::iteration_limit;
    if (state.stopping()) return status_of(state.reason());
    direct();
    const Event event = next_event(last);
    const bool moved = advance(event.length);
    const bool fits = take(event);
    if (event.kind == Kind::end) lambda_ = last;
    if (moved) at_breakpoint();
    if (!fits) return Status::converged;
  }
  return Status::converged;
}

// v and a.
template <class T>
void Homotopy<T>::direct() {
  v_.clear();
  for (const Active& in_use : active()) v_.push_back(in_use.pull);
  factor_.solve(v_);
  std::fill(a_.begin(), a_.end(), 0.0);
  const std::int64_t atoms = dictionary_.atoms();
  std::size_t i = 0;
  for (; i + 4 <= v_.size(); i += 4) {  // four at once: a is read and written less often
    const double v0 = v_[i], v1 = v_[i + 1], v2 = v_[i + 2], v3 = v_[i + 3];
    const T *g0 = active_[i].gram, *g1 = active_[i + 1].gram, *g2 = active_[i + 2].gram,
            *g3 = active_[i + 3].gram;
    double* __restrict a = a_.data();
    for (std::int64_t k = 0; k < atoms; ++k)
      a[k] += v0 * static_cast<double>(g0[k]) + v1 * static_cast<double>(g1[k]) +
              v2 * static_cast<double>(g2[k]) + v3 * static_cast<double>(g3[k]);
  }
  for (; i < v_.size(); ++i) axpy(atoms, v_[i], active_[i].gram, a_.data());
  gram_columns_ += std::ssize(v_);
}

// The nearest event; of those at no distance the one of lowest index. What would come just before
// the end is left out: there atoms that depend on A seem to join where lambda goes to 0.
template <class T>
auto Homotopy<T>::next_event(double last) const -> Event {
  const double end = lambda_ - last;
  Event next{.length = end};
  double nearest = end > tie * lambda_ ? end : 0;
  const auto offer = [&](const Event& event) {
    if (event.length >= end - tie * lambda_) return;
    const double distance = event.length > tie * lambda_ ? event.length : 0;
    if (distance > nearest || (distance == nearest && event.atom > next.atom)) return;
    nearest = distance;
    next = event;
  };
  if (rules_.drops)
    for (std::size_t i = 0; i < v_.size(); ++i)
      if (const Active& in_use = active_[i]; in_use.pull * v_[i] < 0)
        offer({.kind = Kind::drop,
               .length = std::max(-in_use.z / v_[i], 0.0),
               .atom = in_use.index,
               .place = static_cast<int>(i)});
  for (std::size_t k = 0; k < c_.size(); ++k) {
    if (!out_[k]) continue;
    const double w = weight(static_cast<std::int64_t>(k));
    for (double sign : {1.0, -1.0}) {
      const double rate = w - sign * a_[k];  // at which lambda w_k comes down to |c_k|
      if (rate > least_rate * w)
        offer({.kind = Kind::join,
               .length = std::max(lambda_ * w - sign * c_[k], 0.0) / rate,
               .atom = static_cast<std::int32_t>(k),
               .sign = sign});
      if (rules_.positive) break;
    }
  }
  return next;
}

// Returns whether lambda moved.
template <class T>
bool Homotopy<T>::advance(double length) {
  const bool moved = length > tie * lambda_;
  for (std::size_t i = 0; i < v_.size(); ++i) active_[i].z += length * v_[i];
  axpy(std::ssize(c_), -length, a_.data(), c_.data());
  lambda_ -= length;
  steps_of_zero_ = moved ? 0 : steps_of_zero_ + 1;
  if (moved) unbar();
  return moved;
}

// Returns false where an atom more than most_atoms would join.
template <class T>
bool Homotopy<T>::take(const Event& event) {
  if (event.kind == Kind::drop) {
    drop(event.place);
    if (steps_of_zero_ <= patience) unbar();
    else bar(event.atom);
  } else if (event.kind == Kind::join) {
    if (!join(event.atom, event.sign * weight(event.atom))) bar(event.atom);
    if (factor_.size() > most_atoms_) {
      drop(factor_.size() - 1);
      return false;
    }
  }
  return true;
}

// Returns false, A as it was, where the atom depends on A.
template <class T>
bool Homotopy<T>::join(std::int32_t k, double pull) {
  const auto place = static_cast<std::size_t>(factor_.size());
  if (active_.size() == place) active_.emplace_back();
  Active& next = active_[place];
  const auto atom = dictionary_.atom(k);
  next.atom.assign(atom.begin(), atom.end());
  const auto product = [&](const Active& other) {
    return dot<double>(dictionary_.rows(), other.atom.data(), next.atom.data());
  };
  products_.clear();
  for (const Active& in_use : active()) products_.push_back(product(in_use));
  if (!factor_.append(products_, product(next), least_pivot)) return false;
  next.index = k;
  next.pull = pull;
  next.z = 0;
  out_[static_cast<std::size_t>(k)] = false;
  const std::int64_t atoms = dictionary_.atoms();
  if (dictionary_.gram_use() != GramUse::few) {
    next.gram = dictionary_.gram().column(k).data();
  } else {
    next.column.resize(static_cast<std::size_t>(atoms));
    dictionary_.correlate(MatrixView<const T>(atom.data(), dictionary_.rows(), 1),
                          MatrixView<T>(next.column.data(), atoms, 1));
    next.gram = next.column.data();
  }
  return true;
}

template <class T>
void Homotopy<T>::drop(int place) {
  out_[static_cast<std::size_t>(active_[static_cast<std::size_t>(place)].index)] = true;
  std::rotate(active_.begin() + place, active_.begin() + place + 1,
              active_.begin() + factor_.size());
  factor_.remove(place);
}

template <class T>
void Homotopy<T>::bar(std::int32_t k) {
  out_[static_cast<std::size_t>(k)] = false;
  barred_.push_back(k);
}

template <class T>
void Homotopy<T>::unbar() {
  for (std::int32_t k : barred_) out_[static_cast<std::size_t>(k)] = true;
  barred_.clear();
}

template <class T>
void Homotopy<T>::refine() {
  const std::int64_t m = dictionary_.rows();
  for (int repeat = 0; repeat < 2; ++repeat) {
    rest_ = signal_;
    for (const Active& in_use : active()) axpy(m, -in_use.z, in_use.atom.data(), rest_.data());
    v_.clear();
    for (const Active& in_use : active())
      v_.push_back(dot<double>(m, in_use.atom.data(), rest_.data()) - lambda_ * in_use.pull);
    factor_.solve(v_);
    for (std::size_t i = 0; i < v_.size(); ++i) active_[i].z += v_[i];
  }
  if (!rules_.drops) return;
  for (Active& in_use : active())
    if (in_use.pull * in_use.z < 0) in_use.z = 0;
}

template <class T>
void Homotopy<T>::code(int exponent, std::vector<std::int32_t>& indices,
                       std::vector<T>& values) const {
  std::vector<std::pair<std::int32_t, double>> entries;
  for (const Active& in_use : active()) entries.emplace_back(in_use.index, in_use.z);
  std::ranges::sort(entries);
  indices.clear();
  values.clear();
  for (const auto& [index, z] : entries)
    if (const T value = std::ldexp(static_cast<T>(z), exponent); value != 0) {
      indices.push_back(index);
      values.push_back(value);
    }
}

template class Homotopy<float>;
template class Homotopy<double>;

}  // namespace striate::detail
