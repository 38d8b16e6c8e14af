#include "striate/pipelines/coded_images.h"

#include <algorithm>

#include "striate/convolutional/convolution.h"
#include "striate/core/text.h"

namespace striate {
namespace {

// What stands before "maps/data" in the names of arrays, in their order.
std::vector<std::string> sets_of_maps(const Archive& archive) {
  constexpr std::string_view ending = "maps/data";
  std::vector<std::string> found;
  for (const auto& [name, array] : archive.arrays) {
    if (!name.ends_with(ending)) continue;
    const std::string before = name.substr(0, name.size() - ending.size());
    if (before.empty() || before.ends_with('/')) found.push_back(before);
  }
  return found;
}

// One set of them. (Archive::extract would look at every name of a file that may have a million.)
Archive maps_below(const Archive& archive, const std::string& before) {
  Archive own;
  for (const char* name : {"maps/data", "maps/columns", "maps/filters", "maps/indptr"})
    own.arrays[name] = archive.at(before + name);
  if (const auto at = archive.attributes.find(before + "maps"); at != archive.attributes.end())
    own.attributes["maps"] = at->second;
  return own;
}

template <class T>
Image<T> image_at(const Archive& archive, const std::string& path) {
  if (!archive.has(path)) return {};
  const Array& array = archive.at(path);
  const auto& shape = array.shape();
  if (shape.size() != 3)
    throw Error("codes: ", path, " has ", shape.size(), " dimensions; it must have 3");
  Image<T> image(shape[0], shape[1], std::max<std::int64_t>(1, shape[2]));
  const std::vector<T> values = array.to<T>();
  std::copy(values.begin(), values.end(), image.data());
  return image;
}

}  // namespace

std::string numbered(std::int64_t i) {
  const std::string digits = join(i);
  return std::string(9 - std::min<std::size_t>(9, digits.size()), '0') + digits;
}

bool holds_convolutional_codes(const Archive& archive) { return !sets_of_maps(archive).empty(); }

template <class T>
CodedImages<T> CodedImages<T>::from_archive(const Archive& archive) {
  CodedImages coded;
  for (const std::string& before : sets_of_maps(archive)) {
    coded.maps.push_back(ConvolutionalCodes<T>::from_archive(maps_below(archive, before)));
  }
  if (coded.maps.empty()) throw Error("this file holds no convolutional codes");
  const Value apart = archive.attribute("", "channels");
  if (const auto* channels = std::get_if<std::int64_t>(&apart)) coded.channels_apart = *channels;
  const auto sets = std::ssize(coded.maps);
  if (coded.channels_apart < 0 || sets % coded.per_image() != 0)
    throw Error("codes: there are ", sets, " sets of maps, which are no images of ",
                coded.channels_apart, " channels");
  if (archive.has("filters")) coded.model = FilterModel<T>::from_archive(archive);
  for (std::int64_t i = 0; i < sets / coded.per_image(); ++i) {
    const std::string place = "images/" + numbered(i);
    const Value name = archive.attribute(place, "name");
    const auto* text = std::get_if<std::string>(&name);
    coded.names.push_back(text ? *text : join("image ", i));
    coded.away.push_back({.background = image_at<T>(archive, place + "/background"),
                          .gain = image_at<T>(archive, place + "/gain"),
                          .lost = image_at<T>(archive, place + "/lost")});
  }
  return coded;
}

template <class T>
Image<T> decode_coded_image(const CodedImages<T>& coded, std::int64_t i,
                            const FilterModel<T>& model, bool prepared) {
  const FilterBank<T> bank = model.bank();
  Image<T> image;
  for (std::int64_t c = 0; c < coded.per_image(); ++c) {
    const auto& maps = coded.maps[static_cast<std::size_t>(i * coded.per_image() + c)];
    const MapShape& shape = maps.shape();
    if (shape.filters != bank.filters() || shape.filter_rows != bank.rows() ||
        shape.filter_columns != bank.columns() ||
        (coded.channels_apart > 0 && bank.channels() != 1))
      throw Error("decode: the codes are of ", shape.filters, " filters of ", shape.filter_rows,
                  " x ", shape.filter_columns, " taps, the model has ", bank.filters(), " of ",
                  bank.rows(), " x ", bank.columns(), " x ", bank.channels());
    Image<T> part = synthesize<T>(bank, maps);
    if (coded.channels_apart == 0) {
      image = std::move(part);
      break;
    }
    if (c == 0) image = Image<T>(part.rows(), part.columns(), coded.channels_apart);
    for (std::int64_t p = 0; p < part.size(); ++p)
      image.data()[p * coded.channels_apart + c] = part.data()[p];
  }
  if (prepared) return image;
  return restore_image(image, coded.away[static_cast<std::size_t>(i)],
                       (coded.model ? *coded.model : model).preparation);
}

#define STRIATE_INSTANTIATE(T)                                                                     \
  template struct CodedImages<T>;                                                                  \
  template Image<T> decode_coded_image(const CodedImages<T>&, std::int64_t, const FilterModel<T>&, \
                                       bool);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate
