// One of several parts of a job, for many machines: a function of sizes only.
#pragma once

#include <cstdint>
#include <string>

namespace striate {

struct Shard {
  std::int64_t part = 1;  // from 1
  std::int64_t parts = 1;

  // Of `items`, this part has those from first() to first() of the next; sizes differ by at most 1.
  std::int64_t first(std::int64_t items) const;
  std::int64_t count(std::int64_t items) const;
};

// "2/5": the second of five. Error that begins with `who`: anything else.
Shard shard_of(const std::string& who, const std::string& text);

}  // namespace striate
