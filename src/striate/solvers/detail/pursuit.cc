#include "striate/solvers/detail/pursuit.h"

namespace striate::detail {

void check_pursuit(std::string_view who, const PursuitProblem& problem, std::int64_t rows,
                   std::int64_t signal_rows) {
  if (!problem.nonzeros && !problem.residual && !problem.atom_penalty)
    throw Error(who, ": no stopping rule is given; give nonzeros or residual");
  if (signal_rows != rows)
    throw Error(who, ": signals have ", signal_rows, " rows; the dictionary's atoms have ", rows);
  check_counts(who, problem.nonzeros, problem.atoms);
}

template <class T>
GramColumns<T>::GramColumns(const Dictionary<T>& dictionary, std::int64_t columns_wanted,
                            int threads)
    : dictionary_(dictionary) {
  // A column formed alone costs several times its share of a whole matrix.
  if (dictionary.has_gram() ||
      (dictionary.gram_use() != GramUse::few && columns_wanted >= dictionary.atoms() / 4))
    gram_ = dictionary.gram(threads);
}

template <class T>
const T* GramColumns<T>::operator()(std::int32_t atom, PursuitSpace<T>& s) const {
  ++s.work.gram_columns;
  if (gram_) return gram_->column(atom).data();
  auto place = std::ranges::find(s.formed, atom);
  if (place == s.formed.end()) {
    s.formed.swap(s.announced);
    s.announced.clear();
    if (std::ranges::find(s.formed, atom) == s.formed.end()) s.formed.push_back(atom);
    const auto count = std::ssize(s.formed);
    if (s.columns.columns() < count) {
      s.chosen.resize(dictionary_.rows(), count);
      s.columns.resize(dictionary_.atoms(), count);
    }
    for (std::int64_t j = 0; j < count; ++j)
      std::ranges::copy(dictionary_.atom(s.formed[static_cast<std::size_t>(j)]),
                        s.chosen.column(j).begin());
    dictionary_.correlate(std::as_const(s.chosen).view().middle_columns(0, count),
                          s.columns.view().middle_columns(0, count));
    place = std::ranges::find(s.formed, atom);
  }
  return s.columns.column(place - s.formed.begin()).data();
}

template class GramColumns<float>;
template class GramColumns<double>;

}  // namespace striate::detail
