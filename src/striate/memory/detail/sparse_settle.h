// Problem    settle.h for states that are few units of many, all units at once
// Update     as there: u = Z g(Z^H z(t));  u = f_theta(u);  z(t + 1) = u / ||u||  or  u_i / |u_i|
// Cost       the field's; then the units that it reaches, not n
// Instead    settle.h: the same on whole vectors, kept for other orders and as the slow twin
// Source     zhao2025, equations 5 and 6; frady2019
#pragma once

#include <functional>

#include "striate/memory/detail/pattern_field.h"
#include "striate/memory/detail/settle.h"

namespace striate::detail {

// Of one thread; z is the cue, then the last state, which buffers.field looked at.
template <class T>
struct SparseBuffers {
  SparseState<T> z, u, before;
  FieldBuffers<T> field;
};

// || e^{-i phi} y - z || / || z ||, phi the phase of z^H y.
template <class T>
double change(UnitCode<T> z, UnitCode<T> y);

// Settles the cue in buffers.z by the steps, tolerance and schedule of `how`. With how.trace every
// state is looked at and shown to `watch`, else z(0) alone, and nothing is computed of states on the
// way but the next.
template <class T>
Settled settle_sparse(const PatternField<T>& field, const Dynamics& dynamics,
                      const RecallSettings& how, SparseBuffers<T>& buffers,
                      const std::function<void(int step)>& watch = {});

}  // namespace striate::detail
