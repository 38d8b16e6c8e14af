#include "striate/memory/detail/asynchronous.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "striate/memory/rules/hebbian_weighting.h"
#include "striate/memory/rules/top1.h"
#include "tests/problems/planted_memory.h"

namespace striate::detail {
namespace {

using Complex = std::complex<double>;
using Vector = std::vector<Complex>;

TEST(PostingsOf, HoldEveryEntryUnderItsUnit) {
  const auto codes = units_of_pairs(problems::random_codes<double>(20, 5, 30, 1, 0.5));
  const UnitCodes<double> postings = postings_of(codes);
  ASSERT_EQ(postings.size(), 20);
  EXPECT_EQ(postings.units(), 30);
  EXPECT_EQ(postings.active(), codes.active());
  for (std::int64_t unit = 0; unit < 20; ++unit) {
    EXPECT_TRUE(std::ranges::is_sorted(postings[unit].units));
    for (std::size_t i = 0; i < postings[unit].active(); ++i) {
      const UnitCode<double> code = codes[postings[unit].units[i]];
      const auto at = std::ranges::find(code.units, static_cast<std::int32_t>(unit));
      ASSERT_NE(at, code.units.end());
      EXPECT_EQ(code.values[static_cast<std::size_t>(at - code.units.begin())],
                postings[unit].values[i]);
    }
  }
  EXPECT_EQ(postings_of(UnitCodes<double>(3)).size(), 3);
}

// Thresholds: unit after unit, the whole field made anew for each.
TEST(UpdateUnits, AsIfTheFieldWereMadeAnewForEveryUnit) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto codes = units_of_pairs(problems::random_codes<double>(24, 6, 15, seed, 0.5));
    const bool top = seed % 3 == 0, zero = !top && seed % 2;
    Random random(seed, stream("weights"));
    std::vector<double> weights;
    for (int p = 0; p < 15; ++p) weights.push_back(0.5 + random.uniform());
    std::unique_ptr<Weighting<double>> rule = std::make_unique<HebbianWeighting<double>>();
    if (top) rule = top1.prepare<double>(codes, {});
    const StoredField<double> field(&codes, weights, std::move(rule), zero);
    const bool dynamic = seed % 5 < 2;
    const Dynamics dynamics{.truncation = dynamic ? Truncation::dynamic : Truncation::absolute,
                            .theta = dynamic ? 0.1 : 0.4 * random.uniform(),
                            .normalization = Normalization::phase,
                            .order = Order::asynchronous};
    Vector z = problems::dense(problems::random_codes<double>(24, 10, 1, seed + 1000), 0);
    Vector a(15), h(15);
    field.overlaps(z, a);
    const auto order = permutation(24, Random(seed, stream("order")));
    Vector plain = z;
    for (const std::int64_t unit : order) {
      Vector b(15), u(24);
      field.overlaps(plain, b);
      field.weigh(b);
      field.apply(b, plain, u);
      const auto i = static_cast<std::size_t>(unit);
      double others = -std::abs(plain[i]);
      for (const Complex& x : plain) others += std::abs(x);
      const double threshold = dynamic ? dynamics.theta * (others + 0.5) : dynamics.theta;
      plain[i] = std::abs(u[i]) > threshold ? u[i] / std::abs(u[i]) : 0;
    }
    update_units(field, postings_of(codes), dynamics, std::span<const std::int64_t>(order),
                 std::span<Complex>(z), std::span<Complex>(a), std::span<Complex>(h));
    Vector anew(15);
    field.overlaps(z, anew);
    for (std::size_t p = 0; p < 15; ++p) EXPECT_NEAR(std::abs(a[p] - anew[p]), 0, 1e-12);
    for (std::size_t i = 0; i < 24; ++i) EXPECT_NEAR(std::abs(z[i] - plain[i]), 0, 1e-10) << seed;
  }
}

}  // namespace
}  // namespace striate::detail
