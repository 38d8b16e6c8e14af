// A dictionary is learned from patches of images, and the patches are coded with it.
#include <striate/images/patches.h>
#include <striate/images/synthetic.h>
#include <striate/images/whiten.h>
#include <striate/learning/learn.h>
#include <striate/solvers/lasso.h>
#include <cstdio>

int main() {
  const auto images = striate::whiten(striate::dead_leaves<float>({.set = {.images = 4}})).images;
  const striate::PatchSource<float> patches(images, {.patch = 8, .count = 5000});
  const auto learned = striate::learn<float>(patches, {.atoms = 96, .lambda = 0.1, .epochs = 2.0});

  const striate::Dictionary<float> dictionary(learned.atoms);
  const auto [codes, info] = striate::lasso(dictionary, read_all(patches), {.lambda = 0.1});
  std::printf("%.1f of 96 coefficients per patch, gap at most %.1e\n",
              double(codes.nonzeros()) / double(codes.signals()), info.worst_gap());
}
