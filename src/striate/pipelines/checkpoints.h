// The state of a job in a file as it goes, to go on from: settings and the file's keeping.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "striate/core/archive.h"
#include "striate/core/settings.h"
#include "striate/core/timing.h"

namespace striate {

struct CheckpointSettings {
  std::string checkpoint = {};  // file; empty: none
  double period = 30;           // seconds between checkpoints
  bool resume = false;          // go on from the checkpoint if it exists

  static void describe(auto& s, auto&& visit) {
    visit(s.checkpoint,
          {.name = "checkpoint",
           .sentence = "File that keeps the state of learning, replaced as it goes."});
    visit(s.period, {.name = "checkpoint_period",
                     .range = at_least(0),
                     .unit = "seconds",
                     .sentence = "Time between checkpoints."});
    visit(s.resume, {.name = "resume",
                     .sentence = "Go on from the checkpoint, if there is one; the result has the "
                                 "same bits as an uninterrupted run."});
  }
};

class Checkpoints {
 public:
  // `inputs`: what the job works on; a checkpoint of other inputs is refused. Error: settings out of
  // range, resume without a file; a file that is there already, without resume.
  Checkpoints(const CheckpointSettings& settings, Values inputs);

  // The state to go on from; none: begin anew.
  const std::optional<Archive>& saved() const { return saved_; }
  // Writes state() if the period is over; `now`: in any case. Nothing without a file.
  void keep(const std::function<Archive()>& state, bool now = false);

 private:
  CheckpointSettings settings_;
  Values inputs_;
  std::optional<Archive> saved_;
  Stopwatch watch_;
};

}  // namespace striate
