// Problem    from z(0) to a state that an update no longer changes
// Update     a = Z^H z(t);  u = Z g(a);  u = f_theta(u);  z(t + 1) = u / ||u||  or  u_i / |u_i|
// Symbols    paper J z: here apply(weigh(overlaps(z)));  f_theta: truncate;  equation 6: normalize
// Cost       two passes over the stored codes per step; monotone three; asynchronous.h
// Source     zhao2025, equations 5 and 6; frady2019
#pragma once

#include <functional>

#include "striate/memory/detail/asynchronous.h"
#include "striate/memory/ending.h"

namespace striate::detail {

// The buffers of one recall at a time; z and a hold the last state and its overlaps afterwards.
template <class T>
struct SettleBuffers {
  explicit SettleBuffers(const StoredField<T>& field)
      : z(field.units()), u(z), before(z), a(field.patterns()), h(a) {}
  std::vector<std::complex<T>> z, u, before, a, h;
  Ranking ranking;
};

struct Settled {
  Ending ending = Ending::step_limit;
  int steps = 0;
};

// Settles the cue in buffers.z by the steps, tolerance and schedule of `how`; `postings`: of the
// field's codes, none if synchronous. Every state is shown to `watch`, z(0) first, with its overlaps
// in the buffers.
template <class T>
Settled settle(const StoredField<T>& field, const UnitCodes<T>& postings, const Dynamics& dynamics,
               const RecallSettings& how, SettleBuffers<T>& buffers,
               const std::function<void()>& watch = {});

}  // namespace striate::detail
