// Any text as a manifest: a manifest whose items follow one another, or an IoError.
#include "striate/io/segments.h"

#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto manifest = striate::parse_manifest(
        "fuzz", std::string_view(reinterpret_cast<const char*>(data), size));
    std::int64_t next = 0;
    for (const striate::Segment& segment : manifest.segments) {
      if (segment.first != next || segment.items < 0) std::abort();
      next += segment.items;
    }
  } catch (const striate::Exception&) {
  }
  return 0;
}
