#include "striate/io/hash.h"

#include <fstream>

#include "striate/io/testing.test.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

TEST(Hash, Crc32OfTheCheckString) {
  EXPECT_EQ(crc32(bytes("123456789")), 0xCBF43926u);  // the standard's own check value
  EXPECT_EQ(crc32(bytes("6789"), crc32(bytes("12345"))), 0xCBF43926u);
  EXPECT_EQ(crc32({}), 0u);
  EXPECT_EQ(crc32({}, 0xCBF43926u), 0xCBF43926u);  // nothing more changes nothing
}

TEST(Hash, ContentIsXxh64) {
  ContentHash empty;
  EXPECT_EQ(empty.text(), "ef46db3751d8e999");  // XXH64 of nothing, as its makers print it
  ContentHash hash;
  hash.add(bytes("ab"));
  hash.add(bytes("c"));
  EXPECT_EQ(hash.text(), "44bc2cf5ad770999");
}

TEST(Hash, OfAFileIsThatOfItsBytes) {
  const TemporaryFolder folder;
  const std::string text(3000000, 'q');
  std::ofstream(folder / "x") << text;
  ContentHash hash;
  hash.add(bytes(text));
  EXPECT_EQ(hash_of_file(folder / "x"), hash.text());
  EXPECT_THROW(hash_of_file(folder / "y"), IoError);
}

TEST(Hash, SeesEverythingInAnArchive) {
  const auto text_of = [](const Archive& archive) {
    ContentHash hash;
    hash.add(archive);
    return hash.text();
  };
  Archive archive;
  archive.arrays["a"] = Array(DType::f32, {2, 3});
  archive.attributes["a"]["x"] = std::int64_t{1};
  Archive shape = archive, type = archive, name = archive, value = archive, kind = archive;
  shape.arrays["a"] = Array(DType::f32, {3, 2});
  type.arrays["a"] = Array(DType::i32, {2, 3});
  name.insert("b", archive);
  value.attributes["a"]["x"] = std::int64_t{2};
  kind.attributes["a"]["x"] = 1.0;
  for (const Archive* other : {&shape, &type, &name, &value, &kind})
    EXPECT_NE(text_of(*other), text_of(archive));
  EXPECT_EQ(text_of(Archive(archive)), text_of(archive));
  ContentHash a, b;
  a.add("ab"), a.add("c");
  b.add("a"), b.add("bc");
  EXPECT_NE(a.text(), b.text());
}

}  // namespace
}  // namespace striate
