// Synthetic images with the statistics of natural ones, from a seed. Image i depends on the seed
// and i only, not on how many are made.
//
// dead_leaves   opaque discs fall on one another and hide what lies below. Radii have the density
//               r^-3 between the smallest and the largest, which makes the picture look the same at
//               every scale; grey values are uniform in [0, 1]. Edges, occlusion, T-junctions, and
//               a power spectrum near 1/f^2 between the scales of the largest and the smallest
//               leaf.
// noise_images  Gaussian noise with the power spectrum 1/f^exponent: the same
//               second-order statistics without edges. Mean 0.5, standard deviation 0.15.
//
// Source: Matheron 1968; Lee, Mumford & Huang 2001, Int. J. Comp. Vision 41:35.
#pragma once

#include <cstdint>
#include <vector>

#include "striate/core/image.h"
#include "striate/core/observer.h"
#include "striate/core/settings.h"

namespace striate {

struct ImageSetSettings {
  std::int64_t images = 10;
  std::int64_t rows = 256;
  std::int64_t columns = 256;
  std::int64_t channels = 1;
  std::int64_t seed = 0;

  static void describe(auto& s, auto&& visit) {
    visit(s.images, {.name = "images", .range = between(1, 1e6), .sentence = "Number of images."});
    visit(s.rows, {.name = "rows",
                   .range = between(1, 8192),
                   .unit = "pixels",
                   .sentence = "Height of an image."});
    visit(s.columns, {.name = "columns",
                      .range = between(1, 8192),
                      .unit = "pixels",
                      .sentence = "Width of an image."});
    visit(s.channels, {.name = "channels",
                       .range = between(1, 4),
                       .sentence = "Values per pixel: 1 for grey, 3 for colour."});
    visit(s.seed, {.name = "seed", .sentence = "Seed of the random numbers."});
  }
};

struct DeadLeavesSettings {
  ImageSetSettings set = {};
  double smallest = 1.25;
  double largest = 100;

  static void describe(auto& s, auto&& visit) {
    ImageSetSettings::describe(s.set, visit);
    visit(s.smallest, {.name = "smallest",
                       .range = between(0.25, 1e4),
                       .unit = "pixels",
                       .sentence = "Radius of the smallest leaves."});
    visit(s.largest, {.name = "largest",
                      .range = between(0.25, 1e5),
                      .unit = "pixels",
                      .sentence = "Radius of the largest leaves, above that of the smallest."});
  }
};

struct NoiseSettings {
  ImageSetSettings set = {};
  double exponent = 2;

  static void describe(auto& s, auto&& visit) {
    ImageSetSettings::describe(s.set, visit);
    visit(s.exponent, {.name = "exponent",
                       .range = between(0, 8),
                       .sentence = "Power falls as frequency to minus this."});
  }
};

// T is float or double. Parallel over images. A run that is stopped returns the images finished
// until then.
template <class T>
std::vector<Image<T>> dead_leaves(const DeadLeavesSettings& settings = {}, const Run& run = {});
template <class T>
std::vector<Image<T>> noise_images(const NoiseSettings& settings = {}, const Run& run = {});

}  // namespace striate
