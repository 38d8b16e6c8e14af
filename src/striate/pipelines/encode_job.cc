#include "striate/pipelines/encode_job.h"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "striate/catalog/solvers.h"
#include "striate/core/random.h"
#include "striate/core/timing.h"
#include "striate/io/formats.h"
#include "striate/io/hash.h"
#include "striate/io/segments.h"
#include "striate/pipelines/join_codes.h"
#include "striate/pipelines/shard.h"

namespace striate {
namespace {

constexpr std::int64_t most_sampled = 1000;     // signals that an estimate codes
constexpr double fixed_bytes = 16384;           // of an .h5 file, beside its elements
constexpr std::int64_t read_at_once = 1 << 18;  // numbers about signals

void add(ContentHash& hash, const Values& values) {
  for (const auto& [name, value] : values) {
    hash.add(name);
    if (const auto* numbers = std::get_if<std::vector<double>>(&value))
      hash.add(std::as_bytes(std::span(*numbers)));
    else hash.add(to_text(value));
  }
}

template <class T>
std::string job_hash(const std::string& model, const CodingTask<T>& task, const Values& identity,
                     std::int64_t segment) {
  ContentHash hash;
  hash.add(model);
  hash.add(task.method);
  for (const Values& part : {task.settings, identity, task.inputs}) add(hash, part);
  hash.add(join(task.path ? "path " : "", segment));
  return hash.text();
}

// Whether a setting has one number for each signal.
bool is_list(const Field& field, const Value& value) {
  const auto* numbers = std::get_if<std::vector<double>>(&value);
  return field.per_signal && numbers && numbers->size() != 1;
}

std::vector<std::string> lists_of(const SolverEntry& entry, const Values& settings) {
  std::vector<std::string> names;
  for (const Field& field : entry.fields())
    if (const auto found = settings.find(field.name);
        found != settings.end() && is_list(field, found->second))
      names.push_back(field.name);
  return names;
}

// A job's signals and what is done to them.
template <class T>
class Coder {
 public:
  // Refuses whatever does not fit together, before anything is written.
  Coder(const Prepared<T>& prepared, const Model<T>& model, const CodingTask<T>& task)
      : prepared_(prepared), task_(task), entry_(solver(task.method)), dictionary_(model.atoms) {
    const SignalSource<T>& signals = *prepared.signals;
    const std::int64_t m = dictionary_.rows(), n = signals.size();
    if (signals.dimension() != m) {
      std::string hint;
      if (!prepared.patches && n == m)
        hint = join("; the signals' array transposed would fit: each row is a signal");
      else if (dictionary_.atoms() == signals.dimension())
        hint = join("; the dictionary transposed would fit: each row is an atom");
      throw Error("encode: the signals have ", signals.dimension(), " values each, the atoms ", m,
                  hint);
    }
    lists_ = lists_of(entry_, task.settings);
    for (const std::string& name : lists_)
      if (const auto count = std::ssize(list(name)); count != n)
        throw Error("encode: ", name, " has ", count, " values for ", n,
                    " signals; one value is needed, or one per signal");
    if (const auto& weights = task.data_weights;
        weights && (weights->dimension() != m || (weights->size() != n && weights->size() != 1)))
      throw Error(
          "encode: ", task.weights_name, " has ", weights->size(), " rows of ",
          weights->dimension(), " values; there must be 1 row, or ", n, ", of ", m,
          weights->dimension() == n && weights->size() == m ? "; transposed it would fit" : "");
    check_coding(dictionary_, task);
  }

  const Dictionary<T>& dictionary() const { return dictionary_; }
  const std::vector<std::string>& lists() const { return lists_; }

  // The signals that are coded next, and their weights.
  void read(std::span<const std::int64_t> places) {
    const std::int64_t m = dictionary_.rows(), n = std::ssize(places);
    signals_.resize(m, n);
    positions_.resize(prepared_.patches ? places.size() : 0);
    means_.resize(positions_.size());
    in_runs(places, [&](std::int64_t first, std::int64_t at, std::int64_t count) {
      const auto out = signals_.view().middle_columns(at, count);
      if (prepared_.patches) {
        const auto from = static_cast<std::size_t>(at), so_many = static_cast<std::size_t>(count);
        prepared_.read_patches(first, out, std::span(positions_).subspan(from, so_many),
                               std::span(means_).subspan(from, so_many));
      } else if (task_.data_weights && prepared_.signal_files) {
        prepared_.signal_files->read(first, out, true);
      } else {
        prepared_.signals->read(first, out);
      }
    });
    if (!task_.data_weights) return;
    if (task_.data_weights->size() == 1 && prepared_.signals->size() != 1) {
      weights_.resize(m, 1);
      task_.data_weights->read(0, weights_);
    } else {
      weights_.resize(m, n);
      in_runs(places, [&](std::int64_t first, std::int64_t at, std::int64_t count) {
        task_.data_weights->read(first, weights_.view().middle_columns(at, count));
      });
    }
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t i = 0; i < m; ++i)
        if (!std::isfinite(signals_(i, j)) && weight(i, j) > 0)
          throw IoError("encode: ", prepared_.place(places[static_cast<std::size_t>(j)]),
                        ": value ", i,
                        " is NaN or infinity and has a weight above 0; only values "
                        "that are not observed may be");
  }

  // A segment's arrays; `stopped`: why there are none.
  struct Coded {
    Archive archive;
    double seconds = 0;  // without reading
    StopReason stopped = StopReason::none;
  };
  Coded code(std::span<const std::int64_t> places, const Run& run) {
    read(places);
    const Stopwatch watch;
    Values settings = task_.settings;
    Archive archive;
    for (const std::string& name : lists_) {
      const auto some = *PerSignal(list(name)).of(places);
      settings[name] = some.size() == 1 ? Value(some.front()) : Value(some);
      archive.arrays["coding/" + name] = Array::from<double>(
          std::span(some).first(std::min(some.size(), places.size())), {std::ssize(places)});
    }
    const MatrixView<const T> weights =
        task_.data_weights ? weights_.view() : MatrixView<const T>();
    SparseCodes<T> last;  // of every signal
    EncodeInfo info;
    if (task_.path) {
      EncodingPath<T> path =
          encode_path<T>(task_.method, dictionary_, signals_, settings, run, weights);
      info = std::move(path.info);
      last = add_path(path, archive);
    } else {
      Encoding<T> encoding =
          encode<T>(task_.method, dictionary_, signals_, settings, nullptr, run, weights);
      info = std::move(encoding.info);
      last = std::move(encoding.codes);
      archive.insert("", last.to_archive());
    }
    Coded coded;
    if (info.count(Status::stopped) + info.count(Status::time_limit) > 0) {
      coded.stopped =
          info.count(Status::stopped) > 0 ? StopReason::stopped : StopReason::time_limit;
      return coded;
    }
    add_info(info, last, archive);
    if (prepared_.patches) add_patches(archive);
    coded.archive = std::move(archive);
    coded.seconds = watch.seconds();
    return coded;
  }

 private:
  const std::vector<double>& list(const std::string& name) const {
    return std::get<std::vector<double>>(task_.settings.at(name));
  }

  // Calls read(first, out) for runs of signals that follow one another.
  template <class Read>
  static void in_runs(std::span<const std::int64_t> places, Read read) {
    for (std::size_t at = 0, end = 0; at < places.size(); at = end) {
      end = at + 1;
      while (end < places.size() && places[end] == places[end - 1] + 1) ++end;
      read(places[at], static_cast<std::int64_t>(at), static_cast<std::int64_t>(end - at));
    }
  }

  T weight(std::int64_t i, std::int64_t j) const {
    return weights_(i, weights_.columns() == 1 ? 0 : j);
  }

  // One row of codes per step; returns the last step of every signal.
  SparseCodes<T> add_path(const EncodingPath<T>& path, Archive& archive) const {
    SparseCodes<T> steps(dictionary_.atoms()), last(dictionary_.atoms());
    std::vector<std::int64_t> starts = {0};
    std::vector<double> along;
    const bool of_residuals = has_setting(entry_, "residual");
    const auto& numbers = of_residuals ? path.residuals : path.lambdas;
    for (std::size_t i = 0; i < path.codes.size(); ++i) {
      const SparseCodes<T>& own = path.codes[i];
      steps.append(own);
      starts.push_back(steps.signals());
      along.insert(along.end(), numbers[i].begin(), numbers[i].end());
      const CodeView<T> end = own.signals() > 0 ? own[own.signals() - 1] : CodeView<T>{};
      last.append(end.indices, end.values);
    }
    archive.insert("", steps.to_archive());
    archive.arrays["path/starts"] = Array::from<std::int64_t>(starts, {std::ssize(starts)});
    archive.arrays[of_residuals ? "path/residual" : "path/lambda"] =
        Array::from<double>(along, {std::ssize(along)});
    return last;
  }

  // |y - D z|^2 / |y|^2, with weights where there are any; 0 of a signal that is 0.
  float relative_residual(const SparseCodes<T>& codes, std::int64_t j, std::span<T> model) const {
    synthesize(dictionary_, codes[j].indices, codes[j].values, model);
    double left = 0, all = 0;
    for (std::int64_t i = 0; i < signals_.rows(); ++i) {
      const double w = task_.data_weights ? weight(i, j) : 1;
      if (w == 0) continue;
      const double y = signals_(i, j), rest = y - model[static_cast<std::size_t>(i)];
      left += w * rest * rest;
      all += w * y * y;
    }
    return all == 0 ? 0 : static_cast<float>(left / all);
  }

  void add_info(const EncodeInfo& info, const SparseCodes<T>& codes, Archive& archive) const {
    const std::int64_t n = codes.signals();
    const auto column = [&]<class V>(const char* name, V SignalInfo::*member) {
      using Stored = std::conditional_t<std::is_same_v<V, Status>, std::uint8_t, V>;
      std::vector<Stored> values;
      for (const SignalInfo& signal : info.signals)
        values.push_back(static_cast<Stored>(signal.*member));
      archive.arrays[name] = Array::from<Stored>(values, {n});
    };
    column("info/status", &SignalInfo::status);
    column("info/iterations", &SignalInfo::iterations);
    column("info/objective", &SignalInfo::objective);
    column("info/relative_gap", &SignalInfo::relative_gap);
    std::vector<float> residuals;
    std::vector<T> model(static_cast<std::size_t>(dictionary_.rows()));
    for (std::int64_t j = 0; j < n; ++j) residuals.push_back(relative_residual(codes, j, model));
    archive.arrays["info/relative_residual"] = Array::from<float>(residuals, {n});
  }

  // Where the patches lie, so that images can be put together again.
  void add_patches(Archive& archive) const {
    std::vector<std::int64_t> positions;
    for (const PatchPosition& at : positions_)
      positions.insert(positions.end(), {at.image, at.row, at.column});
    archive.arrays["patches/position"] =
        Array::from<std::int64_t>(positions, {std::ssize(positions_), 3});
    archive.arrays["patches/mean"] = Array::from<double>(means_, {std::ssize(means_)});
  }

  const Prepared<T>& prepared_;
  const CodingTask<T>& task_;
  const SolverEntry& entry_;
  Dictionary<T> dictionary_;
  std::vector<std::string> lists_;
  Matrix<T> signals_, weights_;
  std::vector<PatchPosition> positions_;
  std::vector<double> means_;
};

template <class T>
Array image_shapes(const ImageSource<T>& images) {
  std::vector<std::int64_t> shapes;
  for (std::int64_t k = 0; k < images.size(); ++k) {
    const ImageShape shape = images.shape(k);
    shapes.insert(shapes.end(), {shape.rows, shape.columns, shape.channels});
  }
  return Array::from<std::int64_t>(shapes, {images.size(), 3});
}

// What the report says of some signals.
void add_to_report(EncodeJobReport& report, const Array& status, const Array& objective,
                   const Array& gap, const Array& residual) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(status.size()); ++i) {
    const auto is = static_cast<Status>(status.as<std::uint8_t>()[i]);
    const std::int64_t signal = report.first + report.signals++;
    if (is == Status::invalid) {
      ++report.invalid;
      continue;
    }
    report.objective += objective.as<double>()[i];
    // Where nothing is left to select there is nothing left to do.
    report.not_converged += is != Status::converged && is != Status::exhausted;
    report.gaps.add(gap.as<double>()[i], signal);
    report.residuals.add(residual.as<float>()[i], signal);
  }
}

void add_to_report(EncodeJobReport& report, const Archive& segment) {
  add_to_report(report, segment.at("info/status"), segment.at("info/objective"),
                segment.at("info/relative_gap"), segment.at("info/relative_residual"));
  report.nonzeros += segment.at("codes/data").size();
  report.rows += segment.at("codes/indptr").size() - 1;
}

// Whether an earlier run has written this job's output already.
bool finished(const std::filesystem::path& output, const std::string& hash, const Values& shard,
              EncodeJobReport& report) {
  if (!std::filesystem::is_regular_file(output)) return false;
  const CodesOutline outline = outline_of(output);
  const auto group = [&](const char* name) {
    const auto found = outline.attributes.find(name);
    return found == outline.attributes.end() ? Values{} : found->second;
  };
  if (const Values root = group(""); !root.contains("job") || root.at("job") != Value(hash))
    return false;
  if (group("shard") != shard) return false;
  const auto status = open_array(output, "info/status"),
             objective = open_array(output, "info/objective"),
             gap = open_array(output, "info/relative_gap"),
             residual = open_array(output, "info/relative_residual");
  for (std::int64_t first = 0; first < status->rows(); first += read_at_once) {
    const std::int64_t count = std::min(read_at_once, status->rows() - first);
    add_to_report(report, status->read(first, count), objective->read(first, count),
                  gap->read(first, count), residual->read(first, count));
  }
  report.nonzeros = outline.shapes.at("codes/data").front();
  report.rows = outline.shapes.at("codes/indptr").front() - 1;
  report.resumed = report.signals;
  return true;
}

std::vector<std::int64_t> places_from(std::int64_t first, std::int64_t count) {
  std::vector<std::int64_t> places(static_cast<std::size_t>(count));
  std::iota(places.begin(), places.end(), first);
  return places;
}

// Some of the signals first ... first + count - 1: one of each stretch of equal length.
std::vector<std::int64_t> spread(std::int64_t first, std::int64_t count) {
  const std::int64_t wanted = std::min(count, most_sampled);
  Random random(0, stream("estimate"));
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < wanted; ++i) {
    const std::int64_t begin = Shard{i + 1, wanted}.first(count);
    const auto length = static_cast<std::uint64_t>(Shard{i + 1, wanted}.count(count));
    places.push_back(first + begin + static_cast<std::int64_t>(random.below(length)));
  }
  return places;
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
void check_coding(const Dictionary<T>& dictionary, const CodingTask<T>& task) {
  const SolverEntry& entry = solver(task.method);
  const MatrixView<const T> none(nullptr, dictionary.rows(), 0);
  // The ends of a list are judged like one number for all.
  for (const bool largest : {false, true}) {
    Values settings = task.settings;
    for (const std::string& name : lists_of(entry, task.settings)) {
      const auto& list = std::get<std::vector<double>>(settings.at(name));
      if (list.empty()) throw Error("encode: ", name, " has no values");
      settings[name] = largest ? std::ranges::max(list) : std::ranges::min(list);
    }
    if (task.path) encode_path<T>(task.method, dictionary, none, settings);
    else encode<T>(task.method, dictionary, none, settings);
  }
}

void Decades::add(double x, std::int64_t signal) {
  if (std::isnan(x)) return;
  if (x == 0) ++zeros;
  else ++counts[static_cast<int>(std::clamp<double>(std::floor(std::log10(x)), lowest, highest))];
  if (largest_signal >= 0 && x <= largest) return;
  largest = x;
  largest_signal = signal;
}

template <class T>
EncodeJobReport encode_job(const Prepared<T>& prepared, const Model<T>& model,
                           const CodingTask<T>& task, const std::filesystem::path& output,
                           const EncodeJobSettings& job, Overwrite overwrite, const Run& run) {
  validate("encode", job);
  const Shard shard = shard_of("encode", job.shard);
  const std::int64_t whole = prepared.signals->size();
  const std::int64_t first = shard.first(whole), total = shard.count(whole);
  Coder<T> coder(prepared, model, task);
  const std::string model_hash = model.hash();
  const std::string hash = job_hash(model_hash, task, prepared.identity(), job.segment);
  const Values shard_is =
      shard.parts == 1 ? Values{} : Values{{"first", first}, {"signals", total}, {"whole", whole}};
  const std::filesystem::path parts = segments_folder(output);
  EncodeJobReport report;
  report.first = first;
  if (job.resume && finished(output, hash, shard_is, report)) {
    if (std::filesystem::exists(parts)) remove_segments(parts);
    return report;
  }
  check_output(output, overwrite);

  const std::string part_hash =
      shard.parts == 1 ? hash : join(hash, " ", shard.part, "/", shard.parts);
  SegmentWriter writer(parts, part_hash, job.resume ? Resume::yes : Resume::discard);
  {
    const SegmentReader before(writer.folder());
    for (std::int64_t i = 0; i < before.count(); ++i) add_to_report(report, before.read(i));
    report.resumed = report.signals;
  }

  RunState state(run, "encode", total);
  state.advance(report.signals);
  Run inner{.stop = run.stop, .threads = run.threads};
  // A job without signals has one segment too, which says what a segment holds.
  while ((report.signals < total || writer.count() == 0) && !state.stopping()) {
    const std::int64_t done = report.signals;
    const std::int64_t count = std::min(job.segment, total - done);
    // The solver's own progress becomes that of the whole job.
    inner.max_seconds = run.max_seconds - state.seconds();
    inner.observer = [&](const Progress& progress) {
      if (!run.observer) return true;
      return run.observer({.stage = "encode",
                           .done = done + progress.done,
                           .total = total,
                           .seconds = state.seconds()});
    };
    typename Coder<T>::Coded coded;
    try {
      coded = coder.code(places_from(first + done, count), inner);
    } catch (const Exception&) {  // a job that never began leaves nothing behind
      if (writer.count() == 0) remove_segments(writer.folder());
      throw;
    }
    if (coded.stopped != StopReason::none) {
      report.stopped = coded.stopped;
      break;
    }
    writer.append(coded.archive, count);
    add_to_report(report, coded.archive);
    state.advance(count);
    state.report();
  }
  report.seconds = state.seconds();
  if (report.signals < total || writer.count() == 0) {
    if (report.stopped == StopReason::none) report.stopped = state.reason();
    return report;
  }

  StreamedArchive joined = join_codes(SegmentReader(writer.folder()).files());
  const Array shapes = prepared.patches ? image_shapes(prepared.patches->images()) : Array();
  if (prepared.patches)
    joined.arrays["images/shape"] = {
        .dtype = shapes.dtype(),
        .shape = shapes.shape(),
        .produce = [&](const StreamedArray::Sink& sink) { sink(shapes.bytes()); }};
  joined.attributes[""] = {{"kind", std::string("codes")},
                           {"model", model_hash},
                           {"job", hash},
                           {"group_size", std::int64_t{model.group_size}}};
  joined.attributes["coding"] = task.settings;
  for (const std::string& name : coder.lists()) joined.attributes["coding"].erase(name);
  joined.attributes["coding"]["method"] = task.method;
  if (task.path) joined.attributes["coding"]["path"] = true;
  joined.attributes["preprocessing"] = values(prepared.preprocessing);
  joined.attributes["provenance"] = prepared.inputs;
  joined.attributes["provenance"].insert(task.inputs.begin(), task.inputs.end());
  if (!task.run.empty()) joined.attributes["provenance/run"] = task.run;
  if (!shard_is.empty()) joined.attributes["shard"] = shard_is;
  save(output, joined, overwrite);
  remove_segments(writer.folder());
  report.seconds = state.seconds();
  return report;
}

template <class T>
EncodeEstimate estimate_encode_job(const Prepared<T>& prepared, const Model<T>& model,
                                   const CodingTask<T>& task, const EncodeJobSettings& job,
                                   const Run& run) {
  validate("encode", job);
  const Shard shard = shard_of("encode", job.shard);
  const std::int64_t whole = prepared.signals->size();
  EncodeEstimate estimate;
  estimate.signals = shard.count(whole);
  Coder<T> coder(prepared, model, task);
  const std::vector<std::int64_t> places = spread(shard.first(whole), estimate.signals);
  estimate.sample = std::ssize(places);
  // Once for the whole job, so not part of the sample's time.
  if (coder.dictionary().gram_use() != GramUse::few) coder.dictionary().gram();
  const auto coded = coder.code(places, run);
  if (places.empty() || coded.stopped != StopReason::none) return estimate;

  const double scale = static_cast<double>(estimate.signals) / static_cast<double>(estimate.sample);
  double bytes = 0;
  for (const auto& [name, array] : coded.archive.arrays)
    bytes += static_cast<double>(array.bytes().size());
  // Signals side by side are read faster than those of the sample.
  const Stopwatch reading;
  coder.read(places_from(shard.first(whole), estimate.sample));
  estimate.seconds = (coded.seconds + reading.seconds()) * scale;
  const auto entries = static_cast<double>(coded.archive.at("codes/data").size());
  const auto rows = static_cast<double>(coded.archive.at("codes/indptr").size() - 1);
  estimate.nonzeros = rows > 0 ? entries / rows : 0;
  // Both index arrays take 4 bytes more where there are too many entries for 32 bits.
  const bool wide = entries * scale > std::numeric_limits<std::int32_t>::max();
  estimate.output_bytes = fixed_bytes + scale * (bytes + (wide ? 4 * (entries + rows) : 0));
  if (prepared.patches)
    estimate.output_bytes += 24 * static_cast<double>(prepared.patches->images().size());
  // Beside what is held now: a segment's signals, its arrays, and its file on the way out.
  const double segment = static_cast<double>(std::min(job.segment, estimate.signals));
  const auto m = static_cast<double>(prepared.signals->dimension());
  estimate.memory_bytes = static_cast<double>(peak_bytes()) +
                          segment * ((task.data_weights ? 2 : 1) * m * sizeof(T) +
                                     2 * bytes / static_cast<double>(estimate.sample));
  return estimate;
}

std::int64_t peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

template <class T>
Matrix<T> decode_signals(const Archive& archive, const Model<T>& model) {
  if (archive.has("path/starts"))
    throw Error(
        "decode: these codes are paths, with every step of a signal as a row; encode without "
        "path for the last steps alone");
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

#define STRIATE_INSTANTIATE(T)                                                                   \
  template void check_coding(const Dictionary<T>&, const CodingTask<T>&);                        \
  template EncodeJobReport encode_job(const Prepared<T>&, const Model<T>&, const CodingTask<T>&, \
                                      const std::filesystem::path&, const EncodeJobSettings&,    \
                                      Overwrite, const Run&);                                    \
  template EncodeEstimate estimate_encode_job(const Prepared<T>&, const Model<T>&,               \
                                              const CodingTask<T>&, const EncodeJobSettings&,    \
                                              const Run&);                                       \
  template Matrix<T> decode_signals(const Archive&, const Model<T>&);                            \
  template std::vector<Image<T>> decode_images(const Archive&, const Model<T>&, bool);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
