#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "array.h"
#include "bindings.h"
#include "striate/core/parallel.h"
#include "striate/images/disc_mask.h"
#include "striate/images/local_contrast.h"
#include "striate/images/patches.h"
#include "striate/images/synthetic.h"
#include "striate/images/tikhonov.h"
#include "striate/images/whiten.h"

namespace striate::python {
namespace {

template <class Settings>
Settings settings_from(std::string_view who, const nb::dict& keywords) {
  Settings settings;
  for (const auto& [name, value] : to_values(keywords)) assign(who, settings, name, value);
  return settings;
}

template <class T>
void init(nb::module_& m, const std::string& precision) {
  m.def(("whiten_" + precision).c_str(), [](const nb::list& images, const nb::dict& keywords) {
    const auto given = to_images<T>(images);
    const auto settings = settings_from<WhitenSettings>("whiten", keywords);
    WhitenedImages<T> whitened;
    {
      nb::gil_scoped_release free;
      whitened = whiten(given, settings);
    }
    return nb::make_tuple(to_python(std::move(whitened.images)), to_python(values(whitened.state)));
  });
  m.def(("whiten_like_" + precision).c_str(), [](const nb::list& images, const nb::dict& state) {
    auto given = to_images<T>(images);
    const auto known = settings_from<WhiteningState>("whiten", state);
    for (Image<T>& image : given) image = whiten(image, known);
    return to_python(std::move(given));
  });
  m.def(("unwhiten_" + precision).c_str(),
        [](const nb::list& images, const nb::dict& state, double regularization) {
          auto given = to_images<T>(images);
          const auto known = settings_from<WhiteningState>("unwhiten", state);
          for (Image<T>& image : given) image = unwhiten(image, known, regularization);
          return to_python(std::move(given));
        });
  m.def(("local_contrast_normalize_" + precision).c_str(),
        [](const nb::list& images, const nb::dict& keywords) {
          auto given = to_images<T>(images);
          const auto settings =
              settings_from<LocalContrastSettings>("local_contrast_normalize", keywords);
          std::vector<Image<T>> means(given.size()), divisors(given.size());
          {
            nb::gil_scoped_release free;
            parallel_for(std::ssize(given), [&](std::int64_t i, int) {
              const auto at = static_cast<std::size_t>(i);
              LocalContrast<T> result = local_contrast_normalize(given[at], settings);
              given[at] = std::move(result.image);
              means[at] = std::move(result.mean);
              divisors[at] = std::move(result.divisor);
            });
          }
          return nb::make_tuple(to_python(std::move(given)), to_python(std::move(means)),
                                to_python(std::move(divisors)));
        });
  m.def(("local_contrast_restore_" + precision).c_str(),
        [](const nb::list& images, const nb::list& means, const nb::list& divisors) {
          auto given = to_images<T>(images);
          auto mean = to_images<T>(means), divisor = to_images<T>(divisors);
          if (mean.size() != given.size() || divisor.size() != given.size())
            throw Error("local_contrast_restore: ", given.size(), " images, ", mean.size(),
                        " means and ", divisor.size(), " divisors; there must be one per image");
          for (std::size_t i = 0; i < given.size(); ++i)
            given[i] = local_contrast_restore<T>(
                {std::move(given[i]), std::move(mean[i]), std::move(divisor[i])});
          return to_python(std::move(given));
        });
  m.def(("tikhonov_highpass_" + precision).c_str(),
        [](const nb::list& images, const nb::dict& keywords) {
          auto given = to_images<T>(images);
          const auto settings = settings_from<TikhonovSettings>("tikhonov_highpass", keywords);
          std::vector<Image<T>> low(given.size());
          {
            nb::gil_scoped_release free;
            parallel_for(std::ssize(given), [&](std::int64_t i, int) {
              const auto at = static_cast<std::size_t>(i);
              Highpassed<T> split = tikhonov_highpass(given[at], settings);
              given[at] = std::move(split.high);
              low[at] = std::move(split.low);
            });
          }
          return nb::make_tuple(to_python(std::move(given)), to_python(std::move(low)));
        });
  m.def(("disc_mask_" + precision).c_str(), [](const nb::list& images) {
    auto given = to_images<T>(images);
    for (Image<T>& image : given) image = disc_mask(image);
    return to_python(std::move(given));
  });
  m.def(("disc_unmask_" + precision).c_str(), [](const nb::list& images, double floor) {
    auto given = to_images<T>(images);
    for (Image<T>& image : given) image = disc_unmask(image, floor);
    return to_python(std::move(given));
  });
  m.def(("disc_weights_" + precision).c_str(), [](std::int64_t rows, std::int64_t columns) {
    return to_numpy(disc_weights<T>(rows, columns));
  });
  m.def(("extract_patches_" + precision).c_str(),
        [](const nb::list& images, const nb::dict& keywords) {
          const auto given = to_images<T>(images);
          const auto settings = settings_from<PatchSettings>("extract_patches", keywords);
          Matrix<T> patches;
          std::vector<std::int64_t> at;
          std::vector<double> means;
          {
            nb::gil_scoped_release free;
            const PatchSource<T> source(given, settings);
            patches = read_all(source);
            for (std::int64_t i = 0; i < source.size(); ++i) {
              const PatchPosition p = source.position(i);
              at.insert(at.end(), {p.image, p.row, p.column});
              means.push_back(source.mean(i));
            }
          }
          const std::size_t n = means.size();
          return nb::make_tuple(to_numpy(std::move(patches)),
                                hand_over<std::int64_t>(std::move(at), {n, 3}),
                                to_numpy(std::move(means)));
        });
  m.def(("assemble_patches_" + precision).c_str(), [](const Rows<T>& patches,
                                                      const Rows<std::int64_t>& positions,
                                                      const Vector<double>& means,
                                                      const Rows<std::int64_t>& shapes) {
    if (positions.shape(1) != 3 || shapes.shape(1) != 3)
      throw Error("assemble_patches: positions have ", positions.shape(1), " columns and shapes ",
                  shapes.shape(1),
                  "; (image, row, column) and (rows, columns, channels) are needed");
    std::vector<PatchPosition> at;
    for (std::size_t i = 0; i < positions.shape(0); ++i)
      at.push_back(
          {positions.data()[3 * i], positions.data()[3 * i + 1], positions.data()[3 * i + 2]});
    std::vector<ImageShape> sizes;
    for (std::size_t i = 0; i < shapes.shape(0); ++i)
      sizes.push_back({shapes.data()[3 * i], shapes.data()[3 * i + 1], shapes.data()[3 * i + 2]});
    return to_python(assemble_patches<T>(view(patches), at, view(means), sizes));
  });
  m.def(("dead_leaves_" + precision).c_str(), [](const nb::dict& keywords) {
    const auto settings = settings_from<DeadLeavesSettings>("dead_leaves", keywords);
    std::vector<Image<T>> images;
    {
      nb::gil_scoped_release free;
      images = dead_leaves<T>(settings);
    }
    return to_python(std::move(images));
  });
}

}  // namespace

void init_images(nb::module_& m) {
  init<float>(m, "f32");
  init<double>(m, "f64");
}

}  // namespace striate::python
