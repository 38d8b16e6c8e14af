#include "striate/pipelines/capacity_curves.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <functional>
#include <numeric>

#include "striate/catalog/memory_rules.h"
#include "striate/core/parallel.h"
#include "striate/core/random.h"
#include "striate/statistics/binomial.h"

namespace striate {
namespace {

// Right answers of one memory of one draw, or of several.
struct Count {
  std::int64_t draws = 0, cues = 0, identified = 0, similar = 0, nearest = 0;
  double winners = 0, steps = 0;

  void add(const Count& more) {
    draws += more.draws;
    cues += more.cues;
    identified += more.identified;
    similar += more.similar;
    nearest += more.nearest;
    winners += more.winners;
    steps += more.steps;
  }
  std::int64_t right(SuccessMeasure measure) const {
    return measure == SuccessMeasure::identified ? identified : similar;
  }
};

// The k strongest units of each of the first codes: all of a code that a state of k winners can be.
template <class T>
UnitCodes<T> strongest_units(const UnitCodes<T>& codes, std::int64_t first, std::int64_t k) {
  UnitCodes<T> kept(codes.units());
  for (std::int64_t j = 0; j < first; ++j) {
    const UnitCode<T> code = codes[j];
    std::vector<std::size_t> order(code.active());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater(),
                             [&](std::size_t i) { return std::norm(code.values[i]); });
    order.resize(std::min(order.size(), static_cast<std::size_t>(k)));
    std::ranges::sort(order);
    std::vector<std::int32_t> units;
    std::vector<std::complex<T>> values;
    for (const std::size_t i : order) {
      units.push_back(code.units[i]);
      values.push_back(code.values[i]);
    }
    kept.append({units, values});
  }
  return kept;
}

template <class T>
class Trials {
 public:
  Trials(std::string_view who, const std::vector<MemorySettings>& memories,
         const CapacityTrials& trials, const SparseCodes<T>* codes)
      : trials_(trials), codes_(codes) {
    validate(who, trials);
    if (memories.empty()) throw Error(who, ": no memory is given; at least one is needed");
    units_ = memories.front().units;
    for (const MemorySettings& memory : memories) {
      if (memory.units != units_)
        throw Error(who, ": memories of ", units_, " and ", memory.units,
                    " units; all must have as many");
      make_memory<T>(memory);  // refuses what cannot be
    }
    if (codes && codes->atoms() != 2 * units_)
      throw Error(who, ": codes of ", codes->atoms(), " atoms; memories of ", units_,
                  " units take ", 2 * units_);
    if (codes && codes->signals() == 0) throw Error(who, ": there are no codes");
    if (!codes && trials.active > units_)
      throw Error(who, ": active is ", trials.active, "; it must be at most the ", units_,
                  " units");
  }

  std::int64_t units() const { return units_; }
  std::int64_t most() const { return codes_ ? codes_->signals() : trials_.most_patterns; }

  SparseCodes<T> patterns(std::int64_t count, int draw) const {
    if (!codes_) return random_codes<T>(units_, trials_.active, count, seed_of(draw));
    SparseCodes<T> chosen(codes_->atoms());
    const auto order = permutation(codes_->signals(), Random(seed_of(draw), stream("patterns")));
    for (std::int64_t p = 0; p < count; ++p) {
      const auto code = (*codes_)[order[static_cast<std::size_t>(p)]];
      chosen.append(code.indices, code.values);
    }
    return chosen;
  }

  Count try_memory(MemorySettings settings, const SparseCodes<T>& patterns, int draw,
                   const Run& run) const {
    if (trials_.winners_share < 1) settings.k = energy_support(patterns, trials_.winners_share);
    auto memory = make_memory<T>(settings);
    std::vector<std::int64_t> ids(static_cast<std::size_t>(patterns.signals()));
    std::iota(ids.begin(), ids.end(), 0);
    memory.store(patterns, ids);
    const std::int64_t asked = std::min(patterns.signals(), trials_.cues_per_draw);
    const SparseCodes<T> targets = patterns.slice(0, asked);
    const auto cues = damaged_codes(targets, trials_.cue, seed_of(draw));
    const RecallResult<T> recalled = memory.recall(cues, {}, run);
    const Identification nearest = memory.nearest(cues);
    const bool winners = memory.settings().truncation == Truncation::k_winners;
    const UnitCodes<T> right = strongest_units(memory.codes_of_rule(), asked,
                                               winners ? memory.k() : units_),
                       states = units_of_pairs(recalled.states);
    Count count{.draws = 1, .cues = asked, .winners = static_cast<double>(memory.k())};
    for (std::int64_t j = 0; j < asked; ++j) {
      const auto i = static_cast<std::size_t>(j);
      count.identified += recalled.ids[i] == j;
      count.nearest += nearest.ids[i] == j;
      count.steps += recalled.steps[i];
      const double sizes = code_norm(right[j]) * code_norm(states[j]);
      count.similar += sizes > 0 && std::abs(inner_product(right[j], states[j])) > 0.9 * sizes;
    }
    return count;
  }

 private:
  std::uint64_t seed_of(int draw) const {
    return Random(static_cast<std::uint64_t>(trials_.seed), stream("draws"),
                  static_cast<std::uint64_t>(draw))
        .below(std::uint64_t{1} << 62);
  }

  const CapacityTrials& trials_;
  const SparseCodes<T>* codes_;
  std::int64_t units_ = 0;
};

}  // namespace

std::vector<std::int64_t> capacity_loads(const CapacityTrials& trials, std::int64_t units,
                                         std::int64_t most) {
  std::vector<std::int64_t> loads;
  for (const double load : trials.patterns) loads.push_back(std::llround(load));
  if (loads.empty()) {
    const double n = static_cast<double>(units), k = static_cast<double>(trials.active);
    const double q =
        (1 - trials.cue.damage) * std::exp(-trials.cue.phase_noise * trials.cue.phase_noise / 2);
    const double base = q * q * n * n / (4 * k * std::log(std::max(2.0, n)));
    for (int step = -2; step < 6; ++step)
      loads.push_back(std::clamp<std::int64_t>(std::llround(std::ldexp(base, step)), 1, most));
  }
  std::ranges::sort(loads);
  loads.erase(std::unique(loads.begin(), loads.end()), loads.end());
  return loads;
}

template <class T>
std::vector<CapacityRow> capacity_curves(const std::vector<MemorySettings>& memories,
                                         const CapacityTrials& trials, const SparseCodes<T>* codes,
                                         const Run& run) {
  constexpr std::string_view who = "capacity_curves";
  const Trials<T> tried(who, memories, trials, codes);
  CapacityTrials known = trials;
  if (codes) known.active = energy_support(*codes, trials.winners_share);
  const auto loads = capacity_loads(known, tried.units(), tried.most());
  if (codes && loads.back() > codes->signals())
    throw Error(who, ": ", loads.back(), " patterns asked of ", codes->signals(),
                " codes; there must be at least as many codes");

  const auto draws = static_cast<std::size_t>(trials.draws);
  const std::size_t points = loads.size() * draws;
  std::vector<Count> counts(points * memories.size());
  RunState state(run, "capacity", std::ssize(counts));
  parallel_for(
      static_cast<std::int64_t>(points),
      [&](std::int64_t chunk, int) {
        const auto point = static_cast<std::size_t>(chunk);
        const int draw = static_cast<int>(point % draws);
        const auto patterns = tried.patterns(loads[point / draws], draw);
        for (std::size_t m = 0; m < memories.size() && !state.stopping(); ++m) {
          const Count count = tried.try_memory(memories[m], patterns, draw, {.stop = run.stop});
          if (state.stopping()) return;  // the recall may have been cut short
          counts[point * memories.size() + m] = count;
          state.advance(1);
        }
      },
      state);

  std::vector<CapacityRow> rows;
  for (std::size_t m = 0; m < memories.size(); ++m)
    for (std::size_t load = 0; load < loads.size(); ++load) {
      Count all;
      for (std::size_t draw = 0; draw < draws; ++draw)
        all.add(counts[(load * draws + draw) * memories.size() + m]);
      if (all.draws == 0) continue;
      const auto n = static_cast<double>(all.cues);
      const Interval identified = wilson_interval(all.identified, all.cues),
                     similar = wilson_interval(all.similar, all.cues);
      rows.push_back({.rule = memories[m].rule,
                      .units = tried.units(),
                      .patterns = loads[load],
                      .draws = all.draws,
                      .cues = all.cues,
                      .winners = all.winners / static_cast<double>(all.draws),
                      .identified = static_cast<double>(all.identified) / n,
                      .identified_low = identified.low,
                      .identified_high = identified.high,
                      .similar = static_cast<double>(all.similar) / n,
                      .similar_low = similar.low,
                      .similar_high = similar.high,
                      .nearest = static_cast<double>(all.nearest) / n,
                      .mean_steps = all.steps / n});
    }
  return rows;
}

template <class T>
std::vector<FoundCapacity> capacity_search(const std::vector<MemorySettings>& memories,
                                           const CapacityTrials& trials,
                                           const SparseCodes<T>* codes, const Run& run) {
  const Trials<T> tried("capacity_search", memories, trials, codes);
  const std::int64_t most = std::min(tried.most(), trials.most_patterns);
  RunState state(run, "search");
  std::vector<FoundCapacity> found;
  for (const MemorySettings& memory : memories) {
    FoundCapacity best{.rule = memory.rule};
    // True where the rule succeeds; what it knows then is in `best`.
    const auto succeeds = [&](std::int64_t load) {
      std::vector<Count> counts(static_cast<std::size_t>(trials.draws));
      parallel_for(
          trials.draws,
          [&](std::int64_t chunk, int) {
            const int draw = static_cast<int>(chunk);
            counts[static_cast<std::size_t>(chunk)] =
                tried.try_memory(memory, tried.patterns(load, draw), draw, {.stop = run.stop});
            state.advance(1);
          },
          state);
      if (state.stopping()) return false;
      Count all;
      for (const Count& count : counts) all.add(count);
      const std::int64_t right = all.right(trials.measure);
      const double share = static_cast<double>(right) / static_cast<double>(all.cues);
      if (share < trials.success) {
        best.fails_at = load;
        return false;
      }
      const Interval interval = wilson_interval(right, all.cues);
      best.patterns = load;
      best.share = share;
      best.low = interval.low;
      best.high = interval.high;
      return true;
    };
    const auto close = [&] {
      const double width = static_cast<double>(best.fails_at - best.patterns);
      return width <= std::max(1.0, trials.resolution * static_cast<double>(best.patterns));
    };
    std::int64_t load = 1;
    while (succeeds(load) && load < most) load = std::min(2 * load, most);
    while (!state.stopping() && best.fails_at > 0 && !close())
      succeeds(best.patterns + (best.fails_at - best.patterns) / 2);
    best.finished = !state.stopping();
    found.push_back(best);
    if (state.stopping()) break;
  }
  return found;
}

#define STRIATE_INSTANTIATE(T)                                                                    \
  template std::vector<CapacityRow> capacity_curves(const std::vector<MemorySettings>&,           \
                                                    const CapacityTrials&, const SparseCodes<T>*, \
                                                    const Run&);                                  \
  template std::vector<FoundCapacity> capacity_search(const std::vector<MemorySettings>&,         \
                                                      const CapacityTrials&,                      \
                                                      const SparseCodes<T>*, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate
