// Ten signals and twelve atoms from numpy, of which the answers of other programs are known.
#pragma once

#include "striate/core/matrix.h"

namespace striate {

Matrix<double> fixture_signals();  // 8 x 10
Matrix<double> fixture_atoms();    // 8 x 12

}  // namespace striate
