#include <png.h>

#include <algorithm>
#include <array>
#include <bit>
#include <csetjmp>
#include <cstring>

#include "striate/io/exif.h"
#include "striate/io/still.h"

namespace striate {
namespace {

// The library reports errors by longjmp, over which no C++ object may be destroyed: the functions
// that call setjmp hold none, and report through this.
struct Session {
  png_structp png = nullptr;
  png_infop info = nullptr;
  ByteView rest = {};      // to be read
  Bytes* out = nullptr;    // to be written to
  bool exhausted = false;  // out of memory
  std::array<char, 200> reason{};
};

void on_error(png_structp png, png_const_charp text) {
  auto& session = *static_cast<Session*>(png_get_error_ptr(png));
  std::strncpy(session.reason.data(), text, session.reason.size() - 1);
  std::longjmp(png_jmpbuf(png), 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep out, std::size_t count) {
  auto& session = *static_cast<Session*>(png_get_io_ptr(png));
  if (count > session.rest.size()) png_error(png, "the file is truncated");
  std::memcpy(out, session.rest.data(), count);
  session.rest = session.rest.subspan(count);
}

void on_write(png_structp png, png_bytep bytes, std::size_t count) {
  auto& session = *static_cast<Session*>(png_get_io_ptr(png));
  try {
    const auto* first = reinterpret_cast<const std::byte*>(bytes);
    session.out->insert(session.out->end(), first, first + count);
    return;
  } catch (...) {
  }
  png_error(png, "out of memory");
}

bool read_header(Session& session) {
  if (setjmp(png_jmpbuf(session.png))) return false;
  png_set_read_fn(session.png, &session, on_read);
  png_set_crc_action(session.png, PNG_CRC_ERROR_QUIT, PNG_CRC_WARN_DISCARD);
  png_set_user_limits(session.png, 1 << 20, 1 << 20);
  png_set_chunk_malloc_max(session.png, 64 << 20);
  png_read_info(session.png, session.info);
  if (png_get_color_type(session.png, session.info) == PNG_COLOR_TYPE_PALETTE)
    png_set_palette_to_rgb(session.png);
  png_set_expand_gray_1_2_4_to_8(session.png);
  if (std::endian::native == std::endian::little) png_set_swap(session.png);
  png_set_strip_alpha(session.png);
  png_set_interlace_handling(session.png);
  png_read_update_info(session.png, session.info);
  return true;
}

bool read_pixels(Session& session, png_bytep* rows) {
  if (setjmp(png_jmpbuf(session.png))) return false;
  png_read_image(session.png, rows);
  png_read_end(session.png, session.info);
  return true;
}

bool write_pixels(Session& session, detail::StillShape shape, int bits, png_bytep* rows) {
  if (setjmp(png_jmpbuf(session.png))) return false;
  png_set_write_fn(session.png, &session, on_write, nullptr);
  png_set_IHDR(session.png, session.info, static_cast<png_uint_32>(shape.columns),
               static_cast<png_uint_32>(shape.rows), bits,
               shape.channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(session.png, session.info);
  if (bits == 16 && std::endian::native == std::endian::little) png_set_swap(session.png);
  png_write_image(session.png, rows);
  png_write_end(session.png, session.info);
  return true;
}

std::vector<png_bytep> row_pointers(std::span<std::byte> bytes, std::int64_t rows) {
  std::vector<png_bytep> pointers(static_cast<std::size_t>(rows));
  for (std::size_t i = 0; i < pointers.size(); ++i)
    pointers[i] = reinterpret_cast<png_bytep>(bytes.data() + i * (bytes.size() / pointers.size()));
  return pointers;
}

struct Reader : Session {
  Reader() {
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    info = png ? png_create_info_struct(png) : nullptr;
  }
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
};

struct Writer : Session {
  Writer() {
    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    info = png ? png_create_info_struct(png) : nullptr;
  }
  ~Writer() { png_destroy_write_struct(&png, &info); }
};

}  // namespace

Array decode_png(ByteView file, const std::string& name) {
  const auto refuse = [&](std::string_view why) { throw IoError("png: ", name, ": ", why); };
  if (file.size() < 8 || png_sig_cmp(reinterpret_cast<png_const_bytep>(file.data()), 0, 8) != 0)
    refuse("this is no PNG file");
  Reader reader;
  if (!reader.info) refuse("out of memory");
  reader.rest = file;
  if (!read_header(reader)) refuse(reader.reason.data());
  const int bits = png_get_bit_depth(reader.png, reader.info);
  const detail::StillShape shape{.rows = png_get_image_height(reader.png, reader.info),
                                 .columns = png_get_image_width(reader.png, reader.info),
                                 .channels = png_get_channels(reader.png, reader.info)};
  if ((bits != 8 && bits != 16) || (shape.channels != 1 && shape.channels != 3))
    refuse("neither grey nor colour of 8 or 16 bits");
  detail::check_decoded_size(name, shape, static_cast<std::size_t>(bits / 8), file.size());
  Array image = detail::new_still(bits == 16 ? DType::u16 : DType::u8, shape);
  if (png_get_rowbytes(reader.png, reader.info) !=
      image.bytes().size() / static_cast<std::size_t>(shape.rows))
    refuse("its rows have an unexpected length");
  std::vector<png_bytep> rows = row_pointers(image.bytes(), shape.rows);
  if (!read_pixels(reader, rows.data())) refuse(reader.reason.data());
  png_uint_32 exif_size = 0;
  png_bytep exif = nullptr;
  if (!png_get_eXIf_1(reader.png, reader.info, &exif_size, &exif)) return image;
  return detail::orient(std::move(image),
                        exif_orientation(std::as_bytes(std::span(exif, exif_size))));
}

Bytes encode_png(const Array& image) {
  constexpr std::array types = {DType::u8, DType::u16};
  const detail::StillShape shape = detail::check_still("png", image, types, 1 << 20);
  Bytes out;
  Writer writer;
  if (!writer.info) throw IoError("png: out of memory");
  writer.out = &out;
  Array copy = image;  // the library wants its rows writable
  std::vector<png_bytep> rows = row_pointers(copy.bytes(), shape.rows);
  if (!write_pixels(writer, shape, image.dtype() == DType::u16 ? 16 : 8, rows.data()))
    throw IoError("png: ", writer.reason.data());
  return out;
}

}  // namespace striate
