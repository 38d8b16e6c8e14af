#include "striate/pipelines/memory_folder.h"

#include <fcntl.h>
#include <stdio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "striate/catalog/memory_rules.h"
#include "striate/io/formats.h"
#include "striate/io/hdf5.h"
#include "striate/io/segments.h"

namespace striate {
namespace {

namespace fs = std::filesystem;

constexpr const char* job = "memory";

// What the changes up to one leave: all that the next needs to know of them.
struct Standing {
  std::int64_t patterns = 0;
  std::int64_t next_id = 0;      // of ids that are made up
  std::int64_t largest_id = -1;  // ever given
  std::int64_t targets = 0;      // length of one; 0: there are none

  static void describe(auto& s, auto&& visit) {
    visit(s.patterns, {.name = "patterns"});
    visit(s.next_id, {.name = "next_id"});
    visit(s.largest_id, {.name = "largest_id"});
    visit(s.targets, {.name = "targets"});
  }
};

Standing standing_after(const std::map<std::string, Values>& attributes) {
  Standing standing;
  if (const auto at = attributes.find("change"); at != attributes.end())
    for (const auto& [name, value] : at->second) assign("memory", standing, name, value);
  return standing;
}

MemorySettings settings_of(const Archive& first, const fs::path& folder) {
  if (!first.attributes.contains("memory"))
    throw IoError(folder.string(), ": the first segment holds no settings of a memory");
  return memory_settings_of(first);
}

void need(const fs::path& path) {
  if (!fs::exists(path)) throw IoError(path.string(), ": there is no memory of this name");
}

SegmentReader segments_of(const fs::path& folder) {
  need(folder);
  if (fs::is_regular_file(folder))
    throw IoError(folder.string(),
                  ": a packed memory does not change; change the folder it was packed from");
  if (fs::is_directory(folder) && !fs::exists(folder / "manifest.json"))
    throw IoError(folder.string(), ": this folder holds no memory; create one first");
  SegmentReader segments(folder);
  if (segments.count() == 0)
    throw IoError(folder.string(), ": making this memory was cut off; create it again");
  return segments;
}

template <class T>
Matrix<T> targets_in(const Archive& change) {
  return change.has("targets") ? change.at("targets").to_matrix<T>() : Matrix<T>();
}

// All changes, one after another. Ids that were made up are made up again, so that none ever
// serves twice.
template <class T>
AssociativeMemory<T> replay(const SegmentReader& segments, const MemorySettings& settings) {
  auto memory = make_memory<T>(settings);
  Standing before;
  for (std::int64_t i = 1; i < segments.count(); ++i) {
    const Archive change = segments.read(i);
    const Standing after = standing_after(change.attributes);
    if (change.has("memory/ids")) {
      memory = memory_from_archive<T>(change);
    } else if (change.has("forgotten")) {
      memory.forget(change.at("forgotten").as<std::int64_t>());
    } else {
      const std::span<const std::int64_t> ids = change.at("ids").as<std::int64_t>();
      const bool made_up = after.next_id > before.next_id;
      const Matrix<T> targets = targets_in<T>(change);
      const std::vector<std::int64_t> stored =
          memory.store(SparseCodes<T>::from_archive(change),
                       made_up ? std::span<const std::int64_t>() : ids, {}, targets);
      if (!std::ranges::equal(stored, ids))
        throw IoError(segments.files()[static_cast<std::size_t>(i)].string(),
                      ": its ids do not follow from the changes before");
    }
    before = after;
  }
  return memory;
}

template <class T>
AssociativeMemory<T> open_folder(const fs::path& folder) {
  const SegmentReader segments = segments_of(folder);
  const MemorySettings settings = settings_of(segments.read(0), folder);
  const Hdf5Outline last = outline_hdf5(segments.files().back());
  return AssociativeMemory<T>::deferred(
      memory_rule(settings.rule), settings, standing_after(last.attributes).patterns,
      [segments, settings] { return replay<T>(segments, settings); });
}

template <class T>
AssociativeMemory<T> read_packed(const fs::path& path) {
  try {
    return memory_from_archive<T>(load(path));
  } catch (const IoError&) {
    throw;
  } catch (const Error& error) {
    throw IoError(path.string(), ": ", error.what());
  }
}

template <class T>
AssociativeMemory<T> open_packed(const fs::path& path) {
  const Format& format = format_of(path);
  if (format.name != "hdf5") return read_packed<T>(path);
  const Hdf5Outline outline = outline_hdf5(path);
  const auto ids = outline.shapes.find("memory/ids");
  if (ids == outline.shapes.end() || ids->second.size() != 1)
    throw IoError(path.string(), ": the file holds no memory");
  const MemorySettings settings =
      memory_settings_of({.arrays = {}, .attributes = outline.attributes});
  return AssociativeMemory<T>::deferred(memory_rule(settings.rule), settings, ids->second[0],
                                        [path] { return read_packed<T>(path); });
}

void append(SegmentWriter& segments, Archive change, std::int64_t items, const Standing& after) {
  change.attributes["change"] = values(after);
  segments.append(change, items);
}

}  // namespace

void create_memory(const fs::path& folder, const MemorySettings& settings, Overwrite overwrite) {
  validate("memory create", settings);
  make_memory<float>(
      settings);  // refuses what no memory can be made of, before anything is written
  // What a creation that was cut off left behind is nobody's memory: no segment holds settings.
  const bool unfinished =
      fs::exists(folder / "manifest.json") && SegmentReader(folder).count() == 0;
  if (fs::exists(folder) && !fs::is_directory(folder))
    throw IoError(folder.string(), ": a file of this name exists; a memory grows in a folder");
  if (fs::exists(folder) && !fs::is_empty(folder) && !unfinished && overwrite == Overwrite::no)
    throw IoError(folder.string(), ": exists already; choose another name or allow overwriting");
  SegmentWriter segments(folder, job, overwrite == Overwrite::yes ? Resume::discard : Resume::yes);
  Archive first;
  first.attributes["memory"] = values(settings);
  segments.append(first, 0);
}

template <class T>
std::vector<std::int64_t> store_in_memory(const fs::path& folder, const SparseCodes<T>& codes,
                                          std::span<const std::int64_t> ids, Signals<T> targets) {
  segments_of(folder);  // refuses a packed file before a folder is made of its name
  SegmentWriter writer(folder, job, Resume::yes);  // nobody else changes the memory now
  const SegmentReader segments(folder);
  const MemorySettings settings = settings_of(segments.read(0), folder);
  Standing standing = standing_after(segments.read(segments.count() - 1).attributes);
  // New ids that nobody can have had, patterns that do not depend on those before: they are checked
  // by themselves. Else all are read.
  const std::int64_t length = targets.columns > 0 ? targets.rows : 0;
  const bool alone = ids.empty() && standing.largest_id < standing.next_id &&
                     (standing.patterns == 0 || length == standing.targets) &&
                     memory_rule(settings.rule).most_patterns == 0;
  auto memory = alone ? make_memory<T>(settings) : replay<T>(segments, settings);
  std::vector<std::int64_t> stored;
  if (alone)
    for (std::int64_t p = 0; p < codes.signals(); ++p) stored.push_back(standing.next_id + p);
  stored = memory.store(codes, alone ? std::span<const std::int64_t>(stored) : ids, {}, targets);
  if (stored.empty()) return stored;

  Archive change = codes.to_archive();
  change.arrays["ids"] =
      Array::from<std::int64_t>(stored, {static_cast<std::int64_t>(stored.size())});
  if (length > 0) change.arrays["targets"] = Array::from(targets);
  const std::int64_t largest = *std::ranges::max_element(stored);
  standing.patterns += codes.signals();
  standing.largest_id = std::max(standing.largest_id, largest);
  if (ids.empty()) standing.next_id = largest + 1;
  standing.targets = length;
  append(writer, std::move(change), codes.signals(), standing);
  return stored;
}

void forget_in_memory(const fs::path& folder, std::span<const std::int64_t> ids) {
  segments_of(folder);
  SegmentWriter writer(folder, job, Resume::yes);
  const SegmentReader segments(folder);
  auto memory = replay<float>(segments, settings_of(segments.read(0), folder));
  memory.forget(ids);
  if (ids.empty()) return;
  Standing standing = standing_after(segments.read(segments.count() - 1).attributes);
  standing.patterns = memory.size();
  if (standing.patterns == 0) standing.targets = 0;
  Archive change;
  change.arrays["forgotten"] =
      Array::from<std::int64_t>(ids, {static_cast<std::int64_t>(ids.size())});
  append(writer, std::move(change), 0, standing);
}

namespace {

template <class T>
void write_compacted(const SegmentReader& from, const fs::path& to) {
  const Archive settings = from.read(0);
  const Standing standing = standing_after(from.read(from.count() - 1).attributes);
  const Archive all = replay<T>(from, settings_of(settings, to)).to_archive();
  SegmentWriter segments(to, job, Resume::discard);
  segments.append(settings, 0);
  append(segments, all, standing.patterns, standing);
}

}  // namespace

void compact_memory(const fs::path& folder) {
  segments_of(folder);
  const SegmentWriter nobody_else(folder, job, Resume::yes);
  const SegmentReader segments(folder);
  fs::path fresh = fs::absolute(folder).lexically_normal();
  if (!fresh.has_filename()) fresh = fresh.parent_path();
  fresh += ".compacting";
  fs::remove_all(fresh);  // of a compaction that was cut off
  if (memory_precision(folder) == DType::f64) write_compacted<double>(segments, fresh);
  else write_compacted<float>(segments, fresh);
  const bool exchanged =
      ::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) == 0;
  const std::string why = std::strerror(errno);
  fs::remove_all(fresh);
  if (!exchanged)
    throw IoError(folder.string(), ": its folder cannot be exchanged for a compact one: ", why);
}

template <class T>
AssociativeMemory<T> open_memory(const fs::path& path) {
  need(path);
  if (fs::is_directory(path)) return open_folder<T>(path);
  try {
    return open_packed<T>(path);
  } catch (const IoError&) {
    throw;
  } catch (const Error& error) {
    throw IoError(path.string(), ": ", error.what());
  }
}

DType memory_precision(const fs::path& path) {
  need(path);
  if (!fs::is_directory(path) && format_of(path).name != "hdf5") {
    const Archive archive = load(path);
    return archive.has("codes/data") && archive.at("codes/data").dtype() == DType::f64 ? DType::f64
                                                                                       : DType::f32;
  }
  const std::vector<fs::path> files =
      fs::is_directory(path) ? segments_of(path).files() : std::vector<fs::path>{path};
  for (const fs::path& file : files)
    if (outline_hdf5(file).shapes.contains("codes/data"))
      return locate_hdf5(file, "codes/data").dtype == DType::f64 ? DType::f64 : DType::f32;
  return DType::f32;
}

std::int64_t verify_memory(const fs::path& path) {
  need(path);
  if (!fs::is_directory(path)) {
    verify_hdf5(path);
    return static_cast<std::int64_t>(fs::file_size(path));
  }
  const SegmentReader segments = segments_of(path);
  std::int64_t bytes = 0;
  for (std::int64_t i = 0; i < segments.count(); ++i) {
    segments.verify(i);
    bytes +=
        static_cast<std::int64_t>(segments.manifest().segments[static_cast<std::size_t>(i)].bytes);
  }
  return bytes;
}

void pack_memory(const fs::path& folder, const fs::path& output, Overwrite overwrite) {
  check_output(output, overwrite);
  const Archive archive = memory_precision(folder) == DType::f64
                              ? open_folder<double>(folder).to_archive()
                              : open_folder<float>(folder).to_archive();
  save(output, archive, overwrite);
}

#define STRIATE_INSTANTIATE(T)                                                                   \
  template std::vector<std::int64_t> store_in_memory(const fs::path&, const SparseCodes<T>&,     \
                                                     std::span<const std::int64_t>, Signals<T>); \
  template AssociativeMemory<T> open_memory(const fs::path&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate
