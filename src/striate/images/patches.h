// Patches of images as signals, and images from patches.
//
// A patch of p x p pixels is a signal of p * p * channels numbers, row by row, channels
// interleaved. Which patch is number i depends on the seed, the images and i alone: whatever was
// read before, by whatever thread, and however many there are in all.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "striate/core/image.h"
#include "striate/core/settings.h"
#include "striate/core/source.h"

namespace striate {

enum class Sampling {
  random,  // anywhere, with equal chances for every position of every image
  grid,    // side by side, from the upper left corner
  all      // every `stride` pixels
};
template <>
struct EnumNames<Sampling> {
  static constexpr std::array<std::string_view, 3> names{"random", "grid", "all"};
};

struct PatchSettings {
  int patch = 16;
  Sampling sampling = Sampling::random;
  std::int64_t count = 100000;
  std::optional<int> border = {};
  int stride = 1;
  bool remove_mean = false;
  double minimum_deviation = 0;
  std::int64_t seed = 0;

  // As given, else 4 for random sampling and 0 otherwise.
  int border_in_force() const { return border.value_or(sampling == Sampling::random ? 4 : 0); }
  // Rows and columns that an image must have.
  std::int64_t least_side() const { return patch + 2 * std::int64_t{border_in_force()}; }

  static void describe(auto& s, auto&& visit) {
    visit(s.patch, {.name = "patch",
                    .range = at_least(1),
                    .unit = "pixels",
                    .sentence = "Rows and columns of a patch."});
    visit(s.sampling,
          {.name = "sampling",
           .sentence = "Where patches are taken: anywhere (random), side by side (grid) "
                       "or overlapping (all)."});
    visit(s.count, {.name = "count",
                    .range = at_least(1),
                    .unit = "patches",
                    .sentence = "Number of patches of random sampling."});
    visit(s.border,
          {.name = "border",
           .range = at_least(0),
           .unit = "pixels",
           .sentence = "Edge of the images that no patch touches; not given: 4 for random "
                       "sampling, else 0."});
    visit(s.stride, {.name = "stride",
                     .range = at_least(1),
                     .unit = "pixels",
                     .sentence = "Distance between neighbouring patches when all are taken."});
    visit(s.remove_mean,
          {.name = "remove_mean", .sentence = "Subtract from each patch the mean of its values."});
    visit(
        s.minimum_deviation,
        {.name = "minimum_deviation",
         .range = at_least(0),
         .sentence = "Leave out patches whose standard deviation is below this fraction of that of "
                     "all pixels of all images; 0 keeps every patch."});
    visit(s.seed, {.name = "seed", .sentence = "Seed of random sampling."});
  }
};

// The upper left corner of a patch.
struct PatchPosition {
  std::int64_t image = 0;
  std::int64_t row = 0;
  std::int64_t column = 0;
  bool operator==(const PatchPosition&) const = default;
};

// With grid and all, the last patch of a row or column lies flush with the far edge (minus the
// border), so that no pixel is left out; it may overlap its neighbour more than the others do.
template <class T>
class PatchSource : public SignalSource<T> {
 public:
  // Shares the images and checks every one: its size, its channels, that all values are finite.
  // Error: no images, an image smaller than a patch and its borders (named by number), different
  // channels, NaN or infinity, all patches below minimum_deviation.
  PatchSource(std::shared_ptr<const std::vector<Image<T>>> images, const PatchSettings& settings);
  // The same, copying the images.
  PatchSource(const std::vector<Image<T>>& images, const PatchSettings& settings);
  // Images that are read as they are needed and checked by whoever reads them. A read asks for each
  // image once, so many patches at a time are cheaper than few. Error: as above, sizes and channels.
  PatchSource(std::shared_ptr<const ImageSource<T>> images, const PatchSettings& settings);

  std::int64_t size() const override;
  std::int64_t dimension() const override;  // patch * patch * channels
  void read(std::int64_t first, MatrixView<T> out) const override { read(first, out, {}, {}); }
  // With where each patch lies and what was subtracted from it; either span may be empty.
  void read(std::int64_t first, MatrixView<T> out, std::span<PatchPosition> positions,
            std::span<double> means) const;

  PatchPosition position(std::int64_t i) const;
  // What was subtracted from patch i: its mean with remove_mean, else 0.
  double mean(std::int64_t i) const;
  // Standard deviation of all values of all images; images that are read as needed are asked for it
  // only if minimum_deviation needs it.
  double deviation() const { return deviation_; }
  std::int64_t channels() const { return channels_; }
  const PatchSettings& settings() const { return settings_; }
  const ImageSource<T>& images() const { return *images_; }

 private:
  struct Moments {
    double mean, deviation;
  };
  void check(std::int64_t first, std::int64_t count) const;
  PatchPosition regular(std::int64_t ordinal) const;
  Moments moments(const Image<T>& image, const PatchPosition& at) const;
  bool flat(const PatchPosition& at) const;
  void find_deviation();
  void find_kept();

  std::shared_ptr<const ImageSource<T>> images_;
  std::vector<ImageShape> shapes_;
  PatchSettings settings_;
  std::int64_t border_ = 0;
  std::int64_t step_ = 1;  // of the positions that sampling chooses from
  std::int64_t channels_ = 1;
  double deviation_ = 0;
  std::vector<std::int64_t> starts_;  // positions in the images before; one more at the end
  std::vector<std::int64_t> kept_;    // grid and all, if flat patches are left out: what remains
};

// All patches of a source at once, as columns.
template <class T>
Matrix<T> read_all(const SignalSource<T>& source);

// The patches of `images`, as columns (interface name of read_all(PatchSource)).
template <class T>
Matrix<T> extract_patches(const std::vector<Image<T>>& images, const PatchSettings& settings = {});

// Images from patches (columns, as PatchSource gives them): every pixel is the mean of the patches
// that cover it, 0 where none does. means[i] is added to patch i; an empty span adds nothing.
// Error: sizes that do not fit together, a position outside its image.
template <class T>
std::vector<Image<T>> assemble_patches(Signals<T> patches, std::span<const PatchPosition> positions,
                                       std::span<const double> means,
                                       std::span<const ImageShape> shapes);

}  // namespace striate
