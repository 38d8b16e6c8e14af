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
#include "striate/memory/detail/memory_checks.h"
#include "striate/memory/detail/pattern_field.h"
#include "striate/memory/detail/pattern_form.h"
#include "striate/memory/detail/pattern_store.h"
#include "striate/memory/detail/settle.h"
#include "striate/memory/detail/sparse_settle.h"
#include "striate/memory/detail/targets.h"

namespace striate {
namespace {

constexpr std::int64_t kStatesPerChunk = 8;

// What orders that follow single units need of the stored patterns.
template <class T>
struct Engine {
  Engine(const detail::PatternField<T>& patterns, std::span<const double> weights,
         const MemoryRule& rule, const MemorySettings& settings)
      : codes(patterns.codes()),
        field(&codes, weights,
              rule.prepare<T>(
                  {.codes = codes,
                   .weights = weights,
                   .scale = detail::overlap_scale(rule.form, normalization_of(rule, settings),
                                                  patterns.k(), settings.units)},
                  settings),
              diagonal_of(rule, settings) == Diagonal::zero,
              rule.per_unit ? 1 / static_cast<double>(settings.units) : 1),
        postings(detail::postings_of(codes)) {}

  UnitCodes<T> codes;  // in the form in which the rule stores them
  detail::StoredField<T> field;
  UnitCodes<T> postings;
};

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

MemorySettings memory_settings_of(const Archive& archive) {
  MemorySettings settings;
  for (const Field& field : fields(settings)) {
    const Value value = archive.attribute("memory", field.name);
    if (!std::holds_alternative<std::monostate>(value))
      assign("AssociativeMemory.from_archive", settings, field.name, value);
  }
  return settings;
}

template <class T>
struct AssociativeMemory<T>::State {
  using Buffers = detail::SparseBuffers<T>;

  State(const MemoryRule& rule_, const MemorySettings& settings_)
      : rule(&rule_), settings(settings_), patterns(settings_.units) {
    settings.rule = std::string(rule->name);
    detail::check_memory(*rule, settings);
  }

  // A lock under which nothing changes and the patterns are there.
  std::shared_lock<std::shared_mutex> loaded() const {
    for (;;) {
      std::shared_lock reading(mutex);
      if (!pending) return reading;
      reading.unlock();
      const std::unique_lock writing(mutex);
      take_pending();
    }
  }
  // Under a lock of its own.
  void take_pending() const {
    if (!pending) return;
    AssociativeMemory given = pending();
    if (given.size() != announced)
      throw Error("AssociativeMemory: ", given.size(), " patterns were read where there should be ",
                  announced);
    patterns = std::move(given.state_->patterns);
    targets = std::move(given.state_->targets);
    pending = nullptr;
  }
  // The same, and the field knows of all patterns.
  std::shared_lock<std::shared_mutex> read() const {
    const auto ready = [&] {
      return !pending && field.follows() && (engine || settings.order == Order::synchronous);
    };
    for (;;) {
      std::shared_lock reading(mutex);
      if (ready()) return reading;
      reading.unlock();
      const std::unique_lock writing(mutex);
      take_pending();
      if (!field.follows()) field.follow();
      if (!ready())
        engine = std::make_unique<Engine<T>>(field, patterns.weights(), *rule, settings);
    }
  }
  template <class Change>
  auto write(Change change) {
    const std::unique_lock writing(mutex);
    take_pending();
    engine.reset();
    return change(patterns);
  }

  detail::Dynamics dynamics() const {
    const Cover cover = detail::cover_of(*rule, settings);
    return {.truncation = settings.truncation,
            .k = field.k(),
            .theta = settings.theta.value_or(0),
            .normalization = normalization_of(*rule, settings),
            .cut_cue = settings.truncation == Truncation::k_winners &&
                       (cover == Cover::t2 || cover == Cover::async),
            .hold = rule->form == PatternForm::bipolar,
            .order = settings.order};
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
  // Settles the cue in buffers.z, which is the last state afterwards, looked at. Of the states at
  // least z(0) is shown to `watch`; with how.trace all, looked at.
  detail::Settled settle(const RecallSettings& how, Buffers& buffers,
                         const std::function<void(int)>& watch) const;
  // Times g(a), where it is a and codes are not graded: 1 / k.
  double readout_scale() const {
    return rule->form != PatternForm::graded && rule->linear
               ? 1 / static_cast<double>(std::max<std::int64_t>(1, field.k()))
               : 1;
  }
  // Of the cue in the buffers, j of `mask`, with the codes in the form in which they are stored.
  detail::Match familiarity(const Mask& mask, std::int64_t j, Buffers& buffers) const;
  void read_out(Readout readout, const detail::Match& match, Buffers& buffers,
                detail::SparseState<T>& answer) const;
  Matrix<std::complex<T>> target_weights(const UnitCodes<T>& states, bool turned) const;

  const MemoryRule* rule;
  MemorySettings settings;
  mutable detail::PatternStore<T> patterns;
  mutable detail::Targets<T> targets;
  mutable std::function<AssociativeMemory()>
      pending;                 // gives patterns and targets; empty: are here
  std::int64_t announced = 0;  // how many it will give
  mutable std::shared_mutex mutex;
  mutable detail::PatternField<T> field{&patterns, rule, &settings,
                                        diagonal_of(*rule, settings) == Diagonal::zero};
  mutable std::unique_ptr<Engine<T>> engine;  // none if synchronous
  mutable std::mutex spare_mutex;
  mutable std::vector<std::unique_ptr<Buffers>> spare;
};

template <class T>
void AssociativeMemory<T>::State::read_out(Readout readout, const detail::Match& match,
                                           Buffers& buffers, detail::SparseState<T>& answer) const {
  if (readout == Readout::state) {
    answer = buffers.z;
  } else if (readout == Readout::graded) {  // sum_p g(a)_p z_p, times readout_scale()
    field.graded(buffers.field, answer);
    for (std::complex<T>& x : answer.values) x *= static_cast<T>(readout_scale());
  } else if (match.row >= 0) {
    answer.assign(patterns.code(match.row));
    const std::complex<T> overlap = buffers.field.ranked.front().overlap;
    for (std::complex<T>& x : answer.values) x *= overlap / std::abs(overlap);
  }
  answer.drop_zeros();
}

template <class T>
detail::Match AssociativeMemory<T>::State::familiarity(const Mask& mask, std::int64_t j,
                                                       Buffers& buffers) const {
  const UnitCode<T> z = buffers.z.view();
  if (mask.all()) return field.match(z, code_norm(z), buffers.field);
  const auto known = [&](std::int32_t unit) { return mask.knows(j, unit); };
  return field.match_known(z, false, known, buffers.field);
}

template <class T>
detail::Settled AssociativeMemory<T>::State::settle(const RecallSettings& how, Buffers& buffers,
                                                    const std::function<void(int)>& watch) const {
  const detail::Dynamics dynamics = this->dynamics();
  if (!engine) return detail::settle_sparse(field, dynamics, how, buffers, watch);
  detail::SettleBuffers<T> whole(engine->field);
  detail::SparseState<T>& z = buffers.z;
  for (std::size_t i = 0; i < z.active(); ++i)
    whole.z[static_cast<std::size_t>(z.units[i])] = z.values[i];
  int step = 0;
  return detail::settle(engine->field, engine->postings, dynamics, how, whole, [&] {
    z.clear();
    for (std::size_t i = 0; i < whole.z.size(); ++i)
      if (whole.z[i] != std::complex<T>(0)) z.push(static_cast<std::int32_t>(i), whole.z[i]);
    field.look(z.view(), buffers.field);
    watch(step++);
  });
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

  if (is_real(rule->form)) {
    const bool winners = settings.truncation == Truncation::k_winners;
    detail::to_form(rule->form, winners ? field.k() : settings.units, std::span(z.values),
                    buffers.field.ranking);
    z.drop_zeros();
  }
  std::vector<std::complex<T>> a(how.trace ? static_cast<std::size_t>(patterns.size()) : 0);
  std::vector<double> cosines(a.size());
  std::vector<T> traced;
  const auto record = [&](int step) {
    const detail::Dynamics now = detail::annealed(dynamics(), how, step);
    result.energies[i].push_back(detail::energy(field.potential(z.view(), buffers.field), now,
                                                std::span<const std::complex<T>>(z.values)));
    result.active[i].push_back(static_cast<std::int32_t>(z.active()));
    if (!how.trace) return;
    field.overlaps(z.view(), buffers.field, a);
    field.cosines(a, code_norm(z.view()), buffers.field, cosines);
    traced.insert(traced.end(), cosines.begin(), cosines.end());
  };
  const detail::Settled settled = settle(how, buffers, [&](int step) {
    if (step == 0) {
      const detail::Match familiar = familiarity(mask, j, buffers);
      result.familiarity[i] = familiar.cosine;
      result.familiarity_margins[i] = familiar.margin;
    }
    if (how.trace) record(step);
  });
  if (!how.trace) record(settled.steps);

  result.steps[i] = settled.steps;
  result.endings[i] = settled.ending;
  if (how.trace) {
    result.overlaps[i] = Matrix<T>(patterns.size(), settled.steps + 1);
    std::ranges::copy(traced, result.overlaps[i].data());
  }
  if (settled.ending == Ending::silent) return;
  const detail::Match match = field.match(z.view(), code_norm(z.view()), buffers.field);
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
  return state_->pending ? state_->announced : state_->patterns.size();
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
  return normalization_of(*state_->rule, state_->settings);
}
template <class T>
Diagonal AssociativeMemory<T>::diagonal() const {
  return diagonal_of(*state_->rule, state_->settings);
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
  return detail::cover_of(*state_->rule, state_->settings);
}
template <class T>
std::vector<std::int64_t> AssociativeMemory<T>::ids() const {
  const auto lock = state_->loaded();
  return state_->patterns.ids();
}
template <class T>
SparseCodes<T> AssociativeMemory<T>::codes() const {
  const auto lock = state_->loaded();
  return pairs_of_units(state_->patterns.codes());
}
template <class T>
std::vector<double> AssociativeMemory<T>::norms() const {
  const auto lock = state_->loaded();
  return state_->patterns.norms();
}
template <class T>
UnitCodes<T> AssociativeMemory<T>::codes_of_rule() const {
  const auto lock = state_->read();
  return state_->field.codes();
}

template <class T>
std::vector<std::int64_t> AssociativeMemory<T>::store(const SparseCodes<T>& codes,
                                                      std::span<const std::int64_t> ids,
                                                      std::span<const double> weights,
                                                      Signals<T> targets) {
  return state_->write([&](detail::PatternStore<T>& patterns) {
    detail::check_patterns("AssociativeMemory.store", *state_->rule,
                           patterns.size() + codes.signals());
    state_->targets.check("AssociativeMemory.store", *state_->rule, targets, codes.signals(),
                          !state_->targets.empty());
    if (targets.columns > 0 && state_->targets.empty() && patterns.size() > 0)
      throw Error("AssociativeMemory.store: targets are given, but the ", patterns.size(),
                  " patterns stored have none; all patterns have one, or none has");
    const std::vector<std::int64_t> names =
        patterns.add("AssociativeMemory.store", codes, ids, weights);
    state_->targets.keep(names, targets);
    return names;
  });
}
template <class T>
void AssociativeMemory<T>::forget(std::span<const std::int64_t> ids) {
  state_->write([&](detail::PatternStore<T>& patterns) {
    patterns.remove("AssociativeMemory.forget", ids);
    state_->targets.remove(ids);
  });
}
template <class T>
void AssociativeMemory<T>::replace(const SparseCodes<T>& codes, std::span<const std::int64_t> ids,
                                   std::span<const double> weights, Signals<T> targets) {
  state_->write([&](detail::PatternStore<T>& patterns) {
    constexpr std::string_view who = "AssociativeMemory.replace";
    state_->targets.check(who, *state_->rule, targets, codes.signals(), false);
    if (targets.columns > 0 && state_->targets.empty())
      throw Error(who, ": targets are given, but the patterns stored have none");
    patterns.replace(who, codes, ids, weights);
    state_->targets.keep(ids, targets);
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
  detail::check_recall(who, settings, state_->settings);
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
                         .familiarity = std::vector<double>(count),
                         .familiarity_margins = std::vector<double>(count),
                         .covered_by = covered_by(),
                         .baselines = detail::baselines(state_->dynamics(), settings),
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
    const auto lock = state_->loaded();
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

template <class T>
Matrix<T> AssociativeMemory<T>::targets() const {
  const auto lock = state_->loaded();
  return state_->targets.matrix();
}

// How much each pattern's target counts for each state (P x states): g(a), times readout_scale().
// `turned`: so that the largest overlap is real.
template <class T>
Matrix<std::complex<T>> AssociativeMemory<T>::State::target_weights(const UnitCodes<T>& states,
                                                                    bool turned) const {
  Matrix<std::complex<T>> weights(patterns.size(), states.size());
  for_each_state(states, [&](std::int64_t j, Buffers& buffers) {
    const std::span<std::complex<T>> a = weights.column(j);
    field.overlaps(buffers.z.view(), buffers.field, a);
    const std::complex<T> best =
        *std::ranges::max_element(a, {}, [](const std::complex<T>& x) { return std::norm(x); });
    field.weigh(a);
    std::complex<T> factor = static_cast<T>(readout_scale());
    if (turned && best != std::complex<T>(0)) factor *= std::conj(detail::phase_of(best));
    for (std::complex<T>& x : a) x *= factor;
  });
  return weights;
}

namespace {

template <class T>
void check_targets(std::string_view who, const detail::Targets<T>& targets) {
  if (targets.empty())
    throw Error(who,
                ": no targets are stored; a memory of rule hetero takes them with its patterns");
}

}  // namespace

template <class T>
Matrix<T> AssociativeMemory<T>::associate(const SparseCodes<T>& states) const {
  constexpr std::string_view who = "AssociativeMemory.associate";
  const UnitCodes<T> units = state_->checked_states(who, states);
  const auto lock = state_->read();
  check_targets(who, state_->targets);
  const Matrix<T> targets = state_->targets.matrix();
  const Matrix<std::complex<T>> weights = state_->target_weights(units, true);
  Matrix<T> outputs(targets.rows(), units.size());
  for (std::int64_t j = 0; j < units.size(); ++j)
    for (std::int64_t p = 0; p < targets.columns(); ++p)
      for (std::int64_t i = 0; i < targets.rows(); ++i)
        outputs(i, j) += weights(p, j).real() * targets(i, p);
  return outputs;
}

template <class T>
Matrix<std::complex<T>> AssociativeMemory<T>::associate_complex(
    const SparseCodes<T>& states) const {
  constexpr std::string_view who = "AssociativeMemory.associate_complex";
  const UnitCodes<T> units = state_->checked_states(who, states);
  const auto lock = state_->read();
  check_targets(who, state_->targets);
  const Matrix<T> targets = state_->targets.matrix();
  if (targets.rows() % 2 != 0)
    throw Error(who, ": targets of ", targets.rows(),
                " values; complex ones have a real and an imaginary part each");
  const Matrix<std::complex<T>> weights = state_->target_weights(units, false);
  Matrix<std::complex<T>> outputs(targets.rows() / 2, units.size());
  for (std::int64_t j = 0; j < units.size(); ++j)
    for (std::int64_t p = 0; p < targets.columns(); ++p)
      for (std::int64_t i = 0; i < outputs.rows(); ++i)
        outputs(i, j) += weights(p, j) * std::complex<T>(targets(2 * i, p), targets(2 * i + 1, p));
  return outputs;
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
  state_->for_each(units.size(), {}, [&](std::int64_t j, detail::SparseBuffers<T>& buffers) {
    detail::SparseState<T>& cue = buffers.z;
    known_part(units[j], known, j, cue);
    if (!is_valid(cue, code_norm(cue.view()))) return;
    const detail::Match match =
        by_index ? state_->field.best(cue.view(), buffers.field)
                 : state_->field.match_known(
                       cue.view(), true, [&](std::int32_t unit) { return known.knows(j, unit); },
                       buffers.field);
    note(match, patterns, j, found);
  });
  return found;
}

template <class T>
Archive AssociativeMemory<T>::to_archive() const {
  const auto lock = state_->loaded();
  Archive archive = state_->patterns.to_archive();
  archive.attributes["memory"].merge(values(state_->settings));
  state_->targets.to_archive(archive);
  return archive;
}

template <class T>
AssociativeMemory<T> AssociativeMemory<T>::from_archive(const Archive& archive,
                                                        const MemoryRule& rule) {
  constexpr std::string_view who = "AssociativeMemory.from_archive";
  const auto name = archive.get<std::string>("memory", "rule");
  if (name != rule.name)
    throw Error(who, ": the archive holds a memory of rule ", name, ", not ", rule.name);
  const MemorySettings settings = memory_settings_of(archive);
  auto state = std::make_unique<State>(rule, settings);
  state->patterns = detail::PatternStore<T>::from_archive(who, archive, settings.units);
  detail::check_patterns(who, rule, state->patterns.size());
  state->targets.from_archive(who, archive, state->patterns.ids());
  return AssociativeMemory(std::move(state));
}

template <class T>
AssociativeMemory<T> AssociativeMemory<T>::deferred(const MemoryRule& rule,
                                                    const MemorySettings& settings,
                                                    std::int64_t patterns,
                                                    std::function<AssociativeMemory()> load) {
  auto state = std::make_unique<State>(rule, settings);
  state->pending = std::move(load);
  state->announced = patterns;
  return AssociativeMemory(std::move(state));
}

template class AssociativeMemory<float>;
template class AssociativeMemory<double>;

}  // namespace striate
