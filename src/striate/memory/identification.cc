#include "striate/memory/identification.h"

#include <cmath>

namespace striate {

Accuracy identification_accuracy(std::span<const std::int64_t> ids,
                                 std::span<const std::int64_t> targets) {
  if (ids.size() != targets.size() || ids.empty())
    throw Error("identification_accuracy: ", ids.size(), " answers for ", targets.size(),
                " targets; there must be as many of each, at least one");
  Accuracy accuracy{.count = static_cast<std::int64_t>(ids.size())};
  double right = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) right += ids[i] == targets[i];
  const double count = static_cast<double>(ids.size());
  accuracy.share = right / count;
  accuracy.standard_error = std::sqrt(accuracy.share * (1 - accuracy.share) / count);
  return accuracy;
}

}  // namespace striate
