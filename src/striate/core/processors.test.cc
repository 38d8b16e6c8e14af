#include "striate/core/processors.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <string>

namespace striate {
namespace {

namespace fs = std::filesystem;

// A folder that looks like /sys/fs/cgroup.
class Mounts {
 public:
  Mounts()
      : folder_(fs::path(::testing::TempDir()) / ("striate_cgroup_" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Mounts() { fs::remove_all(folder_); }
  Mounts& write(const std::string& file, const std::string& text) {
    fs::create_directories((folder_ / file).parent_path());
    std::ofstream(folder_ / file) << text << '\n';
    return *this;
  }
  double quota(const std::string& membership) { return detail::cgroup_quota(folder_, membership); }

 private:
  fs::path folder_;
};

TEST(CgroupQuota, Version2TakesTheSmallestFromTheGroupToTheRoot) {
  Mounts mounts;
  EXPECT_TRUE(std::isinf(mounts.quota("0::/a/b\n")));  // no files at all
  mounts.write("a/b/cpu.max", "max 100000").write("a/cpu.max", "250000 100000");
  EXPECT_EQ(mounts.quota("0::/a/b\n"), 2.5);
  mounts.write("a/b/cpu.max", "50000 100000");
  EXPECT_EQ(mounts.quota("0::/a/b\n"), 0.5);
  EXPECT_EQ(mounts.quota("0::/a\n"), 2.5);
  EXPECT_TRUE(std::isinf(mounts.quota("0::/\n")));
  mounts.write("cpu.max", "300000 100000");  // a container sees its own group as the root
  EXPECT_EQ(mounts.quota("0::/\n"), 3);
}

TEST(CgroupQuota, Version1ReadsQuotaAndPeriod) {
  Mounts mounts;
  const std::string membership = "5:memory:/x\n4:cpu,cpuacct:/docker/abc\n0::/\n";
  mounts.write("cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "-1")
      .write("cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000");
  EXPECT_TRUE(std::isinf(mounts.quota(membership)));
  mounts.write("cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "150000");
  EXPECT_EQ(mounts.quota(membership), 1.5);
  EXPECT_TRUE(std::isinf(mounts.quota("4:cpuset:/docker/abc\n")));  // another controller
}

TEST(CgroupQuota, NonsenseIsNoQuota) {
  Mounts mounts;
  mounts.write("a/cpu.max", "words").write("b/cpu.max", "100000 0").write("c/cpu.max", "");
  for (const char* membership : {"0::/a", "0::/b", "0::/c", "", "nonsense", "1:2", "0::"})
    EXPECT_TRUE(std::isinf(mounts.quota(membership))) << membership;
}

TEST(AllowedProcessors, ObeysAffinity) {
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  EXPECT_GE(allowed_processors(), 1);
  EXPECT_LE(allowed_processors(), CPU_COUNT(&before));
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &before)) {
      CPU_SET(cpu, &one);
      break;
    }
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(allowed_processors(), 1);
  ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
}

}  // namespace
}  // namespace striate
