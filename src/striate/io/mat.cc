#include "striate/io/mat.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <optional>
#include <utility>

#include "striate/io/hdf5.h"

namespace striate {
namespace {

using ByteView = std::span<const std::byte>;

static_assert(std::endian::native == std::endian::little, "numbers are taken as they lie");

constexpr int deepest = 16;  // structures within structures
constexpr std::size_t header_bytes = 128;
constexpr std::size_t hdf5_offset = 512;  // where version 7.3 begins to be HDF5

enum : std::uint32_t {  // how numbers are stored
  mi_int8 = 1,
  mi_uint8 = 2,
  mi_int16 = 3,
  mi_uint16 = 4,
  mi_int32 = 5,
  mi_uint32 = 6,
  mi_single = 7,
  mi_double = 9,
  mi_int64 = 12,
  mi_uint64 = 13,
  mi_matrix = 14,
  mi_compressed = 15,
  mi_utf8 = 16,
  mi_utf16 = 17,
};

enum : std::uint32_t { mx_struct = 2, mx_char = 4 };  // classes that are no numbers but are read

// What the classes, from 1, are called, and what arrays of numbers become.
struct Class {
  const char* name;
  std::optional<DType> dtype = {};
};
constexpr std::array classes = {
    Class{"a cell array"},       Class{"an array of structures"},
    Class{"an object"},          Class{"text"},
    Class{"a sparse matrix"},    Class{"double", DType::f64},
    Class{"single", DType::f32}, Class{"int8", DType::i32},
    Class{"uint8", DType::u8},   Class{"int16", DType::i32},
    Class{"uint16", DType::u16}, Class{"int32", DType::i32},
    Class{"uint32", DType::i64}, Class{"int64", DType::i64},
    Class{"uint64", DType::u64}, Class{"a function"},
    Class{"an object"},
};

// A piece of a file, read from its start.
class Cursor {
 public:
  Cursor(ByteView bytes, const std::string& name) : bytes_(bytes), name_(&name) {}

  bool at_end() const { return bytes_.empty(); }
  [[noreturn]] void refuse(const std::string& why) const {
    throw IoError("mat: ", *name_, " is damaged: ", why);
  }
  ByteView take(std::uint64_t count) {
    if (count > bytes_.size())
      refuse(join(count, " bytes wanted where ", bytes_.size(), " are left"));
    const ByteView taken = bytes_.first(static_cast<std::size_t>(count));
    bytes_ = bytes_.subspan(static_cast<std::size_t>(count));
    return taken;
  }
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

  struct Element {
    std::uint32_t type = 0;
    ByteView bytes;
  };
  Element element() {
    const auto first = number<std::uint32_t>();
    if (first >> 16) {  // at most four bytes, packed into the tag
      if (first >> 16 > 4) refuse("an element of more bytes than its tag holds");
      return {first & 0xFFFF, take(4).first(first >> 16)};
    }
    const auto count = number<std::uint32_t>();
    Element element{first, take(count)};
    if (first != mi_compressed) take(std::min<std::size_t>((8 - count % 8) % 8, bytes_.size()));
    return element;
  }
  const std::string& name() const { return *name_; }

 private:
  ByteView bytes_;
  const std::string* name_;
};

std::vector<std::byte> inflated(ByteView packed, const Cursor& where) {
  z_stream zlib = {};
  if (inflateInit(&zlib) != Z_OK) throw IoError("mat: ", where.name(), ": no memory to inflate");
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
  zlib.avail_in = static_cast<uInt>(packed.size());
  std::vector<std::byte> out;
  std::size_t filled = 0;
  int result = Z_OK;
  while (result == Z_OK) {  // grows as bytes arrive, whatever is announced
    out.resize(std::max<std::size_t>(4096, 2 * filled));
    zlib.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
    zlib.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size() - filled, 1u << 30));
    const uInt room = zlib.avail_out;
    result = ::inflate(&zlib, Z_NO_FLUSH);
    filled += room - zlib.avail_out;
  }
  inflateEnd(&zlib);
  if (result != Z_STREAM_END) where.refuse("an array cannot be inflated");
  out.resize(filled);
  return out;
}

// Calls visit(T{}) with the type that numbers are stored in.
template <class Visit>
void with_stored_type(std::uint32_t type, const Cursor& where, Visit visit) {
  switch (type) {
    case mi_int8:
      return visit(std::int8_t{});
    case mi_uint8:
    case mi_utf8:
      return visit(std::uint8_t{});
    case mi_int16:
      return visit(std::int16_t{});
    case mi_uint16:
    case mi_utf16:
      return visit(std::uint16_t{});
    case mi_int32:
      return visit(std::int32_t{});
    case mi_uint32:
      return visit(std::uint32_t{});
    case mi_single:
      return visit(float{});
    case mi_double:
      return visit(double{});
    case mi_int64:
      return visit(std::int64_t{});
    case mi_uint64:
      return visit(std::uint64_t{});
    default:
      where.refuse(join("numbers stored in a way ", type, " that does not exist"));
  }
}

// Calls visit(T{}) with the type that an array, or one part of its complex numbers, holds.
template <class Visit>
void with_held_type(DType type, Visit visit) {
  switch (type) {
    case DType::boolean:
    case DType::u8:
      return visit(std::uint8_t{});
    case DType::u16:
      return visit(std::uint16_t{});
    case DType::i32:
      return visit(std::int32_t{});
    case DType::i64:
      return visit(std::int64_t{});
    case DType::u64:
      return visit(std::uint64_t{});
    case DType::f32:
    case DType::c64:
      return visit(float{});
    default:
      return visit(double{});
  }
}

// visit(to, from): element `to` of an array in C order is element `from` where the first index runs
// fastest.
template <class Visit>
void in_both_orders(const std::vector<std::int64_t>& shape, Visit visit) {
  std::vector<std::int64_t> index(shape.size(), 0), step(shape.size(), 1);
  for (std::size_t d = 1; d < shape.size(); ++d) step[d] = step[d - 1] * shape[d - 1];
  const std::int64_t size =
      std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  std::int64_t from = 0;
  for (std::int64_t to = 0; to < size; ++to) {
    visit(static_cast<std::size_t>(to), static_cast<std::size_t>(from));
    for (std::size_t d = shape.size(); d-- > 0;) {
      from += step[d];
      if (++index[d] < shape[d]) break;
      from -= step[d] * shape[d];
      index[d] = 0;
    }
  }
}

// Numbers as the file has them into places part, part + parts, ... of the array.
void put(const Cursor::Element& stored, std::size_t part, std::size_t parts, const Cursor& where,
         Array& array) {
  with_stored_type(stored.type, where, [&](auto from) {
    using From = decltype(from);
    if (stored.bytes.size() / sizeof(From) < static_cast<std::size_t>(array.size()))
      where.refuse(
          join(stored.bytes.size(), " bytes are not enough for ", array.size(), " numbers"));
    with_held_type(array.dtype(), [&](auto to) {
      using To = decltype(to);
      std::byte* out = array.bytes().data();
      in_both_orders(array.shape(), [&](std::size_t i, std::size_t j) {
        From value;
        std::memcpy(&value, stored.bytes.data() + j * sizeof value, sizeof value);
        To held;
        if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
          if (!(value >= From(std::numeric_limits<To>::lowest()) &&
                value < From(std::numeric_limits<To>::max())))
            where.refuse(join("a number ", value, " where integers are announced"));
        }
        held = static_cast<To>(value);
        if (array.dtype() == DType::boolean) held = held != 0;
        std::memcpy(out + (i * parts + part) * sizeof held, &held, sizeof held);
      });
    });
  });
}

std::string utf8_of(std::span<const std::uint32_t> units) {
  std::string text;
  const auto tail = [&](std::uint32_t bits) { text += static_cast<char>(0x80 | (bits & 0x3F)); };
  for (const std::uint32_t unit : units) {
    if (unit < 0x80) {
      text += static_cast<char>(unit);
    } else if (unit < 0x800) {
      text += static_cast<char>(0xC0 | unit >> 6);
      tail(unit);
    } else if (unit < 0xD800 || (unit > 0xDFFF && unit < 0x10000)) {
      text += static_cast<char>(0xE0 | unit >> 12);
      tail(unit >> 6);
      tail(unit);
    } else {
      text += '?';
    }
  }
  return text;
}

std::string text_of(ByteView bytes) {
  std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.substr(0, text.find('\0'));
}

// What of a file can be kept, as it is found.
class Collector {
 public:
  void array(const std::string& path, Array array) { archive_.arrays[path] = std::move(array); }
  void text(const std::string& path, std::string text) {
    const std::size_t slash = path.rfind('/');
    const bool inside = slash != std::string::npos;
    archive_.attributes[inside ? path.substr(0, slash) : ""][path.substr(inside ? slash + 1 : 0)] =
        std::move(text);
  }
  void other(const std::string& path, const std::string& kind) {
    others_.push_back(join("'", path, "' (", kind, ")"));
  }
  Archive result(const Input& input) {
    if (archive_.arrays.empty())
      throw IoError("mat: ", input.name(), " holds no array of numbers; it holds ",
                    others_.empty() ? "nothing" : list_of(others_));
    return std::move(archive_);
  }

 private:
  Archive archive_;
  std::vector<std::string> others_;
};

// ---- versions 5 to 7.2 ----

std::vector<std::int64_t> shape_of(const Cursor::Element& stored, const Cursor& where) {
  if (stored.type != mi_int32 || stored.bytes.size() < 8 || stored.bytes.size() % 4)
    where.refuse("an array without a shape");
  std::vector<std::int64_t> shape;
  std::int64_t size = 1;
  for (Cursor dims(stored.bytes, where.name()); !dims.at_end();) {
    shape.push_back(dims.number<std::int32_t>());
    if (shape.back() < 0 || __builtin_mul_overflow(size, shape.back(), &size))
      where.refuse("a shape that cannot exist");
  }
  return shape;
}

void read_matrix(ByteView bytes, const std::string& group, bool named, int depth,
                 const std::string& file, Collector& found) {
  Cursor cursor(bytes, file);
  if (cursor.at_end()) return;  // an empty field
  if (depth > deepest) cursor.refuse(join("structures lie deeper than ", deepest));
  Cursor flags(cursor.element().bytes, file);
  const auto word = flags.number<std::uint32_t>();
  const std::uint32_t kind = word & 0xFF;
  const bool logical = word & 0x200, complex = (word & 0x800) && !logical;
  if (kind == 0 || kind > classes.size()) cursor.refuse(join("an array of class ", kind));
  const Class& about = classes[kind - 1];
  if (kind == 17) return found.other(group, about.name);  // opaque: has no shape
  const std::vector<std::int64_t> shape = shape_of(cursor.element(), cursor);
  const std::string name = text_of(cursor.element().bytes);
  const std::string path = named ? name : group;
  const std::int64_t size =
      std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  if (about.dtype) {
    const Cursor::Element real = cursor.element();
    // Before memory is taken: a number takes a byte at least.
    if (real.bytes.size() < static_cast<std::size_t>(size))
      cursor.refuse(join("'", path, "' has ", size, " numbers in ", real.bytes.size(), " bytes"));
    if (complex && kind != 6 && kind != 7) return found.other(path, "complex integers");
    Array array(logical                      ? DType::boolean
                : !complex                   ? *about.dtype
                : *about.dtype == DType::f32 ? DType::c64
                                             : DType::c128,
                shape);
    put(real, 0, complex ? 2 : 1, cursor, array);
    if (complex) put(cursor.element(), 1, 2, cursor, array);
    return found.array(path, std::move(array));
  }
  if (kind == mx_char && shape.size() == 2 && shape[0] <= 1) {
    const Cursor::Element letters = cursor.element();
    std::vector<std::uint32_t> units;
    with_stored_type(letters.type, cursor, [&](auto type) {
      if constexpr (std::is_unsigned_v<decltype(type)>)
        for (Cursor c(letters.bytes, file); !c.at_end();)
          units.push_back(static_cast<std::uint32_t>(c.number<decltype(type)>()));
    });
    return found.text(path, letters.type == mi_utf8 ? text_of(letters.bytes) : utf8_of(units));
  }
  if (kind == mx_struct && size == 1) {
    Cursor width(cursor.element().bytes, file);
    const auto length = width.number<std::int32_t>();
    Cursor names(cursor.element().bytes, file);
    if (length < 1) cursor.refuse("names of fields without a length");
    while (!names.at_end()) {
      const std::string field = text_of(names.take(static_cast<std::uint64_t>(length)));
      const Cursor::Element value = cursor.element();
      if (value.type != mi_matrix) cursor.refuse("a field that is no array");
      read_matrix(value.bytes, join(path, "/", field), false, depth + 1, file, found);
    }
    return;
  }
  found.other(path, about.name);
}

void read_version5(const Input& input, Collector& found) {
  const std::vector<std::byte> all = input.all();
  Cursor cursor(all, input.name());
  cursor.take(126);
  if (cursor.number<std::uint16_t>() != 0x4D49)
    throw IoError("mat: ", input.name(),
                  " is no file of MATLAB, or one of a machine with another byte order");
  while (!cursor.at_end()) {
    Cursor::Element element = cursor.element();
    std::vector<std::byte> unpacked;
    if (element.type == mi_compressed) {
      unpacked = inflated(element.bytes, cursor);
      element = Cursor(unpacked, input.name()).element();
    }
    if (element.type == mi_matrix) read_matrix(element.bytes, "", true, 0, input.name(), found);
  }
}

// ---- version 4 ----

void read_version4(const Input& input, Collector& found) {
  const std::vector<std::byte> all = input.all();
  for (Cursor cursor(all, input.name()); !cursor.at_end();) {
    constexpr std::array stored = {mi_double, mi_single, mi_int32, mi_int16, mi_uint16, mi_uint8};
    constexpr std::array<std::size_t, 6> widths = {8, 4, 4, 2, 2, 1};
    const auto type = cursor.number<std::uint32_t>();
    const std::uint32_t kind = type % 10, how = type / 10 % 10;
    if (type > 99 || kind > 2 || how > 5)
      throw IoError("mat: ", input.name(),
                    " is no file of MATLAB, or one of a machine with another byte order");
    const auto rows = cursor.number<std::int32_t>(), columns = cursor.number<std::int32_t>();
    const bool complex = cursor.number<std::int32_t>() != 0;
    const std::string name = text_of(cursor.take(cursor.number<std::uint32_t>()));
    if (rows < 0 || columns < 0) cursor.refuse("a shape that cannot exist");
    const std::uint64_t size = std::uint64_t(rows) * std::uint64_t(columns);
    const auto part = [&] { return Cursor::Element{stored[how], cursor.take(size * widths[how])}; };
    const Cursor::Element real = part();
    const std::optional<Cursor::Element> imaginary = complex ? std::optional(part()) : std::nullopt;
    if (kind != 0) {
      found.other(name, kind == 1 ? "text" : "a sparse matrix");
      continue;
    }
    Array array(complex ? DType::c128 : DType::f64, {rows, columns});
    put(real, 0, complex ? 2 : 1, cursor, array);
    if (imaginary) put(*imaginary, 1, 2, cursor, array);
    found.array(name, std::move(array));
  }
}

// ---- version 7.3 ----

// HDF5 has the axes of MATLAB's arrays in reverse, over the same bytes.
Array with_axes_reversed(const Array& stored, DType dtype) {
  std::vector<std::int64_t> shape(stored.shape().rbegin(), stored.shape().rend());
  Array array(dtype, std::move(shape));
  const std::size_t width = size_of(dtype);
  in_both_orders(array.shape(), [&](std::size_t to, std::size_t from) {
    std::memcpy(array.bytes().data() + to * width, stored.bytes().data() + from * width, width);
  });
  return array;
}

void read_version7(const Input& input, Collector& found) {
  const Archive stored = read_numbers_of_hdf5(input);
  for (const auto& [path, array] : stored.arrays) {
    if (path.starts_with("#")) continue;  // what cells refer to
    const Value kind = stored.attribute(path, "MATLAB_class");
    const std::string word =
        std::holds_alternative<std::string>(kind) ? std::get<std::string>(kind) : "";
    if (!std::holds_alternative<std::monostate>(stored.attribute(path, "MATLAB_empty"))) {
      found.other(path, "empty");
    } else if (word == "char") {
      const std::vector<std::int64_t> units = array.to<std::int64_t>();
      found.text(path, utf8_of(std::vector<std::uint32_t>(units.begin(), units.end())));
    } else if (word == "logical" && array.dtype() == DType::u8) {
      Array flags = with_axes_reversed(array, DType::boolean);
      for (std::byte& b : flags.bytes()) b = b == std::byte{0} ? std::byte{0} : std::byte{1};
      found.array(path, std::move(flags));
    } else {
      found.array(path, with_axes_reversed(array, array.dtype()));
    }
  }
  for (const auto& [path, values] : stored.attributes)
    if (!stored.has(path) && values.contains("MATLAB_class") &&
        values.at("MATLAB_class") != Value(std::string("struct")))
      found.other(path, "no numbers");
}

}  // namespace

Archive read_mat(const Input& input) {
  constexpr std::array signature = {'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};
  const auto starts_with_text = [&] {
    const std::vector<std::byte> four = input.bytes(0, 4);
    return std::ranges::none_of(four, [](std::byte b) { return b == std::byte{0}; });
  };
  Collector found;
  if (input.size() >= hdf5_offset + signature.size() &&
      std::ranges::equal(input.bytes(hdf5_offset, signature.size()),
                         std::as_bytes(std::span(signature)))) {
    read_version7(input, found);
  } else if (input.size() >= header_bytes && starts_with_text()) {
    read_version5(input, found);
  } else {
    read_version4(input, found);
  }
  return found.result(input);
}

Archive load_mat(const std::filesystem::path& path) { return read_mat(Input(path)); }

}  // namespace striate
