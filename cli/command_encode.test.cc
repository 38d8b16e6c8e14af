#include "cli/command_encode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/try_model.h"
#include "striate/codes/sparse_codes.h"
#include "striate/io/formats.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;

class CommandEncode : public WithModel {};

TEST_F(CommandEncode, UsesTheModelsCoderAndLambda) {
  const CliResult result = try_line("striate encode leaves --model model.h5 -o c.h5 --json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["method"], "group_lasso");
  EXPECT_LE(json["worst_gap"], 1e-4);
  EXPECT_EQ(json["complete"], true);
  const Archive codes = load("c.h5");
  EXPECT_EQ(codes.get<double>("coding", "lambda"), 0.1);
  // Patches side by side, the last ones flush with the edge: 8 x 7 of each image.
  EXPECT_EQ(json["signals"], 2 * 8 * 7);
  EXPECT_FALSE(std::filesystem::exists("c.h5.parts"));
}

TEST_F(CommandEncode, SameBitsForAnyThreadsAndSegments) {
  ASSERT_EQ(try_line("striate encode leaves --model model.h5 -o a.npz --threads 1").exit_code, 0);
  for (const char* how : {"--threads 2", "--threads 4 --segment 7"}) {
    ASSERT_EQ(
        try_line(std::string("striate encode leaves --model model.h5 --force -o b.npz ") + how)
            .exit_code,
        0);
    EXPECT_EQ(SparseCodes<float>::from_archive(load("a.npz")),
              SparseCodes<float>::from_archive(load("b.npz")))
        << how;
  }
}

TEST_F(CommandEncode, PlantedCodesAreFoundUnderADictionary) {
  for (const char* line :
       {"striate generate --kind planted --signals 40 --dimension 32 --atoms 32 --nonzeros 2 "
        "--precision f64 -o p.h5",
        "striate convert p.h5 --array signals -o y.npy",
        "striate convert p.h5 --array dictionary/atoms -o d.npy",
        "striate encode y.npy --dictionary d.npy --lambda 1e-4 --tolerance 1e-7 --precision f64 "
        "-o z.npz"})
    ASSERT_EQ(try_line(line).exit_code, 0) << line;
  const auto found = SparseCodes<double>::from_archive(load("z.npz")).to_dense();
  const auto truth = SparseCodes<double>::from_archive(load("p.h5")).to_dense();
  double worst = 0;
  for (std::size_t i = 0; i < truth.size(); ++i)
    worst = std::max(worst, std::abs(found.data()[i] - truth.data()[i]));
  EXPECT_LT(worst, 0.02);
}

TEST_F(CommandEncode, GreedySolversTakeACountAndNoLambda) {
  for (const char* line :
       {"striate generate --kind planted --signals 40 --dimension 32 --atoms 48 --nonzeros 2 "
        "-o p.h5",
        "striate convert p.h5 --array signals -o y.npy",
        "striate convert p.h5 --array dictionary/atoms -o d.npy"})
    ASSERT_EQ(try_line(line).exit_code, 0) << line;
  const std::string line = "striate encode y.npy --dictionary d.npy -o z.npz --force --method ";
  for (const std::string method : {"omp", "ols", "mp"}) {
    const CliResult result = try_line(line + method + " --nonzeros 2 --json");
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(nlohmann::json::parse(result.out)["nonzeros"], 80);
    EXPECT_EQ(try_line(line + method + " --residual 0.1").exit_code, 0);
    refused(line + method, 2, "no stopping rule is given");
    refused(line + method + " --nonzeros 49", 2, "at most the 48 atoms");
  }
  ASSERT_EQ(try_line("striate encode leaves --model model.h5 --method omp --nonzeros 4 -o c.h5")
                .exit_code,
            0);
}

TEST_F(CommandEncode, AModelShipsWithTheProgram) {
  const CliResult result = try_line("striate encode leaves --model dead-leaves -o c.h5 --json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(nlohmann::json::parse(result.out)["method"], "group_lasso");
}

TEST_F(CommandEncode, AnEstimateWritesNothing) {
  const std::vector<std::string> before = listing();
  const CliResult result = try_line("striate encode leaves --model model.h5 --estimate --json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["signals"], 112);
  EXPECT_GT(json["output_bytes"], 1000);
  EXPECT_EQ(listing(), before);
}

TEST_F(CommandEncode, AStoppedJobKeepsItsSegmentsAndResumes) {
  std::stop_source stop;
  stop.request_stop();
  const CliResult stopped =
      try_cli({"encode", "leaves", "--model", "model.h5", "--segment", "10", "-o", "c.h5"},
              stop.get_token());
  EXPECT_EQ(stopped.exit_code, 130);
  EXPECT_FALSE(std::filesystem::exists("c.h5"));
  refused("striate encode leaves --model model.h5 --segment 10 -o c.h5", 2, "go on with --resume");
  ASSERT_EQ(
      try_line("striate encode leaves --model model.h5 --segment 10 --resume -o c.h5").exit_code,
      0);
  ASSERT_EQ(try_line("striate encode leaves --model model.h5 -o d.h5").exit_code, 0);
  EXPECT_EQ(SparseCodes<float>::from_archive(load("c.h5")),
            SparseCodes<float>::from_archive(load("d.h5")));

  // A job that is done is left as it is; a file of another job is not touched.
  const std::string again = "striate encode leaves --model model.h5 --resume --json ";
  const CliResult done = try_line(again + "--segment 10 -o c.h5");
  ASSERT_EQ(done.exit_code, 0) << done.err;
  const auto json = nlohmann::json::parse(done.out);
  EXPECT_EQ(json["resumed"], json["signals"]);
  refused(again + "--lambda 0.2 -o c.h5", 1, "c.h5 exists");
  refused(again + "-o model.h5", 1, "model.h5 exists");
}

TEST_F(CommandEncode, ConvergenceCanBeRequired) {
  const std::string line =
      "striate encode leaves --model model.h5 --tolerance 0 --max-iterations 1 -o ";
  EXPECT_EQ(try_line(line + "a.h5").exit_code, 0);
  EXPECT_EQ(try_line(line + "b.h5 --require-convergence").exit_code, 3);
}

TEST_F(CommandEncode, Refuses) {
  refused("striate encode leaves -o c.h5 --lambda 0.1", 2, "--model is missing");
  refused("striate encode leaves --model model.h5 --lambda 0 -o c.h5", 2, "--lambda is 0");
  refused("striate encode leaves --model model.h5 --patch 8 -o c.h5", 2,
          "patch is 8, but the model was learned with 6");
  refused("striate encode leaves --model model.h5 --group-size 4 -o c.h5", 2,
          "--group-size is 4; the model has groups of 2");
  refused("striate encode leaves --model model.h5 -o model.h5", 2, "exists already");
  refused("striate encode leaves --model none.h5 -o c.h5", 1, "none.h5");
  refused("striate encode leaves --model leaves/dead_leaves-0000.png -o c.h5", 1,
          "dead_leaves-0000.png");
  refused("striate encode leaves --model model.h5 --rho 1 -o c.h5", 2, "--rho");
  Archive wrong;
  wrong.arrays["data"] = Array(DType::f32, {5, 7});
  save("wrong.npy", wrong);
  refused("striate encode wrong.npy --dictionary wrong.npy -o c.h5", 2, "--lambda is missing");
  const float nan[] = {1, 2, 3, 4, 5, std::nanf(""), 7};
  wrong.arrays["data"] = Array::from<float>(nan, {1, 7});
  save("nan.npy", wrong);
  refused("striate encode nan.npy --dictionary wrong.npy --lambda 0.1 -o c.h5", 1,
          "nan.npy holds NaN or infinity (signal 0)");
  Archive atoms;
  atoms.arrays["data"] = load("model.h5").at("dictionary/atoms");
  save("atoms.npy", atoms);
  refused("striate encode wrong.npy --dictionary atoms.npy --lambda 0.1 -o c.h5", 1,
          "the signals have 7 values each, the atoms 36");
  refused(
      "striate encode wrong.npy --dictionary atoms.npy --lambda 0.1 --method group_lasso "
      "--group-size 7 -o c.h5",
      2, "--group-size is 7; it must divide the 40 atoms");
}

}  // namespace
}  // namespace striate::cli
