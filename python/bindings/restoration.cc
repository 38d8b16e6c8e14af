#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "array.h"
#include "bindings.h"
#include "striate/catalog/dictionaries.h"
#include "striate/dictionaries/log_gabor.h"
#include "striate/pipelines/convolutional_restoration.h"
#include "striate/pipelines/denoise.h"
#include "striate/pipelines/inpaint.h"

namespace striate::python {
namespace {

const char* word_of(StopReason reason) {
  if (reason == StopReason::none) return "completed";
  return reason == StopReason::time_limit ? "time_limit" : "stopped";
}

using Mask = nb::ndarray<const std::uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using MaybeCall = std::optional<nb::object>;

Image<std::uint8_t> to_mask(const Mask& mask) {
  return Image<std::uint8_t>(
      ImageView<const std::uint8_t>(mask.data(), static_cast<std::int64_t>(mask.shape(0)),
                                    static_cast<std::int64_t>(mask.shape(1)), 1));
}

template <class T>
std::optional<Matrix<T>> to_atoms(const std::optional<Rows<T>>& atoms) {
  if (!atoms) return {};
  return Matrix<T>(view(*atoms));
}

// `restore(image, settings, run)` is called without the interpreter's lock. What it did is returned
// with what all jobs say of themselves.
template <class T, class Settings, class Restore>
auto restored(std::string_view who, const nb::list& images, const nb::dict& keywords,
              MaybeCall callback, std::optional<int> threads, std::optional<double> max_seconds,
              const Restore& restore) {
  Call call(std::move(callback), threads, max_seconds);
  Settings settings;
  for (const auto& [name, value] : to_values(keywords)) assign(who, settings, name, value);
  validate(who, settings);
  const std::vector<Image<T>> image = to_images<T>(images);
  auto done = [&] {
    nb::gil_scoped_release free;
    return restore(image.at(0), settings, call.run());
  }();
  call.finish();
  nb::dict info;
  info["nonzeros"] = done.nonzeros;
  info["seconds"] = done.seconds;
  info["status"] = word_of(done.stopped);
  return std::pair(std::move(done), info);
}

template <class Done>
nb::tuple image_and(std::pair<Done, nb::dict>& result) {
  return nb::make_tuple(to_numpy(std::move(result.first.image)), result.second);
}

template <class T>
void init_patch(nb::module_& m, const std::string& precision) {
  m.def(("denoise_patch_" + precision).c_str(),
        [](const nb::list& images, const nb::dict& keywords, const std::optional<Rows<T>>& atoms,
           MaybeCall callback, std::optional<int> threads, std::optional<double> max_seconds) {
          const std::optional<Matrix<T>> given = to_atoms<T>(atoms);
          auto result = restored<T, DenoiseSettings>(
              "denoise", images, keywords, std::move(callback), threads, max_seconds,
              [&](const auto& image, const auto& settings, const Run& run) {
                return denoise<T>(image, settings, given ? &*given : nullptr, run);
              });
          auto& [done, info] = result;
          info["atoms"] = to_numpy(std::move(done.atoms));
          info["sigma"] = done.sigma;
          return image_and(result);
        },
        nb::arg("images"), nb::arg("settings"), nb::arg("atoms").none(), nb::arg("callback").none(),
        nb::arg("threads").none(), nb::arg("max_seconds").none());
  m.def(("inpaint_patch_" + precision).c_str(),
        [](const nb::list& images, const Mask& mask, const nb::dict& keywords,
           const std::optional<Rows<T>>& atoms, MaybeCall callback, std::optional<int> threads,
           std::optional<double> max_seconds) {
          const std::optional<Matrix<T>> given = to_atoms<T>(atoms);
          const Image<std::uint8_t> seen = to_mask(mask);
          auto result = restored<T, InpaintSettings>(
              "inpaint", images, keywords, std::move(callback), threads, max_seconds,
              [&](const auto& image, const auto& settings, const Run& run) {
                return inpaint<T>(image, seen, settings, given ? &*given : nullptr, run);
              });
          auto& [done, info] = result;
          info["atoms"] = to_numpy(std::move(done.atoms));
          info["missing"] = done.missing;
          info["passes"] = done.passes;
          return image_and(result);
        },
        nb::arg("images"), nb::arg("mask"), nb::arg("settings"), nb::arg("atoms").none(),
        nb::arg("callback").none(), nb::arg("threads").none(), nb::arg("max_seconds").none());
}

template <class T>
nb::tuple with_filters(std::pair<ConvolutionallyRestored<T>, nb::dict>& result) {
  auto& [done, info] = result;
  info["filters"] = done.model.taps.columns() == 0 ? nb::object(nb::none())
                                                   : nb::object(to_python(done.model.filters()));
  info["lam"] = done.lambda;
  return image_and(result);
}

template <class T>
void init_convolutional_restoration(nb::module_& m, const std::string& precision) {
  m.def(("denoise_convolutional_" + precision).c_str(),
        [](const nb::list& images, const nb::dict& keywords, const FilterModel<T>* model,
           MaybeCall callback, std::optional<int> threads, std::optional<double> max_seconds) {
          auto result = restored<T, ConvolutionalDenoiseSettings>(
              "denoise", images, keywords, std::move(callback), threads, max_seconds,
              [&](const auto& image, const auto& settings, const Run& run) {
                return denoise_convolutional<T>(image, settings, model, run);
              });
          result.second["sigma"] = result.first.sigma;
          return with_filters<T>(result);
        },
        nb::arg("images"), nb::arg("settings"), nb::arg("model").none(), nb::arg("callback").none(),
        nb::arg("threads").none(), nb::arg("max_seconds").none());
  m.def(("inpaint_convolutional_" + precision).c_str(),
        [](const nb::list& images, const Mask& mask, const nb::dict& keywords,
           const FilterModel<T>* model, MaybeCall callback, std::optional<int> threads,
           std::optional<double> max_seconds) {
          const Image<std::uint8_t> seen = to_mask(mask);
          auto result = restored<T, ConvolutionalInpaintSettings>(
              "inpaint", images, keywords, std::move(callback), threads, max_seconds,
              [&](const auto& image, const auto& settings, const Run& run) {
                return inpaint_convolutional<T>(image, seen, settings, model, run);
              });
          result.second["missing"] = result.first.missing;
          return with_filters<T>(result);
        },
        nb::arg("images"), nb::arg("mask"), nb::arg("settings"), nb::arg("model").none(),
        nb::arg("callback").none(), nb::arg("threads").none(), nb::arg("max_seconds").none());
}

}  // namespace

void init_restoration(nb::module_& m) {
  init_patch<float>(m, "f32");
  init_patch<double>(m, "f64");
  init_convolutional_restoration<float>(m, "f32");
  init_convolutional_restoration<double>(m, "f64");
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
