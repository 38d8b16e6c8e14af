// Pictures drawn by gnuplot, which gets its script and data through a pipe and answers with the
// picture's bytes; nothing is left on the disk.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace striate::cli {

enum class PictureFormat { png, svg, gif };

struct PictureSettings {
  PictureFormat format = PictureFormat::png;
  int width = 800;  // pixels
  int height = 600;
  int delay = 0;  // gif: hundredths of a second per frame; 0: not animated
  std::string_view background = "#ffffff";
};

// A script that grows: commands as text, numbers as gnuplot reads them inline.
class GnuplotScript {
 public:
  explicit GnuplotScript(const PictureSettings& settings);

  GnuplotScript& line(std::string_view command);
  // A grid of colours, red, green, blue from 0 to 255 per pixel in C order, top row first, drawn in
  // the box [0, columns] x [0, rows] of the axes: the rest of a plot command, followed by its data.
  GnuplotScript& plot_colours(int columns, int rows, std::span<const unsigned char> colours,
                              std::string_view more = {});
  // A block of numbers, `columns` a row, under the name $NAME.
  GnuplotScript& block(std::string_view name, int columns, std::span<const double> numbers);

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// 'text' as gnuplot's single-quoted string, with nothing in it read as markup.
std::string gnuplot_text(std::string_view text);

// The picture. IoError: gnuplot is not installed, or refuses the script (its own words follow).
std::string run_gnuplot(const GnuplotScript& script);

}  // namespace striate::cli
