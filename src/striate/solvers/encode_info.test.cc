#include "striate/solvers/encode_info.h"

#include <gtest/gtest.h>

#include <limits>

namespace striate {
namespace {

TEST(EncodeInfo, SumsUpItsSignals) {
  EncodeInfo info;
  EXPECT_TRUE(info.converged());
  EXPECT_EQ(info.worst_status(), Status::converged);
  EXPECT_EQ(info.worst_gap(), 0);
  info.signals = {{.objective = 1.5, .relative_gap = 1e-6},
                  {.status = Status::stalled, .objective = 2, .relative_gap = 1e-3},
                  {.objective = 1, .relative_gap = std::numeric_limits<double>::quiet_NaN()}};
  EXPECT_EQ(info.objective(), 4.5);
  EXPECT_EQ(info.worst_gap(), 1e-3);
  EXPECT_EQ(info.count(Status::converged), 2);
  EXPECT_FALSE(info.converged());
  EXPECT_EQ(info.worst_status(), Status::stalled);
  info.signals[0].status = Status::invalid;
  EXPECT_EQ(info.worst_status(), Status::invalid);
}

TEST(EncodeInfo, StatusesHaveNames) {
  EXPECT_EQ(name_of(Status::converged), "converged");
  EXPECT_EQ(name_of(Status::iteration_limit), "iteration_limit");
  EXPECT_EQ(name_of(Status::invalid), "invalid");
}

TEST(WorkCounters, AddUp) {
  WorkCounters a{.iterations = 1, .gram_columns = 2, .gradients = 3};
  a += {.iterations = 10, .gram_columns = 20, .gradients = 30};
  EXPECT_EQ(a.iterations, 11);
  EXPECT_EQ(a.gram_columns, 22);
  EXPECT_EQ(a.gradients, 33);
}

}  // namespace
}  // namespace striate
