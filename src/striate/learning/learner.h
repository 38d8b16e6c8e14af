// A learner holds a dictionary and improves it batch by batch. All of its state goes into an
// archive and comes back, so that an interrupted run ends in the same bits as one that was not.
// Atoms have unit norm after every step, at most that with atom_norm ball, and the norms of
// homeostasis.h with homeostasis variance.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "striate/core/archive.h"
#include "striate/core/matrix.h"
#include "striate/core/observer.h"
#include "striate/core/source.h"
#include "striate/dictionaries/dictionary.h"
#include "striate/learning/coder.h"

namespace striate {

// What one batch did. Means are over the signals of the batch.
struct StepInfo {
  bool complete = true;  // false: stopped while coding, nothing was changed
  // As the coder reports it, 1/2 |y - D z|^2 + lambda Omega(z) with the step's lambda or
  // 1/2 |y - D z|^2, with the atoms before the step.
  double objective = 0;
  double nonzeros = 0;
  std::vector<std::int64_t> replaced = {};  // atoms, rising
  double seconds_coding = 0;
  double seconds_update = 0;
};

template <class T>
class Learner {
 public:
  virtual ~Learner() = default;
  // Codes the batch (m x q), updates the atoms. Error: no signals, another m, NaN or infinity.
  virtual StepInfo step(Signals<T> batch, const Run& run = {}) = 0;
  // The same with all signals of a source as the batch. Methods that learn from all signals at
  // each step read them block by block; others read them at once.
  virtual StepInfo step(const SignalSource<T>& source, const Run& run);
  virtual const Matrix<T>& atoms() const = 0;
  virtual int group_size() const = 0;
  virtual std::int64_t steps() const = 0;  // batches learned from so far
  virtual std::int64_t atoms_in_use() const = 0;
  // Everything; restore refuses what another method, shape or type of number has saved.
  virtual Archive save() const = 0;
  virtual void restore(const Archive& archive) = 0;
};

// The learner that settings.method names. `initial` (m x K) is normalised to unit atoms; settings
// that are about the source (steps, held_out, ...) are not read.
// Error: settings out of range or together impossible, a zero or non-finite initial atom.
template <class T>
std::unique_ptr<Learner<T>> make_learner(const LearnSettings& settings, Signals<T> initial);

namespace detail {
// The settings that do not fit one another, the dimension or the number of atoms, refused by name.
void check_learn_settings(std::string_view who, const LearnSettings& settings, std::int64_t rows,
                          std::int64_t atoms);
// The atoms to begin with: at unit norm, and where positive_atoms asks for it without their negative
// elements. Error that names one of which nothing is left.
template <class T>
Matrix<T> start_atoms(std::string_view who, const LearnSettings& settings,
                      MatrixView<const T> atoms);
// The atoms at unit norm. Error that names one that is zero or not finite.
template <class T>
Matrix<T> unit_columns(std::string_view who, MatrixView<const T> atoms);
// Error: another number of rows, no signals, NaN or infinity; `first` is the number of the first
// signal.
template <class T>
void check_batch(std::string_view who, MatrixView<const T> batch, std::int64_t rows,
                 std::int64_t first = 0);
// Run that cannot be stopped, for work that must not be left half done.
inline Run uninterrupted(const Run& run) { return Run{.threads = run.threads}; }
// Error unless the archive holds atoms like these, of that method and type of number.
template <class T>
void check_saved(std::string_view method, const Archive& archive, const Matrix<T>& atoms);
}  // namespace detail

}  // namespace striate
