#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>

#include "striate/io/still.h"

namespace striate {
namespace {

// A file in memory: read from `file`, or written to `out`.
struct Stream {
  ByteView file = {};
  Bytes out = {};
  bool writing = false;
  toff_t at = 0;
  std::string reason = {};  // the first complaint

  ByteView bytes() const { return writing ? ByteView(out) : file; }
};

tmsize_t on_read(thandle_t handle, void* out, tmsize_t count) {
  auto& stream = *static_cast<Stream*>(handle);
  const ByteView bytes = stream.bytes();
  if (count <= 0 || stream.at >= bytes.size()) return 0;
  const std::size_t n =
      std::min<std::size_t>(static_cast<std::size_t>(count), bytes.size() - stream.at);
  std::memcpy(out, bytes.data() + stream.at, n);
  stream.at += n;
  return static_cast<tmsize_t>(n);
}

tmsize_t on_write(thandle_t handle, void* from, tmsize_t count) {
  auto& stream = *static_cast<Stream*>(handle);
  if (!stream.writing || count <= 0) return 0;
  try {
    const std::size_t n = static_cast<std::size_t>(count);
    if (stream.at + n > stream.out.size()) stream.out.resize(stream.at + n);
    std::memcpy(stream.out.data() + stream.at, from, n);
    stream.at += n;
    return count;
  } catch (...) {
    return 0;
  }
}

toff_t on_seek(thandle_t handle, toff_t offset, int whence) {
  auto& stream = *static_cast<Stream*>(handle);
  if (whence == SEEK_CUR) offset += stream.at;
  else if (whence == SEEK_END) offset += stream.bytes().size();
  return stream.at = offset;
}

int on_close(thandle_t) { return 0; }
toff_t on_size(thandle_t handle) { return static_cast<Stream*>(handle)->bytes().size(); }
int on_map(thandle_t handle, void** base, toff_t* size) {
  const auto& stream = *static_cast<Stream*>(handle);
  if (stream.writing) return 0;
  *base = const_cast<std::byte*>(stream.file.data());
  *size = stream.file.size();
  return 1;
}
void on_unmap(thandle_t, void*, toff_t) {}

void keep_reason(Stream& stream, const char* format, va_list arguments) {
  if (!stream.reason.empty()) return;
  std::array<char, 200> text{};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  stream.reason = text.data();
}

using Tiff = std::unique_ptr<TIFF, void (*)(TIFF*)>;

#if TIFFLIB_VERSION >= 20221213  // 4.5: handlers of each file
int on_error(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  keep_reason(*static_cast<Stream*>(user), format, arguments);
  return 1;
}
int on_warning(TIFF*, void*, const char*, const char*, va_list) { return 1; }

Tiff open(Stream& stream, const char* mode, tmsize_t most_memory) {
  const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                             TIFFOpenOptionsFree);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_error, &stream);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), on_warning, nullptr);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), most_memory);
  return Tiff(TIFFClientOpenExt("", mode, &stream, on_read, on_write, on_seek, on_close, on_size,
                                on_map, on_unmap, options.get()),
              TIFFClose);
}
#else  // handlers of the whole process, which are told whose error it is
void on_error(thandle_t handle, const char*, const char* format, va_list arguments) {
  if (handle) keep_reason(*static_cast<Stream*>(handle), format, arguments);
}

Tiff open(Stream& stream, const char* mode, tmsize_t) {
  static std::once_flag silenced;
  std::call_once(silenced, [] {
    TIFFSetErrorHandler(nullptr);
    TIFFSetErrorHandlerExt(on_error);
    TIFFSetWarningHandler(nullptr);
  });
  return Tiff(TIFFClientOpen("", mode, &stream, on_read, on_write, on_seek, on_close, on_size,
                             on_map, on_unmap),
              TIFFClose);
}
#endif

struct Layout {
  std::uint32_t rows = 0, columns = 0;
  std::uint16_t samples = 1, bits = 1, kind = SAMPLEFORMAT_UINT,
                photometric = PHOTOMETRIC_MINISBLACK, planar = PLANARCONFIG_CONTIG,
                orientation = ORIENTATION_TOPLEFT;

  explicit Layout(TIFF* tiff) {
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &rows);
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &columns);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &kind);
    TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planar);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &orientation);
  }
  bool grey() const {
    return photometric == PHOTOMETRIC_MINISBLACK || photometric == PHOTOMETRIC_MINISWHITE;
  }
  // Samples that we take as they lie: the rest goes through the library's own conversion to RGB.
  bool plain() const {
    const bool numbers = (kind == SAMPLEFORMAT_UINT && (bits == 8 || bits == 16)) ||
                         (kind == SAMPLEFORMAT_IEEEFP && bits == 32);
    return numbers &&
           ((grey() && samples >= 1) || (photometric == PHOTOMETRIC_RGB && samples >= 3));
  }
  std::int64_t channels() const { return grey() ? 1 : 3; }
  std::size_t width() const { return bits / 8u; }
};

// Copies the wanted samples of one decoded strip or tile to their place.
struct Placer {
  const Layout& layout;
  Array& image;
  // A block of `columns` columns whose upper left corner is (row, column); `plane` is the first
  // sample of its pixels if planes are separate.
  void operator()(const std::byte* block, std::uint32_t row, std::uint32_t column,
                  std::uint32_t rows, std::uint32_t columns, std::uint16_t plane) const {
    const std::size_t width = layout.width(),
                      channels = static_cast<std::size_t>(layout.channels());
    const bool separate = layout.planar == PLANARCONFIG_SEPARATE;
    const std::size_t pixel = separate ? width : width * layout.samples;
    if (separate && plane >= channels) return;
    const std::uint32_t last_row = std::min(layout.rows, row + rows);
    const std::uint32_t last_column = std::min(layout.columns, column + columns);
    for (std::uint32_t i = row; i < last_row; ++i) {
      const std::byte* from = block + std::size_t{i - row} * columns * pixel;
      std::byte* to =
          image.bytes().data() +
          ((std::size_t{i} * layout.columns + column) * channels + (separate ? plane : 0)) * width;
      for (std::uint32_t j = column; j < last_column; ++j, from += pixel, to += channels * width)
        std::memcpy(to, from, separate ? width : channels * width);
    }
  }
};

template <class Refuse>
void read_blocks(TIFF* tiff, const Layout& layout, Array& image, const Refuse& refuse) {
  const Placer place{layout, image};
  const bool tiled = TIFFIsTiled(tiff);
  const bool separate = layout.planar == PLANARCONFIG_SEPARATE;
  const std::size_t pixel = layout.width() * (separate ? 1 : layout.samples);
  std::uint32_t rows = layout.rows, columns = layout.columns;  // of a block
  if (tiled) {
    rows = columns = 0;
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &rows);
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &columns);
  } else {
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &rows);
    rows = std::min(rows, layout.rows);
  }
  if (rows == 0 || columns == 0) refuse("its strips or tiles are empty");
  if (rows > 1 << 20 || columns > 1 << 20) refuse("its strips or tiles are too large");
  const std::size_t bytes = std::size_t{rows} * columns * pixel;
  // A tile may reach over the edges, but not by more than this.
  if (bytes > image.bytes().size() * layout.samples + (std::size_t{64} << 20))
    refuse("its strips or tiles are larger than the image");
  if (bytes !=
      static_cast<std::size_t>(tiled ? TIFFTileSize64(tiff) : TIFFVStripSize64(tiff, rows)))
    refuse("its strips or tiles have an unexpected size");
  Bytes block(bytes);
  const std::uint16_t planes = separate ? layout.samples : 1;
  for (std::uint16_t plane = 0; plane < planes; ++plane) {
    for (std::uint32_t row = 0; row < layout.rows; row += rows) {
      for (std::uint32_t column = 0; column < layout.columns; column += columns) {
        std::size_t wanted = bytes;
        tmsize_t got;
        if (tiled) {
          got = TIFFReadEncodedTile(tiff, TIFFComputeTile(tiff, column, row, 0, plane),
                                    block.data(), static_cast<tmsize_t>(bytes));
        } else {
          wanted = std::size_t{std::min(rows, layout.rows - row)} * columns * pixel;
          got = TIFFReadEncodedStrip(tiff, TIFFComputeStrip(tiff, row, plane), block.data(),
                                     static_cast<tmsize_t>(wanted));
        }
        if (got < 0 || static_cast<std::size_t>(got) != wanted) refuse("the file is truncated");
        place(block.data(), row, column, rows, columns, plane);
      }
    }
  }
}

void invert(Array& image, const Layout& layout) {
  if (layout.kind != SAMPLEFORMAT_UINT) return;
  for (std::byte& b : image.bytes()) b = ~b;  // 255 - x and 65535 - x alike
}

// Palettes, single bits, YCbCr, CMYK, CIELab ...: 8 bits, as the library converts them.
template <class Refuse>
Array read_converted(TIFF* tiff, const Layout& layout, const Refuse& refuse) {
  std::array<char, 1024> why{};
  if (!TIFFRGBAImageOK(tiff, why.data())) refuse(why.data());
  std::vector<std::uint32_t> pixels(std::size_t{layout.rows} * layout.columns);
  if (!TIFFReadRGBAImageOriented(tiff, layout.columns, layout.rows, pixels.data(),
                                 layout.orientation, 1))
    refuse("its pixels cannot be read");
  Array image = detail::new_still(
      DType::u8, {.rows = layout.rows, .columns = layout.columns, .channels = layout.channels()});
  auto* to = reinterpret_cast<std::uint8_t*>(image.bytes().data());
  for (const std::uint32_t pixel : pixels) {
    *to++ = static_cast<std::uint8_t>(TIFFGetR(pixel));
    if (layout.grey()) continue;
    *to++ = static_cast<std::uint8_t>(TIFFGetG(pixel));
    *to++ = static_cast<std::uint8_t>(TIFFGetB(pixel));
  }
  return image;
}

}  // namespace

Array decode_tiff(ByteView file, const std::string& name) {
  Stream stream{.file = file};
  const auto refuse = [&](std::string_view why) {
    throw IoError("tiff: ", name, ": ",
                  stream.reason.empty() ? why : std::string_view(stream.reason));
  };
  const auto most =
      static_cast<tmsize_t>(std::max<std::uint64_t>(256u << 20, std::uint64_t{1100} * file.size()));
  const Tiff tiff = open(stream, "r", most);
  if (!tiff) refuse("this is no TIFF file");
  const Layout layout(tiff.get());
  const detail::StillShape shape{
      .rows = layout.rows, .columns = layout.columns, .channels = layout.channels()};
  detail::check_decoded_size(name, shape, layout.plain() ? layout.width() : 4, file.size());
  stream.reason.clear();
  Array image;
  if (layout.plain()) {
    image = detail::new_still(layout.kind == SAMPLEFORMAT_IEEEFP ? DType::f32
                              : layout.bits == 16                ? DType::u16
                                                                 : DType::u8,
                              shape);
    read_blocks(tiff.get(), layout, image, refuse);
    if (layout.photometric == PHOTOMETRIC_MINISWHITE) invert(image, layout);
  } else {
    image = read_converted(tiff.get(), layout, refuse);
  }
  if (!stream.reason.empty()) refuse("");
  return detail::orient(std::move(image), layout.orientation);
}

Bytes encode_tiff(const Array& image) {
  constexpr std::array types = {DType::u8, DType::u16, DType::f32};
  const detail::StillShape shape = detail::check_still("tiff", image, types, 1 << 20);
  Stream stream{.writing = true};
  const auto check = [&](bool done) {
    if (!done) throw IoError("tiff: ", stream.reason.empty() ? "out of memory" : stream.reason);
  };
  {
    const Tiff tiff = open(stream, image.bytes().size() > (std::size_t{1} << 31) ? "w8" : "w", 0);
    check(tiff != nullptr);
    const std::size_t width = size_of(image.dtype());
    const auto set = [&](std::uint32_t tag, auto value) {
      check(TIFFSetField(tiff.get(), tag, value) == 1);
    };
    set(TIFFTAG_IMAGEWIDTH, static_cast<std::uint32_t>(shape.columns));
    set(TIFFTAG_IMAGELENGTH, static_cast<std::uint32_t>(shape.rows));
    set(TIFFTAG_SAMPLESPERPIXEL, static_cast<int>(shape.channels));
    set(TIFFTAG_BITSPERSAMPLE, static_cast<int>(8 * width));
    set(TIFFTAG_SAMPLEFORMAT,
        image.dtype() == DType::f32 ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
    set(TIFFTAG_PHOTOMETRIC, shape.channels == 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
    set(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    set(TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    set(TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
    set(TIFFTAG_PREDICTOR,
        image.dtype() == DType::f32 ? PREDICTOR_FLOATINGPOINT : PREDICTOR_HORIZONTAL);
    set(TIFFTAG_ROWSPERSTRIP, TIFFDefaultStripSize(tiff.get(), 0));
    const std::size_t row_bytes = image.bytes().size() / static_cast<std::size_t>(shape.rows);
    Bytes row(row_bytes);  // the predictor works in place
    for (std::int64_t i = 0; i < shape.rows; ++i) {
      std::memcpy(row.data(), image.bytes().data() + static_cast<std::size_t>(i) * row_bytes,
                  row_bytes);
      check(TIFFWriteScanline(tiff.get(), row.data(), static_cast<std::uint32_t>(i), 0) == 1);
    }
    check(TIFFFlush(tiff.get()) == 1);
  }
  check(stream.reason.empty());
  return std::move(stream.out);
}

}  // namespace striate
