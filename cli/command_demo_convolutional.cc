#include "cli/command_demo_convolutional.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/comparison_report.h"
#include "cli/invocation.h"
#include "cli/output_folder.h"
#include "cli/progress.h"
#include "striate/core/build_info.h"
#include "striate/core/parallel.h"
#include "striate/dictionaries/log_gabor.h"
#include "striate/images/centre_square.h"
#include "striate/images/synthetic.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"
#include "striate/pipelines/convolutional_job.h"
#include "striate/pipelines/solver_comparison.h"

namespace striate::cli {
namespace {

using Json = nlohmann::ordered_json;

struct PhotoOptions {
  std::optional<int> side = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.side,
          {.name = "side",
           .range = between(16, 4096),
           .unit = "pixels",
           .sentence = "Side of the image: a photograph is cut to its middle square and made "
                       "smaller; not given: at most 256 of a photograph, 128 without one."});
  }
};

// As the bank was released, whose filters take no part in what is smooth.
LogGaborSettings default_bank() { return {.convention = LogGaborConvention::released}; }

// The options of the bank with the defaults that this command has.
std::vector<Field> bank_fields() {
  std::vector<Field> all = fields<LogGaborSettings>();
  for (Field& field : all)
    if (field.name == "convention") field.value = std::string("released");
  return all;
}

struct Picture {
  Image<float> image;
  std::string words;  // what it is
};

Picture read_picture(Invocation& call, const ImagePreparation& preparation) {
  const PhotoOptions options = call.settings<PhotoOptions>();
  if (call.arguments().empty()) {
    const std::int64_t side = options.side.value_or(128);
    return {dead_leaves<float>(
                {.set = {.images = 1, .rows = side, .columns = side, .seed = call.common().seed}})
                .front(),
            "a generated image"};
  }
  const std::string& path = call.arguments().front();
  const Image<float> photo =
      read_image<float>(path, {.pixel_scale = preparation.pixel_scale, .grey = true});
  return {centre_square(photo, options.side.value_or(256)),
          std::filesystem::path(path).filename().string()};
}

FilterModel<float> model_of(const Invocation& call, const LogGaborSettings& bank) {
  FilterModel<float> model;
  model.taps = log_gabor_atoms<float>(bank);
  model.rows = bank.height;
  model.columns = bank.width;
  model.preparation = call.settings<ImagePreparation>();
  if (model.preparation.colour)
    throw UsageError("--colour: the filters of this bank are grey, and so is what they code");
  return model;
}

std::string command_line(const Invocation& call) {
  std::string line = "striate demo convolutional";
  for (const std::string& word : call.arguments()) line += " " + word;
  for (const auto& [name, value] : call.given()) {
    const bool* flag = std::get_if<bool>(&value);
    if (flag) line += *flag ? " " + flag_of(name) : " --no-" + flag_of(name).substr(2);
    else line += " " + flag_of(name) + " " + to_text(value);
  }
  return line;
}

Json number(double x) { return std::isfinite(x) ? Json(x) : Json(); }

Json json_of(const SolverComparison& comparison, const Picture& picture) {
  Json json = {{"image", picture.words},
               {"rows", picture.image.rows()},
               {"columns", picture.image.columns()},
               {"lambda", comparison.lambda},
               {"lambda_max", comparison.lambda_max},
               {"bound", number(comparison.bound)},
               {"stopped", comparison.stopped != StopReason::none}};
  json["solvers"] = Json::array();
  for (const ComparedSolver& solver : comparison.solvers)
    json["solvers"].push_back({{"solver", solver.name},
                               {"status", name_of(solver.info.status)},
                               {"seconds", solver.info.seconds},
                               {"iterations", solver.info.iterations},
                               {"objective", solver.info.objective},
                               {"relative_gap", number(solver.info.relative_gap)},
                               {"seconds_to_tenth", number(solver.to_tenth)},
                               {"seconds_to_hundredth", number(solver.to_hundredth)},
                               {"seconds_to_thousandth", number(solver.to_thousandth)},
                               {"nonzeros", solver.info.nonzeros},
                               {"sparseness", solver.codes.sparseness()}});
  return json;
}

// The code that the figures show, as encode --convolutional writes it.
Archive codes_archive(const SolverComparison& comparison, const FilterModel<float>& model,
                      const SolverComparisonSettings& settings, const std::string& name,
                      const Values& run) {
  const ComparedSolver& shown = shown_solver(comparison);
  Archive archive = archive_of_image(
      model, shown.codes, shown.info, comparison.prepared, name,
      {{"method", shown.name}, {"lambda", comparison.lambda}, {"tolerance", settings.tolerance}});
  archive.attributes[std::string(kRunGroup)] = run;
  return archive;
}

int demo(Invocation& call) {
  const std::string output = call.output();
  const LogGaborSettings bank = call.settings<LogGaborSettings>(default_bank());
  const auto settings = call.settings<SolverComparisonSettings>();
  if (call.was_given("lambda") && call.was_given("lambda_relative"))
    throw UsageError("--lambda and --lambda-relative exclude one another");
  const FilterModel<float> model = model_of(call, bank);
  const Picture picture = read_picture(call, model.preparation);
  call.log().step(fmt::format("{}, {} x {} pixels, {} filters", picture.words, picture.image.rows(),
                              picture.image.columns(), model.taps.columns()));
  const SolverComparison comparison = compare_solvers(picture.image, model, settings, call.run());
  const bool stopped = comparison.stopped != StopReason::none;
  if (comparison.solvers.size() < 2) {
    call.log().note("stopped before anything was certified; nothing is written");
    return call.interrupted() ? kInterrupted : kNotConverged;
  }

  ReportContext context{
      .command = command_line(call),
      .images = picture.words,
      .processor = fmt::format("{}, {} threads", processor_name(),
                               call.common().threads > 0 ? call.common().threads : thread_count())};
  if (stopped)
    context.note = "This run was stopped early; solvers that it had not reached are missing.";
  std::vector<Figure> figures;
  const bool rows_by_orientation = bank.kind == LogGaborKind::heterogeneous;
  try {
    figures = comparison_figures(
        comparison, model,
        rows_by_orientation
            ? static_cast<int>(model.taps.columns() / bank.orientations.value_or(12))
            : 0);
  } catch (const IoError& error) {
    call.log().warning(error.what());
    context.note += fmt::format("{}No figures: {}.", context.note.empty() ? "" : " ", error.what());
  }

  OutputFolder folder(output, call.force());
  const auto write = [&](const std::string& name, const std::string& bytes) {
    write_file(folder.path() / name, std::as_bytes(std::span(bytes)), folder.overwrite());
  };
  std::filesystem::create_directories(folder.path() / "figures");
  for (const Figure& figure : figures) write("figures/" + figure.name, figure.bytes);
  save(folder.path() / "codes.h5",
       codes_archive(comparison, model, settings, picture.words, call.to_repeat()),
       folder.overwrite());
  Json json = json_of(comparison, picture);
  json["output"] = output;
  write("solvers.csv", comparison_csv(comparison));
  write("results.json", json.dump(2) + "\n");
  write("report.html", comparison_page(comparison, model, figures, context));
  folder.commit();

  call.print(comparison_table(comparison));
  call.print(
      fmt::format("\n{}/report.html written; striate show {}/codes.h5 --output maps.png draws "
                  "its code\n",
                  output, output));
  call.json() = json;
  if (call.interrupted()) return kInterrupted;
  return call.exit_code(!stopped);
}

}  // namespace

Command demo_convolutional_command() {
  return {.name = "demo convolutional",
          .sentence =
              "Codes an image under a bank of filters by every solver and by the reference "
              "iteration, and writes a report: who is how fast, maps coloured by "
              "orientation.",
          .arguments = {"PHOTO", "a photograph; none: a generated image", 0, 1},
          .fields = all_fields({fields<PhotoOptions>(), fields<SolverComparisonSettings>(),
                                fields<ImagePreparation>(), bank_fields()}),
          .writes_output = true,
          .output_default = "striate-demo-convolutional",
          .output_sentence = "Folder of the report, its figures, the code and the numbers.",
          .examples = {"striate demo convolutional --side 32 --orientations 4 --seconds 0.2"},
          .run = demo};
}

}  // namespace striate::cli
