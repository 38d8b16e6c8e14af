// One function per module of the package; module.cc calls them all.
#pragma once

#include <nanobind/nanobind.h>

namespace striate::python {

void init_capacity(nanobind::module_& m);
void init_convolutional(nanobind::module_& m);
void init_convolutional_memory(nanobind::module_& m);
void init_core(nanobind::module_& m);
void init_filter_learning(nanobind::module_& m);
void init_images(nanobind::module_& m);
void init_io(nanobind::module_& m);
void init_learning(nanobind::module_& m);
void init_memory(nanobind::module_& m);
void init_metrics(nanobind::module_& m);
void init_restoration(nanobind::module_& m);
void init_solvers(nanobind::module_& m);
void init_statistics(nanobind::module_& m);

}  // namespace striate::python
