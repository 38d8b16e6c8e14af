#include "striate/convolutional/detail/descent.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <tuple>

#include "striate/convolutional/convolution.h"
#include "striate/core/parallel.h"
#include "striate/linalg/gemm.h"
#include "striate/linalg/kernels.h"

namespace striate::detail {
namespace {

constexpr std::int64_t tile_side = 16;
constexpr std::int64_t worth_threads = 500;  // visits, some 30 us; the result is the same
constexpr std::int64_t most_filters = 1024;  // whose Gram matrix is kept
constexpr std::int64_t together = 8;         // entries of a position that settle among themselves
constexpr int passes = 20;                   // over these, or
constexpr double settled = 1e-3;             // until a pass moves none by so much of its threshold

template <class T, int bytes>
struct Part {
  typedef T type __attribute__((vector_size(bytes)));
};

// The sum of a vector's lanes, by halves.
template <int bytes, class T, class V>
T sum_lanes(V v) {
  if constexpr (bytes == 16 && sizeof(T) == 4) {
    return (v[0] + v[2]) + (v[1] + v[3]);
  } else if constexpr (bytes == 16) {
    return v[0] + v[1];
  } else {
    typename Part<T, bytes / 2>::type halves[2];
    std::memcpy(halves, &v, sizeof v);
    return sum_lanes<bytes / 2, T>(halves[0] + halves[1]);
  }
}

// <d, r> over rows of so many vectors; vectors = 0: `count` of them.
template <int vectors, class T>
T correlate_patch(std::int64_t rows, std::int64_t count, const T* d, const T* r,
                  std::int64_t stride) {
  if constexpr (vectors == 0) {
    Vector<T> sum = {};
    for (std::int64_t a = 0; a < rows; ++a, r += stride)
      for (std::int64_t v = 0; v < count; ++v, d += lanes<T>)
        sum += load(d) * load(r + v * lanes<T>);
    return sum_lanes<vector_bytes, T>(sum);
  } else {
    // Four chains of sums, or as near to it as the vectors of a row allow.
    constexpr int together = vectors == 1 ? 4 : vectors == 2 ? 2 : 1, chains = together * vectors;
    Vector<T> sums[chains] = {};
    std::int64_t a = 0;
    for (; a + together <= rows; a += together)
      for (int t = 0; t < together; ++t, d += vectors * lanes<T>, r += stride)
        for (int v = 0; v < vectors; ++v)
          sums[t * vectors + v] += load(d + v * lanes<T>) * load(r + v * lanes<T>);
    for (; a < rows; ++a, d += vectors * lanes<T>, r += stride)
      for (int v = 0; v < vectors; ++v) sums[v] += load(d + v * lanes<T>) * load(r + v * lanes<T>);
    if constexpr (chains == 4)
      return sum_lanes<vector_bytes, T>((sums[0] + sums[1]) + (sums[2] + sums[3]));
    else return sum_lanes<vector_bytes, T>((sums[0] + sums[1]) + sums[2]);
  }
}

// r -= change * d, or r -= change * d * omega.
template <int vectors, class T>
void change_patch(std::int64_t rows, std::int64_t count, T change, const T* d, T* r, const T* omega,
                  std::int64_t stride) {
  const std::int64_t all = vectors > 0 ? vectors : count;
  for (std::int64_t a = 0; a < rows; ++a, r += stride)
    for (std::int64_t v = 0; v < all; ++v, d += lanes<T>) {
      Vector<T> step = change * load(d);
      if (omega) step *= load(omega + a * stride + v * lanes<T>);
      const Vector<T> next = load(r + v * lanes<T>) - step;
      std::memcpy(r + v * lanes<T>, &next, sizeof next);
    }
}

std::int64_t whole_vectors(std::int64_t elements, std::int64_t lanes) {
  return (elements + lanes - 1) / lanes;
}

}  // namespace

template <class T>
typename Descent<T>::Axis Descent<T>::cut(std::int64_t positions, std::int64_t reach, bool wraps) {
  const std::int64_t side = std::max(tile_side, reach),
                     tiles = std::max<std::int64_t>(1, positions / side);
  Axis axis;
  axis.tile_of.resize(static_cast<std::size_t>(positions));
  for (std::int64_t t = 0; t < tiles; ++t) {
    std::fill(axis.tile_of.begin() + t * positions / tiles,
              axis.tile_of.begin() + (t + 1) * positions / tiles, static_cast<std::int32_t>(t));
    const bool meets_first = wraps && tiles % 2 == 1 && t == tiles - 1 && t > 0;
    axis.colour_of.push_back(meets_first ? 2 : static_cast<int>(t % 2));
  }
  return axis;
}

template <class T>
Descent<T>::Descent(const ConvolutionalProblem<T>& problem, const ConvolutionalCodes<T>* initial,
                    const Run& run)
    : problem_(problem),
      shape_(problem.shape),
      channels_(problem.bank.channels()),
      width_(shape_.filter_columns * channels_),
      vectors_(whole_vectors(width_, lanes<T>)) {
  const std::int64_t h = shape_.filter_rows, w = shape_.filter_columns, row = vectors_ * lanes<T>;
  const std::int64_t canvas_rows = shape_.rows() + h - 1;
  // A vector that begins on the last tap's element ends in the same row.
  stride_ = whole_vectors((shape_.columns() + w - 1) * channels_ + row, lanes<T>) * lanes<T>;
  canvas_.resize(static_cast<std::size_t>(canvas_rows * stride_));
  taps_.resize(static_cast<std::size_t>(shape_.filters * h * row));
  for (std::int64_t k = 0; k < shape_.filters; ++k)
    for (std::int64_t a = 0; a < h; ++a)
      std::copy_n(problem.bank.filter(k).data() + a * width_, width_,
                  taps_.data() + (k * h + a) * row);

  if (shape_.filters <= most_filters) gram_ = gram(problem.bank.taps(), run.threads);

  plain_rows_[0] = plain_columns_[0] = 0;
  plain_rows_[1] = shape_.rows();
  plain_columns_[1] = shape_.columns();
  if (shape_.boundary != Boundary::inside) {
    plain_rows_[0] = h - 1;
    plain_columns_[0] = w - 1;
    plain_rows_[1] -= h - 1;
    plain_columns_[1] -= w - 1;
  }
  const auto on_canvas = [&](ImageView<const T> image) {
    const Image<T> from = spread(image, shape_);
    AlignedVector<T> to(canvas_.size());
    for (std::int64_t r = 0; r < canvas_rows; ++r)
      std::copy_n(&from(r, 0), from.columns() * channels_, to.data() + r * stride_);
    return to;
  };
  if (problem.data_weights.data) {
    omega_ = on_canvas(problem.data_weights);
  } else if (shape_.boundary == Boundary::linear) {
    Image<T> ones(shape_.image_rows, shape_.image_columns, channels_);
    std::fill_n(ones.data(), ones.size(), T(1));
    omega_ = on_canvas(ones);
  }
  image_ = on_canvas(problem.image);
  for (std::size_t i = 0; i < omega_.size(); ++i) image_[i] *= omega_[i];

  inverse_weights_.resize(
      static_cast<std::size_t>(whole_vectors(shape_.filters, lanes<T>) * lanes<T>));
  for (std::int64_t k = 0; k < shape_.filters; ++k) {
    inverse_weights_[static_cast<std::size_t>(k)] = static_cast<T>(1 / problem.weight(k));
    double least = problem.weight(k);
    if (problem.position_weights.data)
      least *= static_cast<double>(std::ranges::min(problem.position_weights.column(k)));
    reach_ = std::max(reach_,
                      std::sqrt(problem.bank.squared_norms()[static_cast<std::size_t>(k)]) / least);
  }

  const bool wraps = shape_.boundary == Boundary::circular;
  down_ = cut(shape_.rows(), h - 1, wraps);
  // Rows of taps are read and written in whole vectors.
  across_ = cut(shape_.columns(), whole_vectors(row, channels_) - 1, wraps);
  tiles_.resize(static_cast<std::size_t>(down_.tiles() * across_.tiles()));
  for (std::size_t t = 0; t < tiles_.size(); ++t)
    tiles_[t].colour = 3 * down_.colour_of[t / static_cast<std::size_t>(across_.tiles())] +
                       across_.colour_of[t % static_cast<std::size_t>(across_.tiles())];
  if (initial)
    for (std::int64_t r = 0; r < shape_.rows(); ++r)
      for (auto i = std::size_t(initial->starts()[std::size_t(r)]);
           i < std::size_t(initial->starts()[std::size_t(r) + 1]); ++i) {
        Entry e{static_cast<std::int32_t>(r),
                initial->columns()[i],
                initial->filters()[i],
                initial->values()[i],
                0,
                0,
                1};
        measure(e);
        tile_at(e.row, e.column).entries.push_back(e);
      }
  refresh(run);
}

template <class T>
void Descent<T>::refresh(const Run& run) {
  if (entries() == 0) {
    canvas_ = image_;
    return;
  }
  const Image<T> model = spread<T>(synthesize<T>(problem_.bank, codes(), run), shape_);
  for (std::int64_t r = 0; r < model.rows(); ++r)
    for (std::int64_t c = 0; c < model.columns() * channels_; ++c) {
      const auto i = static_cast<std::size_t>(r * stride_ + c);
      const T part = model.data()[r * model.columns() * channels_ + c];
      canvas_[i] = image_[i] - (omega_.empty() ? part : omega_[i] * part);
    }
}

template <class T>
void Descent<T>::measure(Entry& e) const {
  double sum = problem_.bank.squared_norms()[static_cast<std::size_t>(e.filter)];
  if (is_weighted(e.row, e.column)) {
    const T* d = problem_.bank.filter(e.filter).data();
    const T* omega = omega_.data() + e.row * stride_ + e.column * channels_;
    sum = 0;
    for (std::int64_t a = 0; a < shape_.filter_rows; ++a)
      for (std::int64_t b = 0; b < width_; ++b, ++d)
        sum += static_cast<double>(omega[a * stride_ + b]) * static_cast<double>(*d) *
               static_cast<double>(*d);
  }
  e.curvature = static_cast<T>(sum);
  e.inverse = static_cast<T>(sum > 0 ? 1 / sum : 0);
  e.weight = static_cast<T>(problem_.weight(e.filter, e.row, e.column));
}

// After a change of the patch at a position of a circular canvas: the same values on what stands for
// the same pixels.
template <class T>
void Descent<T>::mirror(std::int64_t row, std::int64_t column) {
  const std::int64_t h = shape_.filter_rows, w = shape_.filter_columns,
                     ring = stride_ * shape_.rows(), turn = channels_ * shape_.columns();
  // Elements of the row that are near its beginning, and those beyond its end.
  const std::int64_t first = column * channels_, last = first + width_;
  const std::int64_t near_end = std::min(last, (w - 1) * channels_), beyond = std::max(first, turn);
  const auto copy_ends = [&](T* line) {
    for (std::int64_t i = first; i < near_end; ++i) line[i + turn] = line[i];
    for (std::int64_t i = beyond; i < last; ++i) line[i - turn] = line[i];
  };
  T* line = canvas_.data() + row * stride_;
  for (std::int64_t r = row; r < row + h; ++r, line += stride_) {
    copy_ends(line);
    if (r >= h - 1 && r < shape_.rows()) continue;
    T* twin = r < h - 1 ? line + ring : line - ring;
    for (std::int64_t i = first; i < last; ++i) twin[i] = line[i];
    copy_ends(twin);
  }
}

// Entries of one position share their patch: its correlations are taken once, followed by the Gram
// matrix of the filters while the entries settle among themselves, and then the patch is changed.
template <class T>
template <int vectors>
double Descent<T>::visit(Tile& tile, double level) {
  const std::int64_t h = shape_.filter_rows, size = h * vectors_ * lanes<T>;
  const bool wraps = shape_.boundary == Boundary::circular, positive = problem_.positive;
  // The value that is best for an entry whose correlation is c.
  const auto best = [&](const Entry& e, T c) {
    const T v = c + e.curvature * e.value;
    const T cut = static_cast<T>(level) * e.weight;
    return (v > cut ? v - cut : v < -cut && !positive ? v + cut : T(0)) * e.inverse;
  };
  const auto in_thresholds = [&](const Entry& e, T change) {
    return std::abs(change) * e.curvature / e.weight;
  };
  T largest = 0;
  T c[together], before[together];
  const auto entries = std::ssize(tile.entries);
  for (std::int64_t first = 0, count = 1; first < entries; first += count) {
    Entry* e = &tile.entries[static_cast<std::size_t>(first)];
    const std::int64_t row = e->row, column = e->column, at = row * stride_ + column * channels_;
    const bool weighted = is_weighted(row, column);
    const std::int64_t most = weighted || gram_.columns() == 0 ? 1 : together;
    for (count = 1; count < most && first + count < entries && e[count].row == row &&
                    e[count].column == column;)
      ++count;
    for (std::int64_t i = 0; i < count; ++i) {
      before[i] = e[i].value;
      c[i] = correlate_patch<vectors>(h, vectors_, taps_.data() + e[i].filter * size,
                                      canvas_.data() + at, stride_);
    }
    if (count == 1) {
      e->value = best(*e, c[0]);
    } else {
      T moved = std::numeric_limits<T>::infinity();
      for (int pass = 0; pass < passes && moved > static_cast<T>(settled * level); ++pass) {
        moved = 0;
        for (std::int64_t i = 0; i < count; ++i) {
          const T next = best(e[i], c[i]), change = next - e[i].value;
          if (change == T(0)) continue;
          e[i].value = next;
          moved = std::max(moved, in_thresholds(e[i], change));
          for (std::int64_t j = 0; j < count; ++j) c[j] -= change * gram_(e[j].filter, e[i].filter);
        }
      }
    }
    bool changed = false;
    for (std::int64_t i = 0; i < count; ++i) {
      const T change = e[i].value - before[i];
      if (change == T(0)) continue;
      changed = true;
      largest = std::max(largest, in_thresholds(e[i], change));
      change_patch<vectors>(h, vectors_, change, taps_.data() + e[i].filter * size,
                            canvas_.data() + at, weighted ? omega_.data() + at : nullptr, stride_);
    }
    if (changed && wraps && !plain(row, column)) mirror(row, column);
  }
  return static_cast<double>(largest) / level;
}

template <class T>
double Descent<T>::visit_any(Tile& tile, double level) {
  switch (vectors_) {
    case 1:
      return visit<1>(tile, level);
    case 2:
      return visit<2>(tile, level);
    case 3:
      return visit<3>(tile, level);
    default:
      return visit<0>(tile, level);
  }
}

template <class T>
double Descent<T>::sweep(double level, double small, int sweeps,
                         const std::function<bool()>& stopping, const Run& run) {
  const std::int64_t high = down_.tiles(), wide = across_.tiles();
  const bool wraps = shape_.boundary == Boundary::circular;
  std::vector<char> due(tiles_.size());
  for (std::size_t t = 0; t < due.size(); ++t) due[t] = !tiles_[t].entries.empty();
  RunState state(run);
  double largest = 0;
  for (int sweep = 0; sweep < sweeps && !stopping(); ++sweep) {
    largest = 0;
    for (int colour = 0; colour < 9; ++colour) {
      std::vector<std::int64_t> chosen;
      for (std::size_t t = 0; t < tiles_.size(); ++t)
        if (due[t] && tiles_[t].colour == colour) chosen.push_back(static_cast<std::int64_t>(t));
      if (chosen.empty()) continue;
      std::vector<double> changes(chosen.size());
      const auto visit_chosen = [&](std::int64_t i, int) {
        changes[std::size_t(i)] = visit_any(tiles_[std::size_t(chosen[std::size_t(i)])], level);
      };
      std::int64_t visits = 0;
      for (std::int64_t t : chosen) visits += std::ssize(tiles_[std::size_t(t)].entries);
      if (visits >= worth_threads) parallel_for(std::ssize(chosen), visit_chosen, state);
      else
        for (std::int64_t i = 0; i < std::ssize(chosen); ++i) visit_chosen(i, 0);
      for (std::int64_t t : chosen) due[std::size_t(t)] = 0;
      for (std::size_t i = 0; i < chosen.size(); ++i) {
        largest = std::max(largest, changes[i]);
        if (changes[i] < small || changes[i] == 0) continue;
        const std::int64_t row = chosen[i] / wide, column = chosen[i] % wide;
        for (std::int64_t r = row - 1; r <= row + 1; ++r)
          for (std::int64_t c = column - 1; c <= column + 1; ++c) {
            if (!wraps && (r < 0 || r >= high || c < 0 || c >= wide)) continue;
            const auto t = static_cast<std::size_t>((r + high) % high * wide + (c + wide) % wide);
            due[t] = !tiles_[t].entries.empty();
          }
      }
    }
    if (std::ranges::count(due, 1) == 0) break;
  }
  for (Tile& tile : tiles_)
    std::erase_if(tile.entries, [](const Entry& e) { return e.value == T(0); });
  return largest;
}

template <class T>
void Descent<T>::add_sums(Scan& result) const {
  const std::int64_t h = shape_.filter_rows;
  // A pixel counts once, wherever the image begins on the canvas.
  const bool linear = shape_.boundary == Boundary::linear;
  const std::int64_t down = linear ? h - 1 : 0, across = linear ? shape_.filter_columns - 1 : 0;
  for (std::int64_t r = 0; r < shape_.image_rows; ++r) {
    const std::int64_t n = shape_.image_columns * channels_,
                       begin = (r + down) * stride_ + across * channels_;
    const T* residual = canvas_.data() + begin;
    result.product += dot<double>(n, problem_.image.data + r * n, residual);
    if (!problem_.data_weights.data) {
      result.squares += dot<double>(n, residual, residual);
      continue;
    }
    for (std::int64_t i = 0; i < n; ++i) {
      const auto omega = static_cast<double>(omega_[static_cast<std::size_t>(begin + i)]);
      const auto x = static_cast<double>(residual[i]);
      if (omega > 0) result.squares += x * x / omega;
    }
  }
  for (const Tile& tile : tiles_)
    for (const Entry& e : tile.entries)
      result.l1 +=
          problem_.weight(e.filter, e.row, e.column) * std::abs(static_cast<double>(e.value));
}

template <class T>
const T* Descent<T>::inverse_weights_at(std::int64_t row, std::int64_t column,
                                        AlignedVector<T>& space) const {
  if (!problem_.position_weights.data) return inverse_weights_.data();
  space.resize(inverse_weights_.size());
  const std::span<T> weights(space.data(), static_cast<std::size_t>(shape_.filters));
  problem_.weights_at(row, column, weights);
  for (T& w : weights) w = 1 / w;
  return space.data();
}

template <class T>
typename Descent<T>::Scan Descent<T>::scan(double level, const Run& run) {
  const std::int64_t h = shape_.filter_rows, row_size = vectors_ * lanes<T>;
  const std::int64_t columns = shape_.columns(), taps = h * width_;
  const std::int64_t k_vectors = std::ssize(inverse_weights_) / lanes<T>;
  const bool first = scanned_.empty();
  if (first) bounds_.resize(static_cast<std::size_t>(shape_.rows() * columns));
  struct Space {
    AlignedVector<T> patches, c, inverse_weights;
    std::vector<std::int32_t> chosen;
    std::vector<double> changes, sums;
  };
  struct Row {
    double largest = 0;
    std::int64_t scanned = 0;
    std::vector<Candidate> candidates;
  };
  RunState state(run);
  std::vector<Space> spaces(static_cast<std::size_t>(workers_for(state)));
  std::vector<Row> rows(static_cast<std::size_t>(shape_.rows()));
  parallel_for(
      shape_.rows(),
      [&](std::int64_t r, int worker) {
        Space& space = spaces[static_cast<std::size_t>(worker)];
        Row& row = rows[static_cast<std::size_t>(r)];
        float* bounds = bounds_.data() + r * columns;
        space.chosen.clear();
        if (first) {
          for (std::int64_t c = 0; c < columns; ++c)
            space.chosen.push_back(static_cast<std::int32_t>(c));
        } else {
          // |D'r| changes by no more than |d| times the norm of what the patch changed by.
          const std::int64_t elements = (columns + shape_.filter_columns - 1) * channels_;
          space.changes.assign(static_cast<std::size_t>(elements), 0);
          for (std::int64_t a = r; a < r + h; ++a)
            for (std::int64_t i = 0; i < elements; ++i) {
              const auto at = static_cast<std::size_t>(a * stride_ + i);
              const auto change = static_cast<double>(canvas_[at] - scanned_[at]);
              space.changes[static_cast<std::size_t>(i)] += change * change;
            }
          space.sums.assign(static_cast<std::size_t>(elements) + 1, 0);
          for (std::int64_t i = 0; i < elements; ++i)
            space.sums[static_cast<std::size_t>(i) + 1] =
                space.sums[static_cast<std::size_t>(i)] +
                space.changes[static_cast<std::size_t>(i)];
          for (std::int64_t c = 0; c < columns; ++c) {
            const double squares = space.sums[static_cast<std::size_t>(c * channels_ + width_)] -
                                   space.sums[static_cast<std::size_t>(c * channels_)];
            // A little more, for what rounding may have hidden.
            const double change =
                std::sqrt(std::max(0.0, squares) + 1e-12 * space.sums.back()) * reach_;
            const double bound = (static_cast<double>(bounds[c]) + change) * (1 + 1e-6);
            if (bound < level) {
              bounds[c] = static_cast<float>(bound);
              row.largest = std::max(row.largest, bound);
            } else {
              space.chosen.push_back(static_cast<std::int32_t>(c));
            }
          }
        }
        const std::int64_t count = std::ssize(space.chosen);
        row.scanned = count;
        if (count == 0) return;
        // Room for the ends of rows and columns that are moved in whole vectors.
        space.patches.resize(
            std::max(space.patches.size(), static_cast<std::size_t>(count * taps + row_size)));
        space.c.resize(
            std::max(space.c.size(), static_cast<std::size_t>(count * shape_.filters + lanes<T>)));
        for (std::int64_t i = 0; i < count; ++i) {
          const T* from = canvas_.data() + r * stride_ + space.chosen[std::size_t(i)] * channels_;
          T* to = space.patches.data() + i * taps;
          for (std::int64_t a = 0; a < h; ++a)
            for (std::int64_t v = 0; v < vectors_; ++v) {
              const Vector<T> part = load(from + a * stride_ + v * lanes<T>);
              std::memcpy(to + a * width_ + v * lanes<T>, &part, sizeof part);
            }
        }
        problem_.bank.correlate({space.patches.data(), taps, count},
                                {space.c.data(), shape_.filters, count});
        for (std::int64_t i = 0; i < count; ++i) {
          const std::int64_t column = space.chosen[std::size_t(i)];
          const T* c = space.c.data() + i * shape_.filters;
          const T* inverse = inverse_weights_at(r, column, space.inverse_weights);
          Vector<T> most = {};
          for (std::int64_t v = 0; v < k_vectors; ++v) {
            const Vector<T> x = load(c + v * lanes<T>) * load(inverse + v * lanes<T>);
            const Vector<T> size = x < T(0) && !problem_.positive ? -x : x;
            most = size > most ? size : most;
          }
          T here = 0;
          for (int l = 0; l < lanes<T>; ++l) here = std::max(here, most[l]);
          const auto bound = static_cast<double>(here);
          bounds[column] = std::nextafter(static_cast<float>(bound), HUGE_VALF);
          row.largest = std::max(row.largest, bound);
          if (bound <= level) continue;
          // What is in the set already is for the sweeps.
          Candidate worst{static_cast<std::int32_t>(r), static_cast<std::int32_t>(column), -1, 0,
                          0};
          const auto& entries = tile_at(r, column).entries;
          const auto used =
              std::ranges::equal_range(entries, std::pair(worst.row, worst.column), {},
                                       [](const Entry& e) { return std::pair(e.row, e.column); });
          T* sizes = space.c.data() + i * shape_.filters;
          for (std::int64_t k = 0; k < shape_.filters; ++k) {
            const T x = sizes[k] * inverse[k];
            sizes[k] = problem_.positive ? x : std::abs(x);
          }
          for (const Entry& e : used) sizes[e.filter] = 0;
          const T* largest = std::max_element(sizes, sizes + shape_.filters);
          const T size = *largest;
          if (size > static_cast<T>(level))
            worst.filter = static_cast<std::int32_t>(largest - sizes);
          worst.size = static_cast<double>(size);
          if (worst.filter >= 0) row.candidates.push_back(worst);
        }
      },
      state);
  scanned_ = canvas_;

  Scan result;
  candidates_.clear();
  for (const Row& row : rows) {
    result.largest = std::max(result.largest, row.largest);
    result.scanned += row.scanned;
    candidates_.insert(candidates_.end(), row.candidates.begin(), row.candidates.end());
  }
  add_sums(result);
  return result;
}

template <class T>
std::int64_t Descent<T>::grow(double level, std::int64_t most) {
  // The scan may have been for a lower level.
  std::erase_if(candidates_, [&](Candidate& c) {
    const double excess = (c.size - level) * problem_.weight(c.filter, c.row, c.column);
    c.score = excess * excess / problem_.bank.squared_norms()[static_cast<std::size_t>(c.filter)];
    return excess <= 0;
  });
  const auto before = [](const Candidate& a, const Candidate& b) {
    return std::tuple(-a.score, a.row, a.column) < std::tuple(-b.score, b.row, b.column);
  };
  if (std::ssize(candidates_) > most) {
    std::nth_element(candidates_.begin(), candidates_.begin() + most, candidates_.end(), before);
    candidates_.resize(static_cast<std::size_t>(most));
  }
  std::vector<char> touched(tiles_.size());
  for (const Candidate& c : candidates_) {
    Entry e{c.row, c.column, c.filter, 0, 0, 0, 1};
    measure(e);
    Tile& tile = tile_at(c.row, c.column);
    tile.entries.push_back(e);
    touched[static_cast<std::size_t>(&tile - tiles_.data())] = 1;
  }
  for (std::size_t t = 0; t < tiles_.size(); ++t)
    if (touched[t]) std::ranges::sort(tiles_[t].entries, {}, &Entry::key);
  return std::ssize(candidates_);
}

template <class T>
std::int64_t Descent<T>::entries() const {
  std::int64_t count = 0;
  for (const Tile& tile : tiles_) count += std::ssize(tile.entries);
  return count;
}

template <class T>
ConvolutionalCodes<T> Descent<T>::codes() const {
  std::vector<Entry> all;
  for (const Tile& tile : tiles_)
    for (const Entry& e : tile.entries)
      if (e.value != T(0)) all.push_back(e);
  std::ranges::sort(all, {}, &Entry::key);
  std::vector<std::int64_t> starts(static_cast<std::size_t>(shape_.rows()) + 1, 0);
  std::vector<std::uint16_t> columns, filters;
  std::vector<T> values;
  for (const Entry& e : all) {
    ++starts[static_cast<std::size_t>(e.row) + 1];
    columns.push_back(static_cast<std::uint16_t>(e.column));
    filters.push_back(static_cast<std::uint16_t>(e.filter));
    values.push_back(e.value);
  }
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  return {shape_, std::move(starts), std::move(columns), std::move(filters), std::move(values)};
}

template class Descent<float>;
template class Descent<double>;

}  // namespace striate::detail
