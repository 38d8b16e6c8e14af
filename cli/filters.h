// Banks of filters as verbs read them: a model's, an array's, or one that is made by its name.
#pragma once

#include <string>

#include "cli/invocation.h"
#include "striate/pipelines/filter_model.h"

namespace striate::cli {

struct FilterOptions {
  std::string model = {};
  std::string filters = {};

  static void describe(auto& s, auto&& visit) {
    visit(s.model, {.name = "model",
                    .unit = "FILE",
                    .sentence = "Model of filters: it knows how images are prepared and coded."});
    visit(s.filters,
          {.name = "filters",
           .unit = "FILE|NAME",
           .sentence = "Filters in place of a model: an array (K, h, w) or (K, h, w, C), "
                       "or log_gabor, a bank that is made as the options of bank, "
                       "convention, height, ... say, of norm 1."});
  }
};

// The filters of a file: of a model, of codes, or an array alone. Error that begins with its name.
template <class T>
FilterModel<T> load_filters(const std::string& path);

// The filters that --model or --filters names, with the preparation that the call gives.
// UsageError: neither or both, a preparation other than the model's, log-Gabor options without that
// bank.
template <class T>
FilterModel<T> filters_of(const Invocation& call);

}  // namespace striate::cli
