"""faiss, a graph of near neighbours: not exact. The largest real inner product, as in faiss_flat."""

import faiss

VERSION = faiss.__version__
KINDS = {"nearest"}
QUESTION = "real part"
MOST = 100_000  # a minute or two of building
faiss.omp_set_num_threads(1)


def make(job, variant):
    index = faiss.IndexHNSWFlat(job.rows.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
    index.add(job.rows)
    index.hnsw.efSearch = 64
    return {"index": index, "held": faiss.serialize_index(index).nbytes}


def cues(state, codes):
    return codes.dense().view("f")


def find(state, asked):
    return state["index"].search(asked, 1)[1][:, 0]


def bytes(state):
    return state["held"]
