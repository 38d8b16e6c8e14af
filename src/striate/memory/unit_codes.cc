#include "striate/memory/unit_codes.h"

#include <algorithm>
#include <cmath>

namespace striate {

template <class T>
void UnitCodes<T>::append(UnitCode<T> code) {
  unit_.insert(unit_.end(), code.units.begin(), code.units.end());
  values_.insert(values_.end(), code.values.begin(), code.values.end());
  starts_.push_back(static_cast<std::int64_t>(unit_.size()));
}

template <class T>
void UnitCodes<T>::clear() {
  starts_.resize(1);
  unit_.clear();
  values_.clear();
}

template <class T>
UnitCodes<T> units_of_pairs(const SparseCodes<T>& pairs) {
  if (pairs.atoms() % 2 != 0)
    throw Error("units_of_pairs: codes of ", pairs.atoms(),
                " atoms; complex codes have an even number, two per unit");
  UnitCodes<T> codes(pairs.atoms() / 2);
  std::vector<std::int32_t> units;
  std::vector<std::complex<T>> values;
  for (std::int64_t j = 0; j < pairs.signals(); ++j) {
    units.clear();
    values.clear();
    const CodeView<T> pair = pairs[j];
    for (std::size_t i = 0; i < pair.nonzeros(); ++i) {
      if (pair.values[i] == T(0)) continue;
      const std::int32_t unit = pair.indices[i] / 2;
      if (units.empty() || units.back() != unit) {
        units.push_back(unit);
        values.emplace_back();
      }
      if (pair.indices[i] % 2 == 0) values.back().real(pair.values[i]);
      else values.back().imag(pair.values[i]);
    }
    codes.append({units, values});
  }
  return codes;
}

template <class T>
SparseCodes<T> pairs_of_units(const UnitCodes<T>& codes) {
  std::vector<std::int64_t> starts = {0};
  std::vector<std::int32_t> indices;
  std::vector<T> values;
  indices.reserve(2 * static_cast<std::size_t>(codes.active()));
  values.reserve(indices.capacity());
  for (std::int64_t p = 0; p < codes.size(); ++p) {
    const UnitCode<T> code = codes[p];
    for (std::size_t i = 0; i < code.active(); ++i) {
      indices.insert(indices.end(), {2 * code.units[i], 2 * code.units[i] + 1});
      values.insert(values.end(), {code.values[i].real(), code.values[i].imag()});
    }
    starts.push_back(static_cast<std::int64_t>(indices.size()));
  }
  return {2 * codes.units(), std::move(starts), std::move(indices), std::move(values)};
}

template <class T>
SparseCodes<T> pairs_of_complex(MatrixView<const std::complex<T>> codes) {
  UnitCodes<T> finite(codes.rows);
  std::vector<T> values;  // of all codes, as they are
  std::vector<std::int32_t> units;
  for (std::int64_t j = 0; j < codes.columns; ++j) {
    units.clear();
    for (std::int64_t i = 0; i < codes.rows; ++i) {
      const std::complex<T> value = codes(i, j);
      if (value == std::complex<T>(0)) continue;
      units.push_back(static_cast<std::int32_t>(i));
      values.insert(values.end(), {value.real(), value.imag()});
    }
    finite.append({units, std::vector<std::complex<T>>(units.size(), T(1))});
  }
  // SparseCodes refuses values that are not finite where it takes them over; here they pass, as a
  // memory answers such a cue with the kind `invalid`.
  SparseCodes<T> pairs = pairs_of_units(finite);
  std::copy(values.begin(), values.end(), pairs.values().begin());
  return pairs;
}

template <class T>
std::complex<double> inner_product(UnitCode<T> a, UnitCode<T> b) {
  std::complex<double> sum;
  for (std::size_t i = 0, j = 0; i < a.active() && j < b.active();) {
    if (a.units[i] == b.units[j])
      sum += std::conj(std::complex<double>(a.values[i++])) * std::complex<double>(b.values[j++]);
    else if (a.units[i] < b.units[j]) ++i;
    else ++j;
  }
  return sum;
}

template <class T>
double code_norm(UnitCode<T> code) {
  double plain = 0;
  for (const std::complex<T>& z : code.values)
    plain += double(z.real()) * double(z.real()) + double(z.imag()) * double(z.imag());
  if (plain > 1e-280 && plain < 1e280) return std::sqrt(plain);  // nothing was near the limits
  double largest = 0;
  for (const std::complex<T>& z : code.values)
    largest = std::max({largest, std::abs(double(z.real())), std::abs(double(z.imag()))});
  if (largest == 0) return 0;
  double sum = 0;
  for (const std::complex<T>& z : code.values)
    sum += std::norm(std::complex<double>(z.real() / largest, z.imag() / largest));
  return largest * std::sqrt(sum);
}

#define STRIATE_INSTANTIATE(T)                                                 \
  template class UnitCodes<T>;                                                 \
  template UnitCodes<T> units_of_pairs(const SparseCodes<T>&);                 \
  template SparseCodes<T> pairs_of_units(const UnitCodes<T>&);                 \
  template SparseCodes<T> pairs_of_complex(MatrixView<const std::complex<T>>); \
  template std::complex<double> inner_product(UnitCode<T>, UnitCode<T>);       \
  template double code_norm(UnitCode<T>);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate
