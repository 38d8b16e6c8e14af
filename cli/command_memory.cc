#include "cli/command_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>

#include "cli/inputs.h"
#include "striate/catalog/memory_rules.h"
#include "striate/catalog/solvers.h"
#include "striate/core/text.h"
#include "striate/core/timing.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"
#include "striate/pipelines/memory_folder.h"

namespace striate::cli {

std::vector<Field> memory_fields() {
  std::vector<Field> fields = options_of<MemorySettings>();
  for (Field& field : fields) {
    if (field.name == "rule")
      for (const MemoryRule* rule : memory_rules()) field.choices.emplace_back(rule->name);
    if (field.name == "units") field.value = Value{};  // required, or the model's
  }
  return fields;
}

namespace {

using Json = nlohmann::ordered_json;

struct CreateOptions {
  std::string model = {};
  bool pack = false;

  static void describe(auto& s, auto&& visit) {
    visit(s.model, {.name = "model",
                    .unit = "FILE",
                    .sentence = "Model of the codes, which tells the units: half its atoms."});
    visit(s.pack,
          {.name = "pack",
           .sentence = "Write the memory MEMORY as one file in place of making a new one."});
  }
};

int create(Invocation& call) {
  const CreateOptions options = call.settings<CreateOptions>();
  const Overwrite overwrite = call.force() ? Overwrite::yes : Overwrite::no;
  const std::string output = call.output();
  if (options.pack) {
    if (call.arguments().empty()) throw UsageError("--pack needs the MEMORY to write as one file");
    for (const auto& [name, value] : call.given_of(fields<MemorySettings>()))
      throw UsageError(flag_of(name), " is given with --pack; a memory that exists keeps its own");
    if (!output.ends_with(".h5"))
      throw UsageError("--output ", output, ": a packed memory is a .h5 file");
    pack_memory(call.arguments().front(), output, overwrite);
  } else {
    if (!call.arguments().empty())
      throw UsageError("'", call.arguments().front(),
                       "' is one word too many; --output names the new memory");
    MemorySettings settings = call.settings<MemorySettings>({.units = 1});
    if (!options.model.empty()) {
      const Model<float> model = load_model<float>(options.model);
      if (model.group_size != 2)
        throw UsageError("--model ", options.model, ": has groups of ", model.group_size,
                         "; a memory needs pairs (group_size 2)");
      const std::int64_t units = model.atoms.columns() / 2;
      if (call.was_given("units") && settings.units != units)
        throw UsageError("--units is ", settings.units, "; the model has ", units, " pairs");
      settings.units = units;
    } else if (!call.was_given("units")) {
      throw UsageError("--units is missing (or --model, which tells it)");
    }
    if (settings.k && *settings.k > settings.units)
      throw UsageError("--k is ", *settings.k, "; it must be at most the ", settings.units,
                       " units");
    try {
      make_memory<float>(settings);  // refuses contradictions before anything is written
    } catch (const Error& error) {
      throw UsageError("striate memory create: ", error.what());
    }
    create_memory(output, settings, overwrite);
  }
  call.print(fmt::format("{} written\n", output));
  call.json()["output"] = output;
  return kDone;
}

// Codes of files, or of the patches of images where a model is given.
template <class T>
struct Cues {
  SparseCodes<T> codes;
  Matrix<T> signals = {};  // of images, else empty
  std::int64_t unsolved = 0;
};

template <class T>
Cues<T> read_cues(Invocation& call, const std::vector<std::string>& inputs, const Model<T>* model,
                  std::int64_t units) {
  Cues<T> cues{.codes = SparseCodes<T>(2 * units)};
  std::vector<std::string> images;
  for (const std::string& input : inputs) {
    const Format* format = find_format(input);
    const bool archive = format && !format->image && std::filesystem::is_regular_file(input);
    if (!archive || input.ends_with(".npy")) {
      images.push_back(input);
      continue;
    }
    const Archive codes = load(input);
    if (!codes.has("codes/indptr")) {
      images.push_back(input);
      continue;
    }
    const SparseCodes<T> more = codes_in<T>(input, codes);
    if (more.atoms() != 2 * units)
      throw Error(input, ": codes of ", more.atoms(), " atoms; this memory has ", units,
                  " complex units, so codes need ", 2 * units);
    const Value hash = codes.attribute("", "model");
    if (const auto* text = std::get_if<std::string>(&hash); model && text && *text != model->hash())
      throw Error(input, ": codes of model ", *text, ", but --model is model ", model->hash());
    cues.codes.append(more);
  }
  if (images.empty()) return cues;
  find_images(images);  // a name that does not exist is told as such
  if (!model) throw UsageError(images.front(), ": holds no codes; images and signals need --model");
  if (images.size() != inputs.size())
    throw UsageError("codes and images are mixed; give them in two calls");
  if (model->atoms.columns() != 2 * units)
    throw UsageError("--model has ", model->atoms.columns(), " atoms; this memory has ", units,
                     " complex units, which need ", 2 * units);
  const Prepared<T> prepared = prepare_for(call, *model, images);
  cues.signals = Matrix<T>(prepared.signals->dimension(), prepared.signals->size());
  prepared.signals->read(0, cues.signals);
  if (cues.signals.rows() != model->atoms.rows())
    throw Error(images.front(), ": signals of ", cues.signals.rows(), " values; the model has ",
                model->atoms.rows());
  const SolverEntry& entry = solver(model->coder);
  Values known = model->coding;
  known["group_size"] = std::int64_t{model->group_size};
  Encoding<T> encoding = encode<T>(model->coder, Dictionary<T>(model->atoms), cues.signals,
                                   coding_of(call, known, entry.fields()), nullptr, call.run());
  cues.codes = std::move(encoding.codes);
  cues.unsolved =
      std::int64_t(encoding.info.signals.size()) - encoding.info.count(Status::converged);
  return cues;
}

struct CueOptions {
  std::string model = {};
  std::optional<double> lambda = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.model, {.name = "model",
                    .unit = "FILE",
                    .sentence = "Model that codes images and signals; codes need none."});
    visit(s.lambda, {.name = "lambda",
                     .range = above(0),
                     .sentence = "Weight of the penalty when images are coded; not given: the "
                                 "model's."});
  }
};

template <class T>
std::optional<Model<T>> optional_model(const Invocation& call) {
  const std::string path = call.settings<CueOptions>().model;
  if (path.empty()) return {};
  return load_model<T>(path);
}

std::vector<std::string> inputs_behind_memory(const Invocation& call) {
  return {call.arguments().begin() + 1, call.arguments().end()};
}

struct StoreOptions {
  std::string targets = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.targets,
          {.name = "targets",
           .unit = "FILE",
           .sentence = "What to store with the patterns, an array (patterns, values), in "
                       "memories of rule hetero."});
  }
};

template <class T>
int store_in(Invocation& call) {
  const std::string& path = call.arguments().front();
  const AssociativeMemory<T> memory = open_memory<T>(path);
  const std::optional<Model<T>> model = optional_model<T>(call);
  const Cues<T> patterns =
      read_cues<T>(call, inputs_behind_memory(call), model ? &*model : nullptr, memory.units());
  if (patterns.codes.signals() == 0)
    throw Error("there are no patterns in the inputs; at least one is needed");
  if (call.interrupted()) return kInterrupted;
  const std::string file = call.settings<StoreOptions>().targets;
  const Matrix<T> targets =
      file.empty() ? Matrix<T>() : load(file).at("data").template to_matrix<T>();
  const std::vector<std::int64_t> ids = store_in_memory(path, patterns.codes, {}, targets);
  call.print(fmt::format("{} patterns stored as {} to {}; the memory holds {}\n", ids.size(),
                         ids.front(), ids.back(), memory.size() + std::int64_t(ids.size())));
  call.json() = {{"memory", path},
                 {"stored", ids.size()},
                 {"ids", ids},
                 {"patterns", memory.size() + std::int64_t(ids.size())}};
  return call.exit_code(patterns.unsolved == 0);
}

template <class T>
Archive recall_archive(const RecallResult<T>& result) {
  Archive archive = result.states.to_archive();
  const auto n = std::int64_t(result.ids.size());
  archive.arrays["recall/ids"] = Array::from<std::int64_t>(result.ids, {n});
  archive.arrays["recall/cosines"] = Array::from<double>(result.cosines, {n});
  archive.arrays["recall/margins"] = Array::from<double>(result.margins, {n});
  archive.arrays["recall/familiarity"] = Array::from<double>(result.familiarity, {n});
  archive.arrays["recall/familiarity_margins"] =
      Array::from<double>(result.familiarity_margins, {n});
  archive.arrays["recall/steps"] = Array::from<std::int32_t>(result.steps, {n});
  std::vector<std::uint8_t> kinds;
  for (const Kind kind : result.kinds) kinds.push_back(static_cast<std::uint8_t>(kind));
  archive.arrays["recall/kinds"] = Array::from<std::uint8_t>(kinds, {n});
  return archive;
}

struct RecallOptions {
  Gain gain = Gain::ls_real;

  static void describe(auto& s, auto&& visit) {
    visit(s.gain, {.name = "gain",
                   .sentence = "How recalled images get their contrast, which states lack."});
  }
};

template <class T>
int recall_in(Invocation& call) {
  static constexpr std::string_view suffixes[] = {".h5", ".hdf5", ".npz"};
  const std::string output = call.output(suffixes);
  const auto settings = call.settings<RecallSettings>();
  const auto options = call.settings<RecallOptions>();
  const std::string& path = call.arguments().front();
  const AssociativeMemory<T> memory = open_memory<T>(path);
  const std::optional<Model<T>> model = optional_model<T>(call);
  const Cues<T> cues =
      read_cues<T>(call, inputs_behind_memory(call), model ? &*model : nullptr, memory.units());
  const RecallResult<T> result = memory.recall(cues.codes, settings, call.run());

  const bool settled = std::none_of(result.endings.begin(), result.endings.end(), [](Ending e) {
    return e == Ending::step_limit || e == Ending::cycle || e == Ending::stopped;
  });
  if (call.interrupted()) return kInterrupted;
  if (!output.empty()) {
    Archive archive = recall_archive(result);
    if (model && cues.signals.columns() > 0)
      archive.arrays["signals"] = Array::from<T>(
          memory.decode(result, Dictionary<T>(model->atoms), cues.signals, options.gain).view());
    archive.attributes[std::string(kRunGroup)] = call.to_repeat();
    save(output, archive, call.force() ? Overwrite::yes : Overwrite::no);
  }

  Json rows = Json::array();
  call.print(fmt::format("{:>6} {:>8} {:>8} {:>8} {:>8}  {:<9}{:>12} {:>6}  {}\n", "cue",
                         "familiar", "id", "|cos|", "margin", "kind", "energy", "steps", "ended"));
  for (std::size_t i = 0; i < result.ids.size(); ++i) {
    const double energy = result.energies[i].empty() ? 0 : result.energies[i].back();
    call.print(fmt::format("{:>6} {:>8.4f} {:>8} {:>8.4f} {:>8.4f}  {:<9}{:>12.5g} {:>6}  {}\n", i,
                           result.familiarity[i], result.ids[i], result.cosines[i],
                           result.margins[i], name_of(result.kinds[i]), energy, result.steps[i],
                           name_of(result.endings[i])));
    rows.push_back({{"cue", i},
                    {"familiarity", result.familiarity[i]},
                    {"familiarity_margin", result.familiarity_margins[i]},
                    {"id", result.ids[i]},
                    {"cosine", result.cosines[i]},
                    {"margin", result.margins[i]},
                    {"kind", std::string(name_of(result.kinds[i]))},
                    {"energy", energy},
                    {"steps", result.steps[i]},
                    {"ending", std::string(name_of(result.endings[i]))}});
  }
  if (result.covered_by == Cover::none)
    call.print("no theorem says that the energy of this rule never rises\n");
  else
    call.print(fmt::format(
        "theorem {}: the energy never rises{}\n", name_of(result.covered_by),
        result.baselines.size() > 1 ? join(" from step ", result.baselines.back(), " on") : ""));
  call.json() = {{"memory", path},
                 {"covered_by", std::string(name_of(result.covered_by))},
                 {"baselines", result.baselines},
                 {"cues", rows}};
  if (!output.empty()) {
    call.print(fmt::format("{} written\n", output));
    call.json()["output"] = output;
  }
  return call.exit_code(settled && cues.unsolved == 0);
}

std::int64_t id_of(const std::string& text) {
  std::int64_t id = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < 0)
    throw UsageError("'", text, "' is no id; ids are whole numbers from 0 to 2^63 - 1");
  return id;
}

struct ForgetOptions {
  bool compact = false;

  static void describe(auto& s, auto&& visit) {
    visit(s.compact, {.name = "compact",
                      .sentence = "Write the folder anew without what was forgotten, so that it "
                                  "takes no room."});
  }
};

int forget(Invocation& call) {
  const std::string& path = call.arguments().front();
  const bool compact = call.settings<ForgetOptions>().compact;
  if (call.arguments().size() == 1 && !compact)
    throw UsageError("no ID is given; say which patterns to forget, or --compact");
  std::vector<std::int64_t> ids;
  for (const std::string& text : inputs_behind_memory(call)) ids.push_back(id_of(text));
  if (!ids.empty()) forget_in_memory(path, ids);
  if (compact) compact_memory(path);
  const std::int64_t left = open_memory<float>(path).size();
  call.print(fmt::format("{} patterns forgotten; the memory holds {}\n", ids.size(), left));
  call.json() = {{"memory", path}, {"forgotten", ids}, {"patterns", left}};
  return kDone;
}

struct InspectOptions {
  bool verify = false;

  static void describe(auto& s, auto&& visit) {
    visit(s.verify,
          {.name = "verify", .sentence = "Compare all check sums of its files, and nothing else."});
  }
};

int verify(Invocation& call, const std::string& path) {
  const Stopwatch watch;
  const std::int64_t bytes = verify_memory(path);
  call.print(fmt::format("{}: undamaged, {:.1f} MB at {:.1f} GB/s\n", path, double(bytes) / 1e6,
                         double(bytes) / 1e9 / std::max(watch.seconds(), 1e-9)));
  call.json() = {{"memory", path}, {"verified", bytes}, {"seconds", watch.seconds()}};
  return kDone;
}

template <class T>
int inspect_in(Invocation& call, const std::string& path) {
  const AssociativeMemory<T> memory = open_memory<T>(path);
  const MemorySettings& settings = memory.settings();
  const auto word = []<class E>(E value) {
    return std::string(EnumNames<E>::names[static_cast<std::size_t>(value)]);
  };
  const SparseCodes<T> codes = memory.codes();
  const double active = memory.size() > 0 ? static_cast<double>(codes.nonzeros()) / 2 /
                                                static_cast<double>(memory.size())
                                          : 0;
  const std::vector<std::pair<std::string, std::string>> lines = {
      {"rule", join(memory.rule().name, ": ", memory.rule().summary)},
      {"patterns", join(memory.size())},
      {"complex units", join(memory.units())},
      {"active units", fmt::format("{:.4g} in a stored code, on average", active)},
      {"truncation",
       settings.truncation == Truncation::k_winners
           ? join("k_winners, k = ", memory.k(), settings.k ? "" : " (from the stored codes)")
           : join(word(settings.truncation), ", theta = ", settings.theta.value_or(0))},
      {"normalization", word(memory.normalization())},
      {"diagonal", word(memory.diagonal())},
      {"order", word(settings.order)},
      {"energy theorem", std::string(name_of(memory.covered_by()))},
      {"layout",
       join(name_of(memory.layout()),
            settings.layout == Layout::automatic ? " (auto: by size, load and rule)" : "")},
      {"bytes", fmt::format("{} held for recall", memory.bytes())}};
  for (const auto& [name, text] : lines) call.print(fmt::format("{:<17}{}\n", name, text));
  call.json() = {{"memory", path},
                 {"rule", std::string(memory.rule().name)},
                 {"patterns", memory.size()},
                 {"units", memory.units()},
                 {"active_units", active},
                 {"truncation", word(settings.truncation)},
                 {"k", memory.k()},
                 {"normalization", word(memory.normalization())},
                 {"diagonal", word(memory.diagonal())},
                 {"order", word(settings.order)},
                 {"covered_by", std::string(name_of(memory.covered_by()))},
                 {"layout", std::string(name_of(memory.layout()))},
                 {"bytes", memory.bytes()}};
  return kDone;
}

int store(Invocation& call) {
  return call.common().precision == Precision::f64 ? store_in<double>(call) : store_in<float>(call);
}
int recall(Invocation& call) {
  return call.common().precision == Precision::f64 ? recall_in<double>(call)
                                                   : recall_in<float>(call);
}

int inspect(Invocation& call) {
  const std::string& path = call.arguments().front();
  if (call.settings<InspectOptions>().verify) return verify(call, path);
  return memory_precision(path) == DType::f64 ? inspect_in<double>(call, path)
                                              : inspect_in<float>(call, path);
}

// A memory of a few patches, made from nothing.
const std::vector<std::string>& chain() {
  static const std::vector<std::string> lines = {
      "striate generate --images 2 --rows 64 --columns 64 --output leaves",
      "striate learn leaves --patch 8 --atoms 96 --coder group_lasso --lambda 0.1 --steps 10 "
      "--output model.h5",
      "striate encode leaves --model model.h5 --sampling random --count 10 "
      "--minimum-deviation 0.5 --output codes.h5",
      "striate memory create --model model.h5 --output memory",
      "striate memory store memory codes.h5"};
  return lines;
}

std::vector<std::string> chain_and(const std::string& line) {
  std::vector<std::string> lines = chain();
  lines.push_back(line);
  return lines;
}

const Arguments kMemoryAndInputs = {
    "MEMORY INPUT", "a memory, then codes, or images and signals with --model", 2, 100000};

}  // namespace

Command memory_create_command() {
  return {.name = "memory create",
          .sentence = "Makes an empty associative memory, or packs one into a file.",
          .arguments = {"MEMORY", "the memory that --pack writes as one file", 0, 1},
          .fields = all_fields({options_of<CreateOptions>(), memory_fields()}),
          .writes_output = true,
          .output_sentence = "The new memory, a folder; with --pack a .h5 file.",
          .examples = {"striate memory create --units 64 --rule tpam --output memory",
                       "striate memory create memory --pack --output packed.h5"},
          .run = create};
}

Command memory_store_command() {
  return {.name = "memory store",
          .sentence = "Stores codes, or the patches of images, in a memory.",
          .arguments = kMemoryAndInputs,
          .fields = options_of<StoreOptions, CueOptions, Preprocessing>(),
          .examples = chain(),
          .run = store};
}

Command memory_recall_command() {
  return {.name = "memory recall",
          .sentence = "Recalls stored patterns from cues: id, margin, kind, energy, steps.",
          .arguments = kMemoryAndInputs,
          .fields = options_of<RecallSettings, RecallOptions, CueOptions, Preprocessing>(),
          .writes_output = true,
          .output_optional = true,
          .output_sentence = "The recalled codes, .h5 or .npz; with --model the signals too.",
          .examples = chain_and("striate memory recall memory codes.h5"),
          .run = recall};
}

Command memory_forget_command() {
  return {.name = "memory forget",
          .sentence = "Removes patterns, as if they had never been stored; their ids stay unused.",
          .arguments = {"MEMORY ID", "a memory's folder, then the ids of patterns", 1, 100000},
          .fields = options_of<ForgetOptions>(),
          .examples = chain_and("striate memory forget memory 3 7"),
          .run = forget};
}

Command memory_inspect_command() {
  return {.name = "memory inspect",
          .sentence = "Tells what a memory is and holds.",
          .arguments = {"MEMORY", "a memory's folder or file", 1, 1},
          .fields = options_of<InspectOptions>(),
          .examples = chain_and("striate memory inspect memory"),
          .run = inspect};
}

}  // namespace striate::cli
