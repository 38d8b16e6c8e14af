#include "striate/statistics/detail/atom_spectrum.h"

#include <gtest/gtest.h>

#include "striate/core/errors.h"
#include "striate/core/random.h"

namespace striate::detail {
namespace {

TEST(AtomSpectrum, HoldsTheEnergyOfTheAtom) {
  for (const std::int64_t side : {4, 7, 16, 17}) {
    std::vector<double> atom(static_cast<std::size_t>(side * side));
    Random random(1, stream("spectrum"));
    double energy = 0;
    for (double& x : atom) {
      x = random.normal();
      energy += x * x;
    }
    const PowerSpectrum spectrum = power_spectrum(atom, side);
    EXPECT_GE(spectrum.n, 4 * side);
    double sum = 0;
    for (std::int64_t u = 0; u < spectrum.n; ++u)
      for (std::int64_t v = 0; v < spectrum.columns(); ++v)
        sum += spectrum.weight(v) * spectrum.at(u, v);
    EXPECT_NEAR(sum / static_cast<double>(spectrum.n * spectrum.n), energy, 1e-10 * energy);
  }
}

TEST(AtomSpectrum, RefusesWhatIsNoSquarePatch) {
  const std::vector<float> oblong(12), small(9), good(25);
  EXPECT_EQ(atom_side<float>("x", good), 5);
  EXPECT_THROW(atom_side<float>("x", small), Error);
  try {
    atom_side<float>("x", oblong);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(
        error.what(),
        "x: an atom of 12 values; it must be a square patch of at least 4 x 4 grey pixels");
  }
}

}  // namespace
}  // namespace striate::detail
