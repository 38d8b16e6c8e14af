#include "striate/pipelines/learn_model.h"

#include <filesystem>

#include "striate/core/timing.h"
#include "striate/io/formats.h"

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

// Saves the state of a job at most every `period` seconds, and loads it back.
template <class T>
class Checkpoints {
 public:
  Checkpoints(const CheckpointSettings& settings, Values inputs)
      : settings_(settings), inputs_(std::move(inputs)) {
    if (settings.resume && settings.checkpoint.empty())
      throw Error("learn: resume needs the checkpoint to go on from; name one with checkpoint");
    if (settings.checkpoint.empty()) return;
    check_output(settings.checkpoint, settings.resume ? Overwrite::yes : Overwrite::no);
    if (settings.resume && std::filesystem::exists(settings.checkpoint)) {
      saved_ = load(settings.checkpoint);
      const auto at = saved_.attributes.find("inputs");
      if (at == saved_.attributes.end() || at->second != inputs_)
        throw Error("learn: ", settings.checkpoint,
                    " is the checkpoint of a job on other inputs, or prepared in another way; "
                    "remove it, or learn from what it was begun with");
      has_saved_ = true;
    }
  }

  LearnJob<T> begin(const SignalSource<T>& source, const LearnSettings& settings,
                    const Matrix<T>* initial) const {
    return has_saved_ ? LearnJob<T>(source, settings, saved_.extract("job"))
                      : LearnJob<T>(source, settings, initial);
  }
  void step(const LearnJob<T>& job) {
    if (settings_.checkpoint.empty() || watch_.seconds() < settings_.period) return;
    write(job);
  }
  void write(const LearnJob<T>& job) {
    if (settings_.checkpoint.empty()) return;
    Archive archive;
    archive.attributes["inputs"] = inputs_;
    archive.insert("job", job.save());
    save(settings_.checkpoint, archive, Overwrite::yes);
    watch_.restart();
  }

 private:
  const CheckpointSettings& settings_;
  Values inputs_;
  Archive saved_;
  bool has_saved_ = false;
  Stopwatch watch_;
};

}  // namespace

template <class T>
LearnedModel<T> learn_model(const Prepared<T>& prepared, const LearnSettings& settings,
                            const CheckpointSettings& checkpoints, const Matrix<T>* initial,
                            const Run& run) {
  validate("learn", checkpoints);
  Checkpoints<T> checkpoint(checkpoints, prepared.identity());
  LearnJob<T> job = checkpoint.begin(*prepared.signals, settings, initial);

  LearnedModel<T> learned;
  learned.result = learn<T>(job, run, [&](const LearnJob<T>& now) { checkpoint.step(now); });
  checkpoint.write(job);

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
