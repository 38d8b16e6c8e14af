// Problem    partners one to one:  max_p  sum_i value(i, p(i)),  the columns p(i) all different
// Update     row after row enters by the shortest augmenting path through those already assigned, in
//            reduced costs -value(i, j) - u_i - v_j >= 0
// Symbols    p: column of each row; u, v: dual prices of rows and columns
// Cost       O(rows^2 columns), the smaller number taken as rows
// Instead    each row's largest value, where partners may be shared
// Source     Jonker & Volgenant 1987
#pragma once

#include <cstdint>
#include <vector>

#include "striate/core/matrix.h"

namespace striate {

// For each row its column, all different; -1 for rows that are left over where there are more rows
// than columns. Of equal sums, always the same one. Error: a value that is not finite.
std::vector<std::int64_t> assignment(MatrixView<const double> value);

}  // namespace striate
