// What each solver of the table can be asked for: solver x capability = yes, or in a few words why not.
// All of it is read from the entries of the table; the reference page is printed from it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "striate/catalog/solvers.h"

namespace striate {

struct Capability {
  std::string_view name;
  std::string_view sentence;
  bool (*of)(const SolverEntry&);
  // Why a solver is without it, in a few words; asked only of such.
  std::string_view (*reason)(const SolverEntry&);
};

std::span<const Capability> capabilities();
// A markdown table, and a list of what the columns mean.
std::string capability_page();

}  // namespace striate
