#include "striate/pipelines/pretrained.h"

#include <array>
#include <cstddef>
#include <span>

#include "striate/io/hdf5.h"

// Written by cmake/embed.cmake from pretrained/*.h5.
extern const unsigned char striate_dead_leaves[];
extern const std::size_t striate_dead_leaves_size;

namespace striate {
namespace {

struct Shipped {
  std::string_view name;
  const unsigned char* bytes;
  const std::size_t* size;
};
// A new model is one line here, and its file.
const std::array table{
    Shipped{"dead-leaves", striate_dead_leaves, &striate_dead_leaves_size},
};

}  // namespace

std::vector<std::string> pretrained_names() {
  std::vector<std::string> names;
  for (const Shipped& shipped : table) names.emplace_back(shipped.name);
  return names;
}

template <class T>
Model<T> pretrained(std::string_view name) {
  for (const Shipped& shipped : table)
    if (shipped.name == name)
      return Model<T>::from_archive(read_hdf5(Input(
          std::as_bytes(std::span(shipped.bytes, *shipped.size)), std::string(shipped.name))));
  throw Error("pretrained: there is no model '", name, "'; there are ",
              list_of(pretrained_names()));
}

template Model<float> pretrained(std::string_view);
template Model<double> pretrained(std::string_view);

}  // namespace striate
