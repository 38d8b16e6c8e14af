#include "striate/pipelines/memory_folder.h"

#include "striate/catalog/memory_rules.h"
#include "striate/io/formats.h"
#include "striate/io/segments.h"

namespace striate {
namespace {

constexpr const char* job = "memory";

// The settings in segment 0.
MemorySettings settings_of(const Archive& segment, const std::filesystem::path& folder) {
  const auto at = segment.attributes.find("memory");
  if (at == segment.attributes.end())
    throw IoError(folder.string(), ": the first segment holds no settings of a memory");
  MemorySettings settings;
  for (const auto& [name, value] : at->second) assign("memory", settings, name, value);
  return settings;
}

template <class T>
AssociativeMemory<T> open_folder(const std::filesystem::path& folder) {
  const SegmentReader segments(folder);
  if (segments.count() == 0)
    throw IoError(folder.string(), ": making this memory was cut off; create it again");
  auto memory = make_memory<T>(settings_of(segments.read(0), folder));
  for (std::int64_t i = 1; i < segments.count(); ++i) {
    const Archive segment = segments.read(i);
    memory.store(SparseCodes<T>::from_archive(segment), segment.at("ids").as<std::int64_t>());
  }
  return memory;
}

}  // namespace

void create_memory(const std::filesystem::path& folder, const MemorySettings& settings,
                   Overwrite overwrite) {
  validate("memory create", settings);
  make_memory<float>(
      settings);  // refuses what no memory can be made of, before anything is written
  // What a creation that was cut off left behind is nobody's memory: no segment holds settings.
  const bool unfinished =
      std::filesystem::exists(folder / "manifest.json") && SegmentReader(folder).count() == 0;
  if (std::filesystem::exists(folder) && !std::filesystem::is_directory(folder))
    throw IoError(folder.string(), ": a file of this name exists; a memory grows in a folder");
  if (std::filesystem::exists(folder) && !std::filesystem::is_empty(folder) && !unfinished &&
      overwrite == Overwrite::no)
    throw IoError(folder.string(), ": exists already; choose another name or allow overwriting");
  SegmentWriter segments(folder, job, overwrite == Overwrite::yes ? Resume::discard : Resume::yes);
  Archive first;
  first.attributes["memory"] = values(settings);
  segments.append(first, 0);
}

template <class T>
std::vector<std::int64_t> store_in_memory(const std::filesystem::path& folder,
                                          const SparseCodes<T>& codes,
                                          std::span<const std::int64_t> ids) {
  if (std::filesystem::is_regular_file(folder))
    throw IoError(folder.string(),
                  ": a packed memory does not grow; store in the folder it was packed from");
  auto memory = open_folder<T>(folder);
  const std::vector<std::int64_t> stored = memory.store(codes, ids);  // checks everything
  if (stored.empty()) return stored;
  Archive segment = codes.to_archive();
  segment.arrays["ids"] =
      Array::from<std::int64_t>(stored, {static_cast<std::int64_t>(stored.size())});
  SegmentWriter(folder, job, Resume::yes).append(segment, codes.signals());
  return stored;
}

template <class T>
AssociativeMemory<T> open_memory(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) return open_folder<T>(path);
  try {
    return memory_from_archive<T>(load(path));
  } catch (const Error& error) {
    throw IoError(path.string(), ": ", error.what());
  }
}

void pack_memory(const std::filesystem::path& folder, const std::filesystem::path& output,
                 Overwrite overwrite) {
  check_output(output, overwrite);
  save(output, open_folder<double>(folder).to_archive(), overwrite);
}

template std::vector<std::int64_t> store_in_memory(const std::filesystem::path&,
                                                   const SparseCodes<float>&,
                                                   std::span<const std::int64_t>);
template std::vector<std::int64_t> store_in_memory(const std::filesystem::path&,
                                                   const SparseCodes<double>&,
                                                   std::span<const std::int64_t>);
template AssociativeMemory<float> open_memory(const std::filesystem::path&);
template AssociativeMemory<double> open_memory(const std::filesystem::path&);

}  // namespace striate
