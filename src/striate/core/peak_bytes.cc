#include "striate/core/peak_bytes.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>

namespace striate {
namespace {

std::atomic<std::int64_t> held{0};
std::atomic<std::uint64_t> taken{0}, counting{0};  // places, as bits
std::array<std::atomic<std::int64_t>, 64> peaks{};

int take_place() {
  std::uint64_t now = taken.load();
  while (~now != 0) {
    const int place = std::countr_one(now);
    if (taken.compare_exchange_weak(now, now | std::uint64_t{1} << place)) return place;
  }
  return -1;
}

}  // namespace

PeakBytes::PeakBytes() : place_(take_place()), before_(held.load()) {
  if (place_ < 0) return;
  peaks[static_cast<std::size_t>(place_)].store(before_);
  counting.fetch_or(std::uint64_t{1} << place_);
}

PeakBytes::~PeakBytes() {
  if (place_ < 0) return;
  counting.fetch_and(~(std::uint64_t{1} << place_));
  taken.fetch_and(~(std::uint64_t{1} << place_));
}

std::int64_t PeakBytes::bytes() const {
  const std::int64_t most =
      place_ < 0 ? held.load() : peaks[static_cast<std::size_t>(place_)].load();
  return std::max<std::int64_t>(0, most - before_);
}

void detail::count_bytes(std::int64_t bytes) noexcept {
  const std::int64_t now = held.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (bytes <= 0) return;
  for (std::uint64_t rest = counting.load(std::memory_order_relaxed); rest != 0; rest &= rest - 1) {
    auto& peak = peaks[static_cast<std::size_t>(std::countr_zero(rest))];
    std::int64_t before = peak.load(std::memory_order_relaxed);
    while (before < now && !peak.compare_exchange_weak(before, now, std::memory_order_relaxed)) {
    }
  }
}

}  // namespace striate
