#include "striate/learning/learner.h"

#include <cmath>

#include "striate/learning/gradient.h"
#include "striate/learning/online.h"
#include "striate/solvers/group_lasso.h"
#include "striate/solvers/lasso.h"

namespace striate {

template <class T>
std::unique_ptr<Learner<T>> make_learner(const LearnSettings& settings, Signals<T> initial) {
  if (settings.method == LearningMethod::gradient)
    return std::make_unique<GradientLearner<T>>(settings, initial);
  return std::make_unique<OnlineLearner<T>>(settings, initial);
}

namespace detail {

void check_learn_settings(std::string_view who, const LearnSettings& settings, std::int64_t rows,
                          std::int64_t atoms) {
  validate(who, settings);
  const int s = settings.group_size_in_force();
  if (rows < 1) throw Error(who, ": signals of dimension 0; there must be at least 1 row");
  if (atoms < 1) throw Error(who, ": no atoms; there must be at least 1");
  if (settings.lambda_initial && *settings.lambda_initial < *settings.lambda)
    throw Error(who, ": lambda_initial is ", *settings.lambda_initial,
                "; it must be at least lambda, ", *settings.lambda);
  if (settings.atoms && *settings.atoms != atoms)
    throw Error(who, ": atoms is ", *settings.atoms, " but ", atoms, " initial atoms are given");
  if (atoms % s != 0) throw Error(who, ": group_size ", s, " does not divide ", atoms, " atoms");
  if (s > rows)
    throw Error(who, ": group_size ", s, " is above the dimension ", rows, " of the signals");
  if (s > 1 && settings.coder == Coder::lasso)
    throw Error(who, ": lasso has no groups, so group_size must be 1; group_lasso has");
  if (settings.mu > 0 && s == 1)
    throw Error(who, ": mu is ", settings.mu,
                " but groups of one atom have nothing to hold "
                "orthogonal; it must be 0, or group_size above 1");
  if (settings.mu > 0 && s > 2 && settings.method == LearningMethod::online)
    throw Error(who, ": online takes mu for pairs only and group_size is ", s,
                "; gradient takes groups of any size");
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
Encoding<T> encode_batch(const LearnSettings& settings, double lambda,
                         const Dictionary<T>& dictionary, MatrixView<const T> signals,
                         const Run& run) {
  if (settings.coder == Coder::lasso)
    return lasso<T>(dictionary, signals,
                    {.lambda = lambda,
                     .tolerance = settings.tolerance,
                     .max_iterations = settings.max_iterations,
                     .positive = settings.positive},
                    nullptr, run);
  return group_lasso<T>(dictionary, signals,
                        {.lambda = lambda,
                         .group_size = settings.group_size_in_force(),
                         .tolerance = settings.tolerance,
                         .max_iterations = settings.max_iterations,
                         .positive = settings.positive},
                        nullptr, run);
}

template <class T>
void check_batch(std::string_view who, MatrixView<const T> batch, std::int64_t rows) {
  if (batch.rows != rows)
    throw Error(who, ": signals of ", batch.rows, " rows; the atoms have ", rows);
  if (batch.columns < 1) throw Error(who, ": a batch of no signals; there must be at least 1");
  for (std::int64_t j = 0; j < batch.columns; ++j)
    for (T x : batch.column(j))
      if (!std::isfinite(x)) throw Error(who, ": signal ", j, " holds NaN or infinity");
}

bool interrupted(const EncodeInfo& info) {
  return info.count(Status::stopped) > 0 || info.count(Status::time_limit) > 0;
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

#define STRIATE_INSTANTIATE(T)                                                          \
  template Matrix<T> unit_columns(std::string_view, MatrixView<const T>);               \
  template Encoding<T> encode_batch(const LearnSettings&, double, const Dictionary<T>&, \
                                    MatrixView<const T>, const Run&);                   \
  template void check_batch(std::string_view, MatrixView<const T>, std::int64_t);       \
  template void check_saved(std::string_view, const Archive&, const Matrix<T>&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace detail

template std::unique_ptr<Learner<float>> make_learner(const LearnSettings&, Signals<float>);
template std::unique_ptr<Learner<double>> make_learner(const LearnSettings&, Signals<double>);

}  // namespace striate
