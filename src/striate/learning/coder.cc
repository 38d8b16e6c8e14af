#include "striate/learning/coder.h"

#include <array>
#include <type_traits>

#include "striate/solvers/elastic_net.h"
#include "striate/solvers/gradient_descent.h"
#include "striate/solvers/group_lasso.h"
#include "striate/solvers/ista.h"
#include "striate/solvers/lasso.h"
#include "striate/solvers/ols.h"
#include "striate/solvers/omp.h"

namespace striate {
namespace {

template <class T, class Settings, auto solve>
Encoding<T> penalized(const LearnSettings& s, double lambda, const Dictionary<T>& dictionary,
                      MatrixView<const T> signals, const SparseCodes<T>* initial, const Run& run) {
  Settings settings;
  settings.lambda = lambda;
  if constexpr (requires { settings.tolerance; }) {
    settings.tolerance = s.tolerance;
    settings.max_iterations = s.max_iterations;
  }
  settings.positive = s.positive;
  if constexpr (requires { settings.group_size; }) settings.group_size = s.group_size_in_force();
  if constexpr (requires { settings.l2; }) settings.l2 = s.l2;
  if constexpr (requires { settings.sigma; }) {
    settings.penalty = s.penalty;
    settings.sigma = s.sigma;
    settings.start = s.start;
  }
  if constexpr (requires { settings.descent_steps; }) {
    settings.descent_steps = s.descent_steps;
    settings.descent_rate = s.descent_rate;
    settings.cut_off = s.cut_off;
  }
  return solve(dictionary, signals, settings, initial, run);
}

template <class T, class Settings, auto solve>
Encoding<T> pursuit(const LearnSettings& s, double, const Dictionary<T>& dictionary,
                    MatrixView<const T> signals, const SparseCodes<T>*, const Run& run) {
  Settings settings;
  if (s.nonzeros) settings.nonzeros = {static_cast<double>(*s.nonzeros)};
  if (s.residual) settings.residual = {*s.residual};
  return solve(dictionary, signals, settings, run);
}

// A new coder is one entry here, and its name in Coder.
const std::array table{
    CoderEntry{.name = "lasso",
               .penalized = true,
               .positive = true,
               .run_float = penalized<float, LassoSettings, lasso<float>>,
               .run_double = penalized<double, LassoSettings, lasso<double>>},
    CoderEntry{.name = "group_lasso",
               .penalized = true,
               .groups = true,
               .positive = true,
               .run_float = penalized<float, GroupLassoSettings, group_lasso<float>>,
               .run_double = penalized<double, GroupLassoSettings, group_lasso<double>>},
    CoderEntry{.name = "elastic_net",
               .penalized = true,
               .l2 = true,
               .positive = true,
               .run_float = penalized<float, ElasticNetSettings, elastic_net<float>>,
               .run_double = penalized<double, ElasticNetSettings, elastic_net<double>>},
    CoderEntry{.name = "omp",
               .pursuit = true,
               .run_float = pursuit<float, OmpSettings, omp<float>>,
               .run_double = pursuit<double, OmpSettings, omp<double>>},
    CoderEntry{.name = "ols",
               .pursuit = true,
               .run_float = pursuit<float, OlsSettings, ols<float>>,
               .run_double = pursuit<double, OlsSettings, ols<double>>},
    CoderEntry{.name = "ista",
               .penalized = true,
               .groups = true,
               .positive = true,
               .penalties = true,
               .run_float = penalized<float, IstaSettings, ista<float>>,
               .run_double = penalized<double, IstaSettings, ista<double>>},
    CoderEntry{.name = "gradient_descent",
               .penalized = true,
               .groups = true,
               .positive = true,
               .descent = true,
               .run_float = penalized<float, GradientDescentSettings, gradient_descent<float>>,
               .run_double = penalized<double, GradientDescentSettings, gradient_descent<double>>},
};
static_assert(table.size() == EnumNames<Coder>::names.size());

}  // namespace

const CoderEntry& coder_entry(Coder coder) { return table[static_cast<std::size_t>(coder)]; }

Values coding_of(const LearnSettings& settings) {
  const CoderEntry& coder = coder_entry(settings.coder);
  Values coding;
  if (coder.penalized && settings.lambda) coding["lambda"] = *settings.lambda;
  if (coder.l2) coding["l2"] = settings.l2;
  if (coder.penalties) {
    const Values all = values(settings);
    for (const char* name : {"penalty", "sigma", "start"})
      if (const auto at = all.find(name); at != all.end()) coding.insert(*at);
  }
  if (coder.descent) {
    coding["descent_steps"] = std::int64_t{settings.descent_steps};
    coding["descent_rate"] = settings.descent_rate;
    coding["cut_off"] = settings.cut_off;
  }
  if (settings.positive) coding["positive"] = true;
  if (settings.nonzeros) coding["nonzeros"] = std::vector{static_cast<double>(*settings.nonzeros)};
  if (settings.residual) coding["residual"] = std::vector{*settings.residual};
  return coding;
}

namespace detail {

void check_coder(std::string_view who, const LearnSettings& settings) {
  const CoderEntry& coder = coder_entry(settings.coder);
  if (coder.penalized && !settings.lambda)
    throw Error(who, ": lambda is missing; ", coder.name, " needs it");
  if (coder.pursuit && !settings.nonzeros && !settings.residual)
    throw Error(who, ": nonzeros and residual are missing; ", coder.name, " needs one or both");
  const auto refuse = [&](bool given, bool read, std::string_view name, std::string_view others) {
    if (given && !read) throw Error(who, ": ", coder.name, " has no ", name, "; ", others);
  };
  const std::string_view penalized = "all coders but omp and ols have";
  refuse(settings.lambda.has_value(), coder.penalized, "lambda", penalized);
  refuse(settings.lambda_initial.has_value(), coder.penalized, "lambda_initial", penalized);
  refuse(settings.positive, coder.positive, "positive", penalized);
  refuse(settings.l2 > 0, coder.l2, "l2", "elastic_net has");
  refuse(settings.nonzeros.has_value(), coder.pursuit, "nonzeros", "omp and ols have");
  refuse(settings.residual.has_value(), coder.pursuit, "residual", "omp and ols have");
  const LearnSettings usual;
  refuse(settings.penalty != usual.penalty, coder.penalties, "penalty", "ista has");
  refuse(settings.sigma.has_value(), coder.penalties, "sigma", "ista has");
  refuse(settings.start != usual.start, coder.penalties, "start", "ista has");
  const std::string_view descent = "gradient_descent has";
  refuse(settings.descent_steps != usual.descent_steps, coder.descent, "descent_steps", descent);
  refuse(settings.descent_rate != usual.descent_rate, coder.descent, "descent_rate", descent);
  refuse(settings.cut_off != usual.cut_off, coder.descent, "cut_off", descent);
  const int size = settings.group_size_in_force();
  if (size > 1 && !coder.groups)
    throw Error(who, ": ", coder.name,
                " has no groups, so group_size must be 1; group_lasso, ista and gradient_descent "
                "have");
  const std::string_view penalty =
      EnumNames<PenaltyName>::names[static_cast<std::size_t>(settings.penalty)];
  if (settings.sigma && settings.penalty != PenaltyName::log)
    throw Error(who, ": sigma is given with penalty ", penalty, "; only log has one");
  if (size > 1 && settings.penalty != PenaltyName::l1)
    throw Error(who, ": group_size is ", size, " with penalty ", penalty,
                ", which is of single atoms; it must be 1");
  if (settings.lambda_initial && *settings.lambda_initial < *settings.lambda)
    throw Error(who, ": lambda_initial is ", *settings.lambda_initial,
                "; it must be at least lambda, ", *settings.lambda);
}

template <class T>
Encoding<T> encode_batch(const LearnSettings& settings, double lambda,
                         const Dictionary<T>& dictionary, MatrixView<const T> signals,
                         const Run& run, const SparseCodes<T>* initial) {
  const CoderEntry& coder = coder_entry(settings.coder);
  if constexpr (std::is_same_v<T, float>)
    return coder.run_float(settings, lambda, dictionary, signals, initial, run);
  else return coder.run_double(settings, lambda, dictionary, signals, initial, run);
}

bool interrupted(const EncodeInfo& info) {
  return info.count(Status::stopped) > 0 || info.count(Status::time_limit) > 0;
}

template Encoding<float> encode_batch(const LearnSettings&, double, const Dictionary<float>&,
                                      MatrixView<const float>, const Run&,
                                      const SparseCodes<float>*);
template Encoding<double> encode_batch(const LearnSettings&, double, const Dictionary<double>&,
                                       MatrixView<const double>, const Run&,
                                       const SparseCodes<double>*);

}  // namespace detail

}  // namespace striate
