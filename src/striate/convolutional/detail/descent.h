// The state of coordinate descent in space (cd.h): the residual on the canvas, and the entries of the
// working set by tiles of positions. The same bits for any number of threads.
#pragma once

#include <cstdint>
#include <functional>
#include <tuple>
#include <vector>

#include "striate/convolutional/certificate.h"
#include "striate/core/observer.h"

namespace striate::detail {

template <class T>
class Descent {
 public:
  // `initial` may be null.
  Descent(const ConvolutionalProblem<T>& problem, const ConvolutionalCodes<T>* initial,
          const Run& run);

  // The residual anew from the code: rounding does not pile up.
  void refresh(const Run& run);

  struct Scan {
    double product = 0, squares = 0;  // s'r and |r|^2, as dual_bound takes them
    double largest = 0;               // of |D'r| / w, or D'r / w if positive
    double l1 = 0;                    // sum of w |x|
    std::int64_t scanned = 0;         // positions that had to be looked at
  };
  // Where |D'r| > level w at a position, its largest entry that is not in the set becomes a candidate.
  Scan scan(double level, const Run& run);
  // The `most` candidates that promise the largest fall of the objective join the set, with value 0.
  // Returns how many did.
  std::int64_t grow(double level, std::int64_t most);

  // Sweeps until no correlation of an entry changes by `small` times its threshold, `sweeps` are done
  // or stopping() says so; then drops the entries that are 0. Returns the largest change of the last
  // sweep in units of the threshold.
  double sweep(double level, double small, int sweeps, const std::function<bool()>& stopping,
               const Run& run);

  std::int64_t entries() const;
  ConvolutionalCodes<T> codes() const;

 private:
  struct Entry {
    std::int32_t row, column, filter;
    T value, curvature, inverse;  // sum omega d^2, and 1 by that
    T weight;                     // of the penalty
    auto key() const { return std::tuple(row, column, filter); }
  };
  struct Candidate {
    std::int32_t row, column, filter;
    double size, score;  // |D'r| / w, and the fall of the objective (but for a factor)
  };
  struct Tile {
    AlignedVector<Entry> entries;  // sorted by row, column and filter
    int colour = 0;
  };
  // Cuts of one axis into tiles.
  struct Axis {
    std::vector<std::int32_t> tile_of;  // by position
    std::vector<int> colour_of;         // by tile
    std::int64_t tiles() const { return std::ssize(colour_of); }
  };

  static Axis cut(std::int64_t positions, std::int64_t reach, bool wraps);
  Tile& tile_at(std::int64_t row, std::int64_t column) {
    return tiles_[static_cast<std::size_t>(down_.tile_of[static_cast<std::size_t>(row)] *
                                               across_.tiles() +
                                           across_.tile_of[static_cast<std::size_t>(column)])];
  }
  // Whether all taps are on the image, and on the canvas once.
  bool plain(std::int64_t row, std::int64_t column) const {
    return row >= plain_rows_[0] && row < plain_rows_[1] && column >= plain_columns_[0] &&
           column < plain_columns_[1];
  }
  bool is_weighted(std::int64_t row, std::int64_t column) const {
    return !omega_.empty() && (problem_.data_weights.data || !plain(row, column));
  }
  void measure(Entry& e) const;  // its curvature and weight
  void mirror(std::int64_t row, std::int64_t column);
  // 1 / w of all filters at a position, filled up with zeros, in `space` if it is not the same for all.
  const T* inverse_weights_at(std::int64_t row, std::int64_t column, AlignedVector<T>& space) const;
  void add_sums(Scan& result) const;  // all but what takes a scan
  template <int vectors>
  double visit(Tile& tile, double level);
  double visit_any(Tile& tile, double level);

  const ConvolutionalProblem<T>& problem_;
  MapShape shape_;
  std::int64_t channels_, width_;  // elements of a filter's row
  std::int64_t vectors_, stride_;  // of a row of taps, in vectors; of the canvas, in elements
  std::int64_t plain_rows_[2], plain_columns_[2];
  AlignedVector<T> taps_;             // rows filled up with zeros to whole vectors
  Matrix<T> gram_;                    // of the filters; empty if they are many
  AlignedVector<T> canvas_, image_;   // residual and image, weighted by omega_
  AlignedVector<T> omega_;            // weight of every element; empty: all 1
  AlignedVector<T> scanned_;          // the canvas at the last scan
  AlignedVector<T> inverse_weights_;  // of the penalty by filter, filled up with zeros
  std::vector<float> bounds_;         // of |D'r| / w by position, at the last scan
  double reach_ = 0;                  // largest norm of a filter over its weight
  Axis down_, across_;
  std::vector<Tile> tiles_;
  std::vector<Candidate> candidates_;
};

}  // namespace striate::detail
