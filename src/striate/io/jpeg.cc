#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <jerror.h>
#include <jpeglib.h>

#include "striate/io/exif.h"
#include "striate/io/still.h"

namespace striate {
namespace {

// As in png.cc: errors come by longjmp, so the functions with setjmp hold no C++ objects.
struct Errors {
  jpeg_error_mgr manager;  // first: the library knows only this
  std::jmp_buf jump;
  char reason[JMSG_LENGTH_MAX];
};

[[noreturn]] void on_error(j_common_ptr codec) {
  auto* errors = reinterpret_cast<Errors*>(codec->err);
  codec->err->format_message(codec, errors->reason);
  std::longjmp(errors->jump, 1);
}

// Warnings are of damage that the library paints over; those of mere sloppiness are let pass.
void on_message(j_common_ptr codec, int level) {
  if (level >= 0) return;
  const int code = codec->err->msg_code;
  if (code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR) return;
  on_error(codec);
}

void prepare(Errors& errors) {
  jpeg_std_error(&errors.manager);
  errors.manager.error_exit = on_error;
  errors.manager.emit_message = on_message;
}

struct Decoder {
  Errors errors{};
  jpeg_decompress_struct codec{};
  Decoder() {
    prepare(errors);
    codec.err = &errors.manager;
  }
  ~Decoder() { jpeg_destroy_decompress(&codec); }
};

bool read_header(Decoder& decoder, ByteView file) {
  if (setjmp(decoder.errors.jump)) return false;
  jpeg_decompress_struct& codec = decoder.codec;
  jpeg_create_decompress(&codec);
  codec.mem->max_memory_to_use = 0;
  jpeg_mem_src(&codec, reinterpret_cast<const unsigned char*>(file.data()),
               static_cast<unsigned long>(file.size()));
  jpeg_save_markers(&codec, JPEG_APP0 + 1, 0xFFFF);
  jpeg_read_header(&codec, TRUE);
  const bool inks = codec.jpeg_color_space == JCS_CMYK || codec.jpeg_color_space == JCS_YCCK;
  codec.out_color_space = codec.num_components == 1 ? JCS_GRAYSCALE : inks ? JCS_CMYK : JCS_RGB;
  codec.dct_method = JDCT_ISLOW;
  return true;
}

// Row by row, as many channels as the decoder gives.
bool read_pixels(Decoder& decoder, unsigned char* out, std::size_t row_bytes) {
  if (setjmp(decoder.errors.jump)) return false;
  jpeg_start_decompress(&decoder.codec);
  while (decoder.codec.output_scanline < decoder.codec.output_height) {
    unsigned char* row = out + decoder.codec.output_scanline * row_bytes;
    jpeg_read_scanlines(&decoder.codec, &row, 1);
  }
  jpeg_finish_decompress(&decoder.codec);
  return true;
}

// Inks, which Adobe's programs store inverted, as light.
Array to_rgb(const Array& inks, bool inverted) {
  Array rgb(DType::u8, {inks.shape()[0], inks.shape()[1], 3});
  const std::span<const std::uint8_t> from = inks.as<std::uint8_t>();
  auto* to = reinterpret_cast<std::uint8_t*>(rgb.bytes().data());
  for (std::size_t i = 0; i + 3 < from.size(); i += 4) {
    for (std::size_t c = 0; c < 3; ++c) {
      const int ink = inverted ? 255 - from[i + c] : from[i + c];
      const int black = inverted ? 255 - from[i + 3] : from[i + 3];
      *to++ = static_cast<std::uint8_t>(((255 - ink) * (255 - black) + 127) / 255);
    }
  }
  return rgb;
}

int orientation_of(const jpeg_decompress_struct& codec) {
  for (const auto* marker = codec.marker_list; marker; marker = marker->next)
    if (marker->data_length >= 6 && std::memcmp(marker->data, "Exif\0\0", 6) == 0)
      return exif_orientation(std::as_bytes(std::span(marker->data, marker->data_length)));
  return 1;
}

struct Encoder {
  Errors errors{};
  jpeg_compress_struct codec{};
  unsigned char* out = nullptr;
  unsigned long size = 0;
  Encoder() {
    prepare(errors);
    codec.err = &errors.manager;
  }
  ~Encoder() {
    jpeg_destroy_compress(&codec);
    std::free(out);
  }
};

bool write_pixels(Encoder& encoder, detail::StillShape shape, const unsigned char* pixels) {
  if (setjmp(encoder.errors.jump)) return false;
  jpeg_compress_struct& codec = encoder.codec;
  jpeg_create_compress(&codec);
  jpeg_mem_dest(&codec, &encoder.out, &encoder.size);
  codec.image_width = static_cast<JDIMENSION>(shape.columns);
  codec.image_height = static_cast<JDIMENSION>(shape.rows);
  codec.input_components = static_cast<int>(shape.channels);
  codec.in_color_space = shape.channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, 95, TRUE);
  codec.comp_info[0].h_samp_factor = codec.comp_info[0].v_samp_factor = 1;
  codec.dct_method = JDCT_ISLOW;
  jpeg_start_compress(&codec, TRUE);
  while (codec.next_scanline < codec.image_height) {
    auto* row = const_cast<unsigned char*>(pixels) +
                codec.next_scanline * static_cast<std::size_t>(shape.columns * shape.channels);
    jpeg_write_scanlines(&codec, &row, 1);
  }
  jpeg_finish_compress(&codec);
  return true;
}

}  // namespace

Array decode_jpeg(ByteView file, const std::string& name) {
  const auto refuse = [&](std::string_view why) { throw IoError("jpeg: ", name, ": ", why); };
  if (file.size() < 2 || file[0] != std::byte{0xFF} || file[1] != std::byte{0xD8})
    refuse("this is no JPEG file");
  Decoder decoder;
  if (!read_header(decoder, file)) refuse(decoder.errors.reason);
  const jpeg_decompress_struct& codec = decoder.codec;
  const bool inks = codec.out_color_space == JCS_CMYK;
  const detail::StillShape shape{.rows = codec.image_height,
                                 .columns = codec.image_width,
                                 .channels = codec.out_color_space == JCS_GRAYSCALE ? 1
                                             : inks                                 ? 4
                                                                                    : 3};
  // A progressive file is kept as coefficients, of two bytes each, until it is whole.
  detail::check_decoded_size(name, shape, 1, file.size());
  const int orientation = orientation_of(codec);  // the markers go when the pixels are read
  Array image = detail::new_still(DType::u8, shape);
  if (!read_pixels(decoder, reinterpret_cast<unsigned char*>(image.bytes().data()),
                   static_cast<std::size_t>(shape.columns * shape.channels)))
    refuse(decoder.errors.reason);
  if (inks) image = to_rgb(image, codec.saw_Adobe_marker);
  return detail::orient(std::move(image), orientation);
}

Bytes encode_jpeg(const Array& image) {
  constexpr std::array types = {DType::u8};
  const detail::StillShape shape = detail::check_still("jpeg", image, types, JPEG_MAX_DIMENSION);
  Encoder encoder;
  if (!write_pixels(encoder, shape, reinterpret_cast<const unsigned char*>(image.bytes().data())))
    throw IoError("jpeg: ", encoder.errors.reason);
  const auto* first = reinterpret_cast<const std::byte*>(encoder.out);
  return Bytes(first, first + encoder.size);
}

}  // namespace striate
