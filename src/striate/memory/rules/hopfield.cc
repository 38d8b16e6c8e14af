#include "striate/memory/rules/hopfield.h"

#include "striate/memory/rules/hebbian_weighting.h"

namespace striate {

const MemoryRule hopfield = {
    .name = "hopfield",
    .summary = "Signs of real codes, sum of outer products, zero diagonal.",
    .source = "hopfield1982",
    .form = PatternForm::bipolar,
    .normalization = Normalization::phase,
    .diagonal = Diagonal::zero,
    .linear = true,
    .convex = true,
    .per_unit = true,
    .options = {"overlap_cut", "overlap_top"},
    .prepare_float = plain_weighting<HebbianWeighting<float>>,
    .prepare_double = plain_weighting<HebbianWeighting<double>>,
};

}  // namespace striate
