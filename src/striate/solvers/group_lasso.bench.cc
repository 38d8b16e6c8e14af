// Goal (m = 256, 512 pairs, float32, about 60 pairs in use, relative gap 1e-4): 830 us per signal on
// one core.
#include "striate/solvers/group_lasso.h"

#include <benchmark/benchmark.h>

#include "striate/dictionaries/constructors.h"
#include "striate/linalg/kernels.h"

namespace striate {
namespace {

// Orthonormal pairs in random planes; each signal is some of them and noise.
void code_pairs(benchmark::State& state) {
  const auto atoms = random_atoms<float>(256, 1024, 1, 2);
  const Dictionary<float> dictionary(atoms.view());
  const auto noise = random_atoms<float>(256, 256, 2);
  Matrix<float> signals(256, 256);
  for (std::int64_t j = 0; j < 256; ++j) {
    axpy(256, 0.3f, noise.column(j).data(), signals.column(j).data());
    for (std::int64_t p = 0; p < state.range(0); ++p)
      for (std::int64_t i = 0; i < 2; ++i)
        axpy(256, i ? 0.4f : -0.3f, atoms.column((j * 37 + p * 101) % 512 * 2 + i).data(),
             signals.column(j).data());
  }
  const GroupLassoSettings settings{.lambda = 0.1};
  group_lasso<float>(dictionary, signals, settings, nullptr, {.threads = 1});
  double nonzeros = 0, gap = 0;
  for (auto _ : state) {
    const auto [codes, info] =
        group_lasso<float>(dictionary, signals, settings, nullptr, {.threads = 1});
    nonzeros = static_cast<double>(codes.nonzeros()) / 256;
    gap = info.worst_gap();
  }
  state.SetItemsProcessed(state.iterations() * 256);
  state.counters["nonzeros"] = nonzeros;
  state.counters["worst_gap"] = gap;
}
BENCHMARK(code_pairs)->Arg(10)->Arg(40)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace striate
