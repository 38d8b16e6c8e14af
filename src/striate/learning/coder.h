// The coders that learning uses, a closed table: which of its settings each one reads, and how a
// batch is coded. Every one is a solver of the same name.
#pragma once

#include <string_view>

#include "striate/core/observer.h"
#include "striate/dictionaries/dictionary.h"
#include "striate/learning/learn_settings.h"
#include "striate/solvers/encoding.h"

namespace striate {

struct CoderEntry {
  std::string_view name;
  bool penalized = false;  // reads lambda, and takes initial codes
  bool pursuit = false;    // reads nonzeros and residual
  bool groups = false;     // reads group_size
  bool l2 = false;         // reads l2
  bool positive = false;   // reads positive
  bool penalties = false;  // reads penalty, sigma and start
  bool descent = false;    // reads descent_steps, descent_rate and cut_off

  Encoding<float> (*run_float)(const LearnSettings&, double lambda, const Dictionary<float>&,
                               MatrixView<const float>, const SparseCodes<float>* initial,
                               const Run&) = nullptr;
  Encoding<double> (*run_double)(const LearnSettings&, double lambda, const Dictionary<double>&,
                                 MatrixView<const double>, const SparseCodes<double>* initial,
                                 const Run&) = nullptr;
};

const CoderEntry& coder_entry(Coder coder);
// The settings of the coder in force, by their names, as a model keeps them.
Values coding_of(const LearnSettings& settings);

namespace detail {
// Error: the coder lacks what it needs, or is given what it does not read.
void check_coder(std::string_view who, const LearnSettings& settings);
// Codes of the batch by settings.coder with this lambda; `initial` is left out where the coder
// takes none.
template <class T>
Encoding<T> encode_batch(const LearnSettings& settings, double lambda,
                         const Dictionary<T>& dictionary, MatrixView<const T> signals,
                         const Run& run, const SparseCodes<T>* initial = nullptr);
// Whether a stop or the time cut it short.
bool interrupted(const EncodeInfo& info);
}  // namespace detail

}  // namespace striate
