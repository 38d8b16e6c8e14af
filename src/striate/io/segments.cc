#include "striate/io/segments.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "striate/core/build_info.h"
#include "striate/io/atomic_file.h"
#include "striate/io/hash.h"
#include "striate/io/hdf5.h"

namespace striate {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* manifest_file = "manifest.json";
constexpr int manifest_major = 1;

bool is_segment_name(std::string_view name) {
  return name.size() == 17 && name.starts_with("segment-") && name.ends_with(".h5") &&
         std::all_of(name.begin() + 8, name.end() - 3, [](char c) { return c >= '0' && c <= '9'; });
}

std::string segment_name(std::size_t index) {
  const std::string digits = join(index);
  if (digits.size() > 6) throw Error("segments: there may be at most 1000000");
  return join("segment-", std::string(6 - digits.size(), '0'), digits, ".h5");
}

std::string text_of(const Input& input) {
  const std::vector<std::byte> bytes = input.all();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

SegmentManifest read_manifest(const fs::path& folder) {
  const Input input(folder / manifest_file);
  return parse_manifest(input.name(), text_of(input));
}

std::int64_t items_of(const SegmentManifest& manifest) {
  if (manifest.segments.empty()) return 0;
  return manifest.segments.back().first + manifest.segments.back().items;
}

// What writers of segments make; nothing else is ever deleted.
bool is_ours(const std::string& name) {
  return is_segment_name(name) || name == manifest_file ||
         (name.starts_with(".striate-") && name.ends_with(".tmp"));
}

}  // namespace

// An open folder whose lock dies with the process, even if that is killed.
class SegmentWriter::Lock {
 public:
  explicit Lock(const fs::path& folder)
      : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (descriptor_ < 0) throw IoError("segments: ", folder.string(), ": ", std::strerror(errno));
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
    ::close(descriptor_);
    throw IoError("segments: another run is writing to ", folder.string());
  }
  Lock(const Lock&) = delete;
  ~Lock() { ::close(descriptor_); }

 private:
  int descriptor_;
};

fs::path segments_folder(const fs::path& output) {
  fs::path folder = output;
  folder += ".parts";
  return folder;
}

SegmentManifest parse_manifest(const std::string& name, std::string_view text) {
  const auto check = [&](bool good, const auto&... why) {
    if (!good) throw IoError("segments: ", name, " is damaged: ", why...);
  };
  const Json json = Json::parse(text, nullptr, false);
  check(json.is_object(), "it is no JSON object");
  const auto text_at = [&](const Json& from, const char* key) {
    check(from.contains(key) && from.at(key).is_string(), "'", key, "' is no text");
    return from.at(key).get<std::string>();
  };
  const auto number_at = [&](const Json& from, const char* key, std::uint64_t largest) {
    check(from.contains(key) && from.at(key).is_number_unsigned(), "'", key, "' is no number");
    const auto value = from.at(key).get<std::uint64_t>();
    check(value <= largest, "'", key, "' is ", value);
    return value;
  };
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  const std::uint64_t format = number_at(json, "striate_segments", most);
  if (format > manifest_major)
    throw IoError("segments: ", name, " has format ", format, ", newer than ", manifest_major,
                  " which this version reads");
  SegmentManifest manifest{.job = text_at(json, "job"),
                           .striate_version = text_at(json, "striate_version"),
                           .segments = {}};
  check(json.contains("segments") && json.at("segments").is_array(), "'segments' is no list");
  for (const Json& entry : json.at("segments")) {
    check(entry.is_object(), "a segment is no object");
    const Segment segment{.file = text_at(entry, "file"),
                          .crc = static_cast<std::uint32_t>(number_at(entry, "crc32", 0xFFFFFFFFu)),
                          .bytes = number_at(entry, "bytes", most),
                          .first = static_cast<std::int64_t>(number_at(entry, "first", most)),
                          .items = static_cast<std::int64_t>(number_at(entry, "items", most))};
    check(is_segment_name(segment.file), "'", segment.file, "' is no name of a segment");
    check(segment.first == items_of(manifest) &&
              segment.items <= std::numeric_limits<std::int64_t>::max() - segment.first,
          "the items of ", segment.file, " do not follow those before");
    check(segment.file == segment_name(manifest.segments.size()), segment.file,
          " is out of its order");
    manifest.segments.push_back(segment);
  }
  check(number_at(json, "count", most) == manifest.segments.size(), "segments are missing in it");
  return manifest;
}

SegmentWriter::SegmentWriter(const fs::path& folder, const std::string& job, Resume resume)
    : folder_(folder) {
  std::error_code error;
  fs::create_directory(folder, error);
  if (error || !fs::is_directory(folder))
    throw IoError("segments: the folder ", folder.string(),
                  " cannot be made: ", error ? error.message() : "there is a file of this name");
  lock_ = std::make_shared<const Lock>(folder);
  const bool started = fs::exists(folder / manifest_file);
  if (started && resume == Resume::no)
    throw IoError("segments: ", folder.string(),
                  " holds the parts of an earlier run; resume it, or discard them");
  if (started && resume == Resume::yes) {
    manifest_ = read_manifest(folder);
    if (manifest_.job != job)
      throw IoError("segments: ", folder.string(),
                    " holds the parts of another job: its settings or inputs differ (",
                    manifest_.job, " there, ", job, " now)");
    for (const Segment& segment : manifest_.segments) {
      const Input input(folder / segment.file);
      if (input.size() != segment.bytes)
        throw IoError("segments: ", input.name(), " has ", input.size(), " bytes, not ",
                      segment.bytes, " as listed");
    }
  } else {
    manifest_ = {.job = job, .striate_version = std::string(library_version), .segments = {}};
    write_manifest();
  }
  // What a killed run left behind; files that are not ours stay.
  remove_leftovers(folder);
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (is_segment_name(name) && name >= segment_name(manifest_.segments.size()))
      fs::remove(entry.path());
  }
}

void SegmentWriter::write_manifest() const {
  Json segments = Json::array();
  for (const Segment& s : manifest_.segments)
    segments.push_back({{"file", s.file},
                        {"crc32", s.crc},
                        {"bytes", s.bytes},
                        {"first", static_cast<std::uint64_t>(s.first)},
                        {"items", static_cast<std::uint64_t>(s.items)}});
  const Json json = {{"striate_segments", manifest_major},
                     {"striate_version", manifest_.striate_version},
                     {"job", manifest_.job},
                     {"count", manifest_.segments.size()},
                     {"segments", segments}};
  const std::string text = json.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
  write_file(folder_ / manifest_file, std::as_bytes(std::span(text)), Overwrite::yes);
}

void SegmentWriter::append(const Archive& archive, std::int64_t items) {
  if (items < 0) throw Error("segments: ", items, " items; there cannot be fewer than 0");
  Segment segment{
      .file = segment_name(manifest_.segments.size()), .first = this->items(), .items = items};
  const fs::path path = folder_ / segment.file;
  save_hdf5(path, archive, Overwrite::yes);
  const Input input(path);
  segment.bytes = input.size();
  segment.crc = crc32_of(input);
  manifest_.segments.push_back(segment);
  try {
    write_manifest();
  } catch (...) {
    manifest_.segments.pop_back();
    throw;
  }
}

std::int64_t SegmentWriter::count() const {
  return static_cast<std::int64_t>(manifest_.segments.size());
}
std::int64_t SegmentWriter::items() const { return items_of(manifest_); }

SegmentReader::SegmentReader(const fs::path& folder)
    : folder_(folder), manifest_(read_manifest(folder)) {}

std::int64_t SegmentReader::count() const {
  return static_cast<std::int64_t>(manifest_.segments.size());
}
std::int64_t SegmentReader::items() const { return items_of(manifest_); }

// The file of a segment, which was compared with what the manifest lists.
static Input verified(const fs::path& folder, const SegmentManifest& manifest,
                      std::int64_t segment) {
  if (segment < 0 || segment >= std::ssize(manifest.segments))
    throw Error("segments: segment ", segment, " is asked for; there are ",
                manifest.segments.size());
  const Segment& listed = manifest.segments[static_cast<std::size_t>(segment)];
  Input input(folder / listed.file);
  if (input.size() != listed.bytes || crc32_of(input) != listed.crc)
    throw IoError("segments: ", input.name(), " is damaged: it is not what the manifest lists");
  return input;
}

void SegmentReader::verify(std::int64_t segment) const { verified(folder_, manifest_, segment); }

Archive SegmentReader::read(std::int64_t segment) const {
  return read_hdf5(verified(folder_, manifest_, segment));
}

std::vector<fs::path> SegmentReader::files() const {
  std::vector<fs::path> all;
  for (const Segment& segment : manifest_.segments) all.push_back(folder_ / segment.file);
  return all;
}

void remove_segments(const fs::path& folder) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (!is_ours(entry.path().filename().string()))
      throw IoError("segments: ", folder.string(), " holds '", entry.path().filename().string(),
                    "', which is not ours; it is kept");
  fs::remove(folder / manifest_file);  // first: what is left is not taken for a whole run
  fs::remove_all(folder);
}

}  // namespace striate
