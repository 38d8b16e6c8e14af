// The closed table of solvers: name -> entry. Command line, Python, tests and generated pages read
// it; a solver is found here, by its name, once per call.
//
//   auto [codes, info] = encode("group_lasso", dictionary, signals, {{"lambda", 0.1}});
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "striate/core/observer.h"
#include "striate/core/settings.h"
#include "striate/dictionaries/dictionary.h"
#include "striate/solvers/encoding.h"

namespace striate {

struct SolverEntry {
  std::string_view name;
  std::string_view summary;
  std::string_view problem;  // in one line
  std::string_view source;   // keys of the bibliography
  std::vector<Field> (*fields)() = nullptr;

  Encoding<float> (*run_float)(std::string_view who, const Dictionary<float>&,
                               MatrixView<const float>, const Values&, const SparseCodes<float>*,
                               const Run&) = nullptr;
  Encoding<double> (*run_double)(std::string_view who, const Dictionary<double>&,
                                 MatrixView<const double>, const Values&,
                                 const SparseCodes<double>*, const Run&) = nullptr;
};

std::span<const SolverEntry> solvers();
// Error: no such solver; the nearest name is suggested.
const SolverEntry& solver(std::string_view name);

// Runs the solver of this name. Settings have the names of its fields. Error: no such solver, a
// setting that it does not have (the solvers that do are named), and whatever the solver refuses.
template <class T>
Encoding<T> encode(std::string_view name, const Dictionary<T>& dictionary, Signals<T> signals,
                   const Values& settings, const SparseCodes<T>* initial = nullptr,
                   const Run& run = {});

}  // namespace striate
