// Any bytes as a .npy file: an array or an IoError. Seeds: tests/fuzz/make_samples.py.
#include "striate/io/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    striate::read_npy(striate::Input(std::as_bytes(std::span(data, size)), "fuzz"));
  } catch (const striate::Exception&) {
  }
  return 0;
}
