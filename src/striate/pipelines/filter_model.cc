#include "striate/pipelines/filter_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "striate/core/text.h"
#include "striate/io/hash.h"

namespace striate {
namespace {

std::string shape_text(const Array& array) {
  std::string text;
  for (const std::int64_t size : array.shape()) text += join(text.empty() ? "" : ", ", size);
  return "(" + text + ")";
}

// Error: a tap outside of the support that is not 0.
template <class T>
void check_support(const FilterModel<T>& model) {
  for (std::int64_t k = 0; k < model.taps.columns(); ++k) {
    const std::int64_t area = model.rows * model.columns;
    std::int64_t inside = 0;
    for (std::int64_t p = 0; p < area; ++p) {
      const bool belongs = model.support[static_cast<std::size_t>(k * area + p)] != 0;
      inside += belongs;
      for (std::int64_t c = 0; c < model.channels && !belongs; ++c)
        if (model.taps(p * model.channels + c, k) != 0)
          throw Error("filter model: filter ", k, " has a tap at row ", p / model.columns,
                      ", column ", p % model.columns, " outside of its support; it must be 0");
    }
    if (inside == 0) throw Error("filter model: the support of filter ", k, " is empty");
  }
}

}  // namespace

template <class T>
std::string FilterModel<T>::hash() const {
  ContentHash hash;
  // As doubles, so that a model has one hash in either precision it is loaded in.
  std::vector<double> elements(taps.data(), taps.data() + taps.size());
  hash.add(Array::from<double>(elements, {taps.columns(), rows, columns, channels}));
  hash.add(std::as_bytes(std::span(support)));
  for (const auto& [name, value] : values(preparation.resolved()))
    hash.add(join(name, "=", to_text(value)));
  return hash.text();
}

template <class T>
Array FilterModel<T>::filters() const {
  std::vector<std::int64_t> shape = {taps.columns(), rows, columns};
  if (channels > 1) shape.push_back(channels);
  return Array::from<T>(std::span(taps.data(), static_cast<std::size_t>(taps.size())), shape);
}

template <class T>
Archive FilterModel<T>::to_archive() const {
  Archive archive;
  archive.attributes[""] = {{"kind", std::string("filter_model")}};
  archive.arrays["filters"] = filters();
  if (!support.empty()) {
    Array mask(DType::boolean, {taps.columns(), rows, columns});
    std::memcpy(mask.bytes().data(), support.data(), support.size());
    archive.arrays["support"] = mask;
  }
  archive.attributes["preparation"] = values(preparation.resolved());
  archive.attributes["coding"] = coding;
  archive.attributes["provenance"] = provenance;
  archive.insert("history", history);
  return archive;
}

template <class T>
FilterModel<T> FilterModel<T>::from_filters(const Array& filters) {
  const auto& shape = filters.shape();
  if ((shape.size() != 3 && shape.size() != 4) || filters.size() == 0)
    throw Error("filters have the shape ", shape_text(filters),
                "; filters are an array (K, h, w), or (K, h, w, C) of C channels");
  FilterModel model;
  model.rows = shape[1];
  model.columns = shape[2];
  model.channels = shape.size() == 4 ? shape[3] : 1;
  model.taps = Matrix<T>(model.rows * model.columns * model.channels, shape[0]);
  const std::vector<T> taps = filters.to<T>();
  for (std::size_t i = 0; i < taps.size(); ++i)
    if (!std::isfinite(taps[i]))
      throw Error("filter ", static_cast<std::int64_t>(i) / model.taps.rows(),
                  " holds NaN or infinity; every tap must be finite");
  for (std::int64_t k = 0; k < shape[0]; ++k)
    std::copy_n(taps.data() + k * model.taps.rows(), model.taps.rows(),
                model.taps.column(k).begin());
  return model;
}

template <class T>
FilterModel<T> FilterModel<T>::from_archive(const Archive& archive) {
  if (!archive.has("filters"))
    throw Error("filter model: there is no array 'filters'; a model of filters has one");
  FilterModel model = from_filters(archive.at("filters"));
  if (archive.has("support")) {
    const Array& mask = archive.at("support");
    const std::vector<std::int64_t> wanted = {model.taps.columns(), model.rows, model.columns};
    if (mask.shape() != wanted)
      throw Error("filter model: support has the shape ", shape_text(mask),
                  "; it must be that of the filters, (", wanted[0], ", ", wanted[1], ", ",
                  wanted[2], ")");
    for (const double x : mask.to<double>()) model.support.push_back(x != 0);
    check_support(model);
  }
  const auto group = [&](const char* name) {
    const auto at = archive.attributes.find(name);
    return at == archive.attributes.end() ? Values{} : at->second;
  };
  for (const auto& [name, value] : group("preparation"))
    assign("filter model", model.preparation, name, value);
  validate("filter model", model.preparation);
  model.coding = group("coding");
  model.provenance = group("provenance");
  model.history = archive.extract("history");
  return model;
}

template struct FilterModel<float>;
template struct FilterModel<double>;

}  // namespace striate
