#include "cli/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "striate/core/errors.h"

namespace striate::cli {
namespace {

unsigned char level(double x, GreyRange range) {
  const double span = range.white - range.black;
  const double share = span > 0 ? (x - range.black) / span : 0.5;
  return static_cast<unsigned char>(std::lround(255 * std::clamp(share, 0.0, 1.0)));
}

struct Canvas {
  Colours colours;
  Canvas(int columns, int rows, unsigned char grey) {
    colours = {columns, rows,
               std::vector<unsigned char>(std::size_t{3} * static_cast<std::size_t>(columns) *
                                              static_cast<std::size_t>(rows),
                                          grey)};
  }
  void paint(std::int64_t column, std::int64_t row, int zoom, const unsigned char (&rgb)[3]) {
    for (std::int64_t y = row; y < row + zoom; ++y)
      for (std::int64_t x = column; x < column + zoom; ++x)
        std::copy(rgb, rgb + 3,
                  colours.values.begin() + 3 * (y * std::int64_t{colours.columns} + x));
  }
  // The image with its top left corner at (column, row).
  void paint(std::int64_t column, std::int64_t row, ImageView<const float> image, GreyRange range,
             int zoom) {
    for (std::int64_t i = 0; i < image.rows; ++i)
      for (std::int64_t j = 0; j < image.columns; ++j) {
        unsigned char rgb[3];
        for (int c = 0; c < 3; ++c) rgb[c] = level(image(i, j, image.channels == 3 ? c : 0), range);
        paint(column + j * zoom, row + i * zoom, zoom, rgb);
      }
  }
};

// Axes of pixels: the origin at the lower left, nothing drawn but the picture.
void bare_axes(GnuplotScript& script, int columns, int rows) {
  script.line("unset border; unset tics; unset key");
  script.line(fmt::format("set xrange [0:{}]; set yrange [0:{}]", columns, rows));
}

void fill_the_page(GnuplotScript& script) {
  script.line("set lmargin at screen 0; set rmargin at screen 1");
  script.line("set bmargin at screen 0; set tmargin at screen 1");
}

// Panels from left to right, the grid's left upper corner at (0, top) of a page of pixels.
struct PanelGrid {
  int side = 0, gap = 16, head = 0, foot = 0;
  int width = 0, height = 0;  // of the page
};

void draw_panels(GnuplotScript& script, const PanelGrid& grid, int top,
                 std::span<const Panel> panels, GreyRange range, bool titles) {
  for (std::size_t i = 0; i < panels.size(); ++i) {
    const Panel& panel = panels[i];
    const Colours colours = colours_of(panel.image, range);
    const double left = grid.gap + double(i) * (grid.side + grid.gap);
    const double upper = top + (titles ? grid.head : 0);
    script.line(fmt::format("set lmargin at screen {}; set rmargin at screen {}", left / grid.width,
                            (left + grid.side) / grid.width));
    script.line(fmt::format("set tmargin at screen {}; set bmargin at screen {}",
                            1 - upper / grid.height, 1 - (upper + grid.side) / grid.height));
    bare_axes(script, colours.columns, colours.rows);
    script.line("unset label");
    const double middle = (left + grid.side / 2.0) / grid.width;
    if (titles)
      script.line(fmt::format("set label 1 {} at screen {},{} center font ',{}'",
                              gnuplot_text(panel.title), middle, 1 - (upper - 20) / grid.height,
                              grid.side < 200 ? 12 : 15));
    script.line(fmt::format("set label 2 {} at screen {},{} center font ',12' textcolor '#555555'",
                            gnuplot_text(panel.caption), middle,
                            1 - (upper + grid.side + 16) / grid.height));
    script.plot_colours(colours.columns, colours.rows, colours.values);
  }
}

// Ticks of a logarithmic axis that has few powers of ten; empty: it has enough of them.
std::string ticks_within(std::pair<double, double> range) {
  std::string ticks;
  if (!(range.first > 0) || range.second > 30 * range.first) return ticks;
  const double low = std::floor(std::log10(range.first));
  for (double power = std::pow(10, low); power <= range.second; power *= 10)
    for (const double digit : {1., 1.2, 1.5, 2., 3., 4., 5., 7.})
      if (const double x = digit * power; x >= range.first && x <= range.second)
        ticks += fmt::format("{}'{:g}' {}", ticks.empty() ? "" : ", ", x, x);
  return ticks;
}

void check_tiles(std::string_view who, MatrixView<const float> atoms, TileShape shape) {
  if (atoms.rows != std::int64_t{shape.rows} * shape.columns * shape.channels)
    throw Error(who, ": atoms of ", atoms.rows, " values do not fill ", shape.rows, " x ",
                shape.columns, " x ", shape.channels);
}

}  // namespace

GreyRange symmetric_range(ImageView<const float> image) {
  double largest = 0;
  for (std::int64_t i = 0; i < image.size(); ++i)
    largest = std::max(largest, std::abs(static_cast<double>(image.data[i])));
  return largest > 0 ? GreyRange{-largest, largest} : GreyRange{-1, 1};
}

GreyRange full_range(ImageView<const float> image) {
  if (image.size() == 0) return {};
  std::vector<float> sorted(image.data, image.data + image.size());
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&](double share) {
    return static_cast<double>(
        sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))]);
  };
  return {at(0.01), at(0.99)};
}

Colours colours_of(ImageView<const float> image, GreyRange range, int zoom) {
  Canvas canvas(static_cast<int>(image.columns) * zoom, static_cast<int>(image.rows) * zoom, 255);
  canvas.paint(0, 0, image, range, zoom);
  return canvas.colours;
}

Colours mosaic(MatrixView<const float> atoms, TileShape shape, int group_size, int width) {
  check_tiles("mosaic", atoms, shape);
  if (group_size < 1 || atoms.columns < 1 || atoms.columns % group_size != 0)
    throw Error("mosaic: group_size ", group_size, " does not divide the ", atoms.columns,
                " atoms");
  const auto groups = static_cast<int>(atoms.columns / group_size);
  // As many groups a row as make the mosaic a little wider than high.
  const double group_aspect = double(group_size) * shape.columns / shape.rows;
  const int across =
      std::clamp(static_cast<int>(std::ceil(std::sqrt(1.5 * groups / group_aspect))), 1, groups);
  const int down = (groups + across - 1) / across;
  const int zoom = std::max(1, width / (across * (group_size * shape.columns + 2)));
  const int gap = std::max(2, zoom), seam = group_size > 1 ? std::max(1, zoom / 3) : 0;
  const int tile_width = shape.columns * zoom, tile_height = shape.rows * zoom;
  const int group_width = group_size * tile_width + (group_size - 1) * seam;

  Canvas canvas(across * (group_width + gap) + gap, down * (tile_height + gap) + gap, 255);
  for (std::int64_t k = 0; k < atoms.columns; ++k) {
    const std::int64_t group = k / group_size, member = k % group_size;
    const ImageView<const float> atom(atoms.column(k).data(), shape.rows, shape.columns,
                                      shape.channels);
    canvas.paint(gap + (group % across) * (group_width + gap) + member * (tile_width + seam),
                 gap + (group / across) * (tile_height + gap), atom, symmetric_range(atom), zoom);
  }
  return canvas.colours;
}

Colours filter_mosaic(MatrixView<const float> filters, TileShape shape, int width, int across) {
  check_tiles("filter_mosaic", filters, shape);
  constexpr unsigned char dark = 13;  // as dark_ground
  const auto count = static_cast<int>(filters.columns);
  const double aspect = double(shape.columns) / shape.rows;
  if (across < 1) across = static_cast<int>(std::ceil(std::sqrt(1.5 * count / aspect)));
  across = std::min(across, count);
  const int down = (count + across - 1) / across;
  // A gap is a sixth of a tile, rounded to whole pixels of it.
  const int gaps = std::max(1, shape.columns / 6);
  const int zoom = std::max(1, width / (across * (shape.columns + gaps) + gaps));
  const int gap = gaps * zoom;
  Canvas canvas(across * (shape.columns * zoom + gap) + gap, down * (shape.rows * zoom + gap) + gap,
                dark);
  for (int k = 0; k < count; ++k) {
    const ImageView<const float> filter(filters.column(k).data(), shape.rows, shape.columns,
                                        shape.channels);
    canvas.paint(gap + (k % across) * (shape.columns * zoom + gap),
                 gap + (k / across) * (shape.rows * zoom + gap), filter, symmetric_range(filter),
                 zoom);
  }
  return canvas.colours;
}

std::string picture(const Colours& colours, PictureFormat format, std::string_view background) {
  GnuplotScript script({.format = format,
                        .width = colours.columns,
                        .height = colours.rows,
                        .background = background});
  fill_the_page(script);
  bare_axes(script, colours.columns, colours.rows);
  script.plot_colours(colours.columns, colours.rows, colours.values);
  return run_gnuplot(script);
}

std::string panels(std::span<const Panel> panels, GreyRange range, PictureFormat format) {
  if (panels.empty()) throw Error("panels: nothing to show");
  const int count = static_cast<int>(panels.size());
  PanelGrid grid{.side = std::clamp(1200 / count, 120, 300), .head = 44, .foot = 40};
  grid.width = count * grid.side + (count + 1) * grid.gap;
  grid.height = grid.head + grid.side + grid.foot;
  GnuplotScript script({.format = format, .width = grid.width, .height = grid.height});
  script.line("set multiplot");
  draw_panels(script, grid, 0, panels, range, true);
  script.line("unset multiplot");
  return run_gnuplot(script);
}

std::string panel_rows(std::span<const std::vector<Panel>> rows) {
  if (rows.empty() || rows.front().empty()) throw Error("panel_rows: nothing to show");
  const int across = static_cast<int>(rows.front().size()), down = static_cast<int>(rows.size());
  PanelGrid grid{.side = 130, .head = 36, .foot = 32};
  grid.width = across * grid.side + (across + 1) * grid.gap;
  grid.height = grid.head + down * (grid.side + grid.foot);
  GnuplotScript script({.format = PictureFormat::png, .width = grid.width, .height = grid.height});
  script.line("set multiplot");
  for (int i = 0; i < down; ++i) {
    const std::vector<Panel>& row = rows[static_cast<std::size_t>(i)];
    draw_panels(script, grid, i == 0 ? 0 : grid.head + i * (grid.side + grid.foot), row,
                symmetric_range(row.back().image), i == 0);
  }
  script.line("unset multiplot");
  return run_gnuplot(script);
}

std::string marked_picture(ImageView<const float> image, std::int64_t row, std::int64_t column,
                           std::int64_t rows, std::int64_t columns) {
  const auto longer = static_cast<double>(std::max(image.columns, image.rows));
  const int zoom = std::max(1, static_cast<int>(std::lround(512 / longer)));
  const Colours colours = colours_of(image, full_range(image), zoom);
  // Large pictures are shown smaller; the box keeps its place since axes count pixels.
  const double shrink = std::min(1.0, 640.0 / std::max(colours.columns, colours.rows));
  GnuplotScript script({.format = PictureFormat::png,
                        .width = static_cast<int>(colours.columns * shrink),
                        .height = static_cast<int>(colours.rows * shrink)});
  fill_the_page(script);
  bare_axes(script, colours.columns, colours.rows);
  for (const auto& [number, colour, line] :
       {std::tuple{1, "#ffffff", 5.0}, std::tuple{2, "#d1495b", 2.5}})
    script.line(
        fmt::format("set object {} rectangle from {},{} to {},{} front fillstyle empty "
                    "border linecolor rgb '{}' linewidth {}",
                    number, column * zoom, colours.rows - (row + rows) * zoom,
                    (column + columns) * zoom, colours.rows - row * zoom, colour, line));
  script.plot_colours(colours.columns, colours.rows, colours.values);
  return run_gnuplot(script);
}

std::string animation(std::span<const Image<float>> frames, int zoom, int delay) {
  if (frames.empty()) throw Error("animation: no frames");
  GreyRange range;
  for (const Image<float>& frame : frames) {
    const GreyRange own = symmetric_range(frame);
    if (own.white > range.white || &frame == &frames.front()) range = own;
  }
  const int columns = static_cast<int>(frames.front().columns()) * zoom;
  const int rows = static_cast<int>(frames.front().rows()) * zoom;
  GnuplotScript script(
      {.format = PictureFormat::gif, .width = columns, .height = rows, .delay = delay});
  fill_the_page(script);
  bare_axes(script, columns, rows);
  for (const Image<float>& frame : frames) {
    const Colours colours = colours_of(frame, range, zoom);
    script.plot_colours(colours.columns, colours.rows, colours.values);
  }
  return run_gnuplot(script);
}

std::string curves(const Axes& axes, std::span<const Curve> curves, PictureFormat format) {
  if (curves.empty()) throw Error("curves: nothing to show");
  GnuplotScript script({.format = format, .width = axes.width, .height = axes.height});
  script.line("set border 3 linecolor rgb '#777777'; set tics nomirror textcolor rgb '#333333'");
  script.line("set grid ytics linecolor rgb '#e4e4e4' linetype 1");
  // gnuplot takes text in SVG for wider than it is.
  script.line(
      fmt::format("set key outside bottom center horizontal Left reverse maxcols 2 "
                  "width {} height 0.8 samplen 2 font ',12'",
                  format == PictureFormat::svg ? -4 : 1));
  if (!axes.title.empty()) script.line("set title " + gnuplot_text(axes.title));
  script.line("set xlabel " + gnuplot_text(axes.x) + " offset 0,0.4");
  script.line("set ylabel " + gnuplot_text(axes.y));
  script.line("set xrange [*:*] noextend; set offsets graph 0.03, graph 0.03, 0, 0");
  if (axes.logarithmic_x) {
    // Ticks where the data are: powers of ten alone would say little.
    std::string ticks;
    for (const double x : curves.front().x)
      ticks += fmt::format("{}'{:g}' {}", ticks.empty() ? "" : ", ", x, x);
    script.line("set logscale x; unset mxtics; set xtics (" + ticks + ")");
  }
  if (axes.log_log) {
    script.line("set logscale xy; set format x '%g'; set format y '%g'; set offsets 0, 0, 0, 0");
    script.line("set grid xtics mytics linecolor rgb '#ececec' linetype 1");
    if (const std::string ticks = ticks_within(axes.y_range); !ticks.empty())
      script.line("unset mytics; set grid noxtics ytics; set ytics (" + ticks + ")");
  }
  if (axes.y_range.first != axes.y_range.second)
    script.line(fmt::format("set yrange [{}:{}]", axes.y_range.first, axes.y_range.second));
  std::string plot = "plot ";
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const Curve& curve = curves[i];
    if (curve.x.size() != curve.y.size() ||
        (!curve.error.empty() && curve.error.size() != curve.x.size()) ||
        curve.low.size() != curve.high.size() ||
        (!curve.low.empty() && curve.low.size() != curve.x.size()))
      throw Error("curves: '", curve.title, "' has ", curve.x.size(), " x, ", curve.y.size(),
                  " y, ", curve.error.size(), " errors and bands of ", curve.low.size(), " and ",
                  curve.high.size());
    std::vector<double> numbers;
    const bool band = !curve.low.empty();
    for (std::size_t j = 0; j < curve.x.size(); ++j)
      for (double number : {curve.x[j], curve.y[j], curve.error.empty() ? 0 : curve.error[j],
                            band ? curve.low[j] : 0, band ? curve.high[j] : 0})
        numbers.push_back(number);
    script.block(fmt::format("curve{}", i), 5, numbers);
    const std::string look = fmt::format("linecolor rgb '{}' linewidth 2 dashtype {}", curve.colour,
                                         curve.dashed ? "(6,4)" : "solid");
    if (i > 0) plot += ", ";
    if (band)
      plot += fmt::format(
          "$curve{} using 1:4:5 with filledcurves fillcolor rgb '{}' fillstyle transparent solid "
          "0.18 noborder notitle, ",
          i, curve.colour);
    plot += fmt::format("$curve{} using 1:2 with {} {} title {}", i,
                        curve.points ? "linespoints pointtype 7 pointsize 0.5" : "lines", look,
                        gnuplot_text(curve.title));
    if (!curve.error.empty())
      plot += fmt::format(
          ", $curve{} using 1:2:3 with yerrorbars pointtype 7 pointsize 0.5 {} notitle", i, look);
  }
  script.line(plot);
  return run_gnuplot(script);
}

std::string learning_curve(std::span<const double> signals, std::span<const double> held_out,
                           std::span<const double> batches, PictureFormat format) {
  const auto line = [&](std::span<const double> y) {
    return Curve{.title = {}, .x = {signals.begin(), signals.end()}, .y = {y.begin(), y.end()}};
  };
  std::vector<Curve> lines = {line(held_out), line(batches)};
  lines[0].title = "held out";
  lines[1].title = "batches";
  lines[1].colour = "#b8c4cc";
  lines[1].dashed = true;
  Axes axes{.title = "", .x = "signals learned from", .y = "objective per signal"};
  // While lambda still falls the batches lie far above: the range is that of the held-out signals.
  const auto [low, high] = std::ranges::minmax(held_out);
  if (std::isfinite(low) && std::isfinite(high) && low < high)
    axes.y_range = {low - 0.2 * (high - low), high + 0.1 * (high - low)};
  return curves(axes, lines, format);
}

std::string memory_trace(MatrixView<const float> overlaps, std::int64_t target,
                         PictureFormat format) {
  if (overlaps.empty()) throw Error("memory_trace: no overlaps");
  GnuplotScript script({.format = format, .width = 620, .height = 400});
  script.line("set border 3 linecolor rgb '#777777'; set tics nomirror textcolor rgb '#333333'");
  script.line("set grid ytics linecolor rgb '#e4e4e4' linetype 1");
  script.line("set key outside right top Left reverse spacing 1.3 samplen 2");
  script.line("set xlabel 'step'; set ylabel '|cosine| with a stored code'; set yrange [0:1.02]");
  script.line(fmt::format("set xrange [-0.1:{}]; set xtics 1",
                          static_cast<double>(overlaps.columns) - 0.9));
  std::string plot = "plot ";
  auto add = [&](std::int64_t pattern, std::string_view look, std::string_view title) {
    std::vector<double> numbers;
    for (std::int64_t step = 0; step < overlaps.columns; ++step) {
      numbers.push_back(static_cast<double>(step));
      numbers.push_back(overlaps(pattern, step));
    }
    script.block(fmt::format("pattern{}", pattern), 2, numbers);
    plot += fmt::format("{}$pattern{} using 1:2 with {} {}", plot.size() == 5 ? "" : ", ", pattern,
                        look, title);
  };
  bool others = false;
  for (std::int64_t p = 0; p < overlaps.rows; ++p) {
    if (p == target) continue;
    add(p, "lines linecolor rgb '#b8c4cc' linewidth 1",
        others        ? "notitle"
        : target >= 0 ? "title 'other patterns'"
                      : "title 'stored patterns'");
    others = true;
  }
  if (target >= 0 && target < overlaps.rows)
    add(target, "linespoints pointtype 7 pointsize 0.6 linecolor rgb '#1b6ca8' linewidth 2.5",
        "title 'the stored patch'");
  script.line(plot);
  return run_gnuplot(script);
}

}  // namespace striate::cli
