#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "array.h"
#include "bindings.h"
#include "striate/catalog/memory_rules.h"
#include "striate/pipelines/capacity_curves.h"

namespace striate::python {
namespace {

using MaybeCall = std::optional<nb::object>;

// A described struct, in the order of its description.
template <class Described>
nb::dict row_of(const Described& described) {
  nb::dict row;
  for (const Field& field : fields(described)) row[field.name.c_str()] = to_python(field.value);
  return row;
}

template <class Settings>
Settings settings_from(const char* who, const nb::dict& keywords) {
  Settings settings;
  for (const auto& [name, value] : to_values(keywords)) assign(who, settings, name, value);
  return settings;
}

// `tried(memories, trials, codes, run)` is called without the interpreter's lock: one row each.
template <class T, class Tried>
nb::list rows_of(const char* who, const std::vector<std::string>& rules, const nb::dict& memory,
                 const nb::dict& trials, const std::optional<nb::tuple>& codes, MaybeCall callback,
                 std::optional<int> threads, const Tried& tried) {
  std::vector<MemorySettings> memories;
  for (const std::string& rule : rules) {
    memories.push_back(settings_from<MemorySettings>(who, memory));
    memories.back().rule = rule;
  }
  const auto settings = settings_from<CapacityTrials>(who, trials);
  const SparseCodes<T> held = codes ? codes_from<T>(*codes) : SparseCodes<T>();
  Call call(std::move(callback), threads, {});
  const auto rows = [&] {
    nb::gil_scoped_release free;
    return tried(memories, settings, codes ? &held : nullptr, call.run());
  }();
  call.finish();
  nb::list result;
  for (const auto& row : rows) result.append(row_of(row));
  return result;
}

template <class T>
void init(nb::module_& m, const std::string& precision) {
  m.def(
      ("capacity_report_" + precision).c_str(),
      [](const AssociativeMemory<T>& memory, const nb::dict& keywords, std::optional<int> threads) {
        const auto settings = settings_from<CapacitySettings>("capacity_report", keywords);
        Call call({}, threads, {});
        CapacityReport report;
        {
          nb::gil_scoped_release free;
          report = memory.capacity_report(settings, call.run());
        }
        call.finish();
        return row_of(report);
      },
      nb::arg("memory"), nb::arg("settings"), nb::arg("threads").none());
  const auto define = [&](const char* name, auto tried) {
    m.def((name + ("_" + precision)).c_str(),
          [name, tried](const std::vector<std::string>& rules, const nb::dict& memory,
                        const nb::dict& trials, const std::optional<nb::tuple>& codes,
                        MaybeCall callback, std::optional<int> threads) {
            return rows_of<T>(name, rules, memory, trials, codes, std::move(callback), threads,
                              tried);
          },
          nb::arg("rules"), nb::arg("memory"), nb::arg("trials"), nb::arg("codes").none(),
          nb::arg("callback").none(), nb::arg("threads").none());
  };
  define("capacity_curves", capacity_curves<T>);
  define("capacity_search", capacity_search<T>);
}

}  // namespace

void init_capacity(nb::module_& m) {
  m.def("capacity_report_fields", [] { return describe(fields<CapacitySettings>()); });
  m.def("capacity_trials_fields", [] { return describe(fields<CapacityTrials>()); });
  init<float>(m, "f32");
  init<double>(m, "f64");
}

}  // namespace striate::python
