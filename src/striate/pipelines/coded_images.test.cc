#include "striate/pipelines/coded_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "striate/core/random.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// Two images of different sizes, of so many channels coded apart, under two filters 2 x 3.
struct Problem {
  FilterModel<double> model;
  std::vector<ConvolutionalCodes<double>> maps;
  Archive archive;
};

Problem some_problem(std::int64_t apart = 0) {
  Problem p;
  p.model.rows = 2;
  p.model.columns = 3;
  p.model.taps = Matrix<double>(6, 2);
  Random random(1, stream("coded images test"));
  for (std::size_t i = 0; i < p.model.taps.size(); ++i) p.model.taps.data()[i] = random.normal();
  p.archive = p.model.to_archive();
  p.archive.attributes[""] = {{"kind", std::string("convolutional_codes")}, {"channels", apart}};
  for (std::int64_t i = 0; i < 2; ++i) {
    for (std::int64_t c = 0; c < std::max<std::int64_t>(apart, 1); ++c) {
      ConvolutionalCodes<double> codes(p.model.bank().maps(5 + i, 6, Boundary::inside));
      codes.append(0, 1, 0, 1.5 + double(c));
      codes.append(2, 3, 1, -0.5);
      p.archive.insert(numbered(std::ssize(p.maps)), codes.to_archive());
      p.maps.push_back(codes);
    }
    p.archive.attributes["images/" + numbered(i)]["name"] = "image " + std::string(1, "ab"[i]);
  }
  return p;
}

TEST(coded_images, are_read_with_their_names_and_filters) {
  const Problem p = some_problem();
  EXPECT_TRUE(holds_convolutional_codes(p.archive));
  const auto coded = CodedImages<double>::from_archive(p.archive);
  EXPECT_EQ(coded.maps, p.maps);
  EXPECT_THAT(coded.names, testing::ElementsAre("image a", "image b"));
  ASSERT_TRUE(coded.model);
  EXPECT_EQ(coded.model->hash(), p.model.hash());
}

TEST(coded_images, are_sums_of_filters_and_of_what_was_taken_away) {
  for (const std::int64_t apart : {0, 3}) {
    Problem p = some_problem(apart);
    const std::int64_t channels = apart > 0 ? apart : 1;
    std::vector<double> background(std::size_t(5 * 6 * channels), 0.25), gain(background);
    for (std::size_t i = 0; i < gain.size(); ++i) gain[i] = 1 + double(i);
    p.archive.arrays["images/000000000/background"] =
        Array::from<double>(background, {5, 6, channels});
    p.archive.arrays["images/000000000/gain"] = Array::from<double>(gain, {5, 6, channels});
    const auto coded = CodedImages<double>::from_archive(p.archive);
    const Image<double> seen = decode_coded_image(coded, 0, p.model, true);
    const Image<double> whole = decode_coded_image(coded, 0, p.model);
    ASSERT_EQ(seen.channels(), channels);
    for (std::int64_t r = 0; r < 5; ++r)
      for (std::int64_t c = 0; c < 6; ++c)
        for (std::int64_t channel = 0; channel < channels; ++channel) {
          double sum = 0;
          const auto tap = [&](std::int64_t row, std::int64_t column, std::int64_t k) {
            return row >= 0 && row < 2 && column >= 0 && column < 3
                       ? p.model.taps(row * 3 + column, k)
                       : 0;
          };
          sum += (1.5 + double(channel)) * tap(r, c - 1, 0) - 0.5 * tap(r - 2, c - 3, 1);
          EXPECT_NEAR(seen(r, c, channel), sum, 1e-14);
          const auto i = static_cast<std::size_t>((r * 6 + c) * channels + channel);
          EXPECT_NEAR(whole(r, c, channel), sum * gain[i] + 0.25, 1e-12);
        }
    // Nothing was taken from the second image.
    EXPECT_EQ(decode_coded_image(coded, 1, p.model), decode_coded_image(coded, 1, p.model, true));
  }
}

TEST(coded_images, of_a_single_set_of_maps_need_no_number) {
  const Problem p = some_problem();
  const auto coded = CodedImages<double>::from_archive(p.maps[0].to_archive());
  EXPECT_EQ(coded.maps, std::vector(1, p.maps[0]));
  EXPECT_FALSE(coded.model);
  EXPECT_THAT(coded.names, testing::ElementsAre("image 0"));
}

TEST(coded_images, refuse_what_does_not_fit) {
  EXPECT_FALSE(holds_convolutional_codes({}));
  EXPECT_THAT([] { CodedImages<float>::from_archive({}); },
              ThrowsMessage<Error>(HasSubstr("holds no convolutional codes")));
  Problem p = some_problem();
  p.archive.attributes[""]["channels"] = std::int64_t{3};
  EXPECT_THAT([&] { CodedImages<double>::from_archive(p.archive); },
              ThrowsMessage<Error>(HasSubstr("2 sets of maps, which are no images of 3 channels")));
  p = some_problem();
  p.archive.arrays.erase("000000001/maps/indptr");
  EXPECT_THAT([&] { CodedImages<double>::from_archive(p.archive); },
              ThrowsMessage<Error>(HasSubstr("000000001/maps/indptr")));
  p = some_problem();
  p.archive.arrays["images/000000001/gain"] = Array(DType::f64, {4, 4, 1});
  const auto coded = CodedImages<double>::from_archive(p.archive);
  EXPECT_THAT([&] { decode_coded_image(coded, 1, p.model); },
              ThrowsMessage<Error>(HasSubstr("the gain is 4 x 4 x 1, the image 6 x 6 x 1")));
  std::swap(p.model.rows, p.model.columns);
  EXPECT_THAT([&] { decode_coded_image(coded, 1, p.model); },
              ThrowsMessage<Error>(HasSubstr("2 filters of 2 x 3 taps, the model has 2 of 3 x 2")));
}

}  // namespace
}  // namespace striate
