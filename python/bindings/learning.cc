#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>

#include "array.h"
#include "bindings.h"
#include "striate/io/formats.h"
#include "striate/pipelines/learn_model.h"
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

// source: a path, a list of paths, a list of images, or rows of signals.
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
  return prepare<T>(Matrix<T>(view(nb::cast<Rows<T>>(source))), preprocessing);
}

template <class T>
void init(nb::module_& m, const std::string& precision) {
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
