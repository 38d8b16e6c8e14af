#include "striate/metrics/psnr.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

namespace striate {
namespace {

template <class T>
void check(const char* who, std::span<const T> reference, std::span<const T> image) {
  if (reference.size() != image.size() || reference.empty())
    throw Error(who, ": a reference of ", reference.size(), " values and an image of ",
                image.size(), "; both must have the same number, at least one");
  const auto finite = [](T x) { return std::isfinite(x); };
  if (!std::all_of(reference.begin(), reference.end(), finite))
    throw Error(who, ": the reference has a value that is not finite");
  if (!std::all_of(image.begin(), image.end(), finite))
    throw Error(who, ": the image has a value that is not finite");
}

void check(const char* who, const Peak& peak) {
  const double* value = std::get_if<double>(&peak);
  if (value && !(*value > 0 && std::isfinite(*value)))
    throw Error(who, ": peak is ", *value, "; it must be above 0, or max, global_max or range");
}

template <class T>
double squared_difference(std::span<const T> a, std::span<const T> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += d * d;
  }
  return sum;
}

// global_max of one reference is its own maximum.
template <class T>
double peak_of(std::span<const T> reference, const Peak& peak) {
  if (const double* value = std::get_if<double>(&peak)) return *value;
  const auto [low, high] = std::minmax_element(reference.begin(), reference.end());
  return std::get<PeakRule>(peak) == PeakRule::range
             ? static_cast<double>(*high) - static_cast<double>(*low)
             : static_cast<double>(*high);
}

double decibels(double signal, double error) {
  if (error == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(signal / error);
}

}  // namespace

Peak peak_from(std::string_view who, const Value& value) {
  double number = std::numeric_limits<double>::quiet_NaN();
  if (const auto* text = std::get_if<std::string>(&value)) {
    for (std::size_t i = 0; i < EnumNames<PeakRule>::names.size(); ++i)
      if (*text == EnumNames<PeakRule>::names[i]) return static_cast<PeakRule>(i);
    char* end = nullptr;
    number = std::strtod(text->c_str(), &end);
    if (text->empty() || *end != '\0') number = std::numeric_limits<double>::quiet_NaN();
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    number = static_cast<double>(*integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    number = *real;
  }
  if (!(number > 0 && std::isfinite(number)))
    throw Error(who, ": peak is '", to_text(value),
                "'; it must be max, global_max, range or a number above 0");
  return number;
}

template <class T>
double psnr(std::span<const T> reference, std::span<const T> image, Peak peak) {
  check("psnr", reference, image);
  check("psnr", peak);
  const double top = peak_of(reference, peak);
  if (!(top > 0)) return std::numeric_limits<double>::quiet_NaN();
  return decibels(top * top,
                  squared_difference(reference, image) / static_cast<double>(reference.size()));
}

template <class T>
std::vector<double> psnr_columns(MatrixView<const T> references, Signals<T> images, Peak peak) {
  if (references.rows != images.rows || references.columns != images.columns)
    throw Error("psnr: references of ", references.rows, " x ", references.columns,
                " and images of ", images.rows, " x ", images.columns, "; both must be alike");
  if (peak == Peak(PeakRule::global_max) && !references.empty()) {
    double top = -std::numeric_limits<double>::infinity();
    for (std::int64_t j = 0; j < references.columns; ++j)
      top = std::max(top, peak_of(std::span<const T>(references.column(j)), peak));
    if (!(top > 0))
      return std::vector<double>(static_cast<std::size_t>(references.columns),
                                 std::numeric_limits<double>::quiet_NaN());
    peak = top;
  }
  std::vector<double> figures;
  for (std::int64_t j = 0; j < references.columns; ++j)
    figures.push_back(psnr<T>(references.column(j), images.column(j), peak));
  return figures;
}

template <class T>
double snr(std::span<const T> reference, std::span<const T> image, const SnrSettings& settings) {
  check("snr", reference, image);
  double mean = 0, power = 0;
  if (settings.signal == SnrSignal::variance)
    for (const T x : reference)
      mean += static_cast<double>(x) / static_cast<double>(reference.size());
  for (const T x : reference) {
    const double d = static_cast<double>(x) - mean;
    power += d * d;
  }
  return decibels(power, squared_difference(reference, image));
}

template double psnr(std::span<const float>, std::span<const float>, Peak);
template double psnr(std::span<const double>, std::span<const double>, Peak);
template std::vector<double> psnr_columns(MatrixView<const float>, Signals<float>, Peak);
template std::vector<double> psnr_columns(MatrixView<const double>, Signals<double>, Peak);
template double snr(std::span<const float>, std::span<const float>, const SnrSettings&);
template double snr(std::span<const double>, std::span<const double>, const SnrSettings&);

}  // namespace striate
