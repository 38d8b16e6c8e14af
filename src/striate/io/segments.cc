#include "striate/io/segments.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "striate/core/build_info.h"
#include "striate/io/atomic_file.h"
#include "striate/io/hash.h"
#include "striate/io/hdf5.h"
#include "striate/io/input.h"

namespace striate {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* manifest_name = "manifest.json";

std::string segment_name(std::int64_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 6) digits.insert(0, 6 - digits.size(), '0');
  return "segment-" + digits + ".h5";
}

bool is_segment_name(const std::string& name) {
  return name.starts_with("segment-") && name.ends_with(".h5") && name.size() >= 17 &&
         std::all_of(name.begin() + 8, name.end() - 3, [](char c) { return c >= '0' && c <= '9'; });
}

SegmentManifest read_manifest(const fs::path& folder) {
  const Input input(folder / manifest_name);
  const auto bytes = input.all();
  return parse_manifest(input.name(), {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::int64_t items_of(const SegmentManifest& manifest) {
  return manifest.segments.empty()
             ? 0
             : manifest.segments.back().first + manifest.segments.back().items;
}

}  // namespace

fs::path segments_folder(const fs::path& output) {
  fs::path folder = output;
  folder += ".parts";
  return folder;
}

SegmentManifest parse_manifest(const std::string& name, std::string_view text) {
  const auto damaged = [&](const auto&... what) { return IoError(name, ": ", what...); };
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) throw damaged("is no manifest of segments");
  SegmentManifest manifest;
  try {
    manifest.job = json.at("job").get<std::string>();
    manifest.striate_version = json.at("striate_version").get<std::string>();
    std::int64_t next = 0;
    for (const Json& entry : json.at("segments")) {
      Segment segment;
      segment.file = entry.at("file").get<std::string>();
      segment.crc = entry.at("crc").get<std::uint32_t>();
      segment.bytes = entry.at("bytes").get<std::uint64_t>();
      segment.first = entry.at("first").get<std::int64_t>();
      segment.items = entry.at("items").get<std::int64_t>();
      if (!is_segment_name(segment.file))
        throw damaged("lists '", segment.file, "', which is no name of a segment");
      if (segment.first != next || segment.items < 0 || segment.items > INT64_MAX - next)
        throw damaged("'", segment.file, "' has items ", segment.first, " + ", segment.items,
                      " where ", next, " is next");
      next += segment.items;
      manifest.segments.push_back(segment);
    }
  } catch (const Json::exception& error) {
    throw damaged("is damaged (", error.what(), ")");
  }
  return manifest;
}

SegmentWriter::SegmentWriter(const fs::path& folder, const std::string& job, Resume resume)
    : folder_(folder) {
  std::error_code error;
  const bool there = fs::exists(folder / manifest_name, error);
  if (there && resume == Resume::no)
    throw IoError(folder.string(), ": holds segments of an earlier run; resume it, or remove them");
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder))
    throw IoError(folder.string(), ": the folder cannot be made (", error.message(), ")");

  if (there && resume == Resume::yes) {
    manifest_ = read_manifest(folder);
    if (manifest_.job != job)
      throw IoError(folder.string(), ": holds segments of another job (", manifest_.job,
                    "; this one is ", job, "); remove them, or choose another output");
    for (const Segment& segment : manifest_.segments)
      if (fs::file_size(folder / segment.file, error) != segment.bytes || error)
        throw IoError((folder / segment.file).string(), ": the segment is missing or cut off");
  } else {
    manifest_.job = job;
    write_manifest();
  }
  // What a killed run left behind.
  remove_leftovers(folder);
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    const bool listed =
        std::ranges::any_of(manifest_.segments, [&](const Segment& s) { return s.file == name; });
    if (is_segment_name(name) && !listed) fs::remove(entry.path(), error);
  }
}

void SegmentWriter::append(const Archive& archive, std::int64_t items) {
  if (items < 0) throw Error("SegmentWriter: ", items, " items; there may not be fewer than 0");
  const std::string file = segment_name(count());
  save_hdf5(folder_ / file, archive, Overwrite::yes);
  const Input written(folder_ / file);
  const auto bytes = written.all();
  manifest_.segments.push_back({.file = file,
                                .crc = crc32(bytes),
                                .bytes = bytes.size(),
                                .first = items_of(manifest_),
                                .items = items});
  try {
    write_manifest();
  } catch (...) {
    manifest_.segments.pop_back();
    throw;
  }
}

std::int64_t SegmentWriter::count() const { return std::ssize(manifest_.segments); }
std::int64_t SegmentWriter::items() const { return items_of(manifest_); }

void SegmentWriter::write_manifest() const {
  Json json = {
      {"job", manifest_.job}, {"striate_version", library_version}, {"segments", Json::array()}};
  for (const Segment& segment : manifest_.segments)
    json["segments"].push_back({{"file", segment.file},
                                {"crc", segment.crc},
                                {"bytes", segment.bytes},
                                {"first", segment.first},
                                {"items", segment.items}});
  const std::string text = json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  write_file(folder_ / manifest_name, std::as_bytes(std::span(text)), Overwrite::yes);
}

SegmentReader::SegmentReader(const fs::path& folder)
    : folder_(folder), manifest_(read_manifest(folder)) {}

std::int64_t SegmentReader::count() const { return std::ssize(manifest_.segments); }
std::int64_t SegmentReader::items() const { return items_of(manifest_); }

Archive SegmentReader::read(std::int64_t segment) const {
  if (segment < 0 || segment >= count())
    throw Error("SegmentReader: segment ", segment, " of ", count());
  const Segment& entry = manifest_.segments[static_cast<std::size_t>(segment)];
  const Input input(folder_ / entry.file);
  if (input.size() != entry.bytes || crc32(input.all()) != entry.crc)
    throw IoError(input.name(), ": the segment is damaged (its check sum is not the manifest's)");
  return read_hdf5(input);
}

void remove_segments(const fs::path& folder) {
  std::error_code error;
  fs::remove(folder / manifest_name, error);  // first: it never lists what is not there
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    if (is_segment_name(entry.path().filename().string())) fs::remove(entry.path(), error);
  fs::remove(folder, error);
  if (error)
    throw IoError(folder.string(), ": cannot be removed (", error.message(),
                  "); it holds other files");
}

}  // namespace striate
