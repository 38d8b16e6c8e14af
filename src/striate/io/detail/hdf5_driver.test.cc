#include "striate/io/detail/hdf5_driver.h"

#include "striate/io/hdf5.h"
#include "striate/io/testing.test.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

FileBytes file_with_text() {
  const TemporaryFolder folder;
  Archive archive;
  archive.attributes[""]["text"] = std::string("words");
  save_hdf5(folder / "x.h5", archive, Overwrite::no);
  return bytes_of(folder / "x.h5");
}

TEST(Hdf5Driver, ADamagedHeapOfTextsIsRefusedNotFollowed) {
  FileBytes file = file_with_text();
  file.resize(file.size() - hdf5_seal_bytes);  // as a stranger's
  const std::string mark = "GCOL";
  const auto heap = std::search(file.begin(), file.end(), std::as_bytes(std::span(mark)).begin(),
                                std::as_bytes(std::span(mark)).end()) -
                    file.begin();
  ASSERT_LT(heap + 32, static_cast<std::ptrdiff_t>(file.size()));
  int refused = 0;
  for (std::ptrdiff_t at = heap + 4; at < heap + 100; ++at) {
    for (const int value : {0x00, 0x01, 0x0F, 0x80, 0xFF}) {
      FileBytes damaged = file;
      damaged[static_cast<std::size_t>(at)] = static_cast<std::byte>(value);
      try {
        read_hdf5(Input(damaged, "x.h5"));
      } catch (const IoError&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 50);
  FileBytes damaged = file;
  damaged[static_cast<std::size_t>(heap) + 24] = std::byte{0xFF};  // size of the first text
  damaged[static_cast<std::size_t>(heap) + 26] = std::byte{0xFF};
  EXPECT_THAT([&] { read_hdf5(Input(damaged, "x.h5")); },
              throws_with<IoError>("x.h5: its heap of texts is damaged"));
}

TEST(Hdf5Driver, AFailureOfTheFileIsReportedAsItself) {
  const TemporaryFolder folder;
  write_file(folder / "x.h5", file_with_text(), Overwrite::no);
  const Input input(folder / "x.h5");
  std::filesystem::resize_file(folder / "x.h5", 50);
  EXPECT_THAT([&] { read_hdf5(input); }, throws_with<IoError>("became shorter"));
}

}  // namespace
}  // namespace striate
