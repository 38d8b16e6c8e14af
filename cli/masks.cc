#include "cli/masks.h"

#include <algorithm>
#include <vector>

#include "striate/io/formats.h"

namespace striate::cli {
namespace {

template <class V>
std::vector<double> as_doubles(const Array& array) {
  const auto values = array.as<V>();
  return {values.begin(), values.end()};
}

std::vector<double> numbers_of(const Array& array) {
  switch (array.dtype()) {
    case DType::boolean:
      return as_doubles<bool>(array);
    case DType::u8:
      return as_doubles<std::uint8_t>(array);
    case DType::u16:
      return as_doubles<std::uint16_t>(array);
    case DType::i32:
      return as_doubles<std::int32_t>(array);
    case DType::i64:
      return as_doubles<std::int64_t>(array);
    default:
      return as_doubles<std::uint64_t>(array);
  }
}

}  // namespace

Image<std::uint8_t> read_mask(const std::filesystem::path& path) {
  const Archive archive = load(path);
  if (!archive.has("data") && archive.arrays.size() != 1)
    throw Error(path.string(), ": holds ", archive.arrays.size(), " arrays; a mask is one");
  const Array& array = archive.has("data") ? archive.at("data") : archive.arrays.begin()->second;
  const auto& shape = array.shape();
  if (shape.size() != 2 && shape.size() != 3)
    throw Error(path.string(), ": mask has ", shape.size(), " dimensions; it must have 2");
  const DType type = array.dtype();
  if (type == DType::f32 || type == DType::f64 || type == DType::c64 || type == DType::c128)
    throw Error(path.string(), ": mask holds ", name_of(type),
                "; it must be true and false or black and white (true, white: seen). Weights of "
                "the data are no mask: compare them with a threshold");
  const std::int64_t channels = shape.size() == 3 ? shape[2] : 1;
  const std::vector<double> values = numbers_of(array);
  const double white = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  Image<std::uint8_t> mask(shape[0], shape[1]);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto pixel = static_cast<std::int64_t>(i) / channels;
    if (values[i] != 0 && values[i] != white)
      throw Error(path.string(), ": mask holds ", values[i], " beside 0 and ", white,
                  "; it must be black and white");
    if (i % std::size_t(channels) != 0 && (values[i] != 0) != (mask.data()[pixel] != 0))
      throw Error(path.string(), ": mask has channels that differ; it must be black and white");
    mask.data()[pixel] = values[i] != 0;
  }
  return mask;
}

}  // namespace striate::cli
