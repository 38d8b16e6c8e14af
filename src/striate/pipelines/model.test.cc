#include "striate/pipelines/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "striate/io/formats.h"
#include "tests/problems/plant.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

template <class T>
Model<T> some_model() {
  Model<T> model;
  model.atoms = plant<T>({.rows = 16, .atoms = 12, .seed = 3}).dictionary;
  model.group_size = 2;
  model.coder = "group_lasso";
  model.coding = {{"lambda", 0.1}};
  model.preprocessing.input = InputKind::images;
  model.preprocessing.factor = 2.5;
  model.preprocessing.patches.patch = 4;
  model.preprocessing.patches.remove_mean = true;
  model.provenance = {{"steps", std::int64_t{7}}};
  model.history.arrays["step"] = Array::from<double>(std::vector<double>{1, 2}, {2});
  return model;
}

TEST(model, comes_back_from_a_file_as_it_was) {
  const TemporaryFolder folder;
  const auto model = some_model<float>();
  save(folder / "model.h5", model.to_archive());
  const auto back = Model<float>::from_archive(load(folder / "model.h5"));
  EXPECT_EQ(back.atoms, model.atoms);
  EXPECT_EQ(back.group_size, 2);
  EXPECT_EQ(back.coder, "group_lasso");
  EXPECT_EQ(back.coding, model.coding);
  EXPECT_EQ(values(back.preprocessing), values(model.preprocessing));
  EXPECT_EQ(back.provenance, model.provenance);
  EXPECT_EQ(back.history, model.history);
  EXPECT_EQ(back.hash(), model.hash());
}

TEST(model, has_one_hash_in_either_precision_and_another_when_anything_coding_needs_changes) {
  const auto model = some_model<float>();
  EXPECT_EQ(Model<double>::from_archive(model.to_archive()).hash(), model.hash());
  auto other = model;
  other.atoms(0, 0) += 1e-6f;
  EXPECT_NE(other.hash(), model.hash());
  other = model;
  other.preprocessing.factor = 2.6;
  EXPECT_NE(other.hash(), model.hash());
  other = model;
  other.group_size = 1;
  EXPECT_NE(other.hash(), model.hash());
  other = model;
  other.provenance["steps"] = std::int64_t{8};
  EXPECT_EQ(other.hash(), model.hash());
}

TEST(model, refuses_archives_that_hold_none) {
  EXPECT_THAT([] { Model<float>::from_archive({}); },
              ThrowsMessage<Error>(HasSubstr("dictionary/atoms")));
  Archive archive = some_model<float>().to_archive();
  archive.attributes["dictionary"]["group_size"] = std::int64_t{5};
  EXPECT_THAT([&] { Model<float>::from_archive(archive); },
              ThrowsMessage<Error>(HasSubstr("5 does not divide the 12")));
  auto broken = some_model<float>();
  broken.atoms(1, 1) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT([&] { Model<float>::from_archive(broken.to_archive()); },
              ThrowsMessage<Error>(HasSubstr("NaN")));
}

}  // namespace
}  // namespace striate
