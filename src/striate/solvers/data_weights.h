// Problem    any solver's, with weights on the data: 1/2 sum_i w_i (y_i - (D z)_i)^2 in place of
//            1/2 |y - D z|^2. Weights of 0 and 1 are a mask; where w_i = 0, y_i may be anything, NaN too
// Method     the solver itself on signals sqrt(w_i) y_i and atoms sqrt(w_i) d_i, rows of weight 0
//            left out: objective, gap, residual and lambda_max are those of the weighted problem.
//            Signals of equal weights share their atoms; those of other weights run side by side
// Symbols    y signal, D dictionary, z code, w data weights
// Cost       beside the solver's own: for every distinct column of weights three passes over the
//            atoms; the Gram matrix only where enough signals share it
// Source     mairal2008 (masks in the pursuit)
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "striate/core/observer.h"
#include "striate/core/settings.h"
#include "striate/dictionaries/dictionary.h"
#include "striate/solvers/encoding.h"

namespace striate {

namespace detail {

// Codes the given signals, which are those of the call named by `places`, with the given atoms.
template <class T>
using CodeSome = std::function<Encoding<T>(
    const Dictionary<T>& dictionary, MatrixView<const T> signals,
    std::span<const std::int64_t> places, const SparseCodes<T>* initial, const Run& run)>;

template <class T>
Encoding<T> encode_weighted(std::string_view who, const Dictionary<T>& dictionary,
                            MatrixView<const T> signals, MatrixView<const T> weights,
                            const SparseCodes<T>* initial, const Run& run, const CodeSome<T>& code);

}  // namespace detail

// Runs a solver on weighted data. `weights`: one column for all signals, or one per signal.
//
//   auto [codes, info] = encode_weighted(lasso<float>, D, signals, {.lambda = 0.1}, weights);
//
// A signal of which nothing is observed has the zero code, objective 0 and gap 0, and is converged.
// Error: weights of another shape, negative or not finite, and whatever the solver refuses.
template <class T, class Settings>
Encoding<T> encode_weighted(Encoding<T> (*solve)(const Dictionary<T>&, MatrixView<const T>,
                                                 const Settings&, const SparseCodes<T>*,
                                                 const Run&),
                            const Dictionary<T>& dictionary, Signals<T> signals,
                            const std::type_identity_t<Settings>& settings, Signals<T> weights,
                            std::type_identity_t<const SparseCodes<T>*> initial = nullptr,
                            const Run& run = {}) {
  check_signals("encode_weighted", settings, signals.columns);
  return detail::encode_weighted<T>(
      "encode_weighted", dictionary, signals, weights, initial, run,
      [&](const Dictionary<T>& atoms, MatrixView<const T> some,
          std::span<const std::int64_t> places, const SparseCodes<T>* start, const Run& part) {
        return solve(atoms, some, settings_of(settings, places), start, part);
      });
}

// The same for solvers that take no initial codes.
template <class T, class Settings>
Encoding<T> encode_weighted(Encoding<T> (*solve)(const Dictionary<T>&, MatrixView<const T>,
                                                 const Settings&, const Run&),
                            const Dictionary<T>& dictionary, Signals<T> signals,
                            const std::type_identity_t<Settings>& settings, Signals<T> weights,
                            const Run& run = {}) {
  check_signals("encode_weighted", settings, signals.columns);
  return detail::encode_weighted<T>(
      "encode_weighted", dictionary, signals, weights, nullptr, run,
      [&](const Dictionary<T>& atoms, MatrixView<const T> some,
          std::span<const std::int64_t> places, const SparseCodes<T>*,
          const Run& part) { return solve(atoms, some, settings_of(settings, places), part); });
}

}  // namespace striate
