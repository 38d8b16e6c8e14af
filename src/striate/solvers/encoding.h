// A solver's answer: codes and what is known of them.
//   auto [codes, info] = striate::lasso(D, signals, {.lambda = 0.1});
#pragma once

#include "striate/codes/sparse_codes.h"
#include "striate/solvers/encode_info.h"

namespace striate {

template <class T>
struct Encoding {
  SparseCodes<T> codes;
  EncodeInfo info;
};

}  // namespace striate
