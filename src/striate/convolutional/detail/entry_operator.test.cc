#include "striate/convolutional/detail/entry_operator.h"

#include <gtest/gtest.h>

#include <cmath>

#include "striate/convolutional/convolution.h"
#include "tests/problems/random_matrix.h"

namespace striate::detail {
namespace {

// On the entries of random codes, what the operator of all maps does.
TEST(EntryOperator, IsTheWholeOperatorOnItsEntries) {
  for (auto boundary : {Boundary::circular, Boundary::inside, Boundary::linear})
    for (auto [rows, columns, h, w, channels] : {std::array<std::int64_t, 5>{19, 21, 12, 12, 1},
                                                 {9, 8, 3, 5, 2},
                                                 {7, 40, 2, 9, 3},
                                                 {5, 5, 5, 5, 1},
                                                 {1, 30, 1, 17, 1}}) {
      const auto filters = random_matrix<double>(h * w * channels, 4, 1);
      const FilterBank<double> bank(filters.view(), h, w, channels);
      const MapShape shape = bank.maps(rows, columns, boundary);
      auto maps = random_matrix<double>(shape.rows() * shape.columns(), 4, 2);
      for (std::int64_t k = 0; k < 4; ++k)
        for (double& x : maps.column(k)) x = std::abs(x) < 1 ? 0 : x;
      const auto codes = ConvolutionalCodes<double>::from_dense(shape, maps.view());
      EntryOperator<double> on(bank, shape);
      Image<double> image(rows, columns, channels);
      on.synthesize(codes, codes.values(), image, {.threads = 2});
      const auto wanted = synthesize<double>(bank, codes);
      for (std::int64_t i = 0; i < image.size(); ++i)
        ASSERT_NEAR(image.data()[i], wanted.data()[i], 1e-12);

      on.spread(wanted, {.threads = 2});
      std::vector<double> out(codes.values().size());
      on.correlate(codes, out, {.threads = 2});
      std::vector<Matrix<double>> all(std::size_t(shape.rows()));
      correlate<double>(bank, wanted, shape, {.threads = 1},
                        [&](std::int64_t row, MatrixView<double> c, int) {
                          all[std::size_t(row)] = Matrix<double>(MatrixView<const double>(c));
                        });
      for (std::int64_t r = 0; r < shape.rows(); ++r)
        for (auto i = codes.starts()[std::size_t(r)]; i < codes.starts()[std::size_t(r) + 1]; ++i)
          ASSERT_NEAR(
              out[std::size_t(i)],
              all[std::size_t(r)](codes.filters()[std::size_t(i)], codes.columns()[std::size_t(i)]),
              1e-10);
    }
}

}  // namespace
}  // namespace striate::detail
