// What the tests of this room share: the sample files, and damage done to files.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "striate/core/archive.h"
#include "striate/io/input.h"
#include "striate/io/samples.test.h"

namespace striate {

using FileBytes = std::vector<std::byte>;

inline FileBytes sample(const std::string& name) {
  static constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  FileBytes out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : encoded_samples.at(name)) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<unsigned>(digits.find(c));
    if ((count += 6) < 8) continue;
    count -= 8;
    out.push_back(static_cast<std::byte>(bits >> count & 255));
  }
  return out;
}

inline FileBytes bytes_of(const std::filesystem::path& path) { return Input(path).all(); }

// Every shorter file is refused, or read as the whole one is (what was cut off meant nothing).
inline void expect_truncation_noticed(const FileBytes& file,
                                      const std::function<Archive(const FileBytes&)>& read,
                                      std::size_t step = 1) {
  const Archive whole = read(file);
  std::size_t refused = 0, tried = 0;
  for (std::size_t size = 0; size < file.size(); size += step) {
    const FileBytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    ++tried;
    try {
      EXPECT_EQ(read(cut), whole) << "cut to " << size << " of " << file.size();
    } catch (const Exception&) {
      ++refused;
    }
  }
  EXPECT_GE(refused, tried * 9 / 10);
}

// A changed byte is refused or read as something; nothing else may happen (no crash, no other
// exception, no memory beyond reason).
inline std::size_t expect_damage_survived(const FileBytes& file,
                                          const std::function<Archive(const FileBytes&)>& read,
                                          std::size_t step = 1) {
  std::size_t refused = 0;
  for (std::size_t at = 0; at < file.size(); at += step) {
    for (const int mask : {0xFF, 0x01, 0x80}) {
      FileBytes damaged = file;
      damaged[at] ^= static_cast<std::byte>(mask);
      try {
        read(damaged);
      } catch (const Exception&) {
        ++refused;
      }
    }
  }
  return refused;
}

// For EXPECT_THAT on a lambda: an E whose text holds `part`.
template <class E>
auto throws_with(const std::string& part) {
  return testing::ThrowsMessage<E>(testing::HasSubstr(part));
}

}  // namespace striate
