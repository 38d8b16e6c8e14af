#include "cli/command_merge.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/invocation.h"
#include "cli/model_summary.h"
#include "cli/progress.h"
#include "striate/core/build_info.h"
#include "striate/io/formats.h"
#include "striate/pipelines/learn_shards.h"

namespace striate::cli {
namespace {

template <class T>
int merge_in(Invocation& call, const std::vector<std::filesystem::path>& files,
             const std::string& output) {
  LearnedModel<T> merged = merge_shards<T>(files, call.run());
  Model<T>& model = merged.model;
  model.provenance["striate_version"] = std::string(library_version);
  Archive archive = model.to_archive();
  archive.attributes[std::string(kRunGroup)] = call.to_repeat();
  save(output, archive, call.force() ? Overwrite::yes : Overwrite::no);

  const LearnRow& row = merged.result.history.back();
  call.print(fmt::format("{} shards, {} signals: {} atoms of {} values, groups of {}, round {}\n",
                         files.size(), row.signals, model.atoms.columns(), model.atoms.rows(),
                         model.group_size, row.step));
  call.print(fmt::format(
      "objective before the step {:.5g}; {:.4g} nonzeros a signal, {} atoms in use, {} replaced; "
      "{} of coding\n",
      row.objective, row.nonzeros, row.atoms_in_use, row.replaced, duration_text(row.seconds)));
  const ModelReport report = report_of(model, {.threads = call.common().threads});
  call.print(coherence_text(report) + fmt::format("{} written\n", output));
  call.json() = {{"output", output},
                 {"model", model.hash()},
                 {"atoms", model.atoms.columns()},
                 {"shards", files.size()},
                 {"rounds", row.step},
                 {"signals", row.signals},
                 {"seconds", row.seconds},
                 {"objective", row.objective},
                 {"nonzeros", row.nonzeros},
                 {"atoms_in_use", row.atoms_in_use},
                 {"replaced", row.replaced},
                 {"report", json_of(report)}};
  return kDone;
}

int merge(Invocation& call) {
  static constexpr std::string_view suffixes[] = {".h5", ".hdf5", ".npz"};
  const std::string output = call.output(suffixes);
  const std::vector<std::filesystem::path> files(call.arguments().begin(), call.arguments().end());
  const bool wide = type_of_statistics(files.front()) == DType::f64;
  if (call.was_given("precision") && (call.common().precision == Precision::f64) != wide)
    throw UsageError("--precision is ", wide ? "f32" : "f64", " but ", files.front().string(),
                     " was coded in ", wide ? "f64" : "f32");
  return wide ? merge_in<double>(call, files, output) : merge_in<float>(call, files, output);
}

}  // namespace

Command merge_command() {
  return {
      .name = "merge",
      .sentence = "Learns from the statistics of all shards: one step of batch.",
      .arguments = {"STATISTICS", "the files that learn --shard wrote, in any order", 1, 100000},
      .writes_output = true,
      .output_sentence = "The model, .h5 or .npz.",
      .examples = {"striate generate --images 2 --rows 64 --columns 64 --output leaves",
                   "striate learn leaves --patch 6 --count 2000 --atoms 48 --lambda 0.1 "
                   "--shard 1/2 --statistics one.h5",
                   "striate learn leaves --patch 6 --count 2000 --atoms 48 --lambda 0.1 "
                   "--shard 2/2 --statistics two.h5",
                   "striate merge one.h5 two.h5 --output model.h5"},
      .run = merge};
}

}  // namespace striate::cli
