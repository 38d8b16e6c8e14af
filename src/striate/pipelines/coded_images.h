// What a file of convolutional codes holds, and the way back to images: `striate decode`.
//
//   000000000/maps/...   codes of an image (ConvolutionalCodes::to_archive), the number counts images;
//                        where channels are coded apart, image after image, channel after channel.
//                        Attributes "method" of the group: the solver that gave the answer; "why": of
//                        auto, what made it choose
//   info/...             status, iterations, objective, relative_gap, violation, seconds, one row per
//                        set of maps
//   images/000000000/background, gain, lost    what preparation took away (image_preparation.h);
//                        attributes "name", and "rows", "columns", "channels" as the coder saw the
//                        image
//   filters, support     of the bank (filter_model.h), with the attributes of "preparation"
//
// and attributes: kind "convolutional_codes", single, channels (0: coded whole), model (a hash),
// coding, provenance. Files that Python's ConvolutionalCodes.save writes hold the maps alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "striate/codes/convolutional_codes.h"
#include "striate/core/archive.h"
#include "striate/pipelines/filter_model.h"

namespace striate {

template <class T>
struct CodedImages {
  std::vector<ConvolutionalCodes<T>> maps;  // image after image, channel after channel
  std::int64_t channels_apart = 0;          // 0: images are coded whole
  std::optional<FilterModel<T>> model;      // none in the file
  std::vector<std::string> names;           // one per image
  std::vector<PreparedImage<T>> away;  // what was taken away, one per image; its image is empty

  std::int64_t size() const { return static_cast<std::int64_t>(names.size()); }  // images
  std::int64_t per_image() const { return channels_apart > 0 ? channels_apart : 1; }

  // Error: no convolutional codes, or parts that do not fit one another.
  static CodedImages from_archive(const Archive& archive);
};

// "000000042"
std::string numbered(std::int64_t i);

// Whether a file's archive holds convolutional codes.
bool holds_convolutional_codes(const Archive& archive);

// Image i: as the coder saw it, or with what preparation took away. Error: codes of other filters
// than the model's.
template <class T>
Image<T> decode_coded_image(const CodedImages<T>& coded, std::int64_t i,
                            const FilterModel<T>& model, bool prepared = false);

}  // namespace striate
