#include "striate/io/npz.h"

#include <algorithm>
#include <array>

#include "striate/io/detail/attributes_json.h"
#include "striate/io/npy.h"

namespace striate {
namespace {

constexpr std::string_view attributes_member = "attributes.json";
constexpr std::array<std::string_view, 3> csr_arrays = {"data", "indices", "indptr"};
constexpr std::uint64_t longest_attributes = 64 << 20;

bool is_csr(const StreamedArchive& archive) {
  const auto codes = archive.attributes.find("codes");
  if (codes == archive.attributes.end()) return false;
  const auto type = codes->second.find("encoding-type"), shape = codes->second.find("shape");
  return type != codes->second.end() && type->second == Value(std::string("csr_matrix")) &&
         shape != codes->second.end() &&
         std::holds_alternative<std::vector<double>>(shape->second) &&
         std::all_of(csr_arrays.begin(), csr_arrays.end(), [&](std::string_view name) {
           return archive.arrays.contains(join("codes/", name));
         });
}

std::string member_name(const Input& input, const ZipMember& member) {
  return join(input.name(), ": ", member.name);
}

template <class Read>
auto read_member(const ZipReader& zip, const ZipMember& member, Read read) {
  ZipReader::Stream stream(zip.input(), member);
  auto result = read(member_name(zip.input(), member), member.size,
                     [&](std::span<std::byte> out) { stream.read(out); });
  stream.finish();
  return result;
}

// SciPy's layout becomes codes/...: "shape" and "format" are attributes there.
void read_csr(const ZipReader& zip, Archive& archive) {
  const ZipMember* format = zip.find("format.npy");
  const std::string word = read_member(zip, *format, detail::read_npy_text);
  if (word != "csr")
    throw IoError("npz: ", zip.input().name(), " holds a sparse matrix in the format '", word,
                  "'; csr can be read (matrix.tocsr() in SciPy)");
  for (const std::string_view name : csr_arrays) {
    const auto array = archive.arrays.find(std::string(name));
    if (array == archive.arrays.end())
      throw IoError("npz: ", zip.input().name(), " lacks '", name, "' of a sparse matrix");
    archive.arrays[join("codes/", name)] = std::move(array->second);
    archive.arrays.erase(array);
  }
  const auto shape = archive.arrays.find("shape");
  if (shape == archive.arrays.end() || shape->second.size() != 2)
    throw IoError("npz: ", zip.input().name(), " lacks the 'shape' of a sparse matrix");
  archive.attributes["codes"]["shape"] = shape->second.to<double>();
  archive.attributes["codes"]["encoding-type"] = std::string("csr_matrix");
  archive.arrays.erase(shape);
}

}  // namespace

Archive read_npz(const Input& input) {
  const ZipReader zip(input);
  Archive archive;
  for (const ZipMember& member : zip.members()) {
    if (member.name == attributes_member) {
      if (member.size > longest_attributes)
        throw IoError("npz: ", input.name(), ": attributes of ", member.size, " bytes");
      const std::vector<std::byte> text = zip.read(member);
      archive.attributes = attributes_from_json(
          member_name(input, member), {reinterpret_cast<const char*>(text.data()), text.size()});
    } else if (member.name.ends_with(".npy")) {
      if (member.name == "format.npy") continue;  // text, read below
      archive.arrays[member.name.substr(0, member.name.size() - 4)] = read_member(
          zip, member, [](auto&&... arguments) { return detail::read_npy(arguments...); });
    } else {
      throw IoError("npz: ", input.name(), ": '", member.name, "' is no array");
    }
  }
  if (zip.find("format.npy")) read_csr(zip, archive);
  return archive;
}

Archive load_npz(const std::filesystem::path& path) { return read_npz(Input(path)); }

namespace {

void write_npz(const std::filesystem::path& path, const StreamedArchive& archive,
               Overwrite overwrite, Compression compression) {
  AtomicFile file(path, overwrite);
  ZipWriter zip(file, compression);
  const auto add_small = [&](const std::string& name, const std::string& header,
                             std::span<const std::byte> bytes) {
    zip.add(name, header.size() + bytes.size(), [&](const ZipWriter::Sink& sink) {
      sink(std::as_bytes(std::span(header)));
      sink(bytes);
    });
  };
  const bool csr = is_csr(archive);
  for (const auto& entry : archive.arrays) {
    const std::string& inside = entry.first;
    const auto& array = entry.second;
    std::string name = inside;
    if (csr && name.starts_with("codes/")) {
      const std::string last = name.substr(6);
      if (std::find(csr_arrays.begin(), csr_arrays.end(), last) != csr_arrays.end()) name = last;
    } else if (csr && (name == "data" || name == "indices" || name == "indptr" || name == "shape" ||
                       name == "format")) {
      throw Error("npz: an array '", name, "' beside codes has the name of a part of them");
    }
    const std::string header = detail::npy_header(array.dtype, array.shape);
    zip.add(name + ".npy", header.size() + array.bytes(), [&](const ZipWriter::Sink& sink) {
      sink(std::as_bytes(std::span(header)));
      array.write(inside, sink);
    });
  }
  std::map<std::string, Values> attributes = archive.attributes;
  if (csr) {
    const auto& sizes = std::get<std::vector<double>>(attributes.at("codes").at("shape"));
    const std::vector<std::int64_t> shape(sizes.begin(), sizes.end());
    const std::string format = "csr";
    add_small("shape.npy", detail::npy_header("<i8", {static_cast<std::int64_t>(shape.size())}),
              std::as_bytes(std::span(shape)));
    add_small("format.npy", detail::npy_header("|S3", {}), std::as_bytes(std::span(format)));
    attributes["codes"].erase("shape");
    attributes["codes"].erase("encoding-type");
  }
  std::erase_if(attributes, [](const auto& entry) { return entry.second.empty(); });
  if (!attributes.empty())
    add_small(std::string(attributes_member), attributes_to_json(attributes), {});
  zip.finish();
  file.commit();
}

}  // namespace

void save_npz(const std::filesystem::path& path, const Archive& archive, Overwrite overwrite,
              Compression compression) {
  write_npz(path, streamed(archive), overwrite, compression);
}

void save_npz(const std::filesystem::path& path, const Archive& archive, Overwrite overwrite) {
  write_npz(path, streamed(archive), overwrite, Compression::deflated);
}

void save_npz(const std::filesystem::path& path, const StreamedArchive& archive,
              Overwrite overwrite) {
  write_npz(path, archive, overwrite, Compression::deflated);
}

}  // namespace striate
