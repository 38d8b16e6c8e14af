// Coding a whole job into a file, segment by segment, so that it can be killed and resumed; and the
// way back from codes to signals and images: `striate encode`, `striate decode`.
//
// A codes file holds "codes" (SparseCodes::to_archive), what is known of every signal
// ("info/status", "info/iterations", "info/objective", "info/relative_gap", and
// "info/relative_residual", |y - D z|^2 / |y|^2), for patches "patches/position" (image, row,
// column), "patches/mean" and "images/shape" (rows, columns, channels), and as attributes the model's
// hash, its preprocessing and the coding's settings. A setting with one number per signal is an array
// "coding/lambda" or the like. A path has one row of codes per step: those of signal i are
// path/starts[i] to path/starts[i + 1], each with its "path/residual" (|y - D z|^2) or "path/lambda".
// A shard has the attributes "first", "signals" and "whole" of "shard"; join_codes.h joins them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "striate/core/observer.h"
#include "striate/dictionaries/dictionary.h"
#include "striate/io/atomic_file.h"
#include "striate/pipelines/model.h"
#include "striate/pipelines/preparation.h"
#include "striate/solvers/encode_info.h"

namespace striate {

// What is done to the signals.
template <class T>
struct CodingTask {
  std::string method;    // a solver of the catalogue
  Values settings = {};  // by the names of its fields; one number, or one for each of all signals
  bool path = false;     // every code on the way
  std::shared_ptr<const SignalSource<T>> data_weights = {};  // one for all signals, or one for each
  std::string weights_name = "data_weights";                 // what messages call them
  Values inputs = {};  // name and hash of the file that they came from
  Values run = {};     // what repeats the run, for "provenance/run"; it has no part in the codes
};

// Error: what the solver refuses of the task's method and settings.
template <class T>
void check_coding(const Dictionary<T>& dictionary, const CodingTask<T>& task);

struct EncodeJobSettings {
  std::int64_t segment = 4096;
  bool resume = false;
  std::string shard = "1/1";

  static void describe(auto& s, auto&& visit) {
    visit(s.segment, {.name = "segment",
                      .range = at_least(1),
                      .unit = "signals",
                      .sentence = "Signals per segment; a killed job loses at most one segment."});
    visit(s.resume, {.name = "resume",
                     .sentence = "Go on from the finished segments of an interrupted job."});
    visit(s.shard, {.name = "shard",
                    .unit = "i/n",
                    .sentence = "Code only the i-th of n parts (from 1/n to n/n), for several "
                                "machines; convert --concat joins the outputs."});
  }
};

// Numbers counted by powers of ten, and the largest of them.
struct Decades {
  static constexpr int lowest = -16, highest = 3;  // what lies beyond is counted with the last

  std::int64_t zeros = 0;
  std::map<int, std::int64_t> counts;  // by k: 10^k up to 10^(k+1)
  double largest = 0;
  std::int64_t largest_signal = -1;  // -1: nothing was counted

  void add(double x, std::int64_t signal);
};

struct EncodeJobReport {
  std::int64_t first = 0;  // the shard's first signal
  std::int64_t signals = 0;
  std::int64_t resumed = 0;  // signals that earlier runs had coded
  std::int64_t nonzeros = 0;
  std::int64_t rows = 0;  // of codes: with path one per step, otherwise one per signal
  double objective = 0;   // sum over the signals
  Decades gaps;           // relative gaps, where there are any
  Decades residuals;      // |y - D z|^2 / |y|^2
  std::int64_t not_converged = 0;
  std::int64_t invalid = 0;               // signals with NaN or infinity
  double seconds = 0;                     // of this run
  StopReason stopped = StopReason::none;  // otherwise the segments are kept and nothing is joined
};

// Codes the signals and writes `output` (.h5 or .npz). Finished segments lie beside it until the job
// is done; a job that is asked to stop keeps them. Memory does not depend on how many signals there
// are. Error: dimensions of model, signals or weights differ, a list of settings of another length,
// whatever the solver refuses. IoError: segments of another job; NaN where it counts.
template <class T>
EncodeJobReport encode_job(const Prepared<T>& prepared, const Model<T>& model,
                           const CodingTask<T>& task, const std::filesystem::path& output,
                           const EncodeJobSettings& job = {}, Overwrite overwrite = Overwrite::no,
                           const Run& run = {});

// What the job will take, from a sample of its signals spread over all of them.
struct EncodeEstimate {
  std::int64_t signals = 0;  // of the whole job
  std::int64_t sample = 0;
  double seconds = 0;       // of reading and coding
  double output_bytes = 0;  // of an .h5 file
  double memory_bytes = 0;  // most that the process will hold
  double nonzeros = 0;      // per row of codes
};
// Writes nothing. Error: as encode_job.
template <class T>
EncodeEstimate estimate_encode_job(const Prepared<T>& prepared, const Model<T>& model,
                                   const CodingTask<T>& task, const EncodeJobSettings& job = {},
                                   const Run& run = {});
// Most memory that this process has held, in bytes.
std::int64_t peak_bytes();

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
