#include "striate/memory/rules/tpam.h"

#include "striate/memory/rules/hebbian_weighting.h"

namespace striate {

const MemoryRule tpam = {
    .name = "tpam",
    .summary = "Sum of outer products of phasor codes, zero diagonal, phases of single units.",
    .source = "frady2019",
    .form = PatternForm::phasor,
    .normalization = Normalization::phase,
    .diagonal = Diagonal::zero,
    .linear = true,
    .of_codes = false,
    .convex = true,
    .prepare_float = plain_weighting<HebbianWeighting<float>>,
    .prepare_double = plain_weighting<HebbianWeighting<double>>,
};

}  // namespace striate
