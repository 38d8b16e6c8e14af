#include "cli/command_demo.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/inputs.h"
#include "cli/output_folder.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "striate/core/build_info.h"
#include "striate/core/parallel.h"
#include "striate/core/text.h"
#include "striate/images/synthetic.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"
#include "striate/pipelines/two_layer_memory.h"

namespace striate::cli {
namespace {

using Json = nlohmann::ordered_json;

struct DemoOptions {
  std::string images = {};
  std::string model = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.images, {.name = "images",
                     .unit = "FOLDER",
                     .sentence = "Photographs of your own: a folder, a glob or a file; not given: "
                                 "generated images."});
    visit(s.model, {.name = "model",
                    .unit = "FILE",
                    .sentence = "Model of pairs to use in place of learning one."});
  }
};

std::vector<Image<float>> read_pictures(Invocation& call, const DemoOptions& options,
                                        const TwoLayerSettings& settings) {
  if (options.images.empty()) {
    const std::int64_t side = settings.scale == Scale::full ? 512 : 256;
    return dead_leaves<float>(
        {.set = {.images = 10, .rows = side, .columns = side, .seed = settings.seed}}, call.run());
  }
  const std::vector<std::string> names = {options.images};
  return read_images<float>(find_images(names), {.grey = true});
}

// The row as the table has it; figures as numbers, infinity (a perfect PSNR) as null.
Json to_json(const RecallRow& row) {
  Json json;
  for (const auto& [name, text] : columns_of(row)) {
    if (name == "rule" || name == "steps") json[name] = text;
    else if (text.find_first_not_of("0123456789") == std::string::npos)
      json[name] = std::stoll(text);
    else json[name] = std::strtod(text.c_str(), nullptr);
  }
  return json;
}

std::string command_line(const Invocation& call) {
  std::string line = "striate demo";
  for (const auto& [name, value] : call.given()) {
    const bool* flag = std::get_if<bool>(&value);
    if (flag) line += *flag ? " " + flag_of(name) : " --no-" + flag_of(name).substr(2);
    else line += " " + flag_of(name) + " " + to_text(value);
  }
  return line;
}

int demo(Invocation& call) {
  const DemoOptions options = call.settings<DemoOptions>();
  const TwoLayerSettings settings = call.settings<TwoLayerSettings>();
  const std::string output = call.output();
  std::optional<Model<float>> model;
  if (!options.model.empty()) model = load_model<float>(options.model);
  const std::vector<Image<float>> images = read_pictures(call, options, settings);
  if (call.interrupted()) return kInterrupted;
  const std::string source = options.images.empty()
                                 ? fmt::format("{} generated images", images.size())
                                 : fmt::format("{} images in {}", images.size(), options.images);
  call.log().step(source);

  TwoLayerResult result = two_layer_memory(images, settings, model ? &*model : nullptr, call.run());
  if (result.stopped && result.model.atoms.columns() == 0) {
    call.log().note("stopped before anything was learned; nothing is written");
    return call.interrupted() ? kInterrupted : kNotConverged;
  }

  ReportContext context{
      .command = command_line(call),
      .images = source,
      .processor = fmt::format("{}, {} threads", processor_name(),
                               call.common().threads > 0 ? call.common().threads : thread_count())};
  if (result.stopped)
    context.note = "This run was stopped early; what it had not reached is missing.";
  std::vector<Figure> figures;
  try {
    figures = demo_figures(result);
  } catch (const IoError& error) {
    call.log().warning(error.what());
    context.note += join(context.note.empty() ? "" : " ", "No figures: ", error.what(), ".");
  }

  OutputFolder folder(output, call.force());
  const auto write = [&](const std::string& name, const std::string& bytes) {
    write_file(folder.path() / name, std::as_bytes(std::span(bytes)), folder.overwrite());
  };
  std::filesystem::create_directories(folder.path() / "figures");
  for (const Figure& figure : figures) write("figures/" + figure.name, figure.bytes);
  Archive archive = result.model.to_archive();
  archive.attributes[std::string(kRunGroup)] = call.to_repeat();
  save(folder.path() / "model.h5", archive, folder.overwrite());
  Json json = {{"images", source}, {"output", output}, {"stopped", result.stopped}};
  for (const auto& [stage, seconds] : result.seconds) json["seconds"][stage] = seconds;
  for (const auto& [part, values] :
       {std::pair{"dictionary", result.dictionary}, std::pair{"coding", result.coding}})
    for (const auto& [name, value] : values)
      std::visit(
          [&, part = part, &name = name](const auto& held) {
            if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(held)>, std::monostate>)
              json[part][name] = held;
          },
          value);
  json["rows"] = Json::array();
  for (const RecallRow& row : result.rows) json["rows"].push_back(to_json(row));
  if (!result.rows.empty()) write("recall.csv", demo_csv(result));
  write("results.json", json.dump(2) + "\n");
  write("report.html", demo_report(result, figures, context));
  folder.commit();

  for (const auto& [stage, seconds] : result.seconds)
    call.print(fmt::format("{:<10}{}\n", stage, duration_text(seconds)));
  call.print("\n" + demo_table(result));
  call.print(fmt::format("\n{}/report.html written\n", output));
  call.json() = json;
  if (call.interrupted()) return kInterrupted;
  return call.exit_code(!result.stopped);
}

}  // namespace

Command demo_command() {
  return {.name = "demo",
          .sentence = "Runs the whole chain, images to recalled patches, and writes a report.",
          .fields = options_of<DemoOptions, TwoLayerSettings>(),
          .writes_output = true,
          .output_default = "striate-demo",
          .output_sentence = "Folder of the report, its figures, the model and the results.",
          .examples = {"striate demo --learn-seconds 2 --patterns 5 --noises 0,0.5 --draws 1"},
          .run = demo};
}

}  // namespace striate::cli
