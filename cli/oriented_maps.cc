#include "cli/oriented_maps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace striate::cli {
namespace {

using std::numbers::pi;

constexpr double lightness = 0.72, chroma = 0.17;  // of the colours, in Oklab
constexpr double full_light = 0.99;                // of the pixels that shine are not clipped
constexpr double gamma_of_eye = 0.55;              // of lights, to the brightest
constexpr double softness = 0.38;     // standard deviation of a light, pixels of the image
constexpr double least_softness = 1;  // the same, on the screen
constexpr std::array<unsigned char, 3> ground = {0x0b, 0x0b, 0x0f};  // dark_ground
constexpr int legend_bars = 12, legend_height = 56;
constexpr double weak = 0.25;  // strength of an orientation from which its colour is full

// Ottosson's Oklab: equal steps look equally large.
std::array<double, 3> linear_rgb(double l, double a, double b) {
  const double x = std::pow(l + 0.3963377774 * a + 0.2158037573 * b, 3);
  const double y = std::pow(l - 0.1055613458 * a - 0.0638541728 * b, 3);
  const double z = std::pow(l - 0.0894841775 * a - 1.2914855480 * b, 3);
  return {4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z,
          -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z,
          -0.0041960863 * x - 0.7034186147 * y + 1.7076147010 * z};
}

unsigned char on_screen(double linear) {
  const double x = std::clamp(linear, 0.0, 1.0);
  const double y = x <= 0.0031308 ? 12.92 * x : 1.055 * std::pow(x, 1 / 2.4) - 0.055;
  return static_cast<unsigned char>(std::lround(255 * y));
}

std::string hex(const std::array<float, 3>& light) {
  return fmt::format("#{:02x}{:02x}{:02x}", on_screen(light[0]), on_screen(light[1]),
                     on_screen(light[2]));
}

// The pixel in the middle of the atom at a position; false if it lies outside of the image.
bool middle_of(const MapShape& shape, std::int64_t& row, std::int64_t& column) {
  const auto middle = [&](std::int64_t at, std::int64_t taps, std::int64_t pixels) {
    at += taps / 2;
    if (shape.boundary == Boundary::circular) return at % pixels;
    return shape.boundary == Boundary::linear ? at - (taps - 1) : at;
  };
  row = middle(row, shape.filter_rows, shape.image_rows);
  column = middle(column, shape.filter_columns, shape.image_columns);
  return row >= 0 && row < shape.image_rows && column >= 0 && column < shape.image_columns;
}

// What becomes white or a full colour: almost all pixels that shine at all are below.
double exposure(const Image<float>& light) {
  std::vector<float> brightest;
  for (std::int64_t i = 0; i < light.size(); i += 3) {
    const float most = *std::max_element(light.data() + i, light.data() + i + 3);
    if (most > 0) brightest.push_back(most);
  }
  if (brightest.empty()) return 1;
  const auto at = static_cast<std::ptrdiff_t>(full_light * double(brightest.size() - 1));
  std::nth_element(brightest.begin(), brightest.begin() + at, brightest.end());
  return brightest[static_cast<std::size_t>(at)];
}

// Pixels as zoom x zoom: every light is a Gaussian, 1 at the middle of its pixel.
Image<float> enlarged(const Image<float>& light, int zoom) {
  if (zoom == 1) return light;
  const double deviation = std::max(softness, least_softness / zoom);
  const std::int64_t reach = 2;
  const auto pass = [&](const Image<float>& from, bool along) {
    Image<float> to(along ? from.rows() : from.rows() * zoom,
                    along ? from.columns() * zoom : from.columns(), 3);
    const std::int64_t end = along ? from.columns() : from.rows();
    for (std::int64_t r = 0; r < to.rows(); ++r)
      for (std::int64_t c = 0; c < to.columns(); ++c) {
        const std::int64_t fine = along ? c : r, middle = fine / zoom;
        const double place = (double(fine) + 0.5) / zoom - 0.5;
        for (std::int64_t at = std::max<std::int64_t>(0, middle - reach);
             at <= std::min(end - 1, middle + reach); ++at) {
          const double away = (place - double(at)) / deviation;
          const auto w = static_cast<float>(std::exp(-away * away / 2));
          for (std::int64_t channel = 0; channel < 3; ++channel)
            to(r, c, channel) += w * (along ? from(r, at, channel) : from(at, c, channel));
        }
      }
    return to;
  };
  return pass(pass(light, true), false);
}

// Bars from left to right, by the orientation of the edge from upright through half a turn.
void draw_legend(GnuplotScript& script, int width) {
  const double step = std::min(52.0, 0.8 * width / legend_bars);
  const double left = (width - step * (legend_bars - 1)) / 2, length = 0.3 * std::min(step, 44.0);
  for (int bar = 0; bar < legend_bars; ++bar) {
    const double theta = bar * pi / legend_bars;
    const double x = left + bar * step, y = legend_height / 2.0;
    // The wave runs along (right, up) = (sin, -cos), the edge at right angles to it.
    const double dx = length * std::cos(theta), dy = length * std::sin(theta);
    script.line(fmt::format(
        "set arrow {} from {},{} to {},{} nohead front linewidth 3.5 linecolor rgb '{}'", bar + 1,
        x - dx, y - dy, x + dx, y + dy, hex(colour_of({.theta = theta, .strength = 1}))));
  }
}

}  // namespace

std::array<float, 3> colour_of(FilterOrientation orientation) {
  const double hue = 2 * orientation.theta;
  const double share = std::min(1.0, orientation.strength / weak);
  const auto rgb =
      linear_rgb(lightness, share * chroma * std::cos(hue), share * chroma * std::sin(hue));
  std::array<float, 3> light{};
  for (std::size_t c = 0; c < 3; ++c) light[c] = static_cast<float>(std::clamp(rgb[c], 0.0, 1.0));
  return light;
}

template <class T>
Image<float> oriented_light(const ConvolutionalCodes<T>& codes,
                            std::span<const FilterOrientation> orientations) {
  const MapShape& shape = codes.shape();
  if (std::ssize(orientations) != shape.filters)
    throw Error("oriented_light: ", orientations.size(), " orientations for ", shape.filters,
                " filters");
  std::vector<std::array<float, 3>> colours;
  for (const FilterOrientation& orientation : orientations)
    colours.push_back(colour_of(orientation));
  Image<float> light(shape.image_rows, shape.image_columns, 3);
  for (std::int64_t r = 0; r < shape.rows(); ++r)
    for (std::int64_t e = codes.starts()[static_cast<std::size_t>(r)];
         e < codes.starts()[static_cast<std::size_t>(r) + 1]; ++e) {
      const auto entry = static_cast<std::size_t>(e);
      std::int64_t row = r, column = codes.columns()[entry];
      if (!middle_of(shape, row, column)) continue;
      const auto size = static_cast<float>(std::abs(codes.values()[entry]));
      for (std::size_t c = 0; c < 3; ++c)
        light(row, column, std::int64_t(c)) += size * colours[codes.filters()[entry]][c];
    }
  return light;
}

std::string oriented_picture(const Image<float>& light, PictureFormat format, int zoom) {
  if (light.size() == 0 || light.channels() != 3)
    throw Error("oriented_picture: light of ", light.rows(), " x ", light.columns(), " x ",
                light.channels(), "; pixels of 3 channels are needed");
  if (zoom < 1)
    zoom = std::max<int>(1, static_cast<int>(std::lround(900.0 / double(light.columns()))));
  const Image<float> fine = enlarged(light, zoom);
  const double full = exposure(light);
  std::vector<unsigned char> pixels(static_cast<std::size_t>(fine.size()));
  for (std::int64_t i = 0; i < fine.size(); i += 3) {
    const double most = *std::max_element(fine.data() + i, fine.data() + i + 3) / full;
    const double raised = most > 0 ? std::pow(std::min(most, 1.0), gamma_of_eye) / most / full : 0;
    for (std::int64_t c = i; c < i + 3; ++c)
      pixels[static_cast<std::size_t>(c)] =
          std::max(on_screen(raised * fine.data()[c]), ground[static_cast<std::size_t>(c - i)]);
  }
  const auto width = static_cast<int>(fine.columns()), rows = static_cast<int>(fine.rows());
  const int height = rows + legend_height;
  GnuplotScript script(
      {.format = format, .width = width, .height = height, .background = dark_ground});
  script.line("set multiplot; unset border; unset tics; unset key");
  script.line("set lmargin at screen 0; set rmargin at screen 1");
  // The legend in pixels of the whole page.
  script.line("set bmargin at screen 0; set tmargin at screen 1");
  script.line(fmt::format("set xrange [0:{}]; set yrange [0:{}]", width, height));
  draw_legend(script, width);
  script.line("plot NaN notitle");
  script.line("unset arrow");
  script.line(fmt::format("set bmargin at screen {}; set tmargin at screen 1",
                          double(legend_height) / height));
  script.line(fmt::format("set xrange [0:{}]; set yrange [0:{}]", width, rows));
  script.plot_colours(width, rows, pixels);
  script.line("unset multiplot");
  return run_gnuplot(script);
}

template Image<float> oriented_light(const ConvolutionalCodes<float>&,
                                     std::span<const FilterOrientation>);
template Image<float> oriented_light(const ConvolutionalCodes<double>&,
                                     std::span<const FilterOrientation>);

}  // namespace striate::cli
