#include "striate/convolutional/detail/descent.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "striate/convolutional/convolution.h"
#include "tests/problems/random_matrix.h"

namespace striate::detail {
namespace {

// What a scan says is so of the residual made anew from the code, whatever was swept before it and
// whatever the scan left out: sums, the largest correlation where that is above the level, and a bound
// of it elsewhere. Sums of at most 2,000 products of a few: 1e-10 is far above their rounding.
TEST(Descent, ScansAreThoseOfTheCode) {
  for (auto boundary : {Boundary::circular, Boundary::inside, Boundary::linear})
    for (auto [rows, columns, h, w, channels] : {std::array<std::int64_t, 5>{40, 53, 4, 3, 1},
                                                 {37, 7, 2, 7, 1},
                                                 {5, 35, 5, 4, 3},
                                                 {1, 1, 1, 1, 1},
                                                 {20, 50, 3, 17, 2},
                                                 {48, 16, 12, 12, 1}})
      for (bool positive : {false, true}) {
        const auto taps = random_matrix<double>(h * w * channels, 5, 1);
        const FilterBank<double> bank(taps.view(), h, w, channels);
        const auto values = random_matrix<double>(rows * columns * channels, 1, 2);
        const Image<double> image(ImageView<const double>(values.data(), rows, columns, channels));
        const std::vector<double> weights{1, 2, 0.5, 1, 1};
        ConvolutionalProblem<double> problem{.bank = bank,
                                             .image = image,
                                             .shape = bank.maps(rows, columns, boundary),
                                             .weights = weights,
                                             .positive = positive};
        auto by_position =
            random_matrix<double>(problem.shape.rows() * problem.shape.columns(), 5, 3);
        for (std::int64_t k = 0; k < 5; ++k)
          for (double& w : by_position.column(k)) w = 0.5 + std::abs(w);
        if (positive) problem.position_weights = by_position;
        const double top = lambda_max(problem, {});
        Descent<double> descent(problem, nullptr, {});
        auto scan = descent.scan(0.6 * top, {});
        EXPECT_NEAR(scan.largest, top, 1e-10 * top);
        for (double level : {0.6 * top, 0.3 * top, 0.3 * top, 0.3 * top, 0.28 * top}) {
          descent.grow(level, 100);
          descent.sweep(level, 0, 3, [] { return false; }, {});
          scan = descent.scan(level, {});
          const auto codes = descent.codes();
          const auto model = synthesize<double>(bank, codes);
          Image<double> r(rows, columns, channels);
          double product = 0, squares = 0, l1 = 0;
          for (std::int64_t i = 0; i < r.size(); ++i) {
            r.data()[i] = image.data()[i] - model.data()[i];
            product += image.data()[i] * r.data()[i];
            squares += r.data()[i] * r.data()[i];
          }
          for (std::int64_t row = 0; row < problem.shape.rows(); ++row)
            for (auto i = std::size_t(codes.starts()[std::size_t(row)]);
                 i < std::size_t(codes.starts()[std::size_t(row) + 1]); ++i)
              l1 += problem.weight(codes.filters()[i], row, codes.columns()[i]) *
                    std::abs(codes.values()[i]);
          problem.image = r;
          const double largest = lambda_max(problem, {});
          problem.image = image;
          EXPECT_NEAR(scan.squares, squares, 1e-10 * (1 + squares));
          EXPECT_NEAR(scan.product, product, 1e-10 * (1 + squares));
          EXPECT_NEAR(scan.l1, l1, 1e-10 * (1 + l1));
          EXPECT_GE(scan.largest, largest * (1 - 1e-10));
          EXPECT_LE(scan.largest, std::max(level, largest * (1 + 1e-10)));
          EXPECT_LE(scan.scanned, problem.shape.rows() * problem.shape.columns());
        }
        // From its own code: the same residual.
        const auto codes = descent.codes();
        Descent<double> again(problem, &codes, {});
        const auto same = again.scan(0.28 * top, {});
        EXPECT_EQ(again.entries(), codes.nonzeros());
        EXPECT_NEAR(same.squares, scan.squares, 1e-10 * (1 + scan.squares));
        EXPECT_NEAR(same.l1, scan.l1, 1e-10 * (1 + scan.l1));
      }
}

TEST(Descent, LeavesOutWhatHasNotChanged) {
  const auto taps = random_matrix<double>(9, 4, 1);
  const FilterBank<double> bank(taps.view(), 3, 3);
  Image<double> image(64, 64);
  image(5, 6) = 10;
  image(40, 50) = 1;
  const ConvolutionalProblem<double> problem{
      .bank = bank, .image = image, .shape = bank.maps(64, 64, Boundary::inside)};
  Descent<double> descent(problem, nullptr, {});
  const double level = 0.5 * descent.scan(0, {}).largest;
  EXPECT_GT(descent.grow(level, 1), 0);
  EXPECT_EQ(descent.entries(), 1);
  descent.sweep(level, 1e-3, 10, [] { return false; }, {});
  // Positions whose patch shares a pixel with the one that changed.
  const auto scan = descent.scan(level, {});
  EXPECT_GT(scan.scanned, 0);
  EXPECT_LE(scan.scanned, 25);
}

}  // namespace
}  // namespace striate::detail
