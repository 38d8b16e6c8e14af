#include "striate/learning/online.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "striate/core/random.h"

namespace striate {

namespace {

// beta of batch t, counted from 1, of q signals.
double kept(const OnlineSettings& settings, std::int64_t batch, std::int64_t signals) {
  const auto t = static_cast<double>(batch), q = static_cast<double>(signals);
  switch (settings.schedule) {
    case Schedule::power:
      return std::pow(1 - 1 / t, settings.forgetting);
    case Schedule::signals: {
      const double seen = batch < signals ? t * q : q * q + t - q;
      return (seen + 1 - q) / (seen + 1);
    }
    case Schedule::constant:
      break;
  }
  return settings.decay;
}

}  // namespace

template <class T>
OnlineLearner<T>::OnlineLearner(const LearnSettings& settings, MatrixView<const T> initial)
    : settings_(settings) {
  detail::check_learn_settings("online", settings, initial.rows, initial.columns);
  atoms_ = detail::start_atoms("online", settings, initial);
  a_ = Matrix<T>(initial.columns, initial.columns);
  b_ = Matrix<T>(initial.rows, initial.columns);
  use_ = AtomUse(initial.columns, settings.group_size_in_force(), settings.min_use);
  const T warm = static_cast<T>(settings.online.warm_statistics);
  for (std::int64_t k = 0; warm > 0 && k < atoms_.columns(); ++k) {
    a_(k, k) = warm;
    for (std::int64_t i = 0; i < atoms_.rows(); ++i) b_(i, k) = warm * atoms_(i, k);
  }
}

template <class T>
std::pair<StepInfo, EncodeInfo> OnlineLearner<T>::accumulate(const Dictionary<T>& dictionary,
                                                             MatrixView<const T> batch,
                                                             const Run& run) {
  detail::check_batch("online", batch, atoms_.rows());
  StepInfo info;
  Stopwatch watch;
  auto [codes, coded] =
      detail::encode_batch(settings_, settings_.lambda_at(steps_), dictionary, batch, run);
  info.seconds_coding = watch.seconds();
  info.complete = !detail::interrupted(coded);
  if (!info.complete) return {info, coded};
  info.objective = coded.objective() / double(batch.columns);
  info.nonzeros = double(codes.nonzeros()) / double(batch.columns);

  watch.restart();
  ++steps_;
  const double beta = kept(settings_.online, steps_, batch.columns);
  detail::add_statistics<T>(a_, b_, beta, 1.0 / double(batch.columns), batch, codes, run);
  weight_ = beta * weight_ + 1;
  use_.count(codes);
  info.seconds_update = watch.seconds();
  return {info, coded};
}

template <class T>
StepInfo OnlineLearner<T>::step(Signals<T> batch, const Run& run) {
  const Dictionary<T> dictionary(atoms_);
  auto [info, coded] = accumulate(dictionary, batch, run);
  if (!info.complete) return info;
  const Stopwatch watch;
  if (settings_.replace != Replace::none) {
    info.replaced = unfit_atoms(use_, group_size(), dictionary.gram(), run.threads);
    replace_atoms<T>(settings_, steps_, info.replaced, MatrixSource<T>(batch), coded, atoms_, use_);
    for (std::int64_t k : info.replaced) {  // what was known of the old atoms says nothing now
      for (std::int64_t i = 0; i < a_.rows(); ++i) a_(i, k) = a_(k, i) = 0;
      for (T& x : b_.column(k)) x = 0;
    }
  }
  detail::descend(settings_, steps_, 2 * settings_.mu * weight_, a_, b_, atoms_, run);
  info.seconds_update += watch.seconds();
  return info;
}

template <class T>
Archive OnlineLearner<T>::save() const {
  Archive archive;
  archive.attributes[""]["method"] = std::string("online");
  archive.arrays["atoms"] = Array::from(atoms_.view());
  Archive statistics;
  statistics.arrays["A"] = Array::from(a_.view());
  statistics.arrays["B"] = Array::from(b_.view());
  statistics.insert("use", use_.save());
  statistics.attributes[""] = {{"weight", weight_}, {"steps", steps_}};
  archive.insert("statistics", statistics);
  return archive;
}

template <class T>
void OnlineLearner<T>::restore(const Archive& archive) {
  detail::check_saved("online", archive, atoms_);
  const Archive statistics = archive.extract("statistics");
  auto a = statistics.at("A").to_matrix<T>(), b = statistics.at("B").to_matrix<T>();
  if (a.rows() != a_.rows() || a.columns() != a_.columns() || b.rows() != b_.rows() ||
      b.columns() != b_.columns())
    throw Error("online: statistics of ", a.rows(), " x ", a.columns(), " and ", b.rows(), " x ",
                b.columns(), "; ", a_.rows(), " atoms of ", b_.rows(), " rows need ", a_.rows(),
                " x ", a_.rows(), " and ", b_.rows(), " x ", b_.columns());
  const auto weight = statistics.get<double>("", "weight");
  const auto steps = statistics.get<std::int64_t>("", "steps");
  use_.restore(statistics.extract("use"));
  a_ = std::move(a);
  b_ = std::move(b);
  weight_ = weight;
  steps_ = steps;
  atoms_ = archive.at("atoms").to_matrix<T>();
}

template class OnlineLearner<float>;
template class OnlineLearner<double>;

}  // namespace striate
