#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <memory>

#include "array.h"
#include "bindings.h"
#include "striate/io/formats.h"
#include "striate/learning/learner.h"
#include "striate/pipelines/learn_model.h"
#include "striate/pipelines/model_report.h"
#include "striate/pipelines/pretrained.h"

namespace striate::python {
namespace {

// Keywords go to whichever settings know them; LearnSettings refuses the rest by name.
template <class First, class Second>
void assign_either(First& first, Second& second, const Values& values) {
  for (const auto& [name, value] : values) {
    const auto known = fields(first);
    const bool here =
        std::ranges::any_of(known, [&, wanted = std::string_view(name)](const Field& field) {
          return field.name == wanted || field.python == wanted;
        });
    // The seed is everybody's.
    if (here) assign("learn", first, name, value);
    if (!here || name == "seed") assign("learn", second, name, value);
  }
}

// source: a path, a list of paths, a list of images, or rows of signals, which are not copied.
template <class T>
Prepared<T> prepared_from(const nb::object& source, const Preprocessing& preprocessing) {
  if (nb::isinstance<nb::str>(source))
    return prepare<T>({nb::cast<std::string>(source)}, preprocessing);
  if (nb::isinstance<nb::list>(source)) {
    const auto list = nb::cast<nb::list>(source);
    if (nb::len(list) > 0 && nb::isinstance<nb::str>(list[0]))
      return prepare<T>(nb::cast<std::vector<std::string>>(list), preprocessing);
    return prepare<T>(to_images<T>(list), preprocessing);
  }
  return prepare<T>(view(nb::cast<Rows<T>>(source)), preprocessing);
}

// A learner with the settings that it was made with, so that a file of it is enough to go on.
template <class T>
class SteppedLearner {
 public:
  SteppedLearner(const LearnSettings& settings, MatrixView<const T> initial)
      : settings_(settings), learner_(make_learner<T>(settings, initial)) {}

  Learner<T>& learner() const { return *learner_; }
  const LearnSettings& settings() const { return settings_; }
  Archive to_archive() const {
    Archive archive;
    archive.attributes[""] = {{"kind", std::string("learner")}};
    archive.attributes["settings"] = values(settings_);
    archive.insert("learner", learner_->save());
    return archive;
  }
  static SteppedLearner from_archive(const Archive& archive) {
    if (archive.attribute("", "kind") != Value(std::string("learner")))
      throw Error("Learner: the file does not hold a learner, as Learner.save writes it");
    LearnSettings settings;
    const auto found = archive.attributes.find("settings");
    if (found == archive.attributes.end()) throw Error("Learner: the file holds no settings");
    for (const auto& [name, value] : found->second) assign("Learner", settings, name, value);
    const auto atoms = archive.at("learner/atoms").to_matrix<T>();
    SteppedLearner restored(settings, atoms);
    restored.learner_->restore(archive.extract("learner"));
    return restored;
  }

 private:
  LearnSettings settings_;
  std::unique_ptr<Learner<T>> learner_;
};

template <class T>
void init_learner(nb::module_& m, const std::string& precision) {
  nb::class_<SteppedLearner<T>>(m, ("Learner_" + precision).c_str())
      .def("__init__",
           [](SteppedLearner<T>* self, const Rows<T>& initial, const nb::dict& keywords) {
             LearnSettings settings;
             for (const auto& [name, value] : to_values(keywords))
               assign("Learner", settings, name, value);
             new (self) SteppedLearner<T>(settings, view(initial));
           })
      .def(
          "step",
          [](SteppedLearner<T>& self, const Rows<T>& batch, std::optional<nb::object> callback,
             std::optional<int> threads, std::optional<double> max_seconds) {
            Call call(std::move(callback), threads, max_seconds);
            StepInfo info;
            {
              nb::gil_scoped_release free;
              info = self.learner().step(view(batch), call.run());
            }
            call.finish();
            return nb::make_tuple(info.complete, info.objective, info.nonzeros, info.replaced);
          },
          nb::arg("batch"), nb::arg("callback").none(), nb::arg("threads").none(),
          nb::arg("max_seconds").none())
      .def_prop_ro(
          "atoms",
          [](const SteppedLearner<T>& self) { return to_numpy(Matrix<T>(self.learner().atoms())); },
          nb::rv_policy::move)
      .def_prop_ro("group_size",
                   [](const SteppedLearner<T>& self) { return self.learner().group_size(); })
      .def_prop_ro("steps", [](const SteppedLearner<T>& self) { return self.learner().steps(); })
      .def_prop_ro("atoms_in_use",
                   [](const SteppedLearner<T>& self) { return self.learner().atoms_in_use(); })
      .def_prop_ro(
          "settings",
          [](const SteppedLearner<T>& self) { return python::to_python(values(self.settings())); })
      .def("to_archive",
           [](const SteppedLearner<T>& self) { return python::to_python(self.to_archive()); })
      .def_static("from_archive", [](const nb::dict& archive) {
        return SteppedLearner<T>::from_archive(to_archive(archive));
      });
}

template <class T>
void init(nb::module_& m, const std::string& precision) {
  init_learner<T>(m, precision);
  nb::class_<Model<T>>(m, ("Model_" + precision).c_str())
      .def_prop_ro(
          "atoms", [](const Model<T>& model) { return to_numpy(Matrix<T>(model.atoms)); },
          nb::rv_policy::move)
      .def_ro("group_size", &Model<T>::group_size)
      .def_ro("coder", &Model<T>::coder)
      .def_prop_ro("coding", [](const Model<T>& model) { return python::to_python(model.coding); })
      .def_prop_ro(
          "preprocessing",
          [](const Model<T>& model) { return python::to_python(values(model.preprocessing)); })
      .def_prop_ro("history",
                   [](const Model<T>& model) {
                     return nb::cast<nb::dict>(python::to_python(model.history)["arrays"]);
                   })
      .def("hash", &Model<T>::hash)
      .def("report",
           [](const Model<T>& model) { return python::to_python(values(report_of(model))); })
      .def("to_archive",
           [](const Model<T>& model) { return python::to_python(model.to_archive()); })
      .def_static("from_archive", [](const nb::dict& archive) {
        return Model<T>::from_archive(to_archive(archive));
      });

  m.def(("pretrained_" + precision).c_str(),
        [](const std::string& name) { return pretrained<T>(name); });
  m.def(("learn_" + precision).c_str(),
        [](const nb::object& source, const nb::dict& keywords, std::optional<Rows<T>> initial,
           const std::string& checkpoint, bool resume, std::optional<nb::object> callback,
           std::optional<int> threads, std::optional<double> max_seconds) {
          LearnSettings settings;
          Preprocessing preprocessing;
          assign_either(preprocessing, settings, to_values(keywords));
          std::optional<Matrix<T>> start;
          if (initial) start = Matrix<T>(view(*initial));
          Call call(std::move(callback), threads, max_seconds);
          const Prepared<T> prepared = prepared_from<T>(source, preprocessing);
          LearnedModel<T> learned;
          {
            nb::gil_scoped_release free;
            learned = learn_model(prepared, settings, {.checkpoint = checkpoint, .resume = resume},
                                  start ? &*start : nullptr, call.run());
          }
          call.finish();
          return nb::make_tuple(std::move(learned.model),
                                std::string(name_of(learned.result.status)));
        },
        nb::arg("source"), nb::arg("settings"), nb::arg("initial").none(), nb::arg("checkpoint"),
        nb::arg("resume"), nb::arg("callback").none(), nb::arg("threads").none(),
        nb::arg("max_seconds").none());
}

}  // namespace

void init_learning(nb::module_& m) {
  init<float>(m, "f32");
  init<double>(m, "f64");
}

}  // namespace striate::python
