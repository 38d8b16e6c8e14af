#include "striate/memory/capacity.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <complex>
#include <functional>
#include <numeric>

#include "striate/core/parallel.h"
#include "striate/core/random.h"
#include "striate/memory/associative_memory.h"

namespace striate {
namespace {

using Vector = Eigen::VectorXcd;

// t_p = <z_p, v>
template <class T>
Vector overlaps_of(const UnitCodes<T>& codes, const Vector& v) {
  Vector t(codes.size());
  for (std::int64_t p = 0; p < codes.size(); ++p) {
    const UnitCode<T> code = codes[p];
    std::complex<double> sum = 0;
    for (std::size_t i = 0; i < code.active(); ++i)
      sum += std::conj(std::complex<double>(code.values[i])) * v[code.units[i]];
    t[p] = sum;
  }
  return t;
}

// v = sum_p t_p z_p
template <class T>
Vector sum_of(const UnitCodes<T>& codes, const Vector& t) {
  Vector v = Vector::Zero(codes.units());
  for (std::int64_t p = 0; p < codes.size(); ++p) {
    const UnitCode<T> code = codes[p];
    for (std::size_t i = 0; i < code.active(); ++i)
      v[code.units[i]] += t[p] * std::complex<double>(code.values[i]);
  }
  return v;
}

// The largest eigenvalue of a Hermitian matrix, not below 0, by Lanczos with full
// reorthogonalisation from a seeded start; it comes from below.
double leading_eigenvalue(Eigen::Index size, const std::function<Vector(const Vector&)>& apply,
                          std::uint64_t seed, RunState& state) {
  constexpr Eigen::Index most_steps = 60;
  constexpr double tolerance = 1e-9;
  const Eigen::Index steps = std::min(size, most_steps);
  Random random(seed, stream("eigenvalue"));
  Eigen::MatrixXcd basis(size, steps);
  Vector start(size);
  for (std::complex<double>& x : start) {
    const double real = random.normal();
    x = {real, random.normal()};
  }
  basis.col(0) = start.normalized();
  Eigen::VectorXd diagonal(steps), side(steps);
  double value = 0;
  for (Eigen::Index m = 0; m < steps && !state.stopping(); ++m) {
    Vector w = apply(basis.col(m));
    diagonal[m] = basis.col(m).dot(w).real();
    for (int pass = 0; pass < 2; ++pass)
      w -= basis.leftCols(m + 1) * (basis.leftCols(m + 1).adjoint() * w);
    side[m] = w.norm();
    Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> small;
    small.computeFromTridiagonal(diagonal.head(m + 1), side.head(m));
    value = std::max(0.0, small.eigenvalues()[m]);
    if (m + 1 == steps || side[m] * std::abs(small.eigenvectors()(m, m)) <= tolerance * value)
      break;
    basis.col(m + 1) = w / side[m];
  }
  return value;
}

// What one code is to the others.
struct Neighbours {
  double squares = 0, worst = 0;  // of |cos|
  double signal = 0, noise = 0;   // mean squares of the field
};

template <class T>
Neighbours neighbours(const UnitCodes<T>& codes, const std::vector<double>& norms,
                      const std::vector<double>& diagonal, std::int64_t p,
                      std::vector<std::complex<double>>& z, std::vector<std::complex<double>>& u) {
  Neighbours found;
  const UnitCode<T> own = codes[p];
  const double norm = norms[static_cast<std::size_t>(p)];
  std::ranges::fill(u, 0.0);
  for (std::size_t i = 0; i < own.active(); ++i)
    z[static_cast<std::size_t>(own.units[i])] = std::complex<double>(own.values[i]);
  for (std::int64_t q = 0; q < codes.size(); ++q) {
    if (q == p) continue;
    const UnitCode<T> other = codes[q];
    std::complex<double> a = 0;
    for (std::size_t i = 0; i < other.active(); ++i)
      a += std::conj(std::complex<double>(other.values[i])) *
           z[static_cast<std::size_t>(other.units[i])];
    if (a == 0.0) continue;
    const double cosine = std::abs(a) / (norm * norms[static_cast<std::size_t>(q)]);
    found.squares += cosine * cosine;
    found.worst = std::max(found.worst, cosine);
    for (std::size_t i = 0; i < other.active(); ++i)
      u[static_cast<std::size_t>(other.units[i])] += a * std::complex<double>(other.values[i]);
  }
  for (std::size_t i = 0; i < own.active(); ++i) {
    const auto unit = static_cast<std::size_t>(own.units[i]);
    const double size = std::norm(z[unit]);
    u[unit] -= (diagonal[unit] - size) * z[unit];
    found.signal += size * (norm * norm - size) * (norm * norm - size);
    z[unit] = 0;
  }
  found.signal /= static_cast<double>(own.active());
  for (const std::complex<double>& x : u) found.noise += std::norm(x);
  found.noise /= static_cast<double>(u.size());
  return found;
}

// The first `count` of a seeded order of the numbers below `size`, rising; all if there are no more.
std::vector<std::int64_t> sample(std::int64_t size, std::int64_t count, std::uint64_t seed,
                                 std::uint32_t purpose) {
  std::vector<std::int64_t> chosen = permutation(size, Random(seed, purpose));
  chosen.resize(static_cast<std::size_t>(std::min(size, count)));
  std::ranges::sort(chosen);
  return chosen;
}

template <class T>
void compare(const UnitCodes<T>& codes, const CapacitySettings& settings, RunState& state,
             CapacityReport& report) {
  const auto units = static_cast<std::size_t>(codes.units());
  std::vector<double> norms, diagonal(units), used(units);
  UnitCodes<double> normal(codes.units());
  for (std::int64_t p = 0; p < codes.size(); ++p) {
    const UnitCode<T> code = codes[p];
    norms.push_back(code_norm(code));
    std::vector<std::complex<double>> values;
    for (std::size_t i = 0; i < code.active(); ++i) {
      const auto unit = static_cast<std::size_t>(code.units[i]);
      const std::complex<double> z(code.values[i]);
      diagonal[unit] += std::norm(z);
      used[unit] += 1;
      values.push_back(z / norms.back());
    }
    normal.append({code.units, values});
  }
  const auto patterns = static_cast<double>(codes.size());
  for (double& share : used) share /= patterns;
  report.units_used = std::ranges::count_if(used, [](double share) { return share > 0; });
  report.least_usage = *std::ranges::min_element(used);
  report.most_usage = *std::ranges::max_element(used);
  report.unit_usage = std::move(used);

  // G has the eigenvalues of the sum of outer products: whichever is smaller.
  const bool by_unit = codes.units() < codes.size();
  report.leading_eigenvalue = leading_eigenvalue(
      by_unit ? codes.units() : codes.size(),
      [&](const Vector& v) -> Vector {
        return by_unit ? sum_of(normal, overlaps_of(normal, v))
                       : overlaps_of(normal, sum_of(normal, v));
      },
      static_cast<std::uint64_t>(settings.seed), state);

  const auto rows = sample(codes.size(), settings.compared,
                           static_cast<std::uint64_t>(settings.seed), stream("compared"));
  std::vector<Neighbours> found(rows.size());
  std::vector<char> done(rows.size());
  std::vector<std::vector<std::complex<double>>> z(static_cast<std::size_t>(workers_for(state)),
                                                   std::vector<std::complex<double>>(units)),
      u = z;
  parallel_for(
      static_cast<std::int64_t>(rows.size()),
      [&](std::int64_t row, int worker) {
        const auto r = static_cast<std::size_t>(row), w = static_cast<std::size_t>(worker);
        found[r] = neighbours(codes, norms, diagonal, rows[r], z[w], u[w]);
        done[r] = 1;
        state.advance(1);
      },
      state);
  double squares = 0, signal = 0, noise = 0;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (!done[r]) continue;
    ++report.compared;
    squares += found[r].squares;
    signal += found[r].signal;
    noise += found[r].noise;
    report.worst_overlap = std::max(report.worst_overlap, found[r].worst);
    report.mean_worst_overlap += found[r].worst;
  }
  if (report.compared == 0) return;
  const auto compared = static_cast<double>(report.compared);
  report.mean_worst_overlap /= compared;
  if (codes.size() > 1) report.rms_overlap = std::sqrt(squares / compared / (patterns - 1));
  report.effective_rank = patterns / (1 + squares / compared);
  report.signal = std::sqrt(signal / compared);
  report.cross_talk_variance = noise / compared;
  report.snr = report.signal / std::sqrt(report.cross_talk_variance);
}

template <class T>
void try_recall(const AssociativeMemory<T>& memory, const SparseCodes<T>& stored,
                const CapacitySettings& settings, const Run& run, CapacityReport& report) {
  const auto seed = static_cast<std::uint64_t>(settings.seed);
  const auto rows = sample(stored.signals(), settings.copies, seed, stream("cues"));
  const std::vector<std::int64_t> ids = memory.ids();
  SparseCodes<T> codes(stored.atoms());
  std::vector<std::int64_t> targets;
  for (const std::int64_t row : rows) {
    codes.append(stored[row].indices, stored[row].values);
    targets.push_back(ids[static_cast<std::size_t>(row)]);
  }
  const SparseCodes<T> cues = damaged_codes(codes, settings.cue, seed);
  const UnitCodes<T> clean = units_of_pairs(codes), damaged = units_of_pairs(cues);
  for (std::int64_t j = 0; j < clean.size(); ++j)
    report.cue_overlap += std::abs(inner_product(clean[j], damaged[j])) / code_norm(clean[j]) /
                          code_norm(damaged[j]) / static_cast<double>(clean.size());
  const RecallResult<T> recalled = memory.recall(cues, {}, run);
  std::vector<std::int64_t> answers, nearest, asked;
  const Identification found = memory.nearest(cues);
  for (std::size_t j = 0; j < targets.size(); ++j) {
    if (recalled.endings[j] == Ending::stopped) continue;
    answers.push_back(recalled.ids[j]);
    nearest.push_back(found.ids[j]);
    asked.push_back(targets[j]);
  }
  report.cues = std::ssize(asked);
  if (asked.empty()) return;
  const Accuracy accuracy = identification_accuracy(answers, asked);
  report.accuracy = accuracy.share;
  report.accuracy_error = accuracy.standard_error;
  report.accuracy_nearest = identification_accuracy(nearest, asked).share;
}

}  // namespace

template <class T>
std::int64_t energy_support(const SparseCodes<T>& codes, double share) {
  std::vector<std::int64_t> sizes;
  const UnitCodes<T> units = units_of_pairs(codes);
  for (std::int64_t j = 0; j < units.size(); ++j) {
    std::vector<double> energy;
    for (const std::complex<T> z : units[j].values) energy.push_back(std::norm(z));
    std::ranges::sort(energy, std::greater());
    const double wanted = share * std::accumulate(energy.begin(), energy.end(), 0.0);
    double held = 0;
    std::size_t size = 0;
    while (size < energy.size() && held < wanted) held += energy[size++];
    sizes.push_back(std::max<std::int64_t>(1, static_cast<std::int64_t>(size)));
  }
  if (sizes.empty()) return 1;
  const auto middle = sizes.begin() + std::ssize(sizes) / 2;
  std::ranges::nth_element(sizes, middle);
  return *middle;
}

template <class T>
CapacityReport AssociativeMemory<T>::capacity_report(const CapacitySettings& settings,
                                                     const Run& run) const {
  validate("AssociativeMemory.capacity_report", settings);
  const UnitCodes<T> codes = codes_of_rule();
  CapacityReport report{.patterns = codes.size(), .units = units()};
  report.unit_usage.resize(static_cast<std::size_t>(units()));
  if (codes.size() == 0) return report;
  const SparseCodes<T> stored = this->codes();
  report.k = k();
  report.k_energy = energy_support(stored, settings.energy_share);
  RunState state(run, "compare codes", std::min(codes.size(), settings.compared));
  compare(codes, settings, state, report);
  const auto n = static_cast<double>(report.units);
  report.snr_first_order =
      n / std::sqrt(static_cast<double>(report.patterns) * static_cast<double>(report.k));
  try_recall(*this, stored, settings, run, report);
  const double heard = report.cue_overlap * report.snr;
  report.safe_load =
      static_cast<double>(report.patterns) * heard * heard / (4 * std::log(std::max(2.0, n)));
  return report;
}

#define STRIATE_INSTANTIATE(T)                                                           \
  template std::int64_t energy_support(const SparseCodes<T>&, double);                   \
  template CapacityReport AssociativeMemory<T>::capacity_report(const CapacitySettings&, \
                                                                const Run&) const;
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate
