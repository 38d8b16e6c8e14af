#include "striate/pipelines/convolutional_job.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "striate/catalog/convolutional_solvers.h"
#include "striate/core/text.h"
#include "striate/core/timing.h"
#include "striate/io/formats.h"
#include "striate/io/hash.h"
#include "striate/io/image_files.h"
#include "striate/io/segments.h"
#include "striate/io/streamed.h"
#include "striate/pipelines/encode_job.h"

namespace striate {
namespace {

namespace fs = std::filesystem;

// For the estimate of a job.
constexpr std::int64_t images_per_sampled = 20, most_sampled = 5;
constexpr std::int64_t centre_sides = 4;  // of the filters, that a centre has at least
constexpr double bytes_per_array = 600;   // in an .h5 file, beside its elements

void add(ContentHash& hash, const Values& values) {
  for (const auto& [name, value] : values) hash.add(join(name, "=", to_text(value)));
}

template <class T>
std::string job_hash(const NamedImages<T>& images, const FilterModel<T>& model,
                     const ConvolutionalTask<T>& task) {
  ContentHash hash;
  hash.add(model.hash());
  hash.add(task.method);
  for (const Values& part : {task.settings, images.inputs, task.inputs}) add(hash, part);
  hash.add(join(task.channels_apart, task.restorable, images.images->size(), sizeof(T)));
  return hash.text();
}

// What is known of every set of maps: one row each.
struct InfoColumns {
  std::vector<std::uint8_t> status;
  std::vector<std::int64_t> iterations;
  std::vector<double> objective, relative_gap, violation, seconds;

  void add(const ConvolutionalInfo& info) {
    status.push_back(static_cast<std::uint8_t>(info.status));
    iterations.push_back(info.iterations);
    objective.push_back(info.objective);
    relative_gap.push_back(info.relative_gap);
    violation.push_back(info.violation);
    seconds.push_back(info.seconds);
  }
  void add(const Archive& archive) {
    each([&](const char* name, auto& column) {
      using V = typename std::remove_reference_t<decltype(column)>::value_type;
      const auto more = archive.at(name).template as<V>();
      column.insert(column.end(), more.begin(), more.end());
    });
  }
  void to(Archive& archive) {
    each([&](const char* name, auto& column) {
      using V = typename std::remove_reference_t<decltype(column)>::value_type;
      archive.arrays[name] = Array::from<V>(column, {std::ssize(column)});
    });
  }

 private:
  void each(const auto& f) {
    f("info/status", status);
    f("info/iterations", iterations);
    f("info/objective", objective);
    f("info/relative_gap", relative_gap);
    f("info/violation", violation);
    f("info/seconds", seconds);
  }
};

// Image i of a part of the file or of the whole of it, whose first is `first`.
CodedImage coded_image(const Archive& archive, std::int64_t i, std::int64_t first,
                       std::int64_t per_image) {
  CodedImage coded;
  coded.name = archive.get<std::string>("images/" + numbered(i), "name");
  double gap = 0, places = 0;
  for (std::int64_t set = i * per_image; set < (i + 1) * per_image; ++set) {
    const std::string place = numbered(set);
    const auto row = static_cast<std::size_t>(set - first * per_image);
    const auto number = [&](const char* name) {
      return archive.at(join("info/", name)).template as<double>()[row];
    };
    const auto status = static_cast<Status>(archive.at("info/status").as<std::uint8_t>()[row]);
    if (coded.status == Status::converged) coded.status = status;
    coded.iterations += archive.at("info/iterations").as<std::int64_t>()[row];
    coded.objective += number("objective");
    gap += number("relative_gap") * number("objective");
    coded.violation = std::max(coded.violation, number("violation"));
    coded.seconds += number("seconds");
    coded.method = archive.get<std::string>(place, "method");
    if (const Value why = archive.attribute(place, "why"); std::holds_alternative<std::string>(why))
      coded.why = std::get<std::string>(why);
    coded.nonzeros += archive.at(place + "/maps/data").size();
    const auto filter_shape = archive.get<std::vector<double>>(place + "/maps", "filter_shape");
    const auto image_shape = archive.get<std::vector<double>>(place + "/maps", "image_shape");
    const auto boundary = archive.get<std::string>(place + "/maps", "boundary");
    MapShape shape{.image_rows = std::int64_t(image_shape[0]),
                   .image_columns = std::int64_t(image_shape[1]),
                   .filter_rows = std::int64_t(filter_shape[1]),
                   .filter_columns = std::int64_t(filter_shape[2]),
                   .filters = std::int64_t(filter_shape[0])};
    for (std::size_t b = 0; b < EnumNames<Boundary>::names.size(); ++b)
      if (boundary == EnumNames<Boundary>::names[b]) shape.boundary = static_cast<Boundary>(b);
    places += static_cast<double>(shape.size());
  }
  coded.relative_gap = coded.objective > 0 ? gap / coded.objective : gap;
  coded.sparseness = 1 - static_cast<double>(coded.nonzeros) / places;
  return coded;
}

template <class T>
Image<T> channel_of(const Image<T>& image, std::int64_t channel) {
  Image<T> one(image.rows(), image.columns());
  for (std::int64_t p = 0; p < one.size(); ++p)
    one.data()[p] = image.data()[p * image.channels() + channel];
  return one;
}

// Weights of pixels as weights of all values.
template <class T>
Image<T> for_channels(const Image<T>& weights, std::int64_t channels) {
  if (weights.size() == 0 || weights.channels() == channels || weights.channels() != 1)
    return weights;
  Image<T> all(weights.rows(), weights.columns(), channels);
  for (std::int64_t i = 0; i < all.size(); ++i) all.data()[i] = weights.data()[i / channels];
  return all;
}

Array array_of(const auto& image) {
  using T = std::remove_cvref_t<decltype(*image.data())>;
  return Array::from<T>(std::span(image.data(), static_cast<std::size_t>(image.size())),
                        {image.rows(), image.columns(), image.channels()});
}

template <class T>
void add_maps(Archive& archive, std::int64_t set, const ConvolutionalCodes<T>& codes,
              const ConvolutionalInfo& info, InfoColumns& columns) {
  const std::string place = numbered(set);
  archive.insert(place, codes.to_archive());
  archive.attributes[place]["method"] = info.method;
  if (!info.why.empty()) archive.attributes[place]["why"] = info.why;
  columns.add(info);
}

template <class T>
void add_image(Archive& archive, std::int64_t i, const std::string& name,
               const PreparedImage<T>& prepared, bool restorable) {
  const std::string about = "images/" + numbered(i);
  archive.attributes[about] = {{"name", name},
                               {"rows", prepared.image.rows()},
                               {"columns", prepared.image.columns()},
                               {"channels", prepared.image.channels()}};
  if (!restorable) return;
  for (const auto& [part, away] : {std::pair{"/background", &prepared.background},
                                   {"/gain", &prepared.gain},
                                   {"/lost", &prepared.lost}})
    if (away->size() > 0) archive.arrays[about + part] = array_of(*away);
}

Boundary boundary_of(const Values& given) {
  ConvolutionalSettings settings;
  if (const auto boundary = given.find("boundary"); boundary != given.end())
    assign("encode", settings, "boundary", boundary->second);
  return settings.boundary;
}

// What keeps codes of these maps from being codes of others: "its codes are of 3 filters, not of 4".
std::string difference(const MapShape& there, const MapShape& here) {
  if (there.filters != here.filters)
    return join("its codes are of ", there.filters, " filters, not of ", here.filters);
  if (there.filter_rows != here.filter_rows || there.filter_columns != here.filter_columns)
    return join("its codes are of filters of ", there.filter_rows, " x ", there.filter_columns,
                " taps, not of ", here.filter_rows, " x ", here.filter_columns);
  if (there.boundary != here.boundary)
    return join("its codes are of the boundary ",
                EnumNames<Boundary>::names[std::size_t(there.boundary)], ", not of ",
                EnumNames<Boundary>::names[std::size_t(here.boundary)]);
  return join("its codes are of an image of ", there.image_rows, " x ", there.image_columns,
              " pixels, not of ", here.image_rows, " x ", here.image_columns);
}

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text;
  for (const std::int64_t size : shape) text += (text.empty() ? "" : ", ") + join(size);
  return "(" + text + ")";
}

// Part of an image.
struct Window {
  std::int64_t top = 0, left = 0, rows = 0, columns = 0;
};
template <class T>
Image<T> cut(const Image<T>& image, const Window& window) {
  if (image.size() == 0) return image;
  Image<T> part(window.rows, window.columns, image.channels());
  for (std::int64_t r = 0; r < window.rows; ++r)
    std::copy_n(&image(window.top + r, window.left), window.columns * image.channels(),
                &part(r, 0));
  return part;
}

// The codes that each image begins with, as numbers of those that are given.
template <class T>
std::vector<std::int64_t> matched(const NamedImages<T>& images, const ConvolutionalTask<T>& task) {
  const CodedImages<T>& given = *task.initial;
  const std::int64_t count = images.images->size(), whole = std::max(images.whole, count);
  std::map<std::string, std::int64_t> numbers;
  for (std::int64_t i = 0; i < given.size(); ++i)
    numbers.emplace(given.names[static_cast<std::size_t>(i)], i);
  const auto known = std::ranges::count_if(
      images.names, [&](const std::string& name) { return numbers.contains(name); });
  if (known == 0 && given.size() != whole)
    throw Error(task.initial_name, ": holds codes of ", given.size(), " images for ", whole,
                ", none of which has a name that is known here; one for each is needed");
  std::vector<std::int64_t> order;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string& name = images.names[static_cast<std::size_t>(i)];
    if (known > 0 && !numbers.contains(name))
      throw Error(task.initial_name, ": holds no codes of ", name);
    order.push_back(known > 0 ? numbers.at(name) : images.first + i);
  }
  return order;
}

// A job's images and what is done to them.
template <class T>
class ImageCoder {
 public:
  // Refuses what does not fit together, before anything is written.
  ImageCoder(const NamedImages<T>& images, const FilterModel<T>& model,
             const ConvolutionalTask<T>& task)
      : images_(images), model_(model), task_(task), bank_(model.bank()) {
    const ImageSource<T>& source = *images.images;
    boundary_ = boundary_of(task.settings);
    if (task.initial) {
      order_ = matched(images, task);
      const std::int64_t apart = task.channels_apart ? source.shape(0).channels : 0;
      if (task.initial->channels_apart != apart)
        throw Error(task.initial_name, ": its codes are of ",
                    channels_text(task.initial->channels_apart), ", not of ", channels_text(apart));
    }
    for (std::int64_t i = 0; i < source.size(); ++i) {
      const ImageShape shape = source.shape(i);
      if (task.channels_apart ? bank_.channels() != 1 : shape.channels != bank_.channels())
        throw Error(name(i), ": image has ", shape.channels, " channels, the filters ",
                    bank_.channels(),
                    task.channels_apart ? "; channels coded apart need filters of one"
                    : bank_.channels() > 1 && shape.channels == 1
                        ? "; filters of colour need images of colour"
                        : "; they must agree, or channels be coded apart");
      if (task.channels_apart && shape.channels != source.shape(0).channels)
        throw Error(name(i), ": image has ", shape.channels, " channels, ", name(0), " has ",
                    source.shape(0).channels,
                    "; coded apart they must be as many in all images of a file");
      check_maps(name(i), maps_of(i));
      check_penalty_weights(i);
      check_initial(i);
    }
  }

  std::int64_t size() const { return images_.images->size(); }
  std::int64_t sets_per_image() const {
    return task_.channels_apart ? images_.images->shape(0).channels : 1;
  }
  const std::string& name(std::int64_t i) const {
    return images_.names[static_cast<std::size_t>(i)];
  }

  ImageShape shape(std::int64_t i) const { return images_.images->shape(i); }

  // An image's part of the file, or that of a window of it; nothing if the run was stopped on the way, or if the time was over
  // and not all of the image's maps are there. `limited`: the time was over.
  struct Coded {
    std::optional<Archive> archive;
    bool limited = false;
    std::int64_t peak_bytes = 0;  // of the coding
  };
  Coded code(std::int64_t i, const Run& run, const std::optional<Window>& window = {}) {
    const Stopwatch watch;
    std::shared_ptr<const Image<T>> image = images_.images->image(i);
    const std::int64_t channels = image->channels();
    Image<T> weights = for_channels(
        task_.data_weights ? task_.data_weights(images_.first + i) : Image<T>(), channels);
    if (window) {
      image = std::make_shared<const Image<T>>(cut(*image, *window));
      weights = cut(weights, *window);
    }
    const PreparedImage<T> prepared = prepare_image(*image, model_.preparation, weights);
    const Matrix<T> penalty_weights = penalty_weights_of(i, window);
    Coded coded;
    Archive archive;
    InfoColumns columns;
    const std::int64_t sets = sets_per_image();
    for (std::int64_t c = 0; c < sets; ++c) {
      Run rest = run;
      rest.max_seconds = run.max_seconds - watch.seconds();
      const bool apart = task_.channels_apart;
      const Image<T> plane = apart ? channel_of(prepared.image, c) : Image<T>();
      const Image<T> own = apart && weights.size() > 0 ? channel_of(weights, c) : Image<T>();
      ConvolutionalInputs<T> inputs;
      if (weights.size() > 0) inputs.data_weights = (apart ? own : weights).view();
      if (task_.penalty_weights) inputs.penalty_weights = penalty_weights;
      if (task_.initial && !window) inputs.initial = &initial_of(i, c);
      auto result =
          encode_convolutional<T>(task_.method, bank_, (apart ? plane : prepared.image).view(),
                                  task_.settings, inputs, rest);
      if (result.info.status == Status::stopped) return coded;
      coded.peak_bytes = std::max(coded.peak_bytes, result.info.peak_bytes);
      coded.limited = coded.limited || result.info.status == Status::time_limit;
      add_maps(archive, i * sets + c, result.codes, result.info, columns);
    }
    columns.to(archive);
    add_image(archive, i, name(i), prepared, task_.restorable);
    coded.archive = std::move(archive);
    return coded;
  }

 private:
  static std::string channels_text(std::int64_t apart) {
    return apart == 0 ? "channels together" : join(apart, " channels apart");
  }
  MapShape maps_of(std::int64_t i) const {
    return bank_.maps(shape(i).rows, shape(i).columns, boundary_);
  }

  void check_penalty_weights(std::int64_t i) const {
    if (!task_.penalty_weights) return;
    const auto& given = task_.penalty_weights->shape();
    const std::int64_t whole = std::max(images_.whole, size());
    const bool each = given.size() == 4;
    if (each && given.front() != whole)
      throw Error(task_.penalty_weights_name, ": penalty_weights has ", given.front(),
                  " items; there are ", whole, " images");
    const MapShape maps = maps_of(i);
    const std::vector<std::int64_t> wanted = {maps.filters, maps.rows(), maps.columns()};
    const auto own = std::span(given).subspan(each ? 1 : 0);
    if (!std::ranges::equal(own, wanted))
      throw Error(task_.penalty_weights_name, ": penalty_weights has shape ", shape_text(own),
                  "; one number, (K,) = (", maps.filters, ",) or that of the maps, ",
                  shape_text(wanted), " of ", name(i), ", is needed");
  }

  // Of a window: those of its positions. Empty: none are given.
  Matrix<T> penalty_weights_of(std::int64_t i, const std::optional<Window>& window) {
    if (!task_.penalty_weights) return {};
    const ArrayFile& file = *task_.penalty_weights;
    const MapShape maps = maps_of(i);
    const bool each = file.shape().size() == 4;
    if (each || whole_weights_.size() == 0) {
      const Array given = each ? file.read(images_.first + i, 1) : file.read(0, file.rows());
      const std::vector<T> values = given.template to<T>();
      whole_weights_ = Matrix<T>(maps.rows() * maps.columns(), maps.filters);
      std::copy(values.begin(), values.end(), whole_weights_.data());
    }
    if (!window) return whole_weights_;
    const MapShape part = bank_.maps(window->rows, window->columns, boundary_);
    Matrix<T> own(part.rows() * part.columns(), part.filters);
    for (std::int64_t k = 0; k < part.filters; ++k)
      for (std::int64_t r = 0; r < part.rows(); ++r)
        for (std::int64_t c = 0; c < part.columns(); ++c)
          own(r * part.columns() + c, k) =
              whole_weights_((window->top + r) * maps.columns() + window->left + c, k);
    return own;
  }

  const ConvolutionalCodes<T>& initial_of(std::int64_t i, std::int64_t channel) const {
    const auto set = order_[static_cast<std::size_t>(i)] * task_.initial->per_image() + channel;
    return task_.initial->maps[static_cast<std::size_t>(set)];
  }
  void check_initial(std::int64_t i) const {
    if (!task_.initial) return;
    for (std::int64_t channel = 0; channel < task_.initial->per_image(); ++channel)
      if (const MapShape there = initial_of(i, channel).shape(); there != maps_of(i))
        throw Error(task_.initial_name, ": ", name(i), ": ", difference(there, maps_of(i)));
  }

  const NamedImages<T>& images_;
  const FilterModel<T>& model_;
  const ConvolutionalTask<T>& task_;
  const FilterBank<T> bank_;
  Boundary boundary_;
  std::vector<std::int64_t> order_;  // of the initial codes, one per image
  Matrix<T> whole_weights_;          // penalty weights that were read last
};

// Images of another source, `count` from `first` on.
template <class T>
class SomeImages : public ImageSource<T> {
 public:
  SomeImages(std::shared_ptr<const ImageSource<T>> all, std::int64_t first, std::int64_t count)
      : all_(std::move(all)), first_(first), count_(count) {}
  std::int64_t size() const override { return count_; }
  ImageShape shape(std::int64_t i) const override { return all_->shape(first_ + i); }
  std::shared_ptr<const Image<T>> image(std::int64_t i) const override {
    return all_->image(first_ + i);
  }

 private:
  std::shared_ptr<const ImageSource<T>> all_;
  std::int64_t first_, count_;
};

// The segments of a job as one file. Elements stay in the segments; what is noted here is small.
class JoinedImages {
 public:
  void add(std::int64_t segment, const Archive& part) {
    columns_.add(part);
    for (const auto& [name, array] : part.arrays)
      if (!name.starts_with("info/")) from_[name] = {segment, array.dtype(), array.shape()};
    for (const auto& [place, values] : part.attributes) attributes_[place] = values;
  }

  StreamedArchive archive(const SegmentReader& segments) {
    StreamedArchive joined;
    columns_.to(about_);
    for (const auto& [name, array] : about_.arrays)
      joined.arrays[name] = {.dtype = array.dtype(),
                             .shape = array.shape(),
                             .produce = [&array](const auto& sink) { sink(array.bytes()); }};
    for (const auto& [name, place] : from_)
      joined.arrays[name] = {
          .dtype = place.dtype,
          .shape = place.shape,
          .produce = [this, &segments, &name, segment = place.segment](const auto& sink) {
            // Arrays come in the order of their names, those of an image one after the other.
            if (segment != open_) part_ = segments.read(segment);
            open_ = segment;
            sink(part_.at(name).bytes());
          }};
    joined.attributes = attributes_;
    return joined;
  }

 private:
  struct Place {
    std::int64_t segment = 0;
    DType dtype = DType::f32;
    std::vector<std::int64_t> shape;
  };
  InfoColumns columns_;
  Archive about_;
  std::map<std::string, Place> from_;
  std::map<std::string, Values> attributes_;
  std::int64_t open_ = -1;
  Archive part_;
};

// How far a solver is with an image, 0 to 1: by its iterations, or its gap on the way from 1 down to
// the tolerance if that is further.
double share_of(const Progress& progress, double tolerance) {
  double share = progress.total > 0
                     ? static_cast<double>(progress.done) / static_cast<double>(progress.total)
                     : 0;
  for (const auto& [name, value] : progress.values)
    if (name == "gap" && value > 0 && tolerance > 0 && tolerance < 1)
      share = std::max(share, std::log(value) / std::log(tolerance));
  return std::clamp(share, 0.0, 1.0);
}

// The filters, as they are kept with codes.
template <class T>
Archive filters_archive(const FilterModel<T>& model) {
  Archive archive = model.to_archive();
  std::erase_if(archive.arrays, [](const auto& at) { return at.first.starts_with("history/"); });
  std::erase_if(archive.attributes, [](const auto& at) { return at.first.starts_with("history"); });
  return archive;
}

template <class T>
Archive about_job(const FilterModel<T>& model, const NamedImages<T>& images,
                  const ConvolutionalTask<T>& task, const std::string& job,
                  std::int64_t sets_per_image) {
  Archive about = filters_archive(model);
  about.attributes[""] = {{"kind", std::string("convolutional_codes")},
                          {"single", images.images->size() == 1},
                          {"channels", task.channels_apart ? sets_per_image : std::int64_t{0}},
                          {"model", model.hash()},
                          {"job", job}};
  about.attributes["coding"] = task.settings;
  about.attributes["coding"]["method"] = task.method;
  about.attributes["provenance"] = images.inputs;
  about.attributes["provenance"].insert(task.inputs.begin(), task.inputs.end());
  if (!task.run.empty()) about.attributes["provenance/run"] = task.run;
  return about;
}

// The report of a job whose output lies there already.
bool finished(const fs::path& output, const std::string& job, std::int64_t count, std::int64_t sets,
              ConvolutionalReport& report, const std::function<void(const CodedImage&)>& told) {
  if (!fs::is_regular_file(output)) return false;
  const Archive archive = load(output);
  if (archive.attribute("", "job") != Value(job)) return false;
  for (std::int64_t i = 0; i < count; ++i) {
    report.images.push_back(coded_image(archive, i, 0, sets));
    if (told) told(report.images.back());
  }
  report.resumed = count;
  return true;
}

}  // namespace

template <class T>
NamedImages<T> open_images(const std::vector<std::string>& inputs,
                           const ImagePreparation& preparation, bool holes) {
  validate("encode", preparation);
  const std::vector<fs::path> paths = find_images(inputs);
  NamedImages<T> named;
  const auto files = std::make_shared<ImageFiles<T>>(
      paths,
      ReadImageSettings{
          .pixel_scale = preparation.pixel_scale, .grey = !preparation.colour, .finite = !holes},
      0, [](std::int64_t) {}, [](std::int64_t, const std::string&, const Image<T>&) {});
  std::string before;
  for (std::int64_t i = 0, within = 0; i < files->size(); ++i) {
    const std::string& file = files->file(i);
    within = file == before ? within + 1 : 0;
    const bool several = within > 0 || (i + 1 < files->size() && files->file(i + 1) == file);
    named.names.push_back(several ? join(file, ", image ", within) : file);
    before = file;
  }
  named.images = files;
  std::string names;
  ContentHash contents;
  for (const fs::path& path : paths) {
    names += (names.empty() ? "" : ", ") + path.filename().string();
    contents.add(hash_of_file(path));
  }
  named.inputs = {{"inputs", names}, {"inputs_hash", contents.text()}};
  return named;
}

template <class T>
NamedImages<T> part_of(const NamedImages<T>& images, const Shard& shard) {
  const std::int64_t whole = images.images->size(), first = shard.first(whole),
                     count = shard.count(whole);
  if (count == 0)
    throw Error("encode: shard ", shard.part, "/", shard.parts, " is empty; there are ", whole,
                " images, so at most ", whole, " parts");
  if (count == whole) return images;
  NamedImages<T> part{.images = std::make_shared<SomeImages<T>>(images.images, first, count),
                      .names = {images.names.begin() + first, images.names.begin() + first + count},
                      .inputs = images.inputs,
                      .first = first,
                      .whole = whole};
  part.inputs["shard"] = join(shard.part, "/", shard.parts);
  return part;
}

template <class T>
void check_coding(const FilterModel<T>& model, const ConvolutionalTask<T>& task) {
  const FilterBank<T> bank = model.bank();
  Image<T> nothing(model.rows, model.columns, model.channels);
  Image<T> ones = nothing;
  std::fill_n(ones.data(), ones.size(), T(1));
  ConvolutionalInputs<T> inputs;
  if (task.data_weights) inputs.data_weights = ones.view();
  const MapShape maps = bank.maps(model.rows, model.columns, boundary_of(task.settings));
  Matrix<T> factors;
  if (task.penalty_weights) {
    factors.resize(maps.rows() * maps.columns(), maps.filters);
    std::fill_n(factors.data(), factors.size(), T(1));
    inputs.penalty_weights = factors;
  }
  const ConvolutionalCodes<T> zero(maps);
  if (task.initial) inputs.initial = &zero;
  encode_convolutional<T>(task.method, bank, nothing.view(), task.settings, inputs);
}

template <class T>
ConvolutionalReport encode_images(const NamedImages<T>& images, const FilterModel<T>& model,
                                  const ConvolutionalTask<T>& task, const fs::path& output,
                                  bool resume, Overwrite overwrite,
                                  const std::function<void(const CodedImage&)>& told,
                                  const Run& run) {
  ImageCoder<T> coder(images, model, task);
  const std::int64_t total = coder.size(), sets = coder.sets_per_image();
  const std::string job = job_hash(images, model, task);
  const fs::path parts = segments_folder(output);
  ConvolutionalReport report;
  if (resume && finished(output, job, total, sets, report, told)) {
    if (fs::exists(parts)) remove_segments(parts);
    return report;
  }
  check_output(output, overwrite);

  SegmentWriter writer(parts, job, resume ? Resume::yes : Resume::discard);
  JoinedImages joined;
  const auto count_in = [&](std::int64_t i, const Archive& part) {
    joined.add(i, part);
    report.images.push_back(coded_image(part, i, i, sets));
    if (told) told(report.images.back());
  };
  {
    const SegmentReader before(writer.folder());
    for (std::int64_t i = 0; i < before.count(); ++i) count_in(i, before.read(i));
    report.resumed = before.count();
  }

  double tolerance = ConvolutionalSettings().tolerance;
  if (const auto given = task.settings.find("tolerance"); given != task.settings.end())
    if (const auto* number = std::get_if<double>(&given->second)) tolerance = *number;
  constexpr std::int64_t steps = 1000;  // of the progress of an image
  RunState state(run, "encode", total * steps);
  for (std::int64_t i = report.resumed; i < total && !state.stopping(); ++i) {
    double furthest = 0;
    Run inner{.stop = run.stop, .threads = run.threads};
    inner.max_seconds = run.max_seconds - state.seconds();
    inner.observer = [&](const Progress& progress) {
      if (!run.observer) return true;
      furthest = std::max(furthest, share_of(progress, tolerance));
      return run.observer({.stage = "encode",
                           .done = i * steps + static_cast<std::int64_t>(furthest * steps),
                           .total = total * steps,
                           .seconds = state.seconds(),
                           .values = progress.values});
    };
    try {
      const auto coded = coder.code(i, inner);
      if (!coded.archive || (coded.limited && i + 1 < total)) {
        report.stopped = coded.limited ? StopReason::time_limit : StopReason::stopped;
        break;
      }
      writer.append(*coded.archive, 1);
      count_in(i, *coded.archive);
    } catch (const Exception& error) {
      if (writer.count() == 0) remove_segments(writer.folder());
      if (dynamic_cast<const IoError*>(&error)) throw;
      throw Error(coder.name(i), ": ", error.what());
    }
  }
  report.seconds = state.seconds();
  if (std::ssize(report.images) < total) {
    if (report.stopped == StopReason::none) report.stopped = state.reason();
    if (writer.count() == 0) remove_segments(writer.folder());
    return report;
  }
  const SegmentReader segments(writer.folder());
  StreamedArchive archive = joined.archive(segments);
  const Archive about = about_job(model, images, task, job, sets);
  StreamedArchive more = streamed(about);
  archive.arrays.merge(more.arrays);
  archive.attributes.merge(more.attributes);
  save(output, archive, overwrite);
  remove_segments(writer.folder());
  report.seconds = state.seconds();
  return report;
}

template <class T>
ConvolutionalEstimate estimate_encode_images(const NamedImages<T>& images,
                                             const FilterModel<T>& model,
                                             const ConvolutionalTask<T>& task, const Run& run) {
  ImageCoder<T> coder(images, model, task);
  const auto values_of = [&](std::int64_t i) {
    return static_cast<double>(coder.shape(i).rows * coder.shape(i).columns *
                               coder.shape(i).channels);
  };
  ConvolutionalEstimate estimate;
  estimate.images = coder.size();
  double all = 0, largest = 0;
  for (std::int64_t i = 0; i < coder.size(); ++i) {
    all += values_of(i);
    largest = std::max(largest, values_of(i));
  }
  std::vector<std::int64_t> sampled = {0};
  std::optional<Window> window;
  std::string words;
  if (const std::int64_t wanted = coder.size() / images_per_sampled; wanted > 0) {
    sampled.clear();
    const std::int64_t count = std::min(wanted, most_sampled);
    for (std::int64_t i = 0; i < count; ++i)
      sampled.push_back((2 * i + 1) * coder.size() / (2 * count));  // the middle of each stretch
    words = join("a sample of ", count);
  } else {
    const ImageShape shape = coder.shape(0);
    const auto side = [](std::int64_t pixels, std::int64_t taps) {
      return std::min(pixels, std::max(pixels / 2, centre_sides * taps));
    };
    window = {.rows = side(shape.rows, model.rows), .columns = side(shape.columns, model.columns)};
    window->top = (shape.rows - window->rows) / 2;
    window->left = (shape.columns - window->columns) / 2;
    words = join("the centre of the first, ", window->rows, " x ", window->columns, " pixels");
  }

  RunState state(run, "encode", std::ssize(sampled));
  double seen = 0, arrays = 0, bytes = 0, nonzeros = 0, most_seen = 0, most_bytes = 0;
  for (const std::int64_t i : sampled) {
    Run inner{.stop = run.stop, .threads = run.threads};
    inner.max_seconds = run.max_seconds - state.seconds();
    try {
      const auto coded = coder.code(i, inner, window);
      if (!coded.archive) return estimate;
      const double values =
          window ? static_cast<double>(window->rows * window->columns * coder.shape(i).channels)
                 : values_of(i);
      seen += values;
      most_seen = std::max(most_seen, values);
      double own = 0;
      for (const auto& [name, array] : coded.archive->arrays) {
        arrays += !name.starts_with("info/");  // those of all images are joined
        own += static_cast<double>(array.bytes().size());
        if (name.ends_with("maps/data")) nonzeros += static_cast<double>(array.size());
      }
      bytes += own;
      // What is kept of an image is held once more on its way to the file.
      most_bytes = std::max(most_bytes, static_cast<double>(coded.peak_bytes) + 2 * own);
    } catch (const Exception& error) {
      if (dynamic_cast<const IoError*>(&error)) throw;
      throw Error(coder.name(i), ": ", error.what());
    }
  }
  const double scale = all / seen, count = static_cast<double>(coder.size());
  estimate.sample = words;
  estimate.seconds = state.seconds() * scale;
  estimate.nonzeros = nonzeros * scale / count;
  estimate.output_bytes =
      bytes * scale + bytes_per_array * arrays * count / static_cast<double>(std::ssize(sampled));
  for (const auto& [name, array] : filters_archive(model).arrays)
    estimate.output_bytes += static_cast<double>(array.bytes().size());
  // The larger images are than those of the sample, the more their coding holds.
  estimate.memory_bytes =
      static_cast<double>(peak_bytes()) + std::max(0.0, largest / most_seen - 1) * most_bytes;
  return estimate;
}

template <class T>
Archive archive_of_image(const FilterModel<T>& model, const ConvolutionalCodes<T>& codes,
                         const ConvolutionalInfo& info, const PreparedImage<T>& prepared,
                         const std::string& name, const Values& coding) {
  Archive archive = filters_archive(model);
  archive.attributes[""] = {{"kind", std::string("convolutional_codes")},
                            {"single", true},
                            {"channels", std::int64_t{0}},
                            {"model", model.hash()}};
  archive.attributes["coding"] = coding;
  InfoColumns columns;
  add_maps(archive, 0, codes, info, columns);
  columns.to(archive);
  add_image(archive, 0, name, prepared, true);
  return archive;
}

#define STRIATE_INSTANTIATE(T)                                                                    \
  template NamedImages<T> open_images(const std::vector<std::string>&, const ImagePreparation&,   \
                                      bool);                                                      \
  template NamedImages<T> part_of(const NamedImages<T>&, const Shard&);                           \
  template void check_coding(const FilterModel<T>&, const ConvolutionalTask<T>&);                 \
  template Archive archive_of_image(const FilterModel<T>&, const ConvolutionalCodes<T>&,          \
                                    const ConvolutionalInfo&, const PreparedImage<T>&,            \
                                    const std::string&, const Values&);                           \
  template ConvolutionalReport encode_images(                                                     \
      const NamedImages<T>&, const FilterModel<T>&, const ConvolutionalTask<T>&, const fs::path&, \
      bool, Overwrite, const std::function<void(const CodedImage&)>&, const Run&);                \
  template ConvolutionalEstimate estimate_encode_images(                                          \
      const NamedImages<T>&, const FilterModel<T>&, const ConvolutionalTask<T>&, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate
