#include "cli/inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/flags.h"
#include "cli/try_model.h"
#include "striate/catalog/solvers.h"
#include "striate/io/formats.h"

namespace striate::cli {
namespace {

using testing::HasSubstr;

class Inputs : public WithModel {
 protected:
  Inputs() {
    command_.name = "try";
    command_.arguments = {"INPUT", "files", 0, 9};
    command_.fields =
        all_fields({options_of<ModelOptions, Preprocessing>(), solver("group_lasso").fields()});
  }
  std::unique_ptr<Invocation> call(const std::vector<std::string>& words) {
    return std::make_unique<Invocation>(command_, parse(command_, words),
                                        Streams{.out = out_, .err = out_}, std::stop_token());
  }
  static std::string refusal(const auto& f) {
    try {
      f();
    } catch (const Exception& error) {
      return error.what();
    }
    return "accepted";
  }
  Command command_;
  std::ostringstream out_;
};

TEST_F(Inputs, ModelsAndDictionaries) {
  const Model<float> model = model_of<float>(*call({"--model", "model.h5"}));
  EXPECT_EQ(model.group_size, 2);
  EXPECT_EQ(model.preprocessing.patches.patch, 6);
  const Model<double> bare =
      model_of<double>(*call({"--dictionary", "model.h5", "--group-size", "4", "--patch", "6"}));
  EXPECT_EQ(bare.group_size, 4);
  EXPECT_EQ(bare.atoms.columns(), 40);
  EXPECT_EQ(bare.preprocessing.patches.sampling, Sampling::grid);
  EXPECT_THAT(refusal([&] { model_of<float>(*call({})); }), HasSubstr("--model is missing"));
  EXPECT_THAT(refusal([&] {
                model_of<float>(*call({"--model", "model.h5", "--dictionary", "model.h5"}));
              }),
              HasSubstr("exclude one another"));
}

TEST_F(Inputs, PreparedAsTheModelOnlySamplingIsFree) {
  const Model<float> model = load_model<float>("model.h5");
  const auto prepared = prepare_for(
      *call({"--model", "model.h5", "--sampling", "random", "--count", "17"}), model, {"leaves"});
  EXPECT_EQ(prepared.signals->size(), 17);
  EXPECT_EQ(prepared.preprocessing.factor, model.preprocessing.factor);
  EXPECT_THAT(refusal([&] {
                prepare_for(*call({"--model", "model.h5", "--cutoff", "0.2"}), model, {"leaves"});
              }),
              HasSubstr("cutoff is 0.2, but the model was learned with 0.4"));
}

TEST_F(Inputs, LambdasExcludeOneAnother) {
  const std::vector<Field> fields = solver("group_lasso").fields();
  const Values model = {{"lambda", 0.1}, {"group_size", std::int64_t{2}}, {"unknown", 1.0}};
  EXPECT_EQ(coding_of(*call({}), model, fields),
            (Values{{"lambda", 0.1}, {"group_size", std::int64_t{2}}}));
  EXPECT_EQ(coding_of(*call({"--lambda-relative", "0.3"}), model, fields),
            (Values{{"lambda_relative", 0.3}, {"group_size", std::int64_t{2}}}));
  EXPECT_EQ(coding_of(*call({"--lambda", "0.7"}), model, fields).at("lambda"), Value(0.7));
}

TEST_F(Inputs, ErrorsNameTheFile) {
  EXPECT_THAT(refusal([&] { load_model<float>("leaves/dead_leaves-0000.png"); }),
              HasSubstr("leaves/dead_leaves-0000.png: model"));
  EXPECT_THAT(refusal([&] { codes_in<float>("model.h5", load("model.h5")); }),
              HasSubstr("model.h5: "));
}

}  // namespace
}  // namespace striate::cli
