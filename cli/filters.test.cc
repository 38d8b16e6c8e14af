#include "cli/filters.h"

#include <gmock/gmock.h>

#include "cli/try_cli.h"
#include "striate/io/formats.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class Filters : public InEmptyFolder {};

Array some_filters() {
  std::vector<double> taps;
  for (int i = 0; i < 24; ++i) taps.push_back(i);
  return Array::from<double>(taps, {2, 3, 4});
}

TEST_F(Filters, AreReadFromArraysModelsAndCodes) {
  Archive archive;
  archive.arrays["data"] = some_filters();
  save("a.npy", archive, Overwrite::no);
  archive.arrays["more"] = Array(DType::f32, {7});
  save("two.h5", archive, Overwrite::no);
  Archive named;
  named.arrays["bank"] = some_filters();
  save("named.npz", named, Overwrite::no);
  FilterModel<double> model = FilterModel<double>::from_filters(some_filters());
  model.preparation.highpass = 3;
  save("model.h5", model.to_archive(), Overwrite::no);
  for (const char* file : {"a.npy", "two.h5", "named.npz", "model.h5"}) {
    const auto filters = load_filters<double>(file);
    EXPECT_EQ(filters.rows, 3) << file;
    EXPECT_EQ(filters.columns, 4) << file;
    EXPECT_EQ(filters.taps(5, 1), 17) << file;
  }
  EXPECT_EQ(load_filters<double>("model.h5").preparation.highpass, 3);
}

TEST_F(Filters, AreNoAtoms) {
  Archive archive;
  archive.arrays["dictionary/atoms"] = Array(DType::f32, {4, 9});
  save("atoms.h5", archive, Overwrite::no);
  EXPECT_THAT([] { load_filters<float>("atoms.h5"); },
              ThrowsMessage<Error>(HasSubstr("atoms.h5: is a model of patches")));
  archive.arrays["b"] = Array(DType::f32, {4, 9});
  archive.arrays.erase("dictionary/atoms");
  archive.arrays["a"] = Array(DType::f32, {4, 9});
  save("several.h5", archive, Overwrite::no);
  EXPECT_THAT([] { load_filters<float>("several.h5"); },
              ThrowsMessage<Error>(HasSubstr("several.h5: holds 2 arrays")));
}

}  // namespace
}  // namespace striate::cli
