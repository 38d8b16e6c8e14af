#include "striate/pipelines/join_codes.h"

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>

#include "striate/io/array_file.h"
#include "striate/io/formats.h"
#include "striate/io/hdf5.h"

namespace striate {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t bytes_at_once = std::int64_t{4} << 20;

struct Part {
  fs::path file;
  CodesOutline outline;

  std::int64_t rows(const std::string& array) const { return outline.shapes.at(array).front(); }
  Value attribute(const std::string& group, const std::string& name) const {
    const auto found = outline.attributes.find(group);
    if (found == outline.attributes.end()) return {};
    const auto value = found->second.find(name);
    return value == found->second.end() ? Value{} : value->second;
  }
  std::int64_t number(const std::string& group, const std::string& name) const {
    const Value value = attribute(group, name);
    if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
    throw Error(file.string(), ": its attribute '", name, "' of '", group, "' is no whole number");
  }
  bool is_shard() const { return outline.attributes.contains("shard"); }
};

using Parts = std::vector<Part>;

Part look_at(const fs::path& file) {
  Part part{.file = file, .outline = outline_of(file)};
  for (const char* array : {"codes/data", "codes/indices", "codes/indptr"})
    if (const auto found = part.outline.shapes.find(array);
        found == part.outline.shapes.end() || found->second.size() != 1)
      throw Error(file.string(), ": holds no codes: there is no list '", array, "'");
  for (const auto& [array, shape] : part.outline.shapes)
    if (shape.empty())
      throw Error(file.string(), ": '", array, "' is one number; codes are joined by rows");
  const Value shape = part.attribute("codes", "shape");
  const auto* sizes = std::get_if<std::vector<double>>(&shape);
  if (!sizes || sizes->size() != 2 ||
      (*sizes)[0] + 1 != static_cast<double>(part.rows("codes/indptr")))
    throw Error(file.string(), ": the shape of its codes is not that of 'codes/indptr'");
  return part;
}

double atoms_of(const Part& part) {
  return std::get<std::vector<double>>(part.attribute("codes", "shape"))[1];
}

void check_alike(const Parts& parts) {
  const Part& first = parts.front();
  for (const Part& part : parts) {
    const auto refuse = [&](const auto&... why) {
      throw Error(part.file.string(), ": ", why..., "; only codes of one kind can be joined");
    };
    if (atoms_of(part) != atoms_of(first) ||
        part.attribute("", "model") != first.attribute("", "model"))
      refuse("codes of another model than ", first.file.string());
    if (part.is_shard() != first.is_shard())
      refuse(part.is_shard() ? "is" : "is not", " a shard, unlike ", first.file.string());
    if (part.is_shard() && (part.attribute("", "job") != first.attribute("", "job") ||
                            part.number("shard", "whole") != first.number("shard", "whole")))
      refuse("a shard of another job than ", first.file.string());
    for (const auto& [here, there] : {std::pair(&part, &first), std::pair(&first, &part)})
      for (const auto& [array, shape] : here->outline.shapes) {
        const auto other = there->outline.shapes.find(array);
        if (other == there->outline.shapes.end())
          refuse("'", array, "' is in ", here->file.string(), " only");
        if (!std::equal(shape.begin() + 1, shape.end(), other->second.begin() + 1,
                        other->second.end()))
          refuse("the rows of '", array, "' have another shape than in ", first.file.string());
      }
  }
}

void put_in_order(Parts& parts) {
  std::ranges::stable_sort(parts, {},
                           [](const Part& part) { return part.number("shard", "first"); });
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::int64_t here = parts[i].number("shard", "first");
    const std::int64_t end =
        parts[i - 1].number("shard", "first") + parts[i - 1].number("shard", "signals");
    if (here != end)
      throw Error(parts[i].file.string(), ": begins with signal ", here, ", but ",
                  parts[i - 1].file.string(), " ends before ", end,
                  "; shards must follow one another without gaps");
  }
}

// The rows of one part's array, some at a time.
template <class Use>
void each_piece(const Part& part, const std::string& array, DType dtype, Use use) {
  const auto file = open_array(part.file, array);
  const bool integers = dtype == DType::i32 || dtype == DType::i64;
  if (file->dtype() != dtype &&
      !(integers && (file->dtype() == DType::i32 || file->dtype() == DType::i64)))
    throw Error(part.file.string(), ": '", array, "' holds ", name_of(file->dtype()),
                ", the files before ", name_of(dtype), "; only codes of one kind can be joined");
  const std::int64_t row = std::max<std::int64_t>(1, file->row_size()) *
                           static_cast<std::int64_t>(size_of(file->dtype()));
  const std::int64_t at_once = std::max<std::int64_t>(1, bytes_at_once / row);
  for (std::int64_t done = 0; done < file->rows(); done += at_once)
    use(file->read(done, std::min(at_once, file->rows() - done)));
}

void give(const StreamedArray::Sink& sink, DType dtype, std::span<const std::int64_t> numbers) {
  if (dtype == DType::i64) return sink(std::as_bytes(numbers));
  const std::vector<std::int32_t> narrow(numbers.begin(), numbers.end());
  sink(std::as_bytes(std::span(narrow)));
}

// Integers of all parts, each put through `change`, which knows the part's number.
template <class Change>
auto integers(std::shared_ptr<const Parts> parts, std::string array, DType dtype, Change change) {
  return [=](const StreamedArray::Sink& sink) {
    for (std::size_t i = 0; i < parts->size(); ++i)
      each_piece((*parts)[i], array, dtype, [&](const Array& piece) {
        std::vector<std::int64_t> numbers = piece.to<std::int64_t>();
        change(i, numbers);
        give(sink, dtype, numbers);
      });
  };
}

// 0 and the ends of all parts, counted on: `entries` has how many each part ends with.
auto starts(std::shared_ptr<const Parts> parts, std::string array, DType dtype,
            std::vector<std::int64_t> entries) {
  return [=](const StreamedArray::Sink& sink) {
    std::int64_t before = 0;
    give(sink, dtype, std::array<std::int64_t, 1>{0});
    for (std::size_t i = 0; i < parts->size(); ++i) {
      bool first = true;
      std::int64_t last = 0;
      each_piece((*parts)[i], array, DType::i64, [&](const Array& piece) {
        std::vector<std::int64_t> numbers = piece.to<std::int64_t>();
        last = numbers.back();
        if (first) numbers.erase(numbers.begin());
        first = false;
        for (std::int64_t& number : numbers) number += before;
        give(sink, dtype, numbers);
      });
      if (last != entries[i])
        throw IoError((*parts)[i].file.string(), ": '", array, "' ends with ", last,
                      ", but there are ", entries[i], " entries");
      before += last;
    }
  };
}

std::vector<std::int64_t> lengths(const Parts& parts, const std::string& array,
                                  std::int64_t less = 0) {
  std::vector<std::int64_t> all;
  for (const Part& part : parts) all.push_back(part.rows(array) - less);
  return all;
}

}  // namespace

CodesOutline outline_of(const fs::path& path) {
  if (format_of(path).open == open_hdf5) {
    Hdf5Outline outline = outline_hdf5(path);
    return {std::move(outline.shapes), std::move(outline.attributes)};
  }
  const Archive archive = load(path);
  CodesOutline outline{.shapes = {}, .attributes = archive.attributes};
  for (const auto& [name, array] : archive.arrays) outline.shapes[name] = array.shape();
  return outline;
}

StreamedArchive join_codes(std::vector<fs::path> files, std::int64_t most_in_32_bits) {
  if (files.empty()) throw Error("join_codes: no file is given");
  auto looked = std::make_shared<Parts>();
  for (const fs::path& file : files) looked->push_back(look_at(file));
  check_alike(*looked);
  const bool shards = looked->front().is_shard();
  if (shards) put_in_order(*looked);
  const std::shared_ptr<const Parts> parts = looked;
  const Part& first = parts->front();

  const std::vector<std::int64_t> entries = lengths(*parts, "codes/data");
  const std::int64_t total = std::accumulate(entries.begin(), entries.end(), std::int64_t{0});
  const DType index = total <= most_in_32_bits ? DType::i32 : DType::i64;
  std::vector<std::int64_t> images(parts->size(), 0);  // in the files before
  if (!shards && first.outline.shapes.contains("images/shape"))
    for (std::size_t i = 1; i < parts->size(); ++i)
      images[i] = images[i - 1] + (*parts)[i - 1].rows("images/shape");

  StreamedArchive joined;
  for (const auto& [name, shape] : first.outline.shapes) {
    StreamedArray& array = joined.arrays[name];
    const std::vector<std::int64_t> rows = lengths(*parts, name);
    array.dtype = open_array(first.file, name)->dtype();
    array.shape = shape;
    array.shape.front() = std::accumulate(rows.begin(), rows.end(), std::int64_t{0});
    if (name == "codes/indptr" || name == "path/starts") {
      const bool of_codes = name == "codes/indptr";
      array.dtype = of_codes ? index : DType::i64;
      array.shape.front() -= std::ssize(*parts) - 1;
      array.produce =
          starts(parts, name, array.dtype, of_codes ? entries : lengths(*parts, "codes/indptr", 1));
    } else if (name == "codes/indices") {
      array.dtype = index;
      array.produce = integers(parts, name, index, [](std::size_t, auto&) {});
    } else if (name == "patches/position") {
      array.produce = integers(parts, name, array.dtype, [images](std::size_t i, auto& numbers) {
        for (std::size_t at = 0; at < numbers.size(); at += 3) numbers[at] += images[i];
      });
    } else {
      const bool shared = shards && name == "images/shape";
      if (shared) array.shape = shape;
      array.produce = [parts, name = name, dtype = array.dtype,
                       shared](const StreamedArray::Sink& sink) {
        for (const Part& part : *parts) {
          each_piece(part, name, dtype, [&](const Array& piece) { sink(piece.bytes()); });
          if (shared) break;
        }
      };
    }
  }

  for (const auto& [group, values] : first.outline.attributes)
    for (const auto& [name, value] : values)
      if (std::ranges::all_of(*parts,
                              [&, &group = group, &name = name, &value = value](const Part& part) {
                                return part.attribute(group, name) == value;
                              }))
        joined.attributes[group][name] = value;
  const std::vector<std::int64_t> signals = lengths(*parts, "codes/indptr", 1);
  joined.attributes["codes"]["shape"] = std::vector<double>{
      static_cast<double>(std::accumulate(signals.begin(), signals.end(), std::int64_t{0})),
      atoms_of(first)};
  if (shards) {
    const std::int64_t begin = first.number("shard", "first");
    const std::int64_t end =
        parts->back().number("shard", "first") + parts->back().number("shard", "signals");
    const std::int64_t whole = first.number("shard", "whole");
    joined.attributes.erase("shard");
    if (end - begin != whole)
      joined.attributes["shard"] = {{"first", begin}, {"signals", end - begin}, {"whole", whole}};
  }
  return joined;
}

}  // namespace striate
