#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "array.h"
#include "bindings.h"
#include "striate/catalog/dictionaries.h"
#include "striate/dictionaries/log_gabor.h"
#include "striate/pipelines/denoise.h"
#include "striate/pipelines/inpaint.h"

namespace striate::python {
namespace {

const char* word_of(StopReason reason) {
  if (reason == StopReason::none) return "completed";
  return reason == StopReason::time_limit ? "time_limit" : "stopped";
}

template <class T>
nb::dict about(Matrix<T>&& atoms, double nonzeros, double seconds, StopReason stopped) {
  nb::dict info;
  info["atoms"] = to_numpy(std::move(atoms));
  info["nonzeros"] = nonzeros;
  info["seconds"] = seconds;
  info["status"] = word_of(stopped);
  return info;
}

// `run` is called without the interpreter's lock.
template <class T, class Settings, class Restore>
auto restored(std::string_view who, const nb::list& images, const nb::dict& keywords,
              const std::optional<Rows<T>>& atoms, Call& call, Restore restore) {
  Settings settings;
  for (const auto& [name, value] : to_values(keywords)) assign(who, settings, name, value);
  validate(who, settings);
  const std::vector<Image<T>> image = to_images<T>(images);
  std::optional<Matrix<T>> given;
  if (atoms) given = Matrix<T>(view(*atoms));
  nb::gil_scoped_release free;
  return restore(image.at(0), settings, given ? &*given : nullptr, call.run());
}

template <class T>
void init(nb::module_& m, const std::string& precision) {
  m.def(("denoise_" + precision).c_str(),
        [](const nb::list& images, const nb::dict& keywords, std::optional<Rows<T>> atoms,
           std::optional<nb::object> callback, std::optional<int> threads,
           std::optional<double> max_seconds) {
          Call call(std::move(callback), threads, max_seconds);
          Denoised<T> done = restored<T, DenoiseSettings>(
              "denoise", images, keywords, atoms, call,
              [](const auto&... arguments) { return denoise<T>(arguments...); });
          call.finish();
          nb::dict info = about(std::move(done.atoms), done.nonzeros, done.seconds, done.stopped);
          info["sigma"] = done.sigma;
          return nb::make_tuple(to_numpy(std::move(done.image)), info);
        },
        nb::arg("images"), nb::arg("settings"), nb::arg("atoms").none(), nb::arg("callback").none(),
        nb::arg("threads").none(), nb::arg("max_seconds").none());
  m.def(
      ("inpaint_" + precision).c_str(),
      [](const nb::list& images,
         const nb::ndarray<const std::uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>& mask,
         const nb::dict& keywords, std::optional<Rows<T>> atoms, std::optional<nb::object> callback,
         std::optional<int> threads, std::optional<double> max_seconds) {
        const Image<std::uint8_t> seen(
            ImageView<const std::uint8_t>(mask.data(), static_cast<std::int64_t>(mask.shape(0)),
                                          static_cast<std::int64_t>(mask.shape(1)), 1));
        Call call(std::move(callback), threads, max_seconds);
        Inpainted<T> done =
            restored<T, InpaintSettings>("inpaint", images, keywords, atoms, call,
                                         [&](const Image<T>& image, const auto&... arguments) {
                                           return inpaint<T>(image, seen, arguments...);
                                         });
        call.finish();
        nb::dict info = about(std::move(done.atoms), done.nonzeros, done.seconds, done.stopped);
        info["missing"] = done.missing;
        info["passes"] = done.passes;
        return nb::make_tuple(to_numpy(std::move(done.image)), info);
      },
      nb::arg("images"), nb::arg("mask"), nb::arg("settings"), nb::arg("atoms").none(),
      nb::arg("callback").none(), nb::arg("threads").none(), nb::arg("max_seconds").none());
}

}  // namespace

void init_restoration(nb::module_& m) {
  init<float>(m, "f32");
  init<double>(m, "f64");
  m.def(
      "make_atoms",
      [](const std::string& name, const nb::dict& keywords, std::optional<Rows<double>> signals) {
        const Values settings = to_values(keywords);
        if (!signals) return to_numpy(make_atoms<double>(name, settings));
        const Matrix<double> rows(view(*signals));
        const MatrixSource<double> source(rows);
        return to_numpy(make_atoms<double>(name, settings, &source));
      },
      nb::arg("name"), nb::arg("settings"), nb::arg("signals").none());
  m.def("log_gabor", [](const nb::dict& keywords) {
    LogGaborSettings settings;
    for (const auto& [name, value] : to_values(keywords))
      assign("log_gabor", settings, name, value);
    LogGaborBank<double> bank = log_gabor<double>(settings);
    nb::dict table;
    table["theta"] = to_numpy(std::move(bank.theta));
    table["bandwidth"] = to_numpy(std::move(bank.bandwidth));
    table["phase"] = to_numpy(std::move(bank.phase));
    return nb::make_tuple(to_numpy(std::move(bank.filters)), table);
  });
}

}  // namespace striate::python
