#include "striate/solvers/detail/orthogonal_pursuit.h"

namespace striate::detail {
namespace {

// Rows V_l, side by side within every block of atoms, so that a step reads them in one go; and the
// triangle R, column by column.
template <class T>
struct OrthogonalSignal : PursuitSignal<T> {
  AlignedVector<T> rows;
  int room = 0;           // rows that fit
  std::vector<T> r, a;    // column k of R begins at k (k + 1) / 2
  double least_sine = 1;  // squared, of the angle between an atom and the span of those before it
  std::vector<T> correction, change;
  AlignedVector<T> pivots;  // by refit: p_j

  T* block(std::int64_t b) { return rows.data() + b * room * block_atoms<T>; }
  T row(int l, std::int64_t atom) {
    return block(atom / block_atoms<T>)[l * block_atoms<T> + atom % block_atoms<T>];
  }
  T* r_column(int k) { return r.data() + k * (k + 1) / 2; }
};

template <class T, bool refit>
class OrthogonalPursuit {
 public:
  using Signal = OrthogonalSignal<T>;
  using Space = PursuitSpace<T>;

  OrthogonalPursuit(const Dictionary<T>& dictionary, bool normalized, std::int64_t columns_wanted,
                    int threads)
      : dictionary_(dictionary), gram_(dictionary, columns_wanted, threads) {
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

  std::int64_t together() const { return gram_.together(); }

  // Another atom joins the code.
  bool step(Signal& signal, Space& s, auto record) const {
    const auto k = static_cast<int>(signal.atoms.size());
    if (k == 0) begin(signal);
    if (signal.squared <= signal.target || (k == signal.most && signal.counted)) return false;
    std::int32_t j = -1;
    if (k < signal.most) j = k == 0 ? first_atom(signal, s) : advance(signal, s);
    if (signal.squared <= signal.rounding() || !settle_on(j, k, signal)) {
      if (signal.atom_penalty == 0) signal.status = Status::exhausted;
      return false;
    }
    const double pivot = project(j, k, signal), gain = square(signal.c[j]) / pivot;
    if (gain < 2 * signal.atom_penalty) return false;
    record([&] { solve(signal, s); });
    accept(j, pivot, signal, s);
    signal.squared = std::max(signal.squared - gain, 0.0);
    if (signal.doubtful()) {
      back_substitute(signal.a, signal.z, signal);
      signal.squared = measure(dictionary_, signal, s);
    }
    return true;
  }

  void end(Signal& signal, Space& s) const { solve(signal, s); }

 private:
  static constexpr T never = std::numeric_limits<T>::infinity();
  // p_j up to this times |d_j|^2 is rounding: the atom lies in the span of those chosen.
  static constexpr T least_pivot = 64 * std::numeric_limits<T>::epsilon();
  static double square(double x) { return x * x; }

  void begin(Signal& signal) const {
    signal.a.clear();
    signal.least_sine = 1;
    if (refit) signal.pivots = pivots_;
  }

  // The scores of a block from c and, by refit, from p.
  void score_block(std::int64_t b, const Signal& signal, Space& s) const {
    constexpr int size = block_atoms<T>;
    T* __restrict scores = s.scores.data() + b * size;
    const T* __restrict c = signal.c + b * size;
    if constexpr (refit) {
      const T* __restrict p = signal.pivots.data() + b * size;
      const T* __restrict least = least_pivots_.data() + b * size;
      for (int i = 0; i < size; ++i) scores[i] = p[i] > least[i] ? c[i] * c[i] / p[i] : T(0);
    } else {
      const T* __restrict weight = weights_.data() + b * size;
      for (int i = 0; i < size; ++i) scores[i] = std::abs(c[i]) * weight[i];
    }
  }

  std::int32_t first_atom(const Signal& signal, Space& s) const {
    const std::int64_t blocks = std::ssize(weights_) / block_atoms<T>;
    for (std::int64_t b = 0; b < blocks; ++b) score_block(b, signal, s);
    return best_atom<T>(s.scores);
  }

  // Forms V of the atom chosen last, takes its part out of c (and p), and finds the best atom then.
  std::int32_t advance(Signal& signal, Space& s) const {
    constexpr int size = block_atoms<T>;
    const int k = static_cast<int>(signal.atoms.size()) - 1;
    make_room(k, signal);
    const T* r = signal.r_column(k);
    const T scale = 1 / r[k], a = signal.a[static_cast<std::size_t>(k)];
    for_blocks(dictionary_.atoms(), gram_(signal.atoms.back(), s), s,
               [&](std::int64_t b, const T* column) {
                 T* rows = signal.block(b);
                 T* __restrict v = rows + k * size;
                 subtract_rows<size>(k, r, rows, column, v);
                 T* __restrict c = signal.c + b * size;
                 for (int i = 0; i < size; ++i) {
                   v[i] *= scale;
                   c[i] -= a * v[i];
                 }
                 if constexpr (refit) {
                   T* __restrict p = signal.pivots.data() + b * size;
                   for (int i = 0; i < size; ++i) p[i] -= v[i] * v[i];
                 }
                 score_block(b, signal, s);
               });
    for (std::int32_t atom : signal.atoms) s.scores[static_cast<std::size_t>(atom)] = 0;
    return best_atom<T>(s.scores);
  }

  // Doubles the room for rows at need; those there keep their places in their blocks.
  void make_room(int k, Signal& signal) const {
    if (k < signal.room) return;
    const int room = std::max(16, 2 * signal.room);
    const std::int64_t blocks = std::ssize(weights_) / block_atoms<T>;
    AlignedVector<T> larger(static_cast<std::size_t>(blocks * room * block_atoms<T>));
    for (std::int64_t b = 0; b < blocks; ++b)
      std::copy_n(signal.block(b), k * block_atoms<T>, larger.data() + b * room * block_atoms<T>);
    signal.rows.swap(larger);
    signal.room = room;
  }

  // Column k of R above its diagonal, for atom j; returns p_j.
  double project(std::int32_t j, int k, Signal& signal) const {
    const auto end = static_cast<std::size_t>((k + 1) * (k + 2) / 2);
    if (signal.r.size() < end) signal.r.resize(end);
    double pivot = dictionary_.squared_norms()[static_cast<std::size_t>(j)];
    for (int l = 0; l < k; ++l) {
      signal.r_column(k)[l] = signal.row(l, j);
      pivot -= square(signal.row(l, j));
    }
    return pivot;
  }

  bool selectable(std::int32_t j, double pivot, const Signal& signal) const {
    const double squared = dictionary_.squared_norms()[static_cast<std::size_t>(j)];
    return pivot > static_cast<double>(least_pivot) * squared &&
           square(signal.c[j]) > signal.rounding() * squared;
  }

  // Leaves j if it can be chosen, else puts the best atom that can be in its place; false: none.
  bool settle_on(std::int32_t& j, int k, Signal& signal) const {
    if (j < 0 || k >= dictionary_.rows()) return false;
    if (selectable(j, project(j, k, signal), signal)) return true;
    j = -1;
    double best = 0;
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(dictionary_.atoms()); ++i) {
      const T weight = weights_[static_cast<std::size_t>(i)];
      if (weight == 0 || std::ranges::count(signal.atoms, i) > 0) continue;
      const double pivot = project(i, k, signal), c = std::abs(static_cast<double>(signal.c[i]));
      const double score = refit ? c * c / pivot : c * static_cast<double>(weight);
      if (!(score > best) || !selectable(i, pivot, signal)) continue;
      best = score;
      j = i;
    }
    return j >= 0;
  }

  // Atom j joins the code; project() came before.
  void accept(std::int32_t j, double pivot, Signal& signal, Space& s) const {
    const auto k = static_cast<int>(signal.atoms.size());
    const T rho = static_cast<T>(std::sqrt(pivot));
    signal.r_column(k)[k] = rho;
    signal.a.push_back(signal.c[j] / rho);
    signal.atoms.push_back(j);
    signal.z.push_back(0);
    const double squared = dictionary_.squared_norms()[static_cast<std::size_t>(j)];
    signal.least_sine = std::min(signal.least_sine, pivot / squared);
    ++signal.steps;
    gram_.announce(j, s);
    prefetch(dictionary_.rows(), dictionary_.atom(j).data());
  }

  // R x = b
  static void back_substitute(const std::vector<T>& b, std::vector<T>& x, Signal& signal) {
    x = b;
    for (int k = static_cast<int>(x.size()) - 1; k >= 0; --k) {
      T& last = x[static_cast<std::size_t>(k)];
      last /= signal.r_column(k)[k];
      axpy(k, -last, signal.r_column(k), x.data());
    }
  }

  // z from R z = a, refined once unless the atoms are almost orthogonal.
  void solve(Signal& signal, Space& s) const {
    if (signal.atoms.empty()) return;
    back_substitute(signal.a, signal.z, signal);
    if (signal.least_sine > 0.5) return;
    measure(dictionary_, signal, s);
    s.values.assign(s.residual.begin(), s.residual.end());
    signal.correction.resize(signal.atoms.size());
    for (std::size_t k = 0; k < signal.atoms.size(); ++k) {  // R'u = D_A'(y - D z)
      const T* r = signal.r_column(static_cast<int>(k));
      const T* atom = dictionary_.atom(signal.atoms[k]).data();
      const T c = dot<T>(dictionary_.rows(), atom, s.values.data());
      const T known = dot<T>(static_cast<std::int64_t>(k), r, signal.correction.data());
      signal.correction[k] = (c - known) / r[k];
    }
    back_substitute(signal.correction, signal.change, signal);
    for (std::size_t k = 0; k < signal.atoms.size(); ++k) signal.z[k] += signal.change[k];
  }

  const Dictionary<T>& dictionary_;
  const GramColumns<T> gram_;
  // By correlation: the factor of |c_j|. By refit: p_j at first, and what it must exceed.
  AlignedVector<T> weights_, pivots_, least_pivots_;
};

template <class T, bool refit>
Encoding<T> pursue(const Dictionary<T>& dictionary, MatrixView<const T> signals,
                   const PursuitProblem& problem, bool normalized, PursuitPath<T>* path,
                   const Run& run) {
  const OrthogonalPursuit<T, refit> pursuit(dictionary, normalized, signals.columns * 4,
                                            run.threads);
  return PursuitFrame(dictionary, signals, problem, pursuit, path).run(run);
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
