// How many processors this process may use: Linux affinity and the quota of its control group.
#pragma once

#include <filesystem>
#include <string_view>

namespace striate {

// The smaller of affinity and quota (rounded up), at least 1.
int allowed_processors();

namespace detail {
// The quota in processors, infinity where none is set. `mounts` is where control groups are mounted
// (/sys/fs/cgroup), `membership` the text of /proc/self/cgroup; versions 1 and 2, every group from
// the process's own up to the root.
double cgroup_quota(const std::filesystem::path& mounts, std::string_view membership);
}  // namespace detail

}  // namespace striate
