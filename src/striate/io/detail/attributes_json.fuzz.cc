// Any text as attributes: what is read, written and read again stays the same.
#include "striate/io/detail/attributes_json.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto attributes = striate::attributes_from_json(
        "fuzz", std::string_view(reinterpret_cast<const char*>(data), size));
    const std::string text = striate::attributes_to_json(attributes);
    if (striate::attributes_to_json(striate::attributes_from_json("again", text)) != text)
      std::abort();
  } catch (const striate::Exception&) {
  }
  return 0;
}
