#include "striate/solvers/lasso.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "striate/dictionaries/constructors.h"
#include "tests/problems/judge.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

// numpy.random.RandomState(7).randn(10, 8), rows are signals.
constexpr double fixture_signals[80] = {
    1.690525703800356,    -0.46593737054083278,  0.032820163678584403,    0.40751628299650783,
    -0.7889230286257386,  0.0020655729059481302, -0.00089038585793136283, -1.7547243063454208,
    1.0176580056634932,   0.60049851591954939,   -0.62542897396675967,    -0.17154826119572117,
    0.50529937419675164,  -0.26135641519164698,  -0.24274907867254661,    -1.4532414124907906,
    0.55458031189188783,  0.12388090528703843,   0.27445992375996359,     -1.5265245318698402,
    1.6506996911864755,   0.15433553545635803,   -0.38713994328638812,    2.0290722207611118,
    -0.04538602986064609, -1.4506786991465748,   -0.40522785542768669,    -2.2883151019717225,
    1.0493965493432547,   -0.41647431852001854,  -0.74255352520456774,    1.0724701315754954,
    -1.6510755894058389,  0.53542935632609101,   -2.0644148031211755,     -0.66215933966680873,
    -1.2042198455997326,  1.461975627213524,     1.7661608779293339,      -0.3294137519130651,
    0.84073324214353573,  -0.17998640125235033,  0.56806188732798191,     -0.75283719642146474,
    -1.7083392031670559,  -1.803098658479741,    0.38312185175751196,     2.2475950528076996,
    0.26941163050788702,  -0.52460461940085235,  1.9120188623319405,      0.23730184663719345,
    0.10143398521161544,  0.25257773555531754,   -0.13237719756684715,    -0.30947634058888041,
    -1.4349634660355541,  0.50162412318104077,   -0.09477545043989416,    1.1930859223440107,
    -0.36881846844784633, -1.9063698785304681,   -0.099610631894864493,   1.6995372967466809,
    -0.38342312293151254, -0.88985686102074935,  -1.193591922258183,      -1.0500168110753734,
    -0.30019373680016304, -1.1799820934582053,   1.4976391155975834,      -0.28263523607538044,
    0.10864837149473018,  1.4382395207337566,    1.5033185204169108,      -0.21273296701756084,
    0.3319742154884982,   0.73502658437735979,   -0.19285546034978041,    -1.7780128529585086};
// numpy.random.RandomState(11).randn(12, 8), rows scaled to norm 1: atoms.
constexpr double fixture_atoms[96] = {
    0.52972412637396915,    -0.086621142427862161, -0.14672333915059285,  -0.80340852644637917,
    -0.0025085347756046974, -0.096782409361127475, -0.16248806750172717,  0.095501986443601139,
    0.17085957668410148,    -0.43241459312072977,  -0.35963015618615446,  -0.19304948320053208,
    0.27986848856475433,    0.22772804779483274,   -0.52978289101477594,  -0.45427560605116513,
    0.26531306465819338,    0.56697854455159957,   -0.011189208167320427, -0.24608865052374398,
    0.39450342301396552,    -0.11146927035086777,  0.26132162840247636,   0.5577742760029416,
    0.44652677008308567,    0.052083397325022852,  0.51894815672845718,   -0.4553821663145477,
    -0.12621158067148108,   -0.4067517581720031,   -0.14483728303852247,  -0.3447707384965647,
    -0.073907447855717706,  -0.15138972593044331,  0.035398188536375712,  0.025330651543781071,
    0.11789648900573872,    0.55806783784500813,   -0.61539208824235914,  0.51543908500102731,
    -0.11950990908919565,   -0.62076841480251987,  -0.086852821859566845, 0.046261644753333754,
    0.53776006088235584,    -0.53477596638243174,  0.1094845764933869,    0.059349090830528077,
    -0.64939173503977221,   -0.45722622679771202,  0.23139882549516019,   0.26821014500413365,
    0.41942038710825158,    0.2058412017719575,    0.1523934177142762,    0.047377615337690762,
    0.45116476490303054,    -0.31458208809731597,  -0.052946238671542842, 0.14379122736001718,
    -0.58862698063945185,   0.48916613678132609,   -0.29585002813662076,  -0.026772609966860379,
    0.6859358029423499,     -0.26380463403418419,  -0.16836812385535563,  0.49670384377159676,
    -0.34355840174758523,   -0.1374170278461011,   0.16414184463779977,   0.14483886095023601,
    0.20603140300893563,    0.12857960904841945,   0.46689670456955895,   0.35257006941488417,
    0.20658397392215569,    -0.23695779738625253,  -0.2476320868630261,   -0.6622481197091038,
    0.21221541592573123,    -0.56287470725772493,  0.27143627062312509,   0.57008591547477672,
    -0.32779773465932444,   -0.21134233787469373,  -0.14703657532546938,  0.2563676813307913,
    -0.44434399108411915,   -0.067186132422855649, -0.26921893663682817,  -0.12932537907244732,
    0.6645838815835674,     -0.49624993803711676,  0.036932798428737472,  0.13978835222970826};

Matrix<double> matrix_of(const double* values, int columns) {
  return Matrix<double>(MatrixView<const double>(values, 8, columns));
}

// scikit-learn 1.2.1, lasso_lars at its alphas (its objective is ours); the positive optimum was
// found by trying all supports.
TEST(Lasso, ReachesTheObjectivesOfScikitLearn) {
  const Dictionary<double> dictionary(matrix_of(fixture_atoms, 12).view());
  const Matrix<double> signals = matrix_of(fixture_signals, 10);
  const auto one = lasso<double>(dictionary, signals, {.lambda = 1, .tolerance = 1e-12});
  EXPECT_EQ(one.codes.nonzeros(), 35);
  EXPECT_NEAR(one.info.objective(), 38.9204480352, 1e-9);
  double sum = 0;
  for (double z : one.codes.values()) sum += std::abs(z);
  EXPECT_NEAR(sum, 14.7926147644, 1e-6);
  const auto tenth = lasso<double>(dictionary, signals, {.lambda = 0.1, .tolerance = 1e-12});
  EXPECT_EQ(tenth.codes.nonzeros(), 75);
  EXPECT_NEAR(tenth.info.objective(), 7.4932291309, 1e-9);
  const auto positive =
      lasso<double>(dictionary, signals, {.lambda = 0.1, .tolerance = 1e-12, .positive = true});
  EXPECT_EQ(positive.codes.nonzeros(), 46);
  EXPECT_NEAR(positive.info.objective(), 22.9578110935, 1e-9);
}

TEST(Lasso, SoftensCorrelationsWithOrthonormalAtoms) {
  const auto atoms = random_atoms<double>(12, 12, 1, 12);
  const Matrix<double> signals = random_matrix<double>(12, 5, 2);
  const double lambda = 0.3;
  const auto [codes, info] = lasso<double>(Dictionary<double>(atoms.view()), signals,
                                           {.lambda = lambda, .tolerance = 1e-14});
  const Matrix<double> z = codes.to_dense();
  for (int j = 0; j < 5; ++j)
    for (int k = 0; k < 12; ++k) {
      double b = 0;
      for (int i = 0; i < 12; ++i) b += atoms(i, k) * signals(i, j);
      EXPECT_NEAR(z(k, j), std::copysign(std::max(std::abs(b) - lambda, 0.0), b), 1e-12);
    }
}

// A coarse grid over all codes, and a fine one round the answer.
TEST(Lasso, BeatsEveryCodeOnAGrid) {
  const auto p = plant<double>({.rows = 3, .atoms = 3, .nonzeros = 2, .signals = 4, .noise = 0.2});
  const Judge judge(p.dictionary.view(), {.lambda = 0.2});
  const auto [codes, info] = lasso<double>(Dictionary<double>(p.dictionary.view()), p.signals,
                                           {.lambda = 0.2, .tolerance = 1e-12});
  for (int j = 0; j < 4; ++j) {
    const std::vector<double> y = Judge::doubles(p.signals.column(j)), z = judge.dense(codes[j]);
    const double best = judge.objective(y, z);
    for (int a = -4; a <= 4; ++a)
      for (int b = -4; b <= 4; ++b)
        for (int c = -4; c <= 4; ++c) {
          const double h = 0.01;
          EXPECT_GE(judge.objective(y, std::vector{z[0] + h * a, z[1] + h * b, z[2] + h * c}),
                    best - 1e-12);
          EXPECT_GE(judge.objective(y, std::vector{0.5 * a, 0.5 * b, 0.5 * c}), best - 1e-12);
        }
  }
}

TEST(Lasso, FindsWhatWasPlantedWithoutNoise) {
  const auto p = plant<double>({.rows = 64, .atoms = 96, .nonzeros = 3, .signals = 20, .seed = 5});
  const auto [codes, info] = lasso<double>(Dictionary<double>(p.dictionary.view()), p.signals,
                                           {.lambda = 1e-3, .tolerance = 1e-8});
  const Matrix<double> z = codes.to_dense(), truth = p.codes.to_dense();
  for (int j = 0; j < 20; ++j)
    for (int k = 0; k < 96; ++k) EXPECT_NEAR(z(k, j), truth(k, j), 0.01);  // bias is about lambda
}

TEST(Lasso, ExactDuplicatesAndNearDuplicatesOfAtomsDoNotMatter) {
  auto p = plant<float>({.rows = 20, .atoms = 40, .nonzeros = 8, .signals = 30, .noise = 0.1});
  for (int i = 0; i < 20; ++i) {
    p.dictionary(i, 1) = p.dictionary(i, 0);
    p.dictionary(i, 3) = p.dictionary(i, 2) * (1 + 1e-6f);
    p.dictionary(i, 5) = 0;
    p.dictionary(i, 6) *= 30;
  }
  const auto [codes, info] = lasso<float>(Dictionary<float>(p.dictionary.view()), p.signals,
                                          {.lambda = 0.05, .tolerance = 1e-5});
  const Judge judge(p.dictionary.view(), {.lambda = 0.05});
  for (int j = 0; j < 30; ++j) {
    // Where rounding ends the descent first (single precision, an atom of norm 30), it is said.
    const SignalInfo& signal = info.signals[std::size_t(j)];
    EXPECT_EQ(signal.status, signal.relative_gap <= 1e-5 ? Status::converged : Status::stalled);
    EXPECT_LT(judge.relative_gap(p.signals.column(j), codes[j]), 2e-5);
    EXPECT_EQ(judge.dense(codes[j])[5], 0);
  }
}

}  // namespace
}  // namespace striate
