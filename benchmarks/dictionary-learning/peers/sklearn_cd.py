"""scikit-learn's MiniBatchDictionaryLearning with coordinate descent."""

import warnings

import sklearn
from sklearn.decomposition import MiniBatchDictionaryLearning
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

VERSION = sklearn.__version__


def learn(job, steps):
    # As many signals as the steps take: it would shuffle and copy all of them.
    X = job.X[: min(len(job.X), steps * job.batch)]
    learner = MiniBatchDictionaryLearning(
        n_components=len(job.initial), alpha=job.lam, fit_algorithm="cd", batch_size=job.batch,
        dict_init=job.initial, n_jobs=job.threads, random_state=0, tol=0.0,
        max_no_improvement=None, max_iter=-(-steps * job.batch // len(X)))  # fmt: skip
    with threadpool_limits(job.threads), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return learner.fit(X).components_
