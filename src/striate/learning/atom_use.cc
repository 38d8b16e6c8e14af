#include "striate/learning/atom_use.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "striate/core/errors.h"
#include "striate/core/parallel.h"
#include "striate/core/random.h"
#include "striate/linalg/kernels.h"

namespace striate {

namespace {
std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }
}  // namespace

AtomUse::AtomUse(std::int64_t atoms, int group_size, double min_use)
    : group_size_(group_size), min_use_(min_use), uses_(at(atoms)), signals_(at(atoms)) {}

template <class T>
void AtomUse::count(const SparseCodes<T>& codes) {
  const auto added = static_cast<double>(codes.signals());
  const double keep = std::exp(-added * min_use_ / 10);
  for (std::size_t k = 0; k < uses_.size(); ++k) {
    uses_[k] *= keep;
    signals_[k] = keep * signals_[k] + added;
  }
  for (std::size_t e = 0; e < codes.values().size(); ++e)
    if (codes.values()[e] != T(0)) uses_[at(codes.indices()[e])] += 1;
}

void AtomUse::reset(std::int64_t atom) { uses_[at(atom)] = signals_[at(atom)] = 0; }

double AtomUse::fraction(std::int64_t atom) const {
  return signals_[at(atom)] > 0 ? uses_[at(atom)] / signals_[at(atom)] : 0;
}

bool AtomUse::dead(std::int64_t atom) const {
  const std::int64_t first = atom / group_size_ * group_size_;
  double most = 0;
  for (std::int64_t k = first; k < first + group_size_; ++k) most = std::max(most, fraction(k));
  return signals_[at(atom)] * min_use_ >= 5 && most < min_use_;
}

std::int64_t AtomUse::in_use() const {
  std::int64_t count = 0;
  for (std::size_t k = 0; k < uses_.size(); ++k)
    count += uses_[k] > 0 && uses_[k] >= min_use_ * signals_[k];
  return count;
}

Archive AtomUse::save() const {
  const auto atoms = static_cast<std::int64_t>(uses_.size());
  Archive archive;
  archive.arrays["uses"] = Array::from(std::span<const double>(uses_), {atoms});
  archive.arrays["signals"] = Array::from(std::span<const double>(signals_), {atoms});
  return archive;
}

void AtomUse::restore(const Archive& archive) {
  auto uses = archive.at("uses").to<double>(), signals = archive.at("signals").to<double>();
  if (uses.size() != uses_.size() || signals.size() != uses_.size())
    throw Error("AtomUse: counts of ", uses.size(), " atoms; the dictionary has ", uses_.size());
  uses_ = std::move(uses);
  signals_ = std::move(signals);
}

template <class T>
std::vector<std::int64_t> unfit_atoms(const AtomUse& use, int group_size, MatrixView<const T> gram,
                                      int threads) {
  const std::int64_t s = group_size, groups = gram.columns / s;
  // inverse(p): L^-1 of the group's own Gram block L L', so that L_p^-1 G_pq L_q^-T holds the
  // cosines between orthonormal bases.
  std::vector<double> inverse(at(groups * s * s));
  std::vector<bool> unfit(at(groups));
  std::vector<double> l(at(s * s));
  for (std::int64_t p = 0; p < groups; ++p) {
    double* x = &inverse[at(p * s * s)];
    std::fill(l.begin(), l.end(), 0);
    for (std::int64_t i = 0; i < s && !unfit[at(p)]; ++i) {
      for (std::int64_t j = 0; j <= i; ++j) {
        double sum = static_cast<double>(gram(p * s + i, p * s + j));
        for (std::int64_t n = 0; n < j; ++n) sum -= l[at(i * s + n)] * l[at(j * s + n)];
        if (i != j) l[at(i * s + j)] = sum / l[at(j * s + j)];
        else if (sum <= 2e-6 * gram(p * s + i, p * s + i))
          unfit[at(p)] = true;  // 1 - cosine^2 of the atom to those before it
        else l[at(i * s + i)] = std::sqrt(sum);
      }
      if (unfit[at(p)]) break;
      for (std::int64_t j = 0; j <= i; ++j) {  // row i of L^-1
        double sum = i == j ? 1 : 0;
        for (std::int64_t n = j; n < i; ++n) sum -= l[at(i * s + n)] * x[n * s + j];
        x[i * s + j] = sum / l[at(i * s + i)];
      }
    }
    if (use.dead(p * s)) unfit[at(p)] = true;
  }

  // |L_p^-1 G_pq L_q^-T|^2 is at most |L_p^-1|^2 |G_pq|^2 |L_q^-1|^2: most pairs need no more.
  const double same = static_cast<double>(s) - 1 + 0.999999 * 0.999999;
  std::vector<double> size(at(groups));
  for (std::int64_t p = 0; p < groups; ++p)
    size[at(p)] = dot<double>(s * s, &inverse[at(p * s * s)], &inverse[at(p * s * s)]);
  const auto bound_with = [&](std::int64_t q, std::vector<double>& squares,
                              std::vector<double>& bound) {
    squares.assign(at(q * s), 0);  // |row of G_.q|^2
    for (std::int64_t j = 0; j < s; ++j) {
      const T* column = gram.column(q * s + j).data();
      for (std::int64_t i = 0; i < q * s; ++i)
        squares[at(i)] += static_cast<double>(column[i]) * static_cast<double>(column[i]);
    }
    bound.assign(at(q), 0);  // by group p < q
    for (std::int64_t i = 0; i < s; ++i)
      for (std::int64_t p = 0; p < q; ++p) bound[at(p)] += squares[at(p * s + i)];
    for (std::int64_t p = 0; p < q; ++p) bound[at(p)] *= size[at(p)] * size[at(q)];
  };
  std::vector<std::uint8_t> likely(at(groups));  // some earlier group may span the same
  constexpr std::int64_t together = 32;
  const Run run{.threads = threads};
  RunState state(run);
  parallel_for((groups + together - 1) / together,
               [&](std::int64_t chunk, int) {
                 std::vector<double> squares, bound;
                 for (std::int64_t q = chunk * together;
                      q < std::min((chunk + 1) * together, groups); ++q) {
                   bound_with(q, squares, bound);
                   int above = 0;
                   for (double x : bound) above += x > same;
                   likely[at(q)] = above > 0;
                 }
               },
               state);

  std::vector<double> squares, bound, half(at(s * s));
  for (std::int64_t q = 1; q < groups; ++q) {
    if (!likely[at(q)]) continue;
    const double* y = &inverse[at(q * s * s)];
    bound_with(q, squares, bound);
    for (std::int64_t p = 0; p < q && !unfit[at(q)]; ++p) {
      if (bound[at(p)] <= same || unfit[at(p)]) continue;
      const double* x = &inverse[at(p * s * s)];
      double cosines = 0;  // the sum of the squared principal cosines
      for (std::int64_t i = 0; i < s; ++i)
        for (std::int64_t j = 0; j < s; ++j) {
          double sum = 0;
          for (std::int64_t n = 0; n <= i; ++n)
            sum += x[i * s + n] * static_cast<double>(gram(p * s + n, q * s + j));
          half[at(i * s + j)] = sum;
        }
      for (std::int64_t i = 0; i < s; ++i)
        for (std::int64_t j = 0; j < s; ++j) {
          double sum = 0;
          for (std::int64_t n = 0; n <= j; ++n) sum += half[at(i * s + n)] * y[j * s + n];
          cosines += sum * sum;
        }
      if (cosines > same) unfit[at(q)] = true;
    }
  }

  std::vector<std::int64_t> atoms;
  for (std::int64_t k = 0; k < groups * s; ++k)
    if (unfit[at(k / s)]) atoms.push_back(k);
  return atoms;
}

template <class T>
void replace_atoms(const LearnSettings& settings, std::int64_t step,
                   std::span<const std::int64_t> unfit, const SignalSource<T>& signals,
                   const EncodeInfo& info, Matrix<T>& atoms, AtomUse& use) {
  if (unfit.empty()) return;
  const auto seed = static_cast<std::uint64_t>(settings.seed);
  const auto item = static_cast<std::uint64_t>(step);
  std::vector<std::int64_t> candidates;
  if (settings.replace == Replace::sample) {
    candidates = permutation(signals.size(), Random(seed, stream("replace by sample"), item));
  } else {
    candidates.resize(at(signals.size()));
    std::iota(candidates.begin(), candidates.end(), 0);
    std::stable_sort(candidates.begin(), candidates.end(), [&](std::int64_t i, std::int64_t j) {
      return info.signals[at(i)].objective > info.signals[at(j)].objective;
    });
  }

  const std::int64_t m = atoms.rows();
  const int s = settings.group_size_in_force();
  Random random(seed, stream("replace by noise"), item);
  std::size_t next = 0;
  std::vector<double> atom(at(m));
  Matrix<T> one(m, 1);
  for (std::int64_t k : unfit) {
    double before = 0, after = 0;
    do {
      const bool signal = next < candidates.size();
      if (signal) signals.read(candidates[next++], one);
      for (std::int64_t i = 0; i < m; ++i) {
        atom[at(i)] = signal ? static_cast<double>(one(i, 0)) : random.normal();
        if (settings.positive_atoms) atom[at(i)] = std::max(atom[at(i)], 0.0);
      }
      before = dot<double>(m, atom.data(), atom.data());
      for (int twice = 0; twice < 2; ++twice)  // the second time removes the rounding of the first
        for (std::int64_t j = k / s * s; j < k; ++j) {
          double overlap = 0;
          for (std::int64_t i = 0; i < m; ++i)
            overlap += static_cast<double>(atoms(i, j)) * atom[at(i)];
          for (std::int64_t i = 0; i < m; ++i)
            atom[at(i)] -= overlap * static_cast<double>(atoms(i, j));
        }
      after = dot<double>(m, atom.data(), atom.data());
    } while (!(after > 1e-4 * before));
    for (std::int64_t i = 0; i < m; ++i)
      atoms(i, k) = static_cast<T>(atom[at(i)] / std::sqrt(after));
    use.reset(k);
  }
}

#define STRIATE_INSTANTIATE(T)                                                                   \
  template void AtomUse::count(const SparseCodes<T>&);                                           \
  template std::vector<std::int64_t> unfit_atoms(const AtomUse&, int, MatrixView<const T>, int); \
  template void replace_atoms(const LearnSettings&, std::int64_t, std::span<const std::int64_t>, \
                              const SignalSource<T>&, const EncodeInfo&, Matrix<T>&, AtomUse&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate
