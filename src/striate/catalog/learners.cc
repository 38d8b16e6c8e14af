#include "striate/catalog/learners.h"

#include <algorithm>
#include <array>
#include <string>

namespace striate {
namespace {

template <class Settings>
std::vector<Field> own() {
  return fields<Settings>();
}

// A new method is one line here.
const std::array table{
    LearnerEntry{.name = "online",
                 .summary = "Block-coordinate descent on the decayed statistics of all batches.",
                 .problem = "min_D mean of min_z 1/2 |y - D z|^2 + lambda Omega(z), |d_k| = 1",
                 .source = "mairal2010",
                 .method = LearningMethod::online,
                 .own_fields = own<OnlineSettings>},
    LearnerEntry{.name = "gradient",
                 .summary = "A gradient step per batch, atoms back to unit norm.",
                 .problem = "min_D mean of min_z 1/2 |y - D z|^2 + lambda Omega(z) + mu sum_p "
                            "|D_p'D_p - I|_1, |d_k| = 1",
                 .source = "zhao2025; olshausen1996",
                 .method = LearningMethod::gradient,
                 .own_fields = own<GradientSettings>},
};

bool has(const std::vector<Field>& fields, std::string_view name) {
  return std::any_of(fields.begin(), fields.end(), [&](const Field& field) {
    return field.name == name || field.python == name;
  });
}

}  // namespace

std::span<const LearnerEntry> learners() { return table; }

const LearnerEntry& learner(std::string_view name) {
  std::vector<std::string> names;
  for (const LearnerEntry& entry : table) {
    if (entry.name == name) return entry;
    names.emplace_back(entry.name);
  }
  const std::string near = nearest_name(name, names);
  throw Error("learn: there is no method '", name, "'; ",
              near.empty() ? "there are " + list_of(names) : "the nearest is '" + near + "'");
}

std::vector<Field> fields_of(const LearnerEntry& entry) {
  std::vector<Field> all = fields<LearnSettings>();
  std::erase_if(all, [&](const Field& field) {
    return std::any_of(table.begin(), table.end(), [&](const LearnerEntry& other) {
      return other.name != entry.name && has(other.own_fields(), field.name);
    });
  });
  return all;
}

LearnSettings learn_settings(std::string_view method, const Values& values) {
  const LearnerEntry& entry = learner(method);
  LearnSettings settings;
  settings.method = entry.method;
  for (const auto& [name, value] : values) {
    for (const LearnerEntry& other : table)
      if (other.name != entry.name && has(other.own_fields(), name))
        throw Error("learn: ", method, " has no ", name, "; ", other.name, " has");
    assign("learn", settings, name, value);
  }
  if (settings.method != entry.method)
    throw Error("learn: method is given twice, as ", method, " and as ",
                EnumNames<LearningMethod>::names[static_cast<std::size_t>(settings.method)]);
  return settings;
}

}  // namespace striate
