#include "cli/command_encode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/try_model.h"
#include "striate/catalog/solvers.h"
#include "striate/codes/sparse_codes.h"
#include "striate/core/random.h"
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

TEST_F(CommandEncode, ShardsOfPatchesKeepTheirPlacesAndTheWorstIsNamed) {
  const std::string line = "striate encode leaves --model model.h5 ";
  const CliResult whole = try_line(line + "-o whole.h5");
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  EXPECT_THAT(whole.out, testing::ContainsRegex("largest .*dead_leaves-000[01].png, row [0-9]+, "
                                                "column [0-9]+"));
  for (const std::string part : {"1", "2", "3"})
    ASSERT_EQ(try_line(line + "--shard " + part + "/3 -o " + part + ".h5").exit_code, 0);
  ASSERT_EQ(try_line("striate convert --concat 1.h5 2.h5 3.h5 -o all.h5").exit_code, 0);
  EXPECT_EQ(load("all.h5"), load("whole.h5"));
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
  EXPECT_EQ(listing(), before);
  EXPECT_GT(json["memory_bytes"], 1e6);
  ASSERT_EQ(try_line("striate encode leaves --model model.h5 -o c.h5").exit_code, 0);
  const auto bytes = static_cast<double>(std::filesystem::file_size("c.h5"));
  EXPECT_NEAR(json["output_bytes"].get<double>(), bytes, 0.2 * bytes);
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

// Arrays with every peculiarity that a file may have.
class CommandEncodeArrays : public InEmptyFolder {
 protected:
  static constexpr std::int64_t kSignals = 12, kRows = 6, kAtoms = 8;

  static void put(const std::string& name, const std::vector<float>& values,
                  std::vector<std::int64_t> shape) {
    Archive archive;
    archive.arrays["data"] = Array::from<float>(values, std::move(shape));
    save(name, archive);
  }
  static void put_mask(const std::string& name, const std::vector<std::uint8_t>& seen,
                       std::vector<std::int64_t> shape) {
    Archive archive;
    Array array(DType::boolean, std::move(shape));
    for (std::size_t i = 0; i < seen.size(); ++i) array.bytes()[i] = std::byte{seen[i]};
    archive.arrays["data"] = array;
    save(name, archive);
  }
  static std::vector<float> numbers(std::int64_t count, std::int64_t seed) {
    Random random(seed, stream("numbers"));
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = static_cast<float>(random.normal());
    return values;
  }
  static SparseCodes<float> codes(const std::string& file) {
    return SparseCodes<float>::from_archive(load(file));
  }
  static CliResult done(const std::string& line) {
    CliResult result = try_line(line);
    EXPECT_EQ(result.exit_code, 0) << line << "\n" << result.err;
    return result;
  }

  void SetUp() override {
    InEmptyFolder::SetUp();
    y_ = numbers(kSignals * kRows, 1);
    d_ = numbers(kAtoms * kRows, 2);
    put("y.npy", y_, {kSignals, kRows});
    put("d.npy", d_, {kAtoms, kRows});
    std::vector<float> bad = y_;
    bad[4 * kRows + 2] = std::nanf("");
    put("y_nan.npy", bad, {kSignals, kRows});
    put("y_transposed.npy", numbers(kSignals * kRows, 1), {kRows, kSignals});
    put("y_zero.npy", std::vector<float>(y_.size()), {kSignals, kRows});
    put("y_one.npy", {y_.begin(), y_.begin() + kRows}, {1, kRows});
    put("y_none.npy", {}, {0, kRows});
    put("y_scalar.npy", numbers(kSignals, 3), {kSignals, 1});
    bad = d_;
    bad[2 * kRows + 1] = std::nanf("");
    put("d_nan.npy", bad, {kAtoms, kRows});
    put("d_transposed.npy", numbers(kAtoms * kRows, 1), {kRows, kAtoms});
    put("d_zero.npy", std::vector<float>(d_.size()), {kAtoms, kRows});
    put("d_none.npy", {}, {0, kRows});
    put("d_one.npy", {d_.begin(), d_.begin() + kRows}, {1, kRows});
    put("d_scalar.npy", numbers(kAtoms, 4), {kAtoms, 1});
    std::vector<float> twice = d_;
    twice.insert(twice.end(), d_.begin(), d_.begin() + kRows);
    put("d_twice.npy", twice, {kAtoms + 1, kRows});
    std::vector<std::uint8_t> seen(y_.size(), 1);
    seen[4 * kRows + 2] = 0;
    put_mask("m.npy", seen, {kSignals, kRows});
    put_mask("m_row.npy", {1, 1, 0, 1, 1, 1}, {kRows});
    put_mask("m_none.npy", std::vector<std::uint8_t>(y_.size(), 0), {kSignals, kRows});
    put_mask("m_short.npy", std::vector<std::uint8_t>(5 * kRows, 1), {5, kRows});
    put("w.npy", std::vector<float>(y_.size(), 0.5f), {kSignals, kRows});
    put("w_negative.npy", std::vector<float>(y_.size(), -1), {kSignals, kRows});
  }
  std::vector<float> y_, d_;
};

TEST_F(CommandEncodeArrays, EveryBadInputHasItsAnswer) {
  struct Try {
    std::string words;
    int code = 0;
    std::string says;  // on stderr
  };
  const std::string lambda = " --lambda 0.1";
  const Try tries[] = {
      {"y_nan.npy --dictionary d.npy" + lambda, 1, "y_nan.npy holds NaN or infinity (signal 4)"},
      {"y.npy --dictionary d_nan.npy" + lambda, 1, "d_nan.npy: Dictionary: atom 2 holds nan"},
      {"y_transposed.npy --dictionary d.npy" + lambda, 1,
       "the signals have 12 values each, the atoms 6; the signals' array transposed would fit"},
      {"y.npy --dictionary d_transposed.npy" + lambda, 1,
       "the signals have 6 values each, the atoms 8; the dictionary transposed would fit"},
      {"y.npy --dictionary y_none.npy --method omp --nonzeros 1", 2,
       "nonzeros is 1; it must be at most the 0 atoms"},
      {"y.npy --dictionary d.npy --method omp --nonzeros 9", 2,
       "nonzeros is 9; it must be at most the 8 atoms"},
      {"y.npy --dictionary d.npy --method omp --nonzeros 1,2,3,4,5,6,7,8,9,1,1,1", 2,
       "nonzeros is 9; it must be at most the 8 atoms"},
      {"y.npy --dictionary d.npy --method omp --nonzeros 2.5", 2, "must be a whole number"},
      {"y.npy --dictionary d.npy --method omp --nonzeros 1,2,3", 1,
       "nonzeros has 3 values for 12 signals"},
      {"y.npy --dictionary d.npy --lambda 0.1,-1", 2, "--lambda has -1; each must be above 0"},
      {"y.npy --dictionary d.npy --lambda y.npy", 1, "--lambda y.npy: holds 72 numbers in 12 rows"},
      {"y.npy --dictionary d.npy --lambda none.npy", 1, "none.npy"},
      {"y.npy --dictionary d.npy --mask w.npy" + lambda, 2,
       "--mask w.npy: holds float32; a mask holds true (observed) and false; --data-weights"},
      {"y.npy --dictionary d.npy --mask m_short.npy" + lambda, 1,
       "--mask m_short.npy has 5 rows of 6 values; there must be 1 row, or 12, of 6"},
      {"y.npy --dictionary d.npy --data-weights w_negative.npy" + lambda, 1,
       "--data-weights w_negative.npy: row 0 holds -1"},
      {"y.npy --dictionary d.npy --data-weights d_nan.npy" + lambda, 1, "d_nan.npy holds NaN"},
      {"y.npy --dictionary d.npy --mask m.npy --data-weights w.npy" + lambda, 2, "exclude"},
      {"y_nan.npy --dictionary d.npy --data-weights w.npy" + lambda, 1,
       "y_nan.npy, signal 4: value 2 is NaN or infinity and has a weight above 0"},
      {"y.npy --dictionary d.npy --method group_lasso --group-size 3" + lambda, 2,
       "--group-size is 3; it must divide the 8 atoms"},
      {"y.npy --dictionary d.npy --path" + lambda, 2, "lasso has no path of codes; lars"},
      {"y.npy --dictionary d.npy --shard 3/2" + lambda, 2, "shard is '3/2'; it must be i/n"},
      {"y_none.npy --dictionary d.npy --estimate" + lambda, 1, "there are no signals"},
  };
  for (const Try& t : tries) {
    const std::vector<std::string> before = listing();
    const std::string line = "striate encode " + t.words +
                             (t.words.find("--estimate") == t.words.npos ? " -o c.h5" : "");
    const CliResult result = try_line(line);
    EXPECT_EQ(result.exit_code, t.code) << line << "\n" << result.err;
    EXPECT_THAT(result.err, HasSubstr(t.says)) << line;
    EXPECT_EQ(listing(), before) << line;
  }
}

TEST_F(CommandEncodeArrays, EdgesHaveDefinedCodes) {
  for (const SolverEntry& entry : solvers()) {
    const bool counted = !has_setting(entry, "lambda");
    const std::string how = " -o c.h5 --force --json --method " + std::string(entry.name) +
                            (counted ? " --nonzeros 1" : " --lambda 0.1");
    const auto coded = [&](const std::string& words, std::int64_t signals, bool empty) {
      const auto json = nlohmann::json::parse(done("striate encode " + words + how).out);
      EXPECT_EQ(json["signals"], signals) << words << how;
      EXPECT_EQ(codes("c.h5").signals(), signals) << words << how;
      if (empty) {
        EXPECT_EQ(json["nonzeros"], 0) << words << how;
      }
    };
    coded("y.npy --dictionary d_zero.npy", kSignals, true);
    coded("y_zero.npy --dictionary d.npy", kSignals, true);
    coded("y.npy --dictionary d_twice.npy", kSignals, false);
    coded("y.npy --dictionary d_one.npy", kSignals, false);
    coded("y_one.npy --dictionary d.npy", 1, false);
    coded("y_none.npy --dictionary d.npy", 0, true);
    coded("y_scalar.npy --dictionary d_scalar.npy", kSignals, false);
    coded("y.npy --dictionary d.npy --mask m_none.npy", kSignals, true);
  }
  const auto json = nlohmann::json::parse(
      done("striate encode y.npy --dictionary d.npy --lambda 1e6 -o e.h5 --json").out);
  EXPECT_EQ(json["nonzeros"], 0);
  EXPECT_EQ(json["not_converged"], 0);
}

TEST_F(CommandEncodeArrays, AMaskLeavesOutWhatIsNotObserved) {
  // Weights of 1 and 0 are a mask, NaN does not matter where nothing is observed, and one row is
  // the same as that row for every signal.
  const std::string line = "striate encode y_nan.npy --dictionary d.npy --lambda 0.1 ";
  done(line + "--mask m.npy -o a.h5");
  std::vector<float> weights(y_.size(), 1), rows;
  weights[4 * kRows + 2] = 0;
  put("weights.npy", weights, {kSignals, kRows});
  done(line + "--data-weights weights.npy --segment 5 -o b.h5");
  EXPECT_EQ(codes("a.h5"), codes("b.h5"));
  EXPECT_EQ(load("a.h5").get<std::string>("provenance", "data_weights"), "m.npy");
  for (std::int64_t i = 0; i < kSignals; ++i) rows.insert(rows.end(), {1, 1, 0, 1, 1, 1});
  put("rows.npy", rows, {kSignals, kRows});
  done(line + "--data-weights rows.npy -o c.h5");
  done(line + "--mask m_row.npy --segment 7 -o e.h5");
  EXPECT_EQ(codes("c.h5"), codes("e.h5"));

  // The row deleted from signals and atoms is the same problem: equal objectives.
  const auto without = [](const std::vector<float>& values) {
    std::vector<float> rest;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (i % kRows != 2) rest.push_back(values[i]);
    return rest;
  };
  put("y5.npy", without(y_), {kSignals, kRows - 1});
  put("d5.npy", without(d_), {kAtoms, kRows - 1});
  const auto objective = [](const std::string& words) {
    return nlohmann::json::parse(done("striate encode " + words +
                                      " --lambda 0.1 --tolerance 1e-6 "
                                      "--json -o o.h5 --force")
                                     .out)["objective"]
        .get<double>();
  };
  const double deleted = objective("y5.npy --dictionary d5.npy");
  EXPECT_NEAR(objective("y_nan.npy --dictionary d.npy --mask m_row.npy"), deleted, 1e-5 * deleted);
}

TEST_F(CommandEncodeArrays, AFileOrAListHasANumberPerSignal) {
  std::vector<float> lambdas;
  for (int i = 0; i < kSignals; ++i) lambdas.push_back(i % 2 == 0 ? 0.5f : 0.125f);
  put("lambdas.npy", lambdas, {kSignals});
  const std::string line = "striate encode y.npy --dictionary d.npy ";
  done(line + "--lambda lambdas.npy --segment 5 -o file.h5");
  done(line + "--lambda 0.5,0.125,0.5,0.125,0.5,0.125,0.5,0.125,0.5,0.125,0.5,0.125 -o list.npz");
  done(line + "--lambda 0.5 -o even.h5");
  done(line + "--lambda 0.125 -o odd.h5");
  const auto file = codes("file.h5");
  EXPECT_EQ(file, codes("list.npz"));
  for (std::int64_t i = 0; i < kSignals; ++i)
    EXPECT_EQ(file.slice(i, 1), codes(i % 2 == 0 ? "even.h5" : "odd.h5").slice(i, 1)) << i;

  // The file tells how to repeat the run.
  write("again.toml", done("striate info --settings file.h5").out);
  done("striate encode --config again.toml -o again.h5");
  EXPECT_EQ(load("again.h5"), load("file.h5"));
  write("again.toml", done("striate info --settings list.npz").out);
  done("striate encode --config again.toml -o again.npz");
  EXPECT_EQ(load("again.npz"), load("list.npz"));

  done(line + "--method omp --nonzeros 1,2,3,4,1,2,3,4,1,2,3,4 -o omp.h5");
  const auto counted = codes("omp.h5");
  for (std::int64_t i = 0; i < kSignals; ++i)
    EXPECT_EQ(counted[i].nonzeros(), static_cast<std::size_t>(i % 4 + 1));
}

TEST_F(CommandEncodeArrays, APathHasEveryStep) {
  const std::string line =
      "striate encode y.npy --dictionary d.npy -o p.h5 --force --path --method ";
  for (const std::string method : {"omp", "ols", "mp"}) {
    done(line + method + " --nonzeros 3");
    const Archive file = load("p.h5");
    const auto starts = file.at("path/starts").as<std::int64_t>();
    const auto residuals = file.at("path/residual").as<double>();
    ASSERT_EQ(std::ssize(starts), kSignals + 1);
    const auto steps = codes("p.h5");
    ASSERT_EQ(starts.back(), steps.signals());
    for (std::int64_t i = 0; i < kSignals; ++i)
      for (std::int64_t row = starts[std::size_t(i)]; row < starts[std::size_t(i) + 1]; ++row) {
        // Plain loops, in double.
        double squared = 0;
        for (std::int64_t r = 0; r < kRows; ++r) {
          double rest = y_[std::size_t(i * kRows + r)];
          for (std::size_t k = 0; k < steps[row].nonzeros(); ++k)
            rest -= double{d_[std::size_t(steps[row].indices[k] * kRows + r)]} *
                    double{steps[row].values[k]};
          squared += rest * rest;
        }
        // The residual of a solver in single precision: a few roundings of |y|^2.
        EXPECT_NEAR(residuals[std::size_t(row)], squared, 1e-4) << method << " " << row;
      }
  }
  done(line + "lars --lambda 0.1");
  const Archive file = load("p.h5");
  const auto starts = file.at("path/starts").as<std::int64_t>();
  const auto lambdas = file.at("path/lambda").as<double>();
  for (std::size_t i = 0; i < kSignals; ++i)
    for (std::int64_t row = starts[i] + 1; row < starts[i + 1]; ++row)
      EXPECT_LE(lambdas[std::size_t(row)], lambdas[std::size_t(row) - 1]);
  Archive model;
  const CliResult decoded = try_line("striate decode p.h5 --model dead-leaves -o x.npy");
  EXPECT_EQ(decoded.exit_code, 1);
  EXPECT_THAT(decoded.err, HasSubstr("these codes are paths"));
}

TEST_F(CommandEncodeArrays, TheDistributionOfGapsOrResidualsIsTold) {
  const auto total = [](const nlohmann::json& told) {
    std::int64_t sum = told["zeros"];
    for (const auto& decade : told["decades"]) sum += decade["signals"].get<std::int64_t>();
    return sum;
  };
  const std::string line = "striate encode y.npy --dictionary d.npy -o c.h5 --force ";
  const auto lasso = nlohmann::json::parse(done(line + "--lambda 0.1 --json").out);
  EXPECT_EQ(total(lasso["relative_gaps"]), kSignals);
  EXPECT_FALSE(lasso.contains("relative_residuals"));
  const auto gaps = load("c.h5").at("info/relative_gap").to<double>();
  const auto worst = std::ranges::max_element(gaps) - gaps.begin();
  EXPECT_EQ(lasso["relative_gaps"]["signal"], worst);
  EXPECT_EQ(lasso["relative_gaps"]["place"], "y.npy, signal " + std::to_string(worst));
  EXPECT_THAT(done(line + "--lambda 0.1").out, HasSubstr("y.npy, signal " + std::to_string(worst)));

  const auto omp = nlohmann::json::parse(done(line + "--method omp --nonzeros 2 --json").out);
  EXPECT_EQ(total(omp["relative_residuals"]), kSignals);
  EXPECT_FALSE(omp.contains("relative_gaps"));
}

TEST_F(CommandEncodeArrays, ShardsAreJoinedToTheWholeBitForBit) {
  const std::string line = "striate encode y.npy --dictionary d.npy --lambda 0.1 ";
  for (const std::string suffix : {".h5", ".npz"}) {
    done(line + "-o whole" + suffix);
    std::string files;
    for (const std::string part : {"2", "1", "3"}) {
      done(line + "--shard " + part + "/3 -o " + part + suffix);
      files += part + suffix + " ";
    }
    done("striate convert --concat " + files + "-o all" + suffix);
    EXPECT_EQ(load("all" + suffix), load("whole" + suffix));
    const CliResult gap =
        try_line("striate convert --concat 1" + suffix + " 3" + suffix + " -o x.h5");
    EXPECT_EQ(gap.exit_code, 1);
    EXPECT_THAT(gap.err, HasSubstr("shards must follow one another without gaps"));
  }
}

}  // namespace
}  // namespace striate::cli
