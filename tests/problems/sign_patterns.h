// Problem    min_z  1/2 |y - D z|^2 + lambda * sum_j w_j |z_j| + l2/2 |z|^2     (z >= 0 if positive)
// Method     every pattern of signs -1, 0, 1: least squares with these signs, the best that keeps
//            them. 3^K small systems, so K <= 6 or so; exact, and independent of every solver.
#pragma once

#include <span>
#include <vector>

#include "striate/core/matrix.h"
#include "tests/problems/judge.h"

namespace striate {

// Groups of one only.
std::vector<double> best_of_all_signs(const Matrix<double>& dictionary, std::span<const double> y,
                                      const JudgedPenalty& penalty);

}  // namespace striate
