#include "cli/codes_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "striate/pipelines/coded_images.h"
#include "striate/statistics/filter_orientation.h"

namespace striate::cli {
namespace {

constexpr std::size_t most_images = 12, most_filters = 12;  // that are shown as text
constexpr double least_strength = 0.1;                      // of an orientation, to be one

void add_orientations(const FilterModel<double>& model, std::vector<FilterUse>& filters) {
  const auto found =
      filter_orientations<double>(model.taps, model.rows, model.columns, model.channels);
  for (std::size_t k = 0; k < std::min(found.size(), filters.size()); ++k)
    if (found[k].strength >= least_strength)
      filters[k].degrees = found[k].theta * 180 / std::numbers::pi;
}

std::string setting(const Archive& archive, const char* name) {
  const Value value = archive.attribute("coding", name);
  return std::holds_alternative<std::monostate>(value) ? "" : to_text(value);
}

}  // namespace

CodesSummary summary_of(const Archive& archive) {
  const auto coded = CodedImages<double>::from_archive(archive);
  const MapShape& shape = coded.maps.front().shape();
  CodesSummary summary;
  summary.filter_rows = shape.filter_rows;
  summary.filter_columns = shape.filter_columns;
  summary.channels_apart = coded.channels_apart;
  summary.boundary = EnumNames<Boundary>::names[static_cast<std::size_t>(shape.boundary)];
  summary.method = setting(archive, "method");
  for (const char* name : {"lambda", "lambda_relative"})
    if (const std::string text = setting(archive, name); !text.empty())
      summary.lambda = std::string(name) + " " + text;
  summary.filters.resize(static_cast<std::size_t>(shape.filters));
  for (std::int64_t k = 0; k < shape.filters; ++k)
    summary.filters[static_cast<std::size_t>(k)].filter = k;
  for (std::int64_t i = 0; i < coded.size(); ++i) {
    ImageSummary image;
    image.name = coded.names[static_cast<std::size_t>(i)];
    double places = 0;
    for (std::int64_t c = 0; c < coded.per_image(); ++c) {
      const auto& maps = coded.maps[static_cast<std::size_t>(i * coded.per_image() + c)];
      if (maps.shape().filters != shape.filters)
        throw Error("codes: ", image.name, " has ", maps.shape().filters, " filters, the others ",
                    shape.filters);
      image.rows = maps.shape().image_rows;
      image.columns = maps.shape().image_columns;
      image.nonzeros += maps.nonzeros();
      places += static_cast<double>(maps.shape().size());
      for (std::size_t e = 0; e < maps.values().size(); ++e) {
        FilterUse& use = summary.filters[maps.filters()[e]];
        const double size = std::abs(maps.values()[e]);
        ++use.uses;
        use.sum += size;
        use.largest = std::max(use.largest, size);
      }
    }
    image.sparseness = 1 - static_cast<double>(image.nonzeros) / places;
    summary.images.push_back(std::move(image));
  }
  if (coded.model) add_orientations(*coded.model, summary.filters);
  return summary;
}

std::string text_of(const CodesSummary& summary) {
  std::int64_t nonzeros = 0;
  double sum = 0;
  for (const FilterUse& use : summary.filters) {
    nonzeros += use.uses;
    sum += use.sum;
  }
  const auto unused = std::ranges::count(summary.filters, 0, &FilterUse::uses);
  std::string text = fmt::format(
      "  {} image{}{}, {} filters of {} x {} taps, boundary {}{}{}\n"
      "  {} nonzeros, sum of magnitudes {:.5g}, {} filters not used\n",
      summary.images.size(), summary.images.size() == 1 ? "" : "s",
      summary.channels_apart > 0
          ? fmt::format(" of {} channels coded apart", summary.channels_apart)
          : "",
      summary.filters.size(), summary.filter_rows, summary.filter_columns, summary.boundary,
      summary.method.empty() ? "" : ", method " + summary.method,
      summary.lambda.empty() ? "" : ", " + summary.lambda, nonzeros, sum, unused);
  text += fmt::format("  {:<36}{:>12}{:>10}{:>12}\n", "image", "pixels", "nonzeros", "sparseness");
  for (std::size_t i = 0; i < std::min(most_images, summary.images.size()); ++i) {
    const ImageSummary& image = summary.images[i];
    text += fmt::format("  {:<36}{:>12}{:>10}{:>12.5f}\n", image.name,
                        fmt::format("{} x {}", image.rows, image.columns), image.nonzeros,
                        image.sparseness);
  }
  if (summary.images.size() > most_images)
    text += fmt::format("  ... and {} more\n", summary.images.size() - most_images);

  std::vector<FilterUse> order = summary.filters;
  std::ranges::stable_sort(order, std::greater(), &FilterUse::sum);
  text += fmt::format("  {:<8}{:>13}{:>10}{:>12}{:>12}{:>12}   (of largest sum)\n", "filter",
                      "orientation", "uses", "sum |x|", "share", "largest |x|");
  for (std::size_t k = 0; k < std::min(most_filters, order.size()) && order[k].uses > 0; ++k)
    text += fmt::format(
        "  {:<8}{:>13}{:>10}{:>12.5g}{:>10.2f} %{:>12.4g}\n", order[k].filter,
        order[k].degrees < 0 ? "" : fmt::format("{} deg", std::lround(order[k].degrees) % 180),
        order[k].uses, order[k].sum, 100 * order[k].sum / sum, order[k].largest);
  return text;
}

nlohmann::ordered_json json_of(const CodesSummary& summary) {
  using Json = nlohmann::ordered_json;
  Json json = {{"boundary", summary.boundary}, {"channels_apart", summary.channels_apart}};
  json["filter_shape"] = {summary.filter_rows, summary.filter_columns};
  json["images"] = Json::array();
  for (const ImageSummary& image : summary.images)
    json["images"].push_back({{"image", image.name},
                              {"rows", image.rows},
                              {"columns", image.columns},
                              {"nonzeros", image.nonzeros},
                              {"sparseness", image.sparseness}});
  json["filters"] = Json::array();
  for (const FilterUse& use : summary.filters)
    json["filters"].push_back({{"uses", use.uses},
                               {"sum", use.sum},
                               {"largest", use.largest},
                               {"degrees", use.degrees < 0 ? Json() : Json(use.degrees)}});
  return json;
}

}  // namespace striate::cli
