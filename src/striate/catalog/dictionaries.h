// The closed table of ways to make atoms before anything is learned: name -> entry. Command line,
// Python, tests and generated pages read it.
//
//   Matrix<float> atoms = make_atoms<float>("dct", {{"patch", 8}, {"frequencies", 11}});
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "striate/core/matrix.h"
#include "striate/core/settings.h"
#include "striate/core/source.h"

namespace striate {

struct DictionaryEntry {
  std::string_view name;
  std::string_view summary;
  std::string_view source;  // keys of the bibliography
  bool needs_data = false;  // atoms are drawn from signals
  std::vector<Field> (*fields)() = nullptr;

  // `data` may be null unless needs_data.
  Matrix<float> (*make_float)(std::string_view who, const Values&,
                              const SignalSource<float>* data) = nullptr;
  Matrix<double> (*make_double)(std::string_view who, const Values&,
                                const SignalSource<double>* data) = nullptr;
};

std::span<const DictionaryEntry> dictionaries();
// Error: no such dictionary; the nearest name is suggested.
const DictionaryEntry& dictionary_named(std::string_view name);

// Unit atoms (m x K) by the name of their dictionary. Settings have the names of its fields; a union
// hands its settings on to the parts that have them. Error: no such dictionary, a setting that it
// does not have, whatever it refuses, no data where it needs them.
template <class T>
Matrix<T> make_atoms(std::string_view name, const Values& settings,
                     const SignalSource<T>* data = nullptr);

}  // namespace striate
