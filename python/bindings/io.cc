#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "array.h"
#include "bindings.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"

namespace striate::python {

void init_io(nb::module_& m) {
  m.def("load", [](const std::filesystem::path& path) {
    Archive archive;
    {
      nb::gil_scoped_release free;
      archive = load(path);
    }
    return to_python(archive);
  });
  m.def("save", [](const std::filesystem::path& path, const nb::dict& content, bool overwrite) {
    const Archive archive = to_archive(content);
    nb::gil_scoped_release free;
    save(path, archive, overwrite ? Overwrite::yes : Overwrite::no);
  });
  m.def("read_images",
        [](const std::vector<std::string>& names, const std::string& pixel_scale, bool grey) {
          ReadImageSettings settings{.grey = grey};
          assign("read_images", settings, "pixel_scale", Value(pixel_scale));
          return to_python(read_images<float>(find_images(names), settings));
        });
}

}  // namespace striate::python
