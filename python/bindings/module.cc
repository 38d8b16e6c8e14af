#include "bindings.h"
#include "striate/core/errors.h"

namespace nb = nanobind;

NB_MODULE(_striate, m) {
  m.doc() = "The compiled part of striate; use the package's own names.";
  nb::exception<striate::Error>(m, "Error", PyExc_ValueError);
  nb::exception<striate::IoError>(m, "IoError", PyExc_OSError);
  using namespace striate::python;
  init_capacity(m);
  init_convolutional(m);
  init_convolutional_memory(m);
  init_core(m);
  init_filter_learning(m);
  init_images(m);
  init_io(m);
  init_learning(m);
  init_memory(m);
  init_metrics(m);
  init_restoration(m);
  init_solvers(m);
  init_statistics(m);
}
