// What the tests of the table of solvers share.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "striate/catalog/solvers.h"

namespace striate {

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double infinity = std::numeric_limits<double>::infinity();

// Adds atoms one by one until a stopping rule holds.
inline bool pursues(const SolverEntry& entry) { return has_setting(entry, "residual"); }

// The same of every signal.
inline void expect_same(const EncodeInfo& a, const EncodeInfo& b, const std::string& text) {
  ASSERT_EQ(a.signals.size(), b.signals.size());
  for (std::size_t j = 0; j < a.signals.size(); ++j) {
    EXPECT_EQ(a.signals[j].status, b.signals[j].status) << text;
    EXPECT_EQ(a.signals[j].iterations, b.signals[j].iterations) << text;
    EXPECT_EQ(a.signals[j].objective, b.signals[j].objective) << text;
    EXPECT_TRUE(a.signals[j].relative_gap == b.signals[j].relative_gap ||
                (std::isnan(a.signals[j].relative_gap) && std::isnan(b.signals[j].relative_gap)))
        << text;
  }
}

// `solve(signals, threads)`
void expect_same_bits(const Matrix<float>& signals, const std::string& text, auto solve) {
  const std::int64_t n = signals.columns();
  const auto whole = solve(signals.view(), 1);
  for (int threads : {2, 4}) {
    const auto again = solve(signals.view(), threads);
    EXPECT_TRUE(whole.codes == again.codes) << text;
    expect_same(whole.info, again.info, text);
  }
  for (std::int64_t width : {1, 7, 129}) {
    const std::int64_t first = 40, last = std::min(n, first + 5 * width);
    Encoding<float> parts{SparseCodes<float>(whole.codes.atoms()), {}};
    for (std::int64_t j = first; j < last; j += width) {
      const auto part = solve(signals.view().middle_columns(j, std::min(width, last - j)), 1);
      parts.codes.append(part.codes);
      parts.info.signals.insert(parts.info.signals.end(), part.info.signals.begin(),
                                part.info.signals.end());
    }
    EXPECT_TRUE(whole.codes.slice(first, last - first) == parts.codes) << text;
    EncodeInfo same;
    same.signals.assign(whole.info.signals.begin() + first, whole.info.signals.begin() + last);
    expect_same(same, parts.info, text);
  }
}

}  // namespace striate
