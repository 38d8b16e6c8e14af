#include "striate/images/patches.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "striate/core/parallel.h"
#include "striate/core/random.h"

namespace striate {
namespace {

// Positions along one axis of `length` pixels: 0, step, ..., and the last one flush with the end.
std::int64_t positions_along(std::int64_t length, std::int64_t patch, std::int64_t step) {
  return (length - patch + step - 1) / step + 1;
}
std::int64_t place_along(std::int64_t k, std::int64_t length, std::int64_t patch,
                         std::int64_t step) {
  return std::min(k * step, length - patch);
}

}  // namespace

template <class T>
PatchSource<T>::PatchSource(std::shared_ptr<const ImageSource<T>> images,
                            const PatchSettings& settings)
    : images_(std::move(images)), settings_(settings) {
  validate("PatchSource", settings_);
  if (!images_ || images_->size() == 0)
    throw Error("PatchSource: no images; at least one is needed");
  border_ = settings_.border_in_force();
  step_ = settings_.sampling == Sampling::grid  ? settings_.patch
          : settings_.sampling == Sampling::all ? settings_.stride
                                                : 1;
  channels_ = images_->shape(0).channels;
  const std::int64_t patch = settings_.patch, needed = settings_.least_side();
  starts_.assign(1, 0);
  for (std::int64_t i = 0; i < images_->size(); ++i) {
    const ImageShape shape = images_->shape(i);
    if (shape.rows < needed || shape.columns < needed)
      throw Error("PatchSource: image ", i, " has ", shape.rows, " x ", shape.columns,
                  " pixels; patches of ", patch, " x ", patch, " with a border of ", border_,
                  " need at least ", needed, " x ", needed);
    if (shape.channels != channels_)
      throw Error("PatchSource: image ", i, " has ", shape.channels, " channels, image 0 has ",
                  channels_, "; all must have the same number");
    starts_.push_back(starts_.back() +
                      positions_along(shape.rows - 2 * border_, patch, step_) *
                          positions_along(shape.columns - 2 * border_, patch, step_));
    shapes_.push_back(shape);
  }
  if (settings_.minimum_deviation > 0) {
    find_deviation();
    find_kept();
  }
}

template <class T>
PatchSource<T>::PatchSource(std::shared_ptr<const std::vector<Image<T>>> images,
                            const PatchSettings& settings)
    : PatchSource(images ? std::make_shared<const ImagesInMemory<T>>(images) : nullptr, settings) {
  if (settings_.minimum_deviation == 0) find_deviation();
}

template <class T>
PatchSource<T>::PatchSource(const std::vector<Image<T>>& images, const PatchSettings& settings)
    : PatchSource(std::make_shared<const std::vector<Image<T>>>(images), settings) {}

// Looks at every value of every image, twice.
template <class T>
void PatchSource<T>::find_deviation() {
  const std::int64_t count = images_->size();
  std::int64_t values = 0;
  for (const ImageShape& shape : shapes_) values += shape.rows * shape.columns * shape.channels;
  std::vector<double> sums(shapes_.size()), squares(shapes_.size());
  parallel_for(count, [&](std::int64_t i, int) {
    const auto image = images_->image(i);
    double sum = 0;
    for (std::int64_t k = 0; k < image->size(); ++k) {
      if (!std::isfinite(image->data()[k]))
        throw Error("PatchSource: image ", i,
                    " has a value that is not finite; all must be numbers");
      sum += static_cast<double>(image->data()[k]);
    }
    sums[static_cast<std::size_t>(i)] = sum;
  });
  double mean = 0, variance = 0;
  for (double sum : sums) mean += sum / static_cast<double>(values);
  parallel_for(count, [&](std::int64_t i, int) {
    const auto image = images_->image(i);
    double sum = 0;
    for (std::int64_t k = 0; k < image->size(); ++k) {
      const double d = static_cast<double>(image->data()[k]) - mean;
      sum += d * d;
    }
    squares[static_cast<std::size_t>(i)] = sum;
  });
  for (double sum : squares) variance += sum / static_cast<double>(values);
  deviation_ = std::sqrt(variance);
}

template <class T>
std::int64_t PatchSource<T>::size() const {
  if (settings_.sampling == Sampling::random) return settings_.count;
  return settings_.minimum_deviation > 0 ? static_cast<std::int64_t>(kept_.size()) : starts_.back();
}

template <class T>
std::int64_t PatchSource<T>::dimension() const {
  return static_cast<std::int64_t>(settings_.patch) * settings_.patch * channels_;
}

template <class T>
PatchPosition PatchSource<T>::regular(std::int64_t ordinal) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), ordinal);
  const auto number = static_cast<std::size_t>(after - starts_.begin() - 1);
  const ImageShape& shape = shapes_[number];
  const std::int64_t rows = shape.rows - 2 * border_, columns = shape.columns - 2 * border_;
  const std::int64_t across = positions_along(columns, settings_.patch, step_);
  const std::int64_t within = ordinal - starts_[number];
  return {.image = static_cast<std::int64_t>(number),
          .row = border_ + place_along(within / across, rows, settings_.patch, step_),
          .column = border_ + place_along(within % across, columns, settings_.patch, step_)};
}

template <class T>
auto PatchSource<T>::moments(const Image<T>& image, const PatchPosition& at) const -> Moments {
  const std::int64_t width = settings_.patch * channels_;
  const auto n = static_cast<double>(dimension());
  double sum = 0, squares = 0;
  for (int r = 0; r < settings_.patch; ++r) {
    const T* row = &image(at.row + r, at.column);
    for (std::int64_t k = 0; k < width; ++k) sum += static_cast<double>(row[k]);
  }
  const double mean = sum / n;
  for (int r = 0; r < settings_.patch; ++r) {
    const T* row = &image(at.row + r, at.column);
    for (std::int64_t k = 0; k < width; ++k) {
      const double d = static_cast<double>(row[k]) - mean;
      squares += d * d;
    }
  }
  return {mean, std::sqrt(squares / n)};
}

template <class T>
bool PatchSource<T>::flat(const PatchPosition& at) const {
  // An image set without any contrast has deviation 0, and then every patch is flat.
  const double deviation = moments(*images_->image(at.image), at).deviation;
  return deviation < settings_.minimum_deviation * deviation_ || deviation == 0;
}

template <class T>
void PatchSource<T>::find_kept() {
  bool any = false;
  if (settings_.sampling == Sampling::random) {
    // A patch that is not flat is near in most sets; the search ends at the first.
    for (std::int64_t k = 0; k < starts_.back() && !any; ++k) any = !flat(regular(k));
  } else {
    constexpr std::int64_t block = 1024;
    const std::int64_t blocks = (starts_.back() + block - 1) / block;
    std::vector<std::vector<std::int64_t>> kept(static_cast<std::size_t>(blocks));
    parallel_for(blocks, [&](std::int64_t b, int) {
      for (std::int64_t k = b * block; k < std::min(starts_.back(), (b + 1) * block); ++k)
        if (!flat(regular(k))) kept[static_cast<std::size_t>(b)].push_back(k);
    });
    for (const auto& part : kept) kept_.insert(kept_.end(), part.begin(), part.end());
    any = !kept_.empty();
  }
  if (!any)
    throw Error("PatchSource: none of the ", starts_.back(),
                " patches has a standard deviation of at least ", settings_.minimum_deviation,
                " times that of the images (", deviation_, "); lower minimum_deviation");
}

template <class T>
void PatchSource<T>::check(std::int64_t first, std::int64_t count) const {
  if (first < 0 || count < 0 || first + count > size())
    throw Error("PatchSource: patches ", first, " to ", first + count, " asked; there are ",
                size());
}

template <class T>
PatchPosition PatchSource<T>::position(std::int64_t i) const {
  check(i, 1);
  if (settings_.sampling != Sampling::random)
    return regular(kept_.empty() ? i : kept_[static_cast<std::size_t>(i)]);
  Random random(static_cast<std::uint64_t>(settings_.seed), stream("patches"),
                static_cast<std::uint64_t>(i));
  const auto total = static_cast<std::uint64_t>(starts_.back());
  auto ordinal = static_cast<std::int64_t>(random.below(total));
  if (settings_.minimum_deviation == 0) return regular(ordinal);
  constexpr int draws = 1000;
  for (int draw = 1; draw < draws && flat(regular(ordinal)); ++draw)
    ordinal = static_cast<std::int64_t>(random.below(total));
  // Where hardly any patch is good enough, the next one after the last draw is taken.
  while (flat(regular(ordinal))) ordinal = (ordinal + 1) % starts_.back();
  return regular(ordinal);
}

template <class T>
double PatchSource<T>::mean(std::int64_t i) const {
  const PatchPosition at = position(i);
  return settings_.remove_mean ? moments(*images_->image(at.image), at).mean : 0;
}

template <class T>
void PatchSource<T>::read(std::int64_t first, MatrixView<T> out, std::span<PatchPosition> positions,
                          std::span<double> means) const {
  check(first, out.columns);
  if (out.rows != dimension())
    throw Error("PatchSource: ", out.rows, " rows to fill; a patch has ", dimension(), " values");
  std::vector<PatchPosition> places;
  for (std::int64_t j = 0; j < out.columns; ++j) places.push_back(position(first + j));
  std::ranges::copy_n(places.begin(), static_cast<std::ptrdiff_t>(positions.size()),
                      positions.begin());
  // Image by image, so that each is asked for once.
  std::vector<std::int64_t> order(places.size()), ends;
  std::iota(order.begin(), order.end(), 0);
  const auto image_of = [&](std::int64_t j) { return places[static_cast<std::size_t>(j)].image; };
  std::ranges::stable_sort(order, {}, image_of);
  for (std::size_t k = 1; k <= order.size(); ++k)
    if (k == order.size() || image_of(order[k]) != image_of(order[k - 1]))
      ends.push_back(static_cast<std::int64_t>(k));

  const auto copy_patch = [&](const Image<T>& image, std::int64_t j) {
    const PatchPosition& at = places[static_cast<std::size_t>(j)];
    const double mean = settings_.remove_mean ? moments(image, at).mean : 0;
    if (!means.empty()) means[static_cast<std::size_t>(j)] = mean;
    const std::int64_t width = settings_.patch * channels_;
    for (int r = 0; r < settings_.patch; ++r) {
      const T* row = &image(at.row + r, at.column);
      for (std::int64_t k = 0; k < width; ++k)
        out(r * width + k, j) = static_cast<T>(static_cast<double>(row[k]) - mean);
    }
  };
  const auto copy_group = [&](std::int64_t group) {
    std::int64_t k = group ? ends[static_cast<std::size_t>(group) - 1] : 0;
    const auto image = images_->image(image_of(order[static_cast<std::size_t>(k)]));
    for (; k < ends[static_cast<std::size_t>(group)]; ++k)
      copy_patch(*image, order[static_cast<std::size_t>(k)]);
  };
  const auto groups = static_cast<std::int64_t>(ends.size());
  constexpr std::int64_t worth_threads = 1024;  // patches
  if (out.columns >= worth_threads)
    parallel_for(groups, [&](std::int64_t group, int) { copy_group(group); });
  else
    for (std::int64_t group = 0; group < groups; ++group) copy_group(group);
}

template <class T>
Matrix<T> read_all(const SignalSource<T>& source) {
  Matrix<T> signals(source.dimension(), source.size());
  constexpr std::int64_t block = 1024;
  parallel_for((source.size() + block - 1) / block, [&](std::int64_t b, int) {
    const std::int64_t first = b * block, count = std::min(block, source.size() - first);
    source.read(first, signals.view().middle_columns(first, count));
  });
  return signals;
}

template <class T>
Matrix<T> extract_patches(const std::vector<Image<T>>& images, const PatchSettings& settings) {
  // Borrows the images: the source does not outlive this call.
  const std::shared_ptr<const std::vector<Image<T>>> borrowed(std::shared_ptr<void>(), &images);
  return read_all<T>(PatchSource<T>(borrowed, settings));
}

template <class T>
std::vector<Image<T>> assemble_patches(Signals<T> patches, std::span<const PatchPosition> positions,
                                       std::span<const double> means,
                                       std::span<const ImageShape> shapes) {
  const auto n = static_cast<std::size_t>(patches.columns);
  if (positions.size() != n || (!means.empty() && means.size() != n))
    throw Error("assemble_patches: ", n, " patches, ", positions.size(), " positions, ",
                means.size(),
                " means; there must be one position per patch, and as many means or "
                "none");
  std::vector<Image<T>> images;
  std::vector<std::vector<std::size_t>> members(shapes.size());  // patches of each image, in order
  for (const ImageShape& shape : shapes)
    images.emplace_back(shape.rows, shape.columns, shape.channels);
  for (std::size_t i = 0; i < n; ++i) {
    const PatchPosition& at = positions[i];
    if (at.image < 0 || at.image >= static_cast<std::int64_t>(shapes.size()))
      throw Error("assemble_patches: patch ", i, " belongs to image ", at.image, "; there are ",
                  shapes.size());
    const ImageShape& shape = shapes[static_cast<std::size_t>(at.image)];
    const std::int64_t patch = std::llround(
        std::sqrt(static_cast<double>(patches.rows) / static_cast<double>(shape.channels)));
    if (patch * patch * shape.channels != patches.rows)
      throw Error("assemble_patches: patches of ", patches.rows, " values; an image of ",
                  shape.channels, " channels needs a square number times that");
    if (at.row < 0 || at.column < 0 || at.row > shape.rows - patch ||
        at.column > shape.columns - patch)
      throw Error("assemble_patches: patch ", i, " of ", patch, " x ", patch, " pixels at row ",
                  at.row, ", column ", at.column, " leaves image ", at.image, " of ", shape.rows,
                  " x ", shape.columns);
    members[static_cast<std::size_t>(at.image)].push_back(i);
  }
  parallel_for(static_cast<std::int64_t>(shapes.size()), [&](std::int64_t k, int) {
    const auto number = static_cast<std::size_t>(k);
    Image<T>& image = images[number];
    const std::int64_t patch = std::llround(
        std::sqrt(static_cast<double>(patches.rows) / static_cast<double>(image.channels())));
    const std::int64_t width = patch * image.channels();
    std::vector<double> sums(static_cast<std::size_t>(image.size()));
    std::vector<std::int32_t> cover(sums.size());
    for (const std::size_t i : members[number]) {
      const auto column = patches.column(static_cast<std::int64_t>(i));
      const double mean = means.empty() ? 0 : means[i];
      for (std::int64_t r = 0; r < patch; ++r) {
        const std::int64_t start =
            ((positions[i].row + r) * image.columns() + positions[i].column) * image.channels();
        for (std::int64_t c = 0; c < width; ++c) {
          sums[static_cast<std::size_t>(start + c)] +=
              static_cast<double>(column[static_cast<std::size_t>(r * width + c)]) + mean;
          ++cover[static_cast<std::size_t>(start + c)];
        }
      }
    }
    for (std::size_t at = 0; at < sums.size(); ++at)
      image.data()[at] = cover[at] ? static_cast<T>(sums[at] / cover[at]) : T(0);
  });
  return images;
}

#define STRIATE_INSTANTIATE(T)                                                                   \
  template class PatchSource<T>;                                                                 \
  template Matrix<T> read_all(const SignalSource<T>&);                                           \
  template Matrix<T> extract_patches(const std::vector<Image<T>>&, const PatchSettings&);        \
  template std::vector<Image<T>> assemble_patches<T>(Signals<T>, std::span<const PatchPosition>, \
                                                     std::span<const double>,                    \
                                                     std::span<const ImageShape>);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate
