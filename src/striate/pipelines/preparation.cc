#include "striate/pipelines/preparation.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "striate/images/whiten.h"
#include "striate/io/formats.h"
#include "striate/io/hash.h"

namespace striate {
namespace {

// Signals as rows of 2-D arrays, one file behind the other.
template <class T>
class StoredSignals : public MatrixSource<T> {
 public:
  explicit StoredSignals(Matrix<T> signals)
      : StoredSignals(std::make_unique<Matrix<T>>(std::move(signals))) {}

 private:
  explicit StoredSignals(std::unique_ptr<Matrix<T>> signals)
      : MatrixSource<T>(signals->view()), kept_(std::move(signals)) {}
  std::unique_ptr<Matrix<T>> kept_;
};

const Array& only_array(const Archive& archive, const std::string& name) {
  if (archive.has("data")) return archive.at("data");
  if (archive.arrays.size() == 1) return archive.arrays.begin()->second;
  throw Error("prepare: ", name, " holds ", archive.arrays.size(),
              " arrays; one is needed, or one with the name 'data'");
}

// Whether `auto` takes this file for signals.
bool holds_signals(const std::filesystem::path& path) {
  if (format_of(path).image) return false;
  return only_array(load(path), path.string()).shape().size() == 2;
}

template <class T>
Matrix<T> read_signals(const std::vector<std::filesystem::path>& paths) {
  std::vector<Matrix<T>> parts;
  std::int64_t rows = -1, columns = 0;
  for (const auto& path : paths) {
    const Array array = only_array(load(path), path.string());
    if (array.shape().size() != 2)
      throw Error("prepare: ", path.string(), " holds an array of ", array.shape().size(),
                  " dimensions; signals are the rows of an array of 2");
    parts.push_back(array.to_matrix<T>());
    for (std::int64_t j = 0; j < parts.back().columns(); ++j)
      if (!std::ranges::all_of(parts.back().column(j), [](T x) { return std::isfinite(x); }))
        throw Error("prepare: ", path.string(), " holds NaN or infinity (signal ", j,
                    "); all numbers must be finite");
    if (rows >= 0 && parts.back().rows() != rows)
      throw Error("prepare: ", path.string(), " has signals of ", parts.back().rows(),
                  " values, the files before it of ", rows);
    rows = parts.back().rows();
    columns += parts.back().columns();
  }
  Matrix<T> all(rows, columns);
  std::int64_t at = 0;
  for (const Matrix<T>& part : parts) {
    std::copy_n(part.data(), part.size(), all.data() + at * rows);
    at += part.columns();
  }
  return all;
}

// The files' images, each large enough for a patch.
template <class T>
std::vector<Image<T>> read_large_images(const std::vector<std::filesystem::path>& paths,
                                        const Preprocessing& p) {
  const std::int64_t least = p.patches.least_side();
  std::vector<Image<T>> all;
  for (const auto& path : paths)
    for (Image<T>& image :
         read_images<T>(std::span(&path, 1), {.pixel_scale = p.pixel_scale, .grey = !p.colour})) {
      if (image.rows() < least || image.columns() < least)
        throw Error("prepare: ", path.string(), " has an image of ", image.rows(), " x ",
                    image.columns(), " pixels; patches of ", p.patches.patch, " x ",
                    p.patches.patch, " with a border of ", p.patches.border_in_force(),
                    " need at least ", least, " x ", least);
      all.push_back(std::move(image));
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

}  // namespace

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
Prepared<T> prepare(Matrix<T> signals, const Preprocessing& preprocessing) {
  validate("prepare", preprocessing);
  Prepared<T> prepared;
  prepared.preprocessing = preprocessing;
  prepared.preprocessing.input = InputKind::signals;
  prepared.signals = std::make_shared<StoredSignals<T>>(std::move(signals));
  return prepared;
}

template <class T>
Prepared<T> prepare(const std::vector<std::string>& inputs, const Preprocessing& preprocessing) {
  validate("prepare", preprocessing);
  const auto paths = find_images(inputs);
  Preprocessing resolved = preprocessing;
  if (resolved.input == InputKind::automatic) {
    const auto signals = std::ranges::count_if(paths, holds_signals);
    if (signals != 0 && signals != std::ssize(paths))
      throw Error("prepare: ", signals, " of ", paths.size(),
                  " files hold signals (2-D arrays), the others images; give them apart, or say "
                  "with input which they are");
    resolved.input = signals != 0 ? InputKind::signals : InputKind::images;
  }

  Prepared<T> prepared;
  if (resolved.input == InputKind::images) {
    prepared = prepare(read_large_images<T>(paths, resolved), resolved);
  } else {
    prepared = prepare(read_signals<T>(paths), resolved);
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

#define STRIATE_INSTANTIATE(T)                                                            \
  template struct Prepared<T>;                                                            \
  template Prepared<T> prepare(std::vector<Image<T>>, const Preprocessing&);              \
  template Prepared<T> prepare(Matrix<T>, const Preprocessing&);                          \
  template Prepared<T> prepare<T>(const std::vector<std::string>&, const Preprocessing&); \
  template void undo_whitening(std::vector<Image<T>>&, const Preprocessing&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
