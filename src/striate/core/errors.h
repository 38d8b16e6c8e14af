// Errors of the library. Every text begins with the name of the function that refuses,
// says what was given and what is allowed.
//
//   throw Error("lasso: lambda is ", lambda, "; it must be above 0");
//
// Error    misuse: wrong shape, range, name or combination (Python: ValueError)
// IoError  files: missing, damaged, not writable           (Python: OSError)
#pragma once

#include <stdexcept>
#include <string>

#include "striate/core/text.h"

namespace striate {

class Exception : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Error : public Exception {
 public:
  template <class... Parts>
  explicit Error(const Parts&... parts) : Exception(join(parts...)) {}
};

class IoError : public Exception {
 public:
  template <class... Parts>
  explicit IoError(const Parts&... parts) : Exception(join(parts...)) {}
};

}  // namespace striate
