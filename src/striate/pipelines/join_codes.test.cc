#include "striate/pipelines/join_codes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "striate/codes/sparse_codes.h"
#include "striate/core/random.h"
#include "striate/io/formats.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

SparseCodes<float> some_codes(std::int64_t signals, std::int64_t seed) {
  Random random(seed, stream("codes"));
  SparseCodes<float> codes(50);
  for (std::int64_t i = 0; i < signals; ++i) {
    std::vector<std::int32_t> indices;
    for (std::int32_t k = 0; k < 50; ++k)
      if (random.below(10) == 0) indices.push_back(k);
    std::vector<float> values(indices.size());
    for (float& value : values) value = static_cast<float>(1 + random.below(1000));
    codes.append(indices, values);
  }
  return codes;
}

Archive patch_codes(std::int64_t signals, std::int64_t images, std::int64_t seed) {
  Archive archive = some_codes(signals, seed).to_archive();
  std::vector<std::int64_t> positions, shapes;
  for (std::int64_t i = 0; i < signals; ++i)
    positions.insert(positions.end(), {i % images, i, 2 * i});
  for (std::int64_t k = 0; k < images; ++k) shapes.insert(shapes.end(), {100 + k, 200, 1});
  archive.arrays["patches/position"] = Array::from<std::int64_t>(positions, {signals, 3});
  archive.arrays["images/shape"] = Array::from<std::int64_t>(shapes, {images, 3});
  archive.attributes[""] = {{"model", std::string("m")}, {"job", join("job ", seed)}};
  return archive;
}

TEST(JoinCodes, RowsFollowAndImagesCountOn) {
  const TemporaryFolder folder;
  save(folder / "a.h5", patch_codes(5, 2, 1));
  save(folder / "b.npz", patch_codes(0, 1, 2));
  save(folder / "c.npz", patch_codes(7, 3, 3));
  save(folder / "all.h5", join_codes({folder / "a.h5", folder / "b.npz", folder / "c.npz"}),
       Overwrite::no);
  const Archive all = load(folder / "all.h5");
  SparseCodes<float> codes = some_codes(5, 1);
  codes.append(some_codes(7, 3));
  EXPECT_EQ(SparseCodes<float>::from_archive(all), codes);
  const auto positions = all.at("patches/position").as<std::int64_t>();
  ASSERT_EQ(positions.size(), 36u);
  for (std::int64_t i = 0; i < 12; ++i) {
    const std::int64_t own = i < 5 ? i : i - 5;
    EXPECT_EQ(positions[static_cast<std::size_t>(3 * i)], i < 5 ? own % 2 : 3 + own % 3);
    EXPECT_EQ(positions[static_cast<std::size_t>(3 * i + 1)], own);
  }
  EXPECT_EQ(all.at("images/shape").shape().front(), 6);
  EXPECT_EQ(all.attribute("", "model"), Value(std::string("m")));
  EXPECT_EQ(all.attribute("", "job"), Value());  // theirs differ
}

TEST(JoinCodes, IndicesHave64BitsWhereThereAreTooManyEntries) {
  const TemporaryFolder folder;
  const auto first = some_codes(30, 1), second = some_codes(40, 2);
  save(folder / "a.h5", first.to_archive());
  save(folder / "b.h5", second.to_archive());
  SparseCodes<float> codes = first;
  codes.append(second);
  const auto join_at = [&](std::int64_t most) {
    const StreamedArchive joined = join_codes({folder / "a.h5", folder / "b.h5"}, most);
    save(folder / "all.npz", joined, Overwrite::yes);
    save(folder / "all.h5", joined, Overwrite::yes);
    EXPECT_EQ(load(folder / "all.npz").at("codes/indices"),
              load(folder / "all.h5").at("codes/indices"));
    return load(folder / "all.h5");
  };
  const Archive narrow = join_at(codes.nonzeros()), wide = join_at(codes.nonzeros() - 1);
  for (const char* name : {"codes/indices", "codes/indptr"}) {
    EXPECT_EQ(narrow.at(name).dtype(), DType::i32);
    EXPECT_EQ(wide.at(name).dtype(), DType::i64);
  }
  EXPECT_EQ(SparseCodes<float>::from_archive(narrow), codes);
  EXPECT_EQ(SparseCodes<float>::from_archive(wide), codes);
  // Wide parts become narrow again.
  save(folder / "wide.h5", wide);
  save(folder / "twice.h5", join_codes({folder / "wide.h5", folder / "a.h5"}), Overwrite::no);
  codes.append(first);
  EXPECT_EQ(load(folder / "twice.h5").at("codes/indices").dtype(), DType::i32);
  EXPECT_EQ(SparseCodes<float>::from_archive(load(folder / "twice.h5")), codes);
}

TEST(JoinCodes, RefusesWhatIsNotOfOneKind) {
  const TemporaryFolder folder;
  save(folder / "a.h5", patch_codes(5, 2, 1));
  const auto refused = [&](const Archive& archive, const std::string& words) {
    save(folder / "b.h5", archive, Overwrite::yes);
    const auto join_both = [&] {
      save(folder / "c.h5", join_codes({folder / "a.h5", folder / "b.h5"}), Overwrite::no);
    };
    EXPECT_THAT(join_both, ThrowsMessage<Error>(HasSubstr("b.h5"))) << words;
    EXPECT_THAT(join_both, ThrowsMessage<Error>(HasSubstr(words)));
    EXPECT_FALSE(std::filesystem::exists(folder / "c.h5"));
  };
  Archive other = patch_codes(5, 2, 1);
  other.attributes[""]["model"] = std::string("n");
  refused(other, "another model");
  other = patch_codes(5, 2, 1);
  other.arrays.erase("patches/position");
  refused(other, "'patches/position' is in");
  other = patch_codes(5, 2, 1);
  other.arrays["codes/data"] =
      Array::from<double>(other.at("codes/data").to<double>(), {other.at("codes/data").size()});
  refused(other, "holds float64");
  other = patch_codes(5, 2, 1);
  other.arrays.erase("codes/indptr");
  refused(other, "holds no codes");
  EXPECT_THAT([&] { join_codes({}); }, ThrowsMessage<Error>(HasSubstr("no file")));
}

}  // namespace
}  // namespace striate
