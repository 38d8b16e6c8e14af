#include "striate/io/array_file.h"

#include <algorithm>

#include "striate/core/text.h"
#include "striate/io/formats.h"

namespace striate {
namespace {

class LoadedArray : public ArrayFile {
 public:
  LoadedArray(std::string name, Array array)
      : ArrayFile(std::move(name), array.dtype(), array.shape()), array_(std::move(array)) {}
  bool in_memory() const override { return true; }

 private:
  void fill(std::int64_t first, Array& out) const override {
    const auto at = static_cast<std::size_t>(first * row_size()) * size_of(dtype());
    std::ranges::copy(array_.bytes().subspan(at, out.bytes().size()), out.bytes().begin());
  }
  Array array_;
};

std::unique_ptr<const ArrayFile> open(const std::filesystem::path& path,
                                      const std::string* array_path) {
  const Format& format = format_of(path);
  const auto chosen = [&](const std::vector<std::string>& names) {
    if (array_path) {
      if (std::ranges::find(names, *array_path) != names.end()) return *array_path;
      throw Error("open_array: ", path.string(), " holds no array '", *array_path, "'; there are ",
                  list_of(names));
    }
    if (names.size() == 1) return names.front();
    if (std::ranges::find(names, "data") != names.end()) return std::string("data");
    throw Error("open_array: ", path.string(),
                names.empty() ? " holds no array" : " holds several arrays and none named 'data': ",
                list_of(names));
  };
  if (format.open) return format.open(path, chosen);
  Archive archive = load(path);
  std::vector<std::string> names;
  for (const auto& [name, array] : archive.arrays) names.push_back(name);
  return std::make_unique<LoadedArray>(path.string(), std::move(archive.arrays.at(chosen(names))));
}

}  // namespace

std::int64_t ArrayFile::row_size() const {
  std::int64_t product = 1;
  for (std::size_t d = 1; d < shape_.size(); ++d) product *= shape_[d];
  return product;
}

std::int64_t ArrayFile::size() const { return shape_.empty() ? 1 : rows() * row_size(); }

Array ArrayFile::read(std::int64_t first, std::int64_t count) const {
  if (first < 0 || count < 0 || first > rows() - count)
    throw Error("ArrayFile: rows ", first, " to ", first + count, " of ", name_,
                " asked; there are ", rows());
  std::vector<std::int64_t> shape = shape_;
  if (shape.empty()) throw Error("ArrayFile: ", name_, " holds one number, which has no rows");
  shape.front() = count;
  Array out(dtype_, shape);
  if (out.size() > 0) fill(first, out);
  return out;
}

std::unique_ptr<const ArrayFile> open_array(const std::filesystem::path& path) {
  return open(path, nullptr);
}

std::unique_ptr<const ArrayFile> open_array(const std::filesystem::path& path,
                                            const std::string& array_path) {
  return open(path, &array_path);
}

}  // namespace striate
