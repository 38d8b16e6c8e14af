// Coding a whole job into a file, segment by segment, so that it can be killed and resumed; and the
// way back from codes to signals and images: `striate encode`, `striate decode`.
//
// A codes file holds "codes" (SparseCodes::to_archive), what is known of every signal
// ("info/status", "info/iterations", "info/objective", "info/relative_gap"), for patches
// "patches/position" (image, row, column), "patches/mean" and "images/shape" (rows, columns,
// channels), and as attributes the model's hash, its preprocessing and the coding's settings.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "striate/core/observer.h"
#include "striate/io/atomic_file.h"
#include "striate/pipelines/model.h"
#include "striate/pipelines/preparation.h"
#include "striate/solvers/encode_info.h"

namespace striate {

struct EncodeJobSettings {
  std::int64_t segment = 4096;
  bool resume = false;

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
  std::int64_t worst_signal = -1;  // the signal with the worst gap
  std::int64_t not_converged = 0;
  std::int64_t invalid = 0;               // signals with NaN or infinity
  double seconds = 0;                     // of this run
  StopReason stopped = StopReason::none;  // otherwise the segments are kept and nothing is joined
};

// Codes all signals with the method and settings (a solver of the catalogue) and writes `output`
// (.h5 or .npz). Finished segments lie beside it until the job is done; a job that is asked to
// stop keeps them. Error: dimensions of model and signals differ. IoError: segments of another job.
template <class T>
EncodeJobReport encode_job(const Prepared<T>& prepared, const Model<T>& model,
                           const std::string& method, const Values& settings,
                           const std::filesystem::path& output, const EncodeJobSettings& job = {},
                           Overwrite overwrite = Overwrite::no, const Run& run = {});

// The signals (m x n) that an archive's codes stand for, without the means of patches.
// Error: codes of another model.
template <class T>
Matrix<T> decode_signals(const Archive& codes, const Model<T>& model);

// Images from the codes of their patches: overlapping patches are averaged, their means added
// back; where no patch lies, pixels are 0. They are as the model saw images, whitened; with
// `unwhiten` the filter is undone where it passes anything. Error: codes that are not of patches,
// or of another model.
template <class T>
std::vector<Image<T>> decode_images(const Archive& codes, const Model<T>& model,
                                    bool unwhiten = false);

}  // namespace striate
