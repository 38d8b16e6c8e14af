"""Arrays on their way in and out: dtype, layout, sparse matrices."""

import numpy as np
from scipy import sparse


def precision_of(*arrays):
    """'f32' if every array is float32, else 'f64'."""
    return "f32" if all(np.asarray(a).dtype == np.float32 for a in arrays) else "f64"


def dtype_of(precision):
    return np.float32 if precision == "f32" else np.float64


def as_rows(name, array, precision, columns=None):
    """A C-order matrix of the precision; a view where the array is one already."""
    if sparse.issparse(array):
        raise ValueError(f"{name} is sparse; a dense array is needed (use .toarray())")
    array = np.asarray(array)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} has dtype {array.dtype}; real numbers are needed")
    if array.ndim != 2:
        raise ValueError(f"{name} has {array.ndim} dimensions; 2 are needed (rows are signals)")
    if columns is not None and array.shape[1] != columns:
        raise ValueError(f"{name} has {array.shape[1]} columns; {columns} are needed")
    return np.ascontiguousarray(array, dtype=dtype_of(precision))


def to_csr(parts):
    data, indices, indptr, shape = parts
    return sparse.csr_array((data, indices, indptr), shape=shape)


def from_csr(name, codes, precision):
    """The parts of a matrix of codes; dense matrices become sparse."""
    matrix = sparse.csr_array(codes)
    if matrix.dtype.kind not in "fiub":
        raise ValueError(f"{name} has dtype {matrix.dtype}; real codes are needed")
    matrix.sort_indices()
    return (
        np.ascontiguousarray(matrix.data, dtype=dtype_of(precision)),
        np.ascontiguousarray(matrix.indices, dtype=np.int64),
        np.ascontiguousarray(matrix.indptr, dtype=np.int64),
        matrix.shape[1],
    )


def pairs_to_complex(codes):
    """Codes of pairs (n, 2 u) as complex codes (n, u): unit p is z[2p] + i z[2p + 1]."""
    codes = sparse.csr_array(codes)
    if codes.shape[1] % 2:
        raise ValueError(f"the codes have {codes.shape[1]} atoms; pairs need an even number")
    first, second = codes.indices[0::2], codes.indices[1::2]
    whole = len(first) == len(second) and not (codes.indptr % 2).any()
    if whole and codes.data.dtype.kind == "f" and (second == first + 1).all() and not (first % 2).any():
        shape = (codes.shape[0], codes.shape[1] // 2)
        complex_type = np.result_type(codes.data.dtype, np.complex64)
        data = np.ascontiguousarray(codes.data).view(complex_type)
        return sparse.csr_array((data, first // 2, codes.indptr // 2), shape=shape)
    return sparse.csr_array(codes[:, 0::2] + 1j * codes[:, 1::2])


def complex_to_pairs(codes):
    """Complex codes (n, u) as codes of pairs (n, 2 u)."""
    codes = sparse.csr_array(codes)
    if not codes.has_canonical_format:
        codes = codes.copy()
        codes.sum_duplicates()
    data = np.ascontiguousarray(codes.data)
    if data.dtype.kind != "c":
        data = data.astype(np.result_type(data.dtype, np.complex64))
    units = codes.indices.astype(np.int64)
    atoms = np.column_stack([2 * units, 2 * units + 1]).ravel()
    shape = (codes.shape[0], 2 * codes.shape[1])
    return sparse.csr_array(
        (data.view(data.real.dtype), atoms, 2 * codes.indptr.astype(np.int64)), shape=shape
    )
