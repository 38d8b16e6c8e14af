#include "striate/io/atomic_file.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "striate/io/formats.h"
#include "striate/io/testing.test.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  const FileBytes bytes = bytes_of(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::ptrdiff_t files_in(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

// Files may grow to `bytes` and no further while this lives: a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    old_handler_ = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    rlimit now = old_;
    now.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &old_);
    signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

TEST(AtomicFile, AppearsOnlyWhenItIsWhole) {
  const TemporaryFolder folder;
  const fs::path path = folder / "out";
  {
    AtomicFile file(path, Overwrite::no);
    file.write("hello ");
    EXPECT_FALSE(fs::exists(path));
    file.write("world");
    file.write_at(0, std::as_bytes(std::span("J", 1)));
    EXPECT_EQ(file.size(), 11u);
    std::byte read[5];
    file.read_at(6, read);
    EXPECT_EQ(std::string(reinterpret_cast<char*>(read), 5), "world");
    file.commit();
  }
  EXPECT_EQ(text_of(path), "Jello world");
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(AtomicFile, LeavesNothingWithoutCommit) {
  const TemporaryFolder folder;
  std::ofstream(folder / "out") << "old";
  {
    AtomicFile file(folder / "out", Overwrite::yes);
    file.write("new");
  }
  EXPECT_EQ(text_of(folder / "out"), "old");
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(AtomicFile, RefusesWhatExists) {
  const TemporaryFolder folder;
  std::ofstream(folder / "out") << "old";
  EXPECT_THAT([&] { AtomicFile(folder / "out", Overwrite::no); }, throws_with<IoError>("exists"));
  EXPECT_THAT([&] { check_output(folder / "out", Overwrite::no); }, throws_with<IoError>("exists"));
  check_output(folder / "out", Overwrite::yes);
  EXPECT_THAT([&] { AtomicFile(folder.path(), Overwrite::yes); },
              throws_with<IoError>("is a folder"));
  EXPECT_THAT([&] { AtomicFile("/dev/null", Overwrite::yes); },
              throws_with<IoError>("is a device"));
  EXPECT_THAT([&] { AtomicFile(folder / "no" / "out", Overwrite::no); },
              throws_with<IoError>("there is no folder"));
  EXPECT_THAT([&] { AtomicFile("", Overwrite::no); }, throws_with<IoError>("names no file"));
}

TEST(AtomicFile, KeepsAFileThatAppearedMeanwhile) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "out", Overwrite::no);
  file.write("mine");
  std::ofstream(folder / "out") << "theirs";
  EXPECT_THAT([&] { file.commit(); }, throws_with<IoError>("out"));
  EXPECT_EQ(text_of(folder / "out"), "theirs");
}

TEST(AtomicFile, ReplacesWhatALinkPointsAtAndKeepsPermissions) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "sub");
  std::ofstream(folder / "sub" / "real") << "old";
  fs::permissions(folder / "sub" / "real", fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("sub/real", folder / "link");
  write_file(folder / "link", std::as_bytes(std::span("new", 3)), Overwrite::yes);
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(text_of(folder / "sub" / "real"), "new");
  EXPECT_EQ(fs::status(folder / "sub" / "real").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST(AtomicFile, AFullDiskLeavesTheOldFile) {
  const TemporaryFolder folder;
  std::ofstream(folder / "out") << "old";
  const std::string big(200000, 'x');
  {
    const FullDisk disk(100000);
    EXPECT_THAT([&] { write_file(folder / "out", std::as_bytes(std::span(big)), Overwrite::yes); },
                throws_with<IoError>("cannot be written: File too large"));
  }
  EXPECT_EQ(text_of(folder / "out"), "old");
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(AtomicFile, AFullDiskLeavesTheOldFileInEveryFormat) {
  Archive archive;
  archive.arrays["data"] = Array(DType::u8, {400, 500});
  unsigned noise = 1;  // so that nothing can be compressed
  for (std::byte& b : archive.arrays["data"].bytes())
    b = static_cast<std::byte>((noise = noise * 1664525u + 1013904223u) >> 24);
  for (const Format& format : formats()) {
    if (!format.save) continue;
    const TemporaryFolder folder;
    const fs::path path = folder / join("out", format.suffixes.front());
    std::ofstream(path) << "old";
    for (const rlim_t room : {0, 100, 5000, 50000, 190000}) {
      const FullDisk disk(room);
      EXPECT_THAT([&] { save(path, archive, Overwrite::yes); }, throws_with<IoError>("out"))
          << format.name << ' ' << room;
    }
    EXPECT_EQ(text_of(path), "old") << format.name;
    EXPECT_EQ(files_in(folder.path()), 1) << format.name;
    save(path, archive, Overwrite::yes);  // and works again once there is room
    EXPECT_EQ(load(path).arrays.size(), 1u) << format.name;
  }
}

TEST(AtomicFile, LeftoversOfTheDeadAreRemovedAndThoseOfTheLivingKept) {
  const TemporaryFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    AtomicFile* file = new AtomicFile(folder / "out", Overwrite::no);
    file->write("part");
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  AtomicFile mine(folder / "mine", Overwrite::no);
  std::ofstream(folder / "other.tmp") << "x";
  EXPECT_EQ(files_in(folder.path()), 3);
  remove_leftovers(folder.path());
  EXPECT_EQ(files_in(folder.path()), 2);
  mine.commit();
  EXPECT_TRUE(fs::exists(folder / "mine"));
}

}  // namespace
}  // namespace striate
