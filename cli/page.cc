#include "cli/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "striate/core/build_info.h"

namespace striate::cli {
namespace {

constexpr std::string_view kStyle = R"css(
:root { color-scheme: light; }
body { font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; color: #1f2328;
       background: #fff; margin: 0 auto; max-width: 64rem; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; font-weight: 650; }
h2 { font-size: 1.25rem; margin: 3rem 0 .6rem; padding-top: 1.2rem;
     border-top: 1px solid #e4e7eb; font-weight: 620; }
p { max-width: 46rem; margin: .5rem 0 1rem; }
.lead { color: #57606a; font-size: 1.05rem; }
.note { background: #fff7e0; border-left: 4px solid #e0a52b; padding: .6rem .9rem; }
figure { margin: 1rem 0 1.4rem; }
figure img { max-width: 100%; height: auto; display: block; }
figcaption { color: #57606a; font-size: .9rem; max-width: 46rem; margin-top: .35rem; }
.plot img { max-width: 40rem; width: 100%; }
.pixels img { image-rendering: pixelated; }
.row { display: flex; flex-wrap: wrap; gap: 1.25rem; align-items: flex-start; }
.row > * { flex: 1 1 24rem; min-width: 0; }
.row > .narrow { flex: 0 0 14rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums;
        margin: .6rem 0 1rem; }
th, td { padding: .3rem .65rem; text-align: right; white-space: nowrap; }
th { border-bottom: 2px solid #d0d7de; font-weight: 600; color: #444c56; vertical-align: bottom; }
td { border-bottom: 1px solid #eaeef2; }
th:first-child, td:first-child { text-align: left; }
td.main { font-weight: 650; }
.facts td { text-align: left; white-space: normal; }
details { margin: 1rem 0; } summary { cursor: pointer; color: #1b6ca8; }
code { font: .88em ui-monospace, "DejaVu Sans Mono", monospace; background: #f3f5f7;
       padding: .1em .35em; border-radius: 4px; }
)css";

}  // namespace

void Page::begin(std::string_view title) {
  add("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
  add("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
  add(fmt::format("<title>{}</title><style>{}</style></head><body>\n", html_text(title), kStyle));
}

void Page::end() { add("</body></html>\n"); }

void Page::heading(std::string_view text) {
  text_ += fmt::format("<h2>{}</h2>\n", html_text(text));
}

void Page::paragraph(std::string_view text) {
  text_ += fmt::format("<p>{}</p>\n", html_text(text));
}

void Page::figure(const std::string& name, std::string_view caption, std::string_view alternative,
                  std::string_view kind) {
  const Figure* figure = find(name);
  if (!figure) return;
  const std::string_view mime = name.ends_with(".svg")   ? "image/svg+xml"
                                : name.ends_with(".gif") ? "image/gif"
                                                         : "image/png";
  text_ += fmt::format(
      "<figure class=\"{}\"><img alt=\"{}\" src=\"data:{};base64,{}\"><figcaption>{}"
      "</figcaption></figure>\n",
      kind, html_text(alternative), mime, base64(figure->bytes), html_text(caption));
}

void Page::facts(const Values& values) {
  text_ += "<table class=\"facts\">\n";
  for (const auto& [name, value] : values) {
    std::string words = name;
    std::replace(words.begin(), words.end(), '_', ' ');
    const double* real = std::get_if<double>(&value);
    text_ += fmt::format("<tr><td>{}</td><td>{}</td></tr>\n", html_text(words),
                         html_text(real ? fmt::format("{:.4g}", *real) : to_text(value)));
  }
  text_ += "</table>\n";
}

void Page::made_by(const ReportContext& context,
                   const std::vector<std::pair<std::string, std::string>>& more) {
  heading("How this page was made");
  add("<table class=\"facts\">\n");
  const auto row = [&](std::string_view name, std::string_view html) {
    add(fmt::format("<tr><td>{}</td><td>{}</td></tr>\n", html_text(name), html));
  };
  row("command", "<code>" + html_text(context.command) + "</code>");
  row("version", fmt::format("striate {}", library_version));
  row("machine", html_text(context.processor));
  for (const auto& [name, text] : more) row(name, html_text(text));
  add("</table>\n");
}

const Figure* Page::find(const std::string& name) const {
  for (const Figure& figure : figures_)
    if (figure.name == name) return &figure;
  return nullptr;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 3; ++k)
      word = word << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      text += k <= count ? digits[word >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

std::string html_text(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&') safe += "&amp;";
    else if (c == '<') safe += "&lt;";
    else if (c == '>') safe += "&gt;";
    else if (c == '"') safe += "&quot;";
    else safe += c;
  }
  return safe;
}

}  // namespace striate::cli
