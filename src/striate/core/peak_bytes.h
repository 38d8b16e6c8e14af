// How much memory a job takes at most: bytes in AlignedVector, which images, matrices, maps and work
// space are made of. What other threads of the process allocate meanwhile counts too.
//
//   const PeakBytes peak;   ... work ...   peak.bytes()
#pragma once

#include <cstdint>

namespace striate {

class PeakBytes {
 public:
  PeakBytes();
  ~PeakBytes();
  PeakBytes(const PeakBytes&) = delete;
  PeakBytes& operator=(const PeakBytes&) = delete;
  // The most that was held at once since then, less what was held then.
  std::int64_t bytes() const;

 private:
  int place_;  // -1: 64 others are counting; then it is what is held at the end
  std::int64_t before_;
};

namespace detail {
// Every allocation says so, with its bytes; below 0: freed.
void count_bytes(std::int64_t bytes) noexcept;
}  // namespace detail

}  // namespace striate
