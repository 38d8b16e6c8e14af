#include "striate/io/zip.h"

#include <array>
#include <string>

#include "striate/io/testing.test.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

using Members = std::vector<std::pair<std::string, std::string>>;

FileBytes write(const Members& members, Compression compression, std::uint64_t zip64_from) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "x.zip", Overwrite::no);
  ZipWriter zip(file, compression, zip64_from);
  for (const auto& [name, content] : members) {
    const auto bytes = std::as_bytes(std::span(content));
    zip.add(name, bytes.size(), [&](const ZipWriter::Sink& sink) {
      sink(bytes.first(bytes.size() / 3));
      sink(bytes.subspan(bytes.size() / 3));
    });
  }
  zip.finish();
  file.commit();
  return bytes_of(folder / "x.zip");
}

Members read(const FileBytes& file) {
  const Input input(file, "x.zip");
  const ZipReader zip(input);
  Members members;
  for (const ZipMember& member : zip.members()) {
    const std::vector<std::byte> bytes = zip.read(member);
    members.emplace_back(member.name,
                         std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }
  return members;
}

const Members example = {
    {"empty", ""}, {"a/b", "some text"}, {"long", std::string(100000, 'x')}, {"größe", "last"}};
constexpr std::uint64_t usual = 0xFFFFFFFFu;

TEST(Zip, ReturnsWhatWasWritten) {
  for (const Compression compression : {Compression::stored, Compression::deflated})
    for (const std::uint64_t zip64_from : {usual, std::uint64_t{50000}, std::uint64_t{1}})
      EXPECT_EQ(read(write(example, compression, zip64_from)), example);
  EXPECT_EQ(read(write({}, Compression::stored, usual)), Members());
  EXPECT_LT(write(example, Compression::deflated, usual).size(), 2000u);
}

TEST(Zip, ReadsInPieces) {
  for (const Compression compression : {Compression::stored, Compression::deflated}) {
    const FileBytes file = write(example, compression, usual);
    const Input input(file, "x.zip");
    const ZipReader zip(input);
    ASSERT_NE(zip.find("long"), nullptr);
    EXPECT_EQ(zip.find("absent"), nullptr);
    ZipReader::Stream stream(input, *zip.find("long"));
    std::vector<std::byte> piece(33333);
    for (int i = 0; i < 3; ++i) stream.read(piece);
    EXPECT_THAT([&] { stream.finish(); }, throws_with<IoError>("longer"));
    EXPECT_THAT([&] { stream.read(piece); }, throws_with<IoError>("shorter"));
  }
}

TEST(Zip, RefusesByName) {
  EXPECT_THAT([] { read({}); }, throws_with<IoError>("x.zip is no zip file"));
  EXPECT_THAT([] { read(FileBytes(100)); }, throws_with<IoError>("no directory"));
  const Members twice = {{"a", "1"}, {"a", "2"}};
  const FileBytes file = write(twice, Compression::stored, usual);
  EXPECT_THAT([&] { read(file); }, throws_with<IoError>("'a' occurs twice"));
}

TEST(Zip, EveryChangeOfContentIsNoticed) {
  const Members members = {{"m", "content that matters"}};
  for (const Compression compression : {Compression::stored, Compression::deflated}) {
    const FileBytes file = write(members, compression, usual);
    const std::size_t begin = 30 + 1, end = begin + (compression == Compression::stored ? 20 : 15);
    for (std::size_t at = begin; at < end; ++at) {
      FileBytes damaged = file;
      damaged[at] ^= std::byte{4};
      EXPECT_THROW(read(damaged), IoError) << at;
    }
  }
}

TEST(Zip, ABombIsRefusedBeforeItUnpacks) {
  const Members members = {{"m", "0123456789"}};
  FileBytes file = write(members, Compression::deflated, usual);
  const std::string signature = "PK\1\2";
  const auto found =
      std::search(file.begin(), file.end(), std::as_bytes(std::span(signature)).begin(),
                  std::as_bytes(std::span(signature)).end());
  found[24 + 3] = std::byte{0x70};  // its size, highest byte
  EXPECT_THAT([&] { read(file); }, throws_with<IoError>("more than deflate can give"));
}

TEST(Zip, SurvivesDamage) {
  const Members members = {{"a", "some text"}, {"b", std::string(300, 'x')}};
  const auto archive = [](const FileBytes& bytes) {
    Archive a;
    for (const auto& [name, text] : read(bytes)) a.attributes[""][name] = text;
    return a;
  };
  for (const std::uint64_t zip64_from : {usual, std::uint64_t{1}})
    for (const Compression compression : {Compression::stored, Compression::deflated}) {
      const FileBytes file = write(members, compression, zip64_from);
      expect_truncation_noticed(file, archive);
      EXPECT_GT(expect_damage_survived(file, archive), file.size());
    }
}

}  // namespace
}  // namespace striate
