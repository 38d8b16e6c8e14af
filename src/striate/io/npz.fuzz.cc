// Any bytes as a zip file of arrays: an archive or an error of ours.
#include "striate/io/npz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    striate::read_npz(striate::Input(std::as_bytes(std::span(data, size)), "fuzz"));
  } catch (const striate::Exception&) {
  }
  return 0;
}
