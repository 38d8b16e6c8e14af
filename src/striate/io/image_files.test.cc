#include "striate/io/image_files.h"

#include <atomic>
#include <mutex>
#include <set>

#include "striate/core/parallel.h"
#include "striate/io/formats.h"
#include "striate/io/testing.test.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

using Paths = std::vector<std::filesystem::path>;

// Stills of 8 x 6 and an array of three images; pixel values tell them apart.
Paths some_files(const TemporaryFolder& folder) {
  Paths paths;
  for (int i = 0; i < 4; ++i) {
    Archive archive;
    archive.arrays["data"] = Array(DType::u8, {8, 6});
    for (std::byte& b : archive.arrays["data"].bytes()) b = static_cast<std::byte>(10 + i);
    paths.push_back(folder / join(i, ".png"));
    save(paths.back(), archive);
  }
  Archive archive;
  archive.arrays["data"] = Array(DType::u8, {3, 5, 7});
  paths.insert(paths.begin() + 2, folder / "batch.npy");
  save(paths[2], archive);
  return paths;
}

TEST(ImageFiles, AreTheImagesThatReadImagesGives) {
  const TemporaryFolder folder;
  const Paths paths = some_files(folder);
  const auto whole = read_images<float>(paths);
  for (const std::int64_t kept : {0, 500, 1 << 20}) {
    std::mutex mutex;
    std::set<std::int64_t> seen;
    std::int64_t announced = 0;
    const ImageFiles<float> files(
        paths, {}, kept, [&](std::int64_t count) { announced = count; },
        [&](std::int64_t i, const std::string& file, const Image<float>& image) {
          const std::lock_guard lock(mutex);
          EXPECT_TRUE(seen.insert(i).second);
          EXPECT_EQ(image, whole[static_cast<std::size_t>(i)]);
          EXPECT_NE(file.find(i >= 2 && i < 5 ? "batch.npy" : ".png"), std::string::npos);
        });
    EXPECT_EQ(announced, 7);
    EXPECT_EQ(seen.size(), 7u);
    ASSERT_EQ(files.size(), 7);
    parallel_for(70, [&](std::int64_t k, int) {
      const auto i = k * 3 % 7;
      EXPECT_EQ(*files.image(i), whole[static_cast<std::size_t>(i)]);
    });
    EXPECT_EQ(files.shape(3), (ImageShape{5, 7, 1}));
  }
}

TEST(ImageFiles, KeepThoseUsedLast) {
  const TemporaryFolder folder;
  const Paths paths = some_files(folder);
  // Room for two of the stills: 48 floats and 256 bytes each.
  ImageFiles<float> files(
      paths, {}, 2 * (48 * 4 + 256), [](std::int64_t) {}, [](auto&&...) {});
  std::atomic<int> treated = 0;
  files.treat([&](const Image<float>& image) {
    ++treated;
    return image;
  });
  for (const std::int64_t i : {0, 1, 0, 1, 0}) files.image(i);
  EXPECT_EQ(treated, 2);
  const auto held = files.image(1);
  files.image(5);  // 0 was used before 1
  files.image(1);
  EXPECT_EQ(treated, 3);
  files.image(0);
  EXPECT_EQ(treated, 4);
  EXPECT_EQ((*held)(0, 0), 11.f / 255);
}

TEST(ImageFiles, AFileThatChangesIsAnError) {
  const TemporaryFolder folder;
  const Paths paths = some_files(folder);
  const ImageFiles<float> files(
      paths, {}, 0, [](std::int64_t) {}, [](auto&&...) {});
  Archive other;
  other.arrays["data"] = Array(DType::u8, {80, 6});
  save(paths[0], other, Overwrite::yes);
  EXPECT_THAT([&] { files.image(0); }, throws_with<IoError>("0.png was changed"));
}

}  // namespace
}  // namespace striate
