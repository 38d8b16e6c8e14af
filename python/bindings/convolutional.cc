#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <array>
#include <stop_token>

#include "array.h"
#include "bindings.h"
#include "striate/catalog/convolutional_solvers.h"
#include "striate/convolutional/admm_reference.h"
#include "striate/convolutional/convolution.h"
#include "striate/core/timing.h"

namespace striate::python {
namespace {

template <class T>
using Codes = ConvolutionalCodes<T>;
// (K, h, w, C)
template <class T>
using Taps = nb::ndarray<const T, nb::ndim<4>, nb::c_contig, nb::device::cpu>;

template <class T>
FilterBank<T> bank_from(const Taps<T>& taps) {
  const auto size = [&](std::size_t axis) { return static_cast<std::int64_t>(taps.shape(axis)); };
  return {{taps.data(), size(1) * size(2) * size(3), size(0)}, size(1), size(2), size(3)};
}

nb::dict to_python(const std::vector<ConvolutionalTrace>& trace) {
  using Trace = ConvolutionalTrace;
  constexpr std::array<std::pair<const char*, double Trace::*>, 9> columns{
      {{"seconds", &Trace::seconds},
       {"objective", &Trace::objective},
       {"objective_x", &Trace::objective_x},
       {"data_fidelity", &Trace::data_fidelity},
       {"l1", &Trace::l1},
       {"primal", &Trace::primal},
       {"dual", &Trace::dual},
       {"rho", &Trace::rho},
       {"gap", &Trace::gap}}};
  nb::dict all;
  for (const auto& [name, member] : columns) {
    std::vector<double> column;
    for (const Trace& row : trace) column.push_back(row.*member);
    all[name] = to_numpy(std::move(column));
  }
  return all;
}

nb::dict to_python(const ConvolutionalInfo& info, bool trace) {
  nb::dict all;
  all["status"] = std::string(name_of(info.status));
  all["iterations"] = info.iterations;
  all["objective"] = info.objective;
  all["relative_gap"] = info.relative_gap;
  all["violation"] = info.violation;
  all["nonzeros"] = info.nonzeros;
  all["seconds"] = info.seconds;
  all["peak_bytes"] = info.peak_bytes;
  all["method"] = info.method;
  all["why"] = info.why;
  all["trace"] = trace ? nb::object(to_python(info.trace)) : nb::none();
  return all;
}

// What comes with each image, kept alive: lists with an item per image, or None.
template <class T>
class Inputs {
 public:
  Inputs(const std::optional<nb::list>& data_weights,
         const std::optional<nb::list>& penalty_weights, const std::optional<nb::list>& initial,
         std::size_t images)
      : inputs_(images) {
    for (std::size_t i = 0; i < images; ++i) {
      if (data_weights) {
        const Cube a = keep((*data_weights)[i]);  // (H, W, C)
        inputs_[i].data_weights = {a.data(), size(a, 0), size(a, 1), size(a, 2)};
      }
      if (penalty_weights) {
        const Cube a = keep((*penalty_weights)[i]);  // (K, H, W)
        inputs_[i].penalty_weights = {a.data(), size(a, 1) * size(a, 2), size(a, 0)};
      }
      if (initial) inputs_[i].initial = nb::cast<const Codes<T>*>((*initial)[i]);
    }
  }
  const ConvolutionalInputs<T>& operator[](std::size_t image) const { return inputs_[image]; }

 private:
  using Cube = nb::ndarray<const T, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
  static std::int64_t size(const Cube& array, std::size_t axis) {
    return static_cast<std::int64_t>(array.shape(axis));
  }
  const Cube& keep(nb::handle array) { return arrays_.emplace_back(nb::cast<Cube>(array)); }
  std::vector<Cube> arrays_;
  std::vector<ConvolutionalInputs<T>> inputs_;
};

// The images one after the other, in the time that all have. After a stop the others' codes are
// what a solver has when it begins; after an exception there are none.
template <class T>
std::vector<ConvolutionalResult<T>> encode_all(const std::string& name, const FilterBank<T>& bank,
                                               const std::vector<Image<T>>& images,
                                               const Values& settings, const Inputs<T>& inputs,
                                               const Call& call) {
  const Stopwatch watch;
  std::stop_source stop;
  std::vector<ConvolutionalResult<T>> results;
  for (const Image<T>& image : images) {
    if (call.failed()) break;
    const std::pair<std::string_view, double> place{"image", static_cast<double>(results.size())};
    Run run = call.run();
    run.stop = stop.get_token();
    run.max_seconds = std::max(0.0, run.max_seconds - watch.seconds());
    run.observer = [&](Progress progress) {
      progress.values = {&place, 1};
      progress.seconds = watch.seconds();
      return call.run().observer(progress);
    };
    try {
      results.push_back(
          encode_convolutional<T>(name, bank, image, settings, inputs[results.size()], run));
    } catch (const Error& error) {
      if (images.size() == 1) throw;
      throw Error(error.what(), " (image ", results.size(), " of 0 to ", images.size() - 1, ")");
    }
    if (results.back().info.status == Status::stopped) stop.request_stop();
  }
  return results;
}

template <class T>
void init(nb::module_& m, const std::string& precision) {
  nb::class_<Codes<T>>(m, ("ConvolutionalCodes_" + precision).c_str())
      .def_prop_ro("shape",
                   [](const Codes<T>& codes) {
                     const MapShape& s = codes.shape();
                     return nb::make_tuple(s.filters, s.rows(), s.columns());
                   })
      .def_prop_ro("image_shape",
                   [](const Codes<T>& codes) {
                     return nb::make_tuple(codes.shape().image_rows, codes.shape().image_columns);
                   })
      .def_prop_ro("filter_shape",
                   [](const Codes<T>& codes) {
                     const MapShape& s = codes.shape();
                     return nb::make_tuple(s.filters, s.filter_rows, s.filter_columns);
                   })
      .def_prop_ro(
          "boundary",
          [](const Codes<T>& codes) {
            return std::string(EnumNames<Boundary>::names[std::size_t(codes.shape().boundary)]);
          })
      .def_prop_ro("nonzeros", &Codes<T>::nonzeros)
      // Views that keep the codes alive.
      .def_prop_ro("starts",
                   [](const Codes<T>& codes) {
                     const auto all = codes.starts();
                     return nb::ndarray<nb::numpy, const std::int64_t>(all.data(), {all.size()});
                   })
      .def_prop_ro("columns",
                   [](const Codes<T>& codes) {
                     const auto all = codes.columns();
                     return nb::ndarray<nb::numpy, const std::uint16_t>(all.data(), {all.size()});
                   })
      .def_prop_ro("filters",
                   [](const Codes<T>& codes) {
                     const auto all = codes.filters();
                     return nb::ndarray<nb::numpy, const std::uint16_t>(all.data(), {all.size()});
                   })
      .def_prop_ro("values",
                   [](const Codes<T>& codes) {
                     const auto all = codes.values();
                     return nb::ndarray<nb::numpy, const T>(all.data(), {all.size()});
                   })
      .def("pruned", &Codes<T>::pruned)
      .def("to_dense", [](const Codes<T>& codes) { return to_numpy(codes.to_dense()); })
      .def("to_archive",
           [](const Codes<T>& codes) { return python::to_python(codes.to_archive()); })
      .def_static("from_archive", [](const nb::dict& archive) {
        return Codes<T>::from_archive(to_archive(archive));
      });

  m.def(("convolutional_encode_" + precision).c_str(),
        [](const std::string& name, const nb::list& arrays, const Taps<T>& filters,
           const nb::dict& keywords, const std::optional<nb::list>& data_weights,
           const std::optional<nb::list>& penalty_weights, const std::optional<nb::list>& initial,
           bool trace, std::optional<nb::object> callback, std::optional<int> threads,
           std::optional<double> max_seconds) {
          const std::vector<Image<T>> images = to_images<T>(arrays);
          const Values settings = to_values(keywords);
          const Inputs<T> inputs(data_weights, penalty_weights, initial, images.size());
          Call call(std::move(callback), threads, max_seconds);
          std::vector<ConvolutionalResult<T>> results;
          {
            nb::gil_scoped_release free;
            results = encode_all<T>(name, bank_from(filters), images, settings, inputs, call);
          }
          call.finish();
          nb::list codes, infos;
          for (ConvolutionalResult<T>& result : results) {
            codes.append(std::move(result.codes));
            infos.append(to_python(result.info, trace));
          }
          return nb::make_tuple(codes, infos);
        },
        nb::arg("method"), nb::arg("images"), nb::arg("filters"), nb::arg("settings"),
        nb::arg("data_weights").none(), nb::arg("penalty_weights").none(),
        nb::arg("initial").none(), nb::arg("trace"), nb::arg("callback").none(),
        nb::arg("threads").none(), nb::arg("max_seconds").none());

  m.def(("convolutional_encode_reference_" + precision).c_str(),
        [](const nb::list& arrays, const Taps<T>& filters, const nb::dict& keywords,
           std::optional<nb::object> callback, std::optional<int> threads,
           std::optional<double> max_seconds) {
          const std::vector<Image<T>> images = to_images<T>(arrays);
          ReferenceSettings settings;
          for (const auto& [field, value] : to_values(keywords))
            assign("encode_reference", settings, field, value);
          Call call(std::move(callback), threads, max_seconds);
          ReferenceResult<T> result;
          {
            nb::gil_scoped_release free;
            const FilterBank<T> bank = bank_from(filters);
            result = admm_reference<T>(bank, images, settings, call.run());
            if (settings.return_x) {
              // x knows no border.
              result.info.objective = result.info.trace.back().objective_x;
              result.info.nonzeros = 0;
              for (std::size_t i = 0; i < images.size(); ++i) {
                const MapShape shape =
                    bank.maps(images[i].rows(), images[i].columns(), Boundary::circular);
                result.codes[i] = Codes<T>::from_dense(shape, result.x[i]);
                result.info.nonzeros += result.codes[i].nonzeros();
              }
            }
          }
          call.finish();
          nb::list codes;
          for (Codes<T>& code : result.codes) codes.append(std::move(code));
          return nb::make_tuple(codes, to_python(result.info, true));
        },
        nb::arg("images"), nb::arg("filters"), nb::arg("settings"), nb::arg("callback").none(),
        nb::arg("threads").none(), nb::arg("max_seconds").none());

  m.def(("convolutional_decode_" + precision).c_str(),
        [](const Codes<T>& codes, const Taps<T>& filters) {
          const FilterBank<T> bank = bank_from(filters);
          const MapShape& s = codes.shape();
          if (bank.maps(s.image_rows, s.image_columns, s.boundary) != s)
            throw Error("decode: filters are ", bank.filters(), " of ", bank.rows(), " x ",
                        bank.columns(), " taps; the codes are of ", s.filters, " of ",
                        s.filter_rows, " x ", s.filter_columns);
          Image<T> image;
          {
            nb::gil_scoped_release free;
            image = synthesize<T>(bank, codes);
          }
          return to_numpy(std::move(image));
        });
}

}  // namespace

void init_convolutional(nb::module_& m) {
  init<float>(m, "f32");
  init<double>(m, "f64");
  m.def("convolutional_fields", [] {
    nb::dict all;
    for (const ConvolutionalSolverEntry& solver : convolutional_solvers())
      all[std::string(solver.name).c_str()] = describe(solver.fields());
    return all;
  });
  m.def("reference_fields", [] { return describe(fields<ReferenceSettings>()); });
}

}  // namespace striate::python
