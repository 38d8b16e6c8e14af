#include "striate/pipelines/convolutional_memory.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "array.h"
#include "bindings.h"

namespace striate::python {
namespace {

using MaybeCall = std::optional<nb::object>;

template <class Settings>
Settings settings_of(std::string_view who, const nb::dict& keywords, Settings settings = {}) {
  for (const auto& [name, value] : to_values(keywords)) assign(who, settings, name, value);
  return settings;
}

std::vector<Image<std::uint8_t>> to_masks(const nb::list& arrays) {
  using Mask = nb::ndarray<const std::uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
  std::vector<Image<std::uint8_t>> masks;
  for (nb::handle item : arrays) {
    const auto mask = nb::cast<Mask>(item);
    masks.emplace_back(ImageView<const std::uint8_t>(mask.data(),
                                                     static_cast<std::int64_t>(mask.shape(0)),
                                                     static_cast<std::int64_t>(mask.shape(1)), 1));
  }
  return masks;
}

const char* word_of(StopReason reason) {
  if (reason == StopReason::none) return "completed";
  return reason == StopReason::time_limit ? "time_limit" : "stopped";
}

template <class T>
nb::dict to_python(ImageRecall<T>&& recalled) {
  nb::dict result;
  result["images"] = python::to_python(std::move(recalled.images));
  result["coded"] = python::to_python(std::move(recalled.coded));
  result["ids"] = to_numpy(std::move(recalled.ids));
  result["cosines"] = to_numpy(std::move(recalled.cosines));
  result["margins"] = to_numpy(std::move(recalled.margins));
  result["familiarity"] = to_numpy(std::move(recalled.familiarity));
  result["familiarity_margins"] = to_numpy(std::move(recalled.familiarity_margins));
  std::vector<std::string> kinds;
  for (const Kind kind : recalled.kinds) kinds.emplace_back(name_of(kind));
  result["kinds"] = kinds;
  result["states"] = to_csr(recalled.states);
  result["rows"] = to_numpy(std::move(recalled.rows));
  result["columns"] = to_numpy(std::move(recalled.columns));
  result["sigmas"] = to_numpy(std::move(recalled.sigmas));
  result["status"] = word_of(recalled.stopped);
  return result;
}

template <class T>
void init(nb::module_& m, const std::string& precision) {
  using Memory = ConvolutionalMemory<T>;
  nb::class_<Memory>(m, ("ConvolutionalMemory_" + precision).c_str())
      .def(
          "__init__",
          [](Memory* self, const FilterModel<T>& model, std::int64_t rows, std::int64_t columns,
             const nb::dict& keywords, const nb::dict& memory) {
            new (self)
                Memory(model, rows, columns,
                       settings_of<ConvolutionalMemorySettings>("ConvolutionalMemory", keywords),
                       settings_of<MemorySettings>("ConvolutionalMemory", memory));
          },
          nb::arg("model"), nb::arg("rows"), nb::arg("columns"), nb::arg("settings"),
          nb::arg("memory"))
      .def("__len__", &Memory::size)
      .def_prop_ro("units", &Memory::units)
      .def_prop_ro("nonzeros", &Memory::nonzeros)
      .def_prop_ro("bytes", &Memory::bytes)
      .def_prop_ro(
          "ids", [](const Memory& memory) { return to_numpy(memory.ids()); }, nb::rv_policy::move)
      .def_prop_ro("model", [](const Memory& memory) { return memory.model(); })
      .def_prop_ro("settings",
                   [](const Memory& memory) {
                     Values all = values(memory.settings());
                     all.merge(values(memory.memory().settings()));
                     return python::to_python(all);
                   })
      .def(
          "store",
          [](Memory& memory, const nb::list& images, MaybeCall callback, std::optional<int> threads,
             std::optional<double> max_seconds) {
            Call call(std::move(callback), threads, max_seconds);
            const std::vector<Image<T>> taken = to_images<T>(images);
            std::vector<std::int64_t> ids;
            {
              nb::gil_scoped_release free;
              ids = memory.store(taken, call.run());
            }
            call.finish();
            return to_numpy(std::move(ids));
          },
          nb::arg("images"), nb::arg("callback").none(), nb::arg("threads").none(),
          nb::arg("max_seconds").none())
      .def("forget",
           [](Memory& memory, const Vector<std::int64_t>& ids) { memory.forget(view(ids)); })
      .def(
          "recall",
          [](const Memory& memory, const nb::list& cues, const nb::dict& keywords,
             const nb::list& masks, MaybeCall callback, std::optional<int> threads,
             std::optional<double> max_seconds) {
            const auto settings =
                settings_of<ImageRecallSettings>("ConvolutionalMemory.recall", keywords);
            Call call(std::move(callback), threads, max_seconds);
            const std::vector<Image<T>> images = to_images<T>(cues);
            const std::vector<Image<std::uint8_t>> seen = to_masks(masks);
            ImageRecall<T> recalled;
            {
              nb::gil_scoped_release free;
              recalled = memory.recall(images, settings, seen, call.run());
            }
            call.finish();
            return to_python(std::move(recalled));
          },
          nb::arg("cues"), nb::arg("settings"), nb::arg("masks"), nb::arg("callback").none(),
          nb::arg("threads").none(), nb::arg("max_seconds").none())
      .def("image",
           [](const Memory& memory, std::int64_t id) { return to_numpy(memory.image(id)); })
      .def("to_archive",
           [](const Memory& memory) { return python::to_python(memory.to_archive()); })
      .def_static("from_archive", [](const nb::dict& archive) {
        return Memory::from_archive(to_archive(archive));
      });
}

}  // namespace

void init_convolutional_memory(nb::module_& m) {
  init<float>(m, "f32");
  init<double>(m, "f64");
  m.def("image_memory_fields", [] { return describe(fields<ConvolutionalMemorySettings>()); });
  m.def("image_recall_fields", [] { return describe(fields<ImageRecallSettings>()); });
}

}  // namespace striate::python
