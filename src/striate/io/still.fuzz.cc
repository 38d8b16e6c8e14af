// Any bytes as a still image, by the decoder that their beginning asks for.
#include "striate/io/still.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const striate::ByteView file = std::as_bytes(std::span(data, size));
  try {
    switch (size ? data[0] : 0) {
      case 0x89:
        striate::decode_png(file, "fuzz");
        break;
      case 0xFF:
        striate::decode_jpeg(file, "fuzz");
        break;
      case 'R':
        striate::decode_webp(file, "fuzz");
        break;
      default:
        striate::decode_tiff(file, "fuzz");
    }
  } catch (const striate::Exception&) {
  }
  return 0;
}
