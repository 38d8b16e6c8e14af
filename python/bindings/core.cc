#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "array.h"
#include "bindings.h"
#include "striate/catalog/dictionaries.h"
#include "striate/catalog/memory_rules.h"
#include "striate/catalog/solvers.h"
#include "striate/core/build_info.h"
#include "striate/core/parallel.h"
#include "striate/learning/learn_settings.h"
#include "striate/pipelines/convolutional_restoration.h"
#include "striate/pipelines/denoise.h"
#include "striate/pipelines/inpaint.h"
#include "striate/pipelines/preparation.h"

namespace striate::python {

void init_core(nb::module_& m) {
  m.attr("__version__") = std::string(library_version);
  m.def("thread_count", &thread_count);
  m.def("set_thread_count", &set_thread_count);
  m.def("solver_fields", [] {
    nb::dict all;
    for (const SolverEntry& entry : solvers())
      all[std::string(entry.name).c_str()] = describe(entry.fields());
    return all;
  });
  m.def("learn_fields", [] { return describe(fields<LearnSettings>()); });
  m.def("preprocessing_fields", [] { return describe(fields<Preprocessing>()); });
  m.def("denoise_fields", [] {
    nb::dict all;
    all["patch"] = describe(fields<DenoiseSettings>());
    all["convolutional"] = describe(fields<ConvolutionalDenoiseSettings>());
    return all;
  });
  m.def("inpaint_fields", [] {
    nb::dict all;
    all["patch"] = describe(fields<InpaintSettings>());
    all["convolutional"] = describe(fields<ConvolutionalInpaintSettings>());
    return all;
  });
  m.def("dictionary_fields", [] {
    nb::dict all;
    for (const DictionaryEntry& entry : dictionaries())
      all[std::string(entry.name).c_str()] =
          nb::make_tuple(std::string(entry.summary), describe(entry.fields()));
    return all;
  });
  m.def("memory_fields", [] { return describe(fields<MemorySettings>()); });
  m.def("recall_fields", [] { return describe(fields<RecallSettings>()); });
  m.def("memory_rules", [] {
    std::vector<std::string> names;
    for (const MemoryRule* rule : memory_rules()) names.emplace_back(rule->name);
    return names;
  });
}

}  // namespace striate::python
