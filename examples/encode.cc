// Sparse codes of image patches: y = D z with few nonzeros, and proof of how good they are.
#include <striate/dictionaries/constructors.h>
#include <striate/images/patches.h>
#include <striate/images/synthetic.h>
#include <striate/images/whiten.h>
#include <striate/solvers/lasso.h>
#include <cstdio>

int main() {
  const auto white = striate::whiten(striate::dead_leaves<float>({.set = {.images = 2}})).images;
  const auto patches = striate::extract_patches(white, {.patch = 8, .count = 1000});
  const striate::Dictionary<float> dictionary(striate::random_atoms<float>(64, 128, 0));
  const auto [codes, info] = striate::lasso(dictionary, patches, {.lambda = 0.1});
  std::printf("%ld of %ld coefficients are not zero; every code is within %.1e of the best\n",
              long(codes.nonzeros()), long(codes.signals() * codes.atoms()), info.worst_gap());
  return info.converged() ? 0 : 1;
}
