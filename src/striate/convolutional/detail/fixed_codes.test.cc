#include "striate/convolutional/detail/fixed_codes.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/problems/planted_maps.h"

namespace striate::detail {
namespace {

using problems::for_taps;
using problems::plain_synthesis;
using problems::random_codes;

// Images of several sizes, some hardly larger than a filter, with weights or without.
struct Scene {
  Scene(Boundary boundary, std::int64_t channels, bool weighted) : channels(channels) {
    taps = random_matrix(4 * 3 * channels, 5, 2);
    std::uint64_t seed = 10;
    for (auto [rows, columns] : {std::pair{9, 11}, {5, 4}, {13, 6}}) {
      images.emplace_back(rows, columns, channels);
      weights.emplace_back(rows, columns, channels);
      const auto values = random_matrix(images.back().size(), 2, ++seed);
      for (std::int64_t i = 0; i < images.back().size(); ++i) {
        images.back().data()[i] = values(i, 0);
        weights.back().data()[i] = std::max(0.0, values(i, 1));
      }
      const MapShape shape{rows, columns, 4, 3, 5, boundary};
      codes.push_back(random_codes<double>(shape, 0.15, ++seed));
    }
    for (std::size_t i = 0; i < images.size(); ++i)
      coded.push_back(
          {images[i], weighted ? weights[i].view() : ImageView<const double>(), &codes[i]});
  }
  double omega(std::size_t i, std::int64_t pixel) const {
    return coded[i].data_weights.data ? weights[i].data()[pixel] : 1;
  }
  double residual(std::size_t i, std::int64_t pixel, const Image<double>& model) const {
    return omega(i, pixel) > 0 ? images[i].data()[pixel] - model.data()[pixel] : 0;
  }
  double fidelity() const {
    double sum = 0;
    for (std::size_t i = 0; i < images.size(); ++i) {
      const auto model = plain_synthesis(taps, channels, codes[i]);
      for (std::int64_t p = 0; p < model.size(); ++p)
        sum += omega(i, p) * std::pow(residual(i, p, model), 2) / 2;
    }
    return sum;
  }

  std::int64_t channels;
  Matrix<double> taps;
  std::vector<Image<double>> images, weights;
  std::vector<ConvolutionalCodes<double>> codes;
  std::vector<CodedImage<double>> coded;
};

template <class F>
void for_scenes(F f) {
  for (auto boundary : {Boundary::circular, Boundary::inside, Boundary::linear})
    for (std::int64_t channels : {1, 2})
      for (bool weighted : {false, true}) {
        SCOPED_TRACE(testing::Message() << "boundary " << int(boundary) << ", " << channels
                                        << " channels, weighted " << weighted);
        f(Scene(boundary, channels, weighted));
      }
}

TEST(fixed_codes, ResidualsCorrelationsAndChangesAreThoseOfPlainLoops) {
  for_scenes([](Scene scene) {
    const FilterBank<double> bank(scene.taps.view(), 4, 3, scene.channels);
    FixedCodes<double> fixed(scene.coded, bank, {});
    EXPECT_NEAR(fixed.fidelity(), scene.fidelity(), 1e-12 * scene.fidelity());
    for (std::size_t i = 0; i < scene.images.size(); ++i) {
      const auto model = plain_synthesis(scene.taps, scene.channels, scene.codes[i]);
      for (std::int64_t k = 0; k < 5; ++k) {
        std::vector<double> plain(std::size_t(scene.taps.rows())), out(plain);
        for_taps(scene.codes[i], scene.channels, k,
                 [&](std::int64_t pixel, std::int64_t tap, std::int64_t e) {
                   plain[std::size_t(tap)] += scene.codes[i].values()[std::size_t(e)] *
                                              scene.omega(i, pixel) *
                                              scene.residual(i, pixel, model);
                 });
        fixed.correlate(std::int64_t(i), k, out);
        for (std::size_t t = 0; t < out.size(); ++t) EXPECT_NEAR(out[t], plain[t], 1e-11);
      }
    }
    // Another filter 2 everywhere.
    const auto delta = random_matrix(scene.taps.rows(), 1, 77);
    for (std::int64_t i = 0; i < fixed.images(); ++i) fixed.change(i, 2, delta.column(0));
    for (std::int64_t t = 0; t < scene.taps.rows(); ++t) scene.taps(t, 2) += delta(t, 0);
    EXPECT_NEAR(fixed.fidelity(), scene.fidelity(), 1e-12 * scene.fidelity());
  });
}

TEST(fixed_codes, CountsUsesAndEnergy) {
  for_scenes([](const Scene& scene) {
    const FixedCodes<double> fixed(scene.coded, {scene.taps.view(), 4, 3, scene.channels}, {});
    for (std::int64_t k = 0; k < 5; ++k) {
      std::int64_t uses = 0;
      double energy = 0;
      for (const auto& codes : scene.codes)
        for (std::size_t e = 0; e < codes.values().size(); ++e)
          if (codes.filters()[e] == k) ++uses, energy += codes.values()[e] * codes.values()[e];
      EXPECT_EQ(fixed.uses(k), uses);
      EXPECT_NEAR(fixed.energy(k), energy, 1e-13 * energy);
    }
  });
}

// c gives |X_k d|^2 where whole atoms lie on the image, and no less than it where they are cut.
TEST(fixed_codes, AutocorrelationIsTheCurvature) {
  for_scenes([](const Scene& scene) {
    const FixedCodes<double> fixed(scene.coded, {scene.taps.view(), 4, 3, scene.channels}, {});
    for (std::int64_t k = 0; k < 5; ++k) {
      const auto c = fixed.autocorrelation(k);
      ASSERT_EQ(c.size(), 7u * 5u);
      double by_lags = 0, squares = 0;
      for (std::int64_t a = 0; a < 4; ++a)
        for (std::int64_t b = 0; b < 3; ++b)
          for (std::int64_t i = 0; i < 4; ++i)
            for (std::int64_t j = 0; j < 3; ++j)
              for (std::int64_t ch = 0; ch < scene.channels; ++ch)
                by_lags += c[std::size_t((3 + a - i) * 5 + 2 + b - j)] *
                           scene.taps((a * 3 + b) * scene.channels + ch, k) *
                           scene.taps((i * 3 + j) * scene.channels + ch, k);
      for (const auto& codes : scene.codes) {
        Matrix<double> alone(scene.taps.rows(), 5);
        std::ranges::copy(scene.taps.column(k), alone.column(k).begin());
        const auto image = plain_synthesis(alone, scene.channels, codes);
        for (std::int64_t p = 0; p < image.size(); ++p)
          squares += image.data()[p] * image.data()[p];
      }
      if (scene.codes[0].shape().boundary == Boundary::linear)
        EXPECT_GE(by_lags, squares * (1 - 1e-12));
      else EXPECT_NEAR(by_lags, squares, 1e-12 * squares);
    }
  });
}

}  // namespace
}  // namespace striate::detail
