// What a convolutional solver says of its answer, image by image.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "striate/solvers/encode_info.h"

namespace striate {

// One iteration. NaN: not measured then.
struct ConvolutionalTrace {
  double seconds = 0;
  double objective =
      std::numeric_limits<double>::quiet_NaN();  // at the code that would be returned
  double objective_x = std::numeric_limits<double>::quiet_NaN();  // at ADMM's other variable, which
  double data_fidelity = 0, l1 = 0;                               // the next two are of
  double primal = 0, dual = 0, rho = 0;                           // residuals and penalty of ADMM
  double gap = std::numeric_limits<double>::quiet_NaN();          // relative duality gap
};

struct ConvolutionalInfo {
  Status status = Status::converged;
  std::int32_t iterations = 0;
  double objective = 0;  // at the returned code, from the original image, in double precision
  double relative_gap =
      0;                 // duality gap / objective: an upper bound of the distance to the optimum
  double violation = 0;  // largest (|D'r| - lambda w) / lambda over zeros, and
                         // |D'r - lambda w sign x| / lambda over the others
  std::int64_t nonzeros = 0;
  double seconds = 0;
  // Arrays that the call held at most (images, maps, spectra, work space of every thread) and the codes;
  // lists of entries on the way are left out, and what other threads of the process do counts too.
  std::int64_t peak_bytes = 0;
  std::string method;  // the solver that gave the answer
  std::string why;     // of auto: what made it choose; else empty
  std::vector<ConvolutionalTrace> trace;
};

}  // namespace striate
