#include "striate/io/detail/image_file.h"

#include "striate/io/formats.h"
#include "striate/io/testing.test.h"
#include "tests/problems/temporary_folder.h"

namespace striate::detail {
namespace {

std::filesystem::path put(const std::filesystem::path& path, const Array& array) {
  Archive archive;
  archive.arrays["data"] = array;
  save(path, archive, Overwrite::yes);
  return path;
}

TEST(ImageFile, RowsOfAnArrayAreImages) {
  const TemporaryFolder folder;
  Array array(DType::u8, {3, 4, 5});
  array.bytes()[2 * 20 + 1 * 5 + 3] = std::byte{9};
  const ImageFile file(put(folder / "x.npy", array));
  ASSERT_EQ(file.images(), 3);
  EXPECT_EQ(file.read<float>(2, {})(1, 3), 9.f);
  EXPECT_EQ(file.read<float>(1, {}), Image<float>(4, 5));
  EXPECT_EQ(ImageFile(put(folder / "y.npy", Array(DType::u8, {4, 5, 3}))).images(), 1);
  EXPECT_EQ(ImageFile(put(folder / "y.npy", Array(DType::u8, {2, 4, 5, 3}))).images(), 2);
}

TEST(ImageFile, AStillThatWasReplacedIsAnError) {
  const TemporaryFolder folder;
  const ImageFile file(put(folder / "x.png", Array(DType::u8, {4, 5})));
  EXPECT_EQ(file.read<float>(0, {}), Image<float>(4, 5));
  put(folder / "x.png", Array(DType::u8, {40, 5}));
  EXPECT_THAT([&] { file.read<float>(0, {}); }, throws_with<IoError>("was changed"));
  std::filesystem::remove(folder / "x.png");
  EXPECT_THROW(file.read<float>(0, {}), IoError);
}

}  // namespace
}  // namespace striate::detail
