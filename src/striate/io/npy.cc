#include "striate/io/npy.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

namespace striate {
namespace detail {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::uint32_t longest_header = 1 << 16;
constexpr std::size_t most_dimensions = 32;

// Reads the Python dictionary of the header: {'descr': '<f4', 'fortran_order': False, 'shape': (3,
// 4), }
class Dictionary {
 public:
  Dictionary(const std::string& file, std::string_view text) : file_(file), text_(text) {}

  void parse(NpyHeader& header) {
    bool descr = false, order = false, shape = false;
    expect('{');
    while (!take('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr" && !descr) {
        descr = true;
        parse_descr(header);
      } else if (key == "fortran_order" && !order) {
        order = true;
        header.fortran_order = word();
      } else if (key == "shape" && !shape) {
        shape = true;
        parse_shape(header.shape);
      } else {
        refuse(join("unexpected key '", key, "'"));
      }
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    if (!descr || !order || !shape) refuse("descr, fortran_order or shape is missing");
    skip();
    if (!text_.empty()) refuse("something follows the dictionary");
  }

 private:
  [[noreturn]] void refuse(std::string_view why) const {
    throw IoError("npy: ", file_, ": damaged header: ", why);
  }
  void skip() { text_.remove_prefix(std::min(text_.find_first_not_of(" \t\n\r"), text_.size())); }
  bool take(char c) {
    skip();
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) refuse(join("'", c, "' is missing"));
  }
  std::string_view quoted() {
    skip();
    if (text_.empty() || (text_.front() != '\'' && text_.front() != '"'))
      refuse("a name is missing");
    const std::size_t end = text_.find(text_.front(), 1);
    if (end == std::string_view::npos) refuse("a name does not end");
    const std::string_view name = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return name;
  }
  bool word() {
    skip();
    for (const bool value : {true, false}) {
      const std::string_view name = value ? "True" : "False";
      if (!text_.starts_with(name)) continue;
      text_.remove_prefix(name.size());
      return value;
    }
    refuse("fortran_order is neither True nor False");
  }
  void parse_shape(std::vector<std::int64_t>& shape) {
    expect('(');
    while (!take(')')) {
      skip();
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
      if (error != std::errc() || value < 0) refuse("a size is no whole number");
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      take('L');  // Python 2
      if (shape.size() == most_dimensions) refuse("more than 32 dimensions");
      shape.push_back(value);
      if (!take(',')) {
        expect(')');
        break;
      }
    }
  }
  void parse_descr(NpyHeader& header) {
    skip();
    if (text_.starts_with('['))
      throw IoError("npy: ", file_, " holds records; plain numbers are needed");
    const std::string_view descr = quoted();
    std::string_view rest = descr;
    if (!rest.empty() && std::string_view("<>|=").find(rest.front()) != std::string_view::npos) {
      header.big_endian = rest.front() == '>';
      rest.remove_prefix(1);
    }
    if (rest.empty()) refuse("an empty type");
    header.kind = rest.front();
    rest.remove_prefix(1);
    if (header.kind == 'O')
      throw IoError("npy: ", file_,
                    " is an object array (pickle), which could run any program; save plain "
                    "numbers");
    const auto [end, error] =
        std::from_chars(rest.data(), rest.data() + rest.size(), header.item_bytes);
    const bool number = error == std::errc() && end == rest.data() + rest.size();
    const int n = header.item_bytes;
    bool known = false;
    switch (header.kind) {
      case 'b':
        known = n == 1;
        break;
      case 'i':
      case 'u':
        known = n == 1 || n == 2 || n == 4 || n == 8;
        break;
      case 'f':
        known = n == 2 || n == 4 || n == 8;
        break;
      case 'c':
        known = n == 8 || n == 16;
        break;
      case 'S':
        known = n >= 0 && n <= 1024;
        break;
      case 'U':
        known = n >= 0 && n <= 256;
        break;
      default:
        break;
    }
    if (!number || !known)
      throw IoError("npy: ", file_, " holds elements of type '", descr,
                    "'; booleans, integers, floats and complex numbers can be read");
    if (header.kind == 'U') header.item_bytes *= 4;
  }

  const std::string& file_;
  std::string_view text_;
};

// The archive's type that holds a stored one.
DType widened(const NpyHeader& header) {
  switch (header.kind) {
    case 'b':
      return DType::boolean;
    case 'i':
      return header.item_bytes == 8 ? DType::i64 : DType::i32;
    case 'u':
      return header.item_bytes == 1   ? DType::u8
             : header.item_bytes == 2 ? DType::u16
             : header.item_bytes == 4 ? DType::i64
                                      : DType::u64;
    case 'f':
      return header.item_bytes == 8 ? DType::f64 : DType::f32;
    default:
      return header.item_bytes == 8 ? DType::c64 : DType::c128;
  }
}

float half_to_float(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  float value = exponent == 0    ? std::ldexp(static_cast<float>(mantissa), -24)
                : exponent != 31 ? std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25)
                : mantissa       ? std::numeric_limits<float>::quiet_NaN()
                                 : std::numeric_limits<float>::infinity();
  return bits >> 15 ? -value : value;
}

void swap_bytes(std::span<std::byte> bytes, std::size_t width) {
  for (std::size_t i = 0; i + width <= bytes.size(); i += width)
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                 bytes.begin() + static_cast<std::ptrdiff_t>(i + width));
}

template <class From, class To, class Convert>
void widen(std::span<const std::byte> from, std::byte* to, Convert convert) {
  for (std::size_t i = 0; i < from.size() / sizeof(From); ++i) {
    From in;
    std::memcpy(&in, from.data() + i * sizeof(From), sizeof(From));
    const To out = convert(in);
    std::memcpy(to + i * sizeof(To), &out, sizeof(To));
  }
}

void widen(const NpyHeader& header, std::span<const std::byte> from, std::byte* to) {
  const auto plain = [](auto x) { return x; };
  if (header.kind == 'i' && header.item_bytes == 1)
    widen<std::int8_t, std::int32_t>(from, to, plain);
  else if (header.kind == 'i') widen<std::int16_t, std::int32_t>(from, to, plain);
  else if (header.kind == 'u') widen<std::uint32_t, std::int64_t>(from, to, plain);
  else widen<std::uint16_t, float>(from, to, half_to_float);
}

// The elements in file order, converted.
void read_elements(const NpyHeader& header, const Pull& pull, Array& out) {
  const std::span<std::byte> bytes = out.bytes();
  const auto stored = static_cast<std::size_t>(header.item_bytes);
  const std::size_t kept = size_of(out.dtype());
  const std::size_t swap = !header.big_endian ? 1 : header.kind == 'c' ? stored / 2 : stored;
  if (stored == kept) {
    pull(bytes);
    if (swap > 1) swap_bytes(bytes, swap);
  } else {
    std::vector<std::byte> block;
    const auto count = static_cast<std::size_t>(header.count);
    for (std::size_t i = 0; i < count; i += 65536) {
      block.resize(std::min<std::size_t>(65536, count - i) * stored);
      pull(block);
      if (swap > 1) swap_bytes(block, swap);
      widen(header, block, bytes.data() + i * kept);
    }
  }
  if (header.kind == 'b')
    for (std::byte& b : bytes) b = b == std::byte{0} ? std::byte{0} : std::byte{1};
}

// Fortran order of `shape` is C order of the reversed shape: turns the axes round.
Array with_axes_reversed(const Array& from, const std::vector<std::int64_t>& shape) {
  Array to(from.dtype(), shape);
  const std::size_t width = size_of(from.dtype());
  std::vector<std::int64_t> index(shape.size(), 0), stride(shape.size(), 1);
  for (std::size_t d = 1; d < shape.size(); ++d) stride[d] = stride[d - 1] * shape[d - 1];
  std::int64_t source = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(to.size()); ++i) {
    std::memcpy(to.bytes().data() + i * width,
                from.bytes().data() + static_cast<std::size_t>(source) * width, width);
    for (std::size_t d = shape.size(); d-- > 0;) {
      source += stride[d];
      if (++index[d] < shape[d]) break;
      source -= stride[d] * shape[d];
      index[d] = 0;
    }
  }
  return to;
}

DType checked_dtype(const std::string& name, const NpyHeader& header) {
  if (header.kind == 'S' || header.kind == 'U')
    throw IoError("npy: ", name, " holds text; numbers are needed");
  return widened(header);
}

// The array that a header describes.
Array read_array(const NpyHeader& header, const Pull& pull) {
  const bool reverse = header.fortran_order && header.shape.size() > 1;
  std::vector<std::int64_t> shape = header.shape;
  if (reverse) std::reverse(shape.begin(), shape.end());
  Array array(widened(header), shape);
  read_elements(header, pull, array);
  return reverse ? with_axes_reversed(array, header.shape) : array;
}

}  // namespace

NpyHeader read_npy_header(const std::string& name, std::uint64_t size, const Pull& pull) {
  std::array<std::byte, 12> start{};
  if (size < 10) throw IoError("npy: ", name, " is no .npy file: ", size, " bytes in all");
  pull(std::span(start).first(10));
  if (std::memcmp(start.data(), magic.data(), magic.size()) != 0)
    throw IoError("npy: ", name, " is no .npy file: it does not begin with \\x93NUMPY");
  const int major = std::to_integer<int>(start[6]);
  if (major < 1 || major > 3)
    throw IoError("npy: ", name, " has format version ", major, "; versions 1 to 3 can be read");
  std::uint64_t at = 10;
  std::uint32_t length =
      std::to_integer<std::uint32_t>(start[8]) | std::to_integer<std::uint32_t>(start[9]) << 8;
  if (major > 1) {
    if (size < 12) throw IoError("npy: ", name, " is truncated in its header");
    pull(std::span(start).subspan(10));
    at = 12;
    length |= std::to_integer<std::uint32_t>(start[10]) << 16 |
              std::to_integer<std::uint32_t>(start[11]) << 24;
  }
  if (length > longest_header)
    throw IoError("npy: ", name, " has a header of ", length, " bytes; at most ", longest_header,
                  " are read");
  if (length > size - at)
    throw IoError("npy: ", name, " is truncated: a header of ", length, " bytes, ", size - at,
                  " left");
  std::string text(length, '\0');
  pull(std::as_writable_bytes(std::span(text)));

  NpyHeader header;
  Dictionary(name, text).parse(header);
  header.data_offset = at + length;
  // Elements, from which the empty sizes are left out: what a damaged header may not hide behind.
  const std::uint64_t room = size - header.data_offset;
  std::uint64_t elements = 1;
  bool empty = false;
  for (const std::int64_t extent : header.shape) {
    if (extent == 0) empty = true;
    else if (__builtin_mul_overflow(elements, static_cast<std::uint64_t>(extent), &elements) ||
             elements > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / 32)
      throw IoError("npy: ", name, ": damaged header: the shape is too large to exist");
  }
  if (empty) elements = 0;
  const auto item = static_cast<std::uint64_t>(header.item_bytes);
  if (item && elements > room / item)
    throw IoError("npy: ", name, " is truncated: ", elements, " elements of ", item,
                  " bytes are announced, ", room, " bytes follow");
  if (elements * item != room)
    throw IoError("npy: ", name, " is damaged: ", elements, " elements of ", item,
                  " bytes are announced, but ", room, " bytes follow");
  header.count = static_cast<std::int64_t>(elements);
  return header;
}

Array read_npy(const std::string& name, std::uint64_t size, const Pull& pull) {
  const NpyHeader header = read_npy_header(name, size, pull);
  checked_dtype(name, header);
  return read_array(header, pull);
}

std::string read_npy_text(const std::string& name, std::uint64_t size, const Pull& pull) {
  const NpyHeader header = read_npy_header(name, size, pull);
  if ((header.kind != 'S' && header.kind != 'U') || header.count != 1)
    throw IoError("npy: ", name, " should hold one text");
  std::string text(static_cast<std::size_t>(header.item_bytes), '\0');
  pull(std::as_writable_bytes(std::span(text)));
  if (header.kind == 'U') {  // four bytes each; only ASCII means anything to us
    std::string narrow;
    for (std::size_t i = header.big_endian ? 3 : 0; i < text.size(); i += 4) narrow += text[i];
    text = narrow;
  }
  return text.substr(0, text.find('\0'));
}

std::string npy_header(std::string_view descr, const std::vector<std::int64_t>& shape) {
  std::string sizes;
  for (const std::int64_t extent : shape) sizes += join(extent, ", ");
  if (shape.size() > 1) sizes.resize(sizes.size() - 2);
  else if (shape.size() == 1) sizes.pop_back();
  std::string text =
      join("{'descr': '", descr, "', 'fortran_order': False, 'shape': (", sizes, "), }");
  text.append(63 - (10 + text.size()) % 64, ' ');
  text += '\n';
  std::string header(magic);
  header += '\1';
  header += '\0';
  header += static_cast<char>(text.size() & 255);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

std::string npy_header(DType dtype, const std::vector<std::int64_t>& shape) {
  std::string_view descr;
  switch (dtype) {
    case DType::boolean:
      descr = "|b1";
      break;
    case DType::u8:
      descr = "|u1";
      break;
    case DType::u16:
      descr = "<u2";
      break;
    case DType::i32:
      descr = "<i4";
      break;
    case DType::i64:
      descr = "<i8";
      break;
    case DType::u64:
      descr = "<u8";
      break;
    case DType::f32:
      descr = "<f4";
      break;
    case DType::f64:
      descr = "<f8";
      break;
    case DType::c64:
      descr = "<c8";
      break;
    case DType::c128:
      descr = "<c16";
      break;
  }
  return npy_header(descr, shape);
}

}  // namespace detail

namespace {

// Reads the input from front to end.
detail::Pull pull_from(const Input& input, std::uint64_t at) {
  return [&input, at](std::span<std::byte> out) mutable {
    input.read(at, out);
    at += out.size();
  };
}

class NpyFile : public ArrayFile {
 public:
  NpyFile(Input input, const detail::NpyHeader& header)
      : ArrayFile(input.name(), detail::checked_dtype(input.name(), header), header.shape),
        input_(std::move(input)),
        header_(header) {}

 private:
  void fill(std::int64_t first, Array& out) const override {
    detail::NpyHeader part = header_;
    part.shape = out.shape();
    part.count = out.size();
    const auto item = static_cast<std::uint64_t>(header_.item_bytes);
    const auto total = static_cast<std::uint64_t>(rows());
    const auto begin = static_cast<std::uint64_t>(first);
    input_.check_unchanged();
    if (!header_.fortran_order) {
      const auto row = static_cast<std::uint64_t>(row_size());
      out = detail::read_array(part, pull_from(input_, header_.data_offset + begin * row * item));
      return;
    }
    // In Fortran order the rows asked for are a stretch of each of the file's columns.
    const std::uint64_t stretch = static_cast<std::uint64_t>(out.shape().front()) * item;
    std::uint64_t at = 0;  // bytes of the rows asked for
    out = detail::read_array(part, [&](std::span<std::byte> piece) {
      while (!piece.empty()) {
        const std::uint64_t column = at / stretch, within = at % stretch;
        const auto count = std::min<std::uint64_t>(stretch - within, piece.size());
        input_.read(header_.data_offset + (column * total + begin) * item + within,
                    piece.first(count));
        piece = piece.subspan(count);
        at += count;
      }
    });
  }

  Input input_;
  detail::NpyHeader header_;
};

}  // namespace

Array read_npy(const Input& input) {
  return detail::read_npy(input.name(), input.size(), pull_from(input, 0));
}

std::unique_ptr<const ArrayFile> open_npy(const std::filesystem::path& path,
                                          const ChooseArray& choose) {
  choose({"data"});
  Input input(path);
  const detail::NpyHeader header =
      detail::read_npy_header(input.name(), input.size(), pull_from(input, 0));
  return std::make_unique<NpyFile>(std::move(input), header);
}

Archive load_npy(const std::filesystem::path& path) {
  Archive archive;
  archive.arrays["data"] = read_npy(Input(path));
  return archive;
}

void save_npy(const std::filesystem::path& path, const Archive& archive, Overwrite overwrite) {
  if (archive.arrays.size() != 1)
    throw Error("npy: ", path.string(), " holds one array, ", archive.arrays.size(),
                " are given; .npz and .h5 hold several");
  const Array& array = archive.arrays.begin()->second;
  AtomicFile file(path, overwrite);
  file.write(detail::npy_header(array.dtype(), array.shape()));
  file.write(array.bytes());
  file.commit();
}

}  // namespace striate
