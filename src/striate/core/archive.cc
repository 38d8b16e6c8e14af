#include "striate/core/archive.h"

#include <cmath>
#include <limits>
#include <utility>

namespace striate {
namespace {

template <class T>
struct IsComplex : std::false_type {};
template <class T>
struct IsComplex<std::complex<T>> : std::true_type {};

// Whether `value` survives as a To but for rounding.
template <class To, class From>
bool fits(From value) {
  if constexpr (IsComplex<From>::value) {
    using Part = typename To::value_type;
    return fits<Part>(value.real()) && fits<Part>(value.imag());
  } else if constexpr (IsComplex<To>::value) {
    return fits<typename To::value_type>(value);
  } else if constexpr (std::is_same_v<To, bool>) {
    return value == From(0) || value == From(1);
  } else if constexpr (std::is_floating_point_v<To>) {
    if constexpr (std::is_floating_point_v<From>)
      return !std::isfinite(value) || std::isfinite(static_cast<To>(value));
    return true;
  } else if constexpr (std::is_floating_point_v<From>) {
    // Both limits are powers of two, or round up to one: exact as doubles.
    const double low = static_cast<double>(std::numeric_limits<To>::min());
    const double above = std::ldexp(1.0, std::numeric_limits<To>::digits);
    return value >= low && value < above && value == std::floor(value);
  } else {
    return std::in_range<To>(value);
  }
}

// Calls f with a zero of the C++ type behind `type`; booleans come as their bytes.
template <class F>
void visit_type(DType type, F&& f) {
  switch (type) {
    case DType::boolean:
    case DType::u8:
      return f(std::uint8_t{});
    case DType::u16:
      return f(std::uint16_t{});
    case DType::i32:
      return f(std::int32_t{});
    case DType::i64:
      return f(std::int64_t{});
    case DType::u64:
      return f(std::uint64_t{});
    case DType::f32:
      return f(float{});
    case DType::f64:
      return f(double{});
    case DType::c64:
      return f(std::complex<float>{});
    case DType::c128:
      return f(std::complex<double>{});
  }
}

std::string below(const std::string& prefix, const std::string& path) {
  return prefix.empty() ? path : path.empty() ? prefix : prefix + "/" + path;
}

}  // namespace

std::string_view name_of(DType type) {
  switch (type) {
    case DType::boolean:
      return "bool";
    case DType::u8:
      return "uint8";
    case DType::u16:
      return "uint16";
    case DType::i32:
      return "int32";
    case DType::i64:
      return "int64";
    case DType::u64:
      return "uint64";
    case DType::f32:
      return "float32";
    case DType::f64:
      return "float64";
    case DType::c64:
      return "complex64";
    case DType::c128:
      return "complex128";
  }
  return "unknown";
}

std::size_t size_of(DType type) {
  std::size_t size = 0;
  visit_type(type, [&](auto zero) { size = sizeof zero; });
  return size;
}

Array::Array(DType type, std::vector<std::int64_t> shape) : type_(type), shape_(std::move(shape)) {
  constexpr std::int64_t most = std::numeric_limits<std::ptrdiff_t>::max();
  bool empty = false;
  for (std::int64_t length : shape_) {
    if (length < 0) throw Error("Array: a length of ", length, "; none may be negative");
    empty = empty || length == 0;
  }
  std::int64_t bytes = empty ? 0 : static_cast<std::int64_t>(size_of(type));
  for (std::int64_t length : shape_) {
    if (bytes > 0 && length > most / bytes)
      throw Error("Array: more elements than memory can address");
    bytes *= length;
  }
  bytes_.resize(static_cast<std::size_t>(bytes));
}

std::int64_t Array::size() const {
  return static_cast<std::int64_t>(bytes_.size() / size_of(type_));
}

template <class T>
std::vector<T> Array::to() const {
  std::vector<T> out(static_cast<std::size_t>(size()));
  visit_type(type_, [&](auto zero) {
    using From = decltype(zero);
    if constexpr (IsComplex<From>::value && !IsComplex<T>::value) {
      throw Error("Array: holds ", name_of(type_), " where real numbers are needed");
    } else {
      const auto* from = reinterpret_cast<const From*>(bytes_.data());
      for (std::size_t i = 0; i < out.size(); ++i) {
        const From value = type_ == DType::boolean ? From(from[i] != From(0)) : from[i];
        if (!fits<T>(value))
          throw Error("Array: element ", i, " of ", name_of(type_), " does not fit into ",
                      name_of(dtype_of<T>()));
        out[i] = static_cast<T>(value);
      }
    }
  });
  return out;
}

template <class T>
Matrix<T> Array::to_matrix() const {
  if (shape_.size() != 2) throw Error("Array: ", shape_.size(), " dimensions; a matrix has 2");
  const std::vector<T> values = to<T>();
  Matrix<T> matrix(shape_[1], shape_[0]);
  for (std::size_t i = 0; i < values.size(); ++i) matrix.data()[i] = values[i];
  return matrix;
}

const Array& Archive::at(const std::string& path) const {
  const auto found = arrays.find(path);
  if (found != arrays.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, array] : arrays) {
    names.push_back(names.size() < 20 ? name : "...");
    if (names.size() > 20) break;
  }
  throw Error("Archive: no array '", path, "'; there ",
              names.empty() ? "are none" : join("are ", list_of(names)));
}

Value Archive::attribute(const std::string& path, const std::string& name) const {
  const auto group = attributes.find(path);
  if (group == attributes.end()) return {};
  const auto found = group->second.find(name);
  return found == group->second.end() ? Value{} : found->second;
}

template <class T>
T Archive::get(const std::string& path, const std::string& name) const {
  const Value value = attribute(path, name);
  if (const T* held = std::get_if<T>(&value)) return *held;
  if constexpr (std::is_same_v<T, double>)
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return double(*integer);
  if (std::holds_alternative<std::monostate>(value))
    throw Error("Archive: no attribute '", name, "' at '", path, "'");
  throw Error("Archive: attribute '", name, "' at '", path, "' is ", to_text(value), "; ",
              detail::type_word<T>(), " is needed");
}

Archive Archive::extract(const std::string& prefix) const {
  if (prefix.empty()) return *this;
  const std::string start = prefix + "/";
  Archive part;
  for (const auto& [path, array] : arrays)
    if (path.starts_with(start)) part.arrays[path.substr(start.size())] = array;
  for (const auto& [path, named] : attributes) {
    if (path == prefix) part.attributes[""] = named;
    if (path.starts_with(start)) part.attributes[path.substr(start.size())] = named;
  }
  return part;
}

void Archive::insert(const std::string& prefix, const Archive& part) {
  for (const auto& [path, array] : part.arrays) arrays[below(prefix, path)] = array;
  for (const auto& [path, named] : part.attributes)
    for (const auto& [name, value] : named) attributes[below(prefix, path)][name] = value;
}

template std::vector<bool> Array::to<bool>() const;
template std::vector<std::uint8_t> Array::to<std::uint8_t>() const;
template std::vector<std::uint16_t> Array::to<std::uint16_t>() const;
template std::vector<std::int32_t> Array::to<std::int32_t>() const;
template std::vector<std::int64_t> Array::to<std::int64_t>() const;
template std::vector<std::uint64_t> Array::to<std::uint64_t>() const;
template std::vector<float> Array::to<float>() const;
template std::vector<double> Array::to<double>() const;
template std::vector<std::complex<float>> Array::to<std::complex<float>>() const;
template std::vector<std::complex<double>> Array::to<std::complex<double>>() const;
template Matrix<float> Array::to_matrix<float>() const;
template Matrix<double> Array::to_matrix<double>() const;
template Matrix<std::uint8_t> Array::to_matrix<std::uint8_t>() const;
template Matrix<std::int32_t> Array::to_matrix<std::int32_t>() const;
template Matrix<std::int64_t> Array::to_matrix<std::int64_t>() const;
template Matrix<std::complex<float>> Array::to_matrix<std::complex<float>>() const;
template Matrix<std::complex<double>> Array::to_matrix<std::complex<double>>() const;
template std::string Archive::get<std::string>(const std::string&, const std::string&) const;
template double Archive::get<double>(const std::string&, const std::string&) const;
template std::int64_t Archive::get<std::int64_t>(const std::string&, const std::string&) const;
template bool Archive::get<bool>(const std::string&, const std::string&) const;
template std::vector<double> Archive::get<std::vector<double>>(const std::string&,
                                                               const std::string&) const;

}  // namespace striate
