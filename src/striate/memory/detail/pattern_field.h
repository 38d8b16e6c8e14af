// Problem    the field that the patterns of a store exert on a sparse state, in the layout that
//            suits their number, and which of them the state is like
// Update     a = Z^H z;  u = Z g(a)  (- d z if the diagonal of J is zero)
// Symbols    Z (n x P) the codes in the rule's form, z state, a overlaps, u field, d_i = sum_p w_p
//            |Z_ip|^2. A weight w of a pattern stands for w copies. A rule may have a field of its
//            own instead.
// Cost       dense: n K numbers of J; else P K^2 / n postings, then K numbers of every pattern that
//            the rule gives a weight. implicit beyond 65536 slots has no postings: P K numbers twice
// Instead    stored_field.h: pattern by pattern, every overlap formed
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "striate/memory/detail/dense_field.h"
#include "striate/memory/detail/dynamics.h"
#include "striate/memory/detail/inverted_index.h"
#include "striate/memory/detail/match.h"
#include "striate/memory/detail/pattern_store.h"
#include "striate/memory/detail/sparse_state.h"
#include "striate/memory/rule.h"

namespace striate::detail {

// Of one thread. `whole`, `sums`, `marks` and the sums of the index are zero between calls.
template <class T>
struct FieldBuffers {
  IndexBuffers<T> index;
  std::vector<Hit<T>> hits, ranked;       // what look() found
  std::vector<std::complex<T>> overlaps;  // or, in id order, all of them
  std::vector<std::complex<T>> weighed;   // of hits or of overlaps
  std::vector<double> weights;            // of their patterns; empty: 1
  std::vector<std::complex<T>> by_slot;
  std::vector<std::complex<T>> whole;  // a number per unit
  SumsApart<T> sums;
  std::vector<std::uint64_t> marks;  // a bit per unit
  SparseState<T> code;               // in the rule's form
  SparseState<T> unit;               // a state divided by its norm
  Ranking ranking;
};

template <class T>
class PatternField {
 public:
  // `patterns`, `rule` and `settings` must outlive the field.
  PatternField(const PatternStore<T>* patterns, const MemoryRule* rule,
               const MemorySettings* settings, bool zero_diagonal);

  // Whether it knows of every change of the patterns; if not, follow() has to come before the rest.
  bool follows() const;
  // Takes over what changed: the cost is that of the changed patterns' codes. If it throws, the
  // next call builds everything anew.
  void follow();

  std::int64_t k() const { return k_; }  // given, or the median of the codes; 0 if there is none
  Layout layout() const { return layout_; }
  std::int64_t bytes() const;

  // Finds the overlaps of z that count, for weigh(), potential() and match().
  void look(UnitCode<T> z, FieldBuffers<T>& buffers) const;
  // Whether field() needs look() first.
  bool looks() const { return layout_ != Layout::dense && !own_; }
  // u = Z g(a), the diagonal taken out if it is zero.
  void field(UnitCode<T> z, FieldBuffers<T>& buffers, SparseState<T>& u) const;
  // Phi at z, which was looked at.
  double potential(UnitCode<T> z, FieldBuffers<T>& buffers) const;
  // The best match of z, which was looked at, or of any z if buffers.hits is empty; `row` is a slot.
  Match match(UnitCode<T> z, double norm, FieldBuffers<T>& buffers) const;
  // The best match of any state, by itself.
  Match best(UnitCode<T> z, FieldBuffers<T>& buffers) const;
  // The best match of z among the codes, graded or in the rule's form, cut down to the units that
  // are known; all units of z are.
  Match match_known(UnitCode<T> z, bool graded, const std::function<bool(std::int32_t)>& known,
                    FieldBuffers<T>& buffers) const;
  // sum_p g(a)_p times the graded code p, for z, which was looked at.
  void graded(FieldBuffers<T>& buffers, SparseState<T>& u) const;
  // a = Z^H z, patterns in id order. Weights do not enter.
  void overlaps(UnitCode<T> z, FieldBuffers<T>& buffers, std::span<std::complex<T>> a) const;
  // g(a), a in id order.
  void weigh(std::span<std::complex<T>> a) const;
  // |a_p| / (||Z_p|| norm) for overlaps in id order.
  void cosines(std::span<const std::complex<T>> a, double norm, FieldBuffers<T>& buffers,
               std::span<double> out) const;
  // The codes in the rule's form, in id order; a copy.
  UnitCodes<T> codes() const;
  // Of these (match.h).
  double cross_talk() const;

 private:
  bool graded_form() const { return rule_->form == PatternForm::graded; }
  std::span<const std::complex<T>> spread(UnitCode<T> z, FieldBuffers<T>& buffers) const;
  void take_back(UnitCode<T> z, FieldBuffers<T>& buffers) const;
  UnitCode<T> formed(std::int64_t slot, SparseState<T>& buffer, Ranking& ranking) const;
  void select(UnitCode<T> z, std::span<const T> scales, FieldBuffers<T>& buffers,
              Selection<T>& selection) const;
  void found(FieldBuffers<T>& buffers) const;
  void weigh(FieldBuffers<T>& buffers) const;
  void all_overlaps(UnitCode<T> z, FieldBuffers<T>& buffers, std::span<std::complex<T>> a) const;
  void sum_codes(bool graded, UnitCode<T> z, FieldBuffers<T>& buffers, SparseState<T>& u) const;
  const std::vector<std::int64_t>& rows() const;

  void forget_everything();
  void count_patterns();
  void update_index();
  void update_sums();
  void update_scales(std::int64_t slot, UnitCode<T> code);

  const PatternStore<T>* patterns_;
  const MemoryRule* rule_;
  const MemorySettings* settings_;
  bool zero_diagonal_;

  std::int64_t generation_ = -1, slots_ = 0, empties_ = 0;  // of the store, when last followed
  std::vector<std::int64_t> counts_;  // patterns by their number of counted units
  std::int64_t counted_ = 0, k_ = 0;
  Layout layout_ = Layout::inverted;
  std::optional<InvertedIndex<T>> index_;
  std::int64_t scaled_ = 0;       // slots that the index and the scales know
  std::vector<T> scales_;         // 1 / ||Z_p||^2 by slot; empty if all are the same
  T size_ = 0;                    // ||Z_p||^2 if all are the same
  std::vector<double> diagonal_;  // d; empty if kept
  DenseField<T> dense_;
  std::unique_ptr<Weighting<T>> weighting_;
  const OwnField<T>* own_ = nullptr;  // its own field, if it has one
  Reach reach_;

  mutable std::mutex mutex_;  // of what is made when asked for
  mutable std::vector<std::int64_t> rows_;
  mutable std::optional<double> cross_talk_;
};

}  // namespace striate::detail
