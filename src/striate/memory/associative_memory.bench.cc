// Goals (n = 512, K = 26, random phasor codes, complex float, one thread): a step of recall with an
// overlap cut at P = 500 within 2 us, a step by the columns of J within 3 us, the exact nearest code
// of 100 000 within 0.25 ms and of 10^6 in 0.7 GB, 5 us to store a pattern; n = P = 10^6, K = 100:
// nearest within 0.3 ms, in 2.6 GB. A posting read is 10 bytes; a state of K units reads P K^2 / n.
#include "striate/memory/associative_memory.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>
#include <optional>

#include "striate/core/parallel.h"
#include "striate/core/random.h"
#include "striate/memory/rules/graded_hebbian.h"
#include "striate/memory/rules/top1.h"
#include "striate/memory/rules/tpam.h"

namespace striate {
namespace {

// Codes of k units of random phase, by rejection: a permutation of n per code would take hours.
SparseCodes<float> codes(std::int64_t n, std::int64_t k, std::int64_t count, std::uint64_t seed) {
  std::vector<std::int64_t> starts = {0};
  std::vector<std::int32_t> indices;
  std::vector<float> values;
  Random random(seed, stream("bench"));
  std::vector<std::int32_t> units;
  for (std::int64_t p = 0; p < count; ++p) {
    units.clear();
    while (std::ssize(units) < k) {
      const auto unit = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(n)));
      if (std::ranges::find(units, unit) == units.end()) units.push_back(unit);
    }
    std::ranges::sort(units);
    for (const std::int32_t unit : units) {
      const double phase = 2 * std::numbers::pi * random.uniform();
      indices.insert(indices.end(), {2 * unit, 2 * unit + 1});
      values.insert(values.end(),
                    {static_cast<float>(std::cos(phase)), static_cast<float>(std::sin(phase))});
    }
    starts.push_back(static_cast<std::int64_t>(indices.size()));
  }
  return {2 * n, std::move(starts), std::move(indices), std::move(values)};
}

// The codes with a quarter of their units moved elsewhere.
SparseCodes<float> cues(const SparseCodes<float>& codes, std::int64_t count) {
  SparseCodes<float> result(codes.atoms());
  Random random(7, stream("cues"));
  for (std::int64_t j = 0; j < count; ++j) {
    const auto code =
        codes[static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(codes.signals())))];
    std::map<std::int32_t, std::pair<float, float>> units;
    for (std::size_t i = 0; i < code.nonzeros(); i += 2) {
      std::int32_t unit = code.indices[i] / 2;
      if (i % 8 == 0)
        unit =
            static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(codes.atoms() / 2)));
      units[unit] = {code.values[i], code.values[i + 1]};
    }
    std::vector<std::int32_t> indices;
    std::vector<float> values;
    for (const auto& [unit, value] : units) {
      indices.insert(indices.end(), {2 * unit, 2 * unit + 1});
      values.insert(values.end(), {value.first, value.second});
    }
    result.append(indices, values);
  }
  return result;
}

AssociativeMemory<float> filled(const MemoryRule& rule, Layout layout, std::optional<double> cut,
                                const SparseCodes<float>& patterns) {
  AssociativeMemory<float> memory(
      rule, {.units = patterns.atoms() / 2, .k = 26, .overlap_cut = cut, .layout = layout});
  memory.store(patterns);
  return memory;
}

// Time of a step: that of the steps more that recalls of up to 5 take than those of one.
void step(benchmark::State& state, const MemoryRule& rule, Layout layout,
          std::optional<double> cut = {}) {
  const SparseCodes<float> patterns = codes(512, 26, 500, 1);
  const AssociativeMemory<float> memory = filled(rule, layout, cut, patterns);
  const SparseCodes<float> all = cues(patterns, 1000);
  memory.recall(all, {}, {.threads = 1});
  double seconds[2] = {1e9, 1e9};  // the fastest of all rounds
  std::int64_t steps[2] = {};
  for (auto _ : state)
    for (const int more : {0, 1}) {
      const Stopwatch watch;
      const auto result =
          memory.recall(all, {.max_steps = more ? 5 : 1, .tolerance = 0}, {.threads = 1});
      seconds[more] = std::min(seconds[more], watch.seconds());
      steps[more] = std::accumulate(result.steps.begin(), result.steps.end(), std::int64_t{0});
    }
  state.counters["us_per_step"] =
      1e6 * (seconds[1] - seconds[0]) / static_cast<double>(steps[1] - steps[0]);
  state.counters["us_recall_of_one_step"] = 1e6 * seconds[0] / 1000;
}
BENCHMARK_CAPTURE(step, cut_implicit, tpam, Layout::implicit, 0.4);
BENCHMARK_CAPTURE(step, cut_inverted, tpam, Layout::inverted, 0.4);
BENCHMARK_CAPTURE(step, top1_inverted, top1, Layout::inverted);
BENCHMARK_CAPTURE(step, tpam_dense, tpam, Layout::dense);
BENCHMARK_CAPTURE(step, tpam_implicit, tpam, Layout::implicit);
BENCHMARK_CAPTURE(step, graded_dense, graded_hebbian, Layout::dense);
BENCHMARK_CAPTURE(step, graded_implicit, graded_hebbian, Layout::implicit);

// One call with one cue, fresh cues in turn.
void nearest(benchmark::State& state, std::int64_t n, std::int64_t k, std::int64_t count) {
  AssociativeMemory<float> memory(top1, {.units = n});
  SparseCodes<float> all(2 * n);
  for (std::int64_t block = 0; block < count; block += 50000) {
    const SparseCodes<float> more = codes(n, k, std::min<std::int64_t>(50000, count - block),
                                          static_cast<std::uint64_t>(block));
    memory.store(more);
    if (block == 0) all = cues(more, 200);
  }
  std::vector<SparseCodes<float>> single;
  for (std::int64_t j = 0; j < all.signals(); ++j) single.push_back(all.slice(j, 1));
  memory.nearest(all);
  set_thread_count(1);
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(memory.nearest(single[next]));
    next = (next + 1) % single.size();
  }
  set_thread_count(0);
  state.counters["GB"] = static_cast<double>(memory.bytes()) / 1e9;
}
BENCHMARK_CAPTURE(nearest, n512_P500, 512, 26, 500)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(nearest, n512_P1e5, 512, 26, 100000)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(nearest, n512_P1e6, 512, 26, 1000000)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(nearest, n1e6_P1e6, 1000000, 100, 1000000)->Unit(benchmark::kMicrosecond);

// 10 000 patterns, by the batch or one by one, until they can be recalled.
void store(benchmark::State& state, const MemoryRule& rule, std::int64_t batch) {
  const SparseCodes<float> patterns = codes(512, 26, 10000, 1);
  std::vector<SparseCodes<float>> parts;
  for (std::int64_t p = 0; p < 10000; p += batch) parts.push_back(patterns.slice(p, batch));
  for (auto _ : state) {
    AssociativeMemory<float> memory(rule, {.units = 512, .k = 26});
    for (const SparseCodes<float>& part : parts) memory.store(part);
    benchmark::DoNotOptimize(memory.bytes());
  }
  state.counters["us_per_pattern"] = benchmark::Counter(
      10000e-6, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(store, graded_batch, graded_hebbian, 10000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(store, graded_single, graded_hebbian, 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(store, tpam_batch, tpam, 10000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace striate
