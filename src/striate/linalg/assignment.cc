#include "striate/linalg/assignment.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace striate {
namespace {

// For rows <= columns.
template <class F>
std::vector<std::int64_t> assign(std::int64_t rows, std::int64_t columns, const F& value) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto size = static_cast<std::size_t>(columns + 1);
  std::vector<double> u(static_cast<std::size_t>(rows + 1)), v(size), shortest(size);
  std::vector<std::int64_t> row_of(size), before(size);  // rows and columns count from 1; 0: none
  std::vector<char> done(size);
  for (std::int64_t row = 1; row <= rows; ++row) {
    row_of[0] = row;
    std::size_t at = 0;
    std::fill(shortest.begin(), shortest.end(), infinity);
    std::fill(done.begin(), done.end(), 0);
    do {
      done[at] = 1;
      const std::int64_t i = row_of[at];
      double step = infinity;
      std::size_t next = 0;
      for (std::size_t j = 1; j < size; ++j) {
        if (done[j]) continue;
        const double reduced =
            -value(i - 1, static_cast<std::int64_t>(j) - 1) - u[static_cast<std::size_t>(i)] - v[j];
        if (reduced < shortest[j]) {
          shortest[j] = reduced;
          before[j] = static_cast<std::int64_t>(at);
        }
        if (shortest[j] < step) {
          step = shortest[j];
          next = j;
        }
      }
      for (std::size_t j = 0; j < size; ++j) {
        if (done[j]) {
          u[static_cast<std::size_t>(row_of[j])] += step;
          v[j] -= step;
        } else {
          shortest[j] -= step;
        }
      }
      at = next;
    } while (row_of[at] != 0);
    while (at != 0) {
      const auto previous = static_cast<std::size_t>(before[at]);
      row_of[at] = row_of[previous];
      at = previous;
    }
  }
  std::vector<std::int64_t> column_of(static_cast<std::size_t>(rows), -1);
  for (std::size_t j = 1; j < size; ++j)
    if (row_of[j] != 0)
      column_of[static_cast<std::size_t>(row_of[j] - 1)] = static_cast<std::int64_t>(j) - 1;
  return column_of;
}

}  // namespace

std::vector<std::int64_t> assignment(MatrixView<const double> value) {
  for (std::int64_t j = 0; j < value.columns; ++j)
    for (std::int64_t i = 0; i < value.rows; ++i)
      if (!std::isfinite(value(i, j)))
        throw Error("assignment: the value of row ", i, " and column ", j,
                    " is not finite; all must be numbers");
  if (value.rows <= value.columns)
    return assign(value.rows, value.columns,
                  [&](std::int64_t i, std::int64_t j) { return value(i, j); });
  const auto row_of = assign(value.columns, value.rows,
                             [&](std::int64_t i, std::int64_t j) { return value(j, i); });
  std::vector<std::int64_t> column_of(static_cast<std::size_t>(value.rows), -1);
  for (std::size_t j = 0; j < row_of.size(); ++j)
    column_of[static_cast<std::size_t>(row_of[j])] = static_cast<std::int64_t>(j);
  return column_of;
}

}  // namespace striate
