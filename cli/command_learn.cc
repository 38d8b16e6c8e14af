#include "cli/command_learn.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/invocation.h"
#include "cli/model_summary.h"
#include "cli/progress.h"
#include "striate/catalog/learners.h"
#include "striate/core/build_info.h"
#include "striate/io/formats.h"
#include "striate/learning/homeostasis.h"
#include "striate/pipelines/learn_model.h"
#include "striate/pipelines/learn_shards.h"
#include "striate/pipelines/pretrained.h"

namespace striate::cli {
namespace {

struct LearnOptions {
  std::string init = "data";

  static void describe(auto& s, auto&& visit) {
    visit(s.init, {.name = "init",
                   .sentence = "Atoms to begin with: data (signals drawn at random), random "
                               "(directions), a model's file, a file with an array (K, m), or "
                               "dead-leaves, the atoms that ship with Striate."});
  }
};

// The options of learn that no method owns.
std::vector<Field> own_fields() {
  std::vector<Field> fields =
      options_of<LearnOptions, LearnSettings, Preprocessing, CheckpointSettings, ShardSettings>();
  std::vector<Field> owned;
  for (const LearnerEntry& entry : learners())
    for (const Field& field : entry.own_fields()) owned.push_back(field);
  std::erase_if(fields, [&](const Field& field) {
    if (field.name == "initial") return true;  // init says it, and takes files too
    for (const Field& other : owned)
      if (other.name == field.name) return true;
    return false;
  });
  return fields;
}

template <class T>
struct InitialAtoms {
  std::optional<Matrix<T>> atoms = {};
  std::int64_t rounds = 0;  // of learning by shards that they come from
};

template <class T>
InitialAtoms<T> initial_atoms(const std::string& init, LearnSettings& settings) {
  for (std::size_t i = 0; i < EnumNames<Initial>::names.size(); ++i)
    if (init == EnumNames<Initial>::names[i]) {
      settings.initial = static_cast<Initial>(i);
      return {};
    }
  const auto shipped = pretrained_names();
  if (!std::filesystem::exists(init) && std::ranges::find(shipped, init) != shipped.end())
    return {pretrained<T>(init).atoms};
  const Archive archive = load(init);
  if (archive.has("dictionary/atoms"))
    return {archive.at("dictionary/atoms").to_matrix<T>(), rounds_of(archive)};
  if (archive.arrays.size() != 1)
    throw Error("--init ", init, ": holds neither a model nor one array of atoms");
  return {archive.arrays.begin()->second.to_matrix<T>()};
}

constexpr std::string_view kSuffixes[] = {".h5", ".hdf5", ".npz"};

// Codes one part of the signals and writes what merge needs of it.
template <class T>
int learn_part(Invocation& call, const Prepared<T>& prepared, const LearnSettings& settings,
               const InitialAtoms<T>& initial) {
  const auto options = call.settings<ShardSettings>();
  const Shard shard = shard_of("learn", options.shard);
  const ShardStatistics found =
      learn_shard<T>(prepared, settings, shard, initial.atoms ? &*initial.atoms : nullptr,
                     initial.rounds, call.run());
  if (call.interrupted()) return kInterrupted;
  if (found.stopped != StopReason::none)
    throw Error("shard ", options.shard, " was not coded within --max-seconds; nothing is written");
  Archive archive = found.archive;
  archive.attributes[std::string(kRunGroup)] = call.to_repeat();
  save(options.statistics, archive, call.force() ? Overwrite::yes : Overwrite::no);
  call.print(
      fmt::format("shard {}: {} signals, objective {:.5g}, {:.4g} nonzeros a signal, {}\n"
                  "{} written\n",
                  options.shard, found.signals, found.objective, found.nonzeros,
                  duration_text(found.seconds), options.statistics));
  call.json() = {{"statistics", options.statistics}, {"shard", options.shard},
                 {"signals", found.signals},         {"objective", found.objective},
                 {"nonzeros", found.nonzeros},       {"seconds", found.seconds}};
  return kDone;
}

// The options of a shard that do not fit one another.
void check_shard(const Invocation& call, const LearnSettings& settings) {
  const auto options = call.settings<ShardSettings>();
  for (const char* name : {"output", "checkpoint", "resume"})
    if (call.was_given(name))
      throw UsageError(flag_of(name), " and --shard are both given; a shard writes --statistics");
  if (options.statistics.empty())
    throw UsageError("--statistics is missing; it names the file that the shard writes");
  call.check_writable("--statistics", options.statistics, kSuffixes);
  shard_of("learn", options.shard);
  check_shard_settings(settings);
}

template <class T>
int learn_in(Invocation& call) {
  LearnSettings settings = call.settings<LearnSettings>();
  settings.method = learner(call.variant()).method;
  const bool shard = call.was_given("shard");
  const std::string output = shard ? "" : call.output(kSuffixes);
  if (!shard && call.was_given("statistics"))
    throw UsageError("--statistics needs --shard, the part to code");
  const auto checkpoints = call.settings<CheckpointSettings>();
  if (checkpoints.resume && checkpoints.checkpoint.empty())
    throw UsageError("--resume needs --checkpoint, the file to go on from");
  const InitialAtoms<T> start = initial_atoms<T>(call.settings<LearnOptions>().init, settings);
  const std::optional<Matrix<T>>& initial = start.atoms;
  if (!initial && !settings.atoms)
    throw UsageError("--atoms is missing; it says how many atoms to learn");
  if (initial && !settings.atoms) settings.atoms = initial->columns();
  if (*settings.atoms % settings.group_size_in_force() != 0)
    throw UsageError("--group-size is ", settings.group_size_in_force(), "; it must divide the ",
                     *settings.atoms, " atoms");

  try {
    detail::check_coder("learn", settings);
    if (shard) check_shard(call, settings);
    check_homeostasis("learn", settings);
  } catch (const Error& error) {
    throw UsageError(error.what());
  }

  call.log().step("preparing signals");
  const Prepared<T> prepared = prepare<T>(call.arguments(), call.settings<Preprocessing>());
  call.log().step(fmt::format("{} signals of {} values", prepared.signals->size(),
                              prepared.signals->dimension()));
  if (shard) return learn_part(call, prepared, settings, start);
  LearnedModel<T> learned =
      learn_model<T>(prepared, settings, checkpoints, initial ? &*initial : nullptr, call.run());
  const LearnStatus status = learned.result.status;
  const bool limited = status == LearnStatus::time_limit;
  if (call.interrupted() && !checkpoints.checkpoint.empty()) {
    call.log().note(fmt::format("interrupted; the state is kept in {}: go on with --resume",
                                checkpoints.checkpoint));
    return kInterrupted;
  }

  Model<T>& model = learned.model;
  model.provenance["striate_version"] = std::string(library_version);
  Archive archive = model.to_archive();
  archive.attributes[std::string(kRunGroup)] = call.to_repeat();
  save(output, archive, call.force() ? Overwrite::yes : Overwrite::no);

  const ModelReport report = report_of(model, {.threads = call.common().threads});
  const std::vector<LearnRow>& history = learned.result.history;
  call.print(fmt::format("{} atoms of {} values, groups of {}, {} batches, {}\n",
                         model.atoms.columns(), model.atoms.rows(), model.group_size,
                         history.empty() ? 0 : history.back().step, name_of(status)));
  nlohmann::ordered_json& json = call.json();
  json["output"] = output;
  json["model"] = model.hash();
  json["atoms"] = model.atoms.columns();
  json["status"] = std::string(name_of(status));
  if (!history.empty()) {
    const LearnRow& last = history.back();
    call.print(fmt::format(
        "objective {:.5g}, held out {:.5g}; {:.4g} nonzeros a signal, {} atoms in use, {} "
        "replaced, {}\n",
        last.objective, last.held_out_objective, last.nonzeros, last.atoms_in_use,
        report.replaced.value_or(0), duration_text(last.seconds)));
    json["steps"] = last.step;
    json["signals"] = last.signals;
    json["seconds"] = last.seconds;
    json["objective"] = last.objective;
    json["held_out_objective"] = last.held_out_objective;
    json["nonzeros"] = last.nonzeros;
    json["atoms_in_use"] = last.atoms_in_use;
  }
  call.print(coherence_text(report));
  json["report"] = json_of(report);
  call.print(fmt::format("{} written\n", output));
  return call.exit_code(!limited);
}

std::vector<Variant> learner_variants() {
  std::vector<Variant> variants;
  for (const LearnerEntry& entry : learners())
    variants.push_back({std::string(entry.name), std::string(entry.summary), entry.own_fields()});
  return variants;
}

int learn(Invocation& call) {
  return call.common().precision == Precision::f64 ? learn_in<double>(call) : learn_in<float>(call);
}

}  // namespace

Command learn_command() {
  return {.name = "learn",
          .sentence = "Learns a dictionary from images or signals and writes it as a model.",
          .arguments = {"INPUT", "images, folders, globs, or arrays of signals", 1, 100000},
          .fields = own_fields(),
          .writes_output = true,
          .output_sentence = "The model, .h5 or .npz; not with --shard.",
          .selector = "method",
          .variants = learner_variants(),
          .default_variant =
              [](const Values& given) {
                return std::string(given.contains("shard") ? "batch" : "online");
              },
          .examples = {"striate generate --images 4 --rows 96 --columns 96 --output leaves",
                       "striate learn leaves --patch 8 --atoms 96 --coder group_lasso --lambda 0.1 "
                       "--steps 20 --output model.h5"},
          .run = learn};
}

}  // namespace striate::cli
