#include "striate/pipelines/filter_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "striate/core/random.h"
#include "striate/io/formats.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

template <class T>
FilterModel<T> some_model(std::int64_t channels = 1) {
  FilterModel<T> model;
  model.rows = 3;
  model.columns = 4;
  model.channels = channels;
  model.taps = Matrix<T>(12 * channels, 5);
  Random random(4, stream("filter model test"));
  for (std::size_t i = 0; i < model.taps.size(); ++i)
    model.taps.data()[i] = static_cast<T>(random.normal());
  model.preparation = {.colour = channels > 1, .highpass = 5, .contrast = 2};
  model.coding = {{"lambda", 0.1}, {"method", std::string("cd")}};
  model.provenance = {{"seed", std::int64_t{7}}};
  model.history.arrays["step"] = Array::from<double>(std::vector<double>{1, 2}, {2});
  return model;
}

// The last column of every filter is none of its taps.
template <class T>
void narrow(FilterModel<T>& model) {
  model.support.assign(5 * 12, 1);
  for (std::int64_t k = 0; k < 5; ++k)
    for (std::int64_t p = 3; p < 12; p += 4) {
      model.support[static_cast<std::size_t>(12 * k + p)] = 0;
      for (std::int64_t c = 0; c < model.channels; ++c) model.taps(p * model.channels + c, k) = 0;
    }
}

TEST(filter_model, comes_back_from_a_file_as_it_was) {
  for (const std::int64_t channels : {1, 3})
    for (const bool supported : {false, true}) {
      const TemporaryFolder folder;
      auto model = some_model<float>(channels);
      if (supported) narrow(model);
      save(folder / "model.h5", model.to_archive());
      const auto back = FilterModel<float>::from_archive(load(folder / "model.h5"));
      EXPECT_EQ(back.taps, model.taps);
      EXPECT_EQ(back.rows, 3);
      EXPECT_EQ(back.columns, 4);
      EXPECT_EQ(back.channels, channels);
      EXPECT_EQ(back.support, model.support);
      EXPECT_EQ(values(back.preparation), values(model.preparation));
      EXPECT_EQ(back.coding, model.coding);
      EXPECT_EQ(back.provenance, model.provenance);
      EXPECT_EQ(back.history, model.history);
      EXPECT_EQ(back.hash(), model.hash());
    }
}

TEST(filter_model, keeps_what_was_not_given_as_a_number) {
  auto model = some_model<float>();
  model.preparation = {};
  const auto back = FilterModel<float>::from_archive(model.to_archive());
  EXPECT_EQ(back.preparation.highpass, 10);
  EXPECT_EQ(back.hash(), model.hash());
}

TEST(filter_model, lays_filters_out_row_by_row) {
  const auto model = some_model<double>(3);
  const Array filters = model.filters();
  EXPECT_THAT(filters.shape(), testing::ElementsAre(5, 3, 4, 3));
  const auto taps = filters.as<double>();
  const auto bank = model.bank();
  for (std::int64_t k = 0; k < 5; ++k)
    for (std::int64_t r = 0; r < 3; ++r)
      for (std::int64_t c = 0; c < 4; ++c)
        for (std::int64_t channel = 0; channel < 3; ++channel)
          EXPECT_EQ(taps[static_cast<std::size_t>(((k * 3 + r) * 4 + c) * 3 + channel)],
                    bank.filter(k)[static_cast<std::size_t>((r * 4 + c) * 3 + channel)]);
}

TEST(filter_model, has_one_hash_in_either_precision_and_another_when_anything_changes) {
  const auto model = some_model<float>();
  EXPECT_EQ(FilterModel<double>::from_archive(model.to_archive()).hash(), model.hash());
  auto other = model;
  other.taps(0, 0) += 1e-6f;
  EXPECT_NE(other.hash(), model.hash());
  other = model;
  other.preparation.contrast = 3;
  EXPECT_NE(other.hash(), model.hash());
  other = model;
  std::swap(other.rows, other.columns);
  EXPECT_NE(other.hash(), model.hash());
  other = model;
  other.provenance.clear();
  EXPECT_EQ(other.hash(), model.hash());
}

TEST(filter_model, refuses_what_is_none) {
  EXPECT_THAT([] { FilterModel<float>::from_archive({}); },
              ThrowsMessage<Error>(HasSubstr("there is no array 'filters'")));
  EXPECT_THAT(
      [] {
        FilterModel<float>::from_filters(Array(DType::f32, {4, 9}));
      },
      ThrowsMessage<Error>(HasSubstr("(4, 9); filters are an array (K, h, w)")));
  EXPECT_THAT(
      [] {
        FilterModel<float>::from_filters(Array(DType::f32, {0, 3, 3}));
      },
      ThrowsMessage<Error>(HasSubstr("(0, 3, 3)")));
  auto model = some_model<double>();
  model.taps(2, 3) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT([&] { FilterModel<double>::from_archive(model.to_archive()); },
              ThrowsMessage<Error>(HasSubstr("filter 3 holds NaN or infinity")));
  model = some_model<double>();
  Archive archive = model.to_archive();
  archive.arrays["support"] = Array(DType::boolean, {5, 4, 3});
  EXPECT_THAT([&] { FilterModel<double>::from_archive(archive); },
              ThrowsMessage<Error>(HasSubstr("support has the shape (5, 4, 3)")));
  narrow(model);
  model.taps(7, 1) = 0.5;
  EXPECT_THAT([&] { FilterModel<double>::from_archive(model.to_archive()); },
              ThrowsMessage<Error>(HasSubstr("filter 1 has a tap at row 1, column 3 outside")));
  model.taps(7, 1) = 0;
  std::fill_n(model.support.begin() + 24, 12, std::uint8_t{0});
  std::ranges::fill(model.taps.column(2), 0);
  EXPECT_THAT([&] { FilterModel<double>::from_archive(model.to_archive()); },
              ThrowsMessage<Error>(HasSubstr("the support of filter 2 is empty")));
  archive = some_model<double>().to_archive();
  archive.attributes["preparation"]["contrast"] = std::int64_t{-1};
  EXPECT_THAT([&] { FilterModel<double>::from_archive(archive); },
              ThrowsMessage<Error>(HasSubstr("contrast")));
}

}  // namespace
}  // namespace striate
