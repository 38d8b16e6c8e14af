// The closed table of convolutional solvers: name -> entry. Command line, Python and tests read it; a
// solver is found here, by its name, once per call.
//
//   auto [codes, info, dual] = encode_convolutional<float>("auto", bank, image, {{"lambda", 0.1}});
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "striate/convolutional/convolutional_settings.h"
#include "striate/core/observer.h"

namespace striate {

struct ConvolutionalSolverEntry {
  std::string_view name;
  std::string_view summary;
  std::string_view problem;  // in one line
  std::string_view source;   // keys of the bibliography
  std::vector<Field> (*fields)() = nullptr;

  template <class T>
  using Call = ConvolutionalResult<T> (*)(std::string_view who, const FilterBank<T>&,
                                          ImageView<const T>, const Values&,
                                          const ConvolutionalInputs<T>&, const Run&);
  Call<float> run_float = nullptr;
  Call<double> run_double = nullptr;
};

std::span<const ConvolutionalSolverEntry> convolutional_solvers();
// Error: no such solver; the nearest name is suggested.
const ConvolutionalSolverEntry& convolutional_solver(std::string_view name);

// Whether a solver has a setting of this name.
bool has_setting(const ConvolutionalSolverEntry& entry, std::string_view name);

// Codes an image by the solver of this name. Settings have the names of its fields. Error: no such
// solver, a setting that it does not have (those that do are named), and whatever it refuses.
template <class T>
ConvolutionalResult<T> encode_convolutional(std::string_view name, const FilterBank<T>& bank,
                                            ImageView<const T> image, const Values& settings,
                                            const ConvolutionalInputs<T>& inputs = {},
                                            const Run& run = {});

}  // namespace striate
