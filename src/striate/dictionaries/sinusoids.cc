#include "striate/dictionaries/sinusoids.h"

#include <cmath>

#include "striate/dictionaries/constructors.h"

namespace striate {

template <class T>
Matrix<T> sinusoids(const SinusoidsSettings& settings) {
  validate("sinusoids", settings);
  const double lowest = settings.lowest_frequency, highest = settings.highest_frequency;
  if (highest < lowest)
    throw Error("sinusoids: highest_frequency is ", highest, "; it must be at least ", lowest,
                ", the lowest_frequency");
  const std::int64_t rows = settings.rows, count = settings.atoms;
  Matrix<T> atoms(rows, count);
  for (std::int64_t j = 0; j < count; ++j) {
    const double along = count > 1 ? static_cast<double>(j) / static_cast<double>(count - 1) : 0;
    const double frequency = lowest + along * (highest - lowest);
    for (std::int64_t t = 0; t < rows; ++t)
      atoms(t, j) = static_cast<T>(std::sin(frequency * static_cast<double>(t)));
  }
  if (!settings.raw) normalize_atoms(atoms.view());
  return atoms;
}

template Matrix<float> sinusoids(const SinusoidsSettings&);
template Matrix<double> sinusoids(const SinusoidsSettings&);

}  // namespace striate
