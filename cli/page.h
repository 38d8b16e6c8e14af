// HTML pages that hold their figures and need nothing else.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "striate/core/settings.h"

namespace striate::cli {

struct Figure {
  std::string name;  // file name: "dictionary.png"
  std::string bytes;
};

// What the page says of how it was made.
struct ReportContext {
  std::string command = {};    // the line that repeats it
  std::string images = {};     // "10 generated images", "photos/"
  std::string processor = {};  // and number of threads
  std::string note = {};       // a sentence at the top if something is missing; mostly empty
};
// A page that is put together piece by piece. Texts are made safe; what add() gets is HTML already.
class Page {
 public:
  explicit Page(const std::vector<Figure>& figures) : figures_(figures) {}

  void begin(std::string_view title);
  void end();
  void add(std::string_view html) { text_ += html; }
  void heading(std::string_view text);
  void paragraph(std::string_view text);
  bool has(const std::string& name) const { return find(name) != nullptr; }
  // Nothing if there is no figure of this name.
  void figure(const std::string& name, std::string_view caption, std::string_view alternative,
              std::string_view kind = "");
  // Names and values as a table.
  void facts(const Values& values);
  // How the page came about: the context, the version, and more names and values.
  void made_by(const ReportContext& context,
               const std::vector<std::pair<std::string, std::string>>& more);
  const std::string& text() const { return text_; }

 private:
  const Figure* find(const std::string& name) const;

  const std::vector<Figure>& figures_;
  std::string text_;
};

// For figures inside the page.
std::string base64(std::string_view bytes);
std::string html_text(std::string_view text);

}  // namespace striate::cli
