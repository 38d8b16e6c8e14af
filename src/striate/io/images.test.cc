#include "striate/io/images.h"

#include <cmath>
#include <fstream>
#include <limits>

#include "striate/io/formats.h"
#include "striate/io/still_samples.test.h"
#include "tests/problems/require_data.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

namespace fs = std::filesystem;

void put(const fs::path& path, const std::string& name) {
  write_file(path, sample(name), Overwrite::no);
}

std::vector<std::string> found(const std::vector<std::string>& names) {
  std::vector<std::string> list;
  for (const fs::path& path : find_images(names)) list.push_back(path.filename().string());
  return list;
}

template <class T>
fs::path save_array(const fs::path& path, const std::vector<T>& values,
                    std::vector<std::int64_t> shape, const std::string& name = "data") {
  Archive archive;
  archive.arrays[name] = Array::from<T>(values, std::move(shape));
  save(path, archive, Overwrite::yes);
  return path;
}

std::vector<Image<float>> read(const fs::path& path, const ReadImageSettings& settings = {}) {
  return read_images<float>(std::vector<fs::path>{path}, settings);
}

TEST(Images, FindsFilesFoldersAndGlobsInAFixedOrder) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "photos");
  for (const char* name : {"b.PNG", "a10.png", "a9.png", "ä.png", "._a9.png", "Z.png"})
    put(folder / "photos" / name, "png_grey");
  put(folder / "photos" / "c.jpg", "jpeg_grey");
  put(folder / "photos" / "array.npy", "npy_f4");
  std::ofstream(folder / "photos" / "notes.txt") << "x";
  const std::string photos = (folder / "photos").string();
  EXPECT_EQ(found({photos}),
            (std::vector<std::string>{"Z.png", "a10.png", "a9.png", "b.PNG", "c.jpg", "ä.png"}));
  EXPECT_EQ(found({photos + "/a*.png"}), (std::vector<std::string>{"a10.png", "a9.png"}));
  EXPECT_EQ(found({photos + "/c.jpg", photos + "/*.npy", photos + "/a9.png"}),
            (std::vector<std::string>{"c.jpg", "array.npy", "a9.png"}));
}

TEST(Images, SaysWhatCannotBeFound) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "empty");
  std::ofstream(folder / "notes.txt") << "x";
  EXPECT_THAT([&] { found({(folder / "empty").string()}); },
              throws_with<Error>("there is no image in the folder " + (folder / "empty").string()));
  EXPECT_THAT([&] { found({(folder / "empty").string()}); },
              throws_with<Error>(".png, .jpg, .jpeg, .tif, .tiff, .webp"));
  EXPECT_THAT([&] { found({(folder / "*.png").string()}); }, throws_with<Error>("nothing matches"));
  EXPECT_THAT([&] { found({(folder / "no.png").string()}); },
              throws_with<IoError>("no file or folder"));
  EXPECT_THAT([&] { found({(folder / "notes.txt").string()}); }, throws_with<Error>("notes.txt"));
  EXPECT_THAT([&] { found({}); }, throws_with<Error>("no file, folder or pattern"));
}

TEST(Images, StillsAreScaled) {
  const TemporaryFolder folder;
  put(folder / "8.png", "png_grey");
  put(folder / "16.png", "png_grey16");
  put(folder / "c.png", "png_colour");
  const Image<float> eight = read_image<float>(folder / "8.png");
  const Image<double> sixteen = read_image<double>(folder / "16.png");
  const Image<float> raw = read_image<float>(folder / "8.png", {.pixel_scale = PixelScale::raw});
  const Image<float> colour = read_image<float>(folder / "c.png");
  const Image<float> grey = read_image<float>(folder / "c.png", {.grey = true});
  ASSERT_EQ(eight.rows(), sample_rows);
  ASSERT_EQ(eight.columns(), sample_columns);
  ASSERT_EQ(colour.channels(), 3);
  ASSERT_EQ(grey.channels(), 1);
  for (int i = 0; i < sample_rows; ++i) {
    for (int j = 0; j < sample_columns; ++j) {
      const int r = sample_value(i, j, 0), g = sample_value(i, j, 1), b = sample_value(i, j, 2);
      EXPECT_EQ(eight(i, j), static_cast<float>(r) / 255);
      EXPECT_EQ(raw(i, j), static_cast<float>(r));
      EXPECT_EQ(sixteen(i, j), (r * 257 + i) / 65535.);
      EXPECT_EQ(colour(i, j, 1), static_cast<float>(g) / 255);
      EXPECT_NEAR(grey(i, j), (.299 * r + .587 * g + .114 * b) / 255, 1e-6);
    }
  }
}

TEST(Images, ArraysAreTakenAsTheyAre) {
  const TemporaryFolder folder;
  std::vector<float> values(2 * 4 * 5);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) - 7;
  for (const char* suffix : {".npy", ".npz", ".h5"}) {
    const auto two = read(save_array(folder / join("x", suffix), values, {2, 4, 5}));
    ASSERT_EQ(two.size(), 2u);
    EXPECT_EQ(two[1].rows(), 4);
    EXPECT_EQ(two[1].columns(), 5);
    EXPECT_EQ(two[1](2, 3), values[20 + 2 * 5 + 3]);
    EXPECT_EQ(read(save_array(folder / join("x", suffix), values, {8, 5})).size(), 1u);
  }
  const std::vector<float> colour(2 * 4 * 5 * 3, 0.5f);
  EXPECT_EQ(read(save_array(folder / "x.npy", colour, {2, 4, 5, 3})).at(1).channels(), 3);
  const auto one = read(save_array(folder / "x.npy", colour, {8, 5, 3}));
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].channels(), 3);
  const std::vector<std::uint8_t> bytes(12, 200);
  EXPECT_EQ(read(save_array(folder / "x.npy", bytes, {3, 4}))[0](0, 0), 200.f);
  EXPECT_EQ(read(save_array(folder / "x.h5", bytes, {3, 4}, "other/name"))[0](0, 0), 200.f);
}

TEST(Images, RefusesWhatIsNoImage) {
  const TemporaryFolder folder;
  const std::vector<float> six(6);
  EXPECT_THAT([&] { read(save_array(folder / "x.npy", six, {6})); },
              throws_with<Error>("1 dimensions"));
  EXPECT_THAT(
      [&] {
        read(save_array(folder / "x.npy", std::vector<float>(), {0, 4}));
      },
      throws_with<Error>("empty array"));
  EXPECT_THAT(
      [&] {
        read_image<float>(save_array(folder / "x.npy", six, {3, 1, 2}));
      },
      throws_with<Error>("holds 3 images"));
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    const fs::path path = save_array(folder / "bad.npy", std::vector<float>{1, 2, bad, 3}, {2, 2});
    EXPECT_THAT([&] { read(path); },
                throws_with<IoError>("bad.npy holds NaN or infinity (image 0, row 1, column 0)"));
    const Image<float> holed = read_image<float>(path, {.finite = false});
    EXPECT_FALSE(std::isfinite(holed(1, 0)));
    EXPECT_EQ(holed(1, 1), 3);
  }
  Archive two;
  two.arrays["a"] = two.arrays["b"] = Array(DType::f32, {2, 2});
  save(folder / "two.npz", two);
  EXPECT_THAT([&] { read(folder / "two.npz"); }, throws_with<Error>("none named 'data': a, b"));
  save_array(folder / "z.npy", std::vector<std::complex<float>>(4), {2, 2});
  EXPECT_THAT([&] { read(folder / "z.npy"); }, throws_with<Error>("complex"));
}

TEST(Images, WritesRoundedAndClipped) {
  const TemporaryFolder folder;
  Image<float> image(1, 6);
  const float values[] = {-1, 0, 0.5f, 1, 2, 100.4f / 255};
  std::copy(std::begin(values), std::end(values), image.data());
  write_image<float>(folder / "x.png", image);
  const auto bytes = load(folder / "x.png").at("data").to<int32_t>();
  EXPECT_EQ(bytes, (std::vector<std::int32_t>{0, 0, 128, 255, 255, 100}));
  write_image<float>(folder / "x.tif", image, Overwrite::no, {.sixteen_bits = true});
  EXPECT_EQ(load(folder / "x.tif").at("data").to<int32_t>()[2], 32768);
  EXPECT_THAT([&] { write_image<float>(folder / "x.png", image); }, throws_with<IoError>("exists"));
  write_image<float>(folder / "x.npy", image);
  EXPECT_EQ(read_image<float>(folder / "x.npy"), image);
  image(0, 0) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT([&] { write_image<float>(folder / "y.png", image); }, throws_with<Error>("NaN"));
}

TEST(Images, EightAndSixteenBitsReturnExactly) {
  const TemporaryFolder folder;
  for (const char* name : {"png_grey", "png_colour", "png_grey16", "png_colour16"}) {
    const Array stored = decode_png(sample(name), name);
    put(folder / "in.png", name);
    for (const bool raw : {false, true}) {
      const PixelScale scale = raw ? PixelScale::raw : PixelScale::unit;
      const auto image = read_image<float>(folder / "in.png", {.pixel_scale = scale});
      write_image<float>(folder / "out.png", image, Overwrite::yes,
                         {.pixel_scale = scale, .sixteen_bits = stored.dtype() == DType::u16});
      EXPECT_EQ(load(folder / "out.png").at("data"), stored) << name;
    }
    fs::remove(folder / "in.png");
  }
}

TEST(Images, GreyNeedsOneOrThreeChannels) {
  EXPECT_THAT([] { to_grey<float>(Image<float>(2, 2, 4)); }, throws_with<Error>("4 channels"));
  EXPECT_EQ(to_grey<float>(Image<float>(2, 3)).columns(), 3);
}

TEST(Images, TiffPhotographsAreTheArrayOfTheSamePixels) {
  const auto array = require_data("olshausen/olshausen_raw_u8.npy");
  if (!array) GTEST_SKIP();
  const auto expected = read(*array);
  const std::vector<std::string> folder = {array->parent_path().string()};
  const auto photographs =
      read_images<float>(find_images(folder), {.pixel_scale = PixelScale::raw});
  ASSERT_EQ(photographs.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(photographs[i], expected[i]) << i;
}

}  // namespace
}  // namespace striate
