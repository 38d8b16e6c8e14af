// The closed table of learning methods: name -> entry. Command line, Python, tests and generated
// pages read it.
//
//   LearnSettings settings = learn_settings("online", {{"atoms", 256}, {"lambda", 0.1}});
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "striate/core/settings.h"
#include "striate/learning/learner.h"

namespace striate {

struct LearnerEntry {
  std::string_view name;
  std::string_view summary;
  std::string_view problem;  // in one line
  std::string_view source;   // keys of the bibliography
  LearningMethod method = LearningMethod::online;
  std::vector<Field> (*own_fields)() = nullptr;  // the settings that not every method reads
};

std::span<const LearnerEntry> learners();
// Error: no such method; the nearest name is suggested.
const LearnerEntry& learner(std::string_view name);
// The settings that the method reads: those of learning in general, and its own.
std::vector<Field> fields_of(const LearnerEntry& entry);

// Settings by their names. Error: no such method, a setting that it does not read (the method that
// does is named), a value out of range.
LearnSettings learn_settings(std::string_view method, const Values& values);

}  // namespace striate
