#include "striate/learning/learn.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "striate/dictionaries/constructors.h"
#include "striate/learning/saved_state.h"

namespace striate {

std::string_view name_of(LearnStatus status) {
  switch (status) {
    case LearnStatus::completed:
      return "completed";
    case LearnStatus::converged:
      return "converged";
    case LearnStatus::stopped:
      return "stopped";
    case LearnStatus::time_limit:
      return "time_limit";
  }
  return "";
}

namespace {

// The signals with these numbers (rising) as columns; neighbours are read together.
template <class T>
void gather(const SignalSource<T>& source, const std::vector<std::int64_t>& numbers,
            Matrix<T>& out) {
  const auto count = static_cast<std::int64_t>(numbers.size());
  out.resize(source.dimension(), count);
  for (std::int64_t first = 0, last = 0; first < count; first = last) {
    const std::int64_t number = numbers[static_cast<std::size_t>(first)];
    while (last < count && numbers[static_cast<std::size_t>(last)] == number + last - first) ++last;
    source.read(number, out.view().middle_columns(first, last - first));
  }
  for (std::int64_t j = 0; j < count; ++j)
    for (T x : out.column(j))
      if (!std::isfinite(x))
        throw Error("learn: signal ", numbers[static_cast<std::size_t>(j)],
                    " of the source holds NaN or infinity");
}

// The signals that may be learned from.
template <class T>
class FirstSignals : public SignalSource<T> {
 public:
  FirstSignals(const SignalSource<T>& source, std::int64_t count)
      : source_(source), count_(count) {}
  std::int64_t size() const override { return count_; }
  std::int64_t dimension() const override { return source_.dimension(); }
  void read(std::int64_t first, MatrixView<T> out) const override { source_.read(first, out); }

 private:
  const SignalSource<T>& source_;
  std::int64_t count_;
};

}  // namespace

template <class T>
LearnJob<T>::LearnJob(const SignalSource<T>& source, const LearnSettings& settings,
                      const Matrix<T>* initial)
    : source_(source), settings_(settings) {
  prepare(initial ? initial->rows() : source.dimension());
  if (initial) {
    learner_ = make_learner<T>(settings_, *initial);
  } else {
    if (!settings_.atoms) throw Error("learn: atoms is not given; it is required without initial");
    detail::check_learn_settings("learn", settings_, source.dimension(), *settings_.atoms);
    const auto seed = static_cast<std::uint64_t>(settings_.seed);
    const auto make = [&] {
      if (settings_.initial == Initial::random)
        return random_atoms<T>(source.dimension(), *settings_.atoms, seed,
                               settings_.group_size_in_force());
      return atoms_from_data<T>(FirstSignals<T>(source, source.size() - held_out_),
                                *settings_.atoms, seed, settings_.group_size_in_force());
    };
    learner_ = make_learner<T>(settings_, make());
  }
}

template <class T>
LearnJob<T>::LearnJob(const SignalSource<T>& source, const LearnSettings& settings,
                      const Archive& saved)
    : source_(source), settings_(settings) {
  prepare(source.dimension());
  if (saved.get<std::string>("", "kind") != "learning")
    throw Error("learn: the archive holds ", saved.get<std::string>("", "kind"),
                "; only a state of learning can be resumed");
  check_saved_settings(saved, settings_, {"steps", "epochs"});
  if (saved.get<std::int64_t>("", "source_size") != source.size())
    throw Error("learn: the source has ", source.size(), " signals; the state was saved with ",
                saved.get<std::int64_t>("", "source_size"));
  const Array& atoms = saved.at("learner/atoms");
  if (atoms.shape().size() != 2 || atoms.shape()[1] != source.dimension())
    throw Error("learn: the saved atoms do not have the dimension ", source.dimension(),
                " of the source");
  learner_ = make_learner<T>(settings_, atoms.to_matrix<T>());
  learner_->restore(saved.extract("learner"));
  history_ = rows_of<LearnRow>(saved.extract("history"));
  const auto sums = rows_of<LearnRow>(saved.extract("since_row"));
  if (sums.size() != 1) throw Error("learn: the saved sums since the last row are ", sums.size());
  sums_ = sums[0];
  seconds_ = saved.get<double>("", "seconds");
}

// What both constructors do first: the settings and the source, without the atoms.
template <class T>
void LearnJob<T>::prepare(std::int64_t rows) {
  validate("learn", settings_);
  const std::int64_t size = source_.size();
  if (source_.dimension() < 1 || size < 1)
    throw Error("learn: the source has ", size, " signals of dimension ", source_.dimension(),
                "; there must be at least 1 of each");
  if (rows != source_.dimension())
    throw Error("learn: initial atoms of ", rows, " rows; the signals have ", source_.dimension());
  if (settings_.steps && settings_.epochs)
    throw Error("learn: steps and epochs are both given; only one may be");
  held_out_ = settings_.held_out_of(size);
  const std::int64_t training = size - held_out_;
  if (settings_.whole_source() && training < 1)
    throw Error("learn: the source has ", size, " signals and held_out is ", held_out_,
                "; at least 1 must be left to learn from");
  if (!settings_.whole_source() && training < settings_.batch)
    throw Error("learn: the source has ", size, " signals; batch ", settings_.batch,
                " and held_out ", held_out_, " need at least ", settings_.batch + held_out_);
  if (settings_.min_improvement > 0 && held_out_ == 0)
    throw Error("learn: min_improvement needs held-out signals; held_out is 0");
  batch_size_ = settings_.whole_source() ? training : settings_.batch;
  const double epochs = settings_.epochs.value_or(settings_.whole_source() ? 10 : 1);
  total_steps_ = settings_.steps.value_or(
      static_cast<std::int64_t>(std::ceil(epochs * double(training) / double(batch_size_))));
  order_ = BatchOrder(training, settings_.seed, settings_.shuffle);
  std::vector<std::int64_t> last(static_cast<std::size_t>(held_out_));
  for (std::int64_t i = 0; i < held_out_; ++i) last[static_cast<std::size_t>(i)] = training + i;
  gather(source_, last, reserved_);
}

template <class T>
bool LearnJob<T>::row_due() const {
  if (!history_.empty() && history_.back().step == steps()) return false;
  const std::int64_t period = settings_.held_out_period.value_or(settings_.whole_source() ? 1 : 50);
  return steps() % period == 0 || steps() >= total_steps_;
}

template <class T>
bool LearnJob<T>::converged() const {
  const auto back = static_cast<std::size_t>(settings_.patience);
  if (settings_.min_improvement == 0 || history_.size() <= back) return false;
  const double before = history_[history_.size() - 1 - back].held_out_objective;
  return before - history_.back().held_out_objective < settings_.min_improvement * before;
}

template <class T>
bool LearnJob<T>::done() const {
  return !row_due() && (steps() >= total_steps_ || converged());
}

template <class T>
bool LearnJob<T>::add_row(const Run& run) {
  LearnRow row = sums_;
  const auto batches = static_cast<double>(sums_.step);
  for (double* mean : {&row.objective, &row.nonzeros, &row.seconds_per_batch})
    *mean = batches > 0 ? *mean / batches : std::numeric_limits<double>::quiet_NaN();
  row.held_out_objective = std::numeric_limits<double>::quiet_NaN();
  if (held_out_ > 0) {
    const EncodeInfo info = detail::encode_batch<T>(settings_, settings_.lambda.value_or(0),
                                                    Dictionary<T>(atoms()), reserved_, run)
                                .info;
    if (detail::interrupted(info)) return false;
    row.held_out_objective = info.objective() / double(held_out_);
  }
  row.step = steps();
  row.signals = steps() * batch_size_;
  row.seconds = seconds_;
  row.atoms_in_use = learner_->atoms_in_use();
  history_.push_back(row);
  sums_ = {};
  return true;
}

template <class T>
StepInfo LearnJob<T>::learn_batch(const Run& run) {
  if (settings_.whole_source())
    return learner_->step(FirstSignals<T>(source_, source_.size() - held_out_), run);
  gather(source_, order_.batch(steps() * batch_size_, batch_size_), batch_);
  return learner_->step(batch_, run);
}

template <class T>
bool LearnJob<T>::step(const Run& run) {
  if (row_due() && !add_row(run)) return false;
  if (done()) return true;
  const Stopwatch watch;
  const StepInfo info = learn_batch(run);
  if (!info.complete) return false;
  last_ = info;
  const double seconds = watch.seconds();
  seconds_ += seconds;
  sums_.step += 1;
  sums_.objective += info.objective;
  sums_.nonzeros += info.nonzeros;
  sums_.seconds_per_batch += seconds;
  sums_.replaced += static_cast<std::int64_t>(info.replaced.size());
  return true;
}

template <class T>
Archive LearnJob<T>::save() const {
  Archive archive;
  archive.attributes[""] = {
      {"kind", std::string("learning")}, {"source_size", source_.size()}, {"seconds", seconds_}};
  archive.attributes["settings"] = values(settings_);
  archive.insert("learner", learner_->save());
  archive.insert("history", columns_of(history_));
  archive.insert("since_row", columns_of(std::vector{sums_}));
  return archive;
}

template <class T>
LearnResult<T> learn(LearnJob<T>& job, const Run& run,
                     const std::function<void(const LearnJob<T>&)>& after_step) {
  RunState state(run, "learn", job.total_steps());
  state.advance(job.steps());
  std::array<std::pair<std::string_view, double>, 6> figures;
  const auto look = [&] {
    const StepInfo& last = job.last();
    const auto& history = job.history();
    figures = {{{"objective", last.objective},
                {"held_out_objective", history.empty() ? std::numeric_limits<double>::quiet_NaN()
                                                       : history.back().held_out_objective},
                {"density", last.nonzeros / double(job.atoms().columns())},
                {"atoms_in_use", double(job.atoms_in_use())},
                {"replaced", double(last.replaced.size())},
                {"seconds_per_batch", last.seconds_coding + last.seconds_update}}};
  };
  look();
  // The coder reports to us while it works; we pass on the figures of learning, and the stop.
  Run inner{.observer =
                [&](const Progress&) {
                  state.report(figures);
                  return !state.stopping();
                },
            .stop = run.stop,
            .threads = run.threads};
  while (!job.done() && !state.stopping()) {
    inner.max_seconds = run.max_seconds - state.seconds();
    const std::int64_t before = job.steps();
    if (!job.step(inner)) continue;  // stopping: the state knows why
    look();
    state.advance(job.steps() - before);
    if (after_step) after_step(job);
    state.report(figures);
  }
  LearnStatus status = LearnStatus::completed;
  if (!job.done())
    status =
        state.reason() == StopReason::time_limit ? LearnStatus::time_limit : LearnStatus::stopped;
  else if (job.steps() < job.total_steps()) status = LearnStatus::converged;
  state.report(figures, true);
  return {job.atoms(), job.group_size(), job.history(), status};
}

template <class T>
LearnResult<T> learn(const SignalSource<T>& source, const LearnSettings& settings,
                     const Matrix<T>* initial, const Run& run,
                     const std::function<void(const LearnJob<T>&)>& after_step) {
  LearnJob<T> job(source, settings, initial);
  return learn(job, run, after_step);
}

template <class T>
LearnResult<T> learn(const Matrix<T>& signals, const LearnSettings& settings, const Run& run) {
  return learn<T>(MatrixSource<T>(signals), settings, nullptr, run);
}

#define STRIATE_INSTANTIATE(T)                                                                  \
  template class LearnJob<T>;                                                                   \
  template LearnResult<T> learn(LearnJob<T>&, const Run&,                                       \
                                const std::function<void(const LearnJob<T>&)>&);                \
  template LearnResult<T> learn(const SignalSource<T>&, const LearnSettings&, const Matrix<T>*, \
                                const Run&, const std::function<void(const LearnJob<T>&)>&);    \
  template LearnResult<T> learn(const Matrix<T>&, const LearnSettings&, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate
