#include "striate/learning/gradient.h"

#include <algorithm>
#include <cmath>

#include "striate/core/parallel.h"
#include "striate/linalg/kernels.h"

namespace striate {

namespace {

constexpr std::int64_t atoms_per_chunk = 16;
constexpr std::int64_t signals_per_chunk = 32;
constexpr double curvature_keep = 0.95;   // forgetting of mean z^2 per batch
constexpr double curvature_floor = 0.05;  // of the mean curvature: rare atoms take no wild steps

std::int64_t chunks_of(std::int64_t n, std::int64_t size) { return (n + size - 1) / size; }

template <class T>
void normalize(std::span<T> atom) {
  const auto m = static_cast<std::int64_t>(atom.size());
  const double norm = std::sqrt(dot<double>(m, atom.data(), atom.data()));
  for (T& x : atom) x = static_cast<T>(static_cast<double>(x) / norm);
}

// For every column k of D, f(k, sum_j z_kj r_j / q, sum_j z_kj^2 / q) with R = Y - D Z. Threads own
// ranges of atoms and walk the signals in order.
template <class T, class F>
void for_each_correlation(MatrixView<const T> atoms, MatrixView<const T> signals,
                          const SparseCodes<T>& codes, const Run& run, const F& f) {
  const std::int64_t m = atoms.rows, n = atoms.columns, q = signals.columns;
  const Run uninterrupted = detail::uninterrupted(run);
  Matrix<T> residuals(signals);
  RunState coding(uninterrupted);
  parallel_for(
      chunks_of(q, signals_per_chunk),
      [&](std::int64_t chunk, int) {
        const std::int64_t last = std::min(q, (chunk + 1) * signals_per_chunk);
        for (std::int64_t j = chunk * signals_per_chunk; j < last; ++j) {
          const CodeView<T> z = codes[j];
          for (std::size_t e = 0; e < z.nonzeros(); ++e)
            axpy(m, -z.values[e], atoms.column(z.indices[e]).data(), residuals.column(j).data());
        }
      },
      coding);

  RunState correlating(uninterrupted);
  parallel_for(
      chunks_of(n, atoms_per_chunk),
      [&](std::int64_t chunk, int) {
        const auto first = static_cast<std::int32_t>(chunk * atoms_per_chunk);
        const auto last = static_cast<std::int32_t>(std::min(n, (chunk + 1) * atoms_per_chunk));
        Matrix<T> sums(m, last - first);
        std::vector<double> squares(static_cast<std::size_t>(last - first));
        for (std::int64_t j = 0; j < q; ++j) {
          const CodeView<T> z = codes[j];
          auto e = static_cast<std::size_t>(
              std::lower_bound(z.indices.begin(), z.indices.end(), first) - z.indices.begin());
          for (; e < z.nonzeros() && z.indices[e] < last; ++e) {
            const std::int32_t k = z.indices[e] - first;
            axpy(m, z.values[e], residuals.column(j).data(), sums.column(k).data());
            squares[std::size_t(k)] += double(z.values[e]) * double(z.values[e]);
          }
        }
        const T share = static_cast<T>(1.0 / double(q));
        for (T* x = sums.data(); x != sums.data() + sums.size(); ++x) *x *= share;
        f(first, sums, squares);
      },
      correlating);
}

template <class T>
void check_groups(std::string_view who, const Matrix<T>& atoms, int group_size) {
  if (group_size < 1 || atoms.columns() % group_size != 0)
    throw Error(who, ": group_size ", group_size, "; it must divide the ", atoms.columns(),
                " atoms");
}

}  // namespace

template <class T>
double orthogonality(const Matrix<T>& atoms, int group_size) {
  check_groups("orthogonality", atoms, group_size);
  double sum = 0;
  for (std::int64_t i = 0; i < atoms.columns(); ++i)
    for (std::int64_t j = i / group_size * group_size; j < (i / group_size + 1) * group_size; ++j)
      sum += std::abs(dot<double>(atoms.rows(), atoms.column(i).data(), atoms.column(j).data()) -
                      (i == j));
  return sum;
}

template <class T>
Matrix<T> orthogonality_gradient(const Matrix<T>& atoms, int group_size) {
  check_groups("orthogonality_gradient", atoms, group_size);
  Matrix<T> gradient(atoms.rows(), atoms.columns());
  for (std::int64_t i = 0; i < atoms.columns(); ++i)
    for (std::int64_t j = i / group_size * group_size; j < (i / group_size + 1) * group_size; ++j) {
      const double deviation =
          dot<double>(atoms.rows(), atoms.column(i).data(), atoms.column(j).data()) - (i == j);
      const T sign = static_cast<T>((deviation > 0) - (deviation < 0));
      axpy(atoms.rows(), 2 * sign, atoms.column(j).data(), gradient.column(i).data());
    }
  return gradient;
}

template <class T>
Matrix<T> fit_gradient(const Matrix<T>& atoms, Signals<T> signals, const SparseCodes<T>& codes,
                       const Run& run) {
  if (atoms.rows() != signals.rows || codes.atoms() != atoms.columns() ||
      codes.signals() != signals.columns || signals.columns < 1)
    throw Error("fit_gradient: ", atoms.columns(), " atoms of ", atoms.rows(), " rows, ",
                signals.columns, " signals of ", signals.rows, " rows, codes of ", codes.signals(),
                " signals for ", codes.atoms(), " atoms; they must agree, with a signal at least");
  Matrix<T> gradient(atoms.rows(), atoms.columns());
  for_each_correlation(atoms.view(), signals, codes, run,
                       [&](std::int64_t first, const Matrix<T>& sums, const std::vector<double>&) {
                         for (std::int64_t k = 0; k < sums.columns(); ++k)
                           for (std::int64_t i = 0; i < sums.rows(); ++i)
                             gradient(i, first + k) = -sums(i, k);
                       });
  return gradient;
}

template <class T>
GradientLearner<T>::GradientLearner(const LearnSettings& settings, MatrixView<const T> initial)
    : settings_(settings) {
  detail::check_learn_settings("gradient", settings, initial.rows, initial.columns);
  atoms_ = detail::start_atoms("gradient", settings, initial);
  change_ = Matrix<T>(initial.rows, initial.columns);
  curvature_.resize(static_cast<std::size_t>(initial.columns));
  curvature_weight_ = curvature_;
  use_ = AtomUse(initial.columns, settings.group_size_in_force(), settings.min_use);
  homeostasis_ =
      Homeostasis(settings.gradient.homeostasis, initial.columns, settings.group_size_in_force());
}

template <class T>
StepInfo GradientLearner<T>::step(Signals<T> batch, const Run& run) {
  detail::check_batch("gradient", batch, atoms_.rows());
  StepInfo info;
  Stopwatch watch;
  const bool choosing = homeostasis_.sets_choice();
  const Dictionary<T> dictionary(choosing ? scaled(atoms_, homeostasis_.gains()) : atoms_);
  auto [codes, coded] =
      detail::encode_batch(settings_, settings_.lambda_at(steps_), dictionary, batch, run);
  if (choosing) codes = scaled(codes, homeostasis_.gains());
  info.seconds_coding = watch.seconds();
  info.complete = !detail::interrupted(coded);
  if (!info.complete) return info;
  info.objective = coded.objective() / double(batch.columns);
  info.nonzeros = double(codes.nonzeros()) / double(batch.columns);

  watch.restart();
  const std::int64_t m = atoms_.rows(), n = atoms_.columns();
  Matrix<T> ascent(m, n);
  for_each_correlation(
      MatrixView<const T>(atoms_), batch, codes, run,
      [&](std::int64_t first, const Matrix<T>& sums, const std::vector<double>& squares) {
        std::copy_n(sums.data(), sums.size(), ascent.column(first).data());
        for (std::size_t k = 0; k < squares.size(); ++k) {
          double& h = curvature_[static_cast<std::size_t>(first) + k];
          h = curvature_keep * h + squares[k] / double(batch.columns);
        }
      });
  for (double& w : curvature_weight_) w = curvature_keep * w + 1;
  homeostasis_.count(codes);
  descend(ascent, run);
  ++steps_;
  use_.count(codes);

  if (settings_.replace != Replace::none) {
    info.replaced = unfit_atoms(use_, group_size(), dictionary.gram(), run.threads);
    replace_atoms<T>(settings_, steps_, info.replaced, MatrixSource<T>(batch), coded, atoms_, use_);
    for (std::int64_t k : info.replaced) {
      for (T& x : change_.column(k)) x = 0;
      homeostasis_.reset(k);
      curvature_[static_cast<std::size_t>(k)] = curvature_weight_[static_cast<std::size_t>(k)] = 0;
    }
  }
  info.seconds_update = watch.seconds();
  return info;
}

// One step of every group, given R Z' / q.
template <class T>
void GradientLearner<T>::descend(const Matrix<T>& ascent, const Run& run) {
  const GradientSettings& rule = settings_.gradient;
  const std::int64_t m = atoms_.rows(), s = group_size(), groups = atoms_.columns() / s;
  const double step = rule.step_decay > 0 ? rule.step_size / (1 + double(steps_) / rule.step_decay)
                                          : rule.step_size;
  const bool plain = rule.step_rule == StepRule::plain;

  std::vector<double> h(static_cast<std::size_t>(groups));  // per group: rotations change nothing
  double mean = 0;
  for (std::int64_t k = 0; k < groups * s; ++k) {
    const auto i = static_cast<std::size_t>(k);
    h[std::size_t(k / s)] += curvature_[i] / std::max(curvature_weight_[i], 1.0) / double(s);
  }
  for (double x : h) mean += x / double(groups);
  if (mean == 0) return;  // all codes empty

  const std::span<const double> lengths =
      homeostasis_.sets_lengths() ? homeostasis_.gains() : std::span<const double>();
  const detail::AtomSet set = detail::atom_set(settings_);
  const Run uninterrupted = detail::uninterrupted(run);
  RunState state(uninterrupted);
  parallel_for(
      groups,
      [&](std::int64_t p, int) {
        const double eta =
            plain ? step : step / std::max(h[static_cast<std::size_t>(p)], curvature_floor * mean);
        const double force = 2 * settings_.mu * eta;
        const MatrixView<T> group = atoms_.view().middle_columns(p * s, s);
        const MatrixView<T> change = change_.view().middle_columns(p * s, s);
        const auto hold_orthogonal = [&](bool clipped) {
          const Matrix<T> old{MatrixView<const T>(group)};
          for (std::int64_t i = 0; i < s; ++i)
            for (std::int64_t j = 0; j < s; ++j) {
              if (i == j) continue;
              const double c = dot<double>(m, old.column(i).data(), old.column(j).data());
              const double pull =
                  clipped ? std::clamp(c / 2, -force, force) : force * ((c > 0) - (c < 0));
              axpy(m, static_cast<T>(-pull), old.column(j).data(), group.column(i).data());
            }
        };
        if (plain && force > 0) hold_orthogonal(false);
        for (std::int64_t i = 0; i < s; ++i) {
          T* d = group.column(i).data();
          T* v = change.column(i).data();
          const T* up = ascent.column(p * s + i).data();
          for (std::int64_t row = 0; row < m; ++row) {
            v[row] = static_cast<T>(rule.momentum) * v[row] + static_cast<T>(eta) * up[row];
            d[row] += v[row];
          }
          if (set.positive || set.ball) detail::project_atom<T>(set, 1, group.column(i));
          else normalize(group.column(i));
          if (!lengths.empty())
            for (std::int64_t row = 0; row < m; ++row)
              d[row] *= static_cast<T>(lengths[static_cast<std::size_t>(p * s + i)]);
        }
        if (!plain && force > 0) {
          hold_orthogonal(true);
          for (std::int64_t i = 0; i < s; ++i) normalize(group.column(i));
        }
      },
      state);
}

template <class T>
Archive GradientLearner<T>::save() const {
  Archive archive;
  archive.attributes[""] = {{"method", std::string("gradient")}, {"steps", steps_}};
  archive.arrays["atoms"] = Array::from(MatrixView<const T>(atoms_));
  archive.arrays["change"] = Array::from(MatrixView<const T>(change_));
  archive.arrays["curvature"] =
      Array::from(std::span<const double>(curvature_), {atoms_.columns()});
  archive.arrays["curvature_weight"] =
      Array::from(std::span<const double>(curvature_weight_), {atoms_.columns()});
  archive.insert("use", use_.save());
  archive.insert("homeostasis", homeostasis_.save());
  return archive;
}

template <class T>
void GradientLearner<T>::restore(const Archive& archive) {
  detail::check_saved("gradient", archive, atoms_);
  const auto n = static_cast<std::size_t>(atoms_.columns());
  auto change = archive.at("change").to_matrix<T>();
  auto curvature = archive.at("curvature").to<double>();
  auto weight = archive.at("curvature_weight").to<double>();
  if (change.rows() != atoms_.rows() || change.columns() != atoms_.columns() ||
      curvature.size() != n || weight.size() != n)
    throw Error("gradient: the saved step or curvature does not fit ", n, " atoms of ",
                atoms_.rows(), " rows");
  const auto steps = archive.get<std::int64_t>("", "steps");
  use_.restore(archive.extract("use"));
  homeostasis_.restore(archive.extract("homeostasis"));
  atoms_ = archive.at("atoms").to_matrix<T>();
  change_ = std::move(change);
  curvature_ = std::move(curvature);
  curvature_weight_ = std::move(weight);
  steps_ = steps;
}

#define STRIATE_INSTANTIATE(T)                                      \
  template class GradientLearner<T>;                                \
  template double orthogonality(const Matrix<T>&, int);             \
  template Matrix<T> orthogonality_gradient(const Matrix<T>&, int); \
  template Matrix<T> fit_gradient(const Matrix<T>&, Signals<T>, const SparseCodes<T>&, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate
