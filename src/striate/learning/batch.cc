#include "striate/learning/batch.h"

#include <algorithm>

#include "striate/linalg/gemm.h"

namespace striate {

template <class T>
BatchLearner<T>::BatchLearner(const LearnSettings& settings, MatrixView<const T> initial)
    : settings_(settings) {
  detail::check_learn_settings(name(), settings, initial.rows, initial.columns);
  atoms_ = detail::start_atoms(name(), settings, initial);
  codes_ = SparseCodes<T>(initial.columns);
  use_ = AtomUse(initial.columns, settings.group_size_in_force(), settings.min_use);
}

template <class T>
std::string_view BatchLearner<T>::name() const {
  return EnumNames<LearningMethod>::names[static_cast<std::size_t>(settings_.method)];
}

// Whether coding begins with the codes of the last step.
template <class T>
bool BatchLearner<T>::warm(std::int64_t signals) const {
  return coder_entry(settings_.coder).penalized && codes_.signals() == signals;
}

template <class T>
StepInfo BatchLearner<T>::step(Signals<T> batch, const Run& run) {
  return step(MatrixSource<T>(batch), run);
}

template <class T>
StepInfo BatchLearner<T>::step(const SignalSource<T>& source, const Run& run) {
  const std::int64_t n = source.size();
  StepInfo info;
  Stopwatch watch;
  const Dictionary<T> dictionary(atoms_);
  const double lambda = settings_.lambda_at(steps_);
  SparseCodes<T> codes(atoms_.columns());
  EncodeInfo coded;
  Run part = run;
  if (n < 1) detail::check_batch<T>(name(), Matrix<T>(source.dimension(), 0), atoms_.rows());
  detail::for_each_block(source, [&](std::int64_t first, MatrixView<const T> signals) {
    if (!info.complete) return;
    detail::check_batch(name(), signals, atoms_.rows(), first);
    SparseCodes<T> start;
    if (warm(n)) start = codes_.slice(first, signals.columns);
    part.max_seconds = run.max_seconds - watch.seconds();
    const Encoding<T> block = detail::encode_batch<T>(settings_, lambda, dictionary, signals, part,
                                                      warm(n) ? &start : nullptr);
    info.complete = !detail::interrupted(block.info);
    codes.append(block.codes);
    coded.signals.insert(coded.signals.end(), block.info.signals.begin(), block.info.signals.end());
  });
  info.seconds_coding = watch.seconds();
  if (!info.complete) return info;
  info.objective = coded.objective() / double(n);
  info.nonzeros = double(codes.nonzeros()) / double(n);

  watch.restart();
  codes_ = std::move(codes);
  use_.count(codes_);
  ++steps_;
  improve(source, run);
  if (settings_.replace != Replace::none) {
    info.replaced =
        unfit_atoms<T>(use_, group_size(), gram<T>(atoms_.view(), run.threads), run.threads);
    replace_atoms<T>(settings_, steps_, info.replaced, source, coded, atoms_, use_);
    if (!info.replaced.empty())  // what was known of the old atoms says nothing now
      for (std::size_t e = 0; e < codes_.values().size(); ++e)
        if (std::binary_search(info.replaced.begin(), info.replaced.end(), codes_.indices()[e]))
          codes_.values()[e] = 0;
  }
  info.seconds_update = watch.seconds();
  return info;
}

template <class T>
void BatchLearner<T>::add_up(const SignalSource<T>& source, Matrix<T>& a, Matrix<T>& b,
                             const Run& run) const {
  a = Matrix<T>(atoms_.columns(), atoms_.columns());
  b = Matrix<T>(atoms_.rows(), atoms_.columns());
  detail::for_each_block(source, [&](std::int64_t first, MatrixView<const T> signals) {
    detail::add_statistics<T>(a, b, 1, 1 / double(source.size()), signals,
                              codes_.slice(first, signals.columns), run);
  });
}

template <class T>
void BatchLearner<T>::improve(const SignalSource<T>& source, const Run& run) {
  Matrix<T> a, b;
  add_up(source, a, b, run);
  detail::descend(settings_, steps_, 2 * settings_.mu, a, b, atoms_, run);
}

template <class T>
Archive BatchLearner<T>::save() const {
  Archive archive;
  archive.attributes[""] = {{"method", std::string(name())}, {"steps", steps_}};
  archive.arrays["atoms"] = Array::from(atoms_.view());
  archive.insert("use", use_.save());
  if (warm(codes_.signals())) archive.insert("start", codes_.to_archive());
  return archive;
}

template <class T>
void BatchLearner<T>::restore(const Archive& archive) {
  detail::check_saved(name(), archive, atoms_);
  SparseCodes<T> codes(atoms_.columns());
  if (const Archive start = archive.extract("start"); !start.arrays.empty())
    codes = SparseCodes<T>::from_archive(start);
  if (codes.atoms() != atoms_.columns())
    throw Error(name(), ": the saved codes are of ", codes.atoms(), " atoms; there are ",
                atoms_.columns());
  const auto steps = archive.get<std::int64_t>("", "steps");
  use_.restore(archive.extract("use"));
  atoms_ = archive.at("atoms").to_matrix<T>();
  codes_ = std::move(codes);
  steps_ = steps;
}

template class BatchLearner<float>;
template class BatchLearner<double>;

}  // namespace striate
