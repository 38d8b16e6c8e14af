// What several verbs read alike: a model or a bare dictionary, and codes from files or from images.
#pragma once

#include <string>
#include <vector>

#include "cli/invocation.h"
#include "striate/codes/sparse_codes.h"
#include "striate/pipelines/model.h"
#include "striate/pipelines/preparation.h"

namespace striate::cli {

struct ModelOptions {
  std::string model = {};
  std::string dictionary = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.model, {.name = "model",
                    .unit = "FILE",
                    .sentence = "Model that learn wrote; dead-leaves is one that ships with "
                                "Striate."});
    visit(s.dictionary, {.name = "dictionary",
                         .unit = "FILE",
                         .sentence = "Atoms alone in place of a model: an array (K, m)."});
  }
};

// A model's file, or the name of one that ships with the library. IoError, or Error that begins
// with the file's name.
template <class T>
Model<T> load_model(const std::string& path);

// The model that --model or --dictionary names; the preprocessing of the latter is the default with
// what the call gives. UsageError: neither or both.
template <class T>
Model<T> model_of(const Invocation& call);

// Signals of the call's inputs, prepared as the model's were. UsageError: an option that
// contradicts the model.
template <class T>
Prepared<T> prepare_for(const Invocation& call, const Model<T>& model,
                        const std::vector<std::string>& inputs);

// How the model's coder is called, with what the call gives of `fields` in place: --lambda puts
// --lambda-relative out of force and the other way round.
Values coding_of(const Invocation& call, const Values& model_coding, std::span<const Field> fields);

// The archive's codes, whatever their precision. Error that begins with the file's name.
template <class T>
SparseCodes<T> codes_in(const std::string& path, const Archive& archive);

}  // namespace striate::cli
