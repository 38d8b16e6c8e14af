#!/usr/bin/env python3
"""make_samples.py [FOLDER]: writes src/striate/io/samples.test.h, tiny files made by other programs
(NumPy, SciPy, h5py, Pillow, tifffile), which the tests of io read; with FOLDER also as files, seeds
for the fuzz targets. Needs: pip install numpy scipy h5py pillow tifffile."""

import base64
import io
import pathlib
import sys
import zlib

import h5py
import numpy as np
import scipy.io
import scipy.sparse
import tifffile
from PIL import Image

ROWS, COLUMNS = 5, 7
I, J = np.meshgrid(np.arange(ROWS), np.arange(COLUMNS), indexing="ij")
GREY = (10 * I + 3 * J + 1).astype(np.uint8)
COLOUR = np.stack([GREY, 200 - 10 * I, 60 + 5 * J], axis=2).astype(np.uint8)
GREY16 = (GREY.astype(np.uint16) * 257 + I).astype(np.uint16)
COLOUR16 = (COLOUR.astype(np.uint16) * 256 + 7).astype(np.uint16)
samples = {}


def npy(name, array, version=(1, 0), **how):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version, **how)
    samples[name] = out.getvalue()


def pillow(name, image, kind, **how):
    out = io.BytesIO()
    image.save(out, kind, **how)
    samples[name] = out.getvalue()


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


def tiff(name, array, **how):
    out = io.BytesIO()
    tifffile.imwrite(out, array, metadata=None, software=None, **how)
    samples[name] = out.getvalue()


counting = np.arange(6, dtype=np.float32).reshape(2, 3)
npy("npy_f4", counting)
npy("npy_fortran", np.asfortranarray(counting))
npy("npy_big_endian", counting.astype(">f4"))
npy("npy_version2", counting, (2, 0))
npy("npy_version3", counting, (3, 0))
npy("npy_half", np.array([0, 1, -2.5, 65504, 6e-8, np.inf, -np.inf, np.nan], np.float16))
npy("npy_int8", np.array([-128, 0, 127], np.int8))
npy("npy_uint32_big", np.array([0, 1, 2**32 - 1], ">u4"))
npy("npy_bool", np.array([True, False, True]))
npy("npy_complex_big", np.array([1 + 2j, -3.5j], ">c8"))
npy("npy_scalar", np.array(2.5))
npy("npy_fortran3", np.asfortranarray(np.arange(24, dtype=np.int32).reshape(2, 3, 4)))
npy("npy_empty", np.zeros((0, 3), np.float64))
npy("npy_object", np.array([{}, None], object), allow_pickle=True)
npy("npy_text", np.array(["a", "bc"]))
npy("npy_records", np.zeros(2, [("a", "f4"), ("b", "i4")]))

out = io.BytesIO()
np.savez(out, **{"data": counting, "group/more": np.array([True, False])})
samples["npz_stored"] = out.getvalue()
out = io.BytesIO()
np.savez_compressed(out, zeros=np.zeros(1000), ones=np.ones(3, np.int64))
samples["npz_deflated"] = out.getvalue()
matrix = scipy.sparse.csr_matrix(np.array([[0, 1.5, 0], [0, 0, 0], [-2, 0, 3]], np.float32))
for kind in ("csr", "csc"):
    out = io.BytesIO()
    scipy.sparse.save_npz(out, matrix.asformat(kind))
    samples[f"npz_{kind}"] = out.getvalue()

A = np.fromfunction(lambda i, j, k: 100 * i + 10 * j + k, (2, 3, 4))
ATOMS = np.array([[1.0, 2], [3, 4]])
NOTE = "größe"


def mat(name, arrays, **how):
    out = io.BytesIO()
    scipy.io.savemat(out, arrays, **how)
    samples[name] = out.getvalue()


numbers = {
    "f": np.array([0.5, -2], np.float32),
    "i8": np.array([-128, 127], np.int8),
    "u8": np.array([0, 255], np.uint8),
    "i16": np.array([-32768, 5], np.int16),
    "u16": np.array([65535, 5], np.uint16),
    "i32": np.array([-70000, 5], np.int32),
    "u32": np.array([4000000000, 5], np.uint32),
    "i64": np.array([-(1 << 40), 5], np.int64),
    "u64": np.array([1 << 63, 5], np.uint64),
    "yes": np.array([False, True]),
    "z": np.array([1 + 3j, 2 - 4j]),
    "zf": np.array([1 + 3j], np.complex64),
    "empty": np.zeros((0, 3)),
}
cells = np.empty(1, object)
cells[0] = "x"
others = {"c": cells, "S": scipy.sparse.csc_array(ATOMS)}
everything = {"A": A, **numbers, "s": {"atoms": ATOMS, "note": NOTE}, **others}
mat("mat_5", everything)
mat("mat_compressed", everything, do_compression=True)
mat("mat_4", {"A": A[:, :, 0], "z": numbers["z"], "note": "text"}, format="4")
mat("mat_cells", others)
# As MATLAB writes version 7.3: HDF5 behind 512 bytes, axes in reverse, classes as attributes.
out = io.BytesIO()
with h5py.File(out, "w", userblock_size=512) as file:
    for path, array, kind in (("A", A, "double"), ("s/atoms", ATOMS, "double"),
                              ("s/note", np.array([[ord(c)] for c in NOTE], np.uint16), "char"),
                              ("yes", np.array([[0, 1]], np.uint8), "logical")):
        stored = array if kind == "char" else np.ascontiguousarray(array.T)
        file.create_dataset(path, data=stored).attrs["MATLAB_class"] = np.bytes_(kind)
    cell = file.create_dataset("c", (1, 1), h5py.ref_dtype)
    cell[0, 0] = file["A"].ref
    cell.attrs["MATLAB_class"] = np.bytes_("cell")
header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM"
samples["mat_7"] = header + out.getvalue()[len(header):]

for libver in ("earliest", "v108"):
    out = io.BytesIO()
    with h5py.File(out, "w", libver=(libver, libver) if libver != "earliest" else None) as file:
        file["group/counting"] = counting
        file["group/flags"] = np.array([True, False])
        file["group/waves"] = np.array([1 + 2j, -3.5j])
        file["small"] = np.array([-3, 300], ">i2")
        file.create_dataset("packed", data=np.arange(100) % 7, chunks=(50,), compression="gzip",
                            dtype=np.uint8)
        file.attrs["title"] = "größe"
        file.attrs["fixed"] = np.bytes_(b"csr_matrix")
        file.attrs["count"] = 3
        file.attrs["rate"] = 0.5
        file.attrs["flag"] = True
        file["group"].attrs["shape"] = [2, 3]
    samples[f"hdf5_{libver}"] = out.getvalue()

pillow("png_grey", Image.fromarray(GREY), "PNG")
pillow("png_colour", Image.fromarray(COLOUR), "PNG")
pillow("png_grey16", Image.fromarray(GREY16), "PNG")
pillow("png_grey_alpha", Image.fromarray(np.stack([GREY, 255 - GREY], 2), "LA"), "PNG")
pillow("png_colour_alpha",
       Image.fromarray(np.dstack([COLOUR, 255 - GREY]), "RGBA"), "PNG")
palette = Image.fromarray((GREY % 4), "P")
palette.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 10, 20, 30])
pillow("png_palette", palette, "PNG", transparency=1)
pillow("png_bits", Image.fromarray((GREY % 2) * 255).convert("1"), "PNG")
pillow("png_rotated", Image.fromarray(GREY), "PNG", exif=exif(6))


def chunk(kind, data):
    return (len(data).to_bytes(4, "big") + kind + data
            + zlib.crc32(kind + data).to_bytes(4, "big"))


rows = b"".join(b"\0" + COLOUR16[i].astype(">u2").tobytes() for i in range(ROWS))
samples["png_colour16"] = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", COLUMNS.to_bytes(4, "big") + ROWS.to_bytes(4, "big") + b"\x10\2\0\0\0")
    + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))

pillow("jpeg_grey", Image.fromarray(GREY), "JPEG", quality=100)
pillow("jpeg_colour", Image.fromarray(COLOUR), "JPEG", quality=100, subsampling=0)
pillow("jpeg_progressive", Image.fromarray(COLOUR), "JPEG", quality=100, subsampling=0,
       progressive=True)
pillow("jpeg_cmyk", Image.fromarray(COLOUR).convert("CMYK"), "JPEG", quality=100)
for orientation in range(1, 9):
    pillow(f"jpeg_rotated{orientation}", Image.fromarray(GREY), "JPEG", quality=100,
           exif=exif(orientation))

pillow("webp_lossless", Image.fromarray(COLOUR), "WEBP", lossless=True)
pillow("webp_alpha", Image.fromarray(np.dstack([COLOUR, np.full_like(GREY, 200)]), "RGBA"), "WEBP",
       lossless=True, exact=True)
pillow("webp_lossy", Image.fromarray(COLOUR), "WEBP", quality=90)
pillow("webp_rotated", Image.fromarray(COLOUR), "WEBP", lossless=True, exif=exif(6))
pillow("webp_animated", Image.fromarray(COLOUR), "WEBP", lossless=True, save_all=True,
       append_images=[Image.fromarray(255 - COLOUR)])

tiff("tiff_grey", GREY, photometric="minisblack")
tiff("tiff_white", GREY, photometric="miniswhite")
tiff("tiff_colour", COLOUR, photometric="rgb")
tiff("tiff_grey16_big", GREY16, photometric="minisblack", byteorder=">")
tiff("tiff_colour16", COLOUR16, photometric="rgb")
tiff("tiff_float", GREY.astype(np.float32) / 7, photometric="minisblack")
tiff("tiff_planar", np.moveaxis(COLOUR, 2, 0), photometric="rgb", planarconfig="separate")
tiff("tiff_tiled", np.tile(COLOUR, (4, 4, 1)), photometric="rgb", tile=(16, 16))
tiff("tiff_strips", GREY, photometric="minisblack", rowsperstrip=2)
tiff("tiff_alpha", np.dstack([COLOUR, GREY]), photometric="rgb", extrasamples=["unassalpha"])
tiff("tiff_rotated", GREY, photometric="minisblack", extratags=[(274, "H", 1, 6, True)])
pillow("tiff_packbits", Image.fromarray(GREY), "TIFF", compression="packbits")
pillow("tiff_lzw", Image.fromarray(COLOUR), "TIFF", compression="tiff_lzw")
pillow("tiff_deflate", Image.fromarray(COLOUR), "TIFF", compression="tiff_adobe_deflate")
pillow("tiff_palette", palette, "TIFF")
pillow("tiff_bits", Image.fromarray((GREY % 2) * 255).convert("1"), "TIFF", compression="group4")
pillow("tiff_jpeg", Image.fromarray(COLOUR), "TIFF", compression="jpeg", quality=100)

root = pathlib.Path(__file__).resolve().parents[2]
text = """// Tiny files made by other programs: written by tests/fuzz/make_samples.py, not by hand.
// clang-format off
#pragma once

#include <map>
#include <string>

namespace striate {

// Base64 of whole files.
inline const std::map<std::string, std::string> encoded_samples = {
"""
for name, data in samples.items():
    line = base64.b64encode(data).decode()
    parts = [line[i:i + 92] for i in range(0, len(line), 92)]
    text += f'  {{"{name}",\n' + "\n".join(f'   "{part}"' for part in parts) + "},\n"
text += "};\n\n}  // namespace striate\n"
(root / "src/striate/io/samples.test.h").write_text(text)
if len(sys.argv) > 1:
    for name, data in samples.items():
        folder = pathlib.Path(sys.argv[1]) / name.split("_")[0]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
print(len(samples), "samples,", sum(map(len, samples.values())), "bytes")
for name, data in samples.items():
    if len(data) > 1500:
        print(name, len(data))
