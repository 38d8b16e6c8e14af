#include "cli/command_encode.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/inputs.h"
#include "cli/progress.h"
#include "striate/catalog/solvers.h"
#include "striate/core/text.h"
#include "striate/core/timing.h"
#include "striate/io/array_file.h"
#include "striate/io/hash.h"
#include "striate/io/segments.h"
#include "striate/pipelines/encode_job.h"
#include "striate/pipelines/shard.h"

namespace striate::cli {
namespace {

constexpr std::int64_t kRowsAtOnce = 4096;

struct EncodeOptions {
  std::string method = {};
  bool path = false;
  std::string mask = {};
  std::string data_weights = {};
  bool estimate = false;

  static void describe(auto& s, auto&& visit) {
    visit(s.method, {.name = "method",
                     .sentence = "Solver; not given: the one that the model was learned with."});
    visit(s.path,
          {.name = "path",
           .sentence = "Keep every code on the way, in one run: one row per number of atoms "
                       "(omp, ols, mp) or per breakpoint of lambda (lars)."});
    visit(s.mask, {.name = "mask",
                   .unit = "FILE",
                   .sentence = "Which values are observed: an array of true and false (n, m), or "
                               "one row for all signals; the others may be NaN."});
    visit(s.data_weights, {.name = "data_weights",
                           .unit = "FILE",
                           .sentence = "Weights at least 0 of the squared errors: an array (n, m), "
                                       "or one row for all signals."});
    visit(s.estimate, {.name = "estimate",
                       .sentence = "Code a sample only; print time, memory and size of the whole "
                                   "job, write nothing."});
  }
};

// The weights in a file of one row per signal, or of one row. Error: other than the option takes.
template <class T>
std::shared_ptr<const SignalSource<T>> weights_in(const std::string& option,
                                                  const std::string& path, bool mask) {
  const auto refuse = [&]<class Refusal = Error>(const auto&... why) {
    throw Refusal(option, " ", path, ": ", why...);
  };
  std::vector<std::unique_ptr<const ArrayFile>> files;
  files.push_back(open_array(path));
  const ArrayFile& file = *files.front();
  constexpr DType real[] = {DType::f32, DType::f64, DType::c64, DType::c128};
  if (mask && std::ranges::find(real, file.dtype()) != std::end(real))
    refuse.template operator()<UsageError>(
        "holds ", name_of(file.dtype()),
        "; a mask holds true (observed) and false; --data-weights takes other weights");
  std::shared_ptr<const SignalSource<T>> weights;
  if (file.shape().size() == 1) {
    const std::vector<T> row = file.read(0, file.rows()).template to<T>();
    Matrix<T> column(file.rows(), 1);
    std::ranges::copy(row, column.column(0).begin());
    weights = std::make_shared<MatrixSource<T>>(std::move(column));
  } else {
    weights = std::make_shared<const SignalFiles<T>>(std::move(files));
  }
  Matrix<T> block;
  for (std::int64_t first = 0; first < weights->size(); first += block.columns()) {
    block.resize(weights->dimension(), std::min(kRowsAtOnce, weights->size() - first));
    weights->read(first, block);
    for (std::int64_t j = 0; j < block.columns(); ++j)
      for (const T w : block.column(j)) {
        if (mask && w != 0 && w != 1)
          refuse.template operator()<UsageError>(
              "row ", first + j, " holds ", w,
              "; a mask holds true (observed) and false; --data-weights takes other weights");
        if (!(w >= 0)) refuse("row ", first + j, " holds ", w, "; weights must be at least 0");
      }
  }
  return weights;
}

template <class T>
void add_weights(const EncodeOptions& options, CodingTask<T>& task) {
  if (!options.mask.empty() && !options.data_weights.empty())
    throw UsageError("--mask and --data-weights exclude one another; a mask is weights of 0 and 1");
  const bool mask = !options.mask.empty();
  const std::string& path = mask ? options.mask : options.data_weights;
  if (path.empty()) return;
  const std::string option = mask ? "--mask" : "--data-weights";
  task.data_weights = weights_in<T>(option, path, mask);
  task.weights_name = option + " " + path;
  task.inputs = {{"data_weights", std::filesystem::path(path).filename().string()},
                 {"data_weights_hash", hash_of_file(path)}};
}

template <class T>
int estimate(Invocation& call, const Prepared<T>& prepared, const Model<T>& model,
             const CodingTask<T>& task, const EncodeJobSettings& job) {
  const EncodeEstimate e = estimate_encode_job(prepared, model, task, job, call.run());
  if (e.sample == 0) throw Error("encode: there are no signals");
  call.print(
      fmt::format("{} signals: about {}, {:.4g} MB written, {:.4g} MB of memory; "
                  "{:.4g} nonzeros a code (from a sample of {})\n",
                  e.signals, duration_text(e.seconds), e.output_bytes / 1e6, e.memory_bytes / 1e6,
                  e.nonzeros, e.sample));
  call.json() = {{"signals", e.signals},           {"sample", e.sample},
                 {"seconds", e.seconds},           {"output_bytes", e.output_bytes},
                 {"memory_bytes", e.memory_bytes}, {"nonzeros_per_code", e.nonzeros}};
  return call.exit_code(true);
}

// UsageError for what the solver refuses of its settings.
template <class T>
void refuse_settings(const std::string& file, const Model<T>& model, const CodingTask<T>& task) {
  std::optional<Dictionary<T>> dictionary;
  try {
    dictionary.emplace(model.atoms);
  } catch (const Error& error) {  // the file's fault, not that of options
    throw Error(file, ": ", error.what());
  }
  try {
    check_coding(*dictionary, task);
  } catch (const Error& error) {
    throw UsageError(error.what());
  }
}

// How far from the best the codes are, or, of solvers that cannot tell, how much they leave over:
// as text and for --json.
template <class T>
void show_distribution(Invocation& call, const EncodeJobReport& report,
                       const Prepared<T>& prepared) {
  const auto total = [](const Decades& decades) {
    std::int64_t sum = decades.zeros;
    for (const auto& [decade, count] : decades.counts) sum += count;
    return sum;
  };
  const bool certified = total(report.gaps) == total(report.residuals);
  const Decades& decades = certified ? report.gaps : report.residuals;
  if (decades.largest_signal < 0) return;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::string text =
      fmt::format("{:<22}{:>12}\n", certified ? "relative gap" : "relative residual", "signals");
  if (decades.zeros > 0) text += fmt::format("{:<22}{:>12}\n", "0", decades.zeros);
  for (const auto& [decade, count] : decades.counts) {
    text += fmt::format("{:<22}{:>12}\n", fmt::format("1e{:+03d} to 1e{:+03d}", decade, decade + 1),
                        count);
    list.push_back(
        {{"from", std::pow(10., decade)}, {"to", std::pow(10., decade + 1)}, {"signals", count}});
  }
  const std::string worst = prepared.place(decades.largest_signal);
  text += fmt::format("largest {:.3g}: {}\n", decades.largest, worst);
  call.print(text);
  call.json()[certified ? "relative_gaps" : "relative_residuals"] = {
      {"zeros", decades.zeros},
      {"decades", list},
      {"largest", decades.largest},
      {"signal", decades.largest_signal},
      {"place", worst}};
}

template <class T>
int encode_in(Invocation& call) {
  static constexpr std::string_view suffixes[] = {".h5", ".hdf5", ".npz"};
  const auto options = call.settings<EncodeOptions>();
  const auto job = call.settings<EncodeJobSettings>();
  try {
    shard_of("encode", job.shard);
  } catch (const Error& error) {
    throw UsageError(error.what());
  }
  const std::string output = options.estimate ? std::string() : call.output(suffixes, job.resume);
  const Model<T> model = model_of<T>(call);
  if (const auto given = call.given().find("group_size");
      given != call.given().end() &&
      std::get<std::int64_t>(given->second) != std::int64_t{model.group_size})
    throw UsageError("--group-size is ", to_text(given->second), "; the model has groups of ",
                     model.group_size);
  const SolverEntry& entry = solver(call.variant());
  Values known = model.coding;
  known["group_size"] = std::int64_t{model.group_size};
  CodingTask<T> task{.method = call.variant(),
                     .settings = coding_of(call, known, entry.fields()),
                     .path = options.path};
  const bool needs_lambda = std::ranges::any_of(
      entry.fields(), [](const Field& field) { return field.name == "lambda"; });
  if (needs_lambda && !task.settings.contains("lambda") &&
      !task.settings.contains("lambda_relative"))
    throw UsageError("--lambda is missing (or --lambda-relative); a dictionary alone has none");
  const auto from = call.settings<ModelOptions>();
  refuse_settings(from.model.empty() ? from.dictionary : from.model, model, task);
  add_weights(options, task);
  task.run = call.to_repeat();

  call.log().step("preparing signals");
  const Prepared<T> prepared = prepare_for(call, model, call.arguments());
  if (options.estimate) return estimate(call, prepared, model, task, job);

  // A job that is new must not go on from segments that lie there by chance.
  const auto parts = segments_folder(output);
  if (!job.resume && std::filesystem::exists(parts) && !call.force())
    throw UsageError("--output ", output, ": an interrupted job left ", parts.string(),
                     "; go on with --resume, or give --force to begin anew");
  const EncodeJobReport report =
      encode_job(prepared, model, task, output, job, call.force() ? Overwrite::yes : Overwrite::no,
                 call.run());

  const bool whole = report.stopped == StopReason::none;
  const auto per = [](double x, std::int64_t count) {
    return count > 0 ? x / static_cast<double>(count) : 0;
  };
  call.print(fmt::format(
      "{} signals{} in {} ({} per 10,000), {:.4g} nonzeros{} and objective {:.5g} each\n",
      report.signals,
      report.resumed > 0 ? fmt::format(" ({} of an earlier run)", report.resumed) : "",
      duration_text(report.seconds),
      report.signals > report.resumed
          ? duration_text(report.seconds / static_cast<double>(report.signals - report.resumed) *
                          1e4)
          : "none",
      per(static_cast<double>(report.nonzeros), report.rows),
      options.path ? fmt::format(" in each of {} steps", report.rows) : "",
      per(report.objective, report.signals)));
  call.json() = {{"output", whole ? nlohmann::ordered_json(output) : nullptr},
                 {"method", call.variant()},
                 {"model", model.hash()},
                 {"signals", report.signals},
                 {"first", report.first},
                 {"rows", report.rows},
                 {"resumed", report.resumed},
                 {"nonzeros", report.nonzeros},
                 {"objective", report.objective},
                 {"worst_gap", report.gaps.largest},
                 {"not_converged", report.not_converged},
                 {"invalid", report.invalid},
                 {"seconds", report.seconds},
                 {"peak_bytes", peak_bytes()},
                 {"complete", whole}};
  show_distribution(call, report, prepared);
  call.print(fmt::format("{} not converged, {} invalid\n", report.not_converged, report.invalid));
  if (whole) call.print(fmt::format("{} written\n", output));
  else
    call.log().note(
        fmt::format("stopped after {} of {} signals; they are kept in {}: go on "
                    "with --resume",
                    report.signals, shard_of("encode", job.shard).count(prepared.signals->size()),
                    parts.string()));
  if (report.invalid > 0)
    call.log().warning(
        fmt::format("{} signals hold NaN or infinity; their codes are empty", report.invalid));
  if (!whole) return call.interrupted() ? kInterrupted : kNotConverged;
  return call.exit_code(report.not_converged + report.invalid == 0);
}

int encode_inputs(Invocation& call) {
  return call.common().precision == Precision::f64 ? encode_in<double>(call)
                                                   : encode_in<float>(call);
}

// The coder that the model was learned with.
std::string coder_of_model(const Values& given) {
  const auto model = given.find("model");
  if (model == given.end()) return "lasso";
  return load_model<float>(std::get<std::string>(model->second)).coder;
}

std::vector<Variant> solver_variants() {
  std::vector<Variant> variants;
  for (const SolverEntry& entry : solvers())
    variants.push_back({std::string(entry.name), std::string(entry.summary), entry.fields()});
  return variants;
}

}  // namespace

Command encode_command() {
  return {.name = "encode",
          .sentence = "Codes signals or images under a model or a dictionary.",
          .arguments = {"INPUT", "images, folders, globs, or arrays of signals", 1, 100000},
          .fields = options_of<ModelOptions, EncodeOptions, EncodeJobSettings, Preprocessing>(),
          .writes_output = true,
          .output_sentence = "The codes, .h5 or .npz (as scipy.sparse.load_npz reads them).",
          .selector = "method",
          .variants = solver_variants(),
          .default_variant = coder_of_model,
          .examples = {"striate generate --kind planted --signals 200 --output planted.h5",
                       "striate convert planted.h5 --array signals --output y.npy",
                       "striate convert planted.h5 --array dictionary/atoms --output d.npy",
                       "striate encode y.npy --dictionary d.npy --method lasso --lambda 0.05 "
                       "--output codes.npz"},
          .run = encode_inputs};
}

}  // namespace striate::cli
