#include "striate/memory/rules/hetero.h"

#include "striate/memory/rules/hebbian_weighting.h"

namespace striate {

const MemoryRule hetero = {
    .name = "hetero",
    .summary = "As tpam, with targets stored beside the patterns, and read out in their place.",
    .source = "frady2019",
    .form = PatternForm::phasor,
    .normalization = Normalization::phase,
    .diagonal = Diagonal::zero,
    .linear = true,
    .convex = true,
    .targets = true,
    .options = {"overlap_cut", "overlap_top"},
    .prepare_float = plain_weighting<HebbianWeighting<float>>,
    .prepare_double = plain_weighting<HebbianWeighting<double>>,
};

}  // namespace striate
