#include "striate/core/processors.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <thread>

namespace striate {
namespace {

constexpr double kNoQuota = std::numeric_limits<double>::infinity();

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

double quotient(const std::string& quota, const std::string& period) {
  const double q = std::strtod(quota.c_str(), nullptr), p = std::strtod(period.c_str(), nullptr);
  return q > 0 && p > 0 && std::isfinite(q) ? q / p : kNoQuota;  // "max" and -1: none
}

// The smallest quota of `group` and the groups above it, up to the mount itself.
template <class Read>
double smallest_upwards(const std::filesystem::path& mount, std::string_view group, Read read) {
  std::filesystem::path relative = std::filesystem::path(group).relative_path();
  double smallest = read(mount);
  while (!relative.empty()) {
    smallest = std::min(smallest, read(mount / relative));
    relative = relative.parent_path();
  }
  return smallest;
}

double affinity() {
  cpu_set_t* set = nullptr;
  for (int processors = 1024; processors <= 1 << 20; processors *= 4) {
    set = CPU_ALLOC(static_cast<std::size_t>(processors));
    if (!set) break;
    const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(processors));
    const bool known = sched_getaffinity(0, bytes, set) == 0;
    const int count = known ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (known) return count;
  }
  return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

double detail::cgroup_quota(const std::filesystem::path& mounts, std::string_view membership) {
  const auto version_2 = [](const std::filesystem::path& group) {
    std::istringstream words(first_line(group / "cpu.max"));
    std::string quota, period;
    words >> quota >> period;
    return quotient(quota, period);
  };
  const auto version_1 = [](const std::filesystem::path& group) {
    return quotient(first_line(group / "cpu.cfs_quota_us"),
                    first_line(group / "cpu.cfs_period_us"));
  };
  double smallest = kNoQuota;
  std::istringstream lines{std::string(membership)};
  for (std::string line; std::getline(lines, line);) {  // number:controllers:/group
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) {
      for (const char* mount : {"", "unified"})
        smallest = std::min(smallest, smallest_upwards(mounts / mount, group, version_2));
    } else if (("," + controllers + ",").find(",cpu,") != std::string::npos) {
      for (const std::string& mount : {std::string("cpu"), controllers})
        smallest = std::min(smallest, smallest_upwards(mounts / mount, group, version_1));
    }
  }
  return smallest;
}

int allowed_processors() {
  std::ifstream file("/proc/self/cgroup");
  std::stringstream membership;
  membership << file.rdbuf();
  const double quota = detail::cgroup_quota("/sys/fs/cgroup", membership.str());
  return static_cast<int>(std::max(1.0, std::min(affinity(), std::ceil(quota))));
}

}  // namespace striate
