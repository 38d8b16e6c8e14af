#include "cli/filters.h"

#include <filesystem>

#include "striate/core/text.h"
#include "striate/dictionaries/log_gabor.h"
#include "striate/io/formats.h"

namespace striate::cli {
namespace {

constexpr std::string_view made_bank = "log_gabor";

template <class T>
FilterModel<T> log_gabor_model(const Invocation& call) {
  const auto settings = call.settings<LogGaborSettings>();
  FilterModel<T> model;
  model.taps = log_gabor_atoms<T>(settings);
  model.rows = settings.height;
  model.columns = settings.width;
  model.provenance = call.given_of(fields<LogGaborSettings>());
  model.provenance["filters"] = std::string(made_bank);
  return model;
}

// UsageError: what was given of the preparation is not the model's.
void check_preparation(const Invocation& call, const ImagePreparation& of_model) {
  const ImagePreparation known = of_model.resolved();
  ImagePreparation wanted = known;
  for (const auto& [name, value] : call.given_of(fields<ImagePreparation>()))
    assign(call.command().name, wanted, name, value);
  const Values there = values(known), here = values(wanted);
  for (const auto& [name, value] : here)
    if (there.at(name) != value)
      throw UsageError(flag_of(name), " is ", to_text(value), ", but the model's filters are for ",
                       to_text(there.at(name)),
                       "; leave it out, or give the filters alone by --filters");
}

}  // namespace

template <class T>
FilterModel<T> load_filters(const std::string& path) {
  const Archive archive = load(path);
  try {
    if (archive.has("filters")) return FilterModel<T>::from_archive(archive);
    if (archive.has("data")) return FilterModel<T>::from_filters(archive.at("data"));
    if (archive.has("dictionary/atoms"))
      throw Error("is a model of patches; its atoms are no filters (K, h, w)");
    if (archive.arrays.size() != 1)
      throw Error("holds ", archive.arrays.size(), " arrays; filters are one array (K, h, w)");
    return FilterModel<T>::from_filters(archive.arrays.begin()->second);
  } catch (const Error& error) {
    throw Error(path, ": ", error.what());
  }
}

template <class T>
FilterModel<T> filters_of(const Invocation& call) {
  const auto options = call.settings<FilterOptions>();
  if (options.model.empty() == options.filters.empty())
    throw UsageError(options.model.empty()
                         ? "--filters is missing (or --model): a FILE, or log_gabor"
                         : "--model and --filters exclude one another; a model has its filters");
  const bool made = options.model.empty() && options.filters == made_bank &&
                    !std::filesystem::exists(options.filters);
  if (!made)
    for (const Field& field : fields<LogGaborSettings>())
      if (call.was_given(field.name))
        throw UsageError(flag_of(field.name), " belongs to --filters log_gabor; the filters are ",
                         options.model.empty() ? options.filters : options.model);
  if (!options.model.empty()) {
    FilterModel<T> model = load_filters<T>(options.model);
    check_preparation(call, model.preparation);
    return model;
  }
  if (!made && !std::filesystem::exists(options.filters) && !find_format(options.filters)) {
    const std::vector<std::string> names = {std::string(made_bank)};
    const std::string near = nearest_name(options.filters, names);
    throw UsageError("--filters ", options.filters, ": there is no such file, and no such bank",
                     near.empty() ? "; log_gabor is one" : "; did you mean " + near + "?");
  }
  FilterModel<T> model = made ? log_gabor_model<T>(call) : load_filters<T>(options.filters);
  model.preparation = call.settings<ImagePreparation>();
  model.coding.clear();
  return model;
}

#define STRIATE_INSTANTIATE(T)                                 \
  template FilterModel<T> load_filters<T>(const std::string&); \
  template FilterModel<T> filters_of<T>(const Invocation&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate::cli
