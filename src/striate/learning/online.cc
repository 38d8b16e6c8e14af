#include "striate/learning/online.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "striate/core/parallel.h"
#include "striate/core/random.h"
#include "striate/linalg/gemm.h"
#include "striate/linalg/kernels.h"

namespace striate {

namespace {

constexpr std::int64_t atoms_per_chunk = 16;
constexpr std::int64_t rows_per_chunk = 64;

std::int64_t chunks_of(std::int64_t n, std::int64_t size) { return (n + size - 1) / size; }

// A <- beta A + Z Z' / q and B <- beta B + Y Z' / q. Threads own ranges of atoms and walk the
// signals in order.
template <class T>
void add_statistics(Matrix<T>& a, Matrix<T>& b, double beta, MatrixView<const T> signals,
                    const SparseCodes<T>& codes, const Run& run) {
  const std::int64_t m = b.rows(), atoms = b.columns();
  const T keep = static_cast<T>(beta), share = static_cast<T>(1.0 / double(signals.columns));
  const Run uninterrupted = detail::uninterrupted(run);
  RunState state(uninterrupted);
  parallel_for(
      chunks_of(atoms, atoms_per_chunk),
      [&](std::int64_t chunk, int) {
        const auto first = static_cast<std::int32_t>(chunk * atoms_per_chunk);
        const auto last = static_cast<std::int32_t>(std::min(atoms, (chunk + 1) * atoms_per_chunk));
        for (std::int32_t k = first; k < last; ++k) {
          for (T& x : a.column(k)) x *= keep;
          for (T& x : b.column(k)) x *= keep;
        }
        for (std::int64_t j = 0; j < signals.columns; ++j) {
          const CodeView<T> z = codes[j];
          auto e = static_cast<std::size_t>(
              std::lower_bound(z.indices.begin(), z.indices.end(), first) - z.indices.begin());
          for (; e < z.nonzeros() && z.indices[e] < last; ++e) {
            const std::int32_t k = z.indices[e];
            const T scale = share * z.values[e];
            axpy(m, scale, signals.column(j).data(), b.column(k).data());
            T* a_k = a.column(k).data();
            for (std::size_t i = 0; i < z.nonzeros(); ++i) a_k[z.indices[i]] += scale * z.values[i];
          }
        }
      },
      state);
}

}  // namespace

template <class T>
OnlineLearner<T>::OnlineLearner(const LearnSettings& settings, MatrixView<const T> initial)
    : settings_(settings) {
  detail::check_learn_settings("online", settings, initial.rows, initial.columns);
  atoms_ = detail::unit_columns("online", initial);
  a_ = Matrix<T>(initial.columns, initial.columns);
  b_ = Matrix<T>(initial.rows, initial.columns);
  use_ = AtomUse(initial.columns, settings.group_size_in_force(), settings.min_use);
}

template <class T>
StepInfo OnlineLearner<T>::accumulate(Signals<T> batch, const Run& run) {
  return accumulate(Dictionary<T>(atoms_), batch, run).first;
}

template <class T>
std::pair<StepInfo, EncodeInfo> OnlineLearner<T>::accumulate(const Dictionary<T>& dictionary,
                                                             MatrixView<const T> batch,
                                                             const Run& run) {
  detail::check_batch("online", batch, atoms_.rows());
  StepInfo info;
  Stopwatch watch;
  auto [codes, coded] =
      detail::encode_batch(settings_, settings_.lambda_at(steps_), dictionary, batch, run);
  info.seconds_coding = watch.seconds();
  info.complete = !detail::interrupted(coded);
  if (!info.complete) return {info, coded};
  info.objective = coded.objective() / double(batch.columns);
  info.nonzeros = double(codes.nonzeros()) / double(batch.columns);

  watch.restart();
  ++steps_;
  const double beta = std::pow(1 - 1 / double(steps_), settings_.online.forgetting);
  add_statistics(a_, b_, beta, batch, codes, run);
  weight_ = beta * weight_ + 1;
  use_.count(codes);
  info.seconds_update = watch.seconds();
  return {info, coded};
}

template <class T>
void OnlineLearner<T>::update(const Run& run) {
  const int s = group_size();
  const auto seed = static_cast<std::uint64_t>(settings_.seed);
  std::vector<std::int64_t> order;
  for (int pass = 0; pass < settings_.online.passes; ++pass) {
    const auto item = static_cast<std::uint64_t>(steps_ * settings_.online.passes + pass);
    order.clear();
    for (std::int64_t p : permutation(atoms_.columns() / s, Random(seed, stream("update"), item)))
      for (std::int64_t k = p * s; k < (p + 1) * s; ++k) order.push_back(k);
    detail::update_atoms(atoms_, a_, b_, s, 2 * settings_.mu * weight_, settings_.online.block,
                         std::span<const std::int64_t>(order), run);
  }
}

template <class T>
StepInfo OnlineLearner<T>::step(Signals<T> batch, const Run& run) {
  const Dictionary<T> dictionary(atoms_);
  auto [info, coded] = accumulate(dictionary, batch, run);
  if (!info.complete) return info;
  const Stopwatch watch;
  if (settings_.replace != Replace::none) {
    info.replaced = unfit_atoms(use_, group_size(), dictionary.gram());
    replace_atoms(settings_, steps_, std::span<const std::int64_t>(info.replaced), batch, coded,
                  atoms_, use_);
    for (std::int64_t k : info.replaced) {  // what was known of the old atoms says nothing now
      for (std::int64_t i = 0; i < a_.rows(); ++i) a_(i, k) = a_(k, i) = 0;
      for (T& x : b_.column(k)) x = 0;
    }
  }
  update(run);
  info.seconds_update += watch.seconds();
  return info;
}

template <class T>
Archive OnlineLearner<T>::statistics() const {
  Archive archive;
  archive.arrays["A"] = Array::from(a_.view());
  archive.arrays["B"] = Array::from(b_.view());
  archive.insert("use", use_.save());
  archive.attributes[""] = {{"weight", weight_}, {"steps", steps_}};
  return archive;
}

template <class T>
void OnlineLearner<T>::set_statistics(const Archive& statistics) {
  auto a = statistics.at("A").to_matrix<T>(), b = statistics.at("B").to_matrix<T>();
  if (a.rows() != a_.rows() || a.columns() != a_.columns() || b.rows() != b_.rows() ||
      b.columns() != b_.columns())
    throw Error("online: statistics of ", a.rows(), " x ", a.columns(), " and ", b.rows(), " x ",
                b.columns(), "; ", a_.rows(), " atoms of ", b_.rows(), " rows need ", a_.rows(),
                " x ", a_.rows(), " and ", b_.rows(), " x ", b_.columns());
  const auto weight = statistics.get<double>("", "weight");
  const auto steps = statistics.get<std::int64_t>("", "steps");
  use_.restore(statistics.extract("use"));
  a_ = std::move(a);
  b_ = std::move(b);
  weight_ = weight;
  steps_ = steps;
}

template <class T>
Archive OnlineLearner<T>::save() const {
  Archive archive;
  archive.attributes[""]["method"] = std::string("online");
  archive.arrays["atoms"] = Array::from(atoms_.view());
  archive.insert("statistics", statistics());
  return archive;
}

template <class T>
void OnlineLearner<T>::restore(const Archive& archive) {
  detail::check_saved("online", archive, atoms_);
  set_statistics(archive.extract("statistics"));
  atoms_ = archive.at("atoms").to_matrix<T>();
}

namespace {

template <class U>
void add(Array& sum, const Array& part) {
  auto values = sum.to<U>();
  const auto more = part.as<U>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += more[i];
  sum = Array::from(std::span<const U>(values), sum.shape());
}

}  // namespace

Archive merge_statistics(std::span<const Archive> parts) {
  if (parts.empty()) throw Error("merge_statistics: no statistics given; at least one is needed");
  Archive sum = parts[0];
  for (const Archive& part : parts.subspan(1)) {
    for (auto& entry : sum.arrays) {
      Array& array = entry.second;
      const Array& other = part.at(entry.first);
      if (other.dtype() != array.dtype() || other.shape() != array.shape())
        throw Error("merge_statistics: ", entry.first,
                    " differs in shape or type between the parts; all must come from the same "
                    "dictionary");
      if (array.dtype() == DType::f32) add<float>(array, other);
      else add<double>(array, other);
    }
    Values& root = sum.attributes[""];
    root["weight"] = sum.get<double>("", "weight") + part.get<double>("", "weight");
    root["steps"] = sum.get<std::int64_t>("", "steps") + part.get<std::int64_t>("", "steps");
  }
  return sum;
}

namespace detail {

template <class T>
void update_atoms(Matrix<T>& atoms, const Matrix<T>& a, const Matrix<T>& b, int group_size,
                  double kappa, int block, std::span<const std::int64_t> order, const Run& run) {
  const std::int64_t m = atoms.rows(), n = atoms.columns();
  const Run uninterrupted = detail::uninterrupted(run);
  Matrix<T> panel(n, block);     // columns of A
  Matrix<T> residual(m, block);  // columns of B - D A, kept up to date
  std::vector<T> g(static_cast<std::size_t>(m));
  for (std::int64_t first = 0; first < n; first += block) {
    const std::int64_t count = std::min<std::int64_t>(block, n - first);
    const auto atom = [&](std::int64_t j) { return order[static_cast<std::size_t>(first + j)]; };
    for (std::int64_t j = 0; j < count; ++j)
      std::copy_n(a.column(atom(j)).data(), n, panel.column(j).data());
    RunState state(uninterrupted);
    parallel_for(
        chunks_of(m, rows_per_chunk),
        [&](std::int64_t chunk, int) {
          const std::int64_t row = chunk * rows_per_chunk, rows = std::min(rows_per_chunk, m - row);
          multiply(MatrixView<const T>(atoms.data() + row, rows, n, m),
                   MatrixView<const T>(panel).middle_columns(0, count),
                   MatrixView<T>(residual.data() + row, rows, count, m));
          for (std::int64_t j = 0; j < count; ++j)
            for (std::int64_t i = row; i < row + rows; ++i)
              residual(i, j) = b(i, atom(j)) - residual(i, j);
        },
        state);

    for (std::int64_t j = 0; j < count; ++j) {
      const std::int64_t k = atom(j);
      T* r = residual.column(j).data();
      T* d = atoms.column(k).data();
      for (std::int64_t i = 0; i < m; ++i) g[std::size_t(i)] = r[i] + a(k, k) * d[i];
      if (kappa > 0 && group_size == 2) {
        const T* e = atoms.column(k ^ 1).data();
        const double overlap = dot<double>(m, g.data(), e);
        axpy(m, static_cast<T>(-std::clamp(overlap, -kappa, kappa)), e, g.data());
      }
      const double norm = std::sqrt(dot<double>(m, g.data(), g.data()));
      if (!(norm > 1e-9 * a(k, k)) || !(a(k, k) > 0)) continue;  // never used: stays
      const T scale = static_cast<T>(1 / norm);
      for (std::int64_t i = 0; i < m; ++i) {
        const T change = scale * g[std::size_t(i)] - d[i];
        d[i] = scale * g[std::size_t(i)];
        g[std::size_t(i)] = change;
      }
      for (std::int64_t later = j + 1; later < count; ++later)
        axpy(m, -panel(k, later), g.data(), residual.column(later).data());
    }
  }
}

#define STRIATE_INSTANTIATE(T)                                                                 \
  template void update_atoms(Matrix<T>&, const Matrix<T>&, const Matrix<T>&, int, double, int, \
                             std::span<const std::int64_t>, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace detail

template class OnlineLearner<float>;
template class OnlineLearner<double>;

}  // namespace striate
