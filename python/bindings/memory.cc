#include <nanobind/stl/complex.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "array.h"
#include "bindings.h"
#include "striate/catalog/memory_rules.h"
#include "striate/dictionaries/dictionary.h"
#include "striate/io/formats.h"
#include "striate/pipelines/memory_folder.h"

namespace striate::python {
namespace {

template <class E>
E choice(const char* who, const std::string& word) {
  const auto& names = EnumNames<E>::names;
  std::vector<std::string> all;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == word) return static_cast<E>(i);
    all.emplace_back(names[i]);
  }
  throw Error(who, ": there is no '", word, "'; allowed are ", list_of(all));
}

// f() without the interpreter's lock: a call that waits for another thread's must not keep it.
template <class F>
auto released(F f) {
  nb::gil_scoped_release free;
  return f();
}

nb::tuple tuple_of(Identification found) {
  return nb::make_tuple(to_numpy(std::move(found.ids)), to_numpy(std::move(found.cosines)),
                        to_numpy(std::move(found.margins)));
}

template <class T>
void init(nb::module_& m, const std::string& precision) {
  using Memory = AssociativeMemory<T>;
  const auto of_states = [](const nb::tuple& states, auto f) {
    const SparseCodes<T> codes = codes_from<T>(states);
    return to_numpy(released([&] { return f(codes); }));
  };
  nb::class_<Memory>(m, ("AssociativeMemory_" + precision).c_str())
      .def(nb::new_([](const nb::dict& keywords) {
        MemorySettings settings;
        for (const auto& [name, value] : to_values(keywords))
          assign("AssociativeMemory", settings, name, value);
        return make_memory<T>(settings);
      }))
      .def("__len__", [](const Memory& m) { return released([&] { return m.size(); }); })
      .def_prop_ro("k", [](const Memory& m) { return released([&] { return m.k(); }); })
      .def_prop_ro("layout",
                   [](const Memory& memory) {
                     return std::string(name_of(released([&] { return memory.layout(); })));
                   })
      .def_prop_ro("nbytes", [](const Memory& m) { return released([&] { return m.bytes(); }); })
      .def_prop_ro("settings",
                   [](const Memory& memory) { return to_python(values(memory.settings())); })
      .def_prop_ro("covered_by",
                   [](const Memory& memory) { return std::string(name_of(memory.covered_by())); })
      .def_prop_ro(
          "ids", [](const Memory& m) { return to_numpy(released([&] { return m.ids(); })); },
          nb::rv_policy::move)
      .def_prop_ro("codes",
                   [](const Memory& m) { return to_csr(released([&] { return m.codes(); })); })
      .def(
          "store",
          [](Memory& memory, const nb::tuple& codes, std::optional<Vector<std::int64_t>> ids,
             std::optional<Vector<double>> weights, std::optional<Rows<T>> targets) {
            const SparseCodes<T> patterns = codes_from<T>(codes);
            return to_numpy(released([&] {
              return memory.store(patterns, ids ? view(*ids) : std::span<const std::int64_t>{},
                                  weights ? view(*weights) : std::span<const double>{},
                                  targets ? view(*targets) : MatrixView<const T>{});
            }));
          },
          nb::arg("codes"), nb::arg("ids").none(), nb::arg("weights").none(),
          nb::arg("targets").none())
      .def("forget",
           [](Memory& memory, const Vector<std::int64_t>& ids) {
             released([&] { memory.forget(view(ids)); });
           })
      .def(
          "replace",
          [](Memory& memory, const nb::tuple& codes, const Vector<std::int64_t>& ids,
             std::optional<Vector<double>> weights, std::optional<Rows<T>> targets) {
            const SparseCodes<T> patterns = codes_from<T>(codes);
            released([&] {
              memory.replace(patterns, view(ids),
                             weights ? view(*weights) : std::span<const double>{},
                             targets ? view(*targets) : MatrixView<const T>{});
            });
          },
          nb::arg("codes"), nb::arg("ids"), nb::arg("weights").none(), nb::arg("targets").none())
      .def("decay", [](Memory& memory, double factor) { released([&] { memory.decay(factor); }); })
      .def("compact", [](Memory& memory) { released([&] { memory.compact(); }); })
      .def(
          "recall",
          [](const Memory& memory, const nb::tuple& cues, const nb::dict& keywords,
             std::optional<Vector<std::uint8_t>> mask, std::optional<int> threads) {
            RecallSettings settings;
            for (const auto& [name, value] : to_values(keywords))
              assign("recall", settings, name, value);
            if (mask) settings.mask.assign(view(*mask).begin(), view(*mask).end());
            const SparseCodes<T> codes = codes_from<T>(cues);
            Call call({}, threads, {});
            RecallResult<T> result;
            {
              nb::gil_scoped_release free;
              result = memory.recall(codes, settings, call.run());
            }
            call.finish();
            return result;
          },
          nb::arg("cues"), nb::arg("settings"), nb::arg("mask").none(), nb::arg("threads").none())
      .def(
          "decode",
          [](const Memory& memory, const RecallResult<T>& recalled, const Rows<T>& atoms,
             std::optional<Rows<T>> noisy, const std::string& gain) {
            const Dictionary<T> dictionary(view(atoms));
            return to_numpy(memory.decode(recalled, dictionary,
                                          noisy ? view(*noisy) : MatrixView<const T>{},
                                          choice<Gain>("decode: gain", gain)));
          },
          nb::arg("recalled"), nb::arg("atoms"), nb::arg("noisy").none(), nb::arg("gain"))
      .def_prop_ro(
          "targets",
          [](const Memory& m) { return to_numpy(released([&] { return m.targets(); })); },
          nb::rv_policy::move)
      .def("associate",
           [=](const Memory& memory, const nb::tuple& states) {
             return of_states(states, [&](const auto& codes) { return memory.associate(codes); });
           })
      .def("associate_complex",
           [=](const Memory& memory, const nb::tuple& states) {
             return of_states(states,
                              [&](const auto& codes) { return memory.associate_complex(codes); });
           })
      .def("energy",
           [=](const Memory& memory, const nb::tuple& states) {
             return of_states(states, [&](const auto& codes) { return memory.energy(codes); });
           })
      .def("overlaps",
           [=](const Memory& memory, const nb::tuple& states) {
             return of_states(states, [&](const auto& codes) { return memory.overlaps(codes); });
           })
      .def("field",
           [=](const Memory& memory, const nb::tuple& states) {
             return of_states(states, [&](const auto& codes) { return memory.field(codes); });
           })
      .def("identify",
           [](const Memory& memory, const nb::tuple& states) {
             const SparseCodes<T> codes = codes_from<T>(states);
             return tuple_of(released([&] { return memory.identify(codes); }));
           })
      .def(
          "nearest",
          [](const Memory& memory, const nb::tuple& cues,
             std::optional<Vector<std::uint8_t>> mask) {
            const SparseCodes<T> codes = codes_from<T>(cues);
            return tuple_of(released([&] {
              return memory.nearest(codes, mask ? view(*mask) : std::span<const std::uint8_t>{});
            }));
          },
          nb::arg("cues"), nb::arg("mask").none())
      .def("to_archive",
           [](const Memory& m) { return to_python(released([&] { return m.to_archive(); })); })
      .def("save",
           [](const Memory& memory, const std::string& path, bool overwrite) {
             released([&] {
               save(path, memory.to_archive(), overwrite ? Overwrite::yes : Overwrite::no);
             });
           })
      .def_static(
          "open",
          [](const std::string& path) { return released([&] { return open_memory<T>(path); }); })
      .def_static("from_archive", [](const nb::dict& archive) {
        return memory_from_archive<T>(to_archive(archive));
      });

  nb::class_<RecallResult<T>>(m, ("RecallResult_" + precision).c_str())
      .def_prop_ro("states", [](const RecallResult<T>& r) { return to_csr(r.states); })
      .def_prop_ro(
          "ids",
          [](const RecallResult<T>& r) { return to_numpy(std::vector<std::int64_t>(r.ids)); },
          nb::rv_policy::move)
      .def_prop_ro(
          "cosines",
          [](const RecallResult<T>& r) { return to_numpy(std::vector<double>(r.cosines)); },
          nb::rv_policy::move)
      .def_prop_ro(
          "margins",
          [](const RecallResult<T>& r) { return to_numpy(std::vector<double>(r.margins)); },
          nb::rv_policy::move)
      .def_prop_ro(
          "familiarity",
          [](const RecallResult<T>& r) { return to_numpy(std::vector<double>(r.familiarity)); },
          nb::rv_policy::move)
      .def_prop_ro(
          "familiarity_margins",
          [](const RecallResult<T>& r) {
            return to_numpy(std::vector<double>(r.familiarity_margins));
          },
          nb::rv_policy::move)
      .def_ro("baselines", &RecallResult<T>::baselines)
      .def_prop_ro(
          "steps",
          [](const RecallResult<T>& r) { return to_numpy(std::vector<std::int32_t>(r.steps)); },
          nb::rv_policy::move)
      .def_prop_ro("kinds",
                   [](const RecallResult<T>& r) {
                     std::vector<std::string> words;
                     for (const Kind kind : r.kinds) words.emplace_back(name_of(kind));
                     return words;
                   })
      .def_prop_ro("endings",
                   [](const RecallResult<T>& r) {
                     std::vector<std::string> words;
                     for (const Ending ending : r.endings) words.emplace_back(name_of(ending));
                     return words;
                   })
      .def_prop_ro("covered_by",
                   [](const RecallResult<T>& r) { return std::string(name_of(r.covered_by)); })
      .def_ro("energies", &RecallResult<T>::energies)
      .def_prop_ro(
          "overlaps",
          [](const RecallResult<T>& r) {
            nb::list all;
            for (const Matrix<T>& overlaps : r.overlaps) all.append(to_numpy(Matrix<T>(overlaps)));
            return all;
          },
          nb::rv_policy::move);
}

}  // namespace

void init_memory(nb::module_& m) {
  init<float>(m, "f32");
  init<double>(m, "f64");
  m.def("memory_precision", [](const std::string& path) {
    return std::string(memory_precision(path) == DType::f64 ? "f64" : "f32");
  });
  m.def("verify_memory",
        [](const std::string& path) { return released([&] { return verify_memory(path); }); });
}

}  // namespace striate::python
