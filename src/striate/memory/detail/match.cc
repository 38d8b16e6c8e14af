#include "striate/memory/detail/match.h"

#include <algorithm>
#include <cmath>

#include "striate/core/random.h"

namespace striate::detail {

Match best_match(std::span<const double> cosines) {
  Match match;
  double second = 0;
  for (std::size_t p = 0; p < cosines.size(); ++p) {
    if (cosines[p] > match.cosine) {
      second = match.cosine;
      match.cosine = cosines[p];
      match.row = static_cast<std::int64_t>(p);
    } else {
      second = std::max(second, cosines[p]);
    }
  }
  match.margin = match.cosine - second;
  match.second = second;
  return match;
}

double cross_talk(std::int64_t patterns,
                  const std::function<double(std::int64_t, std::int64_t)>& cosine) {
  constexpr std::int64_t all_pairs_up_to = 256, sampled_pairs = 32768;
  if (patterns < 2) return 0;
  double sum = 0, squares = 0, count = 0;
  const auto add = [&](std::int64_t p, std::int64_t q) {
    const double size = cosine(p, q);
    sum += size;
    squares += size * size;
    count += 1;
  };
  if (patterns <= all_pairs_up_to) {
    for (std::int64_t p = 0; p < patterns; ++p)
      for (std::int64_t q = 0; q < p; ++q) add(p, q);
  } else {
    Random random(0, stream("cross-talk"));
    for (std::int64_t i = 0; i < sampled_pairs; ++i) {
      const auto p = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(patterns)));
      auto q = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(patterns - 1)));
      if (q >= p) ++q;
      add(p, q);
    }
  }
  const double mean = sum / count;
  return mean + 3 * std::sqrt(std::max(0.0, squares / count - mean * mean));
}

Kind kind_of(const Match& match, double cross_talk) {
  if (match.cosine >= 0.9) return Kind::pattern;
  return match.second > cross_talk ? Kind::mixture : Kind::diffuse;
}

}  // namespace striate::detail
