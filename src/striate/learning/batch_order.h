// The order in which signals are learned from: an endless sequence of epochs, each a permutation
// of 0 .. n-1 that is a function of seed and epoch and takes no memory (a four-round Feistel
// network on the next power of four, walked until it lands below n; Black and Rogaway 2002).
#pragma once

#include <cstdint>
#include <vector>

namespace striate {

class BatchOrder {
 public:
  BatchOrder() = default;
  // Error: n < 1.
  BatchOrder(std::int64_t n, std::int64_t seed, bool shuffle);

  std::int64_t signal(std::int64_t place) const;  // place >= 0 of the endless sequence
  // The signals at places first .. first+count-1, rising (repeated where epochs meet).
  std::vector<std::int64_t> batch(std::int64_t first, std::int64_t count) const;

 private:
  std::int64_t n_ = 1;
  std::uint64_t seed_ = 0;
  bool shuffle_ = true;
};

}  // namespace striate
