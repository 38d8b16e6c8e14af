// The figures of the command line, drawn by gnuplot: pictures, mosaics of atoms, curves, traces.
// What comes back are the bytes of a PNG, SVG or GIF file.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cli/gnuplot.h"
#include "striate/core/image.h"
#include "striate/core/matrix.h"

namespace striate::cli {

// Pixels as red, green, blue from 0 to 255; C order, top row first.
struct Colours {
  int columns = 0, rows = 0;
  std::vector<unsigned char> values;
};

// The numbers that become black and white. Images with 3 channels keep their colours.
struct GreyRange {
  double black = 0, white = 1;
};
// 0 is the middle grey and the largest modulus just reaches black or white.
GreyRange symmetric_range(ImageView<const float> image);
// The 1st and 99th percentile: photographs whatever their scale.
GreyRange full_range(ImageView<const float> image);

// Each pixel as zoom x zoom.
Colours colours_of(ImageView<const float> image, GreyRange range, int zoom = 1);

struct TileShape {
  int rows = 0, columns = 0, channels = 1;
};
// Atoms (columns, each scaled by itself) as tiles; the atoms of a group touch one another, groups
// are parted by a gap. About `width` pixels wide. Error: the shape does not fill an atom, or a
// group size that does not divide their number.
Colours mosaic(MatrixView<const float> atoms, TileShape shape, int group_size, int width = 1000);

// Filters as tiles on a dark ground, each scaled by itself, `across` of them in a row (0: as many as
// make the mosaic a little wider than high). About `width` pixels wide. Error: as mosaic.
Colours filter_mosaic(MatrixView<const float> filters, TileShape shape, int width = 1000,
                      int across = 0);

// What is dark behind pictures that shine.
inline constexpr std::string_view dark_ground = "#0b0b0f";

// The pixels as they are.
std::string picture(const Colours& colours, PictureFormat format = PictureFormat::png,
                    std::string_view background = "#ffffff");

// Pictures of one size side by side under their titles.
struct Panel {
  std::string title, caption;
  Image<float> image;
};
std::string panels(std::span<const Panel> panels, GreyRange range,
                   PictureFormat format = PictureFormat::png);

// The same, several rows under one another, each with a grey range of its own: that of its last
// panel.
std::string panel_rows(std::span<const std::vector<Panel>> rows);

// A picture with a box round the patch that was cut from it.
std::string marked_picture(ImageView<const float> image, std::int64_t row, std::int64_t column,
                           std::int64_t rows, std::int64_t columns);

// Frames of one size as an animation that repeats; one grey range for all.
std::string animation(std::span<const Image<float>> frames, int zoom, int delay);

struct Curve {
  std::string title;
  std::vector<double> x = {}, y = {};
  std::vector<double> error = {};  // empty: no bars
  std::string colour = "#1b6ca8";
  bool dashed = false;
  bool points = true;                       // marked
  std::vector<double> low = {}, high = {};  // the ends of a band behind the curve; empty: none
};
struct Axes {
  std::string title = {}, x = {}, y = {};
  bool logarithmic_x = false;                  // with a tick at every x of the first curve
  bool log_log = false;                        // both axes, ticks at powers of ten
  std::pair<double, double> y_range = {0, 0};  // equal: chosen by the data
  int width = 560, height = 440;
};
std::string curves(const Axes& axes, std::span<const Curve> curves,
                   PictureFormat format = PictureFormat::svg);

// What a model's history says: objectives of held-out signals and of batches against the signals
// learned from.
std::string learning_curve(std::span<const double> signals, std::span<const double> held_out,
                           std::span<const double> batches,
                           PictureFormat format = PictureFormat::svg);

// Overlaps with the stored patterns (rows) step by step (columns); `target` (-1: unknown) stands
// out.
std::string memory_trace(MatrixView<const float> overlaps, std::int64_t target,
                         PictureFormat format = PictureFormat::svg);

}  // namespace striate::cli
