#include <webp/decode.h>
#include <webp/demux.h>
#include <webp/encode.h>

#include <array>
#include <cstring>
#include <memory>

#include "striate/io/exif.h"
#include "striate/io/still.h"

namespace striate {
namespace {

int orientation_of(const WebPData& data) {
  const std::unique_ptr<WebPDemuxer, void (*)(WebPDemuxer*)> demuxer(WebPDemux(&data),
                                                                     WebPDemuxDelete);
  if (!demuxer) return 1;
  WebPChunkIterator chunk;
  std::memset(&chunk, 0, sizeof chunk);
  int orientation = 1;
  if (WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &chunk))
    orientation = exif_orientation(std::as_bytes(std::span(chunk.chunk.bytes, chunk.chunk.size)));
  WebPDemuxReleaseChunkIterator(&chunk);
  return orientation;
}

std::string_view reason(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
      return "out of memory";
    case VP8_STATUS_NOT_ENOUGH_DATA:
      return "the file is truncated";
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return "a feature that the decoder does not have";
    default:
      return "the file is damaged, or no WebP file";
  }
}

}  // namespace

Array decode_webp(ByteView file, const std::string& name) {
  const auto refuse = [&](std::string_view why) { throw IoError("webp: ", name, ": ", why); };
  const WebPData data{reinterpret_cast<const std::uint8_t*>(file.data()), file.size()};
  WebPBitstreamFeatures features;
  if (const auto status = WebPGetFeatures(data.bytes, data.size, &features);
      status != VP8_STATUS_OK)
    refuse(reason(status));
  if (features.has_animation) refuse("this is an animation; a still image is needed");
  const detail::StillShape shape{.rows = features.height, .columns = features.width, .channels = 3};
  detail::check_decoded_size(name, shape, 1, file.size());
  Array image = detail::new_still(DType::u8, shape);
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) refuse("the decoder is of another version");
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {.rgba = reinterpret_cast<std::uint8_t*>(image.bytes().data()),
                          .stride = features.width * 3,
                          .size = image.bytes().size()};
  const VP8StatusCode status = WebPDecode(data.bytes, data.size, &config);
  WebPFreeDecBuffer(&config.output);
  if (status != VP8_STATUS_OK) refuse(reason(status));
  return detail::orient(std::move(image), orientation_of(data));
}

Bytes encode_webp(const Array& image) {
  constexpr std::array types = {DType::u8};
  const detail::StillShape shape = detail::check_still("webp", image, types, WEBP_MAX_DIMENSION);
  const std::span<const std::uint8_t> pixels = image.as<std::uint8_t>();
  std::vector<std::uint8_t> rgb;
  const std::uint8_t* first = pixels.data();
  if (shape.channels == 1) {
    for (const std::uint8_t grey : pixels) rgb.insert(rgb.end(), 3, grey);
    first = rgb.data();
  }
  std::uint8_t* out = nullptr;
  const std::size_t size =
      WebPEncodeLosslessRGB(first, static_cast<int>(shape.columns), static_cast<int>(shape.rows),
                            static_cast<int>(shape.columns * 3), &out);
  const std::unique_ptr<std::uint8_t, void (*)(void*)> owner(out, WebPFree);
  if (size == 0) throw IoError("webp: the image cannot be encoded");
  const auto* bytes = reinterpret_cast<const std::byte*>(out);
  return Bytes(bytes, bytes + size);
}

}  // namespace striate
