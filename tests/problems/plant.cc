#include "tests/problems/plant.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "striate/core/random.h"

namespace striate {
namespace {

// One group's coefficients: a random direction, positive if asked, of norm 0.5 to 1.5.
std::vector<double> group_values(std::int64_t size, bool positive, Random& random) {
  std::vector<double> values(static_cast<std::size_t>(size));
  double squares = 0;
  for (double& value : values) {
    value = random.normal();
    if (positive) value = std::abs(value);
    squares += value * value;
  }
  const double scale = (0.5 + random.uniform()) / std::sqrt(squares);
  for (double& value : values) value *= scale;
  return values;
}

}  // namespace

template <class T>
Planted<T> plant(const PlantSettings& s) {
  if (s.rows < 1 || s.atoms < 1 || s.nonzeros < 0 || s.signals < 0 || s.group_size < 1 ||
      s.nonzeros > s.atoms || s.atoms % s.group_size != 0 || s.nonzeros % s.group_size != 0)
    throw Error("plant: ", s.rows, " rows, ", s.atoms, " atoms, ", s.nonzeros, " nonzeros, ",
                s.signals, " signals, groups of ", s.group_size,
                "; sizes must be positive and groups whole");
  Planted<T> p{Matrix<T>(s.rows, s.atoms), SparseCodes<T>(s.atoms), Matrix<T>(s.rows, s.signals)};

  for (std::int64_t k = 0; k < s.atoms; ++k) {
    Random random(s.seed, stream("plant atoms"), static_cast<std::uint64_t>(k));
    std::vector<double> atom(static_cast<std::size_t>(s.rows));
    double squares = 0;
    for (double& x : atom) {
      x = random.normal();
      squares += x * x;
    }
    for (std::int64_t i = 0; i < s.rows; ++i)
      p.dictionary(i, k) = static_cast<T>(atom[static_cast<std::size_t>(i)] / std::sqrt(squares));
  }

  for (std::int64_t j = 0; j < s.signals; ++j) {
    Random random(s.seed, stream("plant codes"), static_cast<std::uint64_t>(j));
    auto groups = permutation(s.atoms / s.group_size, random);
    groups.resize(static_cast<std::size_t>(s.nonzeros / s.group_size));
    std::sort(groups.begin(), groups.end());
    Random values_of(s.seed, stream("plant values"), static_cast<std::uint64_t>(j));
    std::vector<std::int32_t> indices;
    std::vector<T> values;
    for (std::int64_t group : groups) {
      const auto drawn = group_values(s.group_size, s.positive, values_of);
      for (std::int64_t i = 0; i < s.group_size; ++i) {
        indices.push_back(static_cast<std::int32_t>(group * s.group_size + i));
        values.push_back(static_cast<T>(drawn[static_cast<std::size_t>(i)]));
      }
    }
    p.codes.append(indices, values);

    Random noise(s.seed, stream("plant noise"), static_cast<std::uint64_t>(j));
    for (std::int64_t i = 0; i < s.rows; ++i) {
      double sum = s.noise * noise.normal();
      for (std::size_t e = 0; e < indices.size(); ++e)
        sum += static_cast<double>(p.dictionary(i, indices[e])) * static_cast<double>(values[e]);
      p.signals(i, j) = static_cast<T>(sum);
    }
  }
  return p;
}

template Planted<float> plant(const PlantSettings&);
template Planted<double> plant(const PlantSettings&);

}  // namespace striate
