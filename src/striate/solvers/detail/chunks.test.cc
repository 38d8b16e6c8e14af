#include "striate/solvers/detail/chunks.h"

#include <gtest/gtest.h>

#include "tests/problems/plant.h"

namespace striate::detail {
namespace {

struct Space {
  WorkCounters work;
};

TEST(Chunks, EverySignalIsCodedOnceInOrder) {
  const Matrix<double> signals = random_matrix<double>(3, 25, 1);
  const auto code = [&](std::int64_t first, std::int64_t count, Space& space, const RunState&,
                        SparseCodes<double>& codes, std::span<SignalInfo> infos) {
    EXPECT_EQ(std::int64_t(infos.size()), count);
    for (std::int64_t j = 0; j < count; ++j) {
      const std::vector<std::int32_t> index = {std::int32_t((first + j) % 7)};
      codes.append(index, std::vector{double(first + j) + 1});
      infos[std::size_t(j)].iterations = std::int32_t(first + j);
      space.work.iterations += 1;
    }
  };
  for (std::int64_t chunk : {1, 4, 25, 100}) {
    const auto result =
        encode_by_chunks<Space>(7, MatrixView<const double>(signals), chunk, {.threads = 2}, code);
    ASSERT_EQ(result.codes.signals(), 25);
    EXPECT_EQ(result.codes.atoms(), 7);
    EXPECT_EQ(result.info.work.iterations, 25);
    for (std::int64_t j = 0; j < 25; ++j) {
      EXPECT_EQ(result.codes[j].values[0], double(j) + 1);
      EXPECT_EQ(result.info.signals[std::size_t(j)].iterations, j);
    }
  }
}

TEST(Chunks, SignalsNeverBegunSaySo) {
  Matrix<double> signals = random_matrix<double>(3, 4, 1);
  for (int i = 0; i < 3; ++i) signals(i, 1) = 0;
  signals(0, 2) = std::numeric_limits<double>::quiet_NaN();
  std::stop_source source;
  source.request_stop();
  const auto never = [](std::int64_t, std::int64_t, Space&, const RunState&, SparseCodes<double>&,
                        std::span<SignalInfo>) { FAIL() << "begun"; };
  const auto result = encode_by_chunks<Space>(7, MatrixView<const double>(signals), 2,
                                              {.stop = source.get_token()}, never);
  ASSERT_EQ(result.codes.signals(), 4);
  EXPECT_EQ(result.codes.nonzeros(), 0);
  const auto& infos = result.info.signals;
  EXPECT_EQ(infos[0].status, Status::stopped);
  EXPECT_EQ(infos[0].relative_gap, 1);
  EXPECT_NEAR(infos[0].objective,
              0.5 * (signals(0, 0) * signals(0, 0) + signals(1, 0) * signals(1, 0) +
                     signals(2, 0) * signals(2, 0)),
              1e-15);
  EXPECT_EQ(infos[1].relative_gap, 0);
  EXPECT_EQ(infos[2].status, Status::invalid);
}

}  // namespace
}  // namespace striate::detail
