// What a dictionary is learned with. LearnSettings is the whole of it; the settings that only one
// method reads are structs of their own inside it.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>

#include "striate/core/settings.h"
#include "striate/penalties/any_penalty.h"
#include "striate/solvers/penalized.h"

namespace striate {

enum class LearningMethod { online, gradient, batch, mod, ksvd };
template <>
struct EnumNames<LearningMethod> {
  static constexpr std::array names{"online", "gradient", "batch", "mod", "ksvd"};
};

enum class Coder { lasso, group_lasso, elastic_net, omp, ols, ista, gradient_descent };
template <>
struct EnumNames<Coder> {
  static constexpr std::array names{"lasso", "group_lasso", "elastic_net",     "omp",
                                    "ols",   "ista",        "gradient_descent"};
};

// Atoms to begin with: random directions, or signals of the source.
enum class Initial { data, random };
template <>
struct EnumNames<Initial> {
  static constexpr std::array names{"data", "random"};
};

// What takes the place of an atom that is hardly used: a signal of the batch at random, the signal
// with the highest objective, or nothing (it stays).
enum class Replace { worst, sample, none };
template <>
struct EnumNames<Replace> {
  static constexpr std::array names{"worst", "sample", "none"};
};

// plain: one step size for all atoms. curvature: step_size / mean z_k^2 for atom k.
enum class StepRule { curvature, plain };
template <>
struct EnumNames<StepRule> {
  static constexpr std::array names{"curvature", "plain"};
};

// unit: |d_k| = 1. ball: |d_k| <= 1.
enum class AtomNorm { unit, ball };
template <>
struct EnumNames<AtomNorm> {
  static constexpr std::array names{"unit", "ball"};
};

// How old batches fade from the statistics of online; beta in online.h.
enum class Schedule { power, signals, constant };
template <>
struct EnumNames<Schedule> {
  static constexpr std::array names{"power", "signals", "constant"};
};

// What keeps the atoms equally busy: nothing; their lengths, so that all coefficients have the same
// variance; or gains on which atoms are chosen, so that all are used equally often.
enum class HomeostasisRule { none, variance, use };
template <>
struct EnumNames<HomeostasisRule> {
  static constexpr std::array names{"none", "variance", "use"};
};

// How ksvd updates an atom and its coefficients: by alternation, or by the leading singular pair.
enum class KsvdRule { approximate, exact };
template <>
struct EnumNames<KsvdRule> {
  static constexpr std::array names{"approximate", "exact"};
};

// Block-coordinate descent over the atoms, of online and batch.
struct DescentSettings {
  int passes = 1;
  int block = 64;

  static void describe(auto& s, auto&& visit) {
    visit(s.passes, {.name = "passes",
                     .range = at_least(1),
                     .sentence = "Times every atom is updated after a batch."});
    visit(s.block, {.name = "block",
                    .range = at_least(1),
                    .unit = "atoms",
                    .sentence = "Atoms updated between two matrix products; only speed."});
  }
};

struct OnlineSettings {
  Schedule schedule = Schedule::power;
  double forgetting = 5;
  double decay = 0.95;
  double warm_statistics = 0;

  static void describe(auto& s, auto&& visit) {
    visit(s.schedule,
          {.name = "schedule",
           .sentence = "How old batches fade from the statistics. power: as forgetting says; "
                       "signals: by (th + 1 - q)/(th + 1) at every batch of q signals, with "
                       "th = q t up to batch q - 1, then q^2 + t - q (scikit-learn's rule); "
                       "constant: by decay at every batch."});
    visit(s.forgetting, {.name = "forgetting",
                         .range = at_least(0),
                         .sentence = "Schedule power: batch i of t weighs (i/t)^forgetting in the "
                                     "statistics; 0 keeps all."});
    visit(s.decay, {.name = "decay",
                    .range = between(0, 1),
                    .sentence = "Schedule constant: batch i of t weighs decay^(t-i) in the "
                                "statistics; 1 keeps all."});
    visit(s.warm_statistics,
          {.name = "warm_statistics",
           .range = at_least(0),
           .sentence = "The statistics begin as A = a I and B = a D with this a, as if the atoms "
                       "had been seen: the first batches change them less. 0: they begin empty."});
  }
};

struct ModSettings {
  double ridge = 1e-6;

  static void describe(auto& s, auto&& visit) {
    visit(s.ridge, {.name = "ridge",
                    .range = above(0),
                    .sentence = "Added to the diagonal of Z Z', as a fraction of its mean."});
  }
};

struct KsvdSettings {
  KsvdRule rule = KsvdRule::approximate;
  int alternations = 1;

  static void describe(auto& s, auto&& visit) {
    visit(s.rule, {.name = "ksvd_rule",
                   .sentence = "An atom and its coefficients in turn, or both at once by the "
                               "leading singular pair of the restricted error."});
    visit(s.alternations, {.name = "alternations",
                           .range = at_least(1),
                           .sentence = "Times the approximate rule goes to and fro per atom."});
  }
};

struct HomeostasisSettings {
  HomeostasisRule rule = HomeostasisRule::none;
  double rate = 1e-3;
  double exponent = 0.02;
  double variance_goal = 0.1;

  static void describe(auto& s, auto&& visit) {
    visit(s.rule, {.name = "homeostasis",
                   .sentence = "What keeps atoms equally busy: nothing; their lengths, for "
                               "coefficients of equal variance (coder ista with penalty log and "
                               "start projection); or gains, for equal use."});
    visit(s.rate, {.name = "homeostasis_rate",
                   .range = {.low = 0, .high = 1},
                   .sentence = "Weight of a signal in the running variance or use."});
    visit(s.exponent, {.name = "homeostasis_exponent",
                       .range = {.low = 0, .high = 1},
                       .sentence = "A batch multiplies an atom's length by (variance / "
                                   "variance_goal) to this power, its gain by (mean use / use)."});
    visit(s.variance_goal, {.name = "variance_goal",
                            .range = above(0),
                            .sentence = "Variance of all coefficients, of homeostasis variance."});
  }
};

struct GradientSettings {
  StepRule step_rule = StepRule::curvature;
  double step_size = 0.5;
  double step_decay = 100;
  double momentum = 0;
  HomeostasisSettings homeostasis = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.step_rule, {.name = "step_rule",
                        .sentence = "One step for all atoms, or divided by each one's mean z^2."});
    visit(s.step_size, {.name = "step_size", .range = above(0), .sentence = "Step at the start."});
    visit(s.step_decay,
          {.name = "step_decay",
           .range = at_least(0),
           .unit = "steps",
           .sentence = "The step halves after this many batches: step_size / (1 + t / step_decay); "
                       "0 keeps it."});
    visit(s.momentum, {.name = "momentum",
                       .range = {.low = 0, .high = 1, .low_open = false},
                       .sentence = "Part of the last change that is repeated."});
    HomeostasisSettings::describe(s.homeostasis, visit);
  }
};

struct LearnSettings {
  LearningMethod method = LearningMethod::online;
  Coder coder = Coder::lasso;
  std::optional<std::int64_t> atoms = {};
  std::optional<int> group_size = {};
  std::optional<double> lambda = {};
  std::optional<double> lambda_initial = {};
  double lambda_halving = 100;
  double mu = 0;
  bool positive = false;
  double l2 = 0;
  std::optional<std::int64_t> nonzeros = {};
  std::optional<double> residual = {};
  PenaltyName penalty = PenaltyName::l1;  // this and the next two: of coder ista
  std::optional<double> sigma = {};
  Start start = Start::zero;
  int descent_steps = 100;  // this and the next two: of coder gradient_descent
  double descent_rate = 1;
  double cut_off = 2;
  bool positive_atoms = false;
  AtomNorm atom_norm = AtomNorm::unit;
  double tolerance = 1e-2;
  int max_iterations = 10000;
  Initial initial = Initial::data;
  std::int64_t batch = 256;
  std::optional<std::int64_t> steps = {};
  std::optional<double> epochs = {};
  bool shuffle = true;
  std::optional<std::int64_t> held_out = {};
  std::optional<std::int64_t> held_out_period = {};
  double min_improvement = 0;
  std::int64_t patience = 10;
  Replace replace = Replace::worst;
  double min_use = 1e-3;
  std::int64_t seed = 0;
  DescentSettings descent = {};
  OnlineSettings online = {};
  ModSettings mod = {};
  KsvdSettings ksvd = {};
  GradientSettings gradient = {};

  // The group size in force: as given, else 2 for group_lasso and 1 for other coders.
  int group_size_in_force() const {
    return group_size.value_or(coder == Coder::group_lasso ? 2 : 1);
  }
  // The last signals of a source of this size that are never learned from.
  std::int64_t held_out_of(std::int64_t signals) const {
    return held_out.value_or(std::min<std::int64_t>(1000, signals / 10));
  }
  // Methods that learn from all signals at each step.
  bool whole_source() const {
    return method == LearningMethod::batch || method == LearningMethod::mod ||
           method == LearningMethod::ksvd;
  }

  // The weight of the penalty for the batch after `steps` batches; 0 for coders without one.
  double lambda_at(std::int64_t steps) const {
    if (!lambda_initial) return lambda.value_or(0);
    return std::max(*lambda, *lambda_initial * std::exp2(-double(steps) / lambda_halving));
  }

  static void describe(auto& s, auto&& visit) {
    visit(s.method, {.name = "method", .sentence = "How the dictionary is updated."});
    visit(s.coder, {.name = "coder", .sentence = "How the signals are coded."});
    visit(s.atoms, {.name = "atoms",
                    .python = "n_components",
                    .range = at_least(1),
                    .unit = "atoms",
                    .sentence = "Atoms to learn; required unless initial atoms are given."});
    visit(s.group_size, {.name = "group_size",
                         .range = at_least(1),
                         .unit = "atoms",
                         .sentence = "Atoms per group; it must divide the number of atoms. Not "
                                     "given: 2 for group_lasso, else 1."});
    visit(s.lambda, {.name = "lambda",
                     .python = "lam",
                     .range = above(0),
                     .sentence = "Weight of the penalty on the codes; omp and ols have none, all "
                                 "other coders need it."});
    visit(
        s.lambda_initial,
        {.name = "lambda_initial",
         .python = "lam_initial",
         .range = above(0),
         .sentence = "Weight of the penalty for the first batch, lowered to lambda as learning "
                     "goes on: sparser codes are quicker and form atoms sooner. Not given: lambda "
                     "from the start."});
    visit(s.lambda_halving, {.name = "lambda_halving",
                             .python = "lam_halving",
                             .range = above(0),
                             .unit = "batches",
                             .sentence = "Batches in which lambda_initial falls by half."});
    visit(s.mu, {.name = "mu",
                 .range = at_least(0),
                 .sentence = "Weight of the orthogonality of the atoms within a group, beside the "
                             "mean objective of a signal."});
    visit(s.positive, {.name = "positive", .sentence = "Only coefficients that are not negative."});
    visit(s.l2, {.name = "l2",
                 .range = at_least(0),
                 .sentence = "Weight of the squared norm of the code, halved; elastic_net only."});
    visit(s.nonzeros, {.name = "nonzeros",
                       .range = at_least(1),
                       .unit = "atoms",
                       .sentence = "Most atoms of a code; omp and ols need this or residual."});
    visit(s.residual, {.name = "residual",
                       .range = at_least(0),
                       .sentence = "Squared error |y - D z|^2 at which omp and ols are done with a "
                                   "signal."});
    describe_penalty(s, visit);
    describe_descent(s, visit);
    visit(s.positive_atoms, {.name = "positive_atoms",
                             .sentence = "Only atoms whose elements are not negative; online, "
                                         "batch and gradient."});
    visit(s.atom_norm, {.name = "atom_norm",
                        .sentence = "Atoms of norm 1, or of norm at most 1 (online, batch and "
                                    "gradient)."});
    visit(s.tolerance,
          {.name = "tolerance",
           .range = at_least(0),
           .sentence = "Relative duality gap at which a signal is coded; of ista with l0 or "
                       "log, the length of a step relative to the code."});
    visit(s.max_iterations, {.name = "max_iterations",
                             .range = at_least(1),
                             .unit = "iterations",
                             .sentence = "Coding iterations per signal before giving up."});
    visit(s.initial, {.name = "initial", .sentence = "Atoms to begin with, where none are given."});
    visit(s.batch, {.name = "batch",
                    .range = at_least(1),
                    .unit = "signals",
                    .sentence = "Signals per update; batch, mod and ksvd take all of them."});
    visit(s.steps, {.name = "steps",
                    .range = at_least(1),
                    .unit = "batches",
                    .sentence = "Batches in all; this or epochs."});
    visit(s.epochs,
          {.name = "epochs",
           .range = above(0),
           .sentence = "Times each signal is used, on average. Neither this nor steps: 1; for "
                       "batch, mod and ksvd 10."});
    visit(s.shuffle, {.name = "shuffle",
                      .sentence = "Take the signals of an epoch in random order, else in theirs."});
    visit(s.held_out,
          {.name = "held_out",
           .range = at_least(0),
           .unit = "signals",
           .sentence = "The last signals of the source, kept to measure progress and never learned "
                       "from. Not given: a tenth, at most 1000."});
    visit(s.held_out_period, {.name = "held_out_period",
                              .range = at_least(1),
                              .unit = "batches",
                              .sentence = "Batches between two rows of the history. Not given: 50; "
                                          "for batch, mod and ksvd 1."});
    visit(s.min_improvement,
          {.name = "min_improvement",
           .range = {.low = 0, .high = 1, .low_open = false},
           .sentence = "Stop once the held-out objective has fallen by less than this fraction "
                       "within `patience` rows; 0: never."});
    visit(s.patience, {.name = "patience",
                       .range = at_least(1),
                       .unit = "rows",
                       .sentence = "Rows of the history that min_improvement looks back."});
    visit(s.replace, {.name = "replace",
                      .sentence = "What takes the place of an atom that is dead or a duplicate."});
    visit(s.min_use, {.name = "min_use",
                      .range = between(0, 1),
                      .sentence = "An atom used by a smaller fraction of the signals is dead."});
    visit(s.seed,
          {.name = "seed", .range = at_least(0), .sentence = "Seed of all that is random."});
    DescentSettings::describe(s.descent, visit);
    OnlineSettings::describe(s.online, visit);
    ModSettings::describe(s.mod, visit);
    KsvdSettings::describe(s.ksvd, visit);
    GradientSettings::describe(s.gradient, visit);
  }
};

}  // namespace striate
