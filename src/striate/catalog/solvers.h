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

// Every code on the signals' ways: of the pursuits one per number of atoms, of lars one per breakpoint.
template <class T>
struct EncodingPath {
  std::vector<SparseCodes<T>> codes;           // by signal, one per step
  std::vector<std::vector<double>> lambdas;    // of lars, of the same steps
  std::vector<std::vector<double>> residuals;  // of the pursuits: |y - D z|^2 of the same steps
  EncodeInfo info;                             // of the last codes
};

struct SolverEntry {
  std::string_view name;
  std::string_view summary;
  std::string_view problem;  // in one line
  std::string_view source;   // keys of the bibliography
  std::vector<Field> (*fields)() = nullptr;
  bool takes_initial = false;  // codes to start from

  template <class T>
  using Call = Encoding<T> (*)(std::string_view who, const Dictionary<T>&, MatrixView<const T>,
                               const Values&, const SparseCodes<T>*, const Run&,
                               MatrixView<const T> data_weights);
  Call<float> run_float = nullptr;
  Call<double> run_double = nullptr;

  template <class T>
  using PathCall = EncodingPath<T> (*)(std::string_view who, const Dictionary<T>&,
                                       MatrixView<const T>, const Values&, const Run&,
                                       MatrixView<const T> data_weights);
  PathCall<float> path_float = nullptr;  // null: it has no path
  PathCall<double> path_double = nullptr;
};

std::span<const SolverEntry> solvers();
// Error: no such solver; the nearest name is suggested.
const SolverEntry& solver(std::string_view name);

// Runs the solver of this name. Settings have the names of its fields. `data_weights`: none, one
// column for all signals or one per signal, see solvers/data_weights.h. Error: no such solver, a
// setting or a start that it does not take (those that do are named), and whatever it refuses.
template <class T>
Encoding<T> encode(std::string_view name, const Dictionary<T>& dictionary, Signals<T> signals,
                   const Values& settings, const SparseCodes<T>* initial = nullptr,
                   const Run& run = {}, Signals<T> data_weights = {});
// All codes on the way to the one that encode() gives, in one run. Error: as encode(); a solver
// without a path.
template <class T>
EncodingPath<T> encode_path(std::string_view name, const Dictionary<T>& dictionary,
                            Signals<T> signals, const Values& settings, const Run& run = {},
                            Signals<T> data_weights = {});

// Whether a solver has a setting of this name.
bool has_setting(const SolverEntry& entry, std::string_view name);

}  // namespace striate
