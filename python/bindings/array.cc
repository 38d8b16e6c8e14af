#include "array.h"

#include <nanobind/stl/complex.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace striate::python {
namespace {

template <class To, class From>
nb::object narrowed(std::span<const From> values) {
  std::vector<To> copy(values.begin(), values.end());
  return nb::cast(to_numpy(std::move(copy)));
}

}  // namespace

template <class T>
nb::tuple to_csr(const SparseCodes<T>& codes) {
  std::vector<T> data(codes.values().begin(), codes.values().end());
  const bool narrow = codes.nonzeros() <= std::numeric_limits<std::int32_t>::max();
  nb::object indices =
      narrow ? narrowed<std::int32_t>(codes.indices()) : narrowed<std::int64_t>(codes.indices());
  nb::object starts =
      narrow ? narrowed<std::int32_t>(codes.starts()) : narrowed<std::int64_t>(codes.starts());
  return nb::make_tuple(to_numpy(std::move(data)), indices, starts,
                        nb::make_tuple(codes.signals(), codes.atoms()));
}

template <class T>
SparseCodes<T> from_csr(const Vector<T>& data, const Vector<std::int64_t>& indices,
                        const Vector<std::int64_t>& starts, std::int64_t atoms) {
  const auto values = view(data);
  const auto at = view(starts);
  for (const std::int64_t i : view(indices))
    if (i < 0 || i >= atoms)
      throw Error("codes: index ", i, " of a coefficient; there are ", atoms, " atoms");
  const std::vector<std::int32_t> all(view(indices).begin(), view(indices).end());
  if (at.empty() || at.back() != std::ssize(values) || values.size() != all.size())
    throw Error("codes: ", values.size(), " values, ", all.size(), " indices and ", at.size(),
                " starts are no CSR matrix");
  SparseCodes<T> codes(atoms);
  std::vector<T> finite(values.begin(), values.end());
  for (T& x : finite)
    if (!std::isfinite(x)) x = 0;
  for (std::size_t j = 0; j + 1 < at.size(); ++j) {
    if (at[j] < 0 || at[j] > at[j + 1])
      throw Error("codes: row ", j, " starts at ", at[j], " and ends at ", at[j + 1]);
    const auto first = static_cast<std::size_t>(at[j]);
    const auto count = static_cast<std::size_t>(at[j + 1]) - first;
    codes.append(std::span<const std::int32_t>(all).subspan(first, count),
                 std::span<const T>(finite).subspan(first, count));
  }
  // NaN and infinity pass: who receives the codes says what becomes of them.
  std::ranges::copy(values, codes.values().begin());
  return codes;
}

template nb::tuple to_csr(const SparseCodes<float>&);
template nb::tuple to_csr(const SparseCodes<double>&);
template SparseCodes<float> from_csr(const Vector<float>&, const Vector<std::int64_t>&,
                                     const Vector<std::int64_t>&, std::int64_t);
template SparseCodes<double> from_csr(const Vector<double>&, const Vector<std::int64_t>&,
                                      const Vector<std::int64_t>&, std::int64_t);

Values to_values(const nb::dict& keywords) {
  Values values;
  for (auto [key, item] : keywords) {
    const std::string name = nb::cast<std::string>(key);
    nb::object value = nb::borrow(item);
    // Scalars and arrays of NumPy become plain Python.
    if (nb::hasattr(value, "tolist")) value = value.attr("tolist")();
    if (value.is_none()) continue;
    if (nb::isinstance<nb::bool_>(value)) values[name] = nb::cast<bool>(value);
    else if (nb::isinstance<nb::int_>(value)) values[name] = nb::cast<std::int64_t>(value);
    else if (nb::isinstance<nb::float_>(value)) values[name] = nb::cast<double>(value);
    else if (nb::isinstance<nb::str>(value)) values[name] = nb::cast<std::string>(value);
    else if (std::vector<double> numbers;
             nb::isinstance<nb::sequence>(value) && nb::try_cast(value, numbers))
      values[name] = std::move(numbers);
    else if (nb::hasattr(value, "__fspath__"))
      values[name] = nb::cast<std::string>(value.attr("__fspath__")());
    else
      throw Error(name, ": a value of type ",
                  nb::cast<std::string>(nb::str(value.type().attr("__name__"))),
                  "; a number, a text or a list of numbers is allowed");
  }
  return values;
}

nb::object to_python(const Value& value) {
  return std::visit(
      [](const auto& held) -> nb::object {
        using T = std::remove_cvref_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::monostate>) return nb::none();
        else return nb::cast(held);
      },
      value);
}

nb::dict to_python(const Values& values) {
  nb::dict all;
  for (const auto& [name, value] : values) all[name.c_str()] = to_python(value);
  return all;
}

nb::list describe(const std::vector<Field>& table) {
  nb::list rows;
  for (const Field& field : table) {
    nb::dict row;
    row["name"] = field.python;
    row["type"] = field.type;
    row["default"] = to_python(field.value);
    row["required"] = field.required;
    row["range"] = field.range.text();
    row["choices"] = field.choices;
    row["unit"] = field.unit;
    row["sentence"] = field.sentence;
    rows.append(row);
  }
  return rows;
}

nb::object to_python(const Array& array) {
  nb::object numpy = nb::module_::import_("numpy");
  const auto bytes = array.bytes();
  nb::bytes content(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  nb::object flat = numpy.attr("frombuffer")(content, std::string(name_of(array.dtype())));
  return flat.attr("reshape")(nb::cast(array.shape())).attr("copy")();
}

Array to_array(const nb::object& object) {
  nb::object numpy = nb::module_::import_("numpy");
  nb::object array = numpy.attr("ascontiguousarray")(object);
  // ascontiguousarray makes a scalar one-dimensional; its shape is the object's own.
  const auto shape =
      nb::cast<std::vector<std::int64_t>>(nb::object(numpy.attr("asarray")(object).attr("shape")));
  const auto dtype = nb::cast<std::string>(nb::object(array.attr("dtype").attr("name")));
  for (const DType type : {DType::boolean, DType::u8, DType::u16, DType::i32, DType::i64,
                           DType::u64, DType::f32, DType::f64, DType::c64, DType::c128}) {
    if (name_of(type) != dtype) continue;
    Array result(type, shape);
    const nb::object bytes = array.attr("tobytes")();
    const auto content = nb::cast<nb::bytes>(bytes);
    std::memcpy(result.bytes().data(), content.data(), content.size());
    return result;
  }
  throw Error("array: dtype ", dtype,
              " has no place in a file; allowed are bool, uint8, uint16, "
              "int32, int64, uint64, float32, float64, complex64 and complex128");
}

nb::dict to_python(const Archive& archive) {
  nb::dict arrays, attributes;
  for (const auto& [path, array] : archive.arrays) arrays[path.c_str()] = to_python(array);
  for (const auto& [path, values] : archive.attributes)
    attributes[path.c_str()] = to_python(values);
  nb::dict all;
  all["arrays"] = arrays;
  all["attributes"] = attributes;
  return all;
}

Archive to_archive(const nb::dict& dictionary) {
  Archive archive;
  for (auto [path, array] : nb::cast<nb::dict>(nb::object(dictionary["arrays"])))
    archive.arrays[nb::cast<std::string>(path)] = to_array(nb::borrow(array));
  for (auto [path, values] : nb::cast<nb::dict>(nb::object(dictionary["attributes"])))
    archive.attributes[nb::cast<std::string>(path)] = to_values(nb::cast<nb::dict>(values));
  return archive;
}

template <class T>
std::vector<Image<T>> to_images(const nb::list& arrays) {
  std::vector<Image<T>> images;
  for (nb::handle item : arrays) {
    const auto array = nb::cast<nb::ndarray<const T, nb::c_contig, nb::device::cpu>>(item);
    if (array.ndim() != 2 && array.ndim() != 3)
      throw Error("images: an image has ", array.ndim(),
                  " dimensions; (rows, columns) or (rows, columns, channels) is allowed");
    images.emplace_back(
        ImageView<const T>(array.data(), static_cast<std::int64_t>(array.shape(0)),
                           static_cast<std::int64_t>(array.shape(1)),
                           array.ndim() == 3 ? static_cast<std::int64_t>(array.shape(2)) : 1));
  }
  return images;
}
template <class T>
nb::list to_python(std::vector<Image<T>>&& images) {
  nb::list all;
  for (Image<T>& image : images) all.append(to_numpy(std::move(image)));
  return all;
}
template std::vector<Image<float>> to_images(const nb::list&);
template std::vector<Image<double>> to_images(const nb::list&);
template nb::list to_python(std::vector<Image<float>>&&);
template nb::list to_python(std::vector<Image<double>>&&);

Call::Call(std::optional<nb::object> callback, std::optional<int> threads,
           std::optional<double> max_seconds)
    : callback_(std::move(callback)) {
  if (threads && *threads < 0)
    throw Error("threads is ", *threads, "; it must be at least 1, or 0 for all there are");
  if (threads) run_.threads = *threads;
  if (max_seconds) run_.max_seconds = *max_seconds;
  run_.observer = [this](const Progress& progress) { return report(progress); };
}

bool Call::report(const Progress& progress) {
  nb::gil_scoped_acquire interpreter;
  try {
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
    if (!callback_ || callback_->is_none()) return true;
    nb::dict told;
    told["stage"] = std::string(progress.stage);
    told["done"] = progress.done;
    told["total"] = progress.total;
    told["seconds"] = progress.seconds;
    for (const auto& [name, value] : progress.values) told[std::string(name).c_str()] = value;
    nb::object answer = (*callback_)(told);
    return !answer.is(nb::bool_(false));
  } catch (nb::python_error& error) {
    error_.emplace(std::move(error));
    return false;
  }
}

void Call::finish() {
  if (error_) throw std::move(*error_);
}

}  // namespace striate::python
