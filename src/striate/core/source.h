// Signals and images that are read as they are needed: patches of images, files larger than memory,
// arrays. Number i is always the same, whatever was read before.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "striate/core/image.h"
#include "striate/core/matrix.h"

namespace striate {

template <class T>
class SignalSource {
 public:
  virtual ~SignalSource() = default;
  virtual std::int64_t size() const = 0;       // number of signals
  virtual std::int64_t dimension() const = 0;  // rows per signal
  // Fills the columns of `out` with the signals first, first + 1, ...; safe from many threads.
  virtual void read(std::int64_t first, MatrixView<T> out) const = 0;
};

// The columns of a matrix that somebody else keeps.
template <class T>
class MatrixSource : public SignalSource<T> {
 public:
  explicit MatrixSource(MatrixView<const T> signals) : signals_(signals) {}  // must outlive this
  explicit MatrixSource(Matrix<T>&& signals) : kept_(std::move(signals)), signals_(kept_.view()) {}
  MatrixSource(const MatrixSource&) = delete;
  MatrixSource& operator=(const MatrixSource&) = delete;
  std::int64_t size() const override { return signals_.columns; }
  std::int64_t dimension() const override { return signals_.rows; }
  void read(std::int64_t first, MatrixView<T> out) const override {
    if (first < 0 || out.rows != signals_.rows || first + out.columns > signals_.columns)
      throw Error("MatrixSource: signals ", first, " to ", first + out.columns, " of ", out.rows,
                  " rows asked; there are ", signals_.columns, " of ", signals_.rows, " rows");
    for (std::int64_t j = 0; j < out.columns; ++j)
      for (std::int64_t i = 0; i < out.rows; ++i) out(i, j) = signals_(i, first + j);
  }

 private:
  const Matrix<T> kept_;  // empty where somebody else owns the signals
  MatrixView<const T> signals_;
};

template <class T>
class ImageSource {
 public:
  virtual ~ImageSource() = default;
  virtual std::int64_t size() const = 0;  // number of images
  virtual ImageShape shape(std::int64_t i) const = 0;
  // Safe from many threads; the image stays as long as somebody holds it.
  virtual std::shared_ptr<const Image<T>> image(std::int64_t i) const = 0;
};

// Images in memory.
template <class T>
class ImagesInMemory : public ImageSource<T> {
 public:
  explicit ImagesInMemory(std::shared_ptr<const std::vector<Image<T>>> images)
      : images_(std::move(images)) {}
  std::int64_t size() const override { return static_cast<std::int64_t>(images_->size()); }
  ImageShape shape(std::int64_t i) const override {
    return {at(i).rows(), at(i).columns(), at(i).channels()};
  }
  std::shared_ptr<const Image<T>> image(std::int64_t i) const override {
    return {std::shared_ptr<void>(), &at(i)};  // the vector is held here: nothing to count
  }

 private:
  const Image<T>& at(std::int64_t i) const { return (*images_)[static_cast<std::size_t>(i)]; }
  std::shared_ptr<const std::vector<Image<T>>> images_;
};

}  // namespace striate
