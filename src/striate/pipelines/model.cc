#include "striate/pipelines/model.h"

#include "striate/io/hash.h"

namespace striate {

template <class T>
std::string Model<T>::hash() const {
  ContentHash hash;
  // Of the atoms as doubles, so that a model has one hash in either precision it is loaded in.
  std::vector<double> elements(atoms.data(), atoms.data() + atoms.size());
  hash.add(Array::from<double>(elements, {atoms.columns(), atoms.rows()}));
  hash.add(join(group_size));
  for (const auto& [name, value] : values(preprocessing)) hash.add(join(name, "=", to_text(value)));
  return hash.text();
}

template <class T>
Archive Model<T>::to_archive() const {
  Archive archive;
  archive.attributes[""] = {{"kind", std::string("model")}};
  archive.arrays["dictionary/atoms"] = Array::from<T>(atoms.view());
  archive.attributes["dictionary"] = {{"group_size", std::int64_t{group_size}}};
  archive.attributes["coding"] = coding;
  archive.attributes["coding"]["coder"] = coder;
  archive.attributes["provenance"] = provenance;
  archive.attributes["preprocessing"] = values(preprocessing);
  archive.insert("history", history);
  return archive;
}

template <class T>
Model<T> Model<T>::from_archive(const Archive& archive) {
  if (!archive.has("dictionary/atoms"))
    throw Error("model: there is no array 'dictionary/atoms'; a model has one");
  Model model;
  model.atoms = archive.at("dictionary/atoms").template to_matrix<T>();
  for (const T x : std::span(model.atoms.data(), model.atoms.size()))
    if (!std::isfinite(x)) throw Error("model: an atom holds NaN or infinity");
  const Value group = archive.attribute("dictionary", "group_size");
  const std::int64_t* size = std::get_if<std::int64_t>(&group);
  if (size && (*size < 1 || *size > model.atoms.columns() || model.atoms.columns() % *size != 0))
    throw Error("model: group_size ", *size, " does not divide the ", model.atoms.columns(),
                " atoms");
  if (size) model.group_size = static_cast<int>(*size);
  if (const auto at = archive.attributes.find("coding"); at != archive.attributes.end()) {
    model.coding = at->second;
    if (model.coding.contains("coder")) model.coder = archive.get<std::string>("coding", "coder");
    model.coding.erase("coder");
  }
  if (const auto at = archive.attributes.find("provenance"); at != archive.attributes.end())
    model.provenance = at->second;
  if (const auto at = archive.attributes.find("preprocessing"); at != archive.attributes.end())
    for (const auto& [name, value] : at->second) assign("model", model.preprocessing, name, value);
  model.history = archive.extract("history");
  return model;
}

template struct Model<float>;
template struct Model<double>;

}  // namespace striate
