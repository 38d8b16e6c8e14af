#include "striate/io/detail/hdf5_writer.h"

#include <cmath>
#include <optional>

#include "striate/core/build_info.h"
#include "striate/io/detail/hdf5_session.h"
#include "striate/io/hdf5.h"

namespace striate::detail {
namespace {

void write_attribute(const Session& session, hid_t object, const std::string& name, hid_t type,
                     hid_t space, const void* data) {
  const Id attribute =
      session.id(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
                 join("attribute '", name, "' cannot be made"));
  if (data)  // an empty list has none
    session.check(H5Awrite(attribute, type, data),
                  join("attribute '", name, "' cannot be written"));
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

// Makes a data set whose elements come later; where they belong, if there are any.
std::uint64_t make_set(const Session& session, hid_t file, hid_t links, const std::string& path,
                       const StreamedArray& array) {
  const std::string what = join("data set '", path, "' cannot be written");
  const std::vector<hsize_t> extents(array.shape.begin(), array.shape.end());
  const Id space = session.id(
      extents.empty() ? H5Screate(H5S_SCALAR)
                      : H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr),
      H5Sclose, what);
  const Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation, false);  // the same archive gives the same bytes
  H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER);
  H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY);
  const Id type = type_of(array.dtype);
  const Id set = session.id(
      H5Dcreate2(file, path.c_str(), type, space, links, creation, H5P_DEFAULT), H5Dclose, what);
  return array.bytes() > 0 ? H5Dget_offset(set) : 0;
}

// The check sum of its elements.
void finish_set(const Session& session, hid_t file, const std::string& path, std::uint32_t crc) {
  const Id set = session.id(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose,
                            join("data set '", path, "' cannot be written"));
  write_attribute(session, set, "crc32", std::int64_t{crc});
}

void write_attributes(const Session& session, hid_t file, hid_t links,
                      const std::map<std::string, Values>& attributes) {
  for (const auto& [path, values] : attributes) {
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

void write_seal(AtomicFile& output) {
  Hdf5Seal seal{};
  std::ranges::copy(hdf5_seal_mark, seal.mark);
  seal.crc = crc_of_first(
      output.size(), [&](std::uint64_t at, std::span<std::byte> out) { output.read_at(at, out); });
  output.write_at(output.size(), std::as_bytes(std::span(&seal, 1)));
}

// The file while it is made. The library is ours only within the calls, since whoever makes the
// elements may read HDF5 files for it.
class Writer {
 public:
  explicit Writer(AtomicFile& output) : output_(output), name_(output.path().string()) {
    file_.output = &output;
  }
  ~Writer() {
    const Session session(name_, file_);
    handle_.reset();
  }

  void begin(const StreamedArchive& archive) {
    Session session(name_, file_);
    const Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    use_driver(access, file_);
    // Of format 1.8 the library checks its own records by check sums, and all readers know it.
    H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18);
    H5Pset_alignment(access, 1024, 64);
    const Id creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
    H5Pset_obj_track_times(creation, false);
    handle_.emplace(session.id(H5Fcreate(name_.c_str(), H5F_ACC_TRUNC, creation, access), H5Fclose,
                               "cannot be created"));
    const Id links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    H5Pset_create_intermediate_group(links, 1);
    H5Pset_char_encoding(links, H5T_CSET_UTF8);
    write_attribute(session, *handle_, "striate_format",
                    join(file_format_major, '.', file_format_minor));
    write_attribute(session, *handle_, "striate_version", std::string(library_version));
    for (const auto& [path, array] : archive.arrays)
      offsets_.push_back(make_set(session, *handle_, links, path, array));
    write_attributes(session, *handle_, links, archive.attributes);
  }

  void write_elements(const StreamedArchive& archive) {
    auto offset = offsets_.begin();
    for (const auto& [path, array] : archive.arrays) {
      std::uint64_t at = *offset++;
      std::uint32_t crc = 0;
      array.write(path, [&](std::span<const std::byte> piece) {
        output_.write_at(at, piece);
        at += piece.size();
        crc = crc32(piece, crc);
      });
      sums_.push_back(crc);
    }
  }

  void finish(const StreamedArchive& archive) {
    Session session(name_, file_);
    auto crc = sums_.begin();
    for (const auto& [path, array] : archive.arrays) finish_set(session, *handle_, path, *crc++);
    session.check(handle_->close(), "cannot be written");
    if (!file_.failure.empty()) throw IoError(file_.failure);
  }

 private:
  AtomicFile& output_;
  std::string name_;
  Hdf5File file_;
  std::optional<Id> handle_;
  std::vector<std::uint64_t> offsets_;
  std::vector<std::uint32_t> sums_;
};

}  // namespace

void write_hdf5(const std::filesystem::path& path, const StreamedArchive& archive,
                Overwrite overwrite) {
  for (const auto& [where, array] : archive.arrays) check_path(where);
  for (const auto& [where, values] : archive.attributes)
    if (!where.empty()) check_path(where);
  AtomicFile output(path, overwrite);
  {
    Writer writer(output);
    writer.begin(archive);
    writer.write_elements(archive);
    writer.finish(archive);
  }
  write_seal(output);
  output.commit();
}

}  // namespace striate::detail
