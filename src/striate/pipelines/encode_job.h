// Coding a whole job into a file, segment by segment, so that it can be killed and resumed; and the
// way back from codes to signals and images: `striate encode`, `striate decode`.
#pragma once

#include <string>
#include <vector>

#include "striate/codes/sparse_codes.h"
#include "striate/pipelines/model.h"
#include "striate/pipelines/preparation.h"
#include "striate/solvers/encode_info.h"

namespace striate {

struct EncodeJobSettings {
  std::int64_t segment = 4096;  // signals per segment
  bool resume = false;
  bool overwrite = false;

  static void describe(auto& s, auto&& visit) {
    visit(s.segment, {.name = "segment",
                      .range = at_least(1),
                      .unit = "signals",
                      .sentence = "Signals per segment; a killed job loses at most one segment."});
    visit(s.resume, {.name = "resume",
                     .sentence = "Go on from the finished segments of an interrupted job."});
  }
};

struct EncodeJobReport {
  std::int64_t signals = 0;
  std::int64_t resumed = 0;  // signals that earlier runs had coded
  std::int64_t nonzeros = 0;
  double objective = 0;  // sum over the signals
  double worst_gap = 0;
  std::int64_t worst_signal = -1;
  std::int64_t not_converged = 0;
  double seconds = 0;  // of this run
  Status status =
      Status::converged;  // stopped and time_limit: segments are kept, nothing is joined
};

// Codes all signals with the method and settings (a solver of the catalogue) and writes `output`
// (.h5 or .npz). Finished segments stay beside it until the job is done.
template <class T>
EncodeJobReport encode_job(const Prepared<T>& prepared, const Model<T>& model,
                           const std::string& method, const Values& settings,
                           const std::string& output, const EncodeJobSettings& job = {},
                           const Run& run = {});

// Signals (m x n) that the codes of an archive stand for. Error: codes of another model.
template <class T>
Matrix<T> decode_signals(const Archive& codes, const Model<T>& model);

// Images from the codes of their patches: overlapping patches are averaged, means added back. With
// `unwhiten` the whitening filter is undone (where it passes anything). Error: codes that are not
// of images.
template <class T>
std::vector<Image<T>> decode_images(const Archive& codes, const Model<T>& model, bool unwhiten);

}  // namespace striate
