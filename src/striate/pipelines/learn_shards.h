// Problem    one step of `batch` on signals that no single machine codes in time: an array of jobs,
//            each with a part of the signals, that exchange nothing but files
// Update     shard i of n codes the i-th of n equal stretches of the N signals that may be learned
//            from, with the same atoms D as all others: A_i = Z Z' / N, B_i = Y Z' / N.
//            merge: A = A_1 + ... + A_n and B = B_1 + ... + B_n, in this order whatever the order of
//            the files; then D as batch does it, and signals in the place of atoms hardly used
// Symbols    as batch.h
// Cost       a shard: its share of the coding, a file of K^2 + at most 3 m K numbers. merge: reads
//            the files one after another, 2 m K^2 per pass of the descent
// Instead    one machine is quick enough: learn. The sums of parts round differently from one sum
//            over all, so that merge has the bits of batch for one shard and its values, but for
//            rounding, for several
// Source     mairal2010
//
// A file of statistics holds "A", "B", "atoms", "uses" (signals that use each atom), with replace
// worst also "candidates/signals" and "candidates/objective" (the 2 K worst signals, worst first),
// and as attributes the shard, the sums of objective, nonzeros and seconds, the settings, the
// preprocessing and the inputs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "striate/core/archive.h"
#include "striate/core/observer.h"
#include "striate/pipelines/learn_model.h"
#include "striate/pipelines/shard.h"

namespace striate {

struct ShardSettings {
  std::string shard = {};
  std::string statistics = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.shard, {.name = "shard",
                    .unit = "i/n",
                    .sentence = "Only code part i of n (i from 1) of the signals, for merge to "
                                "learn from: one step of batch, shared by n runs."});
    visit(s.statistics, {.name = "statistics",
                         .unit = "FILE",
                         .sentence = "What the shard found, .h5 or .npz; with shard only."});
  }
};

// Error: settings that have no meaning for a part of one step: another method than batch, steps,
// epochs, min_improvement, replace sample.
void check_shard_settings(const LearnSettings& settings);

// How often the atoms of a model's archive have come from merge; 0 for other archives. The order in
// which atoms are updated and the lambda in force depend on it.
std::int64_t rounds_of(const Archive& model);

struct ShardStatistics {
  Archive archive;  // empty if stopped
  std::int64_t signals = 0;
  double objective = 0;  // mean per signal
  double nonzeros = 0;   // mean per signal
  double seconds = 0;
  StopReason stopped = StopReason::none;
};

// `initial`: the atoms (null: settings.initial makes them, the same in every shard); `rounds`: of
// the model they are from. Error: settings, fewer signals than shards, signals that are not finite.
template <class T>
ShardStatistics learn_shard(const Prepared<T>& prepared, const LearnSettings& settings,
                            const Shard& shard, const Matrix<T>* initial = nullptr,
                            std::int64_t rounds = 0, const Run& run = {});

// The type of number that a file of statistics holds. IoError: not readable. Error: it holds none.
DType type_of_statistics(const std::filesystem::path& file);

// The model after the step; its history is one row. Error, which names the files: a shard that is
// missing or comes twice, files of other atoms, settings, signals or types of number than the first.
template <class T>
LearnedModel<T> merge_shards(const std::vector<std::filesystem::path>& files, const Run& run = {});

}  // namespace striate
