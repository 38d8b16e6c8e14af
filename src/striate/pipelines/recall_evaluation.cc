#include "striate/pipelines/recall_evaluation.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <functional>
#include <map>
#include <numeric>

#include "striate/catalog/memory_rules.h"
#include "striate/catalog/solvers.h"
#include "striate/core/random.h"
#include "striate/memory/unit_codes.h"
#include "striate/metrics/psnr.h"

namespace striate {
namespace {

template <class T>
Matrix<T> columns(MatrixView<const T> from, std::span<const std::int64_t> which) {
  Matrix<T> out(from.rows, static_cast<std::int64_t>(which.size()));
  for (std::size_t j = 0; j < which.size(); ++j)
    std::ranges::copy(from.column(which[j]), out.column(static_cast<std::int64_t>(j)).begin());
  return out;
}

template <class T>
Matrix<T> decode_codes(const Dictionary<T>& dictionary, const SparseCodes<T>& codes) {
  Matrix<T> out(dictionary.rows(), codes.signals());
  for (std::int64_t j = 0; j < codes.signals(); ++j)
    synthesize(dictionary, codes[j].indices, codes[j].values, out.column(j));
  return out;
}

// The codes of the patterns named, one after another; an id below 0 gives an empty code.
template <class T>
SparseCodes<T> pick(const SparseCodes<T>& codes, std::span<const std::int64_t> ids) {
  SparseCodes<T> picked(codes.atoms());
  for (const std::int64_t id : ids) {
    if (id < 0) picked.append({}, {});
    else picked.append(codes[id].indices, codes[id].values);
  }
  return picked;
}

// What does not depend on the rule: noisy patches, their codes, and the answers without dynamics.
template <class T>
struct Cues {
  Matrix<T> noisy;
  SparseCodes<T> codes;
};

}  // namespace

std::vector<std::pair<std::string, std::string>> columns_of(const RecallRow& row) {
  return {{"rule", row.rule},
          {"steps", row.steps},
          {"winners", join(row.winners)},
          {"patterns", join(row.patterns)},
          {"noise", join(row.noise)},
          {"noise_absolute", join(row.noise_absolute)},
          {"cues", join(row.cues)},
          {"identification", join(row.identification)},
          {"identification_error", join(row.identification_error)},
          {"psnr_noisy", join(row.psnr_noisy)},
          {"psnr_coding", join(row.psnr_coding)},
          {"psnr_memory", join(row.psnr_memory)},
          {"mean_steps", join(row.mean_steps)},
          {"identification_nearest", join(row.identification_nearest)},
          {"psnr_nearest", join(row.psnr_nearest)},
          {"psnr_random", join(row.psnr_random)},
          {"psnr_zero", join(row.psnr_zero)}};
}

template <class T>
double patch_deviation(MatrixView<const T> patches) {
  double sum = 0;
  for (std::int64_t j = 0; j < patches.columns; ++j)
    for (const T x : patches.column(j)) sum += static_cast<double>(x) * static_cast<double>(x);
  return std::sqrt(sum /
                   static_cast<double>(std::max<std::int64_t>(1, patches.rows * patches.columns)));
}

template <class T>
Matrix<T> with_noise(MatrixView<const T> clean, double deviation, std::uint64_t seed) {
  Matrix<T> noisy(clean);
  for (std::int64_t j = 0; j < clean.columns; ++j) {
    Random random(seed, stream("noise"), static_cast<std::uint64_t>(j));
    for (T& x : noisy.column(j)) x += static_cast<T>(deviation * random.normal());
  }
  return noisy;
}

template <class T>
double mean_psnr(MatrixView<const T> clean, MatrixView<const T> other) {
  const auto each = psnr_columns(clean, other);
  return std::accumulate(each.begin(), each.end(), 0.0) / static_cast<double>(each.size());
}

template <class T>
Encoding<T> encode_with(const Model<T>& model, const Dictionary<T>& dictionary, Signals<T> signals,
                        double tolerance, const Run& run) {
  Values settings = model.coding;
  settings["tolerance"] = tolerance;
  if (model.coder == "group_lasso") settings["group_size"] = std::int64_t{model.group_size};
  return encode<T>(model.coder, dictionary, signals, settings, nullptr, run);
}

template <class T>
std::vector<RecallRow> evaluate_recall(const Model<T>& model, MatrixView<const T> clean,
                                       const RecallEvaluation& evaluation, const Run& run) {
  const int most = *std::ranges::max_element(evaluation.patterns);
  if (most > clean.columns)
    throw Error("evaluate_recall: ", most, " patterns asked of ", clean.columns,
                " patches; there must be at least as many patches");
  const Dictionary<T> dictionary(model.atoms);
  const double unit = patch_deviation(clean);
  const auto units = model.atoms.columns() / 2;

  std::vector<RecallRow> rows;
  std::vector<double> shares;  // of the rows' variants
  for (const RecallVariant& variant : evaluation.variants)
    for (const char* steps : {"1", "settled"})
      for (const int patterns : evaluation.patterns)
        for (const double noise : evaluation.noises) {
          shares.push_back(variant.energy_share);
          rows.push_back({.rule = variant.rule,
                          .steps = steps,
                          .patterns = patterns,
                          .noise = noise,
                          .noise_absolute = noise * unit});
        }

  RunState state(run, "recall", std::int64_t{evaluation.draws});
  for (int draw = 0; draw < evaluation.draws && !state.stopping(); ++draw) {
    const auto order = permutation(clean.columns, Random(evaluation.seed, stream("patterns"),
                                                         static_cast<std::uint64_t>(draw)));
    const Matrix<T> chosen = columns(clean, std::span(order).first(static_cast<std::size_t>(most)));
    const SparseCodes<T> stored =
        encode_with<T>(model, dictionary, chosen, evaluation.tolerance, run).codes;
    std::vector<Cues<T>> cues;
    for (std::size_t level = 0; level < evaluation.noises.size(); ++level) {
      const auto seed =
          Random(evaluation.seed, stream("cues"), static_cast<std::uint64_t>(draw) << 32 | level)
              .below(1ull << 62);
      Cues<T> cue;
      cue.noisy = with_noise<T>(chosen, evaluation.noises[level] * unit, seed);
      cue.codes = encode_with<T>(model, dictionary, cue.noisy, evaluation.tolerance, run).codes;
      cues.push_back(std::move(cue));
    }
    if (state.stopping()) break;

    for (std::size_t r = 0; r < rows.size(); ++r) {
      RecallRow& row = rows[r];
      const std::int64_t p = row.patterns;
      const auto level = static_cast<std::size_t>(std::ranges::find(evaluation.noises, row.noise) -
                                                  evaluation.noises.begin());
      const MatrixView<const T> target = chosen.view().middle_columns(0, p);
      const MatrixView<const T> noisy = cues[level].noisy.view().middle_columns(0, p);
      const SparseCodes<T> kept = stored.slice(0, p), cue = cues[level].codes.slice(0, p);
      MemorySettings settings{.units = units, .rule = row.rule};
      if (shares[r] < 1) settings.k = energy_support(kept, shares[r]);
      auto memory = make_memory<T>(settings);
      std::vector<std::int64_t> ids(static_cast<std::size_t>(p));
      std::iota(ids.begin(), ids.end(), 0);
      memory.store(kept, ids);

      // Phase states carry no amplitudes: they are read out through the graded codes.
      const bool phases = memory.rule().form == PatternForm::phasor;
      const auto recalled =
          memory.recall(cue, {.max_steps = row.steps == "1" ? 1 : 10,
                              .readout = phases ? Readout::graded : Readout::state});
      const auto nearest = memory.nearest(cue);
      std::vector<std::int64_t> others(ids);
      for (std::int64_t j = 0; j < p && p > 1; ++j) {
        Random random(evaluation.seed, stream("random pattern"),
                      static_cast<std::uint64_t>(draw) << 32 | static_cast<std::uint64_t>(j));
        const auto other =
            static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(p - 1)));
        others[static_cast<std::size_t>(j)] = other < j ? other : other + 1;
      }

      const double n = static_cast<double>(p), total = static_cast<double>(row.cues) + n;
      const auto mean = [&](double& running, double value) {
        running = (running * static_cast<double>(row.cues) + value * n) / total;
      };
      mean(row.winners, static_cast<double>(memory.k()));
      mean(row.identification, identification_accuracy(recalled.ids, ids).share);
      mean(row.identification_nearest, identification_accuracy(nearest.ids, ids).share);
      mean(row.psnr_noisy, mean_psnr(target, noisy));
      mean(row.psnr_coding, mean_psnr<T>(target, decode_codes(dictionary, cue)));
      mean(row.psnr_memory, mean_psnr<T>(target, memory.decode(recalled, dictionary, noisy)));
      mean(row.psnr_nearest,
           mean_psnr<T>(target, decode_states(pick(kept, nearest.ids), dictionary, noisy)));
      mean(row.psnr_random,
           mean_psnr<T>(target, decode_states(pick(kept, others), dictionary, noisy)));
      mean(row.psnr_zero, mean_psnr<T>(target, Matrix<T>(target.rows, p)));
      mean(row.mean_steps, std::accumulate(recalled.steps.begin(), recalled.steps.end(), 0.0) / n);
      row.cues += p;
    }
    state.advance(1);
    state.report();
  }
  for (RecallRow& row : rows)
    row.identification_error = std::sqrt(row.identification * (1 - row.identification) /
                                         static_cast<double>(std::max<std::int64_t>(1, row.cues)));
  return rows;
}

#define STRIATE_INSTANTIATE(T)                                                                \
  template double patch_deviation(MatrixView<const T>);                                       \
  template Matrix<T> with_noise(MatrixView<const T>, double, std::uint64_t);                  \
  template double mean_psnr(MatrixView<const T>, MatrixView<const T>);                        \
  template Encoding<T> encode_with(const Model<T>&, const Dictionary<T>&, Signals<T>, double, \
                                   const Run&);                                               \
  template std::vector<RecallRow> evaluate_recall(const Model<T>&, MatrixView<const T>,       \
                                                  const RecallEvaluation&, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
