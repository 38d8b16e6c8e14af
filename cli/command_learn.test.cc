#include "cli/command_learn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <limits>
#include <nlohmann/json.hpp>

#include "cli/try_model.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;

const std::string kLearn =
    "striate learn leaves --patch 6 --atoms 40 --coder group_lasso --lambda 0.1 --batch 64 "
    "--count 2000 --held-out 50 ";

class CommandLearn : public WithModel {
 protected:
  static void save_images(const std::string& path, std::vector<std::int64_t> shape,
                          const std::vector<float>& values) {
    Archive archive;
    archive.arrays["data"] = Array::from<float>(values, std::move(shape));
    save(path, archive);
  }
};

TEST_F(CommandLearn, LearnsByThePriorOf1996AndRefusesHomeostasisWhereItIsUnsound) {
  const std::string options =
      "striate learn leaves --patch 6 --atoms 36 --method gradient --homeostasis variance "
      "--lambda 0.022 --batch 64 --count 2000 --held-out 50 --steps 3 -o prior.h5 ";
  refused(options + "--coder lasso", kBadUsage,
          "it needs coder ista, penalty log and start projection");
  const CliResult learned = try_line(
      options + "--coder ista --penalty log --sigma 0.316 --start projection --max-iterations 10");
  EXPECT_EQ(learned.exit_code, 0) << learned.err;
  const CliResult coded =
      try_line("striate encode leaves --model prior.h5 --max-iterations 10 -o codes.h5");
  EXPECT_EQ(coded.exit_code, 0) << coded.err;
}

TEST_F(CommandLearn, WritesAModelWithUnitAtoms) {
  const Archive model = load("model.h5");
  const auto atoms = model.at("dictionary/atoms").to_matrix<double>();
  EXPECT_EQ(atoms.rows(), 36);
  EXPECT_EQ(atoms.columns(), 40);
  for (std::int64_t k = 0; k < 40; ++k) {
    double norm = 0;
    for (const double x : atoms.column(k)) norm += x * x;
    EXPECT_NEAR(norm, 1, 1e-5);
  }
  EXPECT_EQ(model.get<std::int64_t>("dictionary", "group_size"), 2);
  EXPECT_EQ(model.get<std::string>("provenance/run", "command"), "learn");
}

TEST_F(CommandLearn, SameBitsForAnyNumberOfThreads) {
  for (const char* threads : {"1", "2", "4"}) {
    const std::string name = std::string("t") + threads + ".npz";
    ASSERT_EQ(try_line(kLearn + "--steps 3 --threads " + threads + " -o " + name).exit_code, 0);
    EXPECT_EQ(load(name).at("dictionary/atoms"), load("model.h5").at("dictionary/atoms"));
  }
}

TEST_F(CommandLearn, ResumesToTheSameBits) {
  // Steps may differ between the runs of one job: 3, then on to 6.
  ASSERT_EQ(try_line(kLearn + "--steps 3 --checkpoint state.h5 -o half.h5").exit_code, 0);
  ASSERT_EQ(try_line(kLearn + "--steps 6 --checkpoint state.h5 --resume -o whole.h5").exit_code, 0);
  ASSERT_EQ(try_line(kLearn + "--steps 6 -o at-once.h5").exit_code, 0);
  EXPECT_EQ(load("whole.h5").at("dictionary/atoms"), load("at-once.h5").at("dictionary/atoms"));
  EXPECT_NE(load("whole.h5").at("dictionary/atoms"), load("half.h5").at("dictionary/atoms"));
}

TEST_F(CommandLearn, AnInterruptionKeepsTheStateAndALimitTheModel) {
  std::stop_source stop;
  stop.request_stop();
  std::vector<std::string> words = {"learn",        "leaves",   "--patch",  "6",
                                    "--atoms",      "8",        "--lambda", "0.1",
                                    "--checkpoint", "state.h5", "-o",       "m.h5"};
  const CliResult result = try_cli(words, stop.get_token());
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_THAT(result.err, HasSubstr("the state is kept in state.h5: go on with --resume"));
  EXPECT_TRUE(std::filesystem::exists("state.h5"));
  EXPECT_FALSE(std::filesystem::exists("m.h5"));

  EXPECT_EQ(try_line(kLearn + "--steps 100000 --max-seconds 0.2 -o limited.h5").exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists("limited.h5"));
  EXPECT_EQ(
      try_line(kLearn + "--steps 100000 --max-seconds 0.2 --require-convergence -o l.h5").exit_code,
      3);
}

TEST_F(CommandLearn, BeginsWithGivenAtoms) {
  const CliResult result = try_line(
      "striate learn leaves --patch 6 --init model.h5 --lambda 0.1 --coder group_lasso "
      "--steps 1 --batch 64 -o next.h5 --json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(nlohmann::json::parse(result.out)["atoms"], 40);
  refused("striate learn leaves --patch 5 --init model.h5 --lambda 0.1 -o x.h5", 1, "36");
}

// Methods on the whole source, with a pursuit; what was learned with it is coded with it.
TEST_F(CommandLearn, LearnsByKsvdWithAPursuit) {
  const std::string line =
      "striate learn leaves --patch 6 --atoms 40 --count 2000 --coder omp --nonzeros 3 --steps 2 ";
  for (const std::string method : {"batch", "mod", "ksvd"}) {
    const CliResult result = try_line(line + "--method " + method + " -o " + method + ".h5 --json");
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(nlohmann::json::parse(result.out)["signals"], 3600) << method;
  }
  EXPECT_EQ(load("ksvd.h5").get<std::string>("coding", "coder"), "omp");
  const CliResult coded = try_line("striate encode leaves --model ksvd.h5 -o k.npz --json");
  ASSERT_EQ(coded.exit_code, 0) << coded.err;
  const auto json = nlohmann::json::parse(coded.out);
  EXPECT_LE(json["nonzeros"], 3 * json["signals"].get<std::int64_t>());
  refused("striate learn leaves --atoms 8 --coder omp -o x.h5", 2,
          "nonzeros and residual are missing; omp needs one or both");
  refused("striate learn leaves --atoms 8 --coder omp --lambda 1 --nonzeros 2 -o x.h5", 2,
          "omp has no lambda");
  refused("striate learn leaves --atoms 8 --method mod --passes 2 --lambda 1 -o x.h5", 2,
          "mod has no --passes; online, batch have");
}

TEST_F(CommandLearn, RefusesBadFiles) {
  write("empty.png", "");
  write("not.png", "this is no image");
  write("half.png", read("leaves/dead_leaves-0000.png").substr(0, 300));
  // A NumPy header that promises 8 TB.
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 2000000), }";
  header.resize(117, ' ');
  write("huge.npy", std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n");
  for (const char* file : {"none.png", "empty.png", "not.png", "half.png", "huge.npy"})
    refused(std::string("striate learn ") + file + " --patch 6 --atoms 8 --lambda 0.1 -o x.h5", 1,
            file);
  std::filesystem::create_directory("bare");
  write("bare/readme.txt", "no images here");
  refused("striate learn bare --patch 6 --atoms 8 --lambda 0.1 -o x.h5", 1, "bare");
}

TEST_F(CommandLearn, RefusesBadImages) {
  refused("striate learn leaves --patch 64 --atoms 8 --lambda 0.1 -o x.h5", 1,
          "leaves/dead_leaves-0000.png has an image of");
  write_image<float>("flat.png", Image<float>(20, 20));
  refused("striate learn flat.png --patch 6 --atoms 8 --lambda 0.1 -o x.h5", 1, "constant");
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    std::vector<float> values(400, 0.5f);
    values[37] = bad;
    save_images("bad.npy", {1, 20, 20}, values);
    refused("striate learn bad.npy --patch 6 --atoms 8 --lambda 0.1 -o x.h5", 1, "bad.npy");
    std::filesystem::remove("bad.npy");
  }
}

TEST_F(CommandLearn, RefusesBadOptions) {
  for (const auto& [lambda, allowed] : {std::pair("0", "above 0"),
                                        {"-1", "above 0"},
                                        {"nan", "finite and above 0"},
                                        {"inf", "finite and above 0"}})
    refused(std::string("striate learn leaves --atoms 8 --lambda ") + lambda + " -o x.h5", 2,
            std::string("--lambda is ") + lambda + "; it must be " + allowed);
  refused("striate learn leaves --atoms 8 -o x.h5", 2, "lambda is missing; lasso needs it");
  refused("striate learn leaves --lambda 0.1 -o x.h5", 2, "--atoms is missing");
  refused("striate learn leaves --atoms 9 --group-size 2 --coder group_lasso --lambda 0.1 -o x.h5",
          2, "--group-size is 2; it must divide the 9 atoms");
  refused("striate learn leaves --atoms 8 --lambda 0.1 -o model.h5", 2,
          "--output model.h5: exists already");
  refused("striate learn leaves --atoms 8 --lambda 0.1 -o x.txt", 2, "must end in one of .h5");
  refused("striate learn leaves --atoms 8 --lamda 0.1 -o x.h5", 2,
          "there is no option --lamda; did you mean --lambda?");
  refused("striate learn leaves --atoms 8 --lambda 0.1 --momentum 0.5 -o x.h5", 2,
          "online has no --momentum; gradient has");
  refused("striate learn leaves --atoms 8 --lambda 0.1 --resume -o x.h5", 2,
          "--resume needs --checkpoint");
}

// A disk that takes only so much: the limit on file sizes stands for it.
TEST_F(CommandLearn, AFullDiskLeavesTheOldFile) {
  const std::string old = read("model.h5");
  const std::vector<std::string> before = listing();
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{2000, 2000};
    setrlimit(RLIMIT_FSIZE, &limit);
    const CliResult result = try_line(kLearn + "--steps 1 --threads 1 --force -o model.h5");
    _exit(result.exit_code == 1 && result.err.find("model.h5") != std::string::npos ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(listing(), before);
  EXPECT_EQ(read("model.h5"), old);
}

}  // namespace
}  // namespace striate::cli
