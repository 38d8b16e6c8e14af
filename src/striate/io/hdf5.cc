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
#include "striate/io/detail/hdf5_driver.h"
#include "striate/io/hash.h"

namespace striate {
namespace {

constexpr std::uint64_t largest_ratio = 1100;  // of deflate, with room for chunks not filled
constexpr std::uint64_t small_bytes = 1 << 20;
constexpr hsize_t most_links = 1 << 20;
constexpr int deepest_group = 32;

std::mutex library;  // Debian's HDF5 is built without its own lock

// Something of the library's that has to be closed.
class Id {
 public:
  Id(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Id(Id&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Id& operator=(Id&&) = delete;
  ~Id() { close(); }
  operator hid_t() const { return id_; }
  herr_t close() { return id_ >= 0 ? close_(std::exchange(id_, -1)) : 0; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

// One call into the library: locked, and its errors kept off the terminal.
class Session {
 public:
  explicit Session(const std::string& name) : name_(name) {
    H5Eget_auto2(H5E_DEFAULT, &print_, &print_data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~Session() { H5Eset_auto2(H5E_DEFAULT, print_, print_data_); }
  Session(const Session&) = delete;

  const std::string& name() const { return name_; }
  detail::Hdf5File& file() { return file_; }
  std::uint64_t file_size() const { return file_.input->size(); }

  [[noreturn]] void refuse(const std::string& why) const {
    throw IoError("hdf5: ", name_, ": ", why);
  }
  // Throws with the library's own deepest reason where a call failed.
  template <class Result>
  Result check(Result result, std::string_view what) const {
    if (result >= 0) return result;
    if (!file_.failure.empty()) throw IoError(file_.failure);
    std::string reason;
    H5Ewalk2(
        H5E_DEFAULT, H5E_WALK_UPWARD,
        [](unsigned, const H5E_error2_t* error, void* data) -> herr_t {
          auto& text = *static_cast<std::string*>(data);
          if (text.empty() && error->desc) text = error->desc;
          return 0;
        },
        &reason);
    refuse(join(what, reason.empty() ? "" : " (", reason, reason.empty() ? "" : ")"));
  }
  Id id(hid_t value, herr_t (*close)(hid_t), std::string_view what) const {
    return Id(check(value, what), close);
  }

 private:
  const std::string& name_;
  std::unique_lock<std::mutex> lock_{library};
  detail::Hdf5File file_;
  H5E_auto2_t print_ = nullptr;
  void* print_data_ = nullptr;
};

// ---- types ----

Id copy_type(hid_t type) { return Id(H5Tcopy(type), H5Tclose); }

Id bool_type() {
  Id type(H5Tenum_create(H5T_STD_I8LE), H5Tclose);
  const std::int8_t no = 0, yes = 1;
  H5Tenum_insert(type, "FALSE", &no);
  H5Tenum_insert(type, "TRUE", &yes);
  return type;
}

Id complex_type(hid_t part) {
  const std::size_t size = H5Tget_size(part);
  Id type(H5Tcreate(H5T_COMPOUND, 2 * size), H5Tclose);
  H5Tinsert(type, "r", 0, part);
  H5Tinsert(type, "i", size, part);
  return type;
}

Id text_type() {
  Id type = copy_type(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

// In the file and in memory alike: this machine is little-endian (npy.cc asserts it).
Id type_of(DType type) {
  switch (type) {
    case DType::boolean:
      return bool_type();
    case DType::u8:
      return copy_type(H5T_STD_U8LE);
    case DType::u16:
      return copy_type(H5T_STD_U16LE);
    case DType::i32:
      return copy_type(H5T_STD_I32LE);
    case DType::i64:
      return copy_type(H5T_STD_I64LE);
    case DType::u64:
      return copy_type(H5T_STD_U64LE);
    case DType::f32:
      return copy_type(H5T_IEEE_F32LE);
    case DType::f64:
      return copy_type(H5T_IEEE_F64LE);
    case DType::c64:
      return complex_type(H5T_IEEE_F32LE);
    case DType::c128:
      break;
  }
  return complex_type(H5T_IEEE_F64LE);
}

std::optional<std::string> member_name(hid_t type, unsigned i) {
  char* name = H5Tget_member_name(type, i);
  if (!name) return {};
  std::string copy = name;
  H5free_memory(name);
  return copy;
}

// The archive's type that holds a stored one; none for text, records, references...
std::optional<DType> dtype_for(hid_t type) {
  const std::size_t size = H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      if (H5Tget_sign(type) == H5T_SGN_NONE) {
        if (size == 1) return DType::u8;
        if (size == 2) return DType::u16;
        if (size <= 4) return DType::i64;
        return size <= 8 ? std::optional(DType::u64) : std::nullopt;
      }
      if (size <= 4) return DType::i32;
      return size <= 8 ? std::optional(DType::i64) : std::nullopt;
    case H5T_FLOAT:
      if (size <= 4) return DType::f32;
      return size <= 8 ? std::optional(DType::f64) : std::nullopt;
    case H5T_ENUM:
      if (H5Tget_nmembers(type) == 2 && member_name(type, 0) == "FALSE" &&
          member_name(type, 1) == "TRUE")
        return DType::boolean;
      return {};
    case H5T_COMPOUND: {
      if (H5Tget_nmembers(type) != 2 || member_name(type, 0) != "r" || member_name(type, 1) != "i")
        return {};
      const Id part(H5Tget_member_type(type, 0), H5Tclose);
      if (part < 0 || H5Tget_class(part) != H5T_FLOAT) return {};
      const std::size_t width = H5Tget_size(part);
      return width == 4   ? std::optional(DType::c64)
             : width == 8 ? std::optional(DType::c128)
                          : std::nullopt;
    }
    default:
      return {};
  }
}

// ---- attributes ----

void write_attribute(const Session& session, hid_t object, const std::string& name, hid_t type,
                     hid_t space, const void* data) {
  const Id attribute =
      session.id(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
                 join("attribute '", name, "' cannot be made"));
  session.check(H5Awrite(attribute, type, data), join("attribute '", name, "' cannot be written"));
}

void write_attribute(const Session& session, hid_t object, const std::string& name,
                     const Value& value) {
  const Id scalar(H5Screate(H5S_SCALAR), H5Sclose);
  std::visit(
      [&](const auto& v) {
        using T = std::remove_cvref_t<decltype(v)>;
        if constexpr (std::is_same_v<T, bool>) {
          const std::int8_t byte = v;
          write_attribute(session, object, name, bool_type(), scalar, &byte);
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
          write_attribute(session, object, name, H5T_STD_I64LE, scalar, &v);
        } else if constexpr (std::is_same_v<T, double>) {
          write_attribute(session, object, name, H5T_IEEE_F64LE, scalar, &v);
        } else if constexpr (std::is_same_v<T, std::string>) {
          const char* text = v.c_str();
          write_attribute(session, object, name, text_type(), scalar, &text);
        } else if constexpr (std::is_same_v<T, std::vector<double>>) {
          const hsize_t count = v.size();
          const Id line(H5Screate_simple(1, &count, nullptr), H5Sclose);
          const bool whole = std::all_of(v.begin(), v.end(), [](double x) {
            return std::abs(x) < 0x1p53 && x == std::floor(x) && !(x == 0 && std::signbit(x));
          });
          if (whole) {
            const std::vector<std::int64_t> numbers(v.begin(), v.end());
            write_attribute(session, object, name, H5T_STD_I64LE, line, numbers.data());
          } else {
            write_attribute(session, object, name, H5T_IEEE_F64LE, line, v.data());
          }
        }
      },
      value);
}

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
    session.check(H5Aread(attribute, H5T_NATIVE_DOUBLE, numbers.data()), what);
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
  if (*dtype == DType::boolean)
    for (std::byte& b : array.bytes()) b = b == std::byte{0} ? std::byte{0} : std::byte{1};
  return array;
}

// ---- trees ----

class Loader {
 public:
  explicit Loader(const Session& session) : session_(session) {}

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
    if (kind == H5I_DATASET) {
      const Array& array = archive_.arrays[path] = read_set(session_, object, path);
      const auto crc = values.find("crc32");
      if (ours_ && crc != values.end()) {
        if (crc->second != Value(static_cast<std::int64_t>(crc32(array.bytes()))))
          session_.refuse(join("data set '", path,
                               "' has a wrong check sum; it is damaged, or "
                               "was changed by another program"));
        values.erase(crc);
      }
    } else {
      walk(object, path + '/', depth + 1);
    }
    if (!values.empty()) archive_.attributes[path] = std::move(values);
  }

  const Session& session_;
  Archive archive_;
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

void check_path(const std::string& path) {
  std::string_view rest = path;
  while (true) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    if (part.empty() || part == "." || part == ".." || part.find('\0') != part.npos)
      throw Error("hdf5: '", path, "' is no path of an array or a group");
    if (part.size() == rest.size()) return;
    rest.remove_prefix(part.size() + 1);
  }
}

void write_set(const Session& session, hid_t file, hid_t links, const std::string& path,
               const Array& array) {
  const std::string what = join("data set '", path, "' cannot be written");
  const std::vector<hsize_t> extents(array.shape().begin(), array.shape().end());
  const Id space = session.id(
      extents.empty() ? H5Screate(H5S_SCALAR)
                      : H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr),
      H5Sclose, what);
  const Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation, false);  // the same archive gives the same bytes
  H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER);
  const Id type = type_of(array.dtype());
  const Id set = session.id(
      H5Dcreate2(file, path.c_str(), type, space, links, creation, H5P_DEFAULT), H5Dclose, what);
  if (array.size() > 0)
    session.check(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, array.bytes().data()), what);
  write_attribute(session, set, "crc32", static_cast<std::int64_t>(crc32(array.bytes())));
}

void write_tree(const Session& session, hid_t file, const Archive& archive) {
  const Id links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links, 1);
  H5Pset_char_encoding(links, H5T_CSET_UTF8);
  write_attribute(session, file, "striate_format", join(file_format_major, '.', file_format_minor));
  write_attribute(session, file, "striate_version", std::string(library_version));
  for (const auto& [path, array] : archive.arrays) write_set(session, file, links, path, array);
  for (const auto& [path, values] : archive.attributes) {
    if (values.empty()) continue;
    const std::string what = join("attributes of '", path, "' cannot be written");
    if (!path.empty() && H5Lexists(file, path.c_str(), H5P_DEFAULT) <= 0) {
      const Id creation(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
      H5Pset_obj_track_times(creation, false);
      session.id(H5Gcreate2(file, path.c_str(), links, creation, H5P_DEFAULT), H5Gclose, what);
    }
    const Id object =
        session.id(H5Oopen(file, path.empty() ? "/" : path.c_str(), H5P_DEFAULT), H5Oclose, what);
    for (const auto& [name, value] : values) write_attribute(session, object, name, value);
  }
}

}  // namespace

namespace {

// Behind the end of HDF5's own bytes, where its readers do not look, our files end in a seal: eight
// letters, the CRC-32 of all before them, four zeros. It is compared before the library sees
// anything, since it trusts the heaps of texts, which carry no sums of their own, more than it
// should. Files of others, and ours once others have changed them, have none.
constexpr std::string_view seal_mark = "StriSeal";

struct Seal {
  char mark[8];
  std::uint32_t crc;
  std::uint32_t zero;
};
static_assert(sizeof(Seal) == hdf5_seal_bytes);

template <class Read>
std::uint32_t crc_of_first(std::uint64_t size, Read read) {
  std::vector<std::byte> block(std::size_t{1} << 20);
  std::uint32_t crc = 0;
  for (std::uint64_t at = 0; at < size; at += block.size()) {
    const auto part = std::span(block).first(std::min<std::uint64_t>(block.size(), size - at));
    read(at, part);
    crc = crc32(part, crc);
  }
  return crc;
}

void write_seal(AtomicFile& output) {
  Seal seal{};
  std::ranges::copy(seal_mark, seal.mark);
  seal.crc = crc_of_first(
      output.size(), [&](std::uint64_t at, std::span<std::byte> out) { output.read_at(at, out); });
  output.write_at(output.size(), std::as_bytes(std::span(&seal, 1)));
}

void check_seal(const Input& input) {
  if (input.size() < sizeof(Seal)) return;
  const std::uint64_t sealed = input.size() - sizeof(Seal);
  Seal seal{};
  input.read(sealed, std::as_writable_bytes(std::span(&seal, 1)));
  if (std::string_view(seal.mark, sizeof(seal.mark)) != seal_mark) return;
  const std::uint32_t crc = crc_of_first(
      sealed, [&](std::uint64_t at, std::span<std::byte> out) { input.read(at, out); });
  if (crc != seal.crc)
    throw IoError("hdf5: ", input.name(),
                  ": is damaged (its check sum is not the one it was written with)");
}

}  // namespace

Archive read_hdf5(const Input& input) {
  check_seal(input);
  Session session(input.name());
  const Id file = open_file(session, input);
  return Loader(session).load(file);
}

Archive load_hdf5(const std::filesystem::path& path) { return read_hdf5(Input(path)); }

void save_hdf5(const std::filesystem::path& path, const Archive& archive, Overwrite overwrite) {
  for (const auto& [where, array] : archive.arrays) check_path(where);
  for (const auto& [where, values] : archive.attributes)
    if (!where.empty()) check_path(where);
  AtomicFile output(path, overwrite);
  {
    const std::string name = path.string();
    Session session(name);
    session.file().output = &output;
    const Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    detail::use_driver(access, session.file());
    // Of format 1.8 the library checks its own records by check sums, and all readers know it.
    H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18);
    H5Pset_alignment(access, 1024, 64);
    const Id creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
    H5Pset_obj_track_times(creation, false);
    Id file = session.id(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, creation, access), H5Fclose,
                         "cannot be created");
    write_tree(session, file, archive);
    session.check(file.close(), "cannot be written");
    if (!session.file().failure.empty()) throw IoError(session.file().failure);
  }
  write_seal(output);
  output.commit();
}

StoredArray locate_hdf5(const std::filesystem::path& path, const std::string& array_path) {
  check_path(array_path);
  const Input input(path);
  Session session(input.name());
  const Id file = open_file(session, input);
  const std::string what = join("data set '", array_path, "' cannot be mapped");
  const Id set =
      session.id(H5Dopen2(file, array_path.c_str(), H5P_DEFAULT), H5Dclose, "there is no data set");
  const Id type = session.id(H5Dget_type(set), H5Tclose, what);
  const std::optional<DType> dtype = dtype_for(type);
  if (!dtype || H5Tequal(type, type_of(*dtype)) <= 0)
    session.refuse(join(what, ": its type is stored in another way than in memory"));
  StoredArray stored{.dtype = *dtype, .shape = checked_shape(session, set, type, what)};
  const haddr_t offset = H5Dget_offset(set);
  std::uint64_t count = size_of(*dtype);
  for (const std::int64_t extent : stored.shape) count *= static_cast<std::uint64_t>(extent);
  if (offset == HADDR_UNDEF || offset > input.size() || count > input.size() - offset)
    session.refuse(join(what, ": it is not stored in one piece"));
  stored.offset = offset;
  return stored;
}

}  // namespace striate
