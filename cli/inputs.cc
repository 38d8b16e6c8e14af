#include "cli/inputs.h"

#include <algorithm>
#include <filesystem>

#include "striate/core/text.h"
#include "striate/io/formats.h"
#include "striate/pipelines/pretrained.h"

namespace striate::cli {

template <class T>
Model<T> load_model(const std::string& path) {
  const auto shipped = pretrained_names();
  if (!std::filesystem::exists(path) && std::ranges::find(shipped, path) != shipped.end())
    return pretrained<T>(path);
  const Archive archive = load(path);
  try {
    return Model<T>::from_archive(archive);
  } catch (const Error& error) {
    throw Error(path, ": ", error.what());
  }
}

template <class T>
Model<T> model_of(const Invocation& call) {
  const ModelOptions options = call.settings<ModelOptions>();
  if (!options.model.empty() && !options.dictionary.empty())
    throw UsageError("--model and --dictionary exclude one another; a model has its dictionary");
  if (!options.model.empty()) return load_model<T>(options.model);
  if (options.dictionary.empty())
    throw UsageError("--model is missing (or --dictionary, for atoms alone)");
  const Archive archive = load(options.dictionary);
  const bool model_file = archive.has("dictionary/atoms");
  if (!model_file && archive.arrays.size() != 1)
    throw Error(options.dictionary, ": holds ", archive.arrays.size(),
                " arrays; a dictionary is one array (K, m)");
  Model<T> model;
  try {
    model.atoms = (model_file ? archive.at("dictionary/atoms") : archive.arrays.begin()->second)
                      .template to_matrix<T>();
  } catch (const Error& error) {
    throw Error(options.dictionary, ": ", error.what());
  }
  if (const auto group = call.given().find("group_size"); group != call.given().end())
    model.group_size = static_cast<int>(std::get<std::int64_t>(group->second));
  if (model.atoms.columns() % model.group_size != 0)
    throw UsageError("--group-size is ", model.group_size, "; it must divide the ",
                     model.atoms.columns(), " atoms");
  model.preprocessing = call.settings<Preprocessing>();
  model.preprocessing.patches.sampling =
      call.was_given("sampling") ? model.preprocessing.patches.sampling : Sampling::grid;
  return model;
}

template <class T>
Prepared<T> prepare_for(const Invocation& call, const Model<T>& model,
                        const std::vector<std::string>& inputs) {
  if (!call.was_given("model")) return prepare<T>(inputs, model.preprocessing);
  Preprocessing preprocessing;
  try {
    preprocessing =
        as_model("the model", model.preprocessing, call.given_of(fields<Preprocessing>()));
  } catch (const Error& error) {
    throw UsageError("striate ", call.command().name, ": ", error.what());
  }
  return prepare<T>(inputs, preprocessing);
}

Values coding_of(const Invocation& call, const Values& model_coding,
                 std::span<const Field> fields) {
  Values coding;
  for (const Field& field : fields) {
    const auto known = model_coding.find(field.name);
    if (known != model_coding.end()) coding[field.name] = known->second;
  }
  for (const auto& [name, other] :
       {std::pair{"lambda", "lambda_relative"}, std::pair{"lambda_relative", "lambda"}})
    if (call.was_given(name)) coding.erase(other);
  for (const auto& [name, value] : call.given_of(fields)) coding[name] = value;
  return coding;
}

template <class T>
SparseCodes<T> codes_in(const std::string& path, const Archive& archive) {
  try {
    return SparseCodes<T>::from_archive(archive);
  } catch (const Error& error) {
    throw Error(path, ": ", error.what());
  }
}

#define STRIATE_INSTANTIATE(T)                                         \
  template Model<T> load_model<T>(const std::string&);                 \
  template Model<T> model_of<T>(const Invocation&);                    \
  template Prepared<T> prepare_for(const Invocation&, const Model<T>&, \
                                   const std::vector<std::string>&);   \
  template SparseCodes<T> codes_in<T>(const std::string&, const Archive&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate::cli
