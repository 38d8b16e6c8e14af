#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>

#include "array.h"
#include "bindings.h"
#include "striate/catalog/solvers.h"

namespace striate::python {
namespace {

// What is known of every signal, as arrays.
nb::dict to_python(const EncodeInfo& info) {
  std::vector<std::string> status;
  std::vector<std::int32_t> iterations, nonzeros;
  std::vector<double> objective, gap;
  for (const SignalInfo& signal : info.signals) {
    status.emplace_back(name_of(signal.status));
    iterations.push_back(signal.iterations);
    nonzeros.push_back(signal.nonzeros);
    objective.push_back(signal.objective);
    gap.push_back(signal.relative_gap);
  }
  nb::dict all;
  all["status"] = status;
  all["iterations"] = to_numpy(std::move(iterations));
  all["nonzeros"] = to_numpy(std::move(nonzeros));
  all["objective"] = to_numpy(std::move(objective));
  all["relative_gap"] = to_numpy(std::move(gap));
  all["seconds"] = info.seconds;
  all["converged"] = info.converged();
  return all;
}

// One array per signal; None where no signal has any.
nb::object to_lists(std::vector<std::vector<double>>&& numbers) {
  if (std::ranges::all_of(numbers, [](const auto& some) { return some.empty(); }))
    return nb::none();
  nb::list all;
  for (std::vector<double>& some : numbers) all.append(to_numpy(std::move(some)));
  return all;
}

template <class T>
void init(nb::module_& m, const std::string& precision) {
  nb::class_<Dictionary<T>>(m, ("Dictionary_" + precision).c_str())
      .def(nb::new_([](const Rows<T>& atoms) { return Dictionary<T>(view(atoms)); }))
      .def("atoms", [](const Dictionary<T>& d) { return to_numpy(Matrix<T>(d.matrix())); })
      .def("gram",
           [](const Dictionary<T>& d) {
             nb::gil_scoped_release free;
             d.gram();
           })
      .def_prop_ro("shape",
                   [](const Dictionary<T>& d) { return nb::make_tuple(d.atoms(), d.rows()); });

  m.def(("encode_" + precision).c_str(),
        [](const std::string& method, const Dictionary<T>& dictionary, const Rows<T>& signals,
           const nb::dict& keywords, std::optional<nb::tuple> initial,
           std::optional<Rows<T>> data_weights, std::optional<nb::object> callback,
           std::optional<int> threads, std::optional<double> max_seconds) {
          const Values settings = to_values(keywords);
          std::optional<SparseCodes<T>> start;
          if (initial) start = codes_from<T>(*initial);
          Call call(std::move(callback), threads, max_seconds);
          Encoding<T> encoding;
          {
            nb::gil_scoped_release free;
            encoding =
                encode<T>(method, dictionary, view(signals), settings, start ? &*start : nullptr,
                          call.run(), data_weights ? view(*data_weights) : MatrixView<const T>());
          }
          call.finish();
          return nb::make_tuple(to_csr(encoding.codes), to_python(encoding.info));
        },
        nb::arg("method"), nb::arg("dictionary"), nb::arg("signals"), nb::arg("settings"),
        nb::arg("initial").none(), nb::arg("data_weights").none(), nb::arg("callback").none(),
        nb::arg("threads").none(), nb::arg("max_seconds").none());

  m.def(("encode_path_" + precision).c_str(),
        [](const std::string& method, const Dictionary<T>& dictionary, const Rows<T>& signals,
           const nb::dict& keywords, std::optional<Rows<T>> data_weights,
           std::optional<nb::object> callback, std::optional<int> threads,
           std::optional<double> max_seconds) {
          const Values settings = to_values(keywords);
          Call call(std::move(callback), threads, max_seconds);
          EncodingPath<T> path;
          {
            nb::gil_scoped_release free;
            path = encode_path<T>(method, dictionary, view(signals), settings, call.run(),
                                  data_weights ? view(*data_weights) : MatrixView<const T>());
          }
          call.finish();
          nb::list codes;
          for (const SparseCodes<T>& steps : path.codes) codes.append(to_csr(steps));
          nb::dict info = to_python(path.info);
          info["lambdas"] = to_lists(std::move(path.lambdas));
          info["residuals"] = to_lists(std::move(path.residuals));
          return nb::make_tuple(codes, info);
        },
        nb::arg("method"), nb::arg("dictionary"), nb::arg("signals"), nb::arg("settings"),
        nb::arg("data_weights").none(), nb::arg("callback").none(), nb::arg("threads").none(),
        nb::arg("max_seconds").none());
}

}  // namespace

void init_solvers(nb::module_& m) {
  init<float>(m, "f32");
  init<double>(m, "f64");
}

}  // namespace striate::python
