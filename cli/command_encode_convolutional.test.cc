#include "cli/command_encode_convolutional.h"

#include <gmock/gmock.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "cli/try_cli.h"
#include "striate/catalog/convolutional_solvers.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"
#include "striate/io/segments.h"
#include "striate/pipelines/coded_images.h"

namespace striate::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class CommandEncodeConvolutional : public InEmptyFolder {
 protected:
  void SetUp() override {
    InEmptyFolder::SetUp();
    for (const char* line :
         {"striate generate --images 2 --rows 30 --columns 36 -o leaves",
          "striate generate --images 1 --rows 25 --columns 28 --seed 1 -o other"})
      ASSERT_EQ(try_line(line).exit_code, 0) << line;
    Archive archive;
    archive.arrays["data"] = bank(16, 4, 4);
    save("bank.npy", archive, Overwrite::no);
  }

  // Filters of few cycles, none alike.
  static Array bank(std::int64_t filters, std::int64_t rows, std::int64_t columns,
                    std::int64_t channels = 1) {
    std::vector<float> taps;
    for (std::int64_t k = 0; k < filters; ++k)
      for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t c = 0; c < columns; ++c)
          for (std::int64_t channel = 0; channel < channels; ++channel)
            taps.push_back(static_cast<float>(
                std::cos(0.7 * double(k % 4) * double(r) + 0.4 * double(k / 4 * c + channel))));
    std::vector<std::int64_t> shape = {filters, rows, columns};
    if (channels > 1) shape.push_back(channels);
    return Array::from<float>(taps, shape);
  }

  static void refused(const std::string& line, int code, const std::string& words) {
    const std::vector<std::string> before = listing();
    const CliResult result = try_line(line);
    EXPECT_EQ(result.exit_code, code) << line << "\n" << result.err;
    EXPECT_THAT(result.err, HasSubstr(words)) << line;
    EXPECT_EQ(result.out, "") << line;
    EXPECT_EQ(listing(), before) << line;
  }

  static CodedImages<float> coded(const std::string& path) {
    return CodedImages<float>::from_archive(load(path));
  }
};

const std::string kLine = "striate encode --convolutional leaves other --filters bank.npy ";

TEST_F(CommandEncodeConvolutional, TellsOfEveryImageAndDecodeGivesItBack) {
  const CliResult result = try_line(kLine + "--lambda 0.02 -o codes.h5");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  for (const char* words :
       {"leaves/dead_leaves-0000.png: converged", "other/dead_leaves-0000.png",
        "nonzeros, sparseness 0.", "3 of 3 images converged", "codes.h5 written"})
    EXPECT_THAT(result.out, HasSubstr(words));
  ASSERT_EQ(try_line("striate decode codes.h5 -o back").exit_code, 0);
  ASSERT_EQ(try_line("striate decode codes.h5 --prepared -o prepared").exit_code, 0);
  const auto there = read_image<float>("other/dead_leaves-0000.png"),
             back = read_image<float>("back/image-0002.png"),
             prepared = read_image<float>("prepared/image-0002.png");
  double error = 0, power = 0, mean = 0;
  for (std::int64_t i = 0; i < there.size(); ++i) {
    error += std::pow(there.data()[i] - back.data()[i], 2);
    power += std::pow(there.data()[i], 2);
    mean += prepared.data()[i] / double(there.size());
  }
  EXPECT_LT(error, 0.02 * power);
  EXPECT_NEAR(mean, 0.5, 0.05);  // 0 is the middle grey
}

TEST_F(CommandEncodeConvolutional, PrintsOneObject) {
  const CliResult result = try_line(kLine + "--lambda-relative 0.1 -o codes.npz --json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json told = json::parse(result.out);
  EXPECT_EQ(told["complete"], true);
  EXPECT_EQ(told["converged"], 3);
  ASSERT_EQ(told["images"].size(), 3u);
  const auto codes = coded("codes.npz");
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(told["images"][i]["nonzeros"], codes.maps[i].nonzeros());
    EXPECT_LE(told["images"][i]["relative_gap"], 0.01);
    EXPECT_EQ(told["images"][i]["status"], "converged");
  }
}

TEST_F(CommandEncodeConvolutional, TakesEverySolverOfTheTable) {
  for (const ConvolutionalSolverEntry& entry : convolutional_solvers()) {
    const std::string name(entry.name), file = name + ".h5";
    ASSERT_EQ(try_line(kLine + "--lambda 0.05 --tolerance 1e-3 --method " + name + " -o " + file)
                  .exit_code,
              0)
        << name;
    EXPECT_EQ(load(file).get<std::string>("coding", "method"), name);
  }
  // Unlike solvers meet within their gaps.
  const auto objective = [](const std::string& file) {
    return load(file).at("info/objective").as<double>()[0];
  };
  for (const ConvolutionalSolverEntry& entry : convolutional_solvers())
    EXPECT_NEAR(objective(std::string(entry.name) + ".h5"), objective("cd.h5"),
                1.1e-3 * objective("cd.h5"));
}

TEST_F(CommandEncodeConvolutional, ModelsKnowHowImagesArePreparedAndCoded) {
  FilterModel<float> model = FilterModel<float>::from_filters(bank(16, 4, 4));
  model.preparation = {.contrast = 3};
  model.coding = {{"method", std::string("ssnal")}, {"lambda", 0.3}, {"tolerance", 0.05}};
  save("model.h5", model.to_archive(), Overwrite::no);
  const std::string line = "striate encode --convolutional leaves --model model.h5 ";
  ASSERT_EQ(try_line(line + "-o a.h5").exit_code, 0);
  const Archive archive = load("a.h5");
  EXPECT_EQ(archive.get<std::string>("coding", "method"), "ssnal");
  EXPECT_EQ(archive.get<double>("coding", "lambda"), 0.3);
  EXPECT_EQ(archive.get<std::int64_t>("preparation", "contrast"), 3);
  EXPECT_EQ(archive.get<std::string>("", "model"), model.hash());
  EXPECT_TRUE(archive.has("images/000000001/gain"));
  // Lambda is the user's, the preparation the model's.
  ASSERT_EQ(try_line(line + "--lambda-relative 0.2 --contrast 3 --highpass 0 -o b.h5").exit_code,
            0);
  EXPECT_FALSE(load("b.h5").attributes["coding"].contains("lambda"));
  refused(line + "--contrast 5 -o c.h5", 2, "--contrast is 5, but the model's filters are for 3");
  refused(line + "--highpass 2 -o c.h5", 2, "--highpass is 2, but the model's filters are for 0");
  refused(line + "--filters bank.npy -o c.h5", 2, "exclude one another");
}

TEST_F(CommandEncodeConvolutional, MakesBanksByName) {
  const std::string line =
      "striate encode --convolutional other --lambda-relative 0.3 --filters log_gabor ";
  ASSERT_EQ(
      try_line(line + "--bank homogeneous --orientations 4 --height 8 --width 8 -o a.h5").exit_code,
      0);
  EXPECT_THAT(load("a.h5").at("filters").shape(), testing::ElementsAre(8, 8, 8));
  refused(kLine + "--lambda 1 --bank homogeneous -o b.h5", 2,
          "--bank belongs to --filters log_gabor; the filters are bank.npy");
  refused("striate encode --convolutional other --lambda 1 --filters log_gabr -o b.h5", 2,
          "did you mean log_gabor?");
}

TEST_F(CommandEncodeConvolutional, CodesColourTogetherOrApart) {
  ASSERT_EQ(try_line("striate generate --images 1 --rows 20 --columns 22 --channels 3 -o colour")
                .exit_code,
            0);
  const std::string line = "striate encode --convolutional colour --lambda 0.05 --colour ";
  ASSERT_EQ(try_line(line + "--filters bank.npy --channels separate -o apart.h5").exit_code, 0);
  EXPECT_EQ(coded("apart.h5").maps.size(), 3u);
  refused(line + "--filters bank.npy -o no.h5", 1,
          "colour/dead_leaves-0000.png: image has 3 channels, the filters 1");
  refused(
      "striate encode --convolutional colour --lambda 1 --filters bank.npy "
      "--channels separate -o no.h5",
      2, "--channels separate needs --colour");
  Archive archive;
  archive.arrays["data"] = bank(8, 4, 4, 3);
  save("colours.npy", archive, Overwrite::no);
  ASSERT_EQ(try_line(line + "--filters colours.npy -o shared.h5").exit_code, 0);
  EXPECT_EQ(coded("shared.h5").maps.size(), 1u);
  ASSERT_EQ(try_line("striate decode apart.h5 -o back.png").exit_code, 0);
  EXPECT_EQ(read_image<float>("back.png").channels(), 3);
  refused("striate encode --convolutional leaves --lambda 1 --filters colours.npy -o no.h5", 1,
          "filters of colour need images of colour");
}

TEST_F(CommandEncodeConvolutional, SeesNothingBehindAMask) {
  Image<float> mask(30, 36);
  for (std::int64_t i = 0; i < mask.size(); ++i) mask.data()[i] = i % 36 < 30;
  write_image<float>("mask.png", mask);
  const std::string line =
      "striate encode --convolutional leaves --filters bank.npy --lambda 0.05 --mask mask.png ";
  ASSERT_EQ(try_line(line + "-o a.h5").exit_code, 0);
  for (const char* name : {"leaves/dead_leaves-0000.png", "leaves/dead_leaves-0001.png"}) {
    Image<float> image = read_image<float>(name);
    for (std::int64_t r = 0; r < 30; ++r)
      for (std::int64_t c = 30; c < 36; ++c) image(r, c) = 1;
    write_image<float>(name, image, Overwrite::yes);
  }
  ASSERT_EQ(try_line(line + "-o b.h5").exit_code, 0);
  EXPECT_EQ(coded("a.h5").maps, coded("b.h5").maps);
  refused(line + "--contrast 3 -o c.h5", 1, "local contrast needs every pixel");
  refused(
      "striate encode --convolutional other --filters bank.npy --lambda 0.05 --mask mask.png "
      "-o c.h5",
      1, "other/dead_leaves-0000.png: prepare_image: weights are 30 x 36");
  refused(kLine + "--lambda 0.05 --mask leaves -o c.h5", 2, "holds 2 masks for 3 images");
}

TEST_F(CommandEncodeConvolutional, RefusesWhatDoesNotFit) {
  refused(kLine + "-o c.h5", 2, "--lambda is missing (or --lambda-relative");
  refused(kLine + "--lambda 1 --lambda-relative 0.1 -o c.h5", 2, "exclude one another");
  refused(kLine + "--lambda 1 --method newton -o c.h5", 2, "one of auto, cd, ssnal, admm");
  refused(kLine + "--lambda 1 --method admm --sigma 2 -o c.h5", 2,
          "admm has no --sigma; ssnal has");
  refused(kLine + "--lambda 1 --patch 8 -o c.h5", 2,
          "encode --convolutional has no --patch; encode has");
  refused(kLine + "--lambda 1 --estimate -o c.h5", 2,
          "encode --convolutional has no --estimate; encode has");
  refused("striate encode leaves --filters bank.npy -o c.h5", 2,
          "encode has no --filters; encode --convolutional has");
  refused(kLine + "--lambda 1 --method admm --boundary linear -o c.h5", 2, "boundary is linear");
  refused(kLine + "--lambda 1 --penalty-weights 1,2 -o c.h5", 2, "penalty_weights has 2 values");
  refused(kLine + "--lambda 1 -o c.mat", 2, "must end in one of .h5");
  refused(kLine + "--lambda 1", 2, "--output is missing");
  refused("striate encode --convolutional leaves --lambda 1 -o c.h5", 2, "--filters is missing");
  refused("striate encode --convolutional leaves --filters no.npy --lambda 1 -o c.h5", 1, "no.npy");
  refused("striate encode --convolutional no.png --filters bank.npy --lambda 1 -o c.h5", 1,
          "no.png");
  Archive archive;
  archive.arrays["data"] = bank(2, 40, 4);
  save("tall.npy", archive, Overwrite::no);
  refused("striate encode --convolutional leaves --filters tall.npy --lambda 1 -o c.h5", 1,
          "leaves/dead_leaves-0000.png: filters have 40 x 4 taps, the image 30 x 36");
  archive.arrays["data"] = Array(DType::f32, {16, 16});
  save("flat.npy", archive, Overwrite::no);
  refused("striate encode --convolutional leaves --filters flat.npy --lambda 1 -o c.h5", 1,
          "flat.npy: filters have the shape (16, 16); filters are an array (K, h, w)");
  std::vector<float> values(900, 0.5f);
  values[31] = std::numeric_limits<float>::quiet_NaN();
  archive.arrays["data"] = Array::from<float>(values, {30, 30});
  save("nan.npy", archive, Overwrite::no);
  refused("striate encode --convolutional nan.npy --filters bank.npy --lambda 1 -o c.h5", 1,
          "nan.npy");
}

TEST_F(CommandEncodeConvolutional, IsStoppedAndGoesOn) {
  std::stop_source stop;
  stop.request_stop();
  std::vector<std::string> words;
  std::istringstream stream(kLine.substr(8) + "--lambda 0.02 -o codes.h5");
  for (std::string word; stream >> word;) words.push_back(word);
  const CliResult stopped = try_cli(words, stop.get_token());
  EXPECT_EQ(stopped.exit_code, 130);
  EXPECT_THAT(stopped.err, HasSubstr("stopped before an image was done"));
  EXPECT_FALSE(std::filesystem::exists("codes.h5"));
  // One image, and no time: codes that say so.
  const std::string one =
      "striate encode --convolutional other --filters bank.npy --lambda 0.001 "
      "--tolerance 0 --max-seconds 0.05 ";
  const CliResult limited = try_line(one + "-o one.h5");
  EXPECT_EQ(limited.exit_code, 0) << limited.err;
  EXPECT_THAT(limited.out, HasSubstr("time_limit"));
  EXPECT_EQ(try_line(one + "--require-convergence -o two.h5").exit_code, 3);
  // Several: those done are kept.
  const CliResult cut = try_line(kLine + "--lambda 0.001 --tolerance 0 --max-seconds 0.01 -o c.h5");
  EXPECT_EQ(cut.exit_code, 3);
  ASSERT_EQ(try_line(kLine + "--lambda 0.02 -o c.h5 --resume").exit_code, 0);
  const CliResult again = try_line(kLine + "--lambda 0.02 -o c.h5 --resume");
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.out, HasSubstr("3 of 3 images converged (3 of an earlier run)"));
}

TEST_F(CommandEncodeConvolutional, CanBeRepeatedFromItsFile) {
  ASSERT_EQ(try_line(kLine + "--lambda 0.02 --boundary inside -o a.h5").exit_code, 0);
  const CliResult settings = try_line("striate info --settings a.h5");
  EXPECT_THAT(settings.out, HasSubstr("# striate encode --convolutional --config"));
  write("again.toml", settings.out);
  ASSERT_EQ(try_line("striate encode --convolutional --config again.toml -o b.h5").exit_code, 0);
  EXPECT_EQ(coded("a.h5").maps, coded("b.h5").maps);
}

}  // namespace
}  // namespace striate::cli
