#include "striate/learning/online.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "striate/core/random.h"

namespace striate {

template <class T>
OnlineLearner<T>::OnlineLearner(const LearnSettings& settings, MatrixView<const T> initial)
    : settings_(settings) {
  detail::check_learn_settings("online", settings, initial.rows, initial.columns);
  atoms_ = detail::start_atoms("online", settings, initial);
  a_ = Matrix<T>(initial.columns, initial.columns);
  b_ = Matrix<T>(initial.rows, initial.columns);
  use_ = AtomUse(initial.columns, settings.group_size_in_force(), settings.min_use);
}

template <class T>
StepInfo OnlineLearner<T>::accumulate(Signals<T> batch, const Run& run) {
  return accumulate(Dictionary<T>(atoms_), batch, run).first;
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
  const double beta = std::pow(1 - 1 / double(steps_), settings_.online.forgetting);
  detail::add_statistics<T>(a_, b_, beta, 1.0 / double(batch.columns), batch, codes, run);
  weight_ = beta * weight_ + 1;
  use_.count(codes);
  info.seconds_update = watch.seconds();
  return {info, coded};
}

template <class T>
void OnlineLearner<T>::update(const Run& run) {
  detail::descend(settings_, steps_, 2 * settings_.mu * weight_, a_, b_, atoms_, run);
}

template <class T>
StepInfo OnlineLearner<T>::step(Signals<T> batch, const Run& run) {
  const Dictionary<T> dictionary(atoms_);
  auto [info, coded] = accumulate(dictionary, batch, run);
  if (!info.complete) return info;
  const Stopwatch watch;
  if (settings_.replace != Replace::none) {
    info.replaced = unfit_atoms(use_, group_size(), dictionary.gram());
    replace_atoms<T>(settings_, steps_, info.replaced, MatrixSource<T>(batch), coded, atoms_, use_);
    for (std::int64_t k : info.replaced) {  // what was known of the old atoms says nothing now
      for (std::int64_t i = 0; i < a_.rows(); ++i) a_(i, k) = a_(k, i) = 0;
      for (T& x : b_.column(k)) x = 0;
    }
  }
  update(run);
  info.seconds_update += watch.seconds();
  return info;
}

template <class T>
Archive OnlineLearner<T>::statistics() const {
  Archive archive;
  archive.arrays["A"] = Array::from(a_.view());
  archive.arrays["B"] = Array::from(b_.view());
  archive.insert("use", use_.save());
  archive.attributes[""] = {{"weight", weight_}, {"steps", steps_}};
  return archive;
}

template <class T>
void OnlineLearner<T>::set_statistics(const Archive& statistics) {
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
}

template <class T>
Archive OnlineLearner<T>::save() const {
  Archive archive;
  archive.attributes[""]["method"] = std::string("online");
  archive.arrays["atoms"] = Array::from(atoms_.view());
  archive.insert("statistics", statistics());
  return archive;
}

template <class T>
void OnlineLearner<T>::restore(const Archive& archive) {
  detail::check_saved("online", archive, atoms_);
  set_statistics(archive.extract("statistics"));
  atoms_ = archive.at("atoms").to_matrix<T>();
}

namespace {

template <class U>
void add(Array& sum, const Array& part) {
  auto values = sum.to<U>();
  const auto more = part.as<U>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += more[i];
  sum = Array::from(std::span<const U>(values), sum.shape());
}

}  // namespace

Archive merge_statistics(std::span<const Archive> parts) {
  if (parts.empty()) throw Error("merge_statistics: no statistics given; at least one is needed");
  Archive sum = parts[0];
  for (const Archive& part : parts.subspan(1)) {
    for (auto& entry : sum.arrays) {
      Array& array = entry.second;
      const Array& other = part.at(entry.first);
      if (other.dtype() != array.dtype() || other.shape() != array.shape())
        throw Error("merge_statistics: ", entry.first,
                    " differs in shape or type between the parts; all must come from the same "
                    "dictionary");
      if (array.dtype() == DType::f32) add<float>(array, other);
      else add<double>(array, other);
    }
    Values& root = sum.attributes[""];
    root["weight"] = sum.get<double>("", "weight") + part.get<double>("", "weight");
    root["steps"] = sum.get<std::int64_t>("", "steps") + part.get<std::int64_t>("", "steps");
  }
  return sum;
}

template class OnlineLearner<float>;
template class OnlineLearner<double>;

}  // namespace striate
