#include "striate/io/detail/hdf5_writer.h"

#include "striate/io/hdf5.h"
#include "striate/io/testing.test.h"
#include "tests/problems/temporary_folder.h"

namespace striate::detail {
namespace {

TEST(Hdf5Writer, ElementsLieInOnePieceUnderASeal) {
  const TemporaryFolder folder;
  Archive archive;
  archive.arrays["group/numbers"] =
      Array::from<float>(std::vector<float>{1, 2, 3, 4, 5, 6}, {2, 3});
  write_hdf5(folder / "x.h5", streamed(archive), Overwrite::no);
  const StoredArray stored = locate_hdf5(folder / "x.h5", "group/numbers");
  const FileBytes file = bytes_of(folder / "x.h5");
  EXPECT_TRUE(std::ranges::equal(std::span(file).subspan(stored.offset, 24),
                                 archive.at("group/numbers").bytes()));
  EXPECT_EQ(stored.offset % 8, 0u);
  const std::string mark(hdf5_seal_mark);
  EXPECT_TRUE(std::ranges::equal(std::span(file).last(hdf5_seal_bytes).first(mark.size()),
                                 std::as_bytes(std::span(mark))));
}

TEST(Hdf5Writer, CountsInBlocksWhatItCountsAtOnce) {
  std::vector<std::byte> bytes((std::size_t{3} << 20) + 17);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * i >> 7);
  EXPECT_EQ(crc_of_first(bytes.size(),
                         [&](std::uint64_t at, std::span<std::byte> out) {
                           std::ranges::copy(std::span(bytes).subspan(at, out.size()), out.begin());
                         }),
            crc32(bytes));
}

}  // namespace
}  // namespace striate::detail
