#include "cli/command_convert.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/invocation.h"
#include "striate/core/text.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"
#include "striate/pipelines/join_codes.h"

namespace striate::cli {
namespace {

struct ConvertOptions {
  bool concat = false;
  std::string array = {};
  WriteImageSettings writing = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.concat, {.name = "concat",
                     .sentence = "Join several inputs: rows of arrays, signals of codes (shards in "
                                 "their order), images of one size as a batch."});
    visit(s.array, {.name = "array",
                    .unit = "PATH",
                    .sentence = "Take only this array of the inputs, as dictionary/atoms of a "
                                "model."});
    visit(s.writing.pixel_scale,
          {.name = "pixel_scale",
           .sentence = "Between stills and arrays; unit: white is 1, raw: 255 or 65535."});
    visit(s.writing.sixteen_bits,
          {.name = "sixteen_bits", .sentence = "Write stills with 16 bits per channel."});
  }
};

Archive array_archive(Array array) {
  Archive archive;
  archive.arrays["data"] = std::move(array);
  return archive;
}

template <class T>
Array array_of(const Image<T>& image) {
  std::vector<std::int64_t> shape = {image.rows(), image.columns()};
  if (image.channels() > 1) shape.push_back(image.channels());
  return Array::from<T>(std::span<const T>(image.data(), static_cast<std::size_t>(image.size())),
                        shape);
}

// What a file is read as: stills become arrays of numbers unless a still is written.
Archive read_input(const std::string& path, const ConvertOptions& options, Precision precision,
                   bool to_still) {
  const Format& format = format_of(path);
  if (format.image && !to_still) {
    const ReadImageSettings reading{.pixel_scale = options.writing.pixel_scale};
    return array_archive(precision == Precision::f64 ? array_of(read_image<double>(path, reading))
                                                     : array_of(read_image<float>(path, reading)));
  }
  Archive archive = load(path);
  if (options.array.empty()) return archive;
  try {
    return array_archive(archive.at(options.array));
  } catch (const Error& error) {
    throw Error("--array ", options.array, ": ", path, ": ", error.what());
  }
}

// Parts one after another along the first axis; images of one shape become a batch.
Archive join_arrays(const std::vector<std::string>& paths, const std::vector<Archive>& parts) {
  std::vector<std::int64_t> shape;
  DType type = DType::f32;
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].arrays.size() != 1)
      throw Error(paths[i], ": holds ", parts[i].arrays.size(),
                  " arrays; --concat joins files with one, or codes (--array chooses one)");
    const Array& array = parts[i].arrays.begin()->second;
    std::vector<std::int64_t> own = array.shape();
    const Format* format = find_format(paths[i]);
    if (format && format->image) own.insert(own.begin(), 1);
    if (own.empty()) throw Error(paths[i], ": holds one number, not rows that can be joined");
    if (i == 0) {
      shape = own;
      shape[0] = 0;
      type = array.dtype();
    }
    if (array.dtype() != type ||
        !std::equal(own.begin() + 1, own.end(), shape.begin() + 1, shape.end()))
      throw Error(paths[i], ": its type or its rows differ from those of ", paths[0],
                  "; --concat needs the same");
    shape[0] += own[0];
    bytes.insert(bytes.end(), array.bytes().begin(), array.bytes().end());
  }
  Array joined(type, shape);
  std::copy(bytes.begin(), bytes.end(), joined.bytes().begin());
  return array_archive(std::move(joined));
}

bool holds_codes(const std::string& path) {
  const Format& format = format_of(path);
  return format.save_streamed && outline_of(path).shapes.contains("codes/indptr");
}

int convert(Invocation& call) {
  const ConvertOptions options = call.settings<ConvertOptions>();
  const std::vector<std::string>& inputs = call.arguments();
  const std::string output = call.output();
  const Format* target = find_format(output);
  if (!target || !target->save)
    throw UsageError("--output ", output, ": the name must end in one of ",
                     list_of(writable_suffixes()));
  if (inputs.size() > 1 && !options.concat)
    throw UsageError("several inputs make one output only with --concat");

  const Overwrite overwrite = call.force() ? Overwrite::yes : Overwrite::no;
  const auto written = [&] {
    call.print(fmt::format("{} written\n", output));
    call.json()["output"] = output;
    return kDone;
  };
  if (inputs.size() > 1 && options.array.empty() && holds_codes(inputs.front())) {
    save(output, join_codes({inputs.begin(), inputs.end()}), overwrite);
    return written();
  }
  std::vector<Archive> parts;
  for (const std::string& input : inputs) {
    call.log().step(join("reading ", input));
    parts.push_back(read_input(input, options, call.common().precision, target->image));
  }
  Archive result = std::move(parts.front());
  if (parts.size() > 1) {
    parts.front() = std::move(result);
    result = join_arrays(inputs, parts);
  }

  const bool from_still = format_of(inputs.front()).image;
  if (target->image && !from_still)
    write_image<float>(output, read_image<float>(inputs.front()), overwrite, options.writing);
  else save(output, result, overwrite);
  return written();
}

}  // namespace

Command convert_command() {
  return {.name = "convert",
          .sentence = "Converts between file formats, and joins files.",
          .arguments = {"INPUT", "stills, arrays, models, codes", 1, 100000},
          .fields = options_of<ConvertOptions>(),
          .writes_output = true,
          .output_sentence = "File to write; its suffix is the format.",
          .examples = {"striate generate --images 1 --rows 64 --columns 64 --output leaf.npy",
                       "striate convert leaf.npy --output leaf.png",
                       "striate convert leaf.png --output leaf.npz"},
          .run = convert};
}

}  // namespace striate::cli
