#include "cli/command_generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/invocation.h"
#include "cli/output_images.h"
#include "striate/catalog/dictionaries.h"
#include "striate/codes/sparse_codes.h"
#include "striate/core/random.h"
#include "striate/dictionaries/constructors.h"
#include "striate/dictionaries/dictionary.h"
#include "striate/images/synthetic.h"
#include "striate/io/formats.h"

namespace striate::cli {
namespace {

struct GenerateOptions {
  std::string kind = "dead_leaves";
  bool sixteen_bits = false;

  static void describe(auto& s, auto&& visit) {
    visit(s.kind, {.name = "kind", .sentence = "What to make."});
    visit(s.sixteen_bits,
          {.name = "sixteen_bits", .sentence = "Write stills with 16 bits per channel."});
  }
};

// Signals that are sparse sums of random atoms, with what they were made of.
struct PlantedSettings {
  std::int64_t signals = 1000;
  std::int64_t dimension = 64;
  std::int64_t atoms = 128;
  std::int64_t nonzeros = 4;
  double noise = 0;
  std::int64_t seed = 0;

  static void describe(auto& s, auto&& visit) {
    visit(s.signals, {.name = "signals", .range = between(1, 1e9), .sentence = "Signals to make."});
    visit(s.dimension, {.name = "dimension",
                        .range = between(1, 1e6),
                        .unit = "numbers per signal",
                        .sentence = "Rows of the dictionary."});
    visit(s.atoms, {.name = "atoms", .range = between(1, 1e6), .sentence = "Atoms."});
    visit(s.nonzeros, {.name = "nonzeros",
                       .range = at_least(0),
                       .unit = "atoms per signal",
                       .sentence = "Atoms that a signal uses, with normal coefficients."});
    visit(s.noise, {.name = "noise",
                    .range = at_least(0),
                    .sentence = "Standard deviation of the noise on every number."});
    visit(s.seed, {.name = "seed", .range = at_least(0), .sentence = "Seed."});
  }
};

template <class T>
Archive planted(const PlantedSettings& p) {
  if (p.nonzeros > p.atoms)
    throw UsageError("--nonzeros is ", p.nonzeros, "; it must be at most the ", p.atoms, " atoms");
  const auto seed = static_cast<std::uint64_t>(p.seed);
  const Matrix<T> atoms = random_atoms<T>(p.dimension, p.atoms, seed);
  const Dictionary<T> dictionary(atoms);
  SparseCodes<T> codes(p.atoms);
  Matrix<T> signals(p.dimension, p.signals);
  for (std::int64_t j = 0; j < p.signals; ++j) {
    const auto item = static_cast<std::uint64_t>(j);
    std::vector<std::int64_t> order =
        permutation(p.atoms, Random(seed, stream("planted support"), item));
    order.resize(static_cast<std::size_t>(p.nonzeros));
    std::sort(order.begin(), order.end());
    const std::vector<std::int32_t> support(order.begin(), order.end());
    Random random(seed, stream("planted values"), item);
    std::vector<T> values;
    for (std::int64_t k = 0; k < p.nonzeros; ++k) values.push_back(static_cast<T>(random.normal()));
    codes.append(support, values);
    synthesize<T>(dictionary, support, values, signals.column(j));
    if (p.noise > 0)
      for (T& x : signals.column(j)) x += static_cast<T>(p.noise * random.normal());
  }
  Archive archive = codes.to_archive();
  archive.arrays["signals"] = Array::from<T>(signals.view());
  archive.arrays["dictionary/atoms"] = Array::from<T>(atoms.view());
  return archive;
}

// The dictionaries of the catalogue that need no signals; a union has the options of its parts.
std::vector<Variant> dictionary_variants() {
  std::vector<std::vector<Field>> parts;
  for (const DictionaryEntry& entry : dictionaries())
    if (!entry.needs_data) parts.push_back(entry.fields());
  std::vector<Variant> variants;
  for (const DictionaryEntry& entry : dictionaries())
    if (!entry.needs_data)
      variants.push_back({std::string(entry.name), std::string(entry.summary),
                          entry.name == "union" ? all_fields(parts) : entry.fields()});
  return variants;
}

std::vector<Variant> all_variants() {
  std::vector<Variant> variants = {
      {"dead_leaves", "discs that hide one another: edges and a 1/f^2 spectrum",
       fields<DeadLeavesSettings>()},
      {"noise_images", "Gaussian noise with a 1/f^exponent spectrum", fields<NoiseSettings>()},
      {"planted", "sparse sums of random atoms, with the atoms and the codes",
       fields<PlantedSettings>()}};
  for (Variant& variant : dictionary_variants()) variants.push_back(std::move(variant));
  return variants;
}

// Atoms as rows, as --dictionary and --init take them.
template <class T>
std::int64_t write_dictionary(Invocation& call, const std::string& kind,
                              const std::string& output) {
  const Format* format = find_format(output);
  if (!format || !format->save || format->image)
    throw UsageError("--output ", output,
                     ": a dictionary is an array; the name must end in .npy, "
                     ".npz or .h5");
  Values settings;
  for (const Variant& variant : dictionary_variants())
    if (variant.name == kind) settings = call.given_of(variant.fields);
  Matrix<T> atoms;
  try {
    atoms = make_atoms<T>(kind, settings);
  } catch (const Error& error) {
    throw UsageError(error.what());
  }
  Archive archive;
  archive.arrays["data"] = Array::from<T>(atoms.view());
  if (!output.ends_with(".npy")) archive.attributes[std::string(kRunGroup)] = call.to_repeat();
  save(output, archive, call.force() ? Overwrite::yes : Overwrite::no);
  return atoms.columns();
}

template <class T>
int generate_in(Invocation& call, const GenerateOptions& options) {
  const std::string output = call.output();
  nlohmann::ordered_json& json = call.json();
  json["output"] = output;
  if (options.kind == "planted") {
    if (!output.ends_with(".npz") && !output.ends_with(".h5"))
      throw UsageError("--output ", output,
                       ": a planted problem has several arrays; the name must end in .npz or .h5");
    const PlantedSettings settings = call.settings<PlantedSettings>();
    Archive archive = planted<T>(settings);
    archive.attributes[std::string(kRunGroup)] = call.to_repeat();
    save(output, archive, call.force() ? Overwrite::yes : Overwrite::no);
    json["signals"] = settings.signals;
  } else if (options.kind != "dead_leaves" && options.kind != "noise_images") {
    json["atoms"] = write_dictionary<T>(call, options.kind, output);
  } else {
    const std::vector<Image<T>> images =
        options.kind == "dead_leaves"
            ? dead_leaves<T>(call.settings<DeadLeavesSettings>(), call.run())
            : noise_images<T>(call.settings<NoiseSettings>(), call.run());
    if (call.interrupted()) return kInterrupted;
    write_images(
        output, options.kind, images,
        {.sixteen_bits = options.sixteen_bits, .force = call.force(), .run = call.to_repeat()});
    json["images"] = images.size();
  }
  call.print(fmt::format("{} written\n", output));
  return kDone;
}

int generate(Invocation& call) {
  GenerateOptions options = call.settings<GenerateOptions>();
  options.kind = call.variant();
  return call.common().precision == Precision::f64 ? generate_in<double>(call, options)
                                                   : generate_in<float>(call, options);
}

}  // namespace

Command generate_command() {
  return {
      .name = "generate",
      .sentence =
          "Makes images with the statistics of natural ones, problems whose answer is known, or "
          "dictionaries.",
      .fields = options_of<GenerateOptions>(),
      .writes_output = true,
      .output_sentence = "A folder (no suffix) of stills, or an .npy, .npz or .h5 file.",
      .selector = "kind",
      .variants = all_variants(),
      .examples = {"striate generate --images 3 --rows 96 --columns 128 --output leaves",
                   "striate generate --kind dct --patch 8 --frequencies 12 --output dct.npy"},
      .run = generate};
}

}  // namespace striate::cli
