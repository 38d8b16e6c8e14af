// From signals to a model, with checkpoints: `striate learn`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "striate/learning/learn.h"
#include "striate/pipelines/checkpoints.h"
#include "striate/pipelines/model.h"
#include "striate/pipelines/preparation.h"

namespace striate {

template <class T>
struct LearnedModel {
  Model<T> model;
  LearnResult<T> result;  // history, status
};

// A stopped or timed-out job writes its checkpoint and returns the model so far. Error: a
// checkpoint of another job (other settings or signals).
template <class T>
LearnedModel<T> learn_model(const Prepared<T>& prepared, const LearnSettings& settings,
                            const CheckpointSettings& checkpoints = {},
                            const Matrix<T>* initial = nullptr, const Run& run = {});

// The model that holds a result, and how it came about: the settings, and the inputs of `Prepared`.
template <class T>
Model<T> learned_model(const LearnResult<T>& result, const LearnSettings& settings,
                       const Preprocessing& preprocessing, const Values& inputs);

}  // namespace striate
