// Learning from a source of signals: batches, a held-out set, a history, checkpoints.
//
//   auto result = striate::learn(source, {.atoms = 256, .lambda = 0.1, .epochs = 2});
//   result.atoms;  // m x 256
//
// The last `held_out` signals of the source are never learned from. Batch t takes places
// t*batch ... of an endless sequence of epochs, each a permutation of the other signals that is a
// function of seed and epoch; for methods that learn from the whole source, a batch is all of it.
// Same bits for any number of threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "striate/core/archive.h"
#include "striate/core/observer.h"
#include "striate/core/source.h"
#include "striate/learning/batch_order.h"
#include "striate/learning/learner.h"

namespace striate {

// A row of the history: the state after `step` batches and means over the batches since the last
// row.
struct LearnRow {
  std::int64_t step = 0;
  std::int64_t signals = 0;       // learned from so far
  double seconds = 0;             // spent in steps so far, checkpoints' runs included
  double held_out_objective = 0;  // mean per signal; NaN where nothing is held out
  double objective = 0;           // of the batches, mean per signal
  double nonzeros = 0;            // per signal
  double seconds_per_batch = 0;
  std::int64_t atoms_in_use = 0;
  std::int64_t replaced = 0;  // atoms, since the last row

  static void for_each_figure(const auto& f) {
    f("step", &LearnRow::step);
    f("signals", &LearnRow::signals);
    f("seconds", &LearnRow::seconds);
    f("held_out_objective", &LearnRow::held_out_objective);
    f("objective", &LearnRow::objective);
    f("nonzeros", &LearnRow::nonzeros);
    f("seconds_per_batch", &LearnRow::seconds_per_batch);
    f("atoms_in_use", &LearnRow::atoms_in_use);
    f("replaced", &LearnRow::replaced);
  }
};

enum class LearnStatus { completed, converged, stopped, time_limit };
std::string_view name_of(LearnStatus status);

// A job that runs batch by batch, for callers that checkpoint or look in between. It keeps a
// reference to the source.
template <class T>
class LearnJob {
 public:
  // `initial`: m x K atoms to begin with (null: settings.initial makes them).
  // Error: settings, too few signals, shapes that do not fit, non-finite signals among the initial
  // atoms.
  LearnJob(const SignalSource<T>& source, const LearnSettings& settings,
           const Matrix<T>* initial = nullptr);
  // Goes on where save() was called. Error: another source or other settings (steps and epochs may
  // differ), or an archive that is no learning state.
  LearnJob(const SignalSource<T>& source, const LearnSettings& settings, const Archive& saved);

  bool done() const;  // all batches learned from, or converged
  // Adds a row to the history where one is due and learns from one batch where one is left. False
  // if the run asked to stop meanwhile: then that part is not done, and the next call does it.
  // Error: a signal with NaN or infinity, by its number in the source.
  bool step(const Run& run = {});
  Archive save() const;

  const Matrix<T>& atoms() const { return learner_->atoms(); }
  const LearnSettings& settings() const { return settings_; }
  int group_size() const { return learner_->group_size(); }
  std::int64_t steps() const { return learner_->steps(); }
  std::int64_t total_steps() const { return total_steps_; }
  std::int64_t held_out() const { return held_out_; }
  std::int64_t atoms_in_use() const { return learner_->atoms_in_use(); }
  const StepInfo& last() const { return last_; }
  const std::vector<LearnRow>& history() const { return history_; }

 private:
  void prepare(std::int64_t rows);
  bool row_due() const;
  bool converged() const;
  bool add_row(const Run& run);
  StepInfo learn_batch(const Run& run);

  const SignalSource<T>& source_;
  LearnSettings settings_;
  std::unique_ptr<Learner<T>> learner_;
  std::int64_t held_out_ = 0, total_steps_ = 0, batch_size_ = 0;
  BatchOrder order_;
  Matrix<T> batch_, reserved_;
  StepInfo last_;
  LearnRow sums_;  // sums over the batches since the last row; step counts them
  double seconds_ = 0;
  std::vector<LearnRow> history_;
};

template <class T>
struct LearnResult {
  Matrix<T> atoms;
  int group_size = 1;
  std::vector<LearnRow> history;
  LearnStatus status = LearnStatus::completed;
};

// Runs a job to its end, or until the run asks to stop. The observer is told objective,
// held_out_objective, density (nonzeros / K), atoms_in_use, replaced and seconds_per_batch.
// `after_step` is called on the caller's thread after every batch, to checkpoint or draw.
template <class T>
LearnResult<T> learn(LearnJob<T>& job, const Run& run = {},
                     const std::function<void(const LearnJob<T>&)>& after_step = {});
template <class T>
LearnResult<T> learn(const SignalSource<T>& source, const LearnSettings& settings,
                     const Matrix<T>* initial = nullptr, const Run& run = {},
                     const std::function<void(const LearnJob<T>&)>& after_step = {});
// The columns of a matrix.
template <class T>
LearnResult<T> learn(const Matrix<T>& signals, const LearnSettings& settings, const Run& run = {});

}  // namespace striate
