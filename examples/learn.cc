// A dictionary learned from patches: the objective falls, batch by batch.
#include <striate/images/patches.h>
#include <striate/images/synthetic.h>
#include <striate/images/whiten.h>
#include <striate/learning/learn.h>
#include <cstdio>

int main() {
  const auto white = striate::whiten(striate::dead_leaves<float>({.set = {.images = 4}})).images;
  const striate::PatchSource<float> patches(white, {.patch = 8, .count = 5000});
  const auto learned = striate::learn<float>(
      patches, {.atoms = 96, .lambda = 0.1, .epochs = 2.0, .held_out_period = 2});
  const auto& history = learned.history;
  for (const auto& row : history)
    std::printf("%6ld patches  objective %.4f\n", long(row.signals), row.held_out_objective);
  return history.back().held_out_objective < history.front().held_out_objective ? 0 : 1;
}
