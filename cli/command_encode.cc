#include "cli/command_encode.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/inputs.h"
#include "cli/progress.h"
#include "striate/catalog/solvers.h"
#include "striate/core/text.h"
#include "striate/core/timing.h"
#include "striate/io/segments.h"
#include "striate/pipelines/encode_job.h"

namespace striate::cli {
namespace {

struct EncodeOptions {
  std::string method = {};
  bool estimate = false;

  static void describe(auto& s, auto&& visit) {
    visit(s.method, {.name = "method",
                     .sentence = "Solver; not given: the one that the model was learned with."});
    visit(s.estimate, {.name = "estimate",
                       .sentence = "Code a sample only; print time, memory and size of the whole "
                                   "job, write nothing."});
  }
};

constexpr std::int64_t kSample = 256;  // signals that --estimate codes

// Codes a sample and extrapolates.
template <class T>
int estimate(Invocation& call, const Prepared<T>& prepared, const Model<T>& model,
             const Values& coding) {
  const std::int64_t n = prepared.signals->size(), sample = std::min(n, kSample);
  if (sample == 0) throw Error("encode: there are no signals");
  Matrix<T> block(prepared.signals->dimension(), sample);
  prepared.signals->read(0, block);
  const Dictionary<T> dictionary(model.atoms);
  dictionary.gram();  // once for the whole job, so not part of the sample's time
  const Encoding<T> encoding =
      encode<T>(call.variant(), dictionary, block, coding, nullptr, call.run());
  const double scale = static_cast<double>(n) / static_cast<double>(sample);
  const double seconds = encoding.info.seconds * scale;
  const double nonzeros = static_cast<double>(encoding.codes.nonzeros()) * scale;
  const double bytes = nonzeros * (sizeof(T) + 4) + static_cast<double>(n) * 40;
  const auto atoms = static_cast<double>(model.atoms.columns());
  const double memory = 2 * bytes + atoms * atoms * sizeof(T);
  call.print(
      fmt::format("{} signals: about {}, {:.1f} MB written, {:.1f} MB of memory; "
                  "{:.4g} nonzeros a signal (from a sample of {})\n",
                  n, duration_text(seconds), bytes / 1e6, memory / 1e6,
                  nonzeros / static_cast<double>(n), sample));
  call.json() = {
      {"signals", n},           {"sample", sample},
      {"seconds", seconds},     {"output_bytes", bytes},
      {"memory_bytes", memory}, {"nonzeros_per_signal", nonzeros / static_cast<double>(n)}};
  return call.exit_code(true);
}

// UsageError for what the solver refuses of its settings.
template <class T>
void refuse_settings(const std::string& method, const Model<T>& model, const Values& coding) {
  try {
    encode<T>(method, Dictionary<T>(model.atoms),
              MatrixView<const T>(nullptr, model.atoms.rows(), 0), coding);
  } catch (const Error& error) {
    throw UsageError(error.what());
  }
}

template <class T>
int encode_in(Invocation& call) {
  static constexpr std::string_view suffixes[] = {".h5", ".hdf5", ".npz"};
  const bool only_estimate = call.settings<EncodeOptions>().estimate;
  const auto job = call.settings<EncodeJobSettings>();
  const std::string output = only_estimate ? std::string() : call.output(suffixes, job.resume);
  const Model<T> model = model_of<T>(call);
  if (const auto given = call.given().find("group_size");
      given != call.given().end() &&
      std::get<std::int64_t>(given->second) != std::int64_t{model.group_size})
    throw UsageError("--group-size is ", to_text(given->second), "; the model has groups of ",
                     model.group_size);
  const SolverEntry& entry = solver(call.variant());
  Values known = model.coding;
  known["group_size"] = std::int64_t{model.group_size};
  const Values coding = coding_of(call, known, entry.fields());
  const bool needs_lambda = std::ranges::any_of(
      entry.fields(), [](const Field& field) { return field.name == "lambda"; });
  if (needs_lambda && !coding.contains("lambda") && !coding.contains("lambda_relative"))
    throw UsageError("--lambda is missing (or --lambda-relative); a dictionary alone has none");

  refuse_settings(call.variant(), model, coding);

  call.log().step("preparing signals");
  Prepared<T> prepared = prepare_for(call, model, call.arguments());
  if (only_estimate) return estimate(call, prepared, model, coding);

  // A job that is new must not go on from segments that lie there by chance.
  const auto parts = segments_folder(output);
  if (!job.resume && std::filesystem::exists(parts) && !call.force())
    throw UsageError("--output ", output, ": an interrupted job left ", parts.string(),
                     "; go on with --resume, or give --force to begin anew");
  const EncodeJobReport report =
      encode_job(prepared, model, call.variant(), coding, output, job,
                 call.force() ? Overwrite::yes : Overwrite::no, call.run());

  const bool whole = report.stopped == StopReason::none;
  const auto per_signal = [&](double x) {
    return report.signals > 0 ? x / static_cast<double>(report.signals) : 0;
  };
  call.print(
      fmt::format("{} signals{} in {} ({} per 10,000), {:.4g} nonzeros and objective {:.5g} each\n",
                  report.signals,
                  report.resumed > 0 ? fmt::format(" ({} of an earlier run)", report.resumed) : "",
                  duration_text(report.seconds),
                  report.signals > report.resumed
                      ? duration_text(report.seconds /
                                      static_cast<double>(report.signals - report.resumed) * 1e4)
                      : "none",
                  per_signal(static_cast<double>(report.nonzeros)), per_signal(report.objective)));
  call.print(fmt::format("{}{} not converged, {} invalid\n",
                         report.worst_signal >= 0
                             ? fmt::format("largest relative gap {:.3g} (signal {}); ",
                                           report.worst_gap, report.worst_signal)
                             : "",
                         report.not_converged, report.invalid));
  if (whole) call.print(fmt::format("{} written\n", output));
  else
    call.log().note(
        fmt::format("stopped after {} of {} signals; they are kept in {}: go on "
                    "with --resume",
                    report.signals, prepared.signals->size(), parts.string()));
  if (report.invalid > 0)
    call.log().warning(
        fmt::format("{} signals hold NaN or infinity; their codes are empty", report.invalid));
  call.json() = {{"output", whole ? nlohmann::ordered_json(output) : nullptr},
                 {"method", call.variant()},
                 {"model", model.hash()},
                 {"signals", report.signals},
                 {"resumed", report.resumed},
                 {"nonzeros", report.nonzeros},
                 {"objective", report.objective},
                 {"worst_gap", report.worst_gap},
                 {"not_converged", report.not_converged},
                 {"invalid", report.invalid},
                 {"seconds", report.seconds},
                 {"complete", whole}};
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
