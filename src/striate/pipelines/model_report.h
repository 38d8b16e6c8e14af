// A model in figures: how alike its atoms are, and how learning went.
#pragma once

#include <cstdint>
#include <optional>

#include "striate/core/observer.h"
#include "striate/core/settings.h"
#include "striate/pipelines/model.h"

namespace striate {

// Described like settings, so that values() names its figures. What a model without a history cannot
// tell is empty.
struct ModelReport {
  std::int64_t atoms = 0;
  int group_size = 1;
  double coherence = 0;
  std::optional<std::int64_t> alike_first = {}, alike_second = {};
  std::int64_t near_duplicates = 0;
  std::optional<double> coherence_within = {};
  std::optional<std::int64_t> steps = {}, signals = {};
  std::optional<double> seconds = {};
  std::optional<double> objective = {}, held_out_at_start = {}, held_out_objective = {};
  std::optional<double> nonzeros = {};
  std::optional<std::int64_t> atoms_in_use = {}, replaced = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.atoms, {.name = "atoms", .unit = "atoms", .sentence = "Atoms of the dictionary."});
    visit(s.group_size, {.name = "group_size", .unit = "atoms", .sentence = "Atoms per group."});
    visit(s.coherence, {.name = "coherence",
                        .sentence = "Largest cosine between two groups (principal cosine)."});
    visit(s.alike_first, {.name = "alike_first", .sentence = "Number of the first such group."});
    visit(s.alike_second, {.name = "alike_second", .sentence = "Number of the second."});
    visit(s.near_duplicates, {.name = "near_duplicates",
                              .unit = "pairs",
                              .sentence = "Pairs of groups with a cosine of 0.99 or more."});
    visit(s.coherence_within,
          {.name = "coherence_within", .sentence = "Largest |cosine| of two atoms of one group."});
    visit(s.steps, {.name = "steps", .unit = "batches", .sentence = "Batches learned from."});
    visit(s.signals, {.name = "signals", .unit = "signals", .sentence = "Signals learned from."});
    visit(s.seconds, {.name = "seconds", .unit = "seconds", .sentence = "Time in steps."});
    visit(s.objective, {.name = "objective",
                        .sentence = "Mean objective of a signal since the row before the last."});
    visit(s.held_out_at_start,
          {.name = "held_out_at_start",
           .sentence = "Mean objective of a held-out signal with the first atoms."});
    visit(s.held_out_objective, {.name = "held_out_objective",
                                 .sentence = "Mean objective of a held-out signal at the end."});
    visit(s.nonzeros, {.name = "nonzeros",
                       .unit = "atoms",
                       .sentence = "Nonzeros per signal since the row before the last."});
    visit(s.atoms_in_use, {.name = "atoms_in_use",
                           .unit = "atoms",
                           .sentence = "Atoms that signals used when learning ended."});
    visit(s.replaced, {.name = "replaced",
                       .unit = "atoms",
                       .sentence = "Dead atoms and duplicates that gave way to signals, in all."});
  }
};

template <class T>
ModelReport report_of(const Model<T>& model, const Run& run = {});

}  // namespace striate
