#include "cli/masks.h"

#include <gmock/gmock.h>

#include "cli/try_cli.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class Masks : public InEmptyFolder {};

TEST_F(Masks, AreArraysOfBooleansOrPicturesInBlackAndWhite) {
  const std::vector<std::uint8_t> seen = {1, 0, 0, 1, 1, 1};
  Archive archive;
  Array& array = archive.arrays["data"] = Array(DType::boolean, {2, 3});
  std::copy(seen.begin(), seen.end(), reinterpret_cast<std::uint8_t*>(array.bytes().data()));
  save("mask.npy", archive, Overwrite::no);
  Image<float> still(2, 3, 3);
  for (std::int64_t i = 0; i < still.size(); ++i)
    still.data()[i] = seen[static_cast<std::size_t>(i / 3)];
  write_image<float>("mask.png", still);
  for (const char* name : {"mask.npy", "mask.png"}) {
    const Image<std::uint8_t> mask = read_mask(name);
    EXPECT_EQ(mask.rows(), 2);
    EXPECT_EQ(mask.columns(), 3);
    for (std::size_t i = 0; i < seen.size(); ++i)
      EXPECT_EQ(mask.data()[i], seen[i]) << name << " " << i;
  }
}

TEST_F(Masks, AreNoWeights) {
  Archive archive;
  archive.arrays["data"] = Array::from<float>(std::vector<float>{0, 0.5, 1, 1}, {2, 2});
  save("weights.npy", archive, Overwrite::no);
  EXPECT_THAT([] { read_mask("weights.npy"); },
              ThrowsMessage<Error>(HasSubstr("weights.npy: mask holds float32")));
  archive.arrays["data"] = Array::from<std::uint8_t>(std::vector<std::uint8_t>{0, 1, 2, 2}, {2, 2});
  save("grey.npy", archive, Overwrite::no);
  EXPECT_THAT([] { read_mask("grey.npy"); },
              ThrowsMessage<Error>(HasSubstr("mask holds 1 beside 0 and 2")));
}

}  // namespace
}  // namespace striate::cli
