// Any bytes as a .mat file: an archive or an IoError. Seeds: tests/fuzz/make_samples.py.
#include "striate/io/mat.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    striate::read_mat(striate::Input(std::as_bytes(std::span(data, size)), "fuzz"));
  } catch (const striate::Exception&) {
  }
  return 0;
}
