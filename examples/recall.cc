// An associative memory: 20 random sparse codes are stored and found again from damaged cues.
#include <striate/catalog/memory_rules.h>
#include <striate/core/random.h>
#include <cstdio>

int main() {
  striate::SparseCodes<float> codes(256), cues(256);  // 128 pairs
  for (std::uint32_t pattern = 0; pattern < 20; ++pattern) {
    striate::Random random(0, striate::stream("patterns"), pattern);
    striate::Matrix<float> dense(256, 1), cue(256, 1);
    for (int pair = 0; pair < 128; pair += 1 + int(random.below(16)))
      for (int part = 0; part < 2; ++part) {
        dense(2 * pair + part, 0) = float(random.normal());
        cue(2 * pair + part, 0) = dense(2 * pair + part, 0) + 0.3f * float(random.normal());
      }
    codes.append(striate::SparseCodes<float>::from_dense(dense));
    cues.append(striate::SparseCodes<float>::from_dense(cue));
  }
  auto memory = striate::make_memory<float>({.units = 128, .rule = "tpam"});
  const auto ids = memory.store(codes);
  const auto recalled = memory.recall(cues);
  int right = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) right += recalled.ids[i] == ids[i];
  std::printf("%d of %zu found\n", right, ids.size());
  return right >= 18 ? 0 : 1;
}
