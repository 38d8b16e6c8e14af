#include "striate/catalog/dictionaries.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "striate/dictionaries/constructors.h"
#include "striate/dictionaries/dct.h"
#include "striate/dictionaries/gabor.h"
#include "striate/dictionaries/haar.h"
#include "striate/dictionaries/log_gabor.h"
#include "striate/dictionaries/sinusoids.h"

namespace striate {
namespace {

void describe_drawn(auto& s, auto&& visit) {
  visit(s.atoms, {.name = "atoms", .range = between(1, 1e9), .sentence = "Atoms."});
  visit(s.group_size, {.name = "group_size",
                       .range = at_least(1),
                       .unit = "atoms",
                       .sentence = "Atoms per group, orthonormal; it must divide the atoms."});
  visit(s.seed, {.name = "seed", .range = at_least(0), .sentence = "Seed."});
}

struct RandomAtoms {
  int rows = 64, atoms = 128, group_size = 1;
  std::int64_t seed = 0;

  static void describe(auto& s, auto&& visit) {
    visit(s.rows, {.name = "rows",
                   .range = between(1, 1e9),
                   .unit = "numbers per signal",
                   .sentence = "Length of the atoms."});
    describe_drawn(s, visit);
  }
  template <class T>
  Matrix<T> make(const SignalSource<T>*) const {
    return random_atoms<T>(rows, atoms, static_cast<std::uint64_t>(seed), group_size);
  }
};

struct DataAtoms {
  int atoms = 128, group_size = 1;
  std::int64_t seed = 0;

  static void describe(auto& s, auto&& visit) { describe_drawn(s, visit); }
  template <class T>
  Matrix<T> make(const SignalSource<T>* data) const {
    if (!data) throw Error("from_data: no signals; it draws its atoms from them");
    return atoms_from_data<T>(*data, atoms, static_cast<std::uint64_t>(seed), group_size);
  }
};

// A family with a struct of settings and a function of its own.
template <class Settings, auto make_float, auto make_double>
struct Family : Settings {
  template <class T>
  Matrix<T> make(const SignalSource<T>*) const {
    if constexpr (std::is_same_v<T, float>) return make_float(*this);
    else return make_double(*this);
  }
};

bool has_field(const DictionaryEntry& entry, std::string_view name) {
  const std::vector<Field> fields = entry.fields();
  return std::ranges::any_of(
      fields, [&](const Field& field) { return field.name == name || field.python == name; });
}

struct Union {
  std::string parts = "dct,haar";

  static void describe(auto& s, auto&& visit) {
    visit(s.parts, {.name = "parts",
                    .sentence = "Names of dictionaries, separated by commas; each takes of the "
                                "other settings those that it has."});
  }
};

std::vector<const DictionaryEntry*> parts_of(const std::string& names) {
  std::vector<const DictionaryEntry*> parts;
  for (std::size_t first = 0; first <= names.size();) {
    const std::size_t comma = std::min(names.find(',', first), names.size());
    std::string name = names.substr(first, comma - first);
    std::erase(name, ' ');
    if (name == "union") throw Error("union: parts has 'union'; a part must be a plain dictionary");
    parts.push_back(&dictionary_named(name));
    first = comma + 1;
  }
  return parts;
}

template <class T>
Matrix<T> make_union(std::string_view, const Values& values, const SignalSource<T>* data) {
  Union settings;
  if (const auto given = values.find("parts"); given != values.end())
    assign("union", settings, given->first, given->second);
  const auto parts = parts_of(settings.parts);
  for (const auto& [name, value] : values)
    if (name != "parts" &&
        std::ranges::none_of(parts, [&, &field = name](auto* p) { return has_field(*p, field); }))
      throw Error("union has no setting '", name, "', nor has any of its parts ", settings.parts);
  std::vector<Matrix<T>> atoms;
  for (const DictionaryEntry* part : parts) {
    Values own = values;
    std::erase_if(own, [&](const auto& value) { return !has_field(*part, value.first); });
    atoms.push_back(make_atoms<T>(part->name, own, data));
  }
  return union_of(std::span<const Matrix<T>>(atoms));
}

// Makes atoms with settings given by name.
template <class T, class Settings>
Matrix<T> by_name(std::string_view who, const Values& values, const SignalSource<T>* data) {
  Settings settings;
  for (const auto& [name, value] : values) assign(who, settings, name, value);
  validate(who, settings);
  return settings.template make<T>(data);
}

template <class Settings>
DictionaryEntry entry(std::string_view name, std::string_view summary, std::string_view source,
                      bool needs_data = false) {
  return {.name = name,
          .summary = summary,
          .source = source,
          .needs_data = needs_data,
          .fields = [] { return fields<Settings>(); },
          .make_float = by_name<float, Settings>,
          .make_double = by_name<double, Settings>};
}

// A new dictionary is one line here.
const std::array table{
    entry<Family<DctSettings, dct<float>, dct<double>>>(
        "dct", "Cosines of patches: an orthonormal basis, or more frequencies than pixels.",
        "ahmed1974; aharon2006"),
    entry<Family<HaarSettings, haar<float>, haar<double>>>(
        "haar", "The orthonormal Haar wavelets of patches.", "haar1910; mallat1989"),
    entry<Family<SinusoidsSettings, sinusoids<float>, sinusoids<double>>>(
        "sinusoids", "Sines of evenly spaced frequencies, for signals in time.", "chen1998"),
    entry<Family<GaborSettings, gabor<float>, gabor<double>>>(
        "gabor", "Pairs of Gabor functions of patches, even and odd.", "daugman1985; lee1996"),
    entry<Family<LogGaborSettings, log_gabor_atoms<float>, log_gabor_atoms<double>>>(
        "log_gabor", "Banks of log-Gabor filters, here all of norm 1.", "ladret2023; fischer2007"),
    entry<RandomAtoms>("random", "Directions drawn at random.", "donoho2006"),
    entry<DataAtoms>("from_data", "Signals drawn at random, scaled to norm 1.", "aharon2006", true),
    DictionaryEntry{.name = "union",
                    .summary = "Several dictionaries side by side.",
                    .source = "chen1998",
                    .fields = [] { return fields<Union>(); },
                    .make_float = make_union<float>,
                    .make_double = make_union<double>},
};

}  // namespace

std::span<const DictionaryEntry> dictionaries() { return table; }

const DictionaryEntry& dictionary_named(std::string_view name) {
  std::vector<std::string> names;
  for (const DictionaryEntry& entry : table) {
    if (entry.name == name) return entry;
    names.emplace_back(entry.name);
  }
  const std::string near = nearest_name(name, names);
  throw Error("make_atoms: there is no dictionary '", name, "'; ",
              near.empty() ? "there are " + list_of(names) : "the nearest is '" + near + "'");
}

template <class T>
Matrix<T> make_atoms(std::string_view name, const Values& settings, const SignalSource<T>* data) {
  const DictionaryEntry& entry = dictionary_named(name);
  if constexpr (std::is_same_v<T, float>) return entry.make_float(name, settings, data);
  else return entry.make_double(name, settings, data);
}
template Matrix<float> make_atoms(std::string_view, const Values&, const SignalSource<float>*);
template Matrix<double> make_atoms(std::string_view, const Values&, const SignalSource<double>*);

}  // namespace striate
