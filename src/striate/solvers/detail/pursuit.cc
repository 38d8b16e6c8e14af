#include "striate/solvers/detail/pursuit.h"

#include "striate/solvers/detail/sub_problem.h"

namespace striate::detail {

void check_pursuit(std::string_view who, const PursuitProblem& problem, std::int64_t rows,
                   std::int64_t signal_rows, std::int64_t signals) {
  if (problem.nonzeros.empty() && problem.residual.empty() && !problem.atom_penalty)
    throw Error(who, ": no stopping rule is given; give nonzeros or residual");
  if (signal_rows != rows)
    throw Error(who, ": signals have ", signal_rows, " rows; the dictionary's atoms have ", rows);
  for (const auto& [name, values] :
       {std::pair{"nonzeros", problem.nonzeros}, std::pair{"residual", problem.residual}})
    if (values.size() > 1 && std::ssize(values) != signals)
      throw Error(who, ": ", name, " has ", values.size(), " values for ", signals,
                  " signals; one value is needed, or one per signal");
  for (double count : problem.nonzeros) {
    if (count != std::floor(count))
      throw Error(who, ": nonzeros is ", count, "; it must be a whole number");
    if (count > static_cast<double>(problem.atoms))
      throw Error(who, ": nonzeros is ", count, "; it must be at most the ", problem.atoms,
                  " atoms of the dictionary");
  }
}

template <class T>
GramColumns<T>::GramColumns(const Dictionary<T>& dictionary, std::int64_t columns_wanted)
    : dictionary_(dictionary) {
  const std::int64_t atoms = dictionary.atoms();
  // A column formed alone costs several times its share of a whole matrix.
  if (atoms * atoms * std::int64_t{sizeof(T)} <= largest_gram_bytes && columns_wanted >= atoms / 4)
    gram_ = dictionary.gram();
}

template <class T>
const T* GramColumns<T>::operator()(std::int32_t atom, PursuitSpace<T>& s) const {
  ++s.work.gram_columns;
  if (gram_) return gram_->column(atom).data();
  s.column.resize(static_cast<std::size_t>(dictionary_.atoms()));
  dictionary_.correlate(dictionary_.matrix().middle_columns(atom, 1),
                        {s.column.data(), dictionary_.atoms(), 1});
  return s.column.data();
}

template class GramColumns<float>;
template class GramColumns<double>;

}  // namespace striate::detail
