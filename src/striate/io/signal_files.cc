#include "striate/io/signal_files.h"

#include <algorithm>
#include <cmath>

namespace striate {
namespace {

constexpr std::int64_t values_at_once = 1 << 19;  // a few MB, converted while they are in the cache

}  // namespace

template <class T>
SignalFiles<T>::SignalFiles(std::vector<std::unique_ptr<const ArrayFile>> files)
    : files_(std::move(files)) {
  if (files_.empty()) throw Error("signals: no file is given");
  for (const auto& file : files_) {
    const auto& shape = file->shape();
    if (shape.size() != 2)
      throw Error("signals: ", file->name(), " holds an array of ", shape.size(),
                  " dimensions; signals are the rows of an array of 2");
    if (file->dtype() == DType::c64 || file->dtype() == DType::c128)
      throw Error("signals: ", file->name(), " holds complex numbers; real ones are needed");
    if (starts_.size() == 1) dimension_ = shape[1];
    if (shape[1] != dimension_)
      throw Error("signals: ", file->name(), " has signals of ", shape[1],
                  " values, the files before it of ", dimension_);
    starts_.push_back(starts_.back() + shape[0]);
  }
}

template <class T>
std::size_t SignalFiles<T>::file_of(std::int64_t i) const {
  return static_cast<std::size_t>(std::upper_bound(starts_.begin(), starts_.end(), i) -
                                  starts_.begin() - 1);
}

template <class T>
auto SignalFiles<T>::place(std::int64_t i) const -> Place {
  if (i < 0 || i >= size()) throw Error("SignalFiles: signal ", i, " asked; there are ", size());
  const std::size_t file = file_of(i);
  return {.file = files_[file]->name(), .row = i - starts_[file]};
}

template <class T>
void SignalFiles<T>::read(std::int64_t first, MatrixView<T> out, bool any) const {
  if (first < 0 || out.rows != dimension_ || first > size() - out.columns)
    throw Error("SignalFiles: signals ", first, " to ", first + out.columns, " of ", out.rows,
                " values asked; there are ", size(), " of ", dimension_);
  const std::int64_t at_once =
      std::max<std::int64_t>(1, values_at_once / std::max<std::int64_t>(1, dimension_));
  for (std::int64_t done = 0; done < out.columns;) {
    const std::int64_t i = first + done;
    const std::size_t number = file_of(i);
    const ArrayFile& file = *files_[number];
    const std::int64_t row = i - starts_[number];
    const std::int64_t count = std::min({at_once, out.columns - done, file.rows() - row});
    const Array rows = file.read(row, count);
    std::vector<T> converted;
    std::span<const T> values;
    if (rows.dtype() == dtype_of<T>()) {
      values = rows.template as<T>();
    } else {
      try {
        converted = rows.template to<T>();
      } catch (const Error& error) {
        throw IoError("signals: ", file.name(), ", signals ", row, " to ", row + count, ": ",
                      error.what());
      }
      values = converted;
    }
    for (std::int64_t j = 0; j < count; ++j) {
      const auto signal = values.subspan(static_cast<std::size_t>(j * dimension_),
                                         static_cast<std::size_t>(dimension_));
      if (!any && !std::ranges::all_of(signal, [](T x) { return std::isfinite(x); }))
        throw IoError("signals: ", file.name(), " holds NaN or infinity (signal ", row + j,
                      "); all numbers must be finite");
      std::ranges::copy(signal, out.column(done + j).begin());
    }
    done += count;
  }
}

template class SignalFiles<float>;
template class SignalFiles<double>;

}  // namespace striate
