#include "striate/learning/homeostasis.h"

#include <algorithm>
#include <cmath>

#include "striate/core/errors.h"
#include "striate/core/text.h"

namespace striate {

namespace {
std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }
constexpr double most_use = 16;  // ratios of use and gains of use
}  // namespace

void check_homeostasis(std::string_view who, const LearnSettings& settings) {
  const HomeostasisRule rule = settings.gradient.homeostasis.rule;
  if (rule == HomeostasisRule::none) return;
  const std::string_view coder = EnumNames<Coder>::names[static_cast<std::size_t>(settings.coder)];
  const std::string_view penalty =
      EnumNames<PenaltyName>::names[static_cast<std::size_t>(settings.penalty)];
  if (settings.method != LearningMethod::gradient)
    throw Error(who, ": homeostasis is of method gradient only");
  const bool ista = settings.coder == Coder::ista;
  if (rule == HomeostasisRule::variance) {
    if (!ista || settings.penalty != PenaltyName::log || settings.start != Start::projection)
      throw Error(who, ": homeostasis variance with coder ", coder,
                  ista ? join(", penalty ", penalty, " and start ",
                              settings.start == Start::zero ? "zero" : "projection")
                       : "",
                  ", which gives a shorter atom smaller coefficients, down to nothing; it needs "
                  "coder ista, penalty log and start projection");
    if (settings.atom_norm == AtomNorm::ball)
      throw Error(who,
                  ": homeostasis variance and atom_norm ball are both given; variance sets "
                  "the norms of the atoms");
    return;
  }
  if (settings.coder == Coder::ols || settings.coder == Coder::elastic_net ||
      (ista && settings.penalty != PenaltyName::l1))
    throw Error(who, ": homeostasis use with coder ", coder,
                ista ? join(" and penalty ", penalty) : "",
                ", whose choice does not follow the lengths of atoms; lasso, group_lasso, omp, "
                "gradient_descent and ista with penalty l1 have it");
}

Homeostasis::Homeostasis(const HomeostasisSettings& settings, std::int64_t atoms, int group_size)
    : settings_(settings),
      group_size_(group_size),
      levels_(at(atoms), sets_lengths() ? settings.variance_goal : 0),
      gains_(at(atoms), 1.0) {}

template <class T>
void Homeostasis::count(const SparseCodes<T>& codes) {
  if (settings_.rule == HomeostasisRule::none || codes.signals() == 0) return;
  const std::size_t n = levels_.size(), s = at(group_size_);
  std::vector<double> seen(n);
  for (std::int64_t j = 0; j < codes.signals(); ++j) {
    const CodeView<T> z = codes[j];
    std::size_t last = n;  // the group counted last; indices rise
    for (std::size_t e = 0; e < z.nonzeros(); ++e) {
      const std::size_t k = at(z.indices[e]), p = k / s * s;
      if (sets_lengths()) {
        seen[k] += static_cast<double>(z.values[e]) * static_cast<double>(z.values[e]);
      } else if (z.values[e] != T(0) && p != last) {
        seen[p] += 1;
        last = p;
      }
    }
  }
  const auto signals = static_cast<double>(codes.signals());
  const double rho = 1 - std::pow(1 - settings_.rate, signals);
  double mean = 0;
  for (std::size_t k = 0; k < n; ++k) {
    const double now = seen[sets_lengths() ? k : k / s * s] / signals;
    levels_[k] += rho * (now - levels_[k]);
    mean += levels_[k] / static_cast<double>(n);
  }
  for (std::size_t k = 0; k < n; ++k) {
    if (sets_lengths()) {
      gains_[k] *= std::pow(levels_[k] / settings_.variance_goal, settings_.exponent);
    } else if (mean > 0) {
      const double ratio = std::clamp(levels_[k] / mean, 1 / most_use, most_use);
      gains_[k] =
          std::clamp(gains_[k] * std::pow(ratio, -settings_.exponent), 1 / most_use, most_use);
    }
  }
}

void Homeostasis::reset(std::int64_t atom) {
  double mean = 0;
  for (double u : levels_) mean += u / static_cast<double>(levels_.size());
  levels_[at(atom)] = sets_lengths() ? settings_.variance_goal : mean;
  gains_[at(atom)] = 1;
}

Archive Homeostasis::save() const {
  const auto atoms = static_cast<std::int64_t>(levels_.size());
  Archive archive;
  archive.arrays["levels"] = Array::from(std::span<const double>(levels_), {atoms});
  archive.arrays["gains"] = Array::from(std::span<const double>(gains_), {atoms});
  return archive;
}

void Homeostasis::restore(const Archive& archive) {
  auto levels = archive.at("levels").to<double>(), gains = archive.at("gains").to<double>();
  if (levels.size() != levels_.size() || gains.size() != gains_.size())
    throw Error("Homeostasis: levels of ", levels.size(), " atoms and gains of ", gains.size(),
                "; the dictionary has ", levels_.size());
  levels_ = std::move(levels);
  gains_ = std::move(gains);
}

template <class T>
Matrix<T> scaled(const Matrix<T>& atoms, std::span<const double> gains) {
  Matrix<T> result = atoms;
  for (std::int64_t k = 0; k < atoms.columns(); ++k)
    for (T& x : result.column(k)) x = static_cast<T>(x * gains[at(k)]);
  return result;
}

template <class T>
SparseCodes<T> scaled(const SparseCodes<T>& codes, std::span<const double> gains) {
  SparseCodes<T> result(codes.atoms());
  std::vector<T> values;
  for (std::int64_t j = 0; j < codes.signals(); ++j) {
    const CodeView<T> z = codes[j];
    values.assign(z.values.begin(), z.values.end());
    for (std::size_t e = 0; e < values.size(); ++e)
      values[e] = static_cast<T>(values[e] * gains[at(z.indices[e])]);
    result.append(z.indices, values);
  }
  return result;
}

#define STRIATE_INSTANTIATE(T)                                          \
  template void Homeostasis::count(const SparseCodes<T>&);              \
  template Matrix<T> scaled(const Matrix<T>&, std::span<const double>); \
  template SparseCodes<T> scaled(const SparseCodes<T>&, std::span<const double>);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate
