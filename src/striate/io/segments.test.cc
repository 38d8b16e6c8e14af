#include "striate/io/segments.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "striate/io/hdf5.h"

#include <fstream>
#include <thread>

#include "striate/core/random.h"
#include "striate/io/atomic_file.h"
#include "striate/io/testing.test.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

namespace fs = std::filesystem;

Archive part(std::int64_t first, std::int64_t items) {
  std::vector<std::int64_t> values;
  for (std::int64_t i = first; i < first + items; ++i) values.push_back(i * i);
  Archive archive;
  archive.arrays["values"] = Array::from<std::int64_t>(values, {items});
  archive.attributes[""]["first"] = first;
  return archive;
}

void write_parts(SegmentWriter& writer, std::int64_t until) {
  while (writer.count() < until) writer.append(part(writer.items(), 3), 3);
}

void expect_parts(const fs::path& folder, std::int64_t count) {
  const SegmentReader reader(folder);
  ASSERT_EQ(reader.count(), count);
  EXPECT_EQ(reader.items(), 3 * count);
  for (std::int64_t i = 0; i < count; ++i) EXPECT_EQ(reader.read(i), part(3 * i, 3)) << i;
  const std::vector<fs::path> files = reader.files();
  ASSERT_EQ(std::ssize(files), count);
  for (std::int64_t i = 0; i < count; ++i)
    EXPECT_EQ(load_hdf5(files[static_cast<std::size_t>(i)]), part(3 * i, 3)) << i;
}

TEST(Segments, AreReadAsTheyWereWritten) {
  const TemporaryFolder folder;
  const fs::path parts = segments_folder(folder / "codes.h5");
  EXPECT_EQ(parts.filename(), "codes.h5.parts");
  {
    SegmentWriter writer(parts, "job");
    EXPECT_EQ(writer.count(), 0);
    write_parts(writer, 4);
    EXPECT_EQ(writer.items(), 12);
  }
  expect_parts(parts, 4);
  EXPECT_THAT([&] { SegmentReader(parts).read(4); }, throws_with<Error>("there are 4"));
  remove_segments(parts);
  EXPECT_FALSE(fs::exists(parts));
}

TEST(Segments, ResumeGoesOnAndDiscardBeginsAnew) {
  const TemporaryFolder folder;
  const fs::path parts = folder / "x.parts";
  {
    SegmentWriter writer(parts, "job");
    write_parts(writer, 2);
  }
  EXPECT_THAT([&] { SegmentWriter(parts, "job"); }, throws_with<IoError>("an earlier run"));
  EXPECT_THAT([&] { SegmentWriter(parts, "other", Resume::yes); },
              throws_with<IoError>("parts of another job: its settings or inputs differ (job"));
  {
    SegmentWriter writer(parts, "job", Resume::yes);
    EXPECT_EQ(writer.count(), 2);
    write_parts(writer, 5);
  }
  expect_parts(parts, 5);
  {
    SegmentWriter writer(parts, "other", Resume::discard);
    EXPECT_EQ(writer.count(), 0);
    write_parts(writer, 1);
  }
  expect_parts(parts, 1);
  EXPECT_EQ(std::distance(fs::directory_iterator(parts), fs::directory_iterator()), 2);
  SegmentWriter fresh(folder / "new.parts", "job", Resume::yes);
  EXPECT_EQ(fresh.count(), 0);
}

TEST(Segments, LeftoversAreRemovedAndStrangersKept) {
  const TemporaryFolder folder;
  const fs::path parts = folder / "x.parts";
  {
    SegmentWriter writer(parts, "job");
    write_parts(writer, 2);
  }
  const pid_t child = fork();
  if (child == 0) {
    AtomicFile* unfinished = new AtomicFile(parts / "segment-000002.h5", Overwrite::no);
    unfinished->write("half");
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  std::ofstream(parts / "segment-000003.h5") << "not listed";
  std::ofstream(parts / "thesis.txt") << "years of work";
  const auto files = [&] {
    return std::distance(fs::directory_iterator(parts), fs::directory_iterator());
  };
  EXPECT_EQ(files(), 6);
  { SegmentWriter writer(parts, "job", Resume::yes); }
  EXPECT_EQ(files(), 4);  // two segments, the manifest and the thesis
  expect_parts(parts, 2);
  { SegmentWriter writer(parts, "job", Resume::discard); }
  EXPECT_EQ(files(), 2);
  EXPECT_THAT([&] { remove_segments(parts); }, throws_with<IoError>("holds 'thesis.txt'"));
  EXPECT_TRUE(fs::exists(parts / "thesis.txt"));
  std::ofstream(folder / "file") << "x";
  EXPECT_THAT([&] { SegmentWriter(folder / "file", "job"); },
              throws_with<IoError>("cannot be made"));
}

TEST(Segments, OneWriterAtATime) {
  const TemporaryFolder folder;
  SegmentWriter writer(folder / "x.parts", "job");
  EXPECT_THAT([&] { SegmentWriter(folder / "x.parts", "job", Resume::yes); },
              throws_with<IoError>("another run is writing"));
}

TEST(Segments, DamageIsNamed) {
  const TemporaryFolder folder;
  const fs::path parts = folder / "x.parts";
  {
    SegmentWriter writer(parts, "job");
    write_parts(writer, 3);
  }
  FileBytes bytes = bytes_of(parts / "segment-000001.h5");
  bytes[bytes.size() / 2] ^= std::byte{1};
  write_file(parts / "segment-000001.h5", bytes, Overwrite::yes);
  const SegmentReader reader(parts);
  EXPECT_EQ(reader.read(0), part(0, 3));
  EXPECT_THAT([&] { reader.read(1); }, throws_with<IoError>("segment-000001.h5 is damaged"));
  fs::remove(parts / "segment-000002.h5");
  EXPECT_THAT([&] { reader.read(2); }, throws_with<IoError>("segment-000002.h5"));
  EXPECT_THAT([&] { SegmentWriter(parts, "job", Resume::yes); },
              throws_with<IoError>("segment-000002.h5"));
  EXPECT_THAT([&] { SegmentReader(folder / "none"); }, throws_with<IoError>("manifest.json"));
}

const std::string manifest =
    R"({"striate_segments": 1, "striate_version": "0.1.0", "job": "j", "count": 2, "segments": [
    {"file": "segment-000000.h5", "crc32": 1, "bytes": 9, "first": 0, "items": 5},
    {"file": "segment-000001.h5", "crc32": 4294967295, "bytes": 9, "first": 5, "items": 0}]})";

TEST(Segments, ManifestIsChecked) {
  EXPECT_EQ(parse_manifest("m", manifest).segments.size(), 2u);
  const auto changed = [](const std::string& what, const std::string& with) {
    std::string text = manifest;
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), with);
  };
  for (const auto& [what, with] : std::vector<std::pair<std::string, std::string>>{
           {"\"first\": 5", "\"first\": 4"},
           {"\"items\": 5", "\"items\": -5"},
           {"\"items\": 5", "\"items\": 9223372036854775807"},
           {"\"items\": 5", "\"items\": 18446744073709551615"},
           {"\"items\": 5", "\"items\": 1e3"},
           {"\"crc32\": 1", "\"crc32\": 4294967296"},
           {"\"crc32\": 1", "\"crc\": 1"},
           {"segment-000000.h5", "../../../etc/pass"},
           {"segment-000000.h5", "segment-000001.h5"},
           {"\"count\": 2", "\"count\": 3"},
           {"\"job\": \"j\"", "\"job\": 7"},
           {"[", "[7, "}}) {
    const std::string text = changed(what, with);
    EXPECT_THAT([&] { parse_manifest("m.json", text); },
                throws_with<IoError>("segments: m.json is damaged"))
        << with;
  }
  EXPECT_THAT([&] { parse_manifest("m.json", changed("s\": 1", "s\": 2")); },
              throws_with<IoError>("newer than 1"));
  for (std::size_t size = 0; size < manifest.size(); ++size)
    EXPECT_THROW(parse_manifest("m", manifest.substr(0, size)), IoError) << size;
  for (std::size_t at = 0; at < manifest.size(); ++at) {
    for (const char c : {'\0', '"', '9', '{', '\xFF'}) {
      std::string damaged = manifest;
      damaged[at] = c;
      try {
        parse_manifest("m", damaged);
      } catch (const IoError&) {
      }
    }
  }
}

TEST(Segments, AKillLeavesTheOldStateOrTheNewOne) {
  const TemporaryFolder folder;
  const fs::path parts = folder / "x.parts";
  Random random(7, stream("kill"));
  std::int64_t before = 0, kills_in_work = 0;
  for (int round = 0; round < 30; ++round) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      try {
        SegmentWriter writer(parts, "job", Resume::yes);
        write_parts(writer, 1000000);
      } catch (const std::exception& e) {
        std::fputs(e.what(), stderr);
      }
      _exit(1);  // never reached alive
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(40000)));
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
    if (!fs::exists(parts / "manifest.json")) continue;  // killed before it began
    const SegmentReader reader(parts);
    EXPECT_GE(reader.count(), before);
    kills_in_work += reader.count() > before;
    before = reader.count();
    for (std::int64_t i = 0; i < before; ++i) ASSERT_EQ(reader.read(i), part(3 * i, 3));
  }
  EXPECT_GE(kills_in_work, 5);
  SegmentWriter writer(parts, "job", Resume::yes);
  write_parts(writer, before + 2);
  expect_parts(parts, before + 2);
}

}  // namespace
}  // namespace striate
