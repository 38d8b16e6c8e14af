#include "striate/io/detail/hdf5_session.h"

namespace striate::detail {

std::mutex& hdf5_library() {
  static std::mutex library;
  return library;
}

Id copy_type(hid_t type) { return Id(H5Tcopy(type), H5Tclose); }

Id bool_type() {
  Id type(H5Tenum_create(H5T_STD_I8LE), H5Tclose);
  const std::int8_t no = 0, yes = 1;
  H5Tenum_insert(type, "FALSE", &no);
  H5Tenum_insert(type, "TRUE", &yes);
  return type;
}

namespace {
Id complex_type(hid_t part) {
  const std::size_t size = H5Tget_size(part);
  Id type(H5Tcreate(H5T_COMPOUND, 2 * size), H5Tclose);
  H5Tinsert(type, "r", 0, part);
  H5Tinsert(type, "i", size, part);
  return type;
}

}  // namespace

Id text_type() {
  Id type = copy_type(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

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

}  // namespace striate::detail
