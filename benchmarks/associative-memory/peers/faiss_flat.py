"""faiss, every stored code in turn: the largest real inner product of the 2 n real and imaginary parts."""

import faiss

VERSION = faiss.__version__
KINDS = {"nearest"}
QUESTION = "real part"
faiss.omp_set_num_threads(1)


def make(job, variant):
    index = faiss.IndexFlatIP(job.rows.shape[1])
    index.add(job.rows)
    return {"index": index, "held": job.rows.nbytes}


def cues(state, codes):
    return codes.dense().view("f")


def find(state, asked):
    return state["index"].search(asked, 1)[1][:, 0]


def bytes(state):
    return state["held"]
