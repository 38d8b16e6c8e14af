// Goal, from a count of flops (m = 256, K = 1024, float32, about 20 nonzeros): D'y and some three
// gradients, 25 us per signal on a core that multiplies matrices at 200 GFLOP/s.
#include "striate/solvers/lasso.h"

#include <benchmark/benchmark.h>

#include "striate/dictionaries/constructors.h"
#include "striate/linalg/kernels.h"

namespace striate {
namespace {

// Random atoms; each signal is a few of them and noise.
void code_sparse_signals(benchmark::State& state) {
  const auto atoms = random_atoms<float>(256, 1024, 1);
  const Dictionary<float> dictionary(atoms.view());
  const auto noise = random_atoms<float>(256, 512, 2);
  Matrix<float> signals(256, 512);
  for (std::int64_t j = 0; j < 512; ++j) {
    axpy(256, 0.3f, noise.column(j).data(), signals.column(j).data());
    for (std::int64_t k = 0; k < state.range(0); ++k)
      axpy(256, k % 2 ? 0.5f : -0.5f, atoms.column((j * 37 + k * 101) % 1024).data(),
           signals.column(j).data());
  }
  const LassoSettings settings{.lambda = 0.15, .tolerance = 1e-5};
  lasso<float>(dictionary, signals, settings, nullptr, {.threads = 1});  // Gram matrix, buffers
  double nonzeros = 0, gap = 0;
  for (auto _ : state) {
    const auto [codes, info] = lasso<float>(dictionary, signals, settings, nullptr, {.threads = 1});
    nonzeros = static_cast<double>(codes.nonzeros()) / 512;
    gap = info.worst_gap();
  }
  state.SetItemsProcessed(state.iterations() * 512);
  state.counters["nonzeros"] = nonzeros;
  state.counters["worst_gap"] = gap;
}
BENCHMARK(code_sparse_signals)->Arg(20)->Arg(70)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace striate
