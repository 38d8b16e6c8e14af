#include "striate/pipelines/learn_model.h"

namespace striate {
namespace {

// The history as columns of equal length.
Archive history_archive(const std::vector<LearnRow>& rows) {
  Archive history;
  const auto column = [&](const std::string& name, auto value) {
    std::vector<double> values;
    for (const LearnRow& row : rows) values.push_back(static_cast<double>(value(row)));
    history.arrays[name] = Array::from<double>(values, {static_cast<std::int64_t>(values.size())});
  };
  column("step", [](const LearnRow& r) { return r.step; });
  column("signals", [](const LearnRow& r) { return r.signals; });
  column("seconds", [](const LearnRow& r) { return r.seconds; });
  column("held_out_objective", [](const LearnRow& r) { return r.held_out_objective; });
  column("objective", [](const LearnRow& r) { return r.objective; });
  column("nonzeros", [](const LearnRow& r) { return r.nonzeros; });
  column("atoms_in_use", [](const LearnRow& r) { return r.atoms_in_use; });
  column("replaced", [](const LearnRow& r) { return r.replaced; });
  return history;
}

}  // namespace

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
  model.history = history_archive(result.history);
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
