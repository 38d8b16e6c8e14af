// Problem    L L' = G, the Cholesky factor of the Gram matrix of a set that gains and loses members
//            one at a time, in double precision
// Update     append: the new row l of L solves L l = g, its pivot is the square root of g_nn - |l|^2
//            remove: without row k the rows below reach one column too far; plane rotations of
//            neighbouring columns bring them back to a triangle
// Cost       append and solve: n^2 multiply-adds or fewer; remove: 2 n^2 or fewer
// Source     golub2013 (section 6.5)
#pragma once

#include <span>
#include <vector>

namespace striate {

class GrowingCholesky {
 public:
  int size() const { return size_; }
  void clear() { size_ = 0; }
  // Takes in a member: its products with the members there are, in order, and its own square.
  // Returns false, and changes nothing, where the new pivot is at most `least_pivot` times the
  // square: the member depends on the others as far as rounding can tell.
  bool append(std::span<const double> products, double square, double least_pivot);
  // Members behind it move up by one.
  void remove(int member);
  // Solves G x = b in place.
  void solve(std::span<double> x) const;

 private:
  double* row(int i) { return rows_.data() + offset(i); }
  const double* row(int i) const { return rows_.data() + offset(i); }
  static std::ptrdiff_t offset(int i) { return std::ptrdiff_t{i} * (i + 1) / 2; }

  int size_ = 0;
  std::vector<double> rows_;       // row i holds i + 1 elements
  std::vector<double> rotations_;  // cosine and sine in turn
};

}  // namespace striate
