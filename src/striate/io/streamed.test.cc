#include "striate/io/streamed.h"

#include "striate/io/formats.h"
#include "striate/io/hdf5.h"
#include "striate/io/testing.test.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

Archive example() {
  Archive archive;
  archive.arrays["a/long"] = Array(DType::f64, {1000, 3});
  for (std::size_t i = 0; i < archive.arrays["a/long"].bytes().size(); ++i)
    archive.arrays["a/long"].bytes()[i] = static_cast<std::byte>(i % 61);
  archive.arrays["b"] = Array(DType::u8, {0, 2});
  archive.arrays["c"] = Array::from<float>(std::vector<float>{1.5f}, {});
  archive.attributes["a"] = {{"name", std::string("words")}};
  return archive;
}

TEST(Streamed, GivesTheFileOfTheArchiveInMemory) {
  const TemporaryFolder folder;
  const Archive archive = example();
  for (const std::string suffix : {".h5", ".npz"}) {
    save(folder / ("whole" + suffix), archive);
    StreamedArchive pieces = streamed(archive);
    pieces.arrays["a/long"].produce = [&](const StreamedArray::Sink& sink) {
      // HDF5 files may be read meanwhile.
      save(folder / "other.h5", example(), Overwrite::yes);
      EXPECT_EQ(load(folder / "other.h5"), example());
      auto bytes = archive.at("a/long").bytes();
      for (std::size_t step = 1; !bytes.empty(); step = step * 3 % 1000 + 1) {
        const auto piece = bytes.first(std::min(step, bytes.size()));
        sink(piece);
        bytes = bytes.subspan(piece.size());
      }
    };
    save(folder / ("pieces" + suffix), pieces, Overwrite::no);
    EXPECT_EQ(bytes_of(folder / ("pieces" + suffix)), bytes_of(folder / ("whole" + suffix)));
    EXPECT_EQ(load(folder / ("pieces" + suffix)), archive);
  }
}

TEST(Streamed, NothingIsLeftOfAnArrayThatIsTooShortOrLongOrFails) {
  const TemporaryFolder folder;
  const Archive archive = example();
  for (const char* name : {"x.h5", "x.npz"})
    for (const std::size_t given : {23999, 24001}) {
      StreamedArchive pieces = streamed(archive);
      pieces.arrays["a/long"].produce = [&](const StreamedArray::Sink& sink) {
        sink(std::vector<std::byte>(given));
      };
      EXPECT_THAT([&] { save(folder / name, pieces, Overwrite::no); },
                  throws_with<Error>(join("was given ", given, " bytes; it has 24000")));
      pieces.arrays["a/long"].produce = [&](const StreamedArray::Sink&) {
        throw IoError("the source fails");
      };
      EXPECT_THAT([&] { save(folder / name, pieces, Overwrite::no); },
                  throws_with<IoError>("the source fails"));
    }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  EXPECT_THAT([&] { save(folder / "x.npy", streamed(archive), Overwrite::no); },
              throws_with<Error>("piece by piece"));
}

TEST(Streamed, AFullDiskIsAnErrorWithItsName) {
  EXPECT_THROW(save("/dev/full", streamed(example()), Overwrite::yes), Exception);
}

}  // namespace
}  // namespace striate
