#include "striate/pipelines/pretrained.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "striate/catalog/solvers.h"
#include "striate/dictionaries/constructors.h"
#include "striate/images/synthetic.h"
#include "striate/pipelines/recall_evaluation.h"

namespace striate {
namespace {

TEST(pretrained, codes_new_images_better_than_random_atoms_of_its_shape) {
  DeadLeavesSettings settings;
  settings.set = {.images = 2, .rows = 96, .columns = 96, .seed = 77};
  for (const std::string& name : pretrained_names()) {
    Model<float> model = pretrained<float>(name);
    for (std::int64_t k = 0; k < model.atoms.columns(); ++k) {
      double norm = 0;
      for (const float x : model.atoms.column(k)) norm += static_cast<double>(x) * x;
      EXPECT_NEAR(norm, 1, 1e-4);
    }
    auto preprocessing = model.preprocessing;
    preprocessing.patches.count = 200;
    const auto prepared = prepare(dead_leaves<float>(settings), preprocessing);
    Matrix<float> patches(prepared.signals->dimension(), prepared.signals->size());
    prepared.signals->read(0, patches);
    const auto objective = [&](const Model<float>& m) {
      return encode_with<float>(m, Dictionary<float>(m.atoms), patches, 1e-4, {}).info.objective();
    };
    const double learned = objective(model);
    model.atoms = random_atoms<float>(model.atoms.rows(), model.atoms.columns(), 1, 2);
    EXPECT_LT(learned, 0.8 * objective(model)) << name;
  }
}

TEST(pretrained, names_what_there_is) {
  EXPECT_THAT([] { pretrained<float>("dead-leafs"); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("dead-leaves")));
}

}  // namespace
}  // namespace striate
