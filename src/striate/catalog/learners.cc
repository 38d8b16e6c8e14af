#include "striate/catalog/learners.h"

#include <algorithm>
#include <array>
#include <string>

namespace striate {
namespace {

template <class... Settings>
std::vector<Field> own() {
  std::vector<Field> all;
  for (const auto& part : {fields<Settings>()...}) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// A new method is one line here.
const std::array table{
    LearnerEntry{.name = "online",
                 .summary = "Block-coordinate descent on the decayed statistics of all batches.",
                 .problem = "min_D mean of min_z 1/2 |y - D z|^2 + lambda Omega(z), |d_k| = 1",
                 .source = "mairal2010",
                 .method = LearningMethod::online,
                 .own_fields = own<DescentSettings, OnlineSettings>},
    LearnerEntry{.name = "gradient",
                 .summary = "A gradient step per batch, atoms back to unit norm.",
                 .problem = "min_D mean of min_z 1/2 |y - D z|^2 + lambda Omega(z) + mu sum_p "
                            "|D_p'D_p - I|_1, |d_k| = 1",
                 .source = "zhao2025; olshausen1996",
                 .method = LearningMethod::gradient,
                 .own_fields = own<GradientSettings>},
    LearnerEntry{.name = "batch",
                 .summary = "All signals coded, then block-coordinate descent: the cost never "
                            "rises.",
                 .problem = "min_D mean of min_z 1/2 |y - D z|^2 + lambda Omega(z), |d_k| = 1",
                 .source = "mairal2010; olshausen1996",
                 .method = LearningMethod::batch,
                 .own_fields = own<DescentSettings>},
    LearnerEntry{.name = "mod",
                 .summary = "All signals coded, then the least-squares fit of all atoms at once.",
                 .problem = "min_D |Y - D Z|^2, |d_k| = 1",
                 .source = "engan1999",
                 .method = LearningMethod::mod,
                 .own_fields = own<ModSettings>},
    LearnerEntry{.name = "ksvd",
                 .summary = "All signals coded, then each atom with its coefficients, in turn.",
                 .problem = "min_D,Z |Y - D Z|^2, the support of Z kept, |d_k| = 1",
                 .source = "aharon2006; rubinstein2008",
                 .method = LearningMethod::ksvd,
                 .own_fields = own<KsvdSettings>},
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
    return !has(entry.own_fields(), field.name) &&
           std::any_of(table.begin(), table.end(), [&](const LearnerEntry& other) {
             return has(other.own_fields(), field.name);
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
      if (!has(entry.own_fields(), name) && has(other.own_fields(), name))
        throw Error("learn: ", method, " has no ", name, "; ", other.name, " has");
    assign("learn", settings, name, value);
  }
  if (settings.method != entry.method)
    throw Error("learn: method is given twice, as ", method, " and as ",
                EnumNames<LearningMethod>::names[static_cast<std::size_t>(settings.method)]);
  return settings;
}

}  // namespace striate
