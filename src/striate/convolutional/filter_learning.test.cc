#include "striate/convolutional/filter_learning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stop_token>

#include "tests/problems/planted_maps.h"

namespace striate {
namespace {

using problems::plain_synthesis;
using problems::random_codes;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Images made of filters that are known, by few entries.
template <class T>
struct Planted {
  Planted(std::int64_t filters, std::int64_t side, std::int64_t channels = 1, int images = 3,
          double density = 0.01)
      : truth(random_matrix<T>(side * side * channels, filters, 1)) {
    const FilterSet set{.filters = filters, .rows = side, .columns = side, .channels = channels};
    set.project_all<T>("test", truth);
    for (int i = 0; i < images; ++i) {
      const MapShape shape{40 + 3 * (i % 5), 37 - 2 * (i % 4),  side, side,
                           filters,          Boundary::circular};
      kept->push_back(
          plain_synthesis(truth, channels, random_codes<T>(shape, density, 30 + std::uint64_t(i))));
    }
  }
  ImagesInMemory<T> source() const { return ImagesInMemory<T>(kept); }

  Matrix<T> truth;
  std::shared_ptr<std::vector<Image<T>>> kept = std::make_shared<std::vector<Image<T>>>();
};

FilterLearningSettings small(FilterMethod method, std::int64_t steps = 6) {
  FilterLearningSettings settings;
  settings.method = method;
  settings.lambda = 0.05;
  settings.filters = 5;
  settings.rows = settings.columns = 4;
  settings.steps = steps;
  return settings;
}

template <class T>
FilterLearningResult<T> run_all(FilterLearning<T>& job) {
  return learn_filters(job, {.threads = 1});
}

// The objective by plain loops from images, filters and codes.
template <class T>
double plain_objective(const Planted<T>& p, const FilterLearning<T>& job, double lambda,
                       const std::vector<Image<T>>* weights = nullptr) {
  double sum = 0;
  for (std::size_t i = 0; i < p.kept->size(); ++i) {
    const Image<T>& image = (*p.kept)[i];
    const auto model = plain_synthesis(job.filters(), image.channels(), job.codes()[i]);
    for (std::int64_t j = 0; j < image.size(); ++j) {
      const double omega = weights ? double((*weights)[i].data()[j]) : 1;
      if (omega > 0)
        sum += omega * std::pow(double(image.data()[j]) - double(model.data()[j]), 2) / 2;
    }
    for (T x : job.codes()[i].values()) sum += lambda * std::abs(double(x));
  }
  return sum;
}

// Whatever the method, the boundary, the penalty's sign and the filters' set; weights where allowed.
TEST(filter_learning, TheObjectiveNeverRisesAndIsThatOfTheAnswer) {
  const Planted<double> p(5, 4);
  auto weights = std::make_shared<std::vector<Image<double>>>();
  for (const auto& image : *p.kept) {
    weights->emplace_back(image.rows(), image.columns());
    for (std::int64_t i = 0; i < image.size(); ++i)
      weights->back().data()[i] = i % 7 ? 0.5 + double(i % 3) : 0;
  }
  const ImagesInMemory<double> source = p.source(), omega(weights);
  for (auto method : {FilterMethod::cd, FilterMethod::pgm, FilterMethod::consensus})
    for (auto boundary : {Boundary::circular, Boundary::inside, Boundary::linear})
      for (bool weighted : {false, true}) {
        if (method == FilterMethod::consensus && (weighted || boundary == Boundary::linear))
          continue;
        SCOPED_TRACE(testing::Message() << "method " << int(method) << ", boundary "
                                        << int(boundary) << ", weighted " << weighted);
        auto settings = small(method);
        settings.boundary = boundary;
        settings.positive = weighted;
        settings.zero_mean = boundary == Boundary::inside;
        if (boundary == Boundary::linear) settings.sides = {3, 4};
        FilterLearning<double> job(source, settings, nullptr, weighted ? &omega : nullptr);
        double before = kInfinity;
        while (!job.done()) {
          ASSERT_TRUE(job.step({.threads = 1}));
          const FilterLearningRow& row = job.history().back();
          EXPECT_LE(row.objective, before * (1 + 1e-12));
          EXPECT_NEAR(row.objective,
                      plain_objective(p, job, 0.05, weighted ? weights.get() : nullptr),
                      1e-10 * row.objective);
          before = row.objective;
          for (std::int64_t k = 0; k < 5; ++k) {
            double squares = 0, sum = 0;
            for (double tap : job.filters().column(k)) squares += tap * tap, sum += tap;
            EXPECT_NEAR(squares, 1, 1e-12);
            EXPECT_TRUE(!settings.zero_mean || std::abs(sum) < 1e-12);
          }
        }
        EXPECT_EQ(job.steps(), 6);
        EXPECT_LT(before, 0.97 * job.history().front().objective);
      }
}

// From filters that are half noise. The l1 norm shrinks codes, and hardly turns filters.
TEST(filter_learning, RecoversPlantedFilters) {
  const Planted<float> p(5, 5, 1, 4, 0.004);
  const auto source = p.source();
  Matrix<float> initial = random_matrix<float>(25, 5, 8);
  for (std::size_t i = 0; i < initial.size(); ++i)
    initial.data()[i] = 0.2f * initial.data()[i] + p.truth.data()[i];
  for (auto method : {FilterMethod::cd, FilterMethod::pgm, FilterMethod::consensus}) {
    auto settings = small(method, 40);
    settings.rows = settings.columns = 5;
    FilterLearning<float> job(source, settings, &initial);
    const auto cosine = [&](std::int64_t k) {
      double product = 0;
      for (std::int64_t t = 0; t < 25; ++t)
        product += double(job.filters()(t, k)) * double(p.truth(t, k));
      return product;
    };
    for (std::int64_t k = 0; k < 5; ++k) EXPECT_LT(cosine(k), 0.9);
    EXPECT_EQ(run_all(job).status, LearnStatus::completed);
    for (std::int64_t k = 0; k < 5; ++k) EXPECT_GT(cosine(k), 0.99) << int(method) << ' ' << k;
  }
}

TEST(filter_learning, OnlineLowersTheObjectiveOfImagesToCome) {
  const Planted<float> p(5, 4, 1, 24);
  const auto source = p.source();
  auto settings = small(FilterMethod::online);
  settings.steps.reset();
  settings.epochs = 3;
  settings.online.batch = 2;
  settings.initial = Initial::random;
  FilterLearning<float> job(source, settings);
  EXPECT_EQ(job.total_steps(), 36);
  const auto result = run_all(job);
  EXPECT_TRUE(result.codes.empty());
  EXPECT_EQ(result.history.back().images, 72);
  const auto mean = [&](std::size_t first) {
    double sum = 0;
    for (std::size_t i = first; i < first + 12; ++i) sum += result.history[i].objective / 12;
    return sum;
  };
  EXPECT_LT(mean(24), 0.9 * mean(0));
  for (std::int64_t k = 0; k < 5; ++k) {
    double squares = 0;
    for (float tap : result.filters.column(k)) squares += double(tap) * double(tap);
    EXPECT_NEAR(squares, 1, 1e-5);
  }
}

TEST(filter_learning, SameBitsForAnyNumberOfThreadsAndAfterResuming) {
  const Planted<float> p(5, 4, 2);
  const auto source = p.source();
  for (auto method :
       {FilterMethod::cd, FilterMethod::pgm, FilterMethod::consensus, FilterMethod::online}) {
    const auto settings = small(method);
    FilterLearning<float> one(source, settings), three(source, settings), again(source, settings);
    learn_filters(one, {.threads = 1});
    learn_filters(three, {.threads = 3});
    EXPECT_EQ(one.filters(), three.filters()) << int(method);
    EXPECT_EQ(one.codes(), three.codes()) << int(method);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(again.step());
    FilterLearning<float> resumed(source, settings, again.save());
    EXPECT_EQ(resumed.steps(), 3);
    learn_filters(resumed);
    EXPECT_EQ(one.filters(), resumed.filters()) << int(method);
    EXPECT_EQ(one.codes(), resumed.codes()) << int(method);
    ASSERT_EQ(one.history().size(), resumed.history().size());
    for (std::size_t i = 0; i < one.history().size(); ++i)
      EXPECT_EQ(one.history()[i].objective, resumed.history()[i].objective);
  }
}

// Filters that nothing uses: the last three have hardly any correlation with what is left over.
TEST(filter_learning, ReplacesUnusedFiltersAndOnlyThose) {
  const Planted<double> p(5, 4, 1, 3, 0.003);
  const auto source = p.source();
  for (auto replace : {Replace::worst, Replace::sample, Replace::none}) {
    auto settings = small(FilterMethod::cd, 3);
    settings.filters = 9;
    settings.lambda = 0.3;
    settings.replace = replace;
    Matrix<double> initial(16, 9);
    for (std::int64_t k = 0; k < 9; ++k)
      for (std::int64_t t = 0; t < 16; ++t)
        initial(t, k) = k < 5 ? p.truth(t, k) : (t + k) % 2 ? 1 : -1;  // a chequerboard
    FilterLearning<double> job(source, settings, &initial);
    const Matrix<double> first = job.filters();
    ASSERT_TRUE(job.step());
    const std::int64_t replaced = job.history()[0].replaced;
    if (replace == Replace::none) EXPECT_EQ(replaced, 0);
    else EXPECT_EQ(replaced, 9 - job.history()[0].filters_in_use);
    const std::vector<std::int64_t> unused = [&] {
      std::vector<std::int64_t> all, uses(9, 0);
      for (const auto& codes : job.codes())
        for (std::int64_t k = 0; k < 9; ++k) uses[std::size_t(k)] += codes.uses()[std::size_t(k)];
      for (std::int64_t k = 0; k < 9; ++k)
        if (uses[std::size_t(k)] == 0) all.push_back(k);
      return all;
    }();
    EXPECT_FALSE(unused.empty());
    for (std::int64_t k : unused) {
      const bool same = std::ranges::equal(job.filters().column(k), first.column(k));
      EXPECT_EQ(same, replace == Replace::none) << k;
    }
    const double before = job.history()[0].objective;
    ASSERT_TRUE(job.step());
    EXPECT_LE(job.history()[1].objective, before);
  }
}

// What lies under the mask has no say.
TEST(filter_learning, MaskedPixelsCountForNothing) {
  const Planted<float> p(5, 4);
  auto mask = std::make_shared<std::vector<Image<float>>>();
  auto spoilt = std::make_shared<std::vector<Image<float>>>(*p.kept);
  for (auto& image : *spoilt) {
    mask->emplace_back(image.rows(), image.columns());
    for (std::int64_t i = 0; i < image.size(); ++i) {
      mask->back().data()[i] = i % 5 ? 1 : 0;
      if (i % 5 == 0) image.data()[i] = std::numeric_limits<float>::quiet_NaN();
    }
  }
  const ImagesInMemory<float> whole = p.source(), holes(spoilt), omega(mask);
  const Matrix<float> initial = random_matrix<float>(16, 5, 9);
  for (auto method : {FilterMethod::cd, FilterMethod::pgm}) {
    FilterLearning<float> a(whole, small(method), &initial, &omega),
        b(holes, small(method), &initial, &omega);
    run_all(a);
    run_all(b);
    EXPECT_EQ(a.filters(), b.filters());
    EXPECT_EQ(a.codes(), b.codes());
  }
}

TEST(filter_learning, StopsWithoutChange) {
  const Planted<float> p(5, 4);
  const auto source = p.source();
  FilterLearning<float> job(source, small(FilterMethod::cd));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(learn_filters(job, {.stop = stop.get_token()}).status, LearnStatus::stopped);
  EXPECT_EQ(job.steps(), 0);
  EXPECT_EQ(learn_filters(job, {.max_seconds = 0}).status, LearnStatus::time_limit);
  EXPECT_EQ(job.steps(), 0);
  auto settings = small(FilterMethod::cd, 1000);
  settings.min_improvement = 0.01;
  FilterLearning<float> other(source, settings);
  EXPECT_EQ(learn_filters(other).status, LearnStatus::converged);
  EXPECT_LT(other.steps(), 200);
}

TEST(filter_learning, RefusesWhatDoesNotFit) {
  const Planted<float> p(5, 4);
  const auto source = p.source();
  const auto refuses = [&](auto change, const char* text, const Matrix<float>* initial = nullptr) {
    auto settings = small(FilterMethod::cd);
    change(settings);
    EXPECT_THAT([&] { FilterLearning<float>(source, settings, initial); },
                ThrowsMessage<Error>(HasSubstr(text)));
  };
  refuses([](auto& s) { s.lambda.reset(); }, "learn: lambda is not given");
  refuses([](auto& s) { s.lambda = 0; }, "lambda");
  refuses([](auto& s) { s.filters.reset(); }, "learn: filters is not given");
  refuses([](auto& s) { s.rows = 50; }, "50");
  refuses([](auto& s) { s.sides = {2.5}; }, "sides holds 2.5");
  refuses([](auto& s) { s.epochs = 1; }, "steps and epochs are both given");
  refuses(
      [](auto& s) {
        s.method = FilterMethod::consensus;
        s.boundary = Boundary::linear;
      },
      "consensus takes neither");
  refuses(
      [](auto& s) {
        s.method = FilterMethod::online;
        s.online.batch = 4;
      },
      "batch is 4; there are 3 images");
  const Matrix<float> zero(16, 5), other(9, 5), six = random_matrix<float>(16, 6, 1);
  refuses([](auto&) {}, "filter 0 is zero or not finite", &zero);
  refuses([](auto&) {}, "initial filters have 9 taps", &other);
  refuses([](auto&) {}, "filters is 5; 6 filters are given", &six);

  auto wrong = std::make_shared<std::vector<Image<float>>>(2, Image<float>(5, 5));
  const ImagesInMemory<float> weights(wrong);
  EXPECT_THAT([&] { FilterLearning<float>(source, small(FilterMethod::cd), nullptr, &weights); },
              ThrowsMessage<Error>(HasSubstr("data_weights do not have the shapes")));
  auto holes = std::make_shared<std::vector<Image<float>>>(*p.kept);
  (*holes)[1].data()[7] = std::numeric_limits<float>::quiet_NaN();
  const ImagesInMemory<float> broken(holes);
  const Matrix<float> initial = random_matrix<float>(16, 5, 9);
  FilterLearning<float> job(broken, small(FilterMethod::cd), &initial);
  EXPECT_THAT([&] { job.step(); }, ThrowsMessage<Error>(HasSubstr("learn: image 1")));

  FilterLearning<float> good(source, small(FilterMethod::cd));
  ASSERT_TRUE(good.step());
  auto settings = small(FilterMethod::cd);
  settings.lambda = 0.06;
  EXPECT_THAT([&] { FilterLearning<float>(source, settings, good.save()); },
              ThrowsMessage<Error>(HasSubstr("lambda is 0.06 but the state was saved with 0.05")));
  EXPECT_THAT([&] { FilterLearning<float>(source, small(FilterMethod::cd), Archive()); },
              ThrowsMessage<Error>(HasSubstr("kind")));
}

}  // namespace
}  // namespace striate
