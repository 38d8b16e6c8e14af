#include "striate/io/npz.h"

#include "striate/io/npy.h"
#include "striate/io/testing.test.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

Archive read(const FileBytes& file) { return read_npz(Input(file, "x.npz")); }

Archive codes() {
  Archive archive;
  archive.arrays["codes/data"] = Array::from<float>(std::vector<float>{1.5f, -2, 3}, {3});
  archive.arrays["codes/indices"] =
      Array::from<std::int32_t>(std::vector<std::int32_t>{1, 0, 2}, {3});
  archive.arrays["codes/indptr"] =
      Array::from<std::int32_t>(std::vector<std::int32_t>{0, 1, 1, 3}, {4});
  archive.attributes["codes"]["shape"] = std::vector<double>{3, 3};
  archive.attributes["codes"]["encoding-type"] = std::string("csr_matrix");
  return archive;
}

TEST(Npz, ReadsWhatNumPyWrites) {
  const Archive stored = read(sample("npz_stored"));
  EXPECT_EQ(stored.arrays.size(), 2u);
  EXPECT_EQ(stored.at("data"), read_npy(Input(sample("npy_f4"), "x")));
  EXPECT_EQ(stored.at("group/more").dtype(), DType::boolean);
  const Archive deflated = read(sample("npz_deflated"));
  EXPECT_EQ(deflated.at("zeros"), Array(DType::f64, {1000}));
  EXPECT_EQ(deflated.at("ones"),
            Array::from<std::int64_t>(std::vector<std::int64_t>{1, 1, 1}, {3}));
}

TEST(Npz, ReadsSparseMatricesOfSciPy) {
  EXPECT_EQ(read(sample("npz_csr")), codes());
  EXPECT_THAT([] { read(sample("npz_csc")); }, throws_with<IoError>("the format 'csc'"));
}

TEST(Npz, WritesSparseCodesAsSciPyDoes) {
  const TemporaryFolder folder;
  save_npz(folder / "x.npz", codes(), Overwrite::no);
  const Input input(folder / "x.npz");
  const ZipReader zip(input);
  for (const char* name : {"data.npy", "indices.npy", "indptr.npy", "shape.npy", "format.npy"})
    EXPECT_NE(zip.find(name), nullptr) << name;
  EXPECT_EQ(zip.members().size(), 5u);
  EXPECT_EQ(load_npz(folder / "x.npz"), codes());
}

TEST(Npz, ReturnsWhatWasSaved) {
  const TemporaryFolder folder;
  Archive archive = codes();
  archive.arrays["positions"] = Array(DType::i64, {3, 2});
  archive.arrays["codes/means"] = Array(DType::f64, {3});
  archive.attributes["codes"]["rate"] = 0.1;
  archive.attributes[""] = {{"title", std::string("größe")}, {"n", std::int64_t{3}}};
  Archive plain;
  plain.arrays["a/b"] = Array(DType::c64, {2});
  for (const Compression compression : {Compression::stored, Compression::deflated}) {
    for (const Archive& each : {archive, plain, Archive()}) {
      save_npz(folder / "x.npz", each, Overwrite::yes, compression);
      EXPECT_EQ(load_npz(folder / "x.npz"), each);
    }
  }
  archive.arrays["data"] = Array(DType::u8, {1});
  EXPECT_THAT([&] { save_npz(folder / "x.npz", archive, Overwrite::yes); },
              throws_with<Error>("'data' beside codes"));
}

TEST(Npz, SurvivesDamage) {
  for (const char* name : {"npz_stored", "npz_deflated", "npz_csr"}) {
    expect_truncation_noticed(sample(name), read);
    expect_damage_survived(sample(name), read);
  }
}

}  // namespace
}  // namespace striate
