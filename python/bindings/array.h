// Between NumPy and the library: inputs are viewed, results handed over without a copy.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "striate/codes/sparse_codes.h"
#include "striate/core/archive.h"
#include "striate/core/image.h"
#include "striate/core/observer.h"
#include "striate/core/settings.h"

namespace nb = nanobind;

namespace striate::python {

// Rows of a C-order array are columns of a MatrixView: the same memory.
template <class T>
using Rows = nb::ndarray<const T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
template <class T>
using Vector = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

template <class T>
MatrixView<const T> view(const Rows<T>& array) {
  return {array.data(), static_cast<std::int64_t>(array.shape(1)),
          static_cast<std::int64_t>(array.shape(0))};
}
template <class T>
std::span<const T> view(const Vector<T>& array) {
  return {array.data(), array.shape(0)};
}

// The one place where memory changes hands: `owner` is moved behind the array and freed with it.
template <class T, class Owner>
nb::ndarray<nb::numpy, T> hand_over(Owner&& owner, std::vector<std::size_t> shape) {
  auto kept = std::make_unique<std::remove_cvref_t<Owner>>(std::forward<Owner>(owner));
  T* data = const_cast<T*>(kept->data());
  nb::capsule free(kept.get(),
                   [](void* p) noexcept { delete static_cast<std::remove_cvref_t<Owner>*>(p); });
  kept.release();
  return nb::ndarray<nb::numpy, T>(data, shape.size(), shape.data(), free);
}
template <class T>
nb::ndarray<nb::numpy, T> to_numpy(std::vector<T>&& values) {
  const std::size_t n = values.size();
  return hand_over<T>(std::move(values), {n});
}
// (m x n) becomes (n, m).
template <class T>
nb::ndarray<nb::numpy, T> to_numpy(Matrix<T>&& matrix) {
  const auto rows = static_cast<std::size_t>(matrix.rows());
  const auto columns = static_cast<std::size_t>(matrix.columns());
  return hand_over<T>(std::move(matrix), {columns, rows});
}
template <class T>
nb::ndarray<nb::numpy, T> to_numpy(Image<T>&& image) {
  std::vector<std::size_t> shape{static_cast<std::size_t>(image.rows()),
                                 static_cast<std::size_t>(image.columns())};
  if (image.channels() > 1) shape.push_back(static_cast<std::size_t>(image.channels()));
  return hand_over<T>(std::move(image), std::move(shape));
}

// (data, indices, indptr, shape), as scipy.sparse.csr_array takes them; int32 indices and starts
// while they fit.
template <class T>
nb::tuple to_csr(const SparseCodes<T>& codes);
template <class T>
SparseCodes<T> from_csr(const Vector<T>& data, const Vector<std::int64_t>& indices,
                        const Vector<std::int64_t>& starts, std::int64_t atoms);
// The same from the tuple.
template <class T>
SparseCodes<T> codes_from(const nb::tuple& csr) {
  return from_csr<T>(nb::cast<Vector<T>>(csr[0]), nb::cast<Vector<std::int64_t>>(csr[1]),
                     nb::cast<Vector<std::int64_t>>(csr[2]), nb::cast<std::int64_t>(csr[3]));
}

// Settings as keywords. None is left out; numbers of NumPy are taken as numbers.
Values to_values(const nb::dict& keywords);
nb::object to_python(const Value& value);
nb::dict to_python(const Values& values);
// A description as Python sees it.
nb::list describe(const std::vector<Field>& table);

nb::object to_python(const Array& array);
Array to_array(const nb::object& array);
nb::dict to_python(const Archive& archive);
Archive to_archive(const nb::dict& dictionary);

// Images from a list of arrays (H, W) or (H, W, C), each copied once.
template <class T>
std::vector<Image<T>> to_images(const nb::list& arrays);
template <class T>
nb::list to_python(std::vector<Image<T>>&& images);

// How a call is run: `callback(dict)` is asked for every report and stops the job by returning
// False; Ctrl-C stops it too and is raised when the call returns.
class Call {
 public:
  Call(std::optional<nb::object> callback, std::optional<int> threads,
       std::optional<double> max_seconds);
  const Run& run() const { return run_; }
  // Raises what came up on the way (KeyboardInterrupt, an exception of the callback).
  void finish();
  // Whether finish() raises.
  bool failed() const { return error_.has_value(); }

 private:
  bool report(const Progress& progress);
  std::optional<nb::object> callback_;
  Run run_;
  std::optional<nb::python_error> error_;
};

}  // namespace striate::python
