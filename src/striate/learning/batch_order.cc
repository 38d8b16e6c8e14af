#include "striate/learning/batch_order.h"

#include <algorithm>
#include <bit>

#include "striate/core/errors.h"
#include "striate/core/random.h"

namespace striate {

BatchOrder::BatchOrder(std::int64_t n, std::int64_t seed, bool shuffle)
    : n_(n), seed_(static_cast<std::uint64_t>(seed)), shuffle_(shuffle) {
  if (n < 1) throw Error("BatchOrder: ", n, " signals; there must be at least 1");
}

std::int64_t BatchOrder::signal(std::int64_t place) const {
  const auto n = static_cast<std::uint64_t>(n_);
  const auto epoch = static_cast<std::uint64_t>(place) / n;
  auto x = static_cast<std::uint64_t>(place) % n;
  if (!shuffle_ || n == 1) return static_cast<std::int64_t>(x);

  const int half = (std::bit_width(n - 1) + 1) / 2;  // bits of each half
  const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
  const std::uint32_t key =
      stream("learning order") ^ Random(seed_, stream("epochs"), epoch).bits();
  do {
    for (std::uint64_t round = 0; round < 4; ++round) {
      const std::uint64_t right = x & mask;
      const std::uint64_t mixed = Random(seed_, key, right * 4 + round).bits() & mask;
      x = (right << half) | ((x >> half) ^ mixed);
    }
  } while (x >= n);
  return static_cast<std::int64_t>(x);
}

std::vector<std::int64_t> BatchOrder::batch(std::int64_t first, std::int64_t count) const {
  std::vector<std::int64_t> signals(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) signals[static_cast<std::size_t>(i)] = signal(first + i);
  std::sort(signals.begin(), signals.end());
  return signals;
}

}  // namespace striate
