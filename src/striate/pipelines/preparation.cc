#include "striate/pipelines/preparation.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "striate/images/whiten.h"
#include "striate/io/formats.h"
#include "striate/io/hash.h"
#include "striate/io/image_files.h"

namespace striate {
namespace {

using Paths = std::vector<std::filesystem::path>;

void check_large(const std::string& file, const ImageShape& shape, const PatchSettings& patches) {
  const std::int64_t least = patches.least_side();
  if (shape.rows < least || shape.columns < least)
    throw Error("prepare: ", file, " has an image of ", shape.rows, " x ", shape.columns,
                " pixels; patches of ", patches.patch, " x ", patches.patch, " with a border of ",
                patches.border_in_force(), " need at least ", least, " x ", least);
}

template <class T>
ImageShape shape_of(const Image<T>& image) {
  return {image.rows(), image.columns(), image.channels()};
}

ReadImageSettings reading(const Preprocessing& p) {
  return {.pixel_scale = p.pixel_scale, .grey = !p.colour};
}

// All images, each large enough for a patch, and their files; none if they take more bytes.
template <class T>
std::optional<std::vector<Image<T>>> read_few_images(const Paths& paths, const Preprocessing& p,
                                                     std::int64_t most_bytes,
                                                     std::vector<std::string>& files) {
  std::vector<Image<T>> all;
  std::int64_t bytes = 0;
  const auto fits = [&](std::int64_t values) {
    return values <= (most_bytes - bytes) / static_cast<std::int64_t>(sizeof(T));
  };
  for (const auto& path : paths) {
    if (!format_of(path).image && !fits(open_array(path)->size())) return {};
    for (Image<T>& image : read_images<T>(std::span(&path, 1), reading(p))) {
      check_large(path.string(), shape_of(image), p.patches);
      if (!fits(image.size())) return {};
      bytes += image.size() * static_cast<std::int64_t>(sizeof(T));
      files.push_back(path.string());
      all.push_back(std::move(image));
    }
  }
  return all;
}

WhitenSettings whiten_settings(const Preprocessing& p) {
  return {.filter = p.whiten == Whitening::filter, .cutoff = p.cutoff, .variance = p.variance};
}

// Whitens in place; fills in the factor where it is not given.
template <class T>
void whiten_images(std::vector<Image<T>>& images, Preprocessing& p) {
  if (p.whiten == Whitening::none) return;
  if (p.factor) {
    const WhiteningState known{.settings = whiten_settings(p), .factor = *p.factor};
    for (Image<T>& image : images) image = whiten(image, known);
  } else {
    auto whitened = whiten(images, whiten_settings(p));
    images = std::move(whitened.images);
    p.factor = whitened.state.factor;
  }
}

// Images that stay in their files, with the factor of all of them.
template <class T>
std::shared_ptr<const ImageFiles<T>> whitened_files(const Paths& paths, Preprocessing& p,
                                                    std::int64_t kept_bytes) {
  const bool find_factor = p.whiten != Whitening::none && !p.factor;
  std::vector<WhiteningShare> shares;
  const auto files = std::make_shared<ImageFiles<T>>(
      paths, reading(p), kept_bytes,
      [&](std::int64_t count) { shares.resize(static_cast<std::size_t>(count)); },
      [&](std::int64_t i, const std::string& file, const Image<T>& image) {
        check_large(file, shape_of(image), p.patches);
        if (find_factor)
          shares[static_cast<std::size_t>(i)] = whitening_share(image, whiten_settings(p));
      });
  if (p.whiten == Whitening::none) return files;
  if (find_factor) p.factor = whitening_state(shares, whiten_settings(p)).factor;
  const WhiteningState state{.settings = whiten_settings(p), .factor = *p.factor};
  files->treat([state](const Image<T>& image) { return whiten(image, state); });
  return files;
}

template <class T>
Prepared<T> prepare_images(const Paths& paths, const Preprocessing& preprocessing,
                           std::int64_t kept_bytes) {
  std::vector<std::string> names;
  if (auto few = read_few_images<T>(paths, preprocessing, kept_bytes / 2, names)) {
    Prepared<T> prepared = prepare(std::move(*few), preprocessing);
    prepared.image_files = std::move(names);
    return prepared;
  }
  Prepared<T> prepared;
  prepared.preprocessing = preprocessing;
  const auto files = whitened_files<T>(paths, prepared.preprocessing, kept_bytes);
  for (std::int64_t i = 0; i < files->size(); ++i) prepared.image_files.push_back(files->file(i));
  prepared.patches = std::make_shared<PatchSource<T>>(std::shared_ptr<const ImageSource<T>>(files),
                                                      preprocessing.patches);
  prepared.signals = prepared.patches;
  const PatchSource<T>& patches = *prepared.patches;
  if (preprocessing.patches.sampling == Sampling::random &&
      patches.size() <= kept_bytes / static_cast<std::int64_t>(sizeof(T)) / patches.dimension()) {
    Matrix<T> all(patches.dimension(), patches.size());
    prepared.patch_means.resize(static_cast<std::size_t>(patches.size()));
    patches.read(0, all, {}, prepared.patch_means);
    prepared.signals = std::make_shared<MatrixSource<T>>(std::move(all));
  }
  return prepared;
}

}  // namespace

template <class T>
std::string Prepared<T>::place(std::int64_t i) const {
  if (patches) {
    const PatchPosition at = patches->position(i);
    const auto image = static_cast<std::size_t>(at.image);
    const std::string file =
        image < image_files.size() ? image_files[image] : join("image ", at.image);
    const bool several = std::ranges::count(image_files, file) > 1;
    return join(file, several ? join(", image ", at.image) : "", ", row ", at.row, ", column ",
                at.column);
  }
  if (!signal_files) return join("signal ", i);
  const auto at = signal_files->place(i);
  return join(at.file, ", signal ", at.row);
}

template <class T>
void Prepared<T>::read_patches(std::int64_t first, MatrixView<T> out,
                               std::span<PatchPosition> positions, std::span<double> means) const {
  if (patch_means.empty()) return patches->read(first, out, positions, means);
  signals->read(first, out);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const std::int64_t at = first + static_cast<std::int64_t>(i);
    positions[i] = patches->position(at);
    means[i] = patch_means[static_cast<std::size_t>(at)];
  }
}

template <class T>
Values Prepared<T>::identity() const {
  Values all = values(preprocessing);
  all.insert(inputs.begin(), inputs.end());
  return all;
}

template <class T>
Prepared<T> prepare(std::vector<Image<T>> images, const Preprocessing& preprocessing) {
  validate("prepare", preprocessing);
  if (images.empty()) throw Error("prepare: no images were given; at least one is needed");
  Prepared<T> prepared;
  prepared.preprocessing = preprocessing;
  prepared.preprocessing.input = InputKind::images;
  whiten_images(images, prepared.preprocessing);
  prepared.images = std::make_shared<const std::vector<Image<T>>>(std::move(images));
  prepared.patches = std::make_shared<PatchSource<T>>(prepared.images, preprocessing.patches);
  prepared.signals = prepared.patches;
  return prepared;
}

template <class T>
Prepared<T> prepare(MatrixView<const T> signals, const Preprocessing& preprocessing) {
  validate("prepare", preprocessing);
  Prepared<T> prepared;
  prepared.preprocessing = preprocessing;
  prepared.preprocessing.input = InputKind::signals;
  prepared.signals = std::make_shared<MatrixSource<T>>(signals);
  return prepared;
}

template <class T>
Prepared<T> prepare(const std::vector<std::string>& inputs, const Preprocessing& preprocessing,
                    std::int64_t kept_bytes) {
  validate("prepare", preprocessing);
  const auto paths = find_images(inputs);
  Preprocessing resolved = preprocessing;
  std::vector<std::unique_ptr<const ArrayFile>> arrays;
  for (const auto& path : paths)
    if (resolved.input != InputKind::images && !format_of(path).image)
      arrays.push_back(open_array(path));
  if (resolved.input == InputKind::automatic) {
    const auto signals =
        std::ranges::count_if(arrays, [](const auto& a) { return a->shape().size() == 2; });
    if (signals != 0 && signals != std::ssize(paths))
      throw Error("prepare: ", signals, " of ", paths.size(),
                  " files hold signals (2-D arrays), the others images; give them apart, or say "
                  "with input which they are");
    resolved.input = signals != 0 ? InputKind::signals : InputKind::images;
  }

  Prepared<T> prepared;
  if (resolved.input == InputKind::images) {
    arrays.clear();
    prepared = prepare_images<T>(paths, resolved, kept_bytes);
  } else {
    if (arrays.size() != paths.size())
      throw Error("prepare: ", paths.size() - arrays.size(), " of ", paths.size(),
                  " files are images; signals are the rows of an array of 2 dimensions");
    prepared.preprocessing = resolved;
    prepared.signal_files = std::make_shared<const SignalFiles<T>>(std::move(arrays));
    prepared.signals = prepared.signal_files;
  }
  std::string names;
  ContentHash contents;
  for (const auto& path : paths) {
    names += (names.empty() ? "" : ", ") + path.filename().string();
    contents.add(hash_of_file(path));
  }
  prepared.inputs = {{"inputs", names}, {"inputs_hash", contents.text()}};
  return prepared;
}

template <class T>
void undo_whitening(std::vector<Image<T>>& images, const Preprocessing& p) {
  if (p.whiten == Whitening::none || !p.factor) return;
  const WhiteningState known{.settings = whiten_settings(p), .factor = *p.factor};
  for (Image<T>& image : images) image = unwhiten(image, known);
}

Preprocessing as_model(const std::string& who, const Preprocessing& model, const Values& asked) {
  Preprocessing wanted = model;
  // New inputs are coded whole unless something else is asked for.
  wanted.patches.sampling = Sampling::grid;
  wanted.patches.border = {};
  wanted.patches.minimum_deviation = 0;
  for (const auto& [name, value] : asked) assign(who, wanted, name, value);
  Preprocessing free = wanted;  // how patches are sampled is free
  free.patches.sampling = model.patches.sampling;
  free.patches.count = model.patches.count;
  free.patches.border = model.patches.border;
  free.patches.stride = model.patches.stride;
  free.patches.minimum_deviation = model.patches.minimum_deviation;
  free.patches.seed = model.patches.seed;
  const Values there = values(model), here = values(free);
  for (const auto& [name, value] : there)
    if (!here.contains(name) || here.at(name) != value)
      throw Error(who, ": ", name, " is ", here.contains(name) ? to_text(here.at(name)) : "",
                  ", but the model was learned with ", to_text(value),
                  "; only how patches are sampled may differ from the model");
  return wanted;
}

#define STRIATE_INSTANTIATE(T)                                                           \
  template struct Prepared<T>;                                                           \
  template Prepared<T> prepare(std::vector<Image<T>>, const Preprocessing&);             \
  template Prepared<T> prepare(MatrixView<const T>, const Preprocessing&);               \
  template Prepared<T> prepare<T>(const std::vector<std::string>&, const Preprocessing&, \
                                  std::int64_t);                                         \
  template void undo_whitening(std::vector<Image<T>>&, const Preprocessing&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
