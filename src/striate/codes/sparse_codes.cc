#include "striate/codes/sparse_codes.h"

#include <cmath>
#include <limits>
#include <utility>

namespace striate {
namespace {

constexpr std::int64_t kMostAtoms = std::numeric_limits<std::int32_t>::max();

template <class T>
void check_column(std::int64_t atoms, std::int64_t signal, std::span<const std::int32_t> indices,
                  std::span<const T> values) {
  std::int64_t previous = -1;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (indices[i] < 0 || indices[i] >= atoms)
      throw Error("SparseCodes: signal ", signal, " has index ", indices[i], "; there are ", atoms,
                  " atoms");
    if (indices[i] <= previous)
      throw Error("SparseCodes: signal ", signal, " has index ", indices[i], " after ", previous,
                  "; indices must rise within a signal");
    if (!std::isfinite(values[i]))
      throw Error("SparseCodes: signal ", signal, " has the value ", values[i], " at index ",
                  indices[i], "; values must be finite");
    previous = indices[i];
  }
}

void check_atoms(std::int64_t atoms) {
  if (atoms < 0 || atoms > kMostAtoms)
    throw Error("SparseCodes: ", atoms, " atoms; allowed are 0 to ", kMostAtoms);
}

}  // namespace

template <class T>
SparseCodes<T>::SparseCodes(std::int64_t atoms) : atoms_(atoms) {
  check_atoms(atoms);
}

template <class T>
SparseCodes<T>::SparseCodes(std::int64_t atoms, std::vector<std::int64_t> starts,
                            std::vector<std::int32_t> indices, std::vector<T> values)
    : atoms_(atoms),
      starts_(std::move(starts)),
      indices_(std::move(indices)),
      values_(std::move(values)) {
  check_atoms(atoms);
  if (indices_.size() != values_.size())
    throw Error("SparseCodes: ", indices_.size(), " indices and ", values_.size(),
                " values; there must be as many of each");
  if (starts_.empty() || starts_.front() != 0 || starts_.back() != nonzeros())
    throw Error("SparseCodes: starts must begin with 0 and end with ", nonzeros(),
                ", the number of entries");
  for (std::size_t j = 1; j < starts_.size(); ++j)
    if (starts_[j] < starts_[j - 1] || starts_[j] > nonzeros())
      throw Error("SparseCodes: starts go from ", starts_[j - 1], " to ", starts_[j], " at signal ",
                  j - 1, "; they must not fall, nor pass ", nonzeros(), " entries");
  for (std::int64_t signal = 0; signal < signals(); ++signal) {
    const CodeView<T> code = (*this)[signal];
    check_column(atoms_, signal, code.indices, code.values);
  }
}

template <class T>
void SparseCodes<T>::append(std::span<const std::int32_t> indices, std::span<const T> values) {
  if (indices.size() != values.size())
    throw Error("SparseCodes::append: ", indices.size(), " indices and ", values.size(),
                " values; there must be as many of each");
  check_column(atoms_, signals(), indices, values);
  indices_.insert(indices_.end(), indices.begin(), indices.end());
  values_.insert(values_.end(), values.begin(), values.end());
  starts_.push_back(nonzeros());
}

template <class T>
void SparseCodes<T>::append(const SparseCodes& other) {
  if (other.atoms_ != atoms_)
    throw Error("SparseCodes::append: codes of ", other.atoms_, " atoms; these have ", atoms_);
  if (&other == this) return append(SparseCodes(other));
  const std::int64_t entries = nonzeros();
  for (std::size_t j = 1; j < other.starts_.size(); ++j)
    starts_.push_back(entries + other.starts_[j]);
  indices_.insert(indices_.end(), other.indices_.begin(), other.indices_.end());
  values_.insert(values_.end(), other.values_.begin(), other.values_.end());
}

template <class T>
SparseCodes<T> SparseCodes<T>::slice(std::int64_t first, std::int64_t count) const {
  if (first < 0 || count < 0 || first > signals() - count)
    throw Error("SparseCodes::slice: ", count, " signals from ", first, "; there are ", signals());
  SparseCodes part(atoms_);
  const std::int64_t begin = starts_[static_cast<std::size_t>(first)];
  const std::int64_t end = starts_[static_cast<std::size_t>(first + count)];
  for (std::int64_t j = 1; j <= count; ++j)
    part.starts_.push_back(starts_[static_cast<std::size_t>(first + j)] - begin);
  part.indices_.assign(indices_.begin() + begin, indices_.begin() + end);
  part.values_.assign(values_.begin() + begin, values_.begin() + end);
  return part;
}

template <class T>
Matrix<T> SparseCodes<T>::to_dense() const {
  Matrix<T> dense(atoms_, signals());
  for (std::int64_t j = 0; j < signals(); ++j) {
    const CodeView<T> code = (*this)[j];
    for (std::size_t i = 0; i < code.nonzeros(); ++i) dense(code.indices[i], j) = code.values[i];
  }
  return dense;
}

template <class T>
SparseCodes<T> SparseCodes<T>::from_dense(MatrixView<const T> dense) {
  SparseCodes codes(dense.rows);
  std::vector<std::int32_t> indices;
  std::vector<T> values;
  for (std::int64_t j = 0; j < dense.columns; ++j) {
    indices.clear();
    values.clear();
    for (std::int64_t i = 0; i < dense.rows; ++i) {
      if (dense(i, j) == T(0)) continue;
      indices.push_back(static_cast<std::int32_t>(i));
      values.push_back(dense(i, j));
    }
    codes.append(indices, values);
  }
  return codes;
}

template <class T>
Archive SparseCodes<T>::to_archive() const {
  Archive archive;
  archive.attributes["codes"] = {
      {"encoding-type", std::string("csr_matrix")},
      {"encoding-version", std::string("0.1.0")},
      {"shape", std::vector<double>{static_cast<double>(signals()), static_cast<double>(atoms_)}}};
  archive.arrays["codes/data"] = Array::from(std::span<const T>(values_), {nonzeros()});
  // SciPy wants both index arrays of one type.
  if (nonzeros() <= std::numeric_limits<std::int32_t>::max()) {
    const std::vector<std::int32_t> starts(starts_.begin(), starts_.end());
    archive.arrays["codes/indptr"] =
        Array::from(std::span<const std::int32_t>(starts), {signals() + 1});
    archive.arrays["codes/indices"] =
        Array::from(std::span<const std::int32_t>(indices_), {nonzeros()});
  } else {
    const std::vector<std::int64_t> indices(indices_.begin(), indices_.end());
    archive.arrays["codes/indptr"] =
        Array::from(std::span<const std::int64_t>(starts_), {signals() + 1});
    archive.arrays["codes/indices"] =
        Array::from(std::span<const std::int64_t>(indices), {nonzeros()});
  }
  return archive;
}

template <class T>
SparseCodes<T> SparseCodes<T>::from_archive(const Archive& archive) {
  if (const auto type = archive.get<std::string>("codes", "encoding-type"); type != "csr_matrix")
    throw Error("SparseCodes: encoding-type is '", type, "'; it must be 'csr_matrix'");
  const auto shape = archive.get<std::vector<double>>("codes", "shape");
  for (double length : shape)
    if (!(length >= 0 && length < 0x1p53) || length != std::floor(length))
      throw Error("SparseCodes: shape holds ", length, "; it must hold whole numbers");
  if (shape.size() != 2)
    throw Error("SparseCodes: shape has ", shape.size(), " numbers; it must have 2");
  for (const char* path : {"codes/data", "codes/indices", "codes/indptr"})
    if (archive.at(path).shape().size() != 1)
      throw Error("SparseCodes: '", path, "' has ", archive.at(path).shape().size(),
                  " dimensions; it must have 1");
  SparseCodes codes(
      static_cast<std::int64_t>(shape[1]), archive.at("codes/indptr").to<std::int64_t>(),
      archive.at("codes/indices").to<std::int32_t>(), archive.at("codes/data").to<T>());
  if (static_cast<double>(codes.signals()) != shape[0])
    throw Error("SparseCodes: shape says ", shape[0], " signals; indptr holds ", codes.signals());
  return codes;
}

template <class T>
ComplexCode<T> complex_view(const SparseCodes<T>& codes, std::int64_t signal) {
  if (codes.atoms() % 2 != 0)
    throw Error("complex_view: ", codes.atoms(), " atoms; pairs need an even number");
  if (signal < 0 || signal >= codes.signals())
    throw Error("complex_view: signal ", signal, "; there are ", codes.signals());
  const CodeView<T> code = codes[signal];
  ComplexCode<T> view;
  for (std::size_t i = 0; i < code.nonzeros(); i += 2) {
    const std::int32_t index = code.indices[i];
    if (index % 2 != 0 || i + 1 == code.nonzeros() || code.indices[i + 1] != index + 1)
      throw Error("complex_view: signal ", signal, " stores one half of pair ", index / 2,
                  "; pairs must be stored whole");
    view.units.push_back(index / 2);
  }
  view.values = {reinterpret_cast<const std::complex<T>*>(code.values.data()), view.units.size()};
  return view;
}

template class SparseCodes<float>;
template class SparseCodes<double>;
template ComplexCode<float> complex_view(const SparseCodes<float>&, std::int64_t);
template ComplexCode<double> complex_view(const SparseCodes<double>&, std::int64_t);

}  // namespace striate
