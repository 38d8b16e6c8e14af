#include "striate/memory/decode.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "striate/core/parallel.h"
#include "striate/linalg/kernels.h"

namespace striate {
namespace {

constexpr std::int64_t kStatesPerChunk = 16;

// A (i z): every pair a quarter turn on, (re, im) -> (-im, re).
template <class T>
void synthesize_turned(const Dictionary<T>& dictionary, CodeView<T> state, std::span<T> out) {
  std::vector<T> pairs(static_cast<std::size_t>(dictionary.atoms()));
  for (std::size_t i = 0; i < state.nonzeros(); ++i)
    pairs[static_cast<std::size_t>(state.indices[i])] = state.values[i];
  std::vector<std::int32_t> indices;
  std::vector<T> values;
  for (std::int32_t re = 0; re + 1 < dictionary.atoms(); re += 2) {
    const T x = pairs[static_cast<std::size_t>(re)], y = pairs[static_cast<std::size_t>(re) + 1];
    if (x == T(0) && y == T(0)) continue;
    indices.insert(indices.end(), {re, re + 1});
    values.insert(values.end(), {-y, x});
  }
  synthesize(dictionary, std::span<const std::int32_t>(indices), std::span<const T>(values), out);
}

template <class T>
double inner(std::span<const T> x, std::span<const T> y) {
  return dot<double>(static_cast<std::int64_t>(x.size()), x.data(), y.data());
}

template <class T>
void scale(double gain, std::span<T> y) {
  for (T& value : y) value = static_cast<T>(gain * value);
}

// y <- b y, b = max(0, <x, y> / ||y||^2)
template <class T>
void fit_real(std::span<const T> x, std::span<T> y) {
  const double size = inner(std::span<const T>(y), std::span<const T>(y));
  scale(size > 0 ? std::max(0.0, inner(x, std::span<const T>(y)) / size) : 0.0, y);
}

// y <- b1 y + b2 w, the least-squares fit to x; as fit_real where y and w are parallel.
template <class T>
void fit_complex(std::span<const T> x, std::span<const T> w, std::span<T> y) {
  const std::span<const T> v(y);
  const double vv = inner(v, v), vw = inner(v, w), ww = inner(w, w);
  const double determinant = vv * ww - vw * vw;
  if (!(determinant > 1e-12 * vv * ww)) return fit_real(x, y);
  const double xv = inner(x, v), xw = inner(x, w);
  const double b1 = (xv * ww - xw * vw) / determinant, b2 = (xw * vv - xv * vw) / determinant;
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<T>(b1 * y[i] + b2 * w[i]);
}

}  // namespace

template <class T>
Matrix<T> decode_states(const SparseCodes<T>& states, const Dictionary<T>& dictionary,
                        Signals<T> noisy, Gain gain, std::span<const double> norms) {
  if (states.atoms() != dictionary.atoms() || states.atoms() % 2 != 0)
    throw Error("decode_states: states of ", states.atoms(), " atoms and a dictionary of ",
                dictionary.atoms(), "; they must agree in an even number");
  const bool fits = gain == Gain::ls_real || gain == Gain::ls_complex;
  if (fits && (noisy.rows != dictionary.rows() || noisy.columns != states.signals()))
    throw Error("decode_states: ", noisy.columns, " noisy signals of ", noisy.rows,
                " rows; the gain needs ", states.signals(), " of ", dictionary.rows());
  const bool normed = gain == Gain::cue_norm || gain == Gain::stored_norm;
  if (normed && norms.size() != static_cast<std::size_t>(states.signals()))
    throw Error("decode_states: ", norms.size(), " norms; the gain needs ", states.signals(),
                ", one per state");

  Matrix<T> signals(dictionary.rows(), states.signals());
  const std::int64_t chunks = (states.signals() + kStatesPerChunk - 1) / kStatesPerChunk;
  parallel_for(chunks, [&](std::int64_t chunk, int) {
    std::vector<T> turned(static_cast<std::size_t>(dictionary.rows()));
    const std::int64_t end = std::min((chunk + 1) * kStatesPerChunk, states.signals());
    for (std::int64_t j = chunk * kStatesPerChunk; j < end; ++j) {
      const CodeView<T> state = states[j];
      const std::span<T> y = signals.column(j);
      synthesize(dictionary, state.indices, state.values, y);
      if (gain == Gain::ls_real) {
        fit_real(std::span<const T>(noisy.column(j)), y);
      } else if (gain == Gain::ls_complex) {
        synthesize_turned(dictionary, state, std::span<T>(turned));
        fit_complex(std::span<const T>(noisy.column(j)), std::span<const T>(turned), y);
      } else {
        const double size = std::sqrt(inner(state.values, state.values));
        scale(size > 0 ? (normed ? norms[static_cast<std::size_t>(j)] : 1.0) / size : 0.0, y);
      }
    }
  });
  return signals;
}

template Matrix<float> decode_states(const SparseCodes<float>&, const Dictionary<float>&,
                                     Signals<float>, Gain, std::span<const double>);
template Matrix<double> decode_states(const SparseCodes<double>&, const Dictionary<double>&,
                                      Signals<double>, Gain, std::span<const double>);

}  // namespace striate
