// Problem    how crowded is a memory: how alike are its codes, what cross-talk do they make, which
//            cues will it still answer, how many codes may it hold?
// Symbols    n units, P stored codes z_p in the form in which the rule stores them, K active units of
//            a code, G_pq = <z_p, z_q> / (||z_p|| ||z_q||)
// Method     overlaps        |G_pq| of every code, or of a seeded sample, with all other codes
//            spectrum        largest eigenvalue of G by Lanczos; effective rank
//                            P^2 / sum_pq |G_pq|^2, which is P if all codes are orthogonal
//            cross-talk      of the field at stored code p with the diagonal taken out:
//                            c = sum_{q != p} z_q <z_q, z_p> - (sum_{q != p} |z_qi|^2) z_pi; mean
//                            |c_i|^2 over the units; the signal is what z_p itself adds to its active
//                            units; SNR = signal / sqrt(mean |c_i|^2). Of random phasors signal K,
//                            variance P K^3 / n^2, hence first-order SNR^2 = n^2 / (P K)
//            accuracy        recall, by the memory itself, from damaged copies of stored codes
//            safe load       a field of complex normal noise mistakes one unit of n where
//                            n exp(-(q SNR)^2 / 4) = 1, q the mean |cos| of cue and code; SNR^2 falls
//                            as 1 / P, so this is P (q SNR)^2 / (4 ln n)
// Cost       `compared` x the entries of all codes, twice; 60 products with G; `copies` recalls
// Source     frady2019
//
// Weights of patterns count in the recalls alone. Cross-talk and safe load are those of the linear
// field: rules that drop small overlaps hold more, as the accuracy tells.
#pragma once

#include <cstdint>
#include <vector>

#include "striate/core/settings.h"
#include "striate/memory/cue_damage.h"

namespace striate {

struct CapacitySettings {
  CueDamage cue = {};
  std::int64_t compared = 512;
  std::int64_t copies = 500;
  double energy_share = 0.85;
  std::int64_t seed = 0;

  static void describe(auto& s, auto&& visit) {
    CueDamage::describe(s.cue, visit);
    visit(s.compared, {.name = "compared",
                       .range = at_least(1),
                       .unit = "codes",
                       .sentence = "Stored codes that are compared with all others; a sample if "
                                   "more are stored."});
    visit(s.copies, {.name = "copies",
                     .range = at_least(1),
                     .sentence = "Damaged copies of stored codes that are recalled, at most one of "
                                 "each code."});
    visit(s.energy_share,
          {.name = "energy_share",
           .range = between(0, 1),
           .sentence = "Share of a code's energy that the units of k_energy hold."});
    visit(s.seed,
          {.name = "seed", .range = at_least(0), .sentence = "Seed of all random choices."});
  }
};

// Of an empty memory all numbers are 0. SNR and safe load are infinite where there is no cross-talk.
struct CapacityReport {
  std::int64_t patterns = 0, units = 0, k = 0, k_energy = 0;
  std::int64_t compared = 0;
  double rms_overlap = 0, worst_overlap = 0, mean_worst_overlap = 0;
  double leading_eigenvalue = 0, effective_rank = 0;
  std::int64_t units_used = 0;
  double least_usage = 0, most_usage = 0;
  std::vector<double> unit_usage = {};  // per unit
  double signal = 0, cross_talk_variance = 0;
  double snr_first_order = 0, snr = 0;
  double safe_load = 0;
  std::int64_t cues = 0;
  double cue_overlap = 0, accuracy = 0, accuracy_error = 0, accuracy_nearest = 0;

  static void describe(auto& s, auto&& visit) {
    visit(s.patterns, {.name = "patterns", .sentence = "Stored codes, P."});
    visit(s.units, {.name = "units", .sentence = "Complex units, n."});
    visit(s.k, {.name = "k", .sentence = "Active units of a state."});
    visit(s.k_energy, {.name = "k_energy",
                       .sentence = "Median number of units that hold the energy share of a code."});
    visit(s.compared,
          {.name = "compared", .sentence = "Codes compared with all others; below P: a sample."});
    visit(s.rms_overlap,
          {.name = "rms_overlap", .sentence = "Root mean square of |cos| of two stored codes."});
    visit(s.worst_overlap,
          {.name = "worst_overlap", .sentence = "Largest |cos| of two stored codes."});
    visit(s.mean_worst_overlap,
          {.name = "mean_worst_overlap", .sentence = "|cos| of a code with its nearest, mean."});
    visit(s.leading_eigenvalue, {.name = "leading_eigenvalue",
                                 .sentence = "Of the Gram matrix of normalised codes, 1 to P."});
    visit(s.effective_rank, {.name = "effective_rank",
                             .sentence = "P^2 over the squares of that Gram matrix, 1 to P."});
    visit(s.units_used,
          {.name = "units_used", .sentence = "Units that at least one stored code uses."});
    visit(s.least_usage,
          {.name = "least_usage", .sentence = "Share of the codes that use the rarest unit."});
    visit(s.most_usage,
          {.name = "most_usage", .sentence = "Share of the codes that use the commonest unit."});
    visit(s.unit_usage,
          {.name = "unit_usage", .sentence = "Share of the codes that use each unit."});
    visit(s.signal,
          {.name = "signal", .sentence = "Field that a code makes at its active units, rms."});
    visit(s.cross_talk_variance,
          {.name = "cross_talk_variance", .sentence = "Mean square of the other codes' field."});
    visit(s.snr_first_order,
          {.name = "snr_first_order", .sentence = "n / sqrt(P k), as random phasors have."});
    visit(s.snr, {.name = "snr", .sentence = "Signal over cross-talk as measured."});
    visit(s.safe_load, {.name = "safe_load",
                        .sentence = "Codes of this kind at which a first step mistakes a unit."});
    visit(s.cues, {.name = "cues", .sentence = "Damaged copies recalled."});
    visit(s.cue_overlap,
          {.name = "cue_overlap", .sentence = "|cos| of a damaged copy with its code, mean."});
    visit(s.accuracy, {.name = "accuracy", .sentence = "Share of them that name their code."});
    visit(s.accuracy_error,
          {.name = "accuracy_error", .sentence = "Binomial standard error of that share."});
    visit(s.accuracy_nearest,
          {.name = "accuracy_nearest", .sentence = "The share by the nearest stored code alone."});
  }
};

// The median over the codes (of pairs) of the number of strongest units that hold this share of a
// code's energy, at least 1.
template <class T>
std::int64_t energy_support(const SparseCodes<T>& codes, double share);

}  // namespace striate
