"""What the tasks share: peers found by file, runs taken in turn, rows as CSV, tables from rows."""

import argparse
import csv
import importlib.util
import pathlib
import platform
import statistics
import time

import numpy as np
import scipy.fft
from threadpoolctl import threadpool_limits


def load_peers(folder, names=None):
    """Modules peers/*.py by name; a peer that is not installed gives its reason instead."""
    peers = {}
    for path in sorted(pathlib.Path(folder).glob("*.py")):
        if names and path.stem not in names:
            continue
        spec = importlib.util.spec_from_file_location(f"peer_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
            peers[path.stem] = module
        except ImportError as error:
            peers[path.stem] = str(error)
    return peers


def announced_peers(folder, names=None):
    """load_peers, and a line on each."""
    peers = load_peers(folder, names)
    for name, module in peers.items():
        print(f"{name}: {'skipped: ' + module if isinstance(module, str) else module.VERSION}")
    return peers


def arguments(task, jobs, quick):
    """The parser of what every task can be asked."""
    parser = argparse.ArgumentParser(description=task.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--jobs", nargs="+", choices=jobs, default=list(jobs))
    parser.add_argument("--peers", nargs="+", help="default: all of peers/")
    parser.add_argument("--output", help="CSV of the rows; what the README shows is made from it")
    return parser


def machine():
    name = platform.processor() or platform.machine()
    for line in open("/proc/cpuinfo", encoding="utf-8"):
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
            break
    flags = open("/proc/cpuinfo", encoding="utf-8").read()
    wide = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "no AVX2"
    return f"{name}, {wide}"


def sgemm_rate(threads=1, n=1536):
    """GFLOP/s of NumPy's matrix product in single precision."""
    a = np.ones((n, n), np.float32)
    with threadpool_limits(threads):
        a @ a
        best = min(seconds_of(lambda: a @ a) for _ in range(5))
    return 2 * n**3 / best / 1e9


def triad_rate(n=1 << 24):
    """GB/s of a = b + s c on one core, beyond every cache: two arrays read, one written."""
    a, b, c = (np.ones(n, np.float32) for _ in range(3))

    def triad():
        np.multiply(c, np.float32(3), out=a)
        np.add(a, b, out=a)

    triad()
    # Two passes: read and write, then two reads and a write.
    return 5 * a.nbytes / min(seconds_of(triad) for _ in range(5)) / 1e9


def fft_rate(n=512):
    """Two-dimensional real transforms of n x n in single precision a second, on one core."""
    image = np.ones((n, n), np.float32)
    scipy.fft.rfft2(image, workers=1)
    return 1 / min(seconds_of(lambda: scipy.fft.rfft2(image, workers=1)) for _ in range(20))


def calibration():
    """The machine in one line: what processor, and how fast it multiplies, copies, transforms."""
    return (f"{machine()}; one core: sgemm {sgemm_rate():.0f} GFLOP/s, triad {triad_rate():.1f} GB/s, "
            f"FFT of 512 x 512 {1e3 / fft_rate():.2f} ms")  # fmt: skip


def seconds_of(f):
    begin = time.perf_counter()
    f()
    return time.perf_counter() - begin


def timed(f):
    """What f returns, and the seconds it took."""
    begin = time.perf_counter()
    result = f()
    return result, time.perf_counter() - begin


def peak_megabytes(reset=False):
    """The most memory that this process has had in use, since the last reset."""
    if reset:
        pathlib.Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    for line in pathlib.Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("peak_megabytes: /proc/self/status does not say VmHWM")


def in_turn(runs, rounds):
    """Median seconds of each of `runs` (name -> function), one after the other, `rounds` times."""
    seconds = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            seconds[name].append(seconds_of(run))
    return {name: statistics.median(all) for name, all in seconds.items()}


def write_rows(path, rows):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def table(rows, columns):
    """Rows as a Markdown table; columns: heading -> function of a row."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(str(f(row)) for f in columns.values()) + " |" for row in rows]
    return "\n".join(lines)


def table_of(lines):
    """Rows that have all columns of the table and no others."""
    return table(lines, {key: lambda row, key=key: row[key] for key in lines[0]})


def put_table(readme, text):
    """Replaces what stands between the README's marks."""
    path = pathlib.Path(readme)
    head, _, rest = path.read_text(encoding="utf-8").partition("<!-- table -->\n")
    _, _, tail = rest.partition("<!-- end of table -->")
    path.write_text(f"{head}<!-- table -->\n{text}\n<!-- end of table -->{tail}", encoding="utf-8")


if __name__ == "__main__":
    print(calibration())
