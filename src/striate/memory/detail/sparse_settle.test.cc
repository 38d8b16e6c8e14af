#include "striate/memory/detail/sparse_settle.h"

#include <gtest/gtest.h>

#include <cmath>

#include "striate/memory/detail/pattern_form.h"
#include "striate/memory/rules/graded_hebbian.h"
#include "striate/memory/rules/hopfield.h"
#include "striate/memory/rules/top1.h"
#include "striate/memory/rules/willshaw.h"
#include "tests/problems/planted_memory.h"

namespace striate::detail {
namespace {

using Complex = std::complex<double>;

TEST(SparseSettle, ChangeIsThatOfWholeVectorsUpToAPhase) {
  const auto pairs = problems::random_codes<double>(20, 7, 2, 1, 0.5);
  const auto codes = units_of_pairs(pairs);
  const auto z = problems::dense(pairs, 0), y = problems::dense(pairs, 1);
  Complex product = 0;
  double size = 0, difference = 0;
  for (std::size_t i = 0; i < 20; ++i) product += std::conj(z[i]) * y[i], size += std::norm(z[i]);
  for (std::size_t i = 0; i < 20; ++i)
    difference += std::norm(std::conj(product) / std::abs(product) * y[i] - z[i]);
  EXPECT_NEAR(change(codes[0], codes[1]), std::sqrt(difference / size), 1e-12);
  SparseState<double> turned;
  turned.assign(codes[0]);
  for (Complex& x : turned.values) x *= std::polar(1.0, 2.3);
  EXPECT_NEAR(change(codes[0], turned.view()), 0, 1e-14);
}

// Against settle(), which keeps whole vectors and goes pattern by pattern.
TEST(SparseSettle, IsSettleOnWholeVectors) {
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed)
    for (const MemoryRule* rule : {&graded_hebbian, &top1, &hopfield, &willshaw})
      for (const Layout layout : {Layout::dense, Layout::implicit, Layout::inverted}) {
        if (layout == Layout::dense && !rule->linear) continue;
        SCOPED_TRACE(join(rule->name, " ", name_of(layout), " ", seed));
        // Fields of signs are often equal: they must be whole numbers, which do not round.
        const bool signs = rule->form == PatternForm::bipolar;
        const bool zero_diagonal = rule->linear && seed % 2 == 0;
        const auto pairs = problems::random_codes<double>(40, 6, 12, seed, 0.4);
        PatternStore<double> patterns(40);
        patterns.add(
            "add", pairs, {},
            seed % 3 == 0 ? std::vector<double>(12, signs ? 2 : 0.7) : std::vector<double>{});
        const MemorySettings settings{.units = 40, .k = 6, .layout = layout};
        PatternField<double> field(&patterns, rule, &settings, zero_diagonal);
        field.follow();
        const auto codes = field.codes();
        const StoredField<double> plain(&codes, patterns.weights(),
                                        rule->prepare<double>(codes, settings), zero_diagonal,
                                        rule->per_unit ? 1.0 / 40 : 1);
        const Dynamics dynamics{.truncation = static_cast<Truncation>(seed % 4),
                                .k = 6,
                                .theta = seed % 4 == 3 ? 0.04 : 0.2,
                                .normalization = signs ? Normalization::phase
                                                       : static_cast<Normalization>(1 + seed % 3),
                                .cut_cue = seed % 5 == 0,
                                .hold = rule->form == PatternForm::bipolar};
        RecallSettings how{.max_steps = 3, .tolerance = 1e-9, .anneal_steps = 2};
        if (seed % 7 == 0 && dynamics.truncation == Truncation::k_winners) how.k_start = 15;
        if (seed % 7 == 0 && dynamics.truncation != Truncation::k_winners) how.theta_start = 0.01;
        const auto cues = units_of_pairs(problems::damaged(pairs, 2, 0.4, seed));
        for (std::int64_t j = 0; j < 12; ++j) {
          SparseBuffers<double> sparse;
          sparse.z.assign(cues[j]);
          to_form(is_real(rule->form) ? rule->form : PatternForm::graded, 40,
                  std::span<Complex>(sparse.z.values), sparse.field.ranking);
          SettleBuffers<double> whole(plain);
          for (std::size_t i = 0; i < cues[j].active(); ++i)
            whole.z[static_cast<std::size_t>(cues[j].units[i])] = sparse.z.values[i];
          const Settled a = settle_sparse(field, dynamics, how, sparse);
          const Settled b = settle(plain, UnitCodes<double>(0), dynamics, how, whole);
          EXPECT_EQ(a.steps, b.steps);
          EXPECT_EQ(a.ending, b.ending);
          std::vector<Complex> z(40);
          for (std::size_t i = 0; i < sparse.z.active(); ++i)
            z[static_cast<std::size_t>(sparse.z.units[i])] = sparse.z.values[i];
          for (std::size_t i = 0; i < 40; ++i) EXPECT_NEAR(std::abs(z[i] - whole.z[i]), 0, 1e-9);
          EXPECT_NEAR(field.potential(sparse.z.view(), sparse.field),
                      plain.potential(whole.z, whole.a), 1e-10);
          ++compared;
        }
      }
  EXPECT_EQ(compared, 60 * 10 * 12);
}

}  // namespace
}  // namespace striate::detail
