#include "striate/pipelines/encode_job.h"

#include <algorithm>
#include <cmath>

#include "striate/catalog/solvers.h"
#include "striate/io/formats.h"
#include "striate/io/hash.h"
#include "striate/io/segments.h"

namespace striate {
namespace {

constexpr const char* info_prefix = "info/";

std::string job_hash(const std::string& model, const std::string& method, const Values& settings,
                     const Values& identity, std::int64_t segment) {
  ContentHash hash;
  hash.add(model);
  hash.add(method);
  for (const Values& part : {settings, identity})
    for (const auto& [name, value] : part) hash.add(join(name, "=", to_text(value)));
  hash.add(join(segment));
  return hash.text();
}

template <class V, class Get>
Array column(const std::vector<SignalInfo>& signals, Get get) {
  std::vector<V> values;
  values.reserve(signals.size());
  for (const SignalInfo& signal : signals) values.push_back(static_cast<V>(get(signal)));
  return Array::from<V>(values, {static_cast<std::int64_t>(values.size())});
}

template <class T>
Archive segment_archive(const Encoding<T>& encoding) {
  Archive archive = encoding.codes.to_archive();
  const auto& signals = encoding.info.signals;
  archive.arrays["info/status"] =
      column<std::uint8_t>(signals, [](const SignalInfo& s) { return s.status; });
  archive.arrays["info/iterations"] =
      column<std::int32_t>(signals, [](const SignalInfo& s) { return s.iterations; });
  archive.arrays["info/objective"] =
      column<double>(signals, [](const SignalInfo& s) { return s.objective; });
  archive.arrays["info/relative_gap"] =
      column<double>(signals, [](const SignalInfo& s) { return s.relative_gap; });
  return archive;
}

// What the report says of one segment, finished now or by an earlier run.
void add_to_report(EncodeJobReport& report, const Archive& segment) {
  const auto status = segment.at("info/status").as<std::uint8_t>();
  const auto objective = segment.at("info/objective").as<double>();
  const auto gap = segment.at("info/relative_gap").as<double>();
  for (std::size_t i = 0; i < status.size(); ++i) {
    const auto is = static_cast<Status>(status[i]);
    if (is == Status::invalid) {
      ++report.invalid;
    } else {
      report.objective += objective[i];
      report.not_converged += is != Status::converged;
    }
    if (std::isfinite(gap[i]) && (report.worst_signal < 0 || gap[i] > report.worst_gap)) {
      report.worst_gap = gap[i];
      report.worst_signal = report.signals + static_cast<std::int64_t>(i);
    }
  }
  report.signals += static_cast<std::int64_t>(status.size());
  report.nonzeros += segment.at("codes/data").size();
}

// The arrays of all segments one behind the other.
template <class T>
Archive join_segments(const SegmentReader& segments) {
  SparseCodes<T> codes;
  Archive joined;
  std::map<std::string, std::vector<std::byte>> bytes;
  for (std::int64_t i = 0; i < segments.count(); ++i) {
    const Archive part = segments.read(i);
    const auto more = SparseCodes<T>::from_archive(part);
    if (i == 0) codes = SparseCodes<T>(more.atoms());
    codes.append(more);
    for (const auto& [path, array] : part.arrays) {
      if (!path.starts_with(info_prefix)) continue;
      auto& all = bytes[path];
      all.insert(all.end(), array.bytes().begin(), array.bytes().end());
      joined.arrays[path] = Array(array.dtype(), {segments.items()});
    }
  }
  for (auto& [path, all] : bytes) std::ranges::copy(all, joined.arrays[path].bytes().begin());
  joined.insert("", codes.to_archive());
  return joined;
}

// Whether an earlier run has written this job's output already.
bool finished(const std::filesystem::path& output, const std::string& hash,
              EncodeJobReport& report) {
  if (!std::filesystem::is_regular_file(output)) return false;
  const Archive archive = load(output);
  if (archive.attribute("", "job") != Value(hash)) return false;
  add_to_report(report, archive);
  report.resumed = report.signals;
  return true;
}

// Where the patches lie, so that images can be put together again.
template <class T>
void add_patches(Archive& archive, const Prepared<T>& prepared) {
  const PatchSource<T>& patches = *prepared.patches;
  std::vector<std::int64_t> positions;
  std::vector<double> means;
  for (std::int64_t i = 0; i < patches.size(); ++i) {
    const PatchPosition at = patches.position(i);
    positions.insert(positions.end(), {at.image, at.row, at.column});
    means.push_back(patches.mean(i));
  }
  std::vector<std::int64_t> shapes;
  const ImageSource<T>& images = patches.images();
  for (std::int64_t k = 0; k < images.size(); ++k) {
    const ImageShape shape = images.shape(k);
    shapes.insert(shapes.end(), {shape.rows, shape.columns, shape.channels});
  }
  archive.arrays["patches/position"] = Array::from<std::int64_t>(positions, {patches.size(), 3});
  archive.arrays["patches/mean"] = Array::from<double>(means, {patches.size()});
  archive.arrays["images/shape"] = Array::from<std::int64_t>(shapes, {images.size(), 3});
}

template <class T>
SparseCodes<T> codes_of(const Archive& archive, const Model<T>& model, const char* who) {
  const auto codes = SparseCodes<T>::from_archive(archive);
  if (codes.atoms() != model.atoms.columns())
    throw Error(who, ": the codes have ", codes.atoms(), " atoms, the model ",
                model.atoms.columns());
  const Value hash = archive.attribute("", "model");
  if (const auto* text = std::get_if<std::string>(&hash); text && *text != model.hash())
    throw Error(who, ": the codes were made with model ", *text, ", this is model ", model.hash());
  return codes;
}

}  // namespace

template <class T>
EncodeJobReport encode_job(const Prepared<T>& prepared, const Model<T>& model,
                           const std::string& method, const Values& settings,
                           const std::filesystem::path& output, const EncodeJobSettings& job,
                           Overwrite overwrite, const Run& run) {
  validate("encode", job);
  const SignalSource<T>& signals = *prepared.signals;
  if (signals.dimension() != model.atoms.rows())
    throw Error("encode: the signals have ", signals.dimension(), " values each, the atoms ",
                model.atoms.rows());
  const std::string model_hash = model.hash();
  const std::string hash = job_hash(model_hash, method, settings, prepared.identity(), job.segment);
  const std::filesystem::path parts = segments_folder(output);
  EncodeJobReport report;
  if (job.resume && finished(output, hash, report)) {
    if (std::filesystem::exists(parts)) remove_segments(parts);
    return report;
  }
  check_output(output, overwrite);
  const Dictionary<T> dictionary(model.atoms);
  // Refuses method and settings before anything is written.
  encode<T>(method, dictionary, MatrixView<const T>(nullptr, signals.dimension(), 0), settings);

  SegmentWriter writer(parts, hash, job.resume ? Resume::yes : Resume::discard);
  {
    const SegmentReader finished(writer.folder());
    for (std::int64_t i = 0; i < finished.count(); ++i) add_to_report(report, finished.read(i));
    report.resumed = report.signals;
  }

  RunState state(run, "encode", signals.size());
  state.advance(report.signals);
  Run inner{.stop = run.stop, .threads = run.threads};
  Matrix<T> block;
  while (report.signals < signals.size() && !state.stopping()) {
    const std::int64_t first = report.signals;
    block.resize(signals.dimension(), std::min(job.segment, signals.size() - first));
    try {
      signals.read(first, block);
    } catch (const Exception&) {  // a job that never began leaves nothing behind
      if (writer.count() == 0) remove_segments(writer.folder());
      throw;
    }
    // The solver's own progress becomes that of the whole job.
    inner.max_seconds = run.max_seconds - state.seconds();
    inner.observer = [&](const Progress& progress) {
      if (!run.observer) return true;
      return run.observer({.stage = "encode",
                           .done = first + progress.done,
                           .total = signals.size(),
                           .seconds = state.seconds()});
    };
    const Encoding<T> encoding = encode<T>(method, dictionary, block, settings, nullptr, inner);
    if (encoding.info.count(Status::stopped) + encoding.info.count(Status::time_limit) > 0) {
      report.stopped =
          encoding.info.count(Status::stopped) > 0 ? StopReason::stopped : StopReason::time_limit;
      break;
    }
    const Archive segment = segment_archive(encoding);
    writer.append(segment, block.columns());
    add_to_report(report, segment);
    state.advance(block.columns());
    state.report();
  }
  report.seconds = state.seconds();
  if (report.signals < signals.size()) {
    if (report.stopped == StopReason::none) report.stopped = state.reason();
    return report;
  }

  Archive joined = signals.size() > 0 ? join_segments<T>(SegmentReader(writer.folder()))
                                      : SparseCodes<T>(model.atoms.columns()).to_archive();
  if (prepared.patches) add_patches(joined, prepared);
  joined.attributes[""] = {{"kind", std::string("codes")},
                           {"model", model_hash},
                           {"job", hash},
                           {"group_size", std::int64_t{model.group_size}}};
  joined.attributes["coding"] = settings;
  joined.attributes["coding"]["method"] = method;
  joined.attributes["preprocessing"] = values(prepared.preprocessing);
  joined.attributes["provenance"] = prepared.inputs;
  save(output, joined, overwrite);
  remove_segments(writer.folder());
  return report;
}

template <class T>
Matrix<T> decode_signals(const Archive& archive, const Model<T>& model) {
  const SparseCodes<T> codes = codes_of(archive, model, "decode");
  const Dictionary<T> dictionary(model.atoms);
  Matrix<T> signals(dictionary.rows(), codes.signals());
  for (std::int64_t j = 0; j < codes.signals(); ++j)
    synthesize(dictionary, codes[j].indices, codes[j].values, signals.column(j));
  return signals;
}

template <class T>
std::vector<Image<T>> decode_images(const Archive& archive, const Model<T>& model, bool unwhiten) {
  if (!archive.has("patches/position"))
    throw Error("decode: these codes are not of patches of images; decode them as signals");
  const Matrix<T> signals = decode_signals(archive, model);
  Preprocessing preprocessing;
  for (const auto& [name, value] : archive.attributes.at("preprocessing"))
    assign("decode", preprocessing, name, value);

  const auto at = archive.at("patches/position").to<std::int64_t>();
  const auto means = archive.at("patches/mean").to<double>();
  const auto shape = archive.at("images/shape").to<std::int64_t>();
  if (at.size() != 3 * means.size() ||
      static_cast<std::int64_t>(means.size()) != signals.columns() || shape.size() % 3 != 0)
    throw Error("decode: ", signals.columns(), " codes, ", at.size() / 3, " positions and ",
                means.size(), " means of patches; there must be as many of each");
  std::vector<PatchPosition> positions;
  for (std::size_t i = 0; i < means.size(); ++i)
    positions.push_back({at[3 * i], at[3 * i + 1], at[3 * i + 2]});
  std::vector<ImageShape> shapes;
  for (std::size_t i = 0; i < shape.size() / 3; ++i)
    shapes.push_back({shape[3 * i], shape[3 * i + 1], shape[3 * i + 2]});

  auto images = assemble_patches<T>(signals, positions, means, shapes);
  if (unwhiten) undo_whitening(images, preprocessing);
  return images;
}

#define STRIATE_INSTANTIATE(T)                                                                 \
  template EncodeJobReport encode_job(const Prepared<T>&, const Model<T>&, const std::string&, \
                                      const Values&, const std::filesystem::path&,             \
                                      const EncodeJobSettings&, Overwrite, const Run&);        \
  template Matrix<T> decode_signals(const Archive&, const Model<T>&);                          \
  template std::vector<Image<T>> decode_images(const Archive&, const Model<T>&, bool);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
