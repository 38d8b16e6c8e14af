#include "striate/learning/learner.h"

#include <cmath>

#include "striate/learning/batch.h"
#include "striate/learning/gradient.h"
#include "striate/learning/homeostasis.h"
#include "striate/learning/ksvd.h"
#include "striate/learning/mod.h"
#include "striate/learning/online.h"

namespace striate {

template <class T>
std::unique_ptr<Learner<T>> make_learner(const LearnSettings& settings, Signals<T> initial) {
  switch (settings.method) {
    case LearningMethod::online:
      return std::make_unique<OnlineLearner<T>>(settings, initial);
    case LearningMethod::gradient:
      return std::make_unique<GradientLearner<T>>(settings, initial);
    case LearningMethod::batch:
      return std::make_unique<BatchLearner<T>>(settings, initial);
    case LearningMethod::mod:
      return std::make_unique<ModLearner<T>>(settings, initial);
    case LearningMethod::ksvd:
      return std::make_unique<KsvdLearner<T>>(settings, initial);
  }
  return nullptr;
}

template <class T>
StepInfo Learner<T>::step(const SignalSource<T>& source, const Run& run) {
  Matrix<T> signals(source.dimension(), source.size());
  source.read(0, signals);
  return step(signals, run);
}

namespace detail {

void check_learn_settings(std::string_view who, const LearnSettings& settings, std::int64_t rows,
                          std::int64_t atoms) {
  validate(who, settings);
  const int s = settings.group_size_in_force();
  if (rows < 1) throw Error(who, ": signals of dimension 0; there must be at least 1 row");
  if (atoms < 1) throw Error(who, ": no atoms; there must be at least 1");
  if (settings.atoms && *settings.atoms != atoms)
    throw Error(who, ": atoms is ", *settings.atoms, " but ", atoms, " initial atoms are given");
  if (atoms % s != 0) throw Error(who, ": group_size ", s, " does not divide ", atoms, " atoms");
  if (s > rows)
    throw Error(who, ": group_size ", s, " is above the dimension ", rows, " of the signals");
  check_coder(who, settings);
  check_homeostasis(who, settings);
  if (settings.mu > 0 && s == 1)
    throw Error(who, ": mu is ", settings.mu,
                " but groups of one atom have nothing to hold "
                "orthogonal; it must be 0, or group_size above 1");
  const std::string_view method =
      EnumNames<LearningMethod>::names[static_cast<std::size_t>(settings.method)];
  const bool descends =
      settings.method == LearningMethod::online || settings.method == LearningMethod::batch;
  const bool step_by_gradient = settings.method == LearningMethod::gradient;
  if (settings.mu > 0 && !descends && !step_by_gradient)
    throw Error(who, ": ", method, " has no mu; online, batch and gradient have");
  if (settings.mu > 0 && s > 2 && descends)
    throw Error(who, ": ", method, " takes mu for pairs only and group_size is ", s,
                "; gradient takes groups of any size");
  const bool constrained = settings.positive_atoms || settings.atom_norm == AtomNorm::ball;
  const std::string_view constraint = settings.positive_atoms ? "positive_atoms" : "atom_norm ball";
  if (constrained && !descends && !step_by_gradient)
    throw Error(who, ": ", method, " has no ", constraint, "; online, batch and gradient have");
  if (settings.positive_atoms && s > 1)
    throw Error(who, ": positive_atoms and groups of ", s,
                " atoms are both given; the atoms of a group are orthogonal, of any sign");
  if (settings.method == LearningMethod::ksvd && settings.positive &&
      settings.ksvd.rule == KsvdRule::exact)
    throw Error(who, ": ksvd_rule exact has no positive; approximate has");
  if (settings.online.warm_statistics > 0 && settings.method == LearningMethod::online &&
      settings.online.schedule == Schedule::power && settings.online.forgetting > 0)
    throw Error(who, ": warm_statistics is ", settings.online.warm_statistics,
                " but with forgetting ", settings.online.forgetting,
                " nothing of it is left after the first batch; it needs schedule signals or "
                "constant, or forgetting 0");
  if (constrained && settings.mu > 0)
    throw Error(who, ": ", constraint, " and mu are both given; mu takes unit atoms of any sign");
}

template <class T>
Matrix<T> unit_columns(std::string_view who, MatrixView<const T> atoms) {
  Matrix<T> unit(atoms);
  for (std::int64_t k = 0; k < atoms.columns; ++k) {
    double square = 0;
    for (T x : atoms.column(k)) square += static_cast<double>(x) * static_cast<double>(x);
    if (!std::isfinite(square) || square == 0)
      throw Error(who, ": initial atom ", k, square == 0 ? " is zero" : " holds NaN or infinity",
                  "; atoms must be finite and not zero");
    const double scale = 1 / std::sqrt(square);
    for (T& x : unit.column(k)) x = static_cast<T>(static_cast<double>(x) * scale);
  }
  return unit;
}

template <class T>
Matrix<T> start_atoms(std::string_view who, const LearnSettings& settings,
                      MatrixView<const T> atoms) {
  if (!settings.positive_atoms) return unit_columns(who, atoms);
  Matrix<T> positive(atoms);
  for (std::int64_t k = 0; k < atoms.columns; ++k)
    for (T& x : positive.column(k)) x = x < 0 ? T(0) : x;
  return unit_columns<T>(who, positive);
}

template <class T>
void check_batch(std::string_view who, MatrixView<const T> batch, std::int64_t rows,
                 std::int64_t first) {
  if (batch.rows != rows)
    throw Error(who, ": signals of ", batch.rows, " rows; the atoms have ", rows);
  if (batch.columns < 1) throw Error(who, ": a batch of no signals; there must be at least 1");
  for (std::int64_t j = 0; j < batch.columns; ++j)
    for (T x : batch.column(j))
      if (!std::isfinite(x)) throw Error(who, ": signal ", first + j, " holds NaN or infinity");
}

template <class T>
void check_saved(std::string_view method, const Archive& archive, const Matrix<T>& atoms) {
  const auto saved = archive.get<std::string>("", "method");
  if (saved != method)
    throw Error(method, ": the state was saved by ", saved, "; each method restores its own");
  const Array& array = archive.at("atoms");
  if (array.dtype() != dtype_of<T>())
    throw Error(method, ": the state holds ", name_of(array.dtype()), "; this run uses ",
                name_of(dtype_of<T>()));
  if (array.shape() != std::vector<std::int64_t>{atoms.columns(), atoms.rows()})
    throw Error(method, ": the saved atoms are of another shape; ", atoms.columns(), " of ",
                atoms.rows(), " rows are needed");
}

#define STRIATE_INSTANTIATE(T)                                                                  \
  template Matrix<T> unit_columns(std::string_view, MatrixView<const T>);                       \
  template Matrix<T> start_atoms(std::string_view, const LearnSettings&, MatrixView<const T>);  \
  template void check_batch(std::string_view, MatrixView<const T>, std::int64_t, std::int64_t); \
  template void check_saved(std::string_view, const Archive&, const Matrix<T>&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace detail

template class Learner<float>;
template class Learner<double>;
template std::unique_ptr<Learner<float>> make_learner(const LearnSettings&, Signals<float>);
template std::unique_ptr<Learner<double>> make_learner(const LearnSettings&, Signals<double>);

}  // namespace striate
