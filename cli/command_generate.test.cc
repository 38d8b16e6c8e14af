#include "cli/command_generate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "cli/try_cli.h"
#include "striate/codes/sparse_codes.h"
#include "striate/dictionaries/dictionary.h"
#include "striate/io/formats.h"

namespace striate::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class CommandGenerate : public InEmptyFolder {};

TEST_F(CommandGenerate, SameSeedSameImagesForAnyThreads) {
  for (const char* line : {"-o a.npy --threads 1", "-o b.npy --threads 4"})
    ASSERT_EQ(try_line(std::string("striate generate --images 3 --rows 40 --columns 50 ") + line)
                  .exit_code,
              0);
  EXPECT_EQ(read("a.npy"), read("b.npy"));
  ASSERT_EQ(
      try_line("striate generate --images 3 --rows 40 --columns 50 --seed 1 -o c.npy").exit_code,
      0);
  EXPECT_NE(read("a.npy"), read("c.npy"));
  EXPECT_THAT(load("a.npy").at("data").shape(), ElementsAre(3, 40, 50));
}

TEST_F(CommandGenerate, StillsInAFolderAndOtherKinds) {
  ASSERT_EQ(try_line("striate generate --kind noise_images --images 2 --rows 32 --columns 32 "
                     "--exponent 1 -o noise")
                .exit_code,
            0);
  EXPECT_THAT(listing(),
              ElementsAre("noise", "noise/noise_images-0000.png", "noise/noise_images-0001.png"));
  ASSERT_EQ(try_line("striate generate --precision f64 --images 1 --rows 8 --columns 8 -o d.npy")
                .exit_code,
            0);
  EXPECT_EQ(load("d.npy").at("data").dtype(), DType::f64);
}

TEST_F(CommandGenerate, PlantedSignalsAreWhatTheirCodesSay) {
  ASSERT_EQ(try_line("striate generate --kind planted --signals 50 --dimension 16 --atoms 24 "
                     "--nonzeros 3 --precision f64 -o p.h5")
                .exit_code,
            0);
  const Archive p = load("p.h5");
  const auto codes = SparseCodes<double>::from_archive(p);
  const auto atoms = p.at("dictionary/atoms").to_matrix<double>();
  const auto signals = p.at("signals").to_matrix<double>();
  ASSERT_EQ(codes.signals(), 50);
  ASSERT_EQ(atoms.columns(), 24);
  double error = 0;
  for (std::int64_t j = 0; j < 50; ++j) {
    EXPECT_EQ(codes[j].nonzeros(), 3u);
    for (std::int64_t i = 0; i < 16; ++i) {
      double sum = 0;
      for (std::size_t k = 0; k < 3; ++k) sum += atoms(i, codes[j].indices[k]) * codes[j].values[k];
      error = std::max(error, std::abs(sum - signals(i, j)));
    }
  }
  EXPECT_LT(error, 1e-14);
}

TEST_F(CommandGenerate, RefusesWithNothingWritten) {
  const auto refused = [&](const std::string& line, const std::string& words) {
    const CliResult result = try_line("striate generate " + line);
    EXPECT_EQ(result.exit_code, 2) << line;
    EXPECT_THAT(result.err, HasSubstr(words)) << line;
  };
  refused("--images 0 -o a.npy", "--images is 0");
  refused("--exponent 1 -o a.npy", "dead_leaves has no --exponent; noise_images has");
  refused("--kind planted --nonzeros 200 -o a.h5", "--nonzeros is 200");
  refused("--kind planted -o a.npy", "must end in .npz or .h5");
  refused("--images 2 --rows 8 --columns 8 -o a.png", "is one still");
  refused("--kind fractal -o a", "--kind is 'fractal'; it must be one of dead_leaves");
  refused("word -o a", "'word' is one word too many");
  EXPECT_TRUE(listing().empty());
}

TEST_F(CommandGenerate, DictionariesHaveAtomsAsRows) {
  ASSERT_EQ(try_line("striate generate --kind dct --patch 8 --frequencies 11 -o d.npy").exit_code,
            0);
  EXPECT_THAT(load("d.npy").at("data").shape(), ElementsAre(121, 64));
  ASSERT_EQ(try_line("striate generate --kind union --parts dct,haar --patch 4 -o u.h5").exit_code,
            0);
  EXPECT_THAT(load("u.h5").at("data").shape(), ElementsAre(32, 16));
  const CliResult odd = try_line("striate generate --kind haar --patch 6 -o h.npy");
  EXPECT_EQ(odd.exit_code, kBadUsage);
  EXPECT_THAT(odd.err, HasSubstr("haar"));
  EXPECT_EQ(try_line("striate generate --kind haar --patch 8 -o h.png").exit_code, kBadUsage);
}

}  // namespace
}  // namespace striate::cli
