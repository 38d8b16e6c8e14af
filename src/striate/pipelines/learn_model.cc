#include "striate/pipelines/learn_model.h"

#include "striate/learning/saved_state.h"

namespace striate {
template <class T>
LearnedModel<T> learn_model(const Prepared<T>& prepared, const LearnSettings& settings,
                            const CheckpointSettings& checkpoints, const Matrix<T>* initial,
                            const Run& run) {
  Checkpoints kept(checkpoints, prepared.identity());
  LearnJob<T> job = kept.saved() ? LearnJob<T>(*prepared.signals, settings, *kept.saved())
                                 : LearnJob<T>(*prepared.signals, settings, initial);
  const auto state = [&] { return job.save(); };

  LearnedModel<T> learned;
  learned.result = learn<T>(job, run, [&](const LearnJob<T>&) { kept.keep(state); });
  kept.keep(state, true);

  learned.model = learned_model(learned.result, settings, prepared.preprocessing, prepared.inputs);
  return learned;
}

template <class T>
Model<T> learned_model(const LearnResult<T>& result, const LearnSettings& settings,
                       const Preprocessing& preprocessing, const Values& inputs) {
  Model<T> model;
  model.atoms = result.atoms;
  model.group_size = result.group_size;
  model.coder = EnumNames<Coder>::names[static_cast<std::size_t>(settings.coder)];
  model.coding = coding_of(settings);
  model.preprocessing = preprocessing;
  model.provenance = values(settings);
  for (const auto& [name, value] : inputs) model.provenance[name] = value;
  model.provenance["status"] = std::string(name_of(result.status));
  model.history = columns_of<double>(result.history);
  return model;
}

template LearnedModel<float> learn_model(const Prepared<float>&, const LearnSettings&,
                                         const CheckpointSettings&, const Matrix<float>*,
                                         const Run&);
template LearnedModel<double> learn_model(const Prepared<double>&, const LearnSettings&,
                                          const CheckpointSettings&, const Matrix<double>*,
                                          const Run&);
template Model<float> learned_model(const LearnResult<float>&, const LearnSettings&,
                                    const Preprocessing&, const Values&);
template Model<double> learned_model(const LearnResult<double>&, const LearnSettings&,
                                     const Preprocessing&, const Values&);

}  // namespace striate
