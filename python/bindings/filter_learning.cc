#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "array.h"
#include "bindings.h"
#include "striate/pipelines/learn_filter_model.h"

namespace striate::python {
namespace {

// Images that Python has: `get(i)` gives image i as a C-order array (H, W, C).
template <class T>
class PythonImages : public ImageSource<T> {
 public:
  // Asks for every image once, for its shape.
  PythonImages(nb::object get, std::int64_t size) : get_(std::move(get)) {
    for (std::int64_t i = 0; i < size; ++i) {
      const auto array = read(i);
      shapes_.push_back({extent(array, 0), extent(array, 1), extent(array, 2)});
    }
  }
  std::int64_t size() const override { return std::ssize(shapes_); }
  ImageShape shape(std::int64_t i) const override { return shapes_[static_cast<std::size_t>(i)]; }
  std::shared_ptr<const Image<T>> image(std::int64_t i) const override {
    nb::gil_scoped_acquire hold;
    const auto array = read(i);
    auto image = std::make_shared<Image<T>>(extent(array, 0), extent(array, 1), extent(array, 2));
    std::copy_n(array.data(), array.size(), image->data());
    return image;
  }

 private:
  using Read = nb::ndarray<const T, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
  static std::int64_t extent(const Read& array, std::size_t axis) {
    return static_cast<std::int64_t>(array.shape(axis));
  }
  Read read(std::int64_t i) const { return nb::cast<Read>(get_(i)); }

  nb::object get_;
  std::vector<ImageShape> shapes_;
};

template <class T>
void init(nb::module_& m, const std::string& precision) {
  using Model = FilterModel<T>;
  nb::class_<Model>(m, ("FilterModel_" + precision).c_str())
      .def_prop_ro("filters", [](const Model& model) { return python::to_python(model.filters()); })
      .def_prop_ro("support",
                   [](const Model& model) -> nb::object {
                     if (model.support.empty()) return nb::none();
                     return python::to_python(Array::from<std::uint8_t>(
                         model.support, {model.taps.columns(), model.rows, model.columns}));
                   })
      .def_prop_ro("coding", [](const Model& model) { return python::to_python(model.coding); })
      .def_prop_ro("provenance",
                   [](const Model& model) { return python::to_python(model.provenance); })
      .def_prop_ro("preparation",
                   [](const Model& model) { return python::to_python(values(model.preparation)); })
      .def_prop_ro("history",
                   [](const Model& model) {
                     return nb::cast<nb::dict>(python::to_python(model.history)["arrays"]);
                   })
      .def("hash", &Model::hash)
      .def("to_archive", [](const Model& model) { return python::to_python(model.to_archive()); })
      .def_static("from_archive",
                  [](const nb::dict& archive) { return Model::from_archive(to_archive(archive)); });

  m.def(("learn_filters_" + precision).c_str(),
        [](nb::object images, std::int64_t size, const nb::dict& keywords,
           std::optional<Rows<T>> initial, std::optional<nb::object> data_weights,
           const nb::dict& checkpoint_keywords, std::optional<nb::object> callback,
           std::optional<int> threads, std::optional<double> max_seconds) {
          FilterLearningSettings settings;
          for (const auto& [name, value] : to_values(keywords))
            assign("learn", settings, name, value);
          CheckpointSettings checkpoints;
          for (const auto& [name, value] : to_values(checkpoint_keywords))
            assign("learn", checkpoints, name, value);
          std::optional<Matrix<T>> start;
          if (initial) start = Matrix<T>(view(*initial));
          const PythonImages<T> source(std::move(images), size);
          std::optional<PythonImages<T>> weights;
          if (data_weights) weights.emplace(std::move(*data_weights), size);
          // Arrays are taken as they are.
          ImagePreparation preparation;
          preparation.highpass = 0;
          Call call(std::move(callback), threads, max_seconds);
          std::optional<LearnedFilterModel<T>> learned;
          {
            nb::gil_scoped_release free;
            learned = learn_filter_model<T>(source, {}, settings, preparation, checkpoints,
                                            start ? &*start : nullptr,
                                            weights ? &*weights : nullptr, call.run());
          }
          call.finish();
          nb::list codes;
          for (auto& code : learned->result.codes) codes.append(std::move(code));
          return nb::make_tuple(std::move(learned->model), codes,
                                std::string(name_of(learned->result.status)));
        },
        nb::arg("images"), nb::arg("size"), nb::arg("settings"), nb::arg("initial").none(),
        nb::arg("data_weights").none(), nb::arg("checkpoints"), nb::arg("callback").none(),
        nb::arg("threads").none(), nb::arg("max_seconds").none());
}

}  // namespace

void init_filter_learning(nb::module_& m) {
  init<float>(m, "f32");
  init<double>(m, "f64");
  m.def("filter_learning_fields", [] { return describe(fields<FilterLearningSettings>()); });
}

}  // namespace striate::python
