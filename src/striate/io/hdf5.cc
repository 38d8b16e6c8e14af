#include "striate/io/hdf5.h"

#include <hdf5.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "striate/core/build_info.h"
#include "striate/io/detail/hdf5_session.h"
#include "striate/io/detail/hdf5_writer.h"
#include "striate/io/hash.h"

namespace striate {
namespace {

using detail::bool_type;
using detail::check_path;
using detail::copy_type;
using detail::dtype_for;
using detail::Id;
using detail::Session;
using detail::type_of;

constexpr std::uint64_t largest_ratio = 1100;  // of deflate, with room for chunks not filled
constexpr std::uint64_t small_bytes = 1 << 20;
constexpr hsize_t most_links = 1 << 20;
constexpr int deepest_group = 32;
constexpr std::size_t kept_chunks = std::size_t{64} << 20;  // bytes

// ---- attributes ----

std::string read_text(const Session& session, hid_t attribute, hid_t type, std::string_view what) {
  if (session.check(H5Tis_variable_str(type), what)) {
    char* text = nullptr;
    const Id memory = copy_type(type);
    session.check(H5Aread(attribute, memory, &text), what);
    std::string copy = text ? text : "";
    H5free_memory(text);
    return copy;
  }
  const std::size_t size = H5Tget_size(type);
  if (size > session.file_size()) session.refuse(join(what, ": larger than the file"));
  std::string text(size, '\0');
  session.check(H5Aread(attribute, type, text.data()), what);
  return text.substr(0, text.find('\0'));
}

// Monostate for what an archive cannot hold (references, lists of text): foreign files have those.
Value read_attribute(const Session& session, hid_t attribute, std::string_view what) {
  const Id type = session.id(H5Aget_type(attribute), H5Tclose, what);
  const Id space = session.id(H5Aget_space(attribute), H5Sclose, what);
  const hssize_t count = session.check(H5Sget_simple_extent_npoints(space), what);
  const int rank = session.check(H5Sget_simple_extent_ndims(space), what);
  if (H5Sget_simple_extent_type(space) == H5S_NULL) return {};
  if (H5Tget_class(type) == H5T_STRING) {
    if (count != 1) return {};
    return read_text(session, attribute, type, what);
  }
  const std::optional<DType> dtype = dtype_for(type);
  if (!dtype || *dtype == DType::c64 || *dtype == DType::c128 || rank > 1) return {};
  if (static_cast<std::uint64_t>(count) > session.file_size())
    session.refuse(join(what, ": larger than the file"));
  if (rank == 1) {
    if (*dtype == DType::boolean) return {};
    std::vector<double> numbers(static_cast<std::size_t>(count));
    if (count > 0) session.check(H5Aread(attribute, H5T_NATIVE_DOUBLE, numbers.data()), what);
    return numbers;
  }
  if (*dtype == DType::boolean) {
    std::int8_t value = 0;
    session.check(H5Aread(attribute, bool_type(), &value), what);
    return value != 0;
  }
  if (H5Tget_class(type) == H5T_FLOAT) {
    double value = 0;
    session.check(H5Aread(attribute, H5T_NATIVE_DOUBLE, &value), what);
    return value;
  }
  std::int64_t value = 0;
  session.check(H5Aread(attribute, H5T_NATIVE_INT64, &value), what);
  return value;
}

Values read_attributes(const Session& session, hid_t object, const std::string& path) {
  Values values;
  H5O_info_t info;
#if H5_VERSION_GE(1, 12, 0)
  session.check(H5Oget_info3(object, &info, H5O_INFO_NUM_ATTRS), "damaged");
#else
  session.check(H5Oget_info2(object, &info, H5O_INFO_NUM_ATTRS), "damaged");
#endif
  for (hsize_t i = 0; i < std::min(info.num_attrs, most_links); ++i) {
    const std::string what = join("attribute ", i, " of '", path, "' cannot be read");
    const Id attribute = session.id(
        H5Aopen_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT),
        H5Aclose, what);
    const ssize_t length = session.check(H5Aget_name(attribute, 0, nullptr), what);
    std::string name(static_cast<std::size_t>(length) + 1, '\0');
    H5Aget_name(attribute, name.size(), name.data());
    name.resize(static_cast<std::size_t>(length));
    const Value value = read_attribute(session, attribute, what);
    if (!std::holds_alternative<std::monostate>(value)) values[name] = value;
  }
  return values;
}

// ---- data sets ----

// The shape of a data set whose bytes are really there.
std::vector<std::int64_t> checked_shape(const Session& session, hid_t set, hid_t type,
                                        const std::string& what) {
  const Id space = session.id(H5Dget_space(set), H5Sclose, what);
  const int rank = session.check(H5Sget_simple_extent_ndims(space), what);
  std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
  session.check(H5Sget_simple_extent_dims(space, extents.data(), nullptr), what);
  if (H5Sget_simple_extent_type(space) == H5S_NULL) return {0};
  std::uint64_t bytes = std::max<std::uint64_t>(H5Tget_size(type), 8);
  std::vector<std::int64_t> shape;
  for (const hsize_t extent : extents) {
    if (extent > static_cast<hsize_t>(std::numeric_limits<std::int64_t>::max()) ||
        __builtin_mul_overflow(bytes, extent ? extent : 1, &bytes))
      session.refuse(join(what, ": its shape is too large to exist"));
    shape.push_back(static_cast<std::int64_t>(extent));
  }
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return shape;
  const Id creation = session.id(H5Dget_create_plist(set), H5Pclose, what);
  const std::uint64_t stored =
      std::min<std::uint64_t>(H5Dget_storage_size(set), session.file_size());
  std::uint64_t chunk = 0;
  if (H5Pget_layout(creation) == H5D_CHUNKED) {
    std::vector<hsize_t> sizes(static_cast<std::size_t>(rank));
    session.check(H5Pget_chunk(creation, rank, sizes.data()), what);
    chunk = H5Tget_size(type);
    for (const hsize_t size : sizes)
      if (__builtin_mul_overflow(chunk, size, &chunk)) chunk = ~std::uint64_t{0};
  }
  // Eight-fold widening of single bytes at most, then what compression can give.
  const std::uint64_t limit = std::max(small_bytes, stored * largest_ratio);
  if (bytes / 8 > limit || chunk > limit)
    session.refuse(join(what, ": it announces ", bytes, " bytes, the file stores ", stored));
  return shape;
}

void make_boolean(Array& array) {
  if (array.dtype() == DType::boolean)
    for (std::byte& b : array.bytes()) b = b == std::byte{0} ? std::byte{0} : std::byte{1};
}

Array read_set(const Session& session, hid_t set, const std::string& path) {
  const std::string what = join("data set '", path, "' cannot be read");
  const Id type = session.id(H5Dget_type(set), H5Tclose, what);
  const std::optional<DType> dtype = dtype_for(type);
  if (!dtype)
    session.refuse(join("data set '", path,
                        "' holds no numbers; booleans, integers up to 64 bits, floats and "
                        "complex numbers can be read"));
  Array array(*dtype, checked_shape(session, set, type, what));
  if (array.size() == 0) return array;
  const Id memory = type_of(*dtype);
  session.check(H5Dread(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, array.bytes().data()), what);
  make_boolean(array);
  return array;
}

// ---- trees ----

enum class Elements { load, load_numbers, leave };  // load: all must be numbers

class Loader {
 public:
  Loader(const Session& session, Elements elements) : session_(session), elements_(elements) {}

  // With Elements::leave the archive has attributes only, and shapes() all data sets of numbers.
  Archive load(hid_t file) {
    Values root = read_attributes(session_, file, "/");
    if (const auto format = root.extract("striate_format")) {
      ours_ = true;
      check_format(format.mapped());
    }
    root.erase("striate_version");
    if (!root.empty()) archive_.attributes[""] = std::move(root);
    const Id group = session_.id(H5Gopen2(file, "/", H5P_DEFAULT), H5Gclose, "no root");
    walk(group, "", 0);
    return std::move(archive_);
  }
  std::map<std::string, std::vector<std::int64_t>> shapes() { return std::move(shapes_); }

 private:
  void check_format(const Value& value) const {
    const auto* text = std::get_if<std::string>(&value);
    int major = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), major);
    if (major < 1) session_.refuse("its striate_format is damaged");
    if (major > file_format_major)
      session_.refuse(join("its format ", *text, " is newer than ", file_format_major, ".",
                           file_format_minor, ", which this version (", library_version,
                           ") reads; use a newer Striate"));
  }

  void walk(hid_t group, const std::string& prefix, int depth) {
    if (depth > deepest_group) session_.refuse("its groups are nested too deeply");
    H5G_info_t info;
    session_.check(H5Gget_info(group, &info), join("group '", prefix, "' is damaged"));
    if ((links_ += info.nlinks) > most_links) session_.refuse("it has too many links");
    for (hsize_t i = 0; i < info.nlinks; ++i) {
      const std::string what = join("link ", i, " in '", prefix, "' is damaged");
      const ssize_t length = session_.check(
          H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT),
          what);
      std::string name(static_cast<std::size_t>(length) + 1, '\0');
      session_.check(H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(),
                                        name.size(), H5P_DEFAULT),
                     what);
      name.resize(static_cast<std::size_t>(length));
      H5L_info_t link;
      session_.check(H5Lget_info(group, name.c_str(), &link, H5P_DEFAULT), what);
      // Links that lead elsewhere, perhaps into another file, are not followed.
      if (link.type == H5L_TYPE_HARD) visit(group, name, prefix + name, depth);
    }
  }

  void visit(hid_t group, const std::string& name, const std::string& path, int depth) {
    const Id object = session_.id(H5Oopen(group, name.c_str(), H5P_DEFAULT), H5Oclose,
                                  join("'", path, "' cannot be opened"));
    const H5I_type_t kind = H5Iget_type(object);
    if (kind != H5I_GROUP && kind != H5I_DATASET) return;  // a named type
    Values values = read_attributes(session_, object, path);
    if (kind == H5I_DATASET && elements_ == Elements::leave) {
      if (holds_numbers(object, path))
        shapes_[path] =
            checked_shape(session_, object, session_.id(H5Dget_type(object), H5Tclose, path), path);
      values.erase("crc32");
    } else if (kind == H5I_DATASET &&
               (elements_ == Elements::load || holds_numbers(object, path))) {
      const Array& array = archive_.arrays[path] = read_set(session_, object, path);
      const auto crc = values.find("crc32");
      if (ours_ && crc != values.end()) {
        if (crc->second != Value(static_cast<std::int64_t>(crc32(array.bytes()))))
          session_.refuse(join("data set '", path,
                               "' has a wrong check sum; it is damaged, or "
                               "was changed by another program"));
        values.erase(crc);
      }
    } else if (kind == H5I_GROUP) {
      walk(object, path + '/', depth + 1);
    }
    if (!values.empty()) archive_.attributes[path] = std::move(values);
  }

  bool holds_numbers(hid_t set, const std::string& path) const {
    return dtype_for(session_.id(H5Dget_type(set), H5Tclose, path)).has_value();
  }

  const Session& session_;
  Elements elements_;
  Archive archive_;
  std::map<std::string, std::vector<std::int64_t>> shapes_;
  hsize_t links_ = 0;
  bool ours_ = false;
};

Id open_file(Session& session, const Input& input) {
  session.file().input = &input;
  const Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  detail::use_driver(access, session.file());
  Id file = session.id(H5Fopen(input.name().c_str(), H5F_ACC_RDONLY, access), H5Fclose,
                       "no HDF5 file, or truncated");
  const Id creation = session.id(H5Fget_create_plist(file), H5Pclose, "damaged");
  std::size_t address_bytes = 0, length_bytes = 0;
  H5Pget_sizes(creation, &address_bytes, &length_bytes);
  if (address_bytes != 8 || length_bytes != 8) session.refuse("its addresses do not have 64 bits");
  return file;
}

// False if there is none.
bool check_seal(const Input& input) {
  if (input.size() < sizeof(detail::Hdf5Seal)) return false;
  const std::uint64_t sealed = input.size() - sizeof(detail::Hdf5Seal);
  detail::Hdf5Seal seal{};
  input.read(sealed, std::as_writable_bytes(std::span(&seal, 1)));
  if (std::string_view(seal.mark, sizeof(seal.mark)) != detail::hdf5_seal_mark) return false;
  const std::uint32_t crc = detail::crc_of_first(
      sealed, [&](std::uint64_t at, std::span<std::byte> out) { input.read(at, out); });
  if (crc != seal.crc)
    throw IoError("hdf5: ", input.name(),
                  ": is damaged (its check sum is not the one it was written with)");
  return true;
}

}  // namespace

namespace {

Archive read_elements(const Input& input, Elements elements) {
  check_seal(input);
  Session session(input.name());
  const Id file = open_file(session, input);
  return Loader(session, elements).load(file);
}

}  // namespace

void verify_hdf5(const std::filesystem::path& path) {
  const Input input(path);
  if (!check_seal(input))
    throw IoError("hdf5: ", input.name(),
                  ": has no seal; only files that Striate wrote can be verified");
}

Archive read_hdf5(const Input& input) { return read_elements(input, Elements::load); }

Archive read_numbers_of_hdf5(const Input& input) {
  return read_elements(input, Elements::load_numbers);
}

void save_hdf5(const std::filesystem::path& path, const Archive& archive, Overwrite overwrite) {
  detail::write_hdf5(path, streamed(archive), overwrite);
}

void save_hdf5(const std::filesystem::path& path, const StreamedArchive& archive,
               Overwrite overwrite) {
  detail::write_hdf5(path, archive, overwrite);
}

Archive load_hdf5(const std::filesystem::path& path) { return read_hdf5(Input(path)); }

namespace {

// Where the elements lie; none if they are in pieces, or not as in memory.
std::optional<StoredArray> in_one_piece(const Session& session, hid_t set,
                                        const std::string& what) {
  const Id type = session.id(H5Dget_type(set), H5Tclose, what);
  const std::optional<DType> dtype = dtype_for(type);
  if (!dtype || H5Tequal(type, type_of(*dtype)) <= 0) return {};
  StoredArray stored{.dtype = *dtype, .shape = checked_shape(session, set, type, what)};
  const haddr_t offset = H5Dget_offset(set);
  std::uint64_t count = size_of(*dtype);
  for (const std::int64_t extent : stored.shape) count *= static_cast<std::uint64_t>(extent);
  if (offset == HADDR_UNDEF || offset > session.file_size() || count > session.file_size() - offset)
    return {};
  stored.offset = offset;
  return stored;
}

}  // namespace

StoredArray locate_hdf5(const std::filesystem::path& path, const std::string& array_path) {
  check_path(array_path);
  const Input input(path);
  Session session(input.name());
  const Id file = open_file(session, input);
  const std::string what = join("data set '", array_path, "' cannot be mapped");
  const Id set =
      session.id(H5Dopen2(file, array_path.c_str(), H5P_DEFAULT), H5Dclose, "there is no data set");
  const std::optional<StoredArray> stored = in_one_piece(session, set, what);
  if (!stored)
    session.refuse(join(what, ": it is not stored in one piece, or in another way than in memory"));
  return *stored;
}

namespace {

// Of a data set that lies in one piece and is stored as in memory.
class MappableSet : public ArrayFile {
 public:
  MappableSet(Input input, StoredArray stored)
      : ArrayFile(input.name(), stored.dtype, stored.shape),
        input_(std::move(input)),
        offset_(stored.offset) {}

 private:
  void fill(std::int64_t first, Array& out) const override {
    input_.check_unchanged();
    const std::uint64_t row = static_cast<std::uint64_t>(row_size()) * size_of(dtype());
    input_.read(offset_ + static_cast<std::uint64_t>(first) * row, out.bytes());
    make_boolean(out);
  }
  Input input_;
  std::uint64_t offset_;
};

// Of any data set, through the library.
class LibrarySet : public ArrayFile {
 public:
  struct Opened {
    explicit Opened(Input input_) : input(std::move(input_)) {}
    ~Opened() {
      const Session session(input.name(), file);
      set.reset();
      handle.reset();
    }
    Input input;
    std::string path;
    detail::Hdf5File file;
    std::optional<Id> handle, set;
  };
  LibrarySet(std::unique_ptr<Opened> opened, DType dtype, std::vector<std::int64_t> shape)
      : ArrayFile(opened->input.name(), dtype, std::move(shape)), opened_(std::move(opened)) {}

 private:
  void fill(std::int64_t first, Array& out) const override {
    opened_->input.check_unchanged();
    const Session session(name(), opened_->file);
    const std::string what = join("data set '", opened_->path, "' cannot be read");
    const Id space = session.id(H5Dget_space(*opened_->set), H5Sclose, what);
    const std::vector<hsize_t> counts(out.shape().begin(), out.shape().end());
    std::vector<hsize_t> starts(counts.size(), 0);
    starts.front() = static_cast<hsize_t>(first);
    session.check(
        H5Sselect_hyperslab(space, H5S_SELECT_SET, starts.data(), nullptr, counts.data(), nullptr),
        what);
    const Id memory = session.id(
        H5Screate_simple(static_cast<int>(counts.size()), counts.data(), nullptr), H5Sclose, what);
    session.check(
        H5Dread(*opened_->set, type_of(dtype()), memory, space, H5P_DEFAULT, out.bytes().data()),
        what);
    make_boolean(out);
  }
  std::unique_ptr<Opened> opened_;
};

}  // namespace

std::unique_ptr<const ArrayFile> open_hdf5(const std::filesystem::path& path,
                                           const ChooseArray& choose) {
  Input input(path);
  check_seal(input);
  auto opened = std::make_unique<LibrarySet::Opened>(std::move(input));
  Session session(opened->input.name(), opened->file);
  opened->handle.emplace(open_file(session, opened->input));
  Loader loader(session, Elements::leave);
  loader.load(*opened->handle);
  std::vector<std::string> names;
  for (const auto& [name, shape] : loader.shapes()) names.push_back(name);
  opened->path = choose(names);
  const std::string what = join("data set '", opened->path, "' cannot be read");
  const Id access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
  H5Pset_chunk_cache(access, 12421, kept_chunks, H5D_CHUNK_CACHE_W0_DEFAULT);
  opened->set.emplace(H5Dopen2(*opened->handle, opened->path.c_str(), access), H5Dclose);
  session.check(hid_t{*opened->set}, what);
  if (const auto stored = in_one_piece(session, *opened->set, what)) {
    opened->set.reset();
    opened->handle.reset();
    return std::make_unique<MappableSet>(std::move(opened->input), *stored);
  }
  const Id type = session.id(H5Dget_type(*opened->set), H5Tclose, what);
  std::vector<std::int64_t> shape = checked_shape(session, *opened->set, type, what);
  const DType dtype = dtype_for(type).value();
  return std::make_unique<LibrarySet>(std::move(opened), dtype, std::move(shape));
}

Hdf5Outline outline_hdf5(const std::filesystem::path& path) {
  const Input input(path);
  Session session(input.name());
  const Id file = open_file(session, input);
  Loader loader(session, Elements::leave);
  Hdf5Outline outline;
  outline.attributes = loader.load(file).attributes;
  outline.shapes = loader.shapes();
  return outline;
}

}  // namespace striate
