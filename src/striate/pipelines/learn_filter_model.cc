#include "striate/pipelines/learn_filter_model.h"

#include "striate/learning/saved_state.h"

namespace striate {
namespace {

std::vector<std::uint8_t> support_of(const FilterSet& set) {
  std::vector<std::uint8_t> support;
  if (set.sides.empty()) return support;
  for (std::int64_t k = 0; k < set.filters; ++k)
    for (std::int64_t a = 0; a < set.rows; ++a)
      for (std::int64_t b = 0; b < set.columns; ++b)
        support.push_back(a < set.rows_of(k) && b < set.columns_of(k));
  return support;
}

template <class T>
FilterModel<T> model_of(const FilterLearningResult<T>& result,
                        const FilterLearningSettings& settings, const ImagePreparation& preparation,
                        const Values& inputs) {
  const FilterSet& set = result.filter_set;
  FilterModel<T> model{.taps = result.filters,
                       .rows = set.rows,
                       .columns = set.columns,
                       .channels = set.channels,
                       .support = support_of(set),
                       .preparation = preparation,
                       .coding = {},
                       .provenance = values(settings),
                       .history = columns_of<double>(result.history)};
  model.coding = {{"method", std::string("auto")},
                  {"lambda", *settings.lambda},
                  {"boundary", model.provenance.at("boundary")},
                  {"positive", settings.positive}};
  for (const auto& [name, value] : inputs) model.provenance[name] = value;
  model.provenance["status"] = std::string(name_of(result.status));
  return model;
}

}  // namespace

template <class T>
std::shared_ptr<const Image<T>> PreparedImages<T>::image(std::int64_t i) const {
  if (preparation_.changes_nothing() && !data_weights_) return images_.image(i);
  try {
    const Image<T> weights = data_weights_ ? *data_weights_->image(i) : Image<T>();
    return std::make_shared<const Image<T>>(
        prepare_image(*images_.image(i), preparation_, weights).image);
  } catch (const Error& error) {
    throw Error("image ", i, ": ", error.what());
  }
}

template <class T>
LearnedFilterModel<T> learn_filter_model(const ImageSource<T>& images, const Values& inputs,
                                         const FilterLearningSettings& settings,
                                         const ImagePreparation& preparation,
                                         const CheckpointSettings& checkpoints,
                                         const Matrix<T>* initial,
                                         const ImageSource<T>* data_weights, const Run& run) {
  if (data_weights && data_weights->size() != images.size())
    throw Error("learn: data_weights has ", data_weights->size(), " images; there are ",
                images.size(), ", and one is needed for each");
  Values identity = inputs;
  for (const auto& [name, value] : values(preparation)) identity[name] = value;
  Checkpoints kept(checkpoints, identity);

  auto lazy = std::make_unique<PreparedImages<T>>(images, preparation, data_weights);
  std::unique_ptr<ImageSource<T>> source;
  if (settings.method == FilterMethod::online) {
    source = std::move(lazy);
  } else {
    auto all = std::make_shared<std::vector<Image<T>>>();
    for (std::int64_t i = 0; i < lazy->size(); ++i) all->push_back(*lazy->image(i));
    source = std::make_unique<ImagesInMemory<T>>(all);
  }
  FilterLearning<T> job = kept.saved()
                              ? FilterLearning<T>(*source, settings, *kept.saved(), data_weights)
                              : FilterLearning<T>(*source, settings, initial, data_weights);
  const auto state = [&] { return job.save(); };
  LearnedFilterModel<T> learned;
  learned.result = learn_filters<T>(job, run, [&](const FilterLearning<T>&) { kept.keep(state); });
  kept.keep(state, true);
  learned.model = model_of(learned.result, settings, preparation, inputs);
  return learned;
}

#define STRIATE_INSTANTIATE(T)                                                                     \
  template class PreparedImages<T>;                                                                \
  template LearnedFilterModel<T> learn_filter_model(                                               \
      const ImageSource<T>&, const Values&, const FilterLearningSettings&,                         \
      const ImagePreparation&, const CheckpointSettings&, const Matrix<T>*, const ImageSource<T>*, \
      const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
