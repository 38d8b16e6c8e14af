#include "striate/io/detail/hdf5_session.h"

#include "striate/io/testing.test.h"

namespace striate::detail {
namespace {

TEST(Hdf5Session, EveryTypeOfAnArchiveComesBack) {
  const std::string name = "x.h5";
  const Session session(name);
  for (const DType type : {DType::boolean, DType::u8, DType::u16, DType::i32, DType::i64,
                           DType::u64, DType::f32, DType::f64, DType::c64, DType::c128}) {
    const Id stored = type_of(type);
    EXPECT_EQ(dtype_for(stored), type) << name_of(type);
    EXPECT_EQ(H5Tget_size(stored), size_of(type)) << name_of(type);
  }
  EXPECT_FALSE(dtype_for(text_type()));
}

TEST(Hdf5Session, AFailureNamesTheFile) {
  const std::string name = "x.h5";
  const Session session(name);
  EXPECT_THAT([&] { session.check(-1, "cannot be had"); },
              throws_with<IoError>("hdf5: x.h5: cannot be had"));
}

TEST(Hdf5Session, PathsStayInsideTheFile) {
  for (const char* bad : {"", "/", "a/", "/a", "a//b", "..", "a/../b", "."})
    EXPECT_THROW(check_path(bad), Error) << bad;
  check_path("a/b.c");
}

}  // namespace
}  // namespace striate::detail
