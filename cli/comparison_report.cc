#include "cli/comparison_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "cli/figures.h"
#include "cli/oriented_maps.h"
#include "cli/progress.h"
#include "striate/convolutional/convolution.h"
#include "striate/core/text.h"
#include "striate/metrics/psnr.h"
#include "striate/statistics/filter_orientation.h"

namespace striate::cli {
namespace {

constexpr std::string_view reference_colour = "#8f8f98";

std::string colour_of_solver(const std::string& name) {
  if (name == "auto") return "#d1495b";
  if (name == "cd") return "#1b6ca8";
  if (name == "ssnal") return "#3a8f5c";
  if (name == "admm") return "#e08e2b";
  return "#8a4fb5";
}

std::string title_of_solver(const std::string& name) {
  return name == "reference" ? "reference iteration: code (y)" : name;
}

// The curves of all solvers, y a function of the objective; what it takes for NaN is left out.
template <class Y>
std::vector<Curve> solver_curves(const SolverComparison& comparison, const Y& y) {
  std::vector<Curve> lines;
  const auto add = [&](const std::string& title, std::string_view colour, bool dashed, bool points,
                       const std::vector<double>& seconds, const std::vector<double>& objectives) {
    Curve curve{.title = title,
                .x = {},
                .y = {},
                .colour = std::string(colour),
                .dashed = dashed,
                .points = points};
    for (std::size_t i = 0; i < seconds.size(); ++i)
      if (const double value = y(objectives[i]); value > 0 && seconds[i] > 0) {
        curve.x.push_back(seconds[i]);
        curve.y.push_back(value);
      }
    constexpr std::size_t crowd = 60;
    curve.points = curve.points && curve.x.size() <= crowd;
    if (!curve.x.empty()) lines.push_back(std::move(curve));
  };
  for (const ComparedSolver& solver : comparison.solvers) {
    const bool reference = solver.name == "reference";
    if (reference)
      add("reference iteration: as printed (x)", reference_colour, true, false, solver.seconds_x,
          solver.objectives_x);
    add(title_of_solver(solver.name), reference ? reference_colour : colour_of_solver(solver.name),
        false, true, solver.seconds, solver.objectives);
  }
  return lines;
}

std::pair<double, double> span_of_seconds(const SolverComparison& comparison) {
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (const ComparedSolver& solver : comparison.solvers)
    for (const auto* seconds : {&solver.seconds, &solver.seconds_x})
      for (const double s : *seconds)
        if (s > 0) {
          least = std::min(least, s);
          most = std::max(most, s);
        }
  return {least, most};
}

std::string objective_figure(const SolverComparison& comparison) {
  std::vector<Curve> lines = solver_curves(comparison, [](double objective) { return objective; });
  const auto [first, last] = span_of_seconds(comparison);
  double most = comparison.bound;
  for (const Curve& line : lines) most = std::max(most, std::ranges::max(line.y));
  lines.push_back({.title = "certified lower bound",
                   .x = {first, last},
                   .y = {comparison.bound, comparison.bound},
                   .colour = "#111111",
                   .dashed = true,
                   .points = false});
  return curves({.title = "objective of the code at hand",
                 .x = "seconds",
                 .y = "objective",
                 .log_log = true,
                 .y_range = {0.95 * comparison.bound, 1.05 * most},
                 .width = 640,
                 .height = 520},
                lines);
}

std::string distance_figure(const SolverComparison& comparison) {
  const double bound = comparison.bound;
  std::vector<Curve> lines =
      solver_curves(comparison, [&](double objective) { return (objective - bound) / bound; });
  return curves({.title = "how far above the bound",
                 .x = "seconds",
                 .y = "objective / bound - 1",
                 .log_log = true,
                 .width = 640,
                 .height = 520},
                lines);
}

Image<float> decoded(const SolverComparison& comparison, const FilterModel<float>& model) {
  return synthesize<float>(model.bank(), shown_solver(comparison).codes);
}

Image<float> as_given(const SolverComparison& comparison, const FilterModel<float>& model,
                      const Image<float>& coded) {
  return restore_image(coded, comparison.prepared, model.preparation);
}

double psnr_of(const Image<float>& reference, const Image<float>& image) {
  const auto values = [](const Image<float>& a) {
    return std::span<const float>(a.data(), static_cast<std::size_t>(a.size()));
  };
  return psnr<float>(values(reference), values(image), Peak(1.0));
}

std::string image_panels(const SolverComparison& comparison, const FilterModel<float>& model) {
  const Image<float>& seen = comparison.prepared.image;
  const Image<float> made = decoded(comparison, model);
  const Image<float> image = as_given(comparison, model, seen),
                     back = as_given(comparison, model, made);
  // Each row has a grey scale of its own; that of panel_rows is symmetric, so means are taken off.
  const auto centred = [&](const Image<float>& from) {
    Image<float> to = from;
    const GreyRange range = full_range(image);
    for (std::int64_t i = 0; i < to.size(); ++i)
      to.data()[i] -= static_cast<float>((range.black + range.white) / 2);
    return to;
  };
  const std::vector<Panel> first = {
      {"the image", "", centred(image)},
      {"decoded", fmt::format("PSNR {:.1f} dB", psnr_of(image, back)), centred(back)}};
  const double span = symmetric_range(first[0].image).white;
  const std::vector<Panel> second = {{"as the coder sees it", "", seen},
                                     {"sum of filters", "", made}};
  std::vector<Panel> all = first;
  const double own = symmetric_range(seen).white;
  for (Panel panel : second) {
    for (std::int64_t i = 0; i < panel.image.size(); ++i)
      panel.image.data()[i] *= static_cast<float>(span / own);
    all.push_back(std::move(panel));
  }
  return panels(all, {-span, span});
}

std::string time_text(double seconds) {
  return std::isnan(seconds) ? "—" : fmt::format("{:.3g} s", seconds);
}

struct Column {
  const char* title;
  const char* name;  // in CSV
  std::string (*text)(const SolverComparison&, const ComparedSolver&);
  std::string (*number)(const SolverComparison&, const ComparedSolver&);
};

std::string as_number(double x) { return std::isfinite(x) ? fmt::format("{:.8g}", x) : ""; }

const std::vector<Column>& columns() {
  using C = const SolverComparison&;
  using S = const ComparedSolver&;
  static const std::vector<Column> list = {
      {"solver", "solver", [](C, S s) { return s.name; }, [](C, S s) { return s.name; }},
      {"status", "status", [](C, S s) { return std::string(name_of(s.info.status)); },
       [](C, S s) { return std::string(name_of(s.info.status)); }},
      {"seconds", "seconds", [](C, S s) { return fmt::format("{:.3g}", s.info.seconds); },
       [](C, S s) { return as_number(s.info.seconds); }},
      {"iterations", "iterations", [](C, S s) { return fmt::format("{}", s.info.iterations); },
       [](C, S s) { return fmt::format("{}", s.info.iterations); }},
      {"objective", "objective", [](C, S s) { return fmt::format("{:.5g}", s.info.objective); },
       [](C, S s) { return as_number(s.info.objective); }},
      {"above bound", "above_bound",
       [](C c, S s) { return fmt::format("{:.2g} %", 100 * (s.info.objective / c.bound - 1)); },
       [](C c, S s) { return as_number(s.info.objective / c.bound - 1); }},
      {"to 10 %", "seconds_to_tenth", [](C, S s) { return time_text(s.to_tenth); },
       [](C, S s) { return as_number(s.to_tenth); }},
      {"to 1 %", "seconds_to_hundredth", [](C, S s) { return time_text(s.to_hundredth); },
       [](C, S s) { return as_number(s.to_hundredth); }},
      {"to 0.1 %", "seconds_to_thousandth", [](C, S s) { return time_text(s.to_thousandth); },
       [](C, S s) { return as_number(s.to_thousandth); }},
      {"nonzeros", "nonzeros", [](C, S s) { return fmt::format("{}", s.info.nonzeros); },
       [](C, S s) { return fmt::format("{}", s.info.nonzeros); }},
      {"sparseness", "sparseness",
       [](C, S s) { return fmt::format("{:.4f}", s.codes.sparseness()); },
       [](C, S s) { return as_number(s.codes.sparseness()); }}};
  return list;
}

void write_table(Page& page, const SolverComparison& comparison) {
  page.add("<div class=\"scroll\"><table><tr>");
  for (const Column& column : columns())
    page.add(fmt::format("<th>{}</th>", html_text(column.title)));
  page.add("</tr>\n");
  for (const ComparedSolver& solver : comparison.solvers) {
    page.add("<tr>");
    for (const Column& column : columns())
      page.add(fmt::format("<td>{}</td>", html_text(column.text(comparison, solver))));
    page.add("</tr>\n");
  }
  page.add("</table></div>\n");
}

bool has_bound(const SolverComparison& comparison) {
  return std::isfinite(comparison.bound) && comparison.bound > 0;
}

}  // namespace

const ComparedSolver& shown_solver(const SolverComparison& comparison) {
  if (comparison.solvers.empty()) throw Error("demo: no solver was reached; there is no code");
  const ComparedSolver* automatic = comparison.find("auto");
  return automatic ? *automatic : comparison.solvers.back();
}

std::vector<Figure> comparison_figures(const SolverComparison& comparison,
                                       const FilterModel<float>& model, int across) {
  std::vector<Figure> figures;
  if (!comparison.solvers.empty()) {
    if (has_bound(comparison)) {
      figures.push_back({"objective.svg", objective_figure(comparison)});
      figures.push_back({"distance.svg", distance_figure(comparison)});
    }
    const auto orientations =
        filter_orientations<float>(model.taps, model.rows, model.columns, model.channels);
    const auto& codes = shown_solver(comparison).codes;
    figures.push_back({"maps.png", oriented_picture(oriented_light(codes, orientations))});
    figures.push_back({"images.png", image_panels(comparison, model)});
  }
  const TileShape shape{static_cast<int>(model.rows), static_cast<int>(model.columns),
                        static_cast<int>(model.channels)};
  figures.push_back({"filters.png", picture(filter_mosaic(model.taps, shape, 860, across),
                                            PictureFormat::png, dark_ground)});
  return figures;
}

std::string comparison_page(const SolverComparison& comparison, const FilterModel<float>& model,
                            const std::vector<Figure>& figures, const ReportContext& context) {
  Page page(figures);
  page.begin("Striate: an image as a sum of filters");
  page.add("<h1>An image as a sum of filters, each placed where it is needed</h1>\n");
  page.add(fmt::format(
      "<p class=\"lead\">Convolutional sparse coding of {}, {} × {} pixels, under {} filters of "
      "{} × {} taps, to within a proven distance of the optimum.</p>\n",
      html_text(context.images), comparison.prepared.image.rows(),
      comparison.prepared.image.columns(), model.taps.columns(), model.rows, model.columns));
  if (!context.note.empty())
    page.add(fmt::format("<p class=\"note\">{}</p>\n", html_text(context.note)));
  if (!comparison.solvers.empty()) {
    const ComparedSolver& shown = shown_solver(comparison);
    page.figure(
        "maps.png",
        fmt::format("The code that {} found: {} numbers that are not zero, of {} that could "
                    "be. A light stands at the middle of every filter that is used, as "
                    "bright as it is strong, in the colour of its orientation; the bars "
                    "say which.",
                    shown.name, shown.info.nonzeros, shown.codes.shape().size()),
        "map of the code, coloured by orientation");
    page.figure("images.png",
                "The image; what the code makes of it, with the slow changes that were taken away "
                "before coding; what the coder sees; and the sum of filters that stands for it.",
                "image, decoded image, prepared image, sum of filters");
    page.heading("Who is how fast");
    page.paragraph(
        "Every curve is the objective ½|s − Σ d ∗ x|² + λ Σ|x| of the code that would be returned "
        "at that moment. The reference is the iteration of SPORCO's ConvBPDN with its defaults, "
        "as this library computes it, many times faster than that program; it prints the objective "
        "of another variable (x), which is not sparse, and returns y. The black line is a lower "
        "bound, the best that any of the solvers proved: no code whatever lies below it.");
    page.add("<div class=\"row\">\n");
    page.figure("objective.svg", "", "objective by seconds");
    page.figure("distance.svg", "", "distance to the bound by seconds");
    page.add("</div>\n");
    write_table(page, comparison);
    page.paragraph(
        "“To 1 %” is the time after which the objective was within 1 % of the bound, and "
        "so of the optimum; a dash: not in the time there was.");
  }
  page.heading("The filters");
  page.figure("filters.png", "Each scaled by itself.", "mosaic of the filters");
  std::vector<std::pair<std::string, std::string>> more = {
      {"lambda", fmt::format("{:.6g}, {:.4g} of the smallest for which the code is zero",
                             comparison.lambda, comparison.lambda / comparison.lambda_max)},
      {"lower bound", fmt::format("{:.8g}", comparison.bound)}};
  for (const auto& [name, value] : values(model.preparation.resolved())) {
    std::string words = name;
    std::replace(words.begin(), words.end(), '_', ' ');
    more.emplace_back(words, to_text(value));
  }
  page.made_by(context, more);
  page.end();
  return page.text();
}

std::string comparison_table(const SolverComparison& comparison) {
  std::vector<std::string> lines(comparison.solvers.size() + 1);
  for (const Column& column : columns()) {
    std::vector<std::string> texts = {column.title};
    for (const ComparedSolver& solver : comparison.solvers)
      texts.push_back(column.text(comparison, solver) == "—" ? "never"
                                                             : column.text(comparison, solver));
    std::size_t width = 0;
    for (const std::string& text : texts) width = std::max(width, text.size());
    for (std::size_t i = 0; i < lines.size(); ++i)
      lines[i] += lines[i].empty() ? fmt::format("{:<{}}", texts[i], width)
                                   : fmt::format("  {:>{}}", texts[i], width);
  }
  std::string table;
  for (const std::string& line : lines) table += line + "\n";
  return table;
}

std::string comparison_csv(const SolverComparison& comparison) {
  std::string text;
  for (const Column& column : columns()) text += join(text.empty() ? "" : ",", column.name);
  text += "\n";
  for (const ComparedSolver& solver : comparison.solvers) {
    std::string line;
    for (const Column& column : columns())
      line += join(line.empty() ? "" : ",", column.number(comparison, solver));
    text += line + "\n";
  }
  return text;
}

}  // namespace striate::cli
