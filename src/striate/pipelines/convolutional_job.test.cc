#include "striate/pipelines/convolutional_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "striate/catalog/convolutional_solvers.h"
#include "striate/core/parallel.h"
#include "striate/dictionaries/dct.h"
#include "striate/images/synthetic.h"
#include "striate/io/formats.h"
#include "striate/io/images.h"
#include "striate/io/segments.h"
#include "striate/pipelines/coded_images.h"
#include "tests/problems/temporary_folder.h"

namespace striate {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

struct Job {
  NamedImages<float> images;
  FilterModel<float> model;
  ConvolutionalTask<float> task{.settings = {{"lambda", 0.05}}};
};

// Images of different sizes under the smoothest cosines.
Job some_job(std::int64_t channels = 1) {
  Job job;
  std::vector<Image<float>> images;
  for (std::int64_t i = 0; i < 4; ++i) {
    auto one =
        dead_leaves<float>({.set = {.images = 1, .rows = 30 + i, .columns = 34 - i, .seed = i}});
    Image<float> image(one[0].rows(), one[0].columns(), channels);
    for (std::int64_t p = 0; p < image.size(); ++p)
      image.data()[p] = one[0].data()[p / channels] * float(1 + p % channels);
    images.push_back(image);
    job.images.names.push_back("picture " + std::to_string(i));
  }
  job.images.images = std::make_shared<ImagesInMemory<float>>(
      std::make_shared<const std::vector<Image<float>>>(std::move(images)));
  job.model.taps = dct<float>({.patch = 5});
  job.model.rows = job.model.columns = 5;
  job.model.preparation.colour = channels > 1;
  return job;
}

ConvolutionalReport run_job(const Job& job, const std::filesystem::path& output,
                            bool resume = false, const Run& run = {}) {
  return encode_images(job.images, job.model, job.task, output, resume, Overwrite::no, {}, run);
}

// 1/2 |s - D x|^2 + lambda |x|_1, from the definitions.
double objective(const Image<float>& s, const Image<float>& model,
                 const ConvolutionalCodes<float>& x, double lambda) {
  double sum = 0;
  for (std::int64_t i = 0; i < s.size(); ++i) {
    const double r = double(s.data()[i]) - double(model.data()[i]);
    sum += r * r / 2;
  }
  for (const float v : x.values()) sum += lambda * std::abs(double(v));
  return sum;
}

TEST(convolutional_job, writes_certified_codes_of_every_image) {
  const TemporaryFolder folder;
  const Job job = some_job();
  std::vector<std::string> heard;
  const auto report = encode_images<float>(
      job.images, job.model, job.task, folder / "codes.h5", false, Overwrite::no,
      [&](const CodedImage& coded) { heard.push_back(coded.name); });
  EXPECT_EQ(heard, job.images.names);
  ASSERT_EQ(report.images.size(), 4u);
  const Archive archive = load(folder / "codes.h5");
  const auto coded = CodedImages<float>::from_archive(archive);
  ASSERT_EQ(coded.size(), 4);
  EXPECT_EQ(coded.names, job.images.names);
  EXPECT_EQ(coded.model->hash(), job.model.hash());
  const auto objectives = archive.at("info/objective").as<double>();
  for (std::int64_t i = 0; i < 4; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const CodedImage& told = report.images[at];
    EXPECT_EQ(told.status, Status::converged);
    EXPECT_LE(told.relative_gap, 0.01);
    EXPECT_EQ(told.nonzeros, coded.maps[at].nonzeros());
    EXPECT_DOUBLE_EQ(told.sparseness, coded.maps[at].sparseness());
    const Image<float> seen = decode_coded_image(coded, i, job.model, true);
    const auto image = job.images.images->image(i);
    const Image<float> prepared = prepare_image(*image, job.model.preparation).image;
    const double own = objective(prepared, seen, coded.maps[at], 0.05);
    EXPECT_NEAR(told.objective, own, 1e-5 * own);
    EXPECT_EQ(objectives[at], told.objective);
    // What was not coded is small beside the image, whose mean came back.
    const Image<float> whole = decode_coded_image(coded, i, job.model);
    double error = 0, power = 0;
    for (std::int64_t p = 0; p < whole.size(); ++p) {
      const double e = whole.data()[p] - image->data()[p];
      error += e * e;
      power += image->data()[p] * image->data()[p];
    }
    EXPECT_LT(error, 0.03 * power);
  }
  EXPECT_FALSE(std::filesystem::exists(segments_folder(folder / "codes.h5")));
}

TEST(convolutional_job, codes_channels_together_or_apart) {
  const TemporaryFolder folder;
  Job job = some_job(3);
  EXPECT_THAT([&] { run_job(job, folder / "no.h5"); },
              ThrowsMessage<Error>(HasSubstr("picture 0: image has 3 channels, the filters 1")));
  job.task.channels_apart = true;
  const auto report = run_job(job, folder / "apart.h5");
  const auto coded = CodedImages<float>::from_archive(load(folder / "apart.h5"));
  ASSERT_EQ(coded.maps.size(), 12u);
  EXPECT_EQ(coded.channels_apart, 3);
  std::int64_t nonzeros = 0;
  for (std::size_t c = 0; c < 3; ++c) nonzeros += coded.maps[c].nonzeros();
  EXPECT_EQ(report.images[0].nonzeros, nonzeros);
  EXPECT_EQ(decode_coded_image(coded, 0, job.model).channels(), 3);
  // The channels are multiples of one another, so at the same lambda the last has the most entries.
  EXPECT_LT(coded.maps[0].nonzeros(), coded.maps[2].nonzeros());

  // Filters of three channels.
  job.task.channels_apart = false;
  Matrix<float> taps(75, 25);
  for (std::int64_t k = 0; k < 25; ++k)
    for (std::int64_t i = 0; i < 75; ++i) taps(i, k) = job.model.taps(i / 3, k) / 2;
  job.model.taps = taps;
  job.model.channels = 3;
  run_job(job, folder / "shared.h5");
  EXPECT_EQ(CodedImages<float>::from_archive(load(folder / "shared.h5")).maps.size(), 4u);
}

TEST(convolutional_job, sees_nothing_behind_a_mask) {
  const TemporaryFolder folder;
  Job job = some_job();
  job.task.data_weights = [&](std::int64_t i) {
    const ImageShape shape = job.images.images->shape(i);
    Image<float> weights(shape.rows, shape.columns);
    for (std::int64_t p = 0; p < weights.size(); ++p) weights.data()[p] = p % 4 != 0;
    return weights;
  };
  run_job(job, folder / "a.h5");
  // The same images with other values there.
  std::vector<Image<float>> changed;
  for (std::int64_t i = 0; i < 4; ++i) {
    changed.push_back(*job.images.images->image(i));
    for (std::int64_t p = 0; p < changed.back().size(); p += 4) changed.back().data()[p] = 7;
  }
  job.images.images = std::make_shared<ImagesInMemory<float>>(
      std::make_shared<const std::vector<Image<float>>>(std::move(changed)));
  run_job(job, folder / "b.h5");
  EXPECT_EQ(CodedImages<float>::from_archive(load(folder / "a.h5")).maps,
            CodedImages<float>::from_archive(load(folder / "b.h5")).maps);
}

Archive without_seconds(Archive archive) {
  archive.arrays.erase("info/seconds");
  return archive;
}

TEST(convolutional_job, goes_on_behind_the_images_that_were_done) {
  const TemporaryFolder folder;
  const Job job = some_job();
  run_job(job, folder / "whole.h5");
  std::stop_source stop;
  const auto report = encode_images<float>(job.images, job.model, job.task, folder / "codes.h5",
                                           false, Overwrite::no,
                                           [&](const CodedImage& coded) {
                                             if (coded.name == "picture 1") stop.request_stop();
                                           },
                                           {.stop = stop.get_token()});
  EXPECT_EQ(report.stopped, StopReason::stopped);
  EXPECT_EQ(report.images.size(), 2u);
  EXPECT_FALSE(std::filesystem::exists(folder / "codes.h5"));
  // Another job does not go on from there.
  Job other = job;
  other.task.settings["lambda"] = 0.06;
  EXPECT_THROW(run_job(other, folder / "codes.h5", true), IoError);
  const auto rest = run_job(job, folder / "codes.h5", true);
  EXPECT_EQ(rest.resumed, 2);
  EXPECT_EQ(rest.images.size(), 4u);
  EXPECT_EQ(without_seconds(load(folder / "codes.h5")), without_seconds(load(folder / "whole.h5")));
  // What is finished is left alone.
  const auto again = run_job(job, folder / "codes.h5", true);
  EXPECT_EQ(again.resumed, 4);
  ASSERT_EQ(again.images.size(), 4u);
  EXPECT_EQ(again.images[3].nonzeros, rest.images[3].nonzeros);
  EXPECT_EQ(again.images[3].name, "picture 3");
}

TEST(convolutional_job, survives_being_killed) {
  const TemporaryFolder folder;
  const Job job = some_job();
  run_job(job, folder / "whole.h5");
  const pid_t child = fork();
  if (child == 0) {
    encode_images<float>(job.images, job.model, job.task, folder / "codes.h5", false, Overwrite::no,
                         [](const CodedImage& coded) {
                           if (coded.name == "picture 2") kill(getpid(), SIGKILL);
                         });
    _exit(0);
  }
  int how = 0;
  waitpid(child, &how, 0);
  ASSERT_TRUE(WIFSIGNALED(how));
  const auto rest = run_job(job, folder / "codes.h5", true);
  EXPECT_EQ(rest.resumed, 3);
  EXPECT_EQ(without_seconds(load(folder / "codes.h5")), without_seconds(load(folder / "whole.h5")));
}

TEST(convolutional_job, keeps_the_last_image_as_it_is_when_the_time_is_over) {
  const TemporaryFolder folder;
  Job job = some_job();
  job.task.settings["tolerance"] = 0.;
  // Several images: there is no file.
  const auto cut = run_job(job, folder / "several.h5", false, {.max_seconds = 1e-9});
  EXPECT_EQ(cut.stopped, StopReason::time_limit);
  EXPECT_TRUE(cut.images.empty());
  EXPECT_FALSE(std::filesystem::exists(folder / "several.h5"));
  EXPECT_FALSE(std::filesystem::exists(segments_folder(folder / "several.h5")));
  job.images.images = std::make_shared<ImagesInMemory<float>>(
      std::make_shared<const std::vector<Image<float>>>(1, *job.images.images->image(0)));
  job.images.names.resize(1);
  const auto report = run_job(job, folder / "one.h5", false, {.max_seconds = 0.02});
  ASSERT_EQ(report.images.size(), 1u);
  EXPECT_EQ(report.images[0].status, Status::time_limit);
  EXPECT_EQ(load(folder / "one.h5").attribute("", "single"), Value(true));
}

TEST(convolutional_job, has_the_same_bits_for_any_number_of_threads) {
  const TemporaryFolder folder;
  const Job job = some_job();
  run_job(job, folder / "one.h5", false, {.threads = 1});
  run_job(job, folder / "four.h5", false, {.threads = 4});
  EXPECT_EQ(without_seconds(load(folder / "one.h5")), without_seconds(load(folder / "four.h5")));
}

TEST(convolutional_job, writes_the_same_of_an_answer_at_hand) {
  const TemporaryFolder folder;
  Job job = some_job();
  job.images.images = std::make_shared<ImagesInMemory<float>>(
      std::make_shared<const std::vector<Image<float>>>(1, *job.images.images->image(0)));
  job.images.names.resize(1);
  run_job(job, folder / "codes.h5");
  Archive there = without_seconds(load(folder / "codes.h5"));
  const auto prepared = prepare_image(*job.images.images->image(0), job.model.preparation);
  const auto answer = encode_convolutional<float>("auto", job.model.bank(), prepared.image.view(),
                                                  job.task.settings);
  Values coding = job.task.settings;
  coding["method"] = std::string("auto");
  const Archive here = without_seconds(
      archive_of_image(job.model, answer.codes, answer.info, prepared, "picture 0", coding));
  EXPECT_EQ(here.arrays, there.arrays);
  there.attributes[""].erase("job");
  for (const auto& [place, values] : here.attributes)
    EXPECT_EQ(values, there.attributes[place]) << place;
}

TEST(convolutional_job, names_the_image_that_it_cannot_code) {
  const TemporaryFolder folder;
  Job job = some_job();
  job.model.taps = Matrix<float>(31 * 31, 2);
  job.model.rows = job.model.columns = 31;
  EXPECT_THAT([&] { run_job(job, folder / "codes.h5"); },
              ThrowsMessage<Error>(HasSubstr("picture 0: filters have 31 x 31 taps")));
  job = some_job();
  job.task.method = "newton";
  EXPECT_THAT([&] { check_coding(job.model, job.task); },
              ThrowsMessage<Error>(HasSubstr("no convolutional solver 'newton'")));
  job.task = {
      .method = "admm",
      .settings = {{"lambda", 0.1}, {"gradient_weight", 1.0}, {"boundary", std::string("linear")}}};
  EXPECT_THAT([&] { check_coding(job.model, job.task); },
              ThrowsMessage<Error>(HasSubstr("with boundary linear")));
  job.task = {.settings = {{"lambda", 0.1}}};
  job.task.data_weights = [](std::int64_t) { return Image<float>(3, 3); };
  EXPECT_THAT([&] { run_job(job, folder / "codes.h5"); },
              ThrowsMessage<Error>(HasSubstr("picture 0: prepare_image: weights are 3 x 3")));
  EXPECT_FALSE(std::filesystem::exists(segments_folder(folder / "codes.h5")));
}

TEST(convolutional_job, opens_files_and_tells_their_images_apart) {
  const TemporaryFolder folder;
  const auto leaves = dead_leaves<float>({.set = {.images = 3, .rows = 20, .columns = 24}});
  write_image<float>(folder / "a.png", leaves[0]);
  Archive batch;
  std::vector<float> values;
  for (int i = 1; i < 3; ++i)
    values.insert(values.end(), leaves[std::size_t(i)].data(),
                  leaves[std::size_t(i)].data() + leaves[std::size_t(i)].size());
  batch.arrays["data"] = Array::from<float>(values, {2, 20, 24});
  save(folder / "b.npy", batch, Overwrite::no);
  const auto named =
      open_images<float>({(folder / "a.png").string(), (folder / "b.npy").string()}, {});
  ASSERT_EQ(named.images->size(), 3);
  EXPECT_THAT(named.names[0], testing::EndsWith("a.png"));
  EXPECT_THAT(named.names[1], testing::EndsWith("b.npy, image 0"));
  EXPECT_THAT(named.names[2], testing::EndsWith("b.npy, image 1"));
  EXPECT_EQ(*named.images->image(2), leaves[2]);
  values[30] = std::numeric_limits<float>::quiet_NaN();
  batch.arrays["data"] = Array::from<float>(values, {2, 20, 24});
  save(folder / "nan.npy", batch, Overwrite::no);
  EXPECT_THAT([&] { open_images<float>({(folder / "nan.npy").string()}, {}); },
              ThrowsMessage<IoError>(HasSubstr("nan.npy")));
}

}  // namespace
}  // namespace striate
