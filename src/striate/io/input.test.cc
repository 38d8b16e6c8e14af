#include "striate/io/input.h"

#include <unistd.h>

#include <fstream>
#include <limits>

#include "striate/io/testing.test.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

TEST(Input, ReadsAnyPieceOfAFileAndOfMemory) {
  const TemporaryFolder folder;
  std::ofstream(folder / "x") << "0123456789";
  const std::string text = "0123456789";
  const Input file(folder / "x"), memory(std::as_bytes(std::span(text)), "memory");
  for (const Input* input : {&file, &memory}) {
    EXPECT_EQ(input->size(), 10u);
    const std::vector<std::byte> piece = input->bytes(3, 4);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(piece.data()), piece.size()), "3456");
    EXPECT_EQ(input->bytes(10, 0).size(), 0u);
    EXPECT_EQ(input->all().size(), 10u);
  }
}

TEST(Input, RefusesToReadBeyondTheEndBeforeTakingMemory) {
  const std::string text = "0123456789";
  const Input input(std::as_bytes(std::span(text)), "small");
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  using Piece = std::pair<std::uint64_t, std::uint64_t>;
  for (const auto& [offset, count] : {Piece{0, 11}, Piece{10, 1}, Piece{11, 0}, Piece{0, most},
                                      Piece{most, most}, Piece{5, most - 4}}) {
    const auto read = [&, o = offset, c = count] { input.bytes(o, c); };
    EXPECT_THAT(read, throws_with<IoError>("small is truncated"));
  }
}

TEST(Input, NamesWhatCannotBeRead) {
  const TemporaryFolder folder;
  EXPECT_THAT([&] { Input(folder / "absent"); }, throws_with<IoError>("there is no such file"));
  EXPECT_THAT([&] { Input(folder / "absent"); }, throws_with<IoError>("absent"));
  EXPECT_THAT([&] { Input input(folder.path()); }, throws_with<IoError>("is a folder"));
  EXPECT_THAT([&] { Input("/dev/null"); }, throws_with<IoError>("is a device"));
}

TEST(Input, NoticesAFileThatBecameShorter) {
  const TemporaryFolder folder;
  std::ofstream(folder / "x") << "0123456789";
  const Input input(folder / "x");
  std::filesystem::resize_file(folder / "x", 4);
  EXPECT_THAT([&] { input.all(); }, throws_with<IoError>("became shorter"));
}

}  // namespace
}  // namespace striate
