#include "striate/convolutional/detail/consensus.h"

#include <gtest/gtest.h>

#include "tests/problems/planted_maps.h"

namespace striate::detail {
namespace {

using problems::plain_synthesis;
using problems::random_codes;

// Odd, even and prime sizes; colour.
TEST(consensus, RecoversPlantedFiltersAndNeverRaisesTheFidelity) {
  for (auto boundary : {Boundary::circular, Boundary::inside})
    for (std::int64_t channels : {1, 3}) {
      const FilterSet set{.filters = 4, .rows = 3, .columns = 4, .channels = channels};
      Matrix<double> truth = random_matrix(set.taps(), 4, 1),
                     taps = random_matrix(set.taps(), 4, 2);
      for (std::int64_t t = 0; t < set.taps(); ++t)
        for (std::int64_t k = 0; k < 4; ++k) taps(t, k) += truth(t, k);
      set.project_all<double>("test", truth);
      set.project_all<double>("test", taps);
      std::vector<ConvolutionalCodes<double>> codes;
      std::vector<Image<double>> images;
      for (auto [rows, columns] : {std::pair{17, 13}, {16, 9}, {3, 20}}) {
        codes.push_back(random_codes<double>({rows, columns, 3, 4, 4, boundary}, 0.1, 5));
        images.push_back(plain_synthesis(truth, channels, codes.back()));
      }
      std::vector<CodedImage<double>> coded;
      for (std::size_t i = 0; i < images.size(); ++i) coded.push_back({images[i], {}, &codes[i]});
      FixedCodes<double> fixed(coded, {taps.view(), 3, 4, channels}, {});
      double before = fixed.fidelity();
      for (int step = 0; step < 20; ++step) {
        consensus_filters<double>(set, 10, 1, coded, fixed, taps, {});
        EXPECT_LE(fixed.fidelity(), before);
        before = fixed.fidelity();
      }
      for (std::int64_t k = 0; k < 4; ++k)
        for (std::int64_t t = 0; t < set.taps(); ++t)
          EXPECT_NEAR(taps(t, k), truth(t, k), 1e-3) << "filter " << k << ", tap " << t;
    }
}

TEST(consensus, SameBitsForAnyNumberOfThreads) {
  const FilterSet set{.filters = 5, .rows = 3, .columns = 3};
  Matrix<float> start = random_matrix<float>(9, 5, 2);
  set.project_all<float>("test", start);
  const auto codes = random_codes<float>({19, 14, 3, 3, 5, Boundary::circular}, 0.2, 5);
  const auto image = plain_synthesis(random_matrix<float>(9, 5, 1), 1, codes);
  const std::vector<CodedImage<float>> coded{{image, {}, &codes}};
  std::vector<Matrix<float>> results;
  for (int threads : {1, 2, 3}) {
    Matrix<float> taps = start;
    FixedCodes<float> fixed(coded, {taps.view(), 3, 3}, {});
    consensus_filters<float>(set, 4, 1, coded, fixed, taps, {.threads = threads});
    results.push_back(taps);
  }
  EXPECT_NE(results[0], start);
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

}  // namespace
}  // namespace striate::detail
