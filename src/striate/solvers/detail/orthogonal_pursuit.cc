#include "striate/solvers/detail/orthogonal_pursuit.h"

namespace striate::detail {
namespace {

// Rows V_l, side by side within every block of atoms, so that a step reads them in one go; and the
// triangle R, column by column.
template <class T>
struct OrthogonalSpace : PursuitSpace<T> {
  AlignedVector<T> rows;
  int room = 0;         // rows that fit
  std::vector<T> r, a;  // column k of R begins at k (k + 1) / 2
  std::vector<T> correction;
  // By correlation: the factor of |c_j|. By refit: p_j, and what it must exceed.
  AlignedVector<T> weights, pivots, least_pivots;

  T* block(std::int64_t b) { return rows.data() + b * room * block_atoms<T>; }
  T row(int l, std::int64_t atom) {
    return block(atom / block_atoms<T>)[l * block_atoms<T> + atom % block_atoms<T>];
  }
  T* r_column(int k) { return r.data() + k * (k + 1) / 2; }
};

template <class T, bool refit>
class OrthogonalPursuit {
 public:
  using Space = OrthogonalSpace<T>;
  using Signal = PursuitSignal<T>;

  OrthogonalPursuit(const Dictionary<T>& dictionary, bool normalized, std::int64_t columns_wanted)
      : dictionary_(dictionary), gram_(dictionary, columns_wanted) {
    const auto padded = static_cast<std::size_t>(whole_blocks<T>(dictionary.atoms()));
    weights_.assign(padded, 0);
    pivots_.assign(padded, 0);
    least_pivots_.assign(padded, never);
    for (std::size_t j = 0; j < dictionary.squared_norms().size(); ++j) {
      const T squared = dictionary.squared_norms()[j];
      if (!(squared > 0 && std::isfinite(squared))) continue;
      weights_[j] = normalized ? 1 / std::sqrt(squared) : T(1);
      pivots_[j] = squared;
      least_pivots_[j] = least_pivot * squared;
    }
  }

  // The whole algorithm. Leaves the code in s.atoms and s.z.
  SignalInfo code_signal(const Signal& signal, Space& s, auto record) const {
    begin(s);
    Status status = Status::converged;
    double energy = signal.energy;
    std::int32_t j = -1;
    for (int k = 0; energy > signal.target; ++k) {
      if (k == signal.most && signal.counted) break;
      if (k < signal.most) j = k == 0 ? first_atom(signal, s) : advance(signal, s);
      if (k == signal.most || energy <= signal.rounding() || !settle_on(j, k, signal, s)) {
        if (signal.atom_penalty == 0) status = Status::exhausted;
        break;
      }
      const double pivot = project(j, k, s), gain = square(signal.c[j]) / pivot;
      if (gain < 2 * signal.atom_penalty) break;
      record([&] { solve(signal, s); });
      accept(j, pivot, signal.c[j], s);
      energy = std::max(energy - gain, 0.0);
      if (signal.doubtful(energy)) {
        back_substitute(s.a, s.z, s);
        energy = measure(dictionary_, signal.y, s);
      }
    }
    solve(signal, s);
    end(s);
    return {.status = status, .iterations = static_cast<std::int32_t>(s.atoms.size())};
  }

 private:
  static constexpr T never = std::numeric_limits<T>::infinity();
  // p_j up to this times |d_j|^2 is rounding: the atom lies in the span of those chosen.
  static constexpr T least_pivot = 64 * std::numeric_limits<T>::epsilon();
  static double square(double x) { return x * x; }

  void begin(Space& s) const {
    s.a.clear();
    if (refit) s.pivots = pivots_;
    if (s.weights.size() == weights_.size()) return;
    s.weights = weights_;
    s.least_pivots = least_pivots_;
  }
  void end(Space& s) const {
    for (std::int32_t atom : s.atoms) {
      const auto j = static_cast<std::size_t>(atom);
      s.weights[j] = weights_[j];
      s.least_pivots[j] = least_pivots_[j];
    }
  }

  // The scores of a block from c and, by refit, from p.
  static void score_block(std::int64_t b, const Signal& signal, Space& s, BestAtom<T>& best) {
    constexpr int size = block_atoms<T>;
    T scores[size];
    const T* __restrict c = signal.c + b * size;
    if constexpr (refit) {
      const T* __restrict p = s.pivots.data() + b * size;
      const T* __restrict least = s.least_pivots.data() + b * size;
      for (int i = 0; i < size; ++i) scores[i] = p[i] > least[i] ? c[i] * c[i] / p[i] : T(0);
    } else {
      const T* __restrict weight = s.weights.data() + b * size;
      for (int i = 0; i < size; ++i) scores[i] = std::abs(c[i]) * weight[i];
    }
    best.offer(b, scores);
  }

  std::int32_t first_atom(const Signal& signal, Space& s) const {
    BestAtom<T> best;
    const std::int64_t blocks = std::ssize(weights_) / block_atoms<T>;
    for (std::int64_t b = 0; b < blocks; ++b) score_block(b, signal, s, best);
    return best.atom();
  }

  // Forms V of the atom chosen last, takes its part out of c (and p), and finds the best atom then.
  std::int32_t advance(const Signal& signal, Space& s) const {
    constexpr int size = block_atoms<T>;
    const int k = static_cast<int>(s.atoms.size()) - 1;
    make_room(k, s);
    const T* gram = gram_(s.atoms.back(), s);
    prefetch(dictionary_.atoms(), gram);
    const T* r = s.r_column(k);
    const T scale = 1 / r[k], a = s.a[static_cast<std::size_t>(k)];
    BestAtom<T> best;
    for_blocks(dictionary_.atoms(), gram_(s.atoms.back(), s), s,
               [&](std::int64_t b, const T* column) {
                 T v[size];
                 T* __restrict rows = s.block(b);
                 for (int i = 0; i < size; ++i) v[i] = column[i];
                 for (int l = 0; l < k; ++l)
                   for (int i = 0; i < size; ++i) v[i] -= r[l] * rows[l * size + i];
                 T* __restrict c = signal.c + b * size;
                 for (int i = 0; i < size; ++i) {
                   v[i] *= scale;
                   rows[k * size + i] = v[i];
                   c[i] -= a * v[i];
                 }
                 if constexpr (refit) {
                   T* __restrict p = s.pivots.data() + b * size;
                   for (int i = 0; i < size; ++i) p[i] -= v[i] * v[i];
                 }
                 score_block(b, signal, s, best);
               });
    return best.atom();
  }

  // Doubles the room for rows at need; those there keep their places in their blocks.
  void make_room(int k, Space& s) const {
    if (k < s.room) return;
    const int room = std::max(16, 2 * s.room);
    const std::int64_t blocks = std::ssize(weights_) / block_atoms<T>;
    AlignedVector<T> larger(static_cast<std::size_t>(blocks * room * block_atoms<T>));
    for (std::int64_t b = 0; b < blocks; ++b)
      std::copy_n(s.block(b), k * block_atoms<T>, larger.data() + b * room * block_atoms<T>);
    s.rows.swap(larger);
    s.room = room;
  }

  // Column k of R above its diagonal, for atom j; returns p_j.
  double project(std::int32_t j, int k, Space& s) const {
    const auto end = static_cast<std::size_t>((k + 1) * (k + 2) / 2);
    if (s.r.size() < end) s.r.resize(end);
    double pivot = dictionary_.squared_norms()[static_cast<std::size_t>(j)];
    for (int l = 0; l < k; ++l) {
      s.r_column(k)[l] = s.row(l, j);
      pivot -= square(s.row(l, j));
    }
    return pivot;
  }

  bool selectable(std::int32_t j, double pivot, const Signal& signal) const {
    const double squared = dictionary_.squared_norms()[static_cast<std::size_t>(j)];
    return pivot > static_cast<double>(least_pivot) * squared &&
           square(signal.c[j]) > signal.rounding() * squared;
  }

  // Leaves j if it can be chosen, else puts the best atom that can be in its place; false: none.
  bool settle_on(std::int32_t& j, int k, const Signal& signal, Space& s) const {
    if (j < 0 || k >= dictionary_.rows()) return false;
    if (selectable(j, project(j, k, s), signal)) return true;
    j = -1;
    double best = 0;
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(dictionary_.atoms()); ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (!(s.weights[at] > 0)) continue;
      const double pivot = project(i, k, s), c = std::abs(static_cast<double>(signal.c[i]));
      const double score = refit ? c * c / pivot : c * static_cast<double>(s.weights[at]);
      if (!(score > best) || !selectable(i, pivot, signal)) continue;
      best = score;
      j = i;
    }
    return j >= 0;
  }

  // Atom j joins the code; project() came before.
  void accept(std::int32_t j, double pivot, T c, Space& s) const {
    const auto k = static_cast<int>(s.atoms.size());
    const T rho = static_cast<T>(std::sqrt(pivot));
    s.r_column(k)[k] = rho;
    s.a.push_back(c / rho);
    s.atoms.push_back(j);
    s.z.push_back(0);
    s.weights[static_cast<std::size_t>(j)] = 0;
    s.least_pivots[static_cast<std::size_t>(j)] = never;
  }

  // R x = b
  void back_substitute(const std::vector<T>& b, std::vector<T>& x, Space& s) const {
    x = b;
    for (int k = static_cast<int>(x.size()) - 1; k >= 0; --k) {
      T& last = x[static_cast<std::size_t>(k)];
      last /= s.r_column(k)[k];
      axpy(k, -last, s.r_column(k), x.data());
    }
  }

  // z from R z = a, refined once.
  void solve(const Signal& signal, Space& s) const {
    if (s.atoms.empty()) return;
    back_substitute(s.a, s.z, s);
    measure(dictionary_, signal.y, s);
    s.values.assign(s.residual.begin(), s.residual.end());
    s.correction.resize(s.atoms.size());
    for (std::size_t k = 0; k < s.atoms.size(); ++k) {  // R'u = D_A'(y - D z)
      const T* r = s.r_column(static_cast<int>(k));
      const auto n = static_cast<std::int64_t>(k);
      const T c = dot<T>(dictionary_.rows(), dictionary_.atom(s.atoms[k]).data(), s.values.data());
      s.correction[k] = (c - dot<T>(n, r, s.correction.data())) / r[k];
    }
    back_substitute(s.correction, s.values, s);
    for (std::size_t k = 0; k < s.atoms.size(); ++k) s.z[k] += s.values[k];
  }

  const Dictionary<T>& dictionary_;
  const GramColumns<T> gram_;
  AlignedVector<T> weights_, pivots_, least_pivots_;  // before any atom is chosen
};

template <class T, bool refit>
Encoding<T> pursue(const Dictionary<T>& dictionary, MatrixView<const T> signals,
                   const PursuitProblem& problem, bool normalized, PursuitPath<T>* path,
                   const Run& run) {
  const OrthogonalPursuit<T, refit> pursuit(dictionary, normalized, signals.columns * 4);
  return encode_by_pursuit<OrthogonalSpace<T>>(
      dictionary, signals, problem, path, run,
      [&](const auto& signal, OrthogonalSpace<T>& s, auto record) {
        return pursuit.code_signal(signal, s, record);
      });
}

}  // namespace

template <class T>
Encoding<T> pursue_orthogonally(const Dictionary<T>& dictionary, MatrixView<const T> signals,
                                const PursuitProblem& problem, AtomRule rule, PursuitPath<T>* path,
                                const Run& run) {
  if (rule == AtomRule::refit)
    return pursue<T, true>(dictionary, signals, problem, false, path, run);
  return pursue<T, false>(dictionary, signals, problem, rule == AtomRule::normalized_correlation,
                          path, run);
}

#define STRIATE_INSTANTIATE(T)                                                               \
  template Encoding<T> pursue_orthogonally(const Dictionary<T>&, MatrixView<const T>,        \
                                           const PursuitProblem&, AtomRule, PursuitPath<T>*, \
                                           const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate::detail
