#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include "array.h"
#include "bindings.h"
#include "striate/metrics/atom_recovery.h"
#include "striate/metrics/psnr.h"
#include "striate/metrics/ssim.h"

namespace striate::python {
namespace {

template <class T>
Image<T> image(const nb::ndarray<const T, nb::c_contig, nb::device::cpu>& array) {
  nb::list one;
  one.append(nb::cast(array));
  return std::move(to_images<T>(one).front());
}

template <class T>
void init(nb::module_& m, const std::string& precision) {
  m.def(("psnr_" + precision).c_str(), [](const Rows<T>& reference, const Rows<T>& other,
                                          std::variant<double, std::string> peak) {
    const Value value = std::holds_alternative<double>(peak) ? Value(std::get<double>(peak))
                                                             : Value(std::get<std::string>(peak));
    return to_numpy(psnr_columns<T>(view(reference), view(other), peak_from("psnr", value)));
  });
  m.def(("snr_" + precision).c_str(),
        [](const Vector<T>& reference, const Vector<T>& other, const std::string& signal) {
          SnrSettings settings;
          assign("snr", settings, "signal", signal);
          return snr<T>(view(reference), view(other), settings);
        });
  m.def(("ssim_" + precision).c_str(),
        [](const nb::ndarray<const T, nb::c_contig, nb::device::cpu>& reference,
           const nb::ndarray<const T, nb::c_contig, nb::device::cpu>& other, double data_range) {
          const Image<T> a = image(reference), b = image(other);
          return ssim<T>(a, b, {.data_range = data_range});
        });
  m.def(("atom_recovery_" + precision).c_str(), [](const Rows<T>& truth, const Rows<T>& learned,
                                                   std::int64_t group_size, double threshold) {
    return atom_recovery<T>(view(truth), view(learned), group_size, threshold);
  });
}

}  // namespace

void init_metrics(nb::module_& m) {
  init<float>(m, "f32");
  init<double>(m, "f64");
}

}  // namespace striate::python
