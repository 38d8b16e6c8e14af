#include "striate/memory/associative_memory.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>

#include "striate/core/parallel.h"
#include "striate/memory/detail/match.h"
#include "striate/memory/detail/pattern_field.h"
#include "striate/memory/detail/pattern_store.h"
#include "striate/memory/detail/sparse_settle.h"

namespace striate {
namespace {

constexpr std::int64_t kStatesPerChunk = 8;
constexpr std::int64_t kMostDenseUnits = 1 << 15;  // J of floats: 8 GiB

Normalization resolve(Normalization asked, Normalization own) {
  return asked == Normalization::automatic ? own : asked;
}
Diagonal resolve(Diagonal asked, Diagonal own) {
  return asked == Diagonal::automatic ? own : asked;
}

Cover cover_of(const MemoryRule& rule, const MemorySettings& s) {
  return detail::cover(rule.convex, resolve(s.diagonal, rule.diagonal) == Diagonal::zero,
                       s.truncation, resolve(s.normalization, rule.normalization));
}

void check(const MemoryRule& rule, const MemorySettings& s) {
  validate("AssociativeMemory", s);
  if (s.k && *s.k > s.units)
    throw Error("AssociativeMemory: k is ", *s.k, "; it must be from 1 to the number of units, ",
                s.units);
  const std::string_view truncation =
      EnumNames<Truncation>::names[static_cast<std::size_t>(s.truncation)];
  if (s.truncation == Truncation::k_winners && s.theta)
    throw Error("AssociativeMemory: theta is ", *s.theta,
                " but k_winners has no theta; it belongs to absolute, relative and dynamic");
  if (s.truncation != Truncation::k_winners && !s.theta)
    throw Error("AssociativeMemory: the truncation ", truncation, " needs theta");
  if (s.truncation == Truncation::relative && *s.theta >= 1)
    throw Error("AssociativeMemory: theta is ", *s.theta,
                "; relative to the largest modulus it must be below 1");
  if (resolve(s.diagonal, rule.diagonal) == Diagonal::zero && !rule.linear)
    throw Error("AssociativeMemory: diagonal is zero but ", rule.name,
                " has no weight matrix; it must be auto or keep");
  if (s.layout == Layout::dense && !rule.linear)
    throw Error("AssociativeMemory: layout is dense but ", rule.name,
                " has no weight matrix; it must be auto, implicit or inverted");
  if (s.layout == Layout::dense && s.units > kMostDenseUnits)
    throw Error("AssociativeMemory: layout is dense with ", s.units,
                " units; a weight matrix is held up to ", kMostDenseUnits);
}

template <class T>
double vector_norm(std::span<const std::complex<T>> z) {
  double sum = 0;
  for (const std::complex<T>& x : z) sum += std::norm(std::complex<double>(x));
  return std::sqrt(sum);
}

// A mask of n values, or of n per cue; empty: all known.
class Mask {
 public:
  Mask(std::string_view who, std::span<const std::uint8_t> mask, std::int64_t units,
       std::int64_t cues)
      : mask_(mask), units_(static_cast<std::size_t>(units)) {
    const auto per_cue = units_ * static_cast<std::size_t>(cues);
    if (!mask.empty() && mask.size() != units_ && mask.size() != per_cue)
      throw Error(who, ": a mask of ", mask.size(), " values; it must have ", units_,
                  " (one per unit) or ", per_cue, " (per unit and cue)");
    stride_ = mask.size() == units_ ? 0 : units_;
  }
  bool all() const { return mask_.empty(); }
  bool knows(std::int64_t cue, std::int32_t unit) const {
    return all() || mask_[stride_ * static_cast<std::size_t>(cue) + static_cast<std::size_t>(unit)];
  }

 private:
  std::span<const std::uint8_t> mask_;
  std::size_t units_, stride_ = 0;
};

// known = the known part of a cue
template <class T>
void known_part(UnitCode<T> cue, const Mask& mask, std::int64_t j, detail::SparseState<T>& known) {
  known.clear();
  for (std::size_t i = 0; i < cue.active(); ++i)
    if (mask.knows(j, cue.units[i])) known.push(cue.units[i], cue.values[i]);
}

// NaN or infinity in any value makes the norm so.
template <class T>
bool is_valid(const detail::SparseState<T>& cue, double norm) {
  return std::isfinite(norm) && std::ranges::all_of(cue.values, [](const std::complex<T>& z) {
           return std::isfinite(z.real()) && std::isfinite(z.imag());
         });
}

}  // namespace

template <class T>
struct AssociativeMemory<T>::State {
  using Buffers = detail::SparseBuffers<T>;

  State(const MemoryRule& rule_, const MemorySettings& settings_)
      : rule(&rule_), settings(settings_), patterns(settings_.units) {
    settings.rule = std::string(rule->name);
    check(*rule, settings);
  }

  // A lock under which nothing changes and the field knows of all patterns.
  std::shared_lock<std::shared_mutex> read() const {
    for (;;) {
      std::shared_lock reading(mutex);
      if (field.follows()) return reading;
      reading.unlock();
      const std::unique_lock writing(mutex);
      if (!field.follows()) field.follow();
    }
  }
  template <class Change>
  auto write(Change change) {
    const std::unique_lock writing(mutex);
    return change(patterns);
  }

  detail::Dynamics dynamics() const {
    return {.truncation = settings.truncation,
            .k = field.k(),
            .theta = settings.theta.value_or(0),
            .normalization = resolve(settings.normalization, rule->normalization),
            .cut_cue = cover_of(*rule, settings) == Cover::t2};
  }

  UnitCodes<T> checked_states(std::string_view who, const SparseCodes<T>& states) const {
    if (states.atoms() != 2 * settings.units)
      throw Error(who, ": codes of ", states.atoms(), " atoms; a memory of ", settings.units,
                  " complex units takes ", 2 * settings.units);
    return units_of_pairs(states);
  }

  // Calls f(j, buffers) for every j below `count`, in parallel. Buffers of calls that ended well
  // serve again.
  void for_each(std::int64_t count, const Run& run,
                const std::function<void(std::int64_t, Buffers&)>& f) const {
    RunState running(run, "recall", count);
    std::vector<std::unique_ptr<Buffers>> buffers(static_cast<std::size_t>(workers_for(running)));
    const std::int64_t chunks = (count + kStatesPerChunk - 1) / kStatesPerChunk;
    const auto one = [&](std::int64_t chunk, int worker) {
      std::unique_ptr<Buffers>& mine = buffers[static_cast<std::size_t>(worker)];
      if (!mine) mine = take_buffers();
      const std::int64_t end = std::min((chunk + 1) * kStatesPerChunk, count);
      for (std::int64_t j = chunk * kStatesPerChunk; j < end; ++j) {
        f(j, *mine);
        running.advance(1);
      }
    };
    parallel_for(chunks, one, running);
    const std::lock_guard lock(spare_mutex);
    for (std::unique_ptr<Buffers>& used : buffers)
      if (used) spare.push_back(std::move(used));
  }
  // The same for states, each in buffers.z.
  void for_each_state(const UnitCodes<T>& states,
                      const std::function<void(std::int64_t, Buffers&)>& f) const {
    for_each(states.size(), {}, [&](std::int64_t j, Buffers& buffers) {
      buffers.z.assign(states[j]);
      f(j, buffers);
    });
  }
  std::unique_ptr<Buffers> take_buffers() const {
    const std::lock_guard lock(spare_mutex);
    if (spare.empty()) return std::make_unique<Buffers>();
    std::unique_ptr<Buffers> buffers = std::move(spare.back());
    spare.pop_back();
    return buffers;
  }

  void recall_one(std::int64_t j, UnitCode<T> cue, const RecallSettings& how, const Mask& mask,
                  Buffers& buffers, RecallResult<T>& result, detail::SparseState<T>& answer) const;
  void read_out(Readout readout, const detail::Match& match, Buffers& buffers,
                detail::SparseState<T>& answer) const;

  const MemoryRule* rule;
  MemorySettings settings;
  detail::PatternStore<T> patterns;
  mutable std::shared_mutex mutex;
  mutable detail::PatternField<T> field{
      &patterns, rule, &settings, resolve(settings.diagonal, rule->diagonal) == Diagonal::zero};
  mutable std::mutex spare_mutex;
  mutable std::vector<std::unique_ptr<Buffers>> spare;
};

template <class T>
void AssociativeMemory<T>::State::read_out(Readout readout, const detail::Match& match,
                                           Buffers& buffers, detail::SparseState<T>& answer) const {
  if (readout == Readout::state) {
    answer = buffers.z;
  } else if (readout == Readout::graded) {  // sum_p g(a)_p z_p, a / k of phasor codes
    field.graded(buffers.field, answer);
    if (rule->form == PatternForm::phasor)
      for (std::complex<T>& x : answer.values)
        x /= static_cast<T>(std::max<std::int64_t>(1, field.k()));
  } else if (match.row >= 0) {
    answer.assign(patterns.code(match.row));
    const std::complex<T> overlap = buffers.field.ranked.front().overlap;
    for (std::complex<T>& x : answer.values) x *= overlap / std::abs(overlap);
  }
  answer.drop_zeros();
}

template <class T>
void AssociativeMemory<T>::State::recall_one(std::int64_t j, UnitCode<T> cue,
                                             const RecallSettings& how, const Mask& mask,
                                             Buffers& buffers, RecallResult<T>& result,
                                             detail::SparseState<T>& answer) const {
  const auto i = static_cast<std::size_t>(j);
  detail::SparseState<T>& z = buffers.z;
  known_part(cue, mask, j, z);
  const double norm = code_norm(z.view());
  result.cue_norms[i] = norm;
  if (!is_valid(z, norm)) {
    result.endings[i] = Ending::invalid;
    result.kinds[i] = Kind::invalid;
    return;
  }
  result.endings[i] = Ending::silent;
  if (patterns.size() == 0) return;

  const detail::Dynamics dynamics = this->dynamics();
  std::vector<std::complex<T>> a(how.trace ? static_cast<std::size_t>(patterns.size()) : 0);
  std::vector<double> cosines(a.size());
  std::vector<T> traced;
  const auto record = [&] {
    const std::span<const std::complex<T>> values(z.values);
    result.energies[i].push_back(
        detail::energy(field.potential(z.view(), buffers.field), dynamics, values));
    result.active[i].push_back(static_cast<std::int32_t>(z.active()));
    if (!how.trace) return;
    field.overlaps(z.view(), buffers.field, a);
    field.cosines(a, vector_norm(values), buffers.field, cosines);
    traced.insert(traced.end(), cosines.begin(), cosines.end());
  };
  const detail::Settled settled =
      detail::settle_sparse(field, dynamics, how.max_steps, how.tolerance, buffers,
                            how.trace ? std::function<void()>(record) : std::function<void()>());
  if (!how.trace) record();

  result.steps[i] = settled.steps;
  result.endings[i] = settled.ending;
  if (how.trace) {
    result.overlaps[i] = Matrix<T>(patterns.size(), settled.steps + 1);
    std::ranges::copy(traced, result.overlaps[i].data());
  }
  if (settled.ending == Ending::silent) return;
  const detail::Match match =
      field.match(z.view(), vector_norm(std::span<const std::complex<T>>(z.values)), buffers.field);
  if (match.row >= 0) result.ids[i] = patterns.id(match.row);
  result.cosines[i] = match.cosine;
  result.margins[i] = match.margin;
  // Only where it matters: the cross-talk is measured anew after every change.
  const bool clear = match.cosine >= 0.9 || match.second == 0;
  result.kinds[i] = detail::kind_of(match, clear ? 0 : field.cross_talk());
  read_out(how.readout, match, buffers, answer);
}

template <class T>
AssociativeMemory<T>::AssociativeMemory(const MemoryRule& rule, const MemorySettings& settings)
    : state_(std::make_unique<State>(rule, settings)) {}
template <class T>
AssociativeMemory<T>::AssociativeMemory(std::unique_ptr<State> state) : state_(std::move(state)) {}
template <class T>
AssociativeMemory<T>::~AssociativeMemory() = default;
template <class T>
AssociativeMemory<T>::AssociativeMemory(AssociativeMemory&&) noexcept = default;
template <class T>
AssociativeMemory<T>& AssociativeMemory<T>::operator=(AssociativeMemory&&) noexcept = default;

template <class T>
std::int64_t AssociativeMemory<T>::size() const {
  const std::shared_lock lock(state_->mutex);
  return state_->patterns.size();
}
template <class T>
std::int64_t AssociativeMemory<T>::units() const {
  return state_->settings.units;
}
template <class T>
const MemoryRule& AssociativeMemory<T>::rule() const {
  return *state_->rule;
}
template <class T>
const MemorySettings& AssociativeMemory<T>::settings() const {
  return state_->settings;
}
template <class T>
Normalization AssociativeMemory<T>::normalization() const {
  return resolve(state_->settings.normalization, state_->rule->normalization);
}
template <class T>
Diagonal AssociativeMemory<T>::diagonal() const {
  return resolve(state_->settings.diagonal, state_->rule->diagonal);
}
template <class T>
std::int64_t AssociativeMemory<T>::k() const {
  const auto lock = state_->read();
  return state_->field.k();
}
template <class T>
Layout AssociativeMemory<T>::layout() const {
  const auto lock = state_->read();
  return state_->field.layout();
}
template <class T>
std::int64_t AssociativeMemory<T>::bytes() const {
  const auto lock = state_->read();
  return state_->patterns.bytes() + state_->field.bytes();
}
template <class T>
Cover AssociativeMemory<T>::covered_by() const {
  return cover_of(*state_->rule, state_->settings);
}
template <class T>
std::vector<std::int64_t> AssociativeMemory<T>::ids() const {
  const std::shared_lock lock(state_->mutex);
  return state_->patterns.ids();
}
template <class T>
SparseCodes<T> AssociativeMemory<T>::codes() const {
  const std::shared_lock lock(state_->mutex);
  return pairs_of_units(state_->patterns.codes());
}
template <class T>
std::vector<double> AssociativeMemory<T>::norms() const {
  const std::shared_lock lock(state_->mutex);
  return state_->patterns.norms();
}

template <class T>
std::vector<std::int64_t> AssociativeMemory<T>::store(const SparseCodes<T>& codes,
                                                      std::span<const std::int64_t> ids,
                                                      std::span<const double> weights) {
  return state_->write([&](detail::PatternStore<T>& patterns) {
    return patterns.add("AssociativeMemory.store", codes, ids, weights);
  });
}
template <class T>
void AssociativeMemory<T>::forget(std::span<const std::int64_t> ids) {
  state_->write(
      [&](detail::PatternStore<T>& patterns) { patterns.remove("AssociativeMemory.forget", ids); });
}
template <class T>
void AssociativeMemory<T>::replace(const SparseCodes<T>& codes, std::span<const std::int64_t> ids,
                                   std::span<const double> weights) {
  state_->write([&](detail::PatternStore<T>& patterns) {
    patterns.replace("AssociativeMemory.replace", codes, ids, weights);
  });
}

template <class T>
void AssociativeMemory<T>::decay(double factor) {
  state_->write([&](detail::PatternStore<T>& patterns) {
    patterns.decay("AssociativeMemory.decay", factor);
  });
}
template <class T>
void AssociativeMemory<T>::compact() {
  state_->write([](detail::PatternStore<T>& patterns) { patterns.compact(); });
}

template <class T>
RecallResult<T> AssociativeMemory<T>::recall(const SparseCodes<T>& cues,
                                             const RecallSettings& settings, const Run& run) const {
  constexpr std::string_view who = "AssociativeMemory.recall";
  validate(who, settings);
  const UnitCodes<T> units = state_->checked_states(who, cues);
  const Mask mask(who, settings.mask, units.units(), units.size());
  const auto lock = state_->read();

  const auto count = static_cast<std::size_t>(units.size());
  RecallResult<T> result{.states = SparseCodes<T>(cues.atoms()),
                         .ids = std::vector<std::int64_t>(count, -1),
                         .cosines = std::vector<double>(count),
                         .margins = std::vector<double>(count),
                         .kinds = std::vector<Kind>(count, Kind::silent),
                         .steps = std::vector<std::int32_t>(count),
                         .endings = std::vector<Ending>(count, Ending::stopped),
                         .cue_norms = std::vector<double>(count),
                         .covered_by = covered_by(),
                         .energies = std::vector<std::vector<double>>(count),
                         .active = std::vector<std::vector<std::int32_t>>(count),
                         .overlaps = std::vector<Matrix<T>>(settings.trace ? count : 0)};
  std::vector<detail::SparseState<T>> answers(count);
  state_->for_each(units.size(), run, [&](std::int64_t j, detail::SparseBuffers<T>& buffers) {
    state_->recall_one(j, units[j], settings, mask, buffers, result,
                       answers[static_cast<std::size_t>(j)]);
  });
  UnitCodes<T> states(units.units());
  for (const detail::SparseState<T>& answer : answers) states.append(answer.view());
  result.states = pairs_of_units(states);
  return result;
}

template <class T>
Matrix<T> AssociativeMemory<T>::decode(const RecallResult<T>& recalled,
                                       const Dictionary<T>& dictionary, Signals<T> noisy,
                                       Gain gain) const {
  std::vector<double> norms = recalled.cue_norms;
  if (gain == Gain::stored_norm) {
    const std::shared_lock lock(state_->mutex);
    for (std::size_t i = 0; i < norms.size(); ++i) {
      const std::int64_t slot = state_->patterns.slot_of(recalled.ids[i]);
      norms[i] = slot < 0 ? 0 : state_->patterns.norm(slot);
    }
  }
  return decode_states(recalled.states, dictionary, noisy, gain, std::span<const double>(norms));
}

template <class T>
std::vector<double> AssociativeMemory<T>::energy(const SparseCodes<T>& states) const {
  const UnitCodes<T> units = state_->checked_states("AssociativeMemory.energy", states);
  const auto lock = state_->read();
  std::vector<double> energies(static_cast<std::size_t>(units.size()));
  const detail::Dynamics dynamics = state_->dynamics();
  state_->for_each_state(units, [&](std::int64_t j, detail::SparseBuffers<T>& buffers) {
    state_->field.look(buffers.z.view(), buffers.field);
    energies[static_cast<std::size_t>(j)] =
        detail::energy(state_->field.potential(buffers.z.view(), buffers.field), dynamics,
                       std::span<const std::complex<T>>(buffers.z.values));
  });
  return energies;
}

template <class T>
Matrix<std::complex<T>> AssociativeMemory<T>::overlaps(const SparseCodes<T>& states) const {
  const UnitCodes<T> units = state_->checked_states("AssociativeMemory.overlaps", states);
  const auto lock = state_->read();
  Matrix<std::complex<T>> result(state_->patterns.size(), units.size());
  state_->for_each_state(units, [&](std::int64_t j, detail::SparseBuffers<T>& buffers) {
    state_->field.overlaps(buffers.z.view(), buffers.field, result.column(j));
  });
  return result;
}

template <class T>
Matrix<std::complex<T>> AssociativeMemory<T>::field(const SparseCodes<T>& states) const {
  const UnitCodes<T> units = state_->checked_states("AssociativeMemory.field", states);
  const auto lock = state_->read();
  Matrix<std::complex<T>> result(units.units(), units.size());
  state_->for_each_state(units, [&](std::int64_t j, detail::SparseBuffers<T>& buffers) {
    state_->field.look(buffers.z.view(), buffers.field);
    state_->field.field(buffers.z.view(), buffers.field, buffers.u);
    for (std::size_t i = 0; i < buffers.u.active(); ++i)
      result(buffers.u.units[i], j) = buffers.u.values[i];
  });
  return result;
}

namespace {

Identification empty_identification(std::int64_t states) {
  const auto count = static_cast<std::size_t>(states);
  return {std::vector<std::int64_t>(count, -1), std::vector<double>(count),
          std::vector<double>(count)};
}

template <class T>
void note(const detail::Match& match, const detail::PatternStore<T>& patterns, std::int64_t state,
          Identification& found) {
  const auto i = static_cast<std::size_t>(state);
  if (match.row >= 0) found.ids[i] = patterns.id(match.row);
  found.cosines[i] = match.cosine;
  found.margins[i] = match.margin;
}

}  // namespace

template <class T>
Identification AssociativeMemory<T>::identify(const SparseCodes<T>& states) const {
  const UnitCodes<T> units = state_->checked_states("AssociativeMemory.identify", states);
  const auto lock = state_->read();
  Identification found = empty_identification(units.size());
  state_->for_each_state(units, [&](std::int64_t j, detail::SparseBuffers<T>& buffers) {
    note(state_->field.best(buffers.z.view(), buffers.field), state_->patterns, j, found);
  });
  return found;
}

template <class T>
Identification AssociativeMemory<T>::nearest(const SparseCodes<T>& cues,
                                             std::span<const std::uint8_t> mask) const {
  constexpr std::string_view who = "AssociativeMemory.nearest";
  const UnitCodes<T> units = state_->checked_states(who, cues);
  const Mask known(who, mask, units.units(), units.size());
  const auto lock = state_->read();
  const detail::PatternStore<T>& patterns = state_->patterns;
  Identification found = empty_identification(units.size());
  const bool by_index = known.all() && state_->rule->form == PatternForm::graded;
  const std::vector<std::int64_t> rows = by_index ? std::vector<std::int64_t>() : patterns.rows();
  state_->for_each(units.size(), {}, [&](std::int64_t j, detail::SparseBuffers<T>& buffers) {
    detail::SparseState<T>& cue = buffers.z;
    known_part(units[j], known, j, cue);
    const double norm = code_norm(cue.view());
    if (!is_valid(cue, norm)) return;
    if (by_index) return note(state_->field.best(cue.view(), buffers.field), patterns, j, found);
    detail::SparseState<T>& part = buffers.u;
    std::vector<double> cosines(rows.size());
    for (std::size_t p = 0; p < rows.size(); ++p) {
      const UnitCode<T> code = patterns.code(rows[p]);
      double size = 1;  // of stored codes, unless a part of them is not compared
      if (!known.all()) {
        known_part(code, known, j, part);
        size = code_norm(part.view());
      }
      if (norm > 0 && size > 0)
        cosines[p] = std::abs(inner_product(code, cue.view())) / norm / size;
    }
    detail::Match match = detail::best_match(cosines);
    if (match.row >= 0) match.row = rows[static_cast<std::size_t>(match.row)];
    note(match, patterns, j, found);
  });
  return found;
}

template <class T>
Archive AssociativeMemory<T>::to_archive() const {
  const std::shared_lock lock(state_->mutex);
  Archive archive = state_->patterns.to_archive();
  archive.attributes["memory"].merge(values(state_->settings));
  return archive;
}

template <class T>
AssociativeMemory<T> AssociativeMemory<T>::from_archive(const Archive& archive,
                                                        const MemoryRule& rule) {
  constexpr std::string_view who = "AssociativeMemory.from_archive";
  const auto name = archive.get<std::string>("memory", "rule");
  if (name != rule.name)
    throw Error(who, ": the archive holds a memory of rule ", name, ", not ", rule.name);
  MemorySettings settings;
  for (const Field& field : fields(settings)) {
    const Value value = archive.attribute("memory", field.name);
    if (!std::holds_alternative<std::monostate>(value)) assign(who, settings, field.name, value);
  }
  auto state = std::make_unique<State>(rule, settings);
  state->patterns = detail::PatternStore<T>::from_archive(who, archive, settings.units);
  return AssociativeMemory(std::move(state));
}

template class AssociativeMemory<float>;
template class AssociativeMemory<double>;

}  // namespace striate
