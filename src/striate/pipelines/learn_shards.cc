#include "striate/pipelines/learn_shards.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "striate/core/text.h"
#include "striate/io/formats.h"
#include "striate/io/hash.h"
#include "striate/learning/atom_update.h"
#include "striate/learning/atom_use.h"
#include "striate/learning/batch.h"
#include "striate/linalg/gemm.h"

namespace striate {
namespace {

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

// The signals of one shard.
template <class T>
class PartSource : public SignalSource<T> {
 public:
  PartSource(const SignalSource<T>& whole, std::int64_t first, std::int64_t count)
      : whole_(whole), first_(first), count_(count) {}
  std::int64_t size() const override { return count_; }
  std::int64_t dimension() const override { return whole_.dimension(); }
  void read(std::int64_t first, MatrixView<T> out) const override {
    whole_.read(first_ + first, out);
  }

 private:
  const SignalSource<T>& whole_;
  std::int64_t first_, count_;
};

// The signals with the highest objective, worst first, two for every atom: some lie in the span of a group.
template <class T>
Archive worst_signals(const SignalSource<T>& part, const std::vector<double>& objectives,
                      std::int64_t atoms) {
  std::vector<std::int64_t> order(objectives.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t i, std::int64_t j) {
    return objectives[at(i)] > objectives[at(j)];
  });
  order.resize(std::min(order.size(), at(2 * atoms)));
  const auto count = static_cast<std::int64_t>(order.size());
  Matrix<T> signals(part.dimension(), count);
  std::vector<double> worst;
  for (std::int64_t j = 0; j < count; ++j) {
    part.read(order[at(j)], signals.view().middle_columns(j, 1));
    worst.push_back(objectives[at(order[at(j)])]);
  }
  Archive archive;
  archive.arrays["signals"] = Array::from(MatrixView<const T>(signals));
  archive.arrays["objective"] = Array::from<double>(worst, {count});
  return archive;
}

std::string hash_of(const Array& atoms) {
  ContentHash hash;
  hash.add(atoms);
  return hash.text();
}

const Values& attributes_of(const Archive& archive, const std::string& place) {
  static const Values none;
  const auto found = archive.attributes.find(place);
  return found == archive.attributes.end() ? none : found->second;
}

// What must be alike in all files, and what must differ.
struct Header {
  std::string file;
  Shard shard;
  DType type = DType::f32;
  std::string dictionary;
  Values settings, source;
  std::int64_t rounds = 0, training = 0;
};

Archive load_statistics(const std::filesystem::path& file) {
  Archive archive = load(file);
  const Value kind = archive.attribute("", "kind");
  const auto* text = std::get_if<std::string>(&kind);
  if (!text || *text != "statistics")
    throw Error("merge: ", file.string(), " holds ", text ? *text : "something else",
                "; the statistics of a shard are needed, as learn --shard writes them");
  return archive;
}

// Runs f, and puts the file's name before what it says.
template <class F>
auto naming(const std::filesystem::path& file, const F& f) {
  try {
    return f();
  } catch (const IoError&) {
    throw;
  } catch (const Error& error) {
    throw Error("merge: ", file.string(), ": ", error.what());
  }
}

Header header_of(const std::filesystem::path& file) {
  const Archive archive = load_statistics(file);
  return naming(file, [&] {
    Header header{
        .file = file.string(),
        .shard = {archive.get<std::int64_t>("", "shard"), archive.get<std::int64_t>("", "shards")},
        .type = archive.at("A").dtype(),
        .dictionary = hash_of(archive.at("atoms")),
        .settings = attributes_of(archive, "settings"),
        .source = attributes_of(archive, "preprocessing"),
        .rounds = archive.get<std::int64_t>("", "rounds"),
        .training = archive.get<std::int64_t>("", "training")};
    header.source.merge(Values(attributes_of(archive, "inputs")));
    if (header.shard.part < 1 || header.shard.part > header.shard.parts)
      throw Error("is shard ", header.shard.part, " of ", header.shard.parts);
    return header;
  });
}

// Error that names the first value that differs.
void compare(const Header& one, const Header& other, const Values& x, const Values& y) {
  const auto text = [](const Values& all, const std::string& name) {
    const auto found = all.find(name);
    return found == all.end() ? std::string("not given") : to_text(found->second);
  };
  for (const Values& names : {x, y})
    for (const auto& entry : names)
      if (text(x, entry.first) != text(y, entry.first))
        throw Error("merge: ", entry.first, " is ", text(y, entry.first), " in ", other.file,
                    " but ", text(x, entry.first), " in ", one.file,
                    "; all shards must have the same");
}

// Files in the order of their shards.
std::vector<Header> sorted_headers(const std::vector<std::filesystem::path>& files) {
  if (files.empty()) throw Error("merge: no files given; at least one is needed");
  std::vector<Header> headers;
  for (const auto& file : files) headers.push_back(header_of(file));
  const Header one = headers.front();
  for (const Header& other : headers) {
    if (other.type != one.type)
      throw Error("merge: ", other.file, " holds ", name_of(other.type), " but ", one.file, " ",
                  name_of(one.type), "; all shards must be coded in the same precision");
    if (other.shard.parts != one.shard.parts)
      throw Error("merge: ", other.file, " is one of ", other.shard.parts, " shards but ", one.file,
                  " one of ", one.shard.parts);
    compare(one, other, one.settings, other.settings);
    compare(one, other, one.source, other.source);
    if (other.training != one.training)
      throw Error("merge: ", other.file, " is a part of ", other.training, " signals but ",
                  one.file, " of ", one.training);
    if (other.dictionary != one.dictionary || other.rounds != one.rounds)
      throw Error("merge: ", other.file, " was coded with dictionary ", other.dictionary,
                  " of round ", other.rounds, " but ", one.file, " with ", one.dictionary,
                  " of round ", one.rounds, "; all shards must begin with the same atoms");
  }
  std::stable_sort(headers.begin(), headers.end(),
                   [](const Header& x, const Header& y) { return x.shard.part < y.shard.part; });
  for (std::size_t i = 1; i < headers.size(); ++i)
    if (headers[i].shard.part == headers[i - 1].shard.part)
      throw Error("merge: ", headers[i - 1].file, " and ", headers[i].file, " are both shard ",
                  headers[i].shard.part, "/", one.shard.parts);
  constexpr std::size_t most = 5;  // that are named
  std::vector<std::string> missing;
  std::size_t next = 0;
  for (std::int64_t i = 1; i <= one.shard.parts && missing.size() < most; ++i)
    if (next < headers.size() && headers[next].shard.part == i) ++next;
    else missing.push_back(join(i));
  if (!missing.empty())
    throw Error("merge: ", one.shard.parts - static_cast<std::int64_t>(headers.size()), " of ",
                one.shard.parts, " shards are missing: ", list_of(missing),
                missing.size() == most ? " among them" : "");
  return headers;
}

template <class T>
void add(Matrix<T>& sum, const Matrix<T>& part, const char* name) {
  if (part.rows() != sum.rows() || part.columns() != sum.columns())
    throw Error(name, " is ", part.columns(), " x ", part.rows(), "; ", sum.columns(), " x ",
                sum.rows(), " is needed");
  for (std::size_t i = 0; i < sum.size(); ++i) sum.data()[i] += part.data()[i];
}

}  // namespace

void check_shard_settings(const LearnSettings& settings) {
  if (settings.method != LearningMethod::batch)
    throw Error("learn: shard and method ",
                EnumNames<LearningMethod>::names[static_cast<std::size_t>(settings.method)],
                " are both given; shards are parts of a step of batch");
  if (settings.steps || settings.epochs)
    throw Error("learn: shard and ", settings.steps ? "steps" : "epochs",
                " are both given; a shard is part of one step");
  if (settings.min_improvement > 0)
    throw Error("learn: shard and min_improvement are both given; a shard is part of one step");
  if (settings.replace == Replace::sample)
    throw Error("learn: shard and replace sample are both given; shards take worst or none");
}

std::int64_t rounds_of(const Archive& model) {
  const Value rounds = model.attribute("provenance", "rounds");
  const auto* number = std::get_if<std::int64_t>(&rounds);
  return number ? *number : 0;
}

template <class T>
ShardStatistics learn_shard(const Prepared<T>& prepared, const LearnSettings& settings,
                            const Shard& shard, const Matrix<T>* initial, std::int64_t rounds,
                            const Run& run) {
  check_shard_settings(settings);
  const SignalSource<T>& source = *prepared.signals;
  const LearnJob<T> job(source, settings, initial);  // what batch would begin with
  const Matrix<T>& atoms = job.atoms();
  const std::int64_t training = source.size() - job.held_out(), m = atoms.rows(),
                     n = atoms.columns();
  if (shard.part < 1 || shard.part > shard.parts || shard.parts > training)
    throw Error("learn: shard is ", shard.part, "/", shard.parts, "; there are ", training,
                " signals to learn from, each shard needs at least one");
  const std::int64_t first = shard.first(training);
  const PartSource<T> part(source, first, shard.count(training));

  ShardStatistics found;
  found.signals = part.size();
  RunState state(run, "learn", part.size());
  Run inner{.observer =
                [&](const Progress&) {
                  state.report();
                  return !state.stopping();
                },
            .stop = run.stop,
            .threads = run.threads};
  const Dictionary<T> dictionary(atoms);
  Matrix<T> a(n, n), b(m, n);
  std::vector<std::int64_t> uses(at(n));
  std::vector<double> objectives;
  double objective = 0;
  std::int64_t nonzeros = 0;
  detail::for_each_block(part, [&](std::int64_t at_signal, MatrixView<const T> signals) {
    if (found.stopped != StopReason::none) return;
    detail::check_batch("learn", signals, m, first + at_signal);
    inner.max_seconds = run.max_seconds - state.seconds();
    const auto [codes, coded] =
        detail::encode_batch<T>(settings, settings.lambda_at(rounds), dictionary, signals, inner);
    if (detail::interrupted(coded)) {
      found.stopped =
          coded.count(Status::stopped) > 0 ? StopReason::stopped : StopReason::time_limit;
      return;
    }
    detail::add_statistics<T>(a, b, 1, 1 / double(training), signals, codes, run);
    for (std::size_t e = 0; e < codes.values().size(); ++e)
      uses[at(codes.indices()[e])] += codes.values()[e] != T(0);
    for (const SignalInfo& signal : coded.signals) objectives.push_back(signal.objective);
    objective += coded.objective();
    nonzeros += codes.nonzeros();
    state.advance(signals.columns);
    state.report();
  });
  found.seconds = state.seconds();
  if (found.stopped == StopReason::none && state.stopping()) found.stopped = state.reason();
  if (found.stopped != StopReason::none) return found;
  found.objective = objective / double(part.size());
  found.nonzeros = double(nonzeros) / double(part.size());

  Archive& archive = found.archive;
  archive.arrays["A"] = Array::from<T>(a.view());
  archive.arrays["B"] = Array::from<T>(b.view());
  archive.arrays["atoms"] = Array::from(atoms.view());
  archive.arrays["uses"] = Array::from<std::int64_t>(uses, {n});
  if (settings.replace == Replace::worst)
    archive.insert("candidates", worst_signals<T>(part, objectives, n));
  archive.attributes[""] = {{"kind", std::string("statistics")},
                            {"shard", shard.part},
                            {"shards", shard.parts},
                            {"signals", part.size()},
                            {"training", training},
                            {"rounds", rounds},
                            {"dictionary", hash_of(archive.at("atoms"))},
                            {"objective", objective},
                            {"nonzeros", nonzeros},
                            {"seconds", found.seconds}};
  LearnSettings resolved = settings;
  resolved.atoms = n;
  archive.attributes["settings"] = values(resolved);
  archive.attributes["preprocessing"] = values(prepared.preprocessing);
  archive.attributes["inputs"] = prepared.inputs;
  return found;
}

DType type_of_statistics(const std::filesystem::path& file) {
  const Archive archive = load_statistics(file);
  return naming(file, [&] { return archive.at("A").dtype(); });
}

template <class T>
LearnedModel<T> merge_shards(const std::vector<std::filesystem::path>& files, const Run& run) {
  const std::vector<Header> headers = sorted_headers(files);
  LearnSettings settings;
  Preprocessing preprocessing;
  Values inputs;
  Matrix<T> atoms, a, b;
  std::vector<double> uses;
  std::vector<Matrix<T>> candidates;
  EncodeInfo coded;
  LearnRow row{.step = headers.front().rounds + 1,
               .signals = headers.front().training,
               .held_out_objective = std::numeric_limits<double>::quiet_NaN()};
  for (const Header& header : headers) {
    const Archive archive = load_statistics(header.file);
    naming(header.file, [&] {
      if (atoms.size() == 0) {
        for (const auto& [name, value] : header.settings) assign("merge", settings, name, value);
        validate("merge", settings);
        for (const auto& [name, value] : attributes_of(archive, "preprocessing"))
          assign("merge", preprocessing, name, value);
        inputs = attributes_of(archive, "inputs");
        atoms = archive.at("atoms").to_matrix<T>();
        detail::check_learn_settings("merge", settings, atoms.rows(), atoms.columns());
        check_shard_settings(settings);
        a = Matrix<T>(atoms.columns(), atoms.columns());
        b = Matrix<T>(atoms.rows(), atoms.columns());
        uses.resize(at(atoms.columns()));
      }
      archive.at("A").as<T>();  // refuses another type of number
      add(a, archive.at("A").to_matrix<T>(), "A");
      add(b, archive.at("B").to_matrix<T>(), "B");
      const auto counts = archive.at("uses").to<std::int64_t>();
      if (counts.size() != uses.size())
        throw Error("uses counts ", counts.size(), " atoms; there are ", uses.size());
      for (std::size_t k = 0; k < uses.size(); ++k) uses[k] += static_cast<double>(counts[k]);
      row.objective += archive.get<double>("", "objective");
      row.nonzeros += static_cast<double>(archive.get<std::int64_t>("", "nonzeros"));
      row.seconds += archive.get<double>("", "seconds");
      if (settings.replace != Replace::worst) return;
      candidates.push_back(archive.at("candidates/signals").to_matrix<T>());
      const auto objectives = archive.at("candidates/objective").to<double>();
      if (candidates.back().rows() != atoms.rows() ||
          candidates.back().columns() != static_cast<std::int64_t>(objectives.size()))
        throw Error("candidates/signals and candidates/objective do not fit one another");
      for (const double objective : objectives) coded.signals.push_back({.objective = objective});
    });
  }
  row.objective /= double(row.signals);
  row.nonzeros /= double(row.signals);

  const Stopwatch watch;
  detail::descend(settings, row.step, 2 * settings.mu, a, b, atoms, run);
  AtomUse use(atoms.columns(), settings.group_size_in_force(), settings.min_use);
  Archive counts;
  const std::vector<double> seen(uses.size(), double(row.signals));
  counts.arrays["uses"] = Array::from<double>(uses, {atoms.columns()});
  counts.arrays["signals"] = Array::from<double>(seen, {atoms.columns()});
  use.restore(counts);
  if (settings.replace != Replace::none) {
    const auto unfit = unfit_atoms<T>(use, settings.group_size_in_force(), gram<T>(atoms.view()));
    Matrix<T> signals(atoms.rows(), static_cast<std::int64_t>(coded.signals.size()));
    std::int64_t next = 0;
    for (const Matrix<T>& part : candidates)
      for (std::int64_t j = 0; j < part.columns(); ++j)
        std::copy_n(part.column(j).data(), atoms.rows(), signals.column(next++).data());
    replace_atoms<T>(settings, row.step, unfit, MatrixSource<T>(signals), coded, atoms, use);
    row.replaced = static_cast<std::int64_t>(unfit.size());
  }
  row.atoms_in_use = use.in_use();
  row.seconds += watch.seconds();
  row.seconds_per_batch = row.seconds;

  LearnedModel<T> merged;
  merged.result = {.atoms = std::move(atoms),
                   .group_size = settings.group_size_in_force(),
                   .history = {row},
                   .status = LearnStatus::completed};
  merged.model = learned_model(merged.result, settings, preprocessing, inputs);
  merged.model.provenance["rounds"] = row.step;
  merged.model.provenance["shards"] = headers.front().shard.parts;
  return merged;
}

#define STRIATE_INSTANTIATE(T)                                                                 \
  template ShardStatistics learn_shard(const Prepared<T>&, const LearnSettings&, const Shard&, \
                                       const Matrix<T>*, std::int64_t, const Run&);            \
  template LearnedModel<T> merge_shards(const std::vector<std::filesystem::path>&, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate
