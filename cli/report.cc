#include "cli/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "cli/figures.h"
#include "cli/page.h"
#include "cli/progress.h"
#include "striate/core/text.h"

namespace striate::cli {
namespace {

// The example that opens the report: the first one cut from the first picture.
const RecallExample& opening(const TwoLayerResult& result) {
  for (const RecallExample& example : result.examples)
    if (example.image == 0) return example;
  return result.examples.front();
}

// The noise level and the number of patterns that the summary speaks of.
double middle_noise(const TwoLayerResult& result) {
  double best = result.rows.front().noise;
  for (const RecallRow& row : result.rows)
    if (std::abs(row.noise - 0.5) < std::abs(best - 0.5)) best = row.noise;
  return best;
}
int middle_patterns(const TwoLayerResult& result) {
  std::set<int> all;
  for (const RecallRow& row : result.rows) all.insert(row.patterns);
  return *std::next(all.begin(), static_cast<std::ptrdiff_t>(all.size() / 2));
}

struct Rule {
  std::string name, title, colour;
};
const std::vector<Rule>& rules() {
  static const std::vector<Rule> list = {{"tpam", "phase + K winners", "#1b6ca8"},
                                         {"graded_hebbian", "graded, as printed", "#8a4fb5"}};
  return list;
}
std::string title_of(const std::string& rule) {
  for (const Rule& known : rules())
    if (known.name == rule) return known.title;
  return rule;
}

// A curve through the settled rows of a rule that `keep` chooses.
template <class Keep, class X, class Y>
Curve curve_of(const TwoLayerResult& result, const std::string& rule, const Keep& keep, const X& x,
               const Y& y) {
  Curve curve;
  for (const RecallRow& row : result.rows) {
    if (row.rule != rule || row.steps == "1" || !keep(row)) continue;
    curve.x.push_back(x(row));
    curve.y.push_back(y(row));
  }
  return curve;
}

template <class Keep, class X>
std::vector<Curve> psnr_curves(const TwoLayerResult& result, const Keep& keep, const X& x) {
  std::vector<Curve> lines;
  const auto add = [&](const std::string& rule, const std::string& title, const char* colour,
                       bool dashed, auto y) {
    Curve curve = curve_of(result, rule, keep, x, y);
    if (curve.x.empty()) return;
    curve.title = title;
    curve.colour = colour;
    curve.dashed = dashed;
    lines.push_back(std::move(curve));
  };
  for (const Rule& rule : rules())
    add(rule.name, "memory: " + rule.title, rule.colour.c_str(), false,
        [](const RecallRow& r) { return r.psnr_memory; });
  const std::string& any = result.rows.front().rule;
  add(any, "sparse coding alone", "#e08e2b", false,
      [](const RecallRow& r) { return r.psnr_coding; });
  add(any, "noisy patch", "#444444", false, [](const RecallRow& r) { return r.psnr_noisy; });
  add(any, "nearest stored code", "#3a8f5c", true,
      [](const RecallRow& r) { return r.psnr_nearest; });
  add(any, "random stored pattern", "#999999", true,
      [](const RecallRow& r) { return r.psnr_random; });
  add(any, "zero image", "#c5c5c5", true, [](const RecallRow& r) { return r.psnr_zero; });
  // At noise 0 the noisy patch is the clean one, and its PSNR infinite: not drawn.
  for (Curve& line : lines)
    for (double& y : line.y)
      if (!std::isfinite(y)) y = std::nan("");
  return lines;
}

template <class Keep, class X>
std::vector<Curve> identification_curves(const TwoLayerResult& result, const Keep& keep,
                                         const X& x) {
  std::vector<Curve> lines;
  for (const Rule& rule : rules()) {
    Curve curve =
        curve_of(result, rule.name, keep, x, [](const RecallRow& r) { return r.identification; });
    curve.error = curve_of(result, rule.name, keep, x, [](const RecallRow& r) {
                    return r.identification_error;
                  }).y;
    curve.title = "memory: " + rule.title;
    curve.colour = rule.colour;
    if (!curve.x.empty()) lines.push_back(std::move(curve));
  }
  Curve nearest = curve_of(result, result.rows.front().rule, keep, x,
                           [](const RecallRow& r) { return r.identification_nearest; });
  nearest.title = "nearest stored code";
  nearest.colour = "#3a8f5c";
  nearest.dashed = true;
  lines.push_back(std::move(nearest));
  return lines;
}

Panel panel(std::string title, double psnr, const Image<float>& image) {
  return {std::move(title),
          std::isfinite(psnr) ? fmt::format("PSNR {:.1f} dB", psnr) : std::string(), image};
}

std::vector<Panel> panels_of(const RecallExample& example) {
  return {panel("noisy patch", example.psnr_noisy, example.noisy),
          panel("its sparse coding", example.psnr_coding, example.coding),
          panel("recalled", example.psnr_recalled, example.recalled),
          {"what was stored", "", example.clean}};
}

std::vector<double> column(const Archive& history, const std::string& name) {
  return history.has(name) ? history.at(name).to<double>() : std::vector<double>();
}

// Figures of the model alone.
void add_dictionary_figures(const TwoLayerResult& result, std::vector<Figure>& figures) {
  const Model<float>& model = result.model;
  const int side = model.preprocessing.patches.patch;
  const int channels = static_cast<int>(model.atoms.rows() / (std::int64_t{side} * side));
  figures.push_back({"dictionary.png",
                     picture(mosaic(model.atoms, {side, side, channels}, model.group_size, 1100))});
  if (!result.phase_turn.empty())
    figures.push_back({"phase.gif", animation(result.phase_turn, std::max(1, 216 / side), 8)});
  const std::vector<double> signals = column(model.history, "signals");
  const std::vector<double> held_out = column(model.history, "held_out_objective");
  if (signals.size() > 1 && held_out.size() == signals.size()) {
    figures.push_back(
        {"learning.svg", learning_curve(signals, held_out, column(model.history, "objective"))});
  }
}

void add_recall_figures(const TwoLayerResult& result, std::vector<Figure>& figures) {
  const double noise = middle_noise(result);
  const int patterns = middle_patterns(result);
  const auto at_patterns = [&](const RecallRow& r) { return r.patterns == patterns; };
  const auto at_noise = [&](const RecallRow& r) { return r.noise == noise; };
  const auto by_noise = [](const RecallRow& r) { return r.noise; };
  const auto by_patterns = [](const RecallRow& r) { return static_cast<double>(r.patterns); };
  const Axes over_noise{.title = fmt::format("P = {} stored patterns", patterns),
                        .x = "noise (patch standard deviations)"};
  const Axes over_patterns{
      .title = fmt::format("noise {:g} of the patch standard deviation", noise),
      .x = "stored patterns P",
      .logarithmic_x = true};
  Axes axes = over_noise;
  axes.y = "PSNR (dB)";
  figures.push_back({"psnr-noise.svg", curves(axes, psnr_curves(result, at_patterns, by_noise))});
  axes = over_patterns;
  axes.y = "PSNR (dB)";
  figures.push_back(
      {"psnr-patterns.svg", curves(axes, psnr_curves(result, at_noise, by_patterns))});
  axes = over_noise;
  axes.y = "share identified";
  axes.y_range = {0, 1.03};
  figures.push_back({"identification-noise.svg",
                     curves(axes, identification_curves(result, at_patterns, by_noise))});
  axes = over_patterns;
  axes.y = "share identified";
  axes.y_range = {0, 1.03};
  figures.push_back({"identification-patterns.svg",
                     curves(axes, identification_curves(result, at_noise, by_patterns))});
}

std::string number(double x, int digits) {
  return std::isfinite(x) ? fmt::format("{:.{}f}", x, digits) : "∞";
}

void write_opening(Page& page, const TwoLayerResult& result) {
  if (result.examples.empty()) return;
  const RecallExample& example = opening(result);
  page.figure("recall.png",
              fmt::format("A patch of your picture with noise of {:g} patch standard deviations; "
                          "what its sparse code says of it; what the memory, which holds {} "
                          "patches, gives back; and the patch that was stored. The patch was "
                          "drawn at random, not chosen. All four have the same grey scale.",
                          example.noise, example.stored),
              "noisy patch, sparse coding, recalled patch, stored patch");
  page.add("<div class=\"row\">\n");
  page.figure("picture.png", "Where the patch was cut from.", "the picture with the patch marked");
  page.figure("trace.svg",
              "The memory at work: how much its state resembles each stored code, step by step.",
              "overlaps with the stored codes by step", "plot");
  page.add("</div>\n");
  page.figure("more.png", "More patches, as they came.", "more noisy, coded and recalled patches");
}

void write_dictionary(Page& page, const TwoLayerResult& result) {
  if (result.model.atoms.columns() == 0) return;
  page.heading("The learned dictionary");
  page.paragraph(fmt::format(
      "{} atoms of {} pixels in {} pairs. The two atoms of a pair stand side by side; together "
      "they span a plane in which one number is a contrast and the other a phase.",
      result.model.atoms.columns(), result.model.atoms.rows(), result.model.atoms.columns() / 2));
  page.figure("dictionary.png", "Every pair, each atom scaled by itself.",
              "mosaic of the dictionary's pairs", "pixels");
  page.add("<div class=\"row\">\n");
  if (page.has("phase.gif")) {
    page.add("<div class=\"narrow\">");
    page.figure(
        "phase.gif",
        fmt::format("Pair {}, the most used one, turning its phase through 360°.", result.pair),
        "one pair turning its phase");
    page.add("</div>");
  }
  page.add("<div>");
  if (!result.dictionary.empty()) page.facts(result.dictionary);
  page.add("</div></div>\n");
  page.figure("learning.svg",
              "The objective ½|y − Dz|² + λ Σ|z| on patches that were never learned from.",
              "learning curve", "plot");
  if (!result.coding.empty()) {
    page.heading("The codes");
    page.facts(result.coding);
  }
}

void write_summary_table(Page& page, const TwoLayerResult& result) {
  const double noise = middle_noise(result);
  page.add(
      "<div class=\"scroll\"><table><tr><th>rule</th><th>steps</th><th>P</th><th>identified</th>"
      "<th>nearest code<br>identifies</th><th>memory</th><th>sparse<br>coding</th><th>noisy</th>"
      "<th>nearest<br>code</th><th>random<br>pattern</th><th>zero<br>image</th></tr>\n");
  for (const RecallRow& row : result.rows) {
    if (row.noise != noise) continue;
    page.add(fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"main\">{:.1f} ± {:.1f} %</td>"
        "<td>{:.1f} %</td><td class=\"main\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>"
        "<td>{}</td></tr>\n",
        html_text(title_of(row.rule)), row.steps, row.patterns, 100 * row.identification,
        100 * row.identification_error, 100 * row.identification_nearest,
        number(row.psnr_memory, 2), number(row.psnr_coding, 2), number(row.psnr_noisy, 2),
        number(row.psnr_nearest, 2), number(row.psnr_random, 2), number(row.psnr_zero, 2)));
  }
  page.add("</table></div>\n");
}

void write_full_table(Page& page, const TwoLayerResult& result) {
  page.add(fmt::format("<details><summary>All {} rows</summary><div class=\"scroll\"><table><tr>",
                       result.rows.size()));
  for (const auto& [name, text] : columns_of(result.rows.front())) {
    std::string words = name;
    std::replace(words.begin(), words.end(), '_', ' ');
    page.add(fmt::format("<th>{}</th>", html_text(words)));
  }
  page.add("</tr>\n");
  for (const RecallRow& row : result.rows) {
    page.add("<tr>");
    for (const auto& [name, text] : columns_of(row)) {
      char* end = nullptr;
      const double x = std::strtod(text.c_str(), &end);
      const bool real = *end == '\0' && text.find('.') != std::string::npos;
      page.add(fmt::format("<td>{}</td>", real ? fmt::format("{:.4g}", x) : html_text(text)));
    }
    page.add("</tr>\n");
  }
  page.add("</table></div></details>\n");
}

void write_recall(Page& page, const TwoLayerResult& result) {
  if (result.rows.empty()) return;
  const double noise = middle_noise(result);
  const auto row = std::find_if(result.rows.begin(), result.rows.end(),
                                [&](const RecallRow& r) { return r.noise == noise; });
  page.heading("Recall from noise");
  page.paragraph(fmt::format(
      "P patches are stored and recalled from noisy ones, {} times afresh. A recall is identified "
      "if its state resembles the right stored code more than any other; errors are binomial. "
      "PSNR is in dB against each clean patch's maximum. The table is at noise {:g} of the patch "
      "standard deviation, {:.4g} in the units of the whitened pixels.",
      result.settings.draws, noise, row->noise_absolute));
  write_summary_table(page, result);
  page.paragraph(
      "Three things that need no memory stand beside it: the stored code nearest to the cue, a "
      "random stored pattern (both with the gain that fits the noisy patch best), and nothing at "
      "all. A memory is worth its name where it is above the nearest code or at least level with "
      "it, and above sparse coding alone.");
  page.add("<div class=\"row\">\n");
  page.figure("psnr-noise.svg", "", "PSNR by noise");
  page.figure("psnr-patterns.svg", "", "PSNR by number of stored patterns");
  page.add("</div><div class=\"row\">\n");
  page.figure("identification-noise.svg", "", "identification by noise");
  page.figure("identification-patterns.svg", "", "identification by number of stored patterns");
  page.add("</div>\n");
  write_full_table(page, result);
}

}  // namespace

std::vector<Figure> demo_figures(const TwoLayerResult& result) {
  std::vector<Figure> figures;
  if (!result.examples.empty()) {
    const RecallExample& example = opening(result);
    figures.push_back({"recall.png", panels(panels_of(example), symmetric_range(example.clean))});
    if (example.image == 0 && result.picture.size() > 0)
      figures.push_back(
          {"picture.png", marked_picture(result.picture, example.row, example.column,
                                         example.clean.rows(), example.clean.columns())});
    if (example.overlaps.columns() > 0)
      figures.push_back({"trace.svg", memory_trace(example.overlaps, example.target)});
    std::vector<std::vector<Panel>> rows;
    for (const RecallExample& other : result.examples)
      if (&other != &example) rows.push_back(panels_of(other));
    if (!rows.empty()) figures.push_back({"more.png", panel_rows(rows)});
  }
  if (result.model.atoms.columns() > 0) add_dictionary_figures(result, figures);
  if (!result.rows.empty()) add_recall_figures(result, figures);
  return figures;
}

std::string demo_report(const TwoLayerResult& result, const std::vector<Figure>& figures,
                        const ReportContext& context) {
  Page page(figures);
  page.begin("Striate: recall from noise");
  page.add("<h1>A patch, its sparse code, and what a memory makes of it</h1>\n");
  page.add(
      fmt::format("<p class=\"lead\">A two-layer model: sparse codes of image patches, stored "
                  "in an associative memory and recalled from noise. Learned from {}.</p>\n",
                  html_text(context.images)));
  if (!context.note.empty())
    page.add(fmt::format("<p class=\"note\">{}</p>\n", html_text(context.note)));
  write_opening(page, result);
  write_recall(page, result);
  write_dictionary(page, result);

  std::vector<std::pair<std::string, std::string>> more = {{"seed", join(result.settings.seed)}};
  for (const auto& [stage, seconds] : result.seconds)
    more.emplace_back(stage, duration_text(seconds));
  page.made_by(context, more);
  page.end();
  return page.text();
}

std::string demo_table(const TwoLayerResult& result) {
  if (result.rows.empty()) return {};
  const double noise = middle_noise(result);
  std::string text = fmt::format(
      "At noise {:g} of the patch standard deviation (PSNR in dB):\n{:<20}{:>8}{:>5}{:>17}{:>9}"
      "{:>8}{:>8}{:>7}{:>9}{:>8}{:>6}\n",
      noise, "rule", "steps", "P", "identified", "nearest", "memory", "coding", "noisy", "nearest",
      "random", "zero");
  for (const RecallRow& row : result.rows) {
    if (row.noise != noise) continue;
    text += fmt::format(
        "{:<20}{:>8}{:>5}{:>9.1f} ± {:>3.1f} %{:>7.1f} %{:>8.2f}{:>8.2f}{:>7.2f}"
        "{:>9.2f}{:>8.2f}{:>6.2f}\n",
        title_of(row.rule), row.steps, row.patterns, 100 * row.identification,
        100 * row.identification_error, 100 * row.identification_nearest, row.psnr_memory,
        row.psnr_coding, row.psnr_noisy, row.psnr_nearest, row.psnr_random, row.psnr_zero);
  }
  return text;
}

std::string demo_csv(const TwoLayerResult& result) {
  std::string text;
  for (std::size_t i = 0; i < result.rows.size(); ++i) {
    std::string names, line;
    for (const auto& [name, value] : columns_of(result.rows[i])) {
      names += (names.empty() ? "" : ",") + name;
      line += (line.empty() ? "" : ",") + value;
    }
    if (i == 0) text += names + "\n";
    text += line + "\n";
  }
  return text;
}

}  // namespace striate::cli
