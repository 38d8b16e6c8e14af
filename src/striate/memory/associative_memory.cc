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
#include "striate/memory/detail/pattern_form.h"
#include "striate/memory/detail/pattern_store.h"
#include "striate/memory/detail/settle.h"
#include "striate/memory/detail/targets.h"

namespace striate {
namespace {

constexpr std::int64_t kStatesPerChunk = 8;

Normalization resolve(Normalization asked, Normalization own) {
  return asked == Normalization::automatic ? own : asked;
}

Cover cover_of(const MemoryRule& rule, const MemorySettings& s) {
  return detail::cover(rule.convex, diagonal_of(rule, s) == Diagonal::zero, s.truncation,
                       resolve(s.normalization, rule.normalization), s.order);
}

// An order that follows single units, or the energy, needs more than a field.
void check_order(const MemoryRule& rule, const MemorySettings& s) {
  if (s.order == Order::synchronous) return;
  const auto order = EnumNames<Order>::names[static_cast<std::size_t>(s.order)];
  if (is_real(rule.form))
    throw Error("AssociativeMemory: order is ", order, " but ", rule.name,
                " changes all units at once; it must be synchronous");
  const Normalization normalization = resolve(s.normalization, rule.normalization);
  if (s.order == Order::asynchronous && normalization != Normalization::phase)
    throw Error("AssociativeMemory: order is asynchronous but normalization ",
                EnumNames<Normalization>::names[static_cast<std::size_t>(normalization)],
                " changes all units at once; it must be phase");
  if (s.order == Order::monotone && !rule.convex)
    throw Error("AssociativeMemory: order is monotone but ", rule.name,
                " has no energy that falls; it must be synchronous or asynchronous");
  if (s.truncation == Truncation::relative && normalization == Normalization::phase)
    throw Error("AssociativeMemory: order is ", order,
                " but the threshold of relative depends on all units at once; truncation must be "
                "k_winners, absolute or dynamic");
}

void check(const MemoryRule& rule, const MemorySettings& s) {
  validate("AssociativeMemory", s);
  check_options("AssociativeMemory", rule, s);
  if (rule.most_units > 0 && s.units > rule.most_units)
    throw Error("AssociativeMemory: units is ", s.units, "; ", rule.name, " takes at most ",
                rule.most_units);
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
  if (diagonal_of(rule, s) == Diagonal::zero && !is_linear(rule, s))
    throw Error("AssociativeMemory: diagonal is zero but ", rule.name,
                rule.linear ? " with overlaps cut" : "",
                " has no weight matrix whose diagonal could be taken out; it must be auto or keep");
  check_order(rule, s);
}

// Schedules and seeds that the memory's own settings leave no use for.
void check(std::string_view who, const RecallSettings& how, const MemorySettings& s) {
  validate(who, how);
  const std::string_view truncation =
      EnumNames<Truncation>::names[static_cast<std::size_t>(s.truncation)];
  const bool winners = s.truncation == Truncation::k_winners;
  if (how.theta_start && winners)
    throw Error(who, ": theta_start is ", *how.theta_start, " but k_winners has no theta");
  if (how.theta_start && s.truncation == Truncation::relative && *how.theta_start >= 1)
    throw Error(who, ": theta_start is ", *how.theta_start,
                "; relative to the largest modulus it must be below 1");
  if (how.k_start && !winners)
    throw Error(who, ": k_start is ", *how.k_start, " but the truncation ", truncation,
                " has no k");
  if (how.k_start && *how.k_start > s.units)
    throw Error(who, ": k_start is ", *how.k_start, "; it must be from 1 to the number of units, ",
                s.units);
  if ((how.theta_start || how.k_start) && how.anneal_steps >= how.max_steps)
    throw Error(who, ": anneal_steps is ", how.anneal_steps, "; it must be below max_steps, ",
                how.max_steps);
  if (how.order_seed && s.order == Order::synchronous)
    throw Error(who, ": order_seed is ", *how.order_seed,
                " but the order of this memory is synchronous");
}

// Units whose modulus is at least 0.01 of the code's largest.
template <class T>
std::int64_t counted_units(UnitCode<T> code) {
  double largest = 0;
  for (const std::complex<T>& z : code.values)
    largest = std::max(largest, std::abs(std::complex<double>(z)));
  return std::ranges::count_if(code.values, [&](const std::complex<T>& z) {
    return std::abs(std::complex<double>(z)) >= 0.01 * largest;
  });
}

void check_patterns(std::string_view who, const MemoryRule& rule, std::int64_t patterns) {
  if (rule.most_patterns > 0 && patterns > rule.most_patterns)
    throw Error(who, ": ", patterns, " patterns; ", rule.name, " holds at most ",
                rule.most_patterns);
}

// What recall needs of the stored patterns, computed from them when first asked for.
template <class T>
struct Engine {
  Engine(const detail::PatternStore<T>& patterns, const MemoryRule& rule,
         const MemorySettings& settings)
      : dynamics{.truncation = settings.truncation,
                 .k = settings.k ? *settings.k : detail::median_units(rule.form, patterns.codes()),
                 .theta = settings.theta.value_or(0),
                 .normalization = resolve(settings.normalization, rule.normalization),
                 .cut_cue = settings.truncation == Truncation::k_winners &&
                            (cover_of(rule, settings) == Cover::t2 ||
                             cover_of(rule, settings) == Cover::async),
                 .hold = rule.form == PatternForm::bipolar,
                 .order = settings.order},
        formed(rule.form == PatternForm::graded
                   ? UnitCodes<T>(0)
                   : detail::codes_in_form(rule.form, dynamics.k, patterns.codes())),
        codes(rule.form == PatternForm::graded ? patterns.codes() : formed),
        field(&codes, patterns.weights(),
              rule.prepare<T>({.codes = codes,
                               .weights = patterns.weights(),
                               .scale = detail::overlap_scale(rule.form, dynamics.normalization,
                                                              dynamics.k, settings.units)},
                              settings),
              diagonal_of(rule, settings) == Diagonal::zero,
              rule.per_unit ? 1 / static_cast<double>(settings.units) : 1),
        postings(settings.order == Order::synchronous ? UnitCodes<T>(0)
                                                      : detail::postings_of(codes)) {
    for (std::int64_t p = 0; p < codes.size(); ++p) norms.push_back(code_norm(codes[p]));
  }

  double cross_talk() const {
    std::call_once(cross_talk_once, [&] { cross_talk_value = detail::cross_talk(codes, norms); });
    return cross_talk_value;
  }

  detail::Dynamics dynamics;
  UnitCodes<T> formed;        // of a rule whose codes are not graded
  const UnitCodes<T>& codes;  // in the form in which the rule stores them
  detail::StoredField<T> field;
  UnitCodes<T> postings;      // of these codes; none if synchronous
  std::vector<double> norms;  // of these codes
  mutable std::once_flag cross_talk_once;
  mutable double cross_talk_value = 0;
};

template <class T>
double vector_norm(std::span<const std::complex<T>> z) {
  double sum = 0;
  for (const std::complex<T>& x : z) sum += std::norm(std::complex<double>(x));
  return std::sqrt(sum);
}

// The units that are not zero.
template <class T>
struct OwnedCode {
  std::vector<std::int32_t> units;
  std::vector<std::complex<T>> values;
  explicit OwnedCode(std::span<const std::complex<T>> dense = {}) {
    for (std::size_t i = 0; i < dense.size(); ++i) {
      if (dense[i] == std::complex<T>(0)) continue;
      units.push_back(static_cast<std::int32_t>(i));
      values.push_back(dense[i]);
    }
  }
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

// The known part of a cue.
template <class T>
OwnedCode<T> known_part(UnitCode<T> cue, const Mask& mask, std::int64_t j) {
  OwnedCode<T> known;
  for (std::size_t i = 0; i < cue.active(); ++i) {
    if (!mask.knows(j, cue.units[i])) continue;
    known.units.push_back(cue.units[i]);
    known.values.push_back(cue.values[i]);
  }
  return known;
}

template <class T>
void spread(UnitCode<T> code, std::span<std::complex<T>> dense) {
  std::ranges::fill(dense, std::complex<T>(0));
  for (std::size_t i = 0; i < code.active(); ++i)
    dense[static_cast<std::size_t>(code.units[i])] = code.values[i];
}

// NaN or infinity in any value makes the norm so.
template <class T>
bool is_valid(const OwnedCode<T>& cue, double norm) {
  return std::isfinite(norm) && std::ranges::all_of(cue.values, [](const std::complex<T>& z) {
           return std::isfinite(z.real()) && std::isfinite(z.imag());
         });
}

}  // namespace

template <class T>
struct AssociativeMemory<T>::State {
  State(const MemoryRule& rule_, const MemorySettings& settings_)
      : rule(&rule_), settings(settings_), patterns(settings_.units) {
    settings.rule = std::string(rule->name);
    check(*rule, settings);
  }

  // A lock under which nothing changes and the engine is ready.
  std::shared_lock<std::shared_mutex> read() const {
    for (;;) {
      std::shared_lock reading(mutex);
      if (engine) return reading;
      reading.unlock();
      const std::unique_lock writing(mutex);
      if (!engine) engine = std::make_unique<Engine<T>>(patterns, *rule, settings);
    }
  }
  // A change of the patterns; the engine is made anew when it is next needed.
  template <class Change>
  auto write(Change change) {
    const std::unique_lock writing(mutex);
    engine.reset();
    return change(patterns);
  }

  UnitCodes<T> checked_states(std::string_view who, const SparseCodes<T>& states) const {
    if (states.atoms() != 2 * settings.units)
      throw Error(who, ": codes of ", states.atoms(), " atoms; a memory of ", settings.units,
                  " complex units takes ", 2 * settings.units);
    return units_of_pairs(states);
  }

  // Calls f(j, buffers) for every j below `count`, in parallel.
  void for_each(std::int64_t count, const Run& run,
                const std::function<void(std::int64_t, detail::SettleBuffers<T>&)>& f) const {
    RunState running(run, "recall", count);
    std::vector<detail::SettleBuffers<T>> buffers(static_cast<std::size_t>(workers_for(running)),
                                                  detail::SettleBuffers<T>(engine->field));
    const std::int64_t chunks = (count + kStatesPerChunk - 1) / kStatesPerChunk;
    const auto one = [&](std::int64_t chunk, int worker) {
      const std::int64_t end = std::min((chunk + 1) * kStatesPerChunk, count);
      for (std::int64_t j = chunk * kStatesPerChunk; j < end; ++j) {
        f(j, buffers[static_cast<std::size_t>(worker)]);
        running.advance(1);
      }
    };
    parallel_for(chunks, one, running);
  }
  // The same for states, each in buffers.z with its overlaps in buffers.a.
  void for_each_state(const UnitCodes<T>& states,
                      const std::function<void(std::int64_t, detail::SettleBuffers<T>&)>& f) const {
    for_each(states.size(), {}, [&](std::int64_t j, detail::SettleBuffers<T>& buffers) {
      spread(states[j], std::span<std::complex<T>>(buffers.z));
      engine->field.overlaps(buffers.z, buffers.a);
      f(j, buffers);
    });
  }

  void recall_one(std::int64_t j, UnitCode<T> cue, const RecallSettings& how, const Mask& mask,
                  detail::SettleBuffers<T>& buffers, RecallResult<T>& result,
                  OwnedCode<T>& answer) const;
  // Times g(a), where it is a and codes are not graded: 1 / k.
  double readout_scale() const {
    return rule->form != PatternForm::graded && rule->linear
               ? 1 / static_cast<double>(std::max<std::int64_t>(1, engine->dynamics.k))
               : 1;
  }
  // Of the cue in the buffers, j of `mask`, with the codes in the form in which they are stored.
  detail::Match familiarity(const Mask& mask, std::int64_t j,
                            const detail::SettleBuffers<T>& buffers) const;
  OwnedCode<T> read_out(Readout readout, const detail::Match& match,
                        detail::SettleBuffers<T>& buffers) const;

  const MemoryRule* rule;
  MemorySettings settings;
  detail::PatternStore<T> patterns;
  detail::Targets<T> targets;
  mutable std::shared_mutex mutex;
  mutable std::unique_ptr<Engine<T>> engine;
};

template <class T>
OwnedCode<T> AssociativeMemory<T>::State::read_out(Readout readout, const detail::Match& match,
                                                   detail::SettleBuffers<T>& buffers) const {
  auto& [z, u, before, a, h, ranking] = buffers;
  using Fixed = std::span<const std::complex<T>>;
  if (readout == Readout::state) return OwnedCode<T>(Fixed(z));
  std::ranges::fill(u, std::complex<T>(0));
  if (readout ==
      Readout::graded) {  // sum_p g(a)_p z_p, a / k where g(a) = a and codes are not graded
    h = a;
    engine->field.weigh(h);
    const T scale = static_cast<T>(readout_scale());
    for (std::int64_t p = 0; p < patterns.size(); ++p)
      if (const std::complex<T> weight = h[static_cast<std::size_t>(p)];
          weight != std::complex<T>(0))
        detail::add_scaled(scale * weight, patterns.codes()[p], std::span<std::complex<T>>(u));
  } else if (match.row >= 0) {
    const std::complex<T> overlap = a[static_cast<std::size_t>(match.row)];
    detail::add_scaled(overlap / std::abs(overlap), patterns.codes()[match.row],
                       std::span<std::complex<T>>(u));
  }
  return OwnedCode<T>(Fixed(u));
}

template <class T>
detail::Match AssociativeMemory<T>::State::familiarity(
    const Mask& mask, std::int64_t j, const detail::SettleBuffers<T>& buffers) const {
  using Fixed = std::span<const std::complex<T>>;
  std::vector<double> cosines(engine->norms.size()), of_known;
  for (std::int64_t p = 0; !mask.all() && p < engine->codes.size(); ++p) {
    const OwnedCode<T> part = known_part(engine->codes[p], mask, j);
    of_known.push_back(code_norm(UnitCode<T>{part.units, part.values}));
  }
  detail::cosines(Fixed(buffers.a), std::span<const double>(mask.all() ? engine->norms : of_known),
                  vector_norm(Fixed(buffers.z)), std::span<double>(cosines));
  return detail::best_match(cosines);
}

template <class T>
void AssociativeMemory<T>::State::recall_one(std::int64_t j, UnitCode<T> cue,
                                             const RecallSettings& how, const Mask& mask,
                                             detail::SettleBuffers<T>& buffers,
                                             RecallResult<T>& result, OwnedCode<T>& answer) const {
  using Fixed = std::span<const std::complex<T>>;
  const auto i = static_cast<std::size_t>(j);
  const OwnedCode<T> known = known_part(cue, mask, j);
  const double norm = code_norm(UnitCode<T>{known.units, known.values});
  result.cue_norms[i] = norm;
  if (!is_valid(known, norm)) {
    result.endings[i] = Ending::invalid;
    result.kinds[i] = Kind::invalid;
    return;
  }
  result.endings[i] = Ending::silent;
  if (patterns.size() == 0) return;

  std::vector<std::complex<T>>&z = buffers.z, &a = buffers.a;
  spread(UnitCode<T>{known.units, known.values}, std::span<std::complex<T>>(z));
  if (is_real(rule->form))
    detail::to_form(
        rule->form,
        settings.truncation == Truncation::k_winners ? engine->dynamics.k : settings.units,
        std::span<std::complex<T>>(z), buffers.ranking);
  std::vector<double> cosines(a.size());
  std::vector<T> traced;
  const auto record = [&](int step) {
    result.energies[i].push_back(detail::energy(
        engine->field, detail::annealed(engine->dynamics, how, step), Fixed(z), Fixed(a)));
    result.active[i].push_back(static_cast<std::int32_t>(
        std::ranges::count_if(z, [](auto x) { return x != std::complex<T>(0); })));
    detail::cosines(Fixed(a), std::span<const double>(engine->norms), vector_norm(Fixed(z)),
                    std::span<double>(cosines));
    if (how.trace) traced.insert(traced.end(), cosines.begin(), cosines.end());
  };
  int step = 0;
  const detail::Settled settled =
      detail::settle(engine->field, engine->postings, engine->dynamics, how, buffers, [&] {
        if (step == 0) {
          const detail::Match familiar = familiarity(mask, j, buffers);
          result.familiarity[i] = familiar.cosine;
          result.familiarity_margins[i] = familiar.margin;
        }
        if (how.trace) record(step);
        ++step;
      });
  if (!how.trace) record(settled.steps);

  result.steps[i] = settled.steps;
  result.endings[i] = settled.ending;
  if (how.trace) {
    result.overlaps[i] = Matrix<T>(patterns.size(), settled.steps + 1);
    std::ranges::copy(traced, result.overlaps[i].data());
  }
  if (settled.ending == Ending::silent) return;
  const detail::Match match = detail::best_match(cosines);
  if (match.row >= 0) result.ids[i] = patterns.ids()[static_cast<std::size_t>(match.row)];
  result.cosines[i] = match.cosine;
  result.margins[i] = match.margin;
  result.kinds[i] = detail::kind_of(cosines, engine->cross_talk());
  answer = read_out(how.readout, match, buffers);
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
  return diagonal_of(*state_->rule, state_->settings);
}
template <class T>
std::int64_t AssociativeMemory<T>::k() const {
  const auto lock = state_->read();
  return state_->engine->dynamics.k;
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
UnitCodes<T> AssociativeMemory<T>::codes_of_rule() const {
  const auto lock = state_->read();
  return state_->engine->codes;
}

template <class T>
std::vector<std::int64_t> AssociativeMemory<T>::store(const SparseCodes<T>& codes,
                                                      std::span<const std::int64_t> ids,
                                                      std::span<const double> weights,
                                                      Signals<T> targets) {
  return state_->write([&](detail::PatternStore<T>& patterns) {
    check_patterns("AssociativeMemory.store", *state_->rule, patterns.size() + codes.signals());
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
RecallResult<T> AssociativeMemory<T>::recall(const SparseCodes<T>& cues,
                                             const RecallSettings& settings, const Run& run) const {
  constexpr std::string_view who = "AssociativeMemory.recall";
  check(who, settings, state_->settings);
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
                         .baselines = detail::baselines(state_->engine->dynamics, settings),
                         .energies = std::vector<std::vector<double>>(count),
                         .active = std::vector<std::vector<std::int32_t>>(count),
                         .overlaps = std::vector<Matrix<T>>(settings.trace ? count : 0)};
  std::vector<OwnedCode<T>> answers(count);
  state_->for_each(units.size(), run, [&](std::int64_t j, detail::SettleBuffers<T>& buffers) {
    state_->recall_one(j, units[j], settings, mask, buffers, result,
                       answers[static_cast<std::size_t>(j)]);
  });
  UnitCodes<T> states(units.units());
  for (const OwnedCode<T>& answer : answers) states.append({answer.units, answer.values});
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
    const std::vector<std::int64_t>& ids = state_->patterns.ids();
    for (std::size_t i = 0; i < norms.size(); ++i) {
      const auto place = std::ranges::lower_bound(ids, recalled.ids[i]);
      const bool stored = place != ids.end() && *place == recalled.ids[i];
      norms[i] =
          stored ? state_->patterns.norms()[static_cast<std::size_t>(place - ids.begin())] : 0;
    }
  }
  return decode_states(recalled.states, dictionary, noisy, gain, std::span<const double>(norms));
}

template <class T>
std::vector<double> AssociativeMemory<T>::energy(const SparseCodes<T>& states) const {
  const UnitCodes<T> units = state_->checked_states("AssociativeMemory.energy", states);
  const auto lock = state_->read();
  std::vector<double> energies(static_cast<std::size_t>(units.size()));
  state_->for_each_state(units, [&](std::int64_t j, detail::SettleBuffers<T>& buffers) {
    energies[static_cast<std::size_t>(j)] = detail::energy(
        state_->engine->field, state_->engine->dynamics,
        std::span<const std::complex<T>>(buffers.z), std::span<const std::complex<T>>(buffers.a));
  });
  return energies;
}

template <class T>
Matrix<std::complex<T>> AssociativeMemory<T>::overlaps(const SparseCodes<T>& states) const {
  const UnitCodes<T> units = state_->checked_states("AssociativeMemory.overlaps", states);
  const auto lock = state_->read();
  Matrix<std::complex<T>> result(state_->patterns.size(), units.size());
  state_->for_each_state(units, [&](std::int64_t j, detail::SettleBuffers<T>& buffers) {
    std::ranges::copy(buffers.a, result.column(j).begin());
  });
  return result;
}

template <class T>
Matrix<std::complex<T>> AssociativeMemory<T>::field(const SparseCodes<T>& states) const {
  const UnitCodes<T> units = state_->checked_states("AssociativeMemory.field", states);
  const auto lock = state_->read();
  Matrix<std::complex<T>> result(units.units(), units.size());
  state_->for_each_state(units, [&](std::int64_t j, detail::SettleBuffers<T>& buffers) {
    state_->engine->field.weigh(buffers.a);
    state_->engine->field.apply(buffers.a, buffers.z, result.column(j));
  });
  return result;
}

template <class T>
Matrix<T> AssociativeMemory<T>::targets() const {
  const std::shared_lock lock(state_->mutex);
  return state_->targets.matrix();
}

template <class T>
Matrix<T> AssociativeMemory<T>::associate(const SparseCodes<T>& states) const {
  constexpr std::string_view who = "AssociativeMemory.associate";
  const UnitCodes<T> units = state_->checked_states(who, states);
  const auto lock = state_->read();
  if (state_->targets.empty())
    throw Error(who,
                ": no targets are stored; a memory of rule hetero takes them with its patterns");
  const Matrix<T> targets = state_->targets.matrix();
  Matrix<T> outputs(targets.rows(), units.size());
  state_->for_each_state(units, [&](std::int64_t j, detail::SettleBuffers<T>& buffers) {
    const std::complex<double> best(*std::ranges::max_element(
        buffers.a, {}, [](const std::complex<T>& a) { return std::norm(a); }));
    if (best == 0.0) return;
    const std::complex<double> turn = state_->readout_scale() * std::conj(best) / std::abs(best);
    state_->engine->field.weigh(buffers.a);
    for (std::int64_t p = 0; p < targets.columns(); ++p) {
      const T share = static_cast<T>(
          (turn * std::complex<double>(buffers.a[static_cast<std::size_t>(p)])).real());
      for (std::int64_t i = 0; i < targets.rows(); ++i) outputs(i, j) += share * targets(i, p);
    }
  });
  return outputs;
}

namespace {

Identification empty_identification(std::int64_t states) {
  const auto count = static_cast<std::size_t>(states);
  return {std::vector<std::int64_t>(count, -1), std::vector<double>(count),
          std::vector<double>(count)};
}

void note(const detail::Match& match, std::span<const std::int64_t> ids, std::int64_t state,
          Identification& found) {
  const auto i = static_cast<std::size_t>(state);
  if (match.row >= 0) found.ids[i] = ids[static_cast<std::size_t>(match.row)];
  found.cosines[i] = match.cosine;
  found.margins[i] = match.margin;
}

}  // namespace

template <class T>
Identification AssociativeMemory<T>::identify(const SparseCodes<T>& states) const {
  const UnitCodes<T> units = state_->checked_states("AssociativeMemory.identify", states);
  const auto lock = state_->read();
  Identification found = empty_identification(units.size());
  state_->for_each_state(units, [&](std::int64_t j, detail::SettleBuffers<T>& buffers) {
    std::vector<double> cosines(buffers.a.size());
    detail::cosines(std::span<const std::complex<T>>(buffers.a),
                    std::span<const double>(state_->engine->norms), code_norm(units[j]),
                    std::span<double>(cosines));
    note(detail::best_match(cosines), state_->patterns.ids(), j, found);
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
  const UnitCodes<T>& codes = state_->patterns.codes();
  Identification found = empty_identification(units.size());
  state_->for_each(units.size(), {}, [&](std::int64_t j, detail::SettleBuffers<T>&) {
    const OwnedCode<T> cue = known_part(units[j], known, j);
    const UnitCode<T> view{cue.units, cue.values};
    const double norm = code_norm(view);
    if (!is_valid(cue, norm)) return;
    std::vector<double> cosines(static_cast<std::size_t>(codes.size()));
    for (std::int64_t p = 0; p < codes.size(); ++p) {
      double size = 1;  // of stored codes, unless a part of them is not compared
      if (!known.all()) {
        const OwnedCode<T> part = known_part(codes[p], known, j);
        size = code_norm(UnitCode<T>{part.units, part.values});
      }
      if (norm > 0 && size > 0)
        cosines[static_cast<std::size_t>(p)] =
            std::abs(inner_product(codes[p], view)) / norm / size;
    }
    note(detail::best_match(cosines), state_->patterns.ids(), j, found);
  });
  return found;
}

template <class T>
Archive AssociativeMemory<T>::to_archive() const {
  const std::shared_lock lock(state_->mutex);
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
  MemorySettings settings;
  for (const Field& field : fields(settings)) {
    const Value value = archive.attribute("memory", field.name);
    if (!std::holds_alternative<std::monostate>(value)) assign(who, settings, field.name, value);
  }
  auto state = std::make_unique<State>(rule, settings);
  state->patterns = detail::PatternStore<T>::from_archive(who, archive, settings.units);
  check_patterns(who, rule, state->patterns.size());
  state->targets.from_archive(who, archive, state->patterns.ids());
  return AssociativeMemory(std::move(state));
}

template class AssociativeMemory<float>;
template class AssociativeMemory<double>;

}  // namespace striate
