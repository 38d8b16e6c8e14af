// A long output as a folder of segments: each an archive in a finished file, listed by
// manifest.json, which is replaced atomically. A kill at any moment leaves the segments listed so
// far; a run resumes behind the last one. Joining them is the caller's business.
//
//   SegmentWriter out("codes.parts", job_hash);       // or goes on where a run was cut off
//   for (std::int64_t i = out.items(); i < n; i += 1000) out.append(code(i, 1000), 1000);
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "striate/core/archive.h"

namespace striate {

struct Segment {
  std::string file;         // name inside the folder
  std::uint32_t crc = 0;    // of the file's bytes
  std::uint64_t bytes = 0;  // of the file
  std::int64_t first = 0;   // items first .. first + items - 1
  std::int64_t items = 0;
};

struct SegmentManifest {
  std::string job;  // hash of settings and inputs: what makes two runs the same job
  std::string striate_version;
  std::vector<Segment> segments;
};

enum class Resume {
  no,       // IoError if there are segments
  yes,      // goes on behind the last segment; starts if there is none
  discard,  // begins anew
};

// "NAME.parts" beside the output NAME.
std::filesystem::path segments_folder(const std::filesystem::path& output);

// Checked: numbers in range, names inside the folder, items without gaps. IoError begins with
// `name`.
SegmentManifest parse_manifest(const std::string& name, std::string_view text);

class SegmentWriter {
 public:
  // Makes the folder if need be. What a killed run left behind and the manifest does not list is
  // removed. One writer at a time. IoError: segments of another job, a damaged manifest, a segment
  // missing, another writer at work.
  SegmentWriter(const std::filesystem::path& folder, const std::string& job,
                Resume resume = Resume::no);
  // Writes one segment; once it returns, it survives.
  void append(const Archive& archive, std::int64_t items);
  std::int64_t count() const;  // segments
  std::int64_t items() const;  // items in them
  const SegmentManifest& manifest() const { return manifest_; }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  class Lock;
  void write_manifest() const;
  std::filesystem::path folder_;
  std::shared_ptr<const Lock> lock_;
  SegmentManifest manifest_;
};

class SegmentReader {
 public:
  // IoError: no manifest, or damaged.
  explicit SegmentReader(const std::filesystem::path& folder);
  std::int64_t count() const;
  std::int64_t items() const;
  const SegmentManifest& manifest() const { return manifest_; }
  // Compares size and check sum. IoError names the segment.
  void verify(std::int64_t segment) const;
  // Verified.
  Archive read(std::int64_t segment) const;
  std::vector<std::filesystem::path> files() const;  // of the segments, in their order

 private:
  std::filesystem::path folder_;
  SegmentManifest manifest_;
};

// Removes the folder once its content is joined. IoError: files in it that are not ours (kept).
void remove_segments(const std::filesystem::path& folder);

}  // namespace striate
