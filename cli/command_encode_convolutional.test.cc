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

  static void put(const std::string& path, std::vector<float> values,
                  std::vector<std::int64_t> shape) {
    Archive archive;
    archive.arrays["data"] = Array::from<float>(values, std::move(shape));
    save(path, archive, Overwrite::yes);
  }
  // A still as an array.
  static std::vector<float> values_of(const std::string& path) {
    const Image<float> image = read_image<float>(path);
    return {image.data(), image.data() + image.size()};
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
    return load(file).at("info/objective").to<double>()[0];
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
      1, "mask.png: is 30 x 36 x 1, other/dead_leaves-0000.png is 25 x 28 x 1");
  refused(kLine + "--lambda 0.05 --mask leaves -o c.h5", 2, "holds 2 masks for 3 images");
  refused(kLine + "--lambda 0.05 --mask no.png -o c.h5", 1, "no.png");
}

TEST_F(CommandEncodeConvolutional, LetsImagesHoldNaNBehindAMaskOnly) {
  std::vector<float> image = values_of("leaves/dead_leaves-0000.png"), mask(image.size(), 1);
  put("whole.npy", image, {30, 36});
  for (std::size_t i = 0; i < image.size(); i += 7) mask[i] = 0;
  std::vector<float> holed = image;
  for (std::size_t i = 0; i < image.size(); i += 7)
    holed[i] = i % 2 == 0 ? std::numeric_limits<float>::quiet_NaN()
                          : std::numeric_limits<float>::infinity();
  put("holed.npy", holed, {30, 36});
  put("weights.npy", mask, {30, 36});
  write_image<float>("mask.png", Image<float>(ImageView<const float>(mask.data(), 30, 36)));
  const std::string rest = " --filters bank.npy --lambda 0.05 ";
  for (const std::string way : {"--mask mask.png", "--data-weights weights.npy"}) {
    for (const std::string name : {"whole", "holed"}) {
      const CliResult result = try_line("striate encode --convolutional " + name + ".npy" + rest +
                                        way + " --force -o " + name + ".h5");
      ASSERT_EQ(result.exit_code, 0) << result.err;
    }
    EXPECT_EQ(coded("whole.h5").maps, coded("holed.h5").maps) << way;
  }
  holed[36 * 3 + 5] = std::numeric_limits<float>::quiet_NaN();
  put("bad.npy", holed, {30, 36});
  refused("striate encode --convolutional bad.npy" + rest + "--mask mask.png -o c.h5", 1,
          "bad.npy: prepare_image: the value at row 3, column 5 is NaN or infinity");
  refused("striate encode --convolutional holed.npy" + rest + "-o c.h5", 1,
          "holed.npy holds NaN or infinity (image 0, row 0, column 0)");
}

TEST_F(CommandEncodeConvolutional, WeighsTheErrorsOfPixels) {
  // Twice the weight everywhere is half the lambda.
  put("two.npy", std::vector<float>(30 * 36, 2), {30, 36});
  const std::string one =
      "striate encode --convolutional leaves --filters bank.npy --tolerance 1e-5 --highpass 0 ";
  ASSERT_EQ(try_line(one + "--lambda 0.04 --data-weights two.npy -o two.h5").exit_code, 0);
  ASSERT_EQ(try_line(one + "--lambda 0.02 -o half.h5").exit_code, 0);
  const auto twice = load("two.h5").at("info/objective").to<double>(),
             once = load("half.h5").at("info/objective").to<double>();
  for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(twice[i], 2 * once[i], 3e-5 * twice[i]);
  EXPECT_EQ(load("two.h5").get<std::string>("provenance", "data_weights"), "two.npy");
  // One for each: rows of an array.
  std::vector<float> each(2 * 30 * 36, 1);
  std::fill_n(each.begin(), 30 * 36, 2.f);
  put("each.npy", each, {2, 30, 36});
  ASSERT_EQ(try_line(one + "--lambda 0.02 --data-weights each.npy -o each.h5").exit_code, 0);
  const auto own = load("each.h5").at("info/objective").to<double>();
  ASSERT_EQ(try_line(one + "--lambda 0.01 -o quarter.h5").exit_code, 0);
  const double quarter = load("quarter.h5").at("info/objective").to<double>()[0];
  EXPECT_NEAR(own[0], 2 * quarter, 3e-5 * own[0]);
  EXPECT_NEAR(own[1], once[1], 2e-5 * once[1]);

  const std::string bad = one + "--lambda 0.02 -o c.h5 --data-weights ";
  refused(kLine + "--lambda 0.02 -o c.h5 --data-weights two.npy", 1,
          "two.npy: is 30 x 36 x 1, other/dead_leaves-0000.png is 25 x 28 x 1");
  refused(kLine + "--lambda 0.02 -o c.h5 --data-weights each.npy", 2,
          "--data-weights each.npy: holds 2 images of weights for 3 images");
  refused(bad + "two.npy --mask two.npy", 2, "--mask and --data-weights exclude one another");
  refused(bad + "two.npy --contrast 3 --mask no.png", 2, "exclude one another");
  std::vector<float> wrong(30 * 36, 1);
  wrong[36 * 2 + 4] = -0.5f;
  put("wrong.npy", wrong, {30, 36});
  refused(bad + "wrong.npy", 1,
          "wrong.npy: holds -0.5 at row 2, column 4; weights must be at least 0");
  wrong[36 * 2 + 4] = std::numeric_limits<float>::quiet_NaN();
  put("wrong.npy", wrong, {30, 36});
  refused(bad + "wrong.npy", 1, "wrong.npy holds NaN or infinity (image 0, row 2, column 4)");
  put("wrong.npy", std::vector<float>(30 * 36), {30, 36});
  refused(bad + "wrong.npy --highpass 10", 1, "all weights are 0");
  refused(bad + "no.npy", 1, "no.npy");
  refused(bad + "no.txt", 1, "no.txt");
}

TEST_F(CommandEncodeConvolutional, TakesPenaltyWeightsByFilterAndByPosition) {
  const std::string one =
      "striate encode --convolutional leaves --filters bank.npy --lambda 0.05 --tolerance 1e-5 ";
  std::vector<float> by_filter, by_position;
  for (int k = 0; k < 16; ++k) by_filter.push_back(k % 3 == 0 ? 0.5f : 2.f);
  for (const float w : by_filter) by_position.insert(by_position.end(), 30 * 36, w);
  put("filters.npy", by_filter, {16});
  put("positions.npy", by_position, {16, 30, 36});
  std::vector<float> twice = by_position;
  twice.insert(twice.end(), by_position.begin(), by_position.end());
  put("images.npy", twice, {2, 16, 30, 36});
  std::string list;
  for (const float w : by_filter)
    list += (list.empty() ? "" : ",") + std::string(w < 1 ? ".5" : "2");
  for (const std::string& given : {list, std::string("filters.npy"), std::string("positions.npy"),
                                   std::string("images.npy")}) {
    const CliResult result =
        try_line(one + "--penalty-weights " + given + " --force -o weighted.h5");
    ASSERT_EQ(result.exit_code, 0) << result.err;
    if (given == list) std::filesystem::copy_file("weighted.h5", "list.h5");
    const auto first = load("list.h5").at("info/objective").to<double>(),
               there = load("weighted.h5").at("info/objective").to<double>();
    for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(there[i], first[i], 2e-5 * first[i]) << given;
  }
  // What is dear in the left half is used in the right one.
  for (std::size_t i = 0; i < by_position.size(); ++i) by_position[i] = i % 36 < 18 ? 1e6f : 1;
  put("right.npy", by_position, {16, 30, 36});
  ASSERT_EQ(try_line(one + "--penalty-weights right.npy -o right.h5").exit_code, 0);
  for (const auto& maps : coded("right.h5").maps) {
    EXPECT_GT(maps.nonzeros(), 0);
    for (const auto column : maps.columns()) EXPECT_GE(column, 18);
  }
  // The run can be repeated from its file.
  write("again.toml", try_line("striate info --settings right.h5").out);
  ASSERT_EQ(try_line("striate encode --convolutional --config again.toml -o again.h5").exit_code,
            0);
  EXPECT_EQ(coded("again.h5").maps, coded("right.h5").maps);

  const std::string bad = one + "-o c.h5 --penalty-weights ";
  refused(bad + "right.npy --boundary inside", 1,
          "--penalty-weights right.npy: penalty_weights has shape (16, 30, 36); one number, (K,) = "
          "(16,) or that of the maps, (16, 27, 33) of leaves/dead_leaves-0000.png, is needed");
  refused(kLine + "--lambda 1 -o c.h5 --penalty-weights right.npy", 1,
          "(16, 25, 28) of other/dead_leaves-0000.png");
  refused(kLine + "--lambda 1 -o c.h5 --penalty-weights images.npy", 1,
          "penalty_weights has 2 items; there are 3 images");
  put("wrong.npy", {1, 2, 3}, {3});
  refused(bad + "wrong.npy", 2, "penalty_weights has 3 values; 16 are needed");
  put("wrong.npy", {1, 2, 3, 4}, {2, 2});
  refused(bad + "wrong.npy", 1, "holds an array of 2 dimensions; (K,), (K, rows, columns)");
  by_position[40] = 0;
  put("wrong.npy", by_position, {16, 30, 36});
  refused(bad + "wrong.npy", 1, "penalty_weights holds 0 at filter 0, row 1, column 4");
  by_position[40] = std::numeric_limits<float>::quiet_NaN();
  put("wrong.npy", by_position, {16, 30, 36});
  refused(bad + "wrong.npy", 1, "penalty_weights holds nan at filter 0");
  by_filter[3] = -1;
  put("wrong.npy", by_filter, {16});
  refused(bad + "wrong.npy", 2, "--penalty-weights");
  refused(bad + "no.npy", 1, "no.npy");
  refused(bad + "leaves/dead_leaves-0000.png", 1, "holds an array of 2 dimensions");
}

TEST_F(CommandEncodeConvolutional, BeginsWithCodesOfAnEarlierRun) {
  const std::string line = kLine + "--lambda 0.02 ";
  ASSERT_EQ(try_line(line + "--tolerance 1e-6 -o fine.h5").exit_code, 0);
  ASSERT_EQ(try_line(line + "--tolerance 1e-5 -o cold.h5").exit_code, 0);
  // In another order, and of one image alone: known by their names.
  const std::string other = "striate encode --convolutional other leaves --filters bank.npy ";
  for (const std::string& warm :
       {kLine, other,
        std::string(
            "striate encode --convolutional leaves/dead_leaves-0001.png --filters bank.npy ")}) {
    const CliResult result = try_line(
        warm + "--lambda 0.02 --tolerance 1e-5 --initial fine.h5 --force -o warm.h5 --json");
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const json told = json::parse(result.out);
    const json cold = json::parse(
        try_line(warm + "--lambda 0.02 --tolerance 1e-5 --force -o plain.h5 --json").out);
    for (std::size_t i = 0; i < told["images"].size(); ++i) {
      EXPECT_LT(told["images"][i]["iterations"], cold["images"][i]["iterations"]);
      const double objective = cold["images"][i]["objective"];
      EXPECT_NEAR(told["images"][i]["objective"].get<double>(), objective, 1.1e-5 * objective);
    }
  }
  EXPECT_EQ(load("warm.h5").get<std::string>("provenance", "initial"), "fine.h5");
  // Without names that are known, by their place.
  std::filesystem::rename("leaves", "renamed");
  std::filesystem::rename("other", "elsewhere");
  const std::string moved = "striate encode --convolutional renamed elsewhere --filters bank.npy ";
  ASSERT_EQ(try_line(moved + "--lambda 0.02 --initial fine.h5 -o moved.h5").exit_code, 0);

  const std::string rest = "--filters bank.npy --lambda 0.02 -o c.h5 --initial ";
  refused(
      "striate encode --convolutional renamed " + rest + "fine.h5", 1,
      "--initial fine.h5: holds codes of 3 images for 2, none of which has a name that is known");
  refused("striate encode --convolutional elsewhere renamed " + rest + "fine.h5", 1,
          "its codes are of an image of 30 x 36 pixels, not of 25 x 28");
  std::filesystem::rename("renamed", "leaves");
  refused("striate encode --convolutional leaves elsewhere " + rest + "fine.h5", 1,
          "--initial fine.h5: holds no codes of elsewhere/dead_leaves-0000.png");
  std::filesystem::rename("elsewhere", "other");
  refused("striate encode --convolutional leaves other --boundary inside " + rest + "fine.h5", 1,
          "leaves/dead_leaves-0000.png: its codes are of the boundary circular, not of inside");
  const std::string images = "striate encode --convolutional leaves other --lambda 0.02 -o c.h5 ";
  put("few.npy", std::vector<float>(3 * 4 * 4, 0.25f), {3, 4, 4});
  put("small.npy", std::vector<float>(16 * 3 * 4, 0.25f), {16, 3, 4});
  refused(images + "--filters few.npy --initial fine.h5", 1,
          "its codes are of 16 filters, not of 3");
  refused(images + "--filters small.npy --initial fine.h5", 1,
          "its codes are of filters of 4 x 4 taps, not of 3 x 4");
  refused(images + "--filters bank.npy --initial fine.h5 --positive", 1,
          "values must be at least 0 if positive");
  refused(images + "--filters bank.npy --initial bank.npy", 1,
          "--initial bank.npy: this file holds no convolutional codes");
  refused(images + "--filters bank.npy --initial no.h5", 1, "no.h5");
  refused(images + "--filters bank.npy --colour --channels separate --initial fine.h5", 1,
          "its codes are of channels together, not of 1 channels apart");
}

TEST_F(CommandEncodeConvolutional, CodesAShardOfTheImages) {
  ASSERT_EQ(try_line(kLine + "--lambda 0.02 -o all.h5").exit_code, 0);
  const auto all = coded("all.h5");
  std::size_t at = 0;
  for (const std::string part : {"1", "2"}) {
    ASSERT_EQ(try_line(kLine + "--lambda 0.02 --shard " + part + "/2 -o " + part + ".h5").exit_code,
              0);
    const auto own = coded(part + ".h5");
    for (std::size_t i = 0; i < own.maps.size(); ++i, ++at) {
      EXPECT_EQ(own.maps[i], all.maps[at]);
      EXPECT_EQ(own.names[i], all.names[at]);
    }
    EXPECT_EQ(load(part + ".h5").get<std::string>("provenance", "shard"), part + "/2");
    ASSERT_EQ(try_line("striate decode " + part + ".h5 -o back-" + part).exit_code, 0);
  }
  EXPECT_EQ(at, 3u);
  // What comes one for each image goes with it: the second shard of two sees the last two masks.
  std::filesystem::create_directory("masks");
  for (int i = 0; i < 3; ++i) {
    Image<float> mask(i < 2 ? 30 : 25, i < 2 ? 36 : 28);
    for (std::int64_t p = 0; p < mask.size(); ++p) mask.data()[p] = p % (i + 2) != 0;
    write_image<float>("masks/" + std::to_string(i) + ".png", mask);
  }
  ASSERT_EQ(try_line(kLine + "--lambda 0.02 --mask masks -o masked.h5").exit_code, 0);
  ASSERT_EQ(try_line(kLine + "--lambda 0.02 --mask masks --initial all.h5 --shard 2/2 -o part.h5")
                .exit_code,
            0);
  ASSERT_EQ(try_line(kLine + "--lambda 0.02 --mask masks --shard 2/2 -o plain.h5").exit_code, 0);
  const auto masked = coded("masked.h5"), plain = coded("plain.h5");
  ASSERT_EQ(plain.maps.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(plain.maps[i], masked.maps[i + 1]);
  // A job knows which part it is.
  refused(kLine + "--lambda 0.02 --shard 1/2 -o 2.h5 --resume", 1, "2.h5");
  refused(kLine + "--lambda 0.02 --shard 3/2 -o c.h5", 2, "shard is '3/2'");
  refused(kLine + "--lambda 0.02 --shard 2/4 -o c.h5 --shard 1/4", 1,
          "shard 1/4 is empty; there are 3 images, so at most 3 parts");
}

TEST_F(CommandEncodeConvolutional, EstimatesTheWholeJob) {
  const std::vector<std::string> before = listing();
  const std::string line = kLine + "--lambda 0.02 --estimate ";
  const CliResult result = try_line(line);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* words : {"3 images: about ", " MB written, ", " MB of memory; ",
                            "nonzeros an image (from the centre of the first, 16 x 18 pixels)"})
    EXPECT_THAT(result.out, HasSubstr(words));
  const json told = json::parse(try_line(line + "--json").out);
  EXPECT_EQ(listing(), before);
  EXPECT_EQ(told["images"], 3);
  EXPECT_GT(told["seconds"], 0);
  EXPECT_GT(told["memory_bytes"], 0);
  // All of many images, and a twentieth of them: the file is as large as foretold, within a quarter.
  ASSERT_EQ(try_line("striate generate --images 40 --rows 40 --columns 44 -o many").exit_code, 0);
  const std::string many = "striate encode --convolutional many --filters bank.npy --lambda 0.02 ";
  const json estimate = json::parse(try_line(many + "--estimate --json").out);
  EXPECT_EQ(estimate["sample"], "a sample of 2");
  ASSERT_EQ(try_line(many + "-o many.h5").exit_code, 0);
  const double size = double(std::filesystem::file_size("many.h5")),
               foretold = estimate["output_bytes"];
  EXPECT_NEAR(foretold, size, 0.25 * size);
  double nonzeros = 0;
  for (const auto& maps : coded("many.h5").maps) nonzeros += double(maps.nonzeros()) / 40;
  EXPECT_NEAR(estimate["nonzeros_per_image"].get<double>(), nonzeros, 0.5 * nonzeros);
  EXPECT_EQ(json::parse(try_line(many + "--estimate --json --shard 2/4").out)["images"], 10);
  // With all that comes with images, of which the centre is cut out.
  put("weights.npy", std::vector<float>(30 * 36, 0.5f), {30, 36});
  put("positions.npy", std::vector<float>(16 * 27 * 33, 2), {16, 27, 33});
  EXPECT_EQ(try_line("striate encode --convolutional leaves --filters bank.npy --lambda 0.02 "
                     "--estimate --boundary inside --data-weights weights.npy --penalty-weights "
                     "positions.npy")
                .exit_code,
            0);
  refused(line + "--mask no.png", 1, "no.png");
}

TEST_F(CommandEncodeConvolutional, ZeroCodesHaveNoGap) {
  for (const std::string how : {"--lambda-relative 1", "--lambda 1e6"}) {
    const CliResult result = try_line(kLine + how + " --force -o zero.h5 --json");
    ASSERT_EQ(result.exit_code, 0) << result.err;
    for (const json& image : json::parse(result.out)["images"]) {
      EXPECT_EQ(image["nonzeros"], 0);
      EXPECT_EQ(image["relative_gap"], 0);
    }
  }
}

TEST_F(CommandEncodeConvolutional, PreparesImagesAsTheProgramOf2023) {
  const std::string line = kLine + "--lambda 0.02 --whiten filter --contrast 7 --disc-mask ";
  ASSERT_EQ(try_line(line + "-o codes.h5").exit_code, 0);
  const Archive archive = load("codes.h5");
  EXPECT_EQ(archive.get<std::string>("preparation", "whiten"), "filter");
  EXPECT_EQ(archive.get<double>("preparation", "exponent"), 1.4);
  EXPECT_TRUE(archive.get<bool>("preparation", "disc_mask"));
  EXPECT_EQ(archive.get<double>("preparation", "highpass"), 0);
  for (const char* part : {"background", "gain", "lost"})
    EXPECT_TRUE(archive.has(std::string("images/000000001/") + part)) << part;
  ASSERT_EQ(try_line("striate decode codes.h5 -o back").exit_code, 0);
  ASSERT_EQ(try_line("striate decode codes.h5 --prepared -o prepared").exit_code, 0);
  // Whole images in their own brightness; of the prepared the corners are nothing.
  const auto there = read_image<float>("leaves/dead_leaves-0001.png"),
             back = read_image<float>("back/image-0001.png"),
             prepared = read_image<float>("prepared/image-0001.png");
  double error = 0, variance = 0, mean = 0;
  for (std::int64_t i = 0; i < there.size(); ++i) mean += there.data()[i] / double(there.size());
  for (std::int64_t r = 10; r < 20; ++r)
    for (std::int64_t c = 12; c < 24; ++c) {
      error += std::pow(there(r, c) - back(r, c), 2);
      variance += std::pow(there(r, c) - mean, 2);
    }
  EXPECT_LT(error, 0.2 * variance);
  EXPECT_NEAR(prepared(0, 0), 0.5, 0.02);
  // Nothing is kept: what comes back is what was coded.
  ASSERT_EQ(try_line(line + "--no-restorable -o bare.h5").exit_code, 0);
  EXPECT_FALSE(load("bare.h5").has("images/000000001/lost"));
  refused(line + "--mask leaves/dead_leaves-0000.png -o c.h5", 1, "black and white");
  put("half.npy",
      [] {
        std::vector<float> half(30 * 36, 1);
        std::fill_n(half.begin(), 36 * 4, 0.f);
        return half;
      }(),
      {30, 36});
  refused(
      "striate encode --convolutional leaves --filters bank.npy --lambda 1 --whiten filter "
      "--data-weights half.npy -o c.h5",
      1, "whitening needs every pixel");
  refused(kLine + "--lambda 1 --whiten scale -o c.h5", 2, "none, filter");
  refused(kLine + "--lambda 1 --cutoff 0 -o c.h5", 2, "--cutoff");
}

TEST_F(CommandEncodeConvolutional, RefusesWhatDoesNotFit) {
  refused(kLine + "-o c.h5", 2, "--lambda is missing (or --lambda-relative");
  refused(kLine + "--lambda 1 --lambda-relative 0.1 -o c.h5", 2, "exclude one another");
  refused(kLine + "--lambda 1 --method newton -o c.h5", 2, "one of auto, cd, ssnal, admm");
  refused(kLine + "--lambda 1 --method admm --sigma 2 -o c.h5", 2,
          "admm has no --sigma; ssnal has");
  refused(kLine + "--lambda 1 --patch 8 -o c.h5", 2,
          "encode --convolutional has no --patch; encode has");
  refused("striate encode leaves --filters bank.npy -o c.h5", 2,
          "encode has no --filters; encode --convolutional has");
  refused(kLine + "--lambda 1 --method admm --gradient-weight 1 --boundary linear -o c.h5", 2,
          "with boundary linear");
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
