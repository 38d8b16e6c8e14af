// Every cell of the table of capabilities is tried: what says yes works, what says no is refused with
// the name of a solver that has it.
#include "striate/catalog/capabilities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "striate/catalog/testing.test.h"
#include "tests/problems/plant.h"

namespace striate {
namespace {

using testing::HasSubstr;

constexpr std::int64_t rows = 12, atoms = 24, count = 5;

template <class T>
struct Asked {
  Values settings;
  Matrix<T> data_weights;
  const SparseCodes<T>* initial = nullptr;
  bool path = false;
};

template <class T>
SparseCodes<T> run(const SolverEntry& entry, const Planted<T>& p, const Asked<T>& asked) {
  const Dictionary<T> dictionary(p.dictionary.view());
  const MatrixView<const T> weights =
      asked.data_weights.size() ? asked.data_weights.view() : MatrixView<const T>();
  if (!asked.path)
    return encode<T>(entry.name, dictionary, p.signals, asked.settings, asked.initial, {}, weights)
        .codes;
  SparseCodes<T> last(atoms);
  for (const auto& steps :
       encode_path<T>(entry.name, dictionary, p.signals, asked.settings, {}, weights).codes) {
    EXPECT_GT(steps.signals(), 1) << entry.name;
    last.append(steps.slice(steps.signals() - 1, 1));
  }
  return last;
}

// Asks a solver for a capability, beside what it needs at least.
template <class T>
SparseCodes<T> ask(const SolverEntry& entry, std::string_view capability, const Planted<T>& p) {
  Asked<T> asked;
  if (has_setting(entry, "lambda")) asked.settings["lambda"] = 0.3;
  else asked.settings["nonzeros"] = 3.0;
  const SparseCodes<T> start = SparseCodes<T>::from_dense(Matrix<T>(atoms, count));
  const std::map<std::string_view, std::function<void()>> change = {
      {"penalty weights",
       [&] {
         const bool pairs =
             entry.name == std::string_view("group_lasso") || entry.name == "sparse_group_lasso";
         asked.settings["penalty_weights"] =
             std::vector<double>(std::size_t(pairs ? atoms / 2 : atoms), 1.5);
       }},
      {"non-negative", [&] { asked.settings["positive"] = true; }},
      {"mask",
       [&] {
         asked.data_weights = Matrix<T>(rows, count);
         for (std::int64_t i = 0; i < rows * count; ++i) asked.data_weights.data()[i] = i % 3 != 0;
       }},
      {"data weights",
       [&] {
         asked.data_weights = Matrix<T>(rows, 1);
         asked.data_weights.fill(T(0.7));
       }},
      {"l0 and log", [&] { asked.settings["penalty"] = std::string("log"); }},
      {"groups", [&] { asked.settings["group_size"] = std::int64_t{2}; }},
      {"lambda per signal",
       [&] {
         asked.settings["lambda"] = std::vector<double>{0.1, 0.2, 0.3, 0.4, 0.5};
       }},
      {"float, double", [] {}},
      {"initial codes", [&] { asked.initial = &start; }},
      {"path", [&] { asked.path = true; }},
  };
  change.at(capability)();
  return run(entry, p, asked);
}

TEST(Capabilities, EveryCellIsTrue) {
  const PlantSettings planted{
      .rows = rows, .atoms = atoms, .nonzeros = 3, .signals = count, .noise = 0.1};
  const auto f = plant<float>(planted);
  const auto d = plant<double>(planted);
  for (const Capability& capability : capabilities())
    for (const SolverEntry& entry : solvers()) {
      const std::string text = join(entry.name, ", ", capability.name);
      if (capability.of(entry)) {
        const auto codes = ask(entry, capability.name, d);
        EXPECT_EQ(codes.signals(), count) << text;
        EXPECT_GT(codes.nonzeros(), 0) << text;
        EXPECT_EQ(ask(entry, capability.name, f).signals(), count) << text;
        for (double z : codes.values()) EXPECT_TRUE(z >= 0 || capability.name != "non-negative");
        continue;
      }
      EXPECT_FALSE(capability.reason(entry).empty()) << text;
      std::string refusal;
      try {
        ask(entry, capability.name, d);
      } catch (const Error& error) {
        refusal = error.what();
      }
      EXPECT_THAT(refusal, testing::StartsWith(std::string(entry.name) + " has no")) << text;
      for (const SolverEntry& other : solvers())
        EXPECT_TRUE(!capability.of(other) || refusal.find(other.name) != refusal.npos) << text;
    }
}

TEST(Capabilities, ThePageHasARowPerSolverAndAColumnPerCapability) {
  const std::string page = capability_page();
  for (const SolverEntry& entry : solvers())
    EXPECT_THAT(page, HasSubstr(join("\n| `", entry.name, "` | ")));
  for (const Capability& capability : capabilities())
    EXPECT_THAT(page, HasSubstr(join(" ", capability.name, " |")));
}

}  // namespace
}  // namespace striate
