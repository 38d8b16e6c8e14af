"""The container of convolutional codes: parts, pruning, files, and what it refuses."""

import pickle

import numpy as np
import pytest
import scipy.sparse

import striate
from striate.convolutional import ConvolutionalCodes, decode, encode


def test_parts_of_codes_are_views_of_what_they_say(image, filters):
    codes, _ = encode(image, filters, 0.1)
    assert codes.columns.dtype == codes.filters.dtype == np.uint16 and codes.starts.dtype == np.int64
    maps = np.zeros(codes.shape)
    rows = np.repeat(np.arange(16), np.diff(codes.starts))
    maps[codes.filters, rows, codes.columns] = codes.values
    np.testing.assert_array_equal(maps, codes.to_dense())
    matrix = codes.to_csr()
    assert isinstance(matrix, scipy.sparse.csr_array) and matrix.has_canonical_format
    np.testing.assert_array_equal(matrix.toarray(), maps.reshape(3, -1))
    values = codes.values
    assert np.shares_memory(values, codes.values) and not values.flags.writeable
    want = values.copy()
    del codes
    np.testing.assert_array_equal(values, want)


def test_small_entries_are_pruned(image, filters):
    codes, _ = encode(np.stack([image, 10 * image]), filters, 0.1)
    maps = codes.to_dense()
    np.testing.assert_array_equal(codes.prune(0.2).to_dense(), np.where(np.abs(maps) < 0.2, 0, maps))
    cut = 0.2 * np.abs(maps).max(axis=(1, 2, 3), keepdims=True)
    pruned = codes.prune(0.2, relative=True)
    np.testing.assert_array_equal(pruned.to_dense(), np.where(np.abs(maps) < cut, 0, maps))
    empty = codes.prune(1e9)[0]
    assert empty.nonzeros == 0 and empty.sparseness == 1 and empty.values.shape == (0,)
    assert empty.to_csr().nnz == 0 and not decode(empty, filters).any()
    with pytest.raises(ValueError, match="least is -1"):
        codes.prune(-1)


@pytest.mark.parametrize("suffix", ["h5", "npz"])
def test_codes_are_saved_loaded_and_pickled(image, filters, tmp_path, suffix):
    colour = np.stack([image, image[::-1]], axis=2).astype(np.float32)
    narrow = filters.astype(np.float32)
    for i, codes in enumerate(
        [
            encode(image, filters, 0.1)[0],
            encode(image[None], filters, 0.1)[0],
            encode([image, image[:9]], filters, 0.1, boundary="inside")[0],
            encode(colour, narrow, 0.1, channels="separate")[0],
            encode(image, filters, 100.0)[0],
        ]
    ):
        path = tmp_path / f"{i}.{suffix}"
        codes.save(path)
        copy = pickle.loads(pickle.dumps(codes))
        for other in (ConvolutionalCodes.load(path), striate.load(path), copy):
            assert repr(other) == repr(codes) and other.boundary == codes.boundary
            for a, b in zip(other, codes):
                np.testing.assert_array_equal(a.to_dense(), b.to_dense())
        with pytest.raises(OSError, match="exists"):
            codes.save(path)
        codes.save(path, overwrite=True)


def test_files_that_hold_no_codes_are_refused(tmp_path):
    striate.io.save(tmp_path / "other.npz", {"x": np.ones(3)})
    with pytest.raises(ValueError, match="no convolutional codes"):
        ConvolutionalCodes.load(tmp_path / "other.npz")


def test_damaged_files_are_refused(image, filters, tmp_path):
    encode(np.stack([image, image]), filters, 0.1)[0].save(tmp_path / "codes.npz")
    whole = striate.io.load(tmp_path / "codes.npz")
    assert "000000001/maps/data" in whole

    def refused(words, change):
        content = striate.io.Content({"arrays": dict(whole), "attributes": dict(whole.attributes)})
        change(content)
        striate.io.save(tmp_path / "damaged.npz", content, overwrite=True)
        with pytest.raises(ValueError, match=words):
            ConvolutionalCodes.load(tmp_path / "damaged.npz")

    def about(**change):
        return lambda content: content.attributes.update({"": {**content.attributes[""], **change}})

    refused("2 sets of maps, which are no images of 3 channels", about(channels=3))
    refused("which are no images of -2 channels", about(channels=-2))
    refused("which are no image of 1 channels", about(single=True))
    refused("maps/filters", lambda content: content.pop("000000001/maps/filters"))
    columns = whole["000000001/maps/columns"] + 15
    refused("maps have 15 columns", lambda content: content.update({"000000001/maps/columns": columns}))


def test_codes_need_their_own_filters(image, filters):
    codes, _ = encode(image, filters, 0.1)
    with pytest.raises(ValueError, match="decode: filters are 2 of 4 x 4 taps; .* 3 of 4 x 4"):
        decode(codes, filters[:2])
    with pytest.raises(ValueError, match="decode: codes is of type ndarray"):
        decode(codes.to_dense(), filters)
    many, _ = encode(image[None], filters, 0.1)
    with pytest.raises(ValueError, match="take one, as codes"):
        many.values
