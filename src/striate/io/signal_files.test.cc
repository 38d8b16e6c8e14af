#include "striate/io/signal_files.h"

#include <cmath>
#include <limits>

#include "striate/io/formats.h"
#include "striate/io/testing.test.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

using Paths = std::vector<std::filesystem::path>;

template <class T>
SignalFiles<T> signals_in(const Paths& paths) {
  std::vector<std::unique_ptr<const ArrayFile>> files;
  for (const auto& path : paths) files.push_back(open_array(path));
  return SignalFiles<T>(std::move(files));
}

template <class V>
std::filesystem::path put(const std::filesystem::path& path, const std::vector<V>& values,
                          std::int64_t columns) {
  Archive archive;
  archive.arrays["data"] =
      Array::from<V>(values, {static_cast<std::int64_t>(values.size()) / columns, columns});
  save(path, archive, Overwrite::yes);
  return path;
}

template <class V>
std::vector<V> from(int first, int count) {
  std::vector<V> values;
  for (int i = 0; i < count; ++i) values.push_back(static_cast<V>(first + i));
  return values;
}

TEST(SignalFiles, AreOneBehindTheOtherWhateverTheirTypes) {
  const TemporaryFolder folder;
  const Paths paths = {put(folder / "a.npy", from<float>(0, 12), 3),
                       put(folder / "b.h5", from<double>(12, 9), 3),
                       put(folder / "none.npy", std::vector<float>(), 3),
                       put(folder / "c.npz", from<std::uint8_t>(21, 15), 3)};
  const auto signals = signals_in<float>(paths);
  ASSERT_EQ(signals.size(), 12);
  ASSERT_EQ(signals.dimension(), 3);
  for (std::int64_t first = 0; first < 12; ++first)
    for (std::int64_t count = 0; first + count <= 12; ++count) {
      Matrix<float> part(3, count);
      signals.read(first, part);
      for (std::size_t i = 0; i < part.size(); ++i)
        ASSERT_EQ(part.data()[i], static_cast<float>(first * 3) + static_cast<float>(i));
    }
  EXPECT_EQ(signals.place(6).file, (folder / "b.h5").string());
  EXPECT_EQ(signals.place(6).row, 2);
  EXPECT_EQ(signals.place(7).file, (folder / "c.npz").string());
  Matrix<float> wide(4, 20);
  EXPECT_THROW(signals.read(0, wide.view()), Error);
  EXPECT_THROW(signals.place(12), Error);
}

TEST(SignalFiles, NameTheFileAndTheSignalOfABadValue) {
  const TemporaryFolder folder;
  auto bad = from<double>(0, 300000);
  bad[200001] = std::nan("");
  const Paths paths = {put(folder / "good.npy", from<float>(0, 3), 3),
                       put(folder / "bad.npy", bad, 3)};
  const auto signals = signals_in<double>(paths);
  Matrix<double> some(3, 66668);
  signals.read(0, some);  // ends before it
  Matrix<double> one(3, 1);
  EXPECT_THAT([&] { signals.read(66668, one); },
              throws_with<IoError>("bad.npy holds NaN or infinity (signal 66667)"));
  Matrix<double> all(3, signals.size());
  EXPECT_THAT([&] { signals.read(0, all); }, throws_with<IoError>("(signal 66667)"));
  signals.read(66668, one, true);  // nobody will look at it
  EXPECT_TRUE(std::isnan(one(0, 0)));
  put(folder / "large.npy", std::vector<double>{1, 2, 1e300}, 3);
  EXPECT_THROW(
      {
        Matrix<float> narrow(3, 1);
        signals_in<float>({folder / "large.npy"}).read(0, narrow);
      },
      IoError);
}

TEST(SignalFiles, RefuseWhatDoesNotFitTogether) {
  const TemporaryFolder folder;
  put(folder / "three.npy", from<float>(0, 6), 3);
  put(folder / "two.npy", from<float>(0, 6), 2);
  EXPECT_THAT(
      [&] {
        signals_in<float>({folder / "three.npy", folder / "two.npy"});
      },
      throws_with<Error>("two.npy has signals of 2 values, the files before it of 3"));
  Archive archive;
  archive.arrays["data"] = Array(DType::f32, {2, 2, 2});
  save(folder / "cube.npy", archive);
  EXPECT_THAT([&] { signals_in<float>({folder / "cube.npy"}); },
              throws_with<Error>("3 dimensions"));
  archive.arrays["data"] = Array(DType::c64, {2, 2});
  save(folder / "complex.npy", archive);
  EXPECT_THAT([&] { signals_in<float>({folder / "complex.npy"}); },
              throws_with<Error>("complex numbers"));
  EXPECT_THAT([&] { signals_in<float>({}); }, throws_with<Error>("no file"));
}

}  // namespace
}  // namespace striate
