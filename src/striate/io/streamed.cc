#include "striate/io/streamed.h"

#include "striate/io/formats.h"

namespace striate {

std::uint64_t StreamedArray::bytes() const {
  std::uint64_t total = size_of(dtype);
  for (const std::int64_t extent : shape) total *= static_cast<std::uint64_t>(extent);
  return total;
}

void StreamedArray::write(const std::string& path, const Sink& sink) const {
  std::uint64_t given = 0;
  produce([&](std::span<const std::byte> piece) {
    given += piece.size();
    if (given <= bytes()) sink(piece);
  });
  if (given != bytes())
    throw Error("save: array '", path, "' was given ", given, " bytes; it has ", bytes());
}

StreamedArchive streamed(const Archive& archive) {
  StreamedArchive result;
  result.attributes = archive.attributes;
  for (const auto& [path, array] : archive.arrays) {
    const Array* borrowed = &array;
    result.arrays[path] = {
        .dtype = array.dtype(),
        .shape = array.shape(),
        .produce = [borrowed](const StreamedArray::Sink& sink) { sink(borrowed->bytes()); }};
  }
  return result;
}

void save(const std::filesystem::path& path, const StreamedArchive& archive, Overwrite overwrite) {
  const Format& format = format_of(path);
  if (!format.save_streamed)
    throw Error("save: ", path.string(), ": ", format.name,
                " cannot be written piece by piece; .h5 and .npz can");
  format.save_streamed(path, archive, overwrite);
}

}  // namespace striate
