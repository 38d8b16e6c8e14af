#include "striate/memory/rules/graded_hebbian.h"

#include "striate/memory/rules/hebbian_weighting.h"

namespace striate {

const MemoryRule graded_hebbian = {
    .name = "graded_hebbian",
    .summary = "Sum of outer products of graded unit-norm codes, whole-vector norm.",
    .source = "zhao2025",
    .form = PatternForm::graded,
    .normalization = Normalization::vector,
    .diagonal = Diagonal::keep,
    .linear = true,
    .of_codes = false,
    .convex = true,
    .prepare_float = plain_weighting<HebbianWeighting<float>>,
    .prepare_double = plain_weighting<HebbianWeighting<double>>,
};

}  // namespace striate
