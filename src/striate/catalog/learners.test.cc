#include "striate/catalog/learners.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "striate/dictionaries/constructors.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

using testing::HasSubstr;

std::string message(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Learners, EveryMethodIsInTheTableUnderItsName) {
  ASSERT_EQ(learners().size(), EnumNames<LearningMethod>::names.size());
  for (const LearnerEntry& entry : learners()) {
    EXPECT_EQ(entry.name, EnumNames<LearningMethod>::names[std::size_t(entry.method)]);
    EXPECT_EQ(&learner(entry.name), &entry);
    EXPECT_FALSE(entry.summary.empty());
    EXPECT_FALSE(entry.problem.empty());
    EXPECT_FALSE(entry.source.empty());
    EXPECT_FALSE(entry.own_fields().empty());
  }
}

// The tables of fields cut LearnSettings into what all read and what one method reads.
TEST(Learners, FieldsAreThoseOfLearnSettings) {
  std::set<std::string> own;
  for (const LearnerEntry& entry : learners())
    for (const Field& field : entry.own_fields()) own.insert(field.name);
  for (const LearnerEntry& entry : learners())
    EXPECT_EQ(fields_of(entry).size(),
              fields<LearnSettings>().size() - own.size() + entry.own_fields().size());
}

// Every method lowers the objective of planted signals, keeps unit atoms, and ends the same twice.
TEST(Learners, EveryMethodLearns) {
  const auto p = plant<float>(
      {.rows = 16, .atoms = 24, .nonzeros = 4, .signals = 200, .group_size = 2, .seed = 5});
  for (const LearnerEntry& entry : learners()) {
    LearnSettings settings =
        learn_settings(entry.name, {{"coder", std::string("group_lasso")}, {"lam", 0.1}});
    const bool pairs = entry.name != "mod" && entry.name != "ksvd";
    if (pairs) settings.mu = 0.1;
    EXPECT_EQ(settings.method, entry.method);
    const auto initial = random_atoms<float>(16, 24, 1, 2);
    const auto one = make_learner<float>(settings, initial);
    const auto two = make_learner<float>(settings, initial);
    double first = 0, last = 0;
    for (int t = 0; t < 30; ++t) {
      last = one->step(p.signals).objective;
      two->step(p.signals, {.threads = 3});
      if (t == 0) first = last;
    }
    EXPECT_LT(last, 0.95 * first) << entry.name;
    EXPECT_EQ(one->atoms(), two->atoms()) << entry.name;
    for (std::int64_t k = 0; k < 24; ++k) {
      double square = 0;
      for (float x : one->atoms().column(k)) square += double(x) * double(x);
      EXPECT_NEAR(square, 1, 1e-5);
    }
  }
}

TEST(Learners, RefusesByName) {
  EXPECT_THAT(message([] { learner("onlin"); }), HasSubstr("the nearest is 'online'"));
  EXPECT_THAT(message([] { learner("zzzzzzzz"); }), HasSubstr("there are online, gradient, batch"));
  EXPECT_THAT(message([] {
                learn_settings("online", {{"step_size", 0.1}});
              }),
              HasSubstr("online has no step_size; gradient has"));
  EXPECT_THAT(message([] { learn_settings("online", {{"lambda", -1.0}}); }), HasSubstr("lambda"));
  EXPECT_THAT(message([] { learn_settings("online", {{"lambdo", 1.0}}); }), HasSubstr("lambda"));
  EXPECT_THAT(message([] {
                learn_settings("online", {{"method", std::string("gradient")}});
              }),
              HasSubstr("method is given twice"));
}

}  // namespace
}  // namespace striate
