#include <striate/dictionaries/constructors.h>
#include <striate/solvers/lasso.h>
#include <cmath>
#include <cstdio>
int main() {
  const striate::Dictionary<float> atoms(striate::random_atoms<float>(64, 128, 0));
  striate::Matrix<float> patch(64, 1);
  for (int i = 0; i < 64; ++i) patch(i, 0) = std::sin(0.4f * static_cast<float>(i));
  const auto [codes, info] = striate::lasso(atoms, patch, {.lambda = 0.1});
  std::printf("objective %.6f  relative gap %.1e\n", info.objective(), info.worst_gap());
}
