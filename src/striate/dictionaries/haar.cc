#include "striate/dictionaries/haar.h"

#include <bit>

namespace striate {

template <class T>
Matrix<T> haar(const HaarSettings& settings) {
  validate("haar", settings);
  const std::int64_t p = settings.patch;
  if (!std::has_single_bit(static_cast<std::uint64_t>(p)))
    throw Error("haar: patch is ", p, "; it must be a power of two");
  Matrix<T> atoms(p * p, p * p);
  atoms.fill(0);
  for (T& x : atoms.column(0)) x = T(1) / static_cast<T>(p);
  std::int64_t k = 1;
  for (std::int64_t size = p; size >= 2; size /= 2)
    for (int direction = 0; direction < 3; ++direction)
      for (std::int64_t top = 0; top < p; top += size)
        for (std::int64_t left = 0; left < p; left += size, ++k)
          for (std::int64_t i = 0; i < size; ++i)
            for (std::int64_t j = 0; j < size; ++j) {
              const bool right = direction != 1 && j >= size / 2;
              const bool lower = direction != 0 && i >= size / 2;
              atoms((top + i) * p + left + j, k) =
                  T(right == lower ? 1 : -1) / static_cast<T>(size);
            }
  return atoms;
}

template Matrix<float> haar(const HaarSettings&);
template Matrix<double> haar(const HaarSettings&);

}  // namespace striate
