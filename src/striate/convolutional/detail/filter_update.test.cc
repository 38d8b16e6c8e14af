#include "striate/convolutional/detail/filter_update.h"

#include <gtest/gtest.h>

#include <cmath>

#include "striate/convolutional/detail/consensus.h"
#include "tests/problems/planted_maps.h"

namespace striate::detail {
namespace {

using problems::plain_synthesis;
using problems::random_codes;

// Images made of true filters by known codes, and other filters to begin with.
struct Planted {
  Planted(Boundary boundary, FilterSet chosen, bool weighted = false, double density = 0.05)
      : set(chosen), truth(set.taps(), set.filters), start(set.taps(), set.filters) {
    const auto numbers = random_matrix(set.taps(), 2 * set.filters, 4);
    for (std::int64_t k = 0; k < set.filters; ++k)
      for (std::int64_t t = 0; t < set.taps(); ++t) {
        truth(t, k) = numbers(t, k);
        start(t, k) = numbers(t, k) + numbers(t, set.filters + k);
      }
    set.project_all<double>("test", truth);
    set.project_all<double>("test", start);
    std::uint64_t seed = 20;
    for (auto [rows, columns] : {std::pair{21, 17}, {16, 24}}) {
      const MapShape shape{rows, columns, set.rows, set.columns, set.filters, boundary};
      codes.push_back(random_codes<double>(shape, density, ++seed));
      images.push_back(plain_synthesis(truth, set.channels, codes.back()));
      weights.emplace_back(rows, columns, set.channels);
      const auto values = random_matrix(weights.back().size(), 1, ++seed);
      for (std::int64_t i = 0; i < weights.back().size(); ++i)
        weights.back().data()[i] = std::abs(values(i, 0));
    }
    for (std::size_t i = 0; i < images.size(); ++i)
      coded.push_back(
          {images[i], weighted ? weights[i].view() : ImageView<const double>(), &codes[i]});
  }
  FixedCodes<double> fixed(const Matrix<double>& taps) const {
    return {coded, {taps.view(), set.rows, set.columns, set.channels}, {}};
  }

  FilterSet set;
  Matrix<double> truth, start;
  std::vector<ConvolutionalCodes<double>> codes;
  std::vector<Image<double>> images, weights;
  std::vector<CodedImage<double>> coded;
};

const FilterSet kSet{.filters = 4, .rows = 4, .columns = 5};

template <class Update>
void expect_recovery(const Planted& p, const Update& update, int times, double near) {
  Matrix<double> taps = p.start;
  auto fixed = p.fixed(taps);
  double before = fixed.fidelity();
  for (int i = 0; i < times; ++i) {
    update(fixed, taps);
    // The residuals are those of the filters, and the fidelity does not rise.
    EXPECT_NEAR(fixed.fidelity(), p.fixed(taps).fidelity(), 1e-9 * (1 + before));
    EXPECT_LE(fixed.fidelity(), before + 1e-12);
    before = fixed.fidelity();
  }
  for (std::int64_t k = 0; k < p.set.filters; ++k)
    for (std::int64_t t = 0; t < p.set.taps(); ++t)
      EXPECT_NEAR(taps(t, k), p.truth(t, k), near) << "filter " << k << ", tap " << t;
}

template <class F>
void for_problems(F f) {
  for (auto boundary : {Boundary::circular, Boundary::inside, Boundary::linear})
    for (bool weighted : {false, true})
      for (std::int64_t channels : {1, 2}) {
        SCOPED_TRACE(testing::Message() << "boundary " << int(boundary) << ", weighted " << weighted
                                        << ", " << channels << " channels");
        FilterSet set = kSet;
        set.channels = channels;
        set.zero_mean = weighted;
        if (channels == 2) set.sides = {3, 5};
        f(Planted(boundary, set, weighted));
      }
}

TEST(filter_update, DescentRecoversPlantedFilters) {
  for_problems([](const Planted& p) {
    expect_recovery(
        p, [&](auto& fixed, auto& taps) { descend_filters(p.set, 5, fixed, taps, {}); }, 40, 1e-6);
  });
}

TEST(filter_update, AcceleratedStepsRecoverPlantedFilters) {
  for_problems([](const Planted& p) {
    expect_recovery(
        p, [&](auto& fixed, auto& taps) { accelerate_filters(p.set, 30, fixed, taps, {}); }, 20,
        1e-6);
  });
}

TEST(filter_update, StepsFollowTheCorrelations) {
  const Planted p(Boundary::circular, kSet);
  Matrix<double> taps = p.start;
  const auto fixed = p.fixed(taps);
  const std::vector<double> curvatures{2, 0, 3, 4};
  step_filters(p.set, 0.5, curvatures, fixed, taps, {});
  for (std::int64_t k = 0; k < 4; ++k) {
    std::vector<double> g(std::size_t(p.set.taps()));
    for (std::int64_t i = 0; i < fixed.images(); ++i) fixed.correlate(i, k, g);
    std::vector<double> next(p.start.column(k).begin(), p.start.column(k).end());
    double squares = 0;
    for (std::size_t t = 0; t < g.size(); ++t) {
      if (k != 1) next[t] += 0.5 / curvatures[std::size_t(k)] * g[t];
      squares += next[t] * next[t];
    }
    for (std::size_t t = 0; t < g.size(); ++t)
      EXPECT_NEAR(taps.column(k)[t], next[t] / std::sqrt(squares), 1e-13);
  }
}

TEST(filter_update, UnusedFiltersStay) {
  Planted p(Boundary::inside, kSet);
  for (auto& codes : p.codes) {
    auto dense = codes.to_dense();
    std::ranges::fill(dense.column(1), 0.0);
    codes = ConvolutionalCodes<double>::from_dense(codes.shape(), dense);
  }
  for (int method = 0; method < 3; ++method) {
    Matrix<double> taps = p.start;
    auto fixed = p.fixed(taps);
    if (method == 0) descend_filters(p.set, 2, fixed, taps, {});
    if (method == 1) accelerate_filters(p.set, 5, fixed, taps, {});
    if (method == 2) consensus_filters<double>(p.set, 10, 1, p.coded, fixed, taps, {});
    EXPECT_NE(taps, p.start) << method;
    for (std::int64_t t = 0; t < p.set.taps(); ++t)
      EXPECT_NEAR(taps(t, 1), p.start(t, 1), 1e-14) << method;
  }
}

TEST(filter_update, SameBitsForAnyNumberOfThreads) {
  const Planted p(Boundary::circular, kSet, true);
  std::vector<Matrix<double>> results;
  for (int threads : {1, 2, 4}) {
    Matrix<double> taps = p.start;
    auto fixed = p.fixed(taps);
    descend_filters(p.set, 2, fixed, taps, {.threads = threads});
    accelerate_filters(p.set, 4, fixed, taps, {.threads = threads});
    results.push_back(taps);
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

}  // namespace
}  // namespace striate::detail
