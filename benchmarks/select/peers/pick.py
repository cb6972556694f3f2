"""One selection by a library of others.

    pick.py LIBRARY STRATEGY FOLDER BUDGET

FOLDER holds embeddings.npy [N, D], probabilities.npy [N, C] and labelled.npy,
row numbers. Prints one line of JSON. The clock starts when the arrays are there
and the library is imported. Ends with 3 where memory is not enough.
"""
import collections.abc
import dataclasses
import json
import pathlib
import sys
import time

import numpy

NO_MEMORY = 3


@dataclasses.dataclass
class Pool:
    h: numpy.ndarray  # embeddings
    p: numpy.ndarray  # probabilities
    labelled: numpy.ndarray
    budget: int

    @property
    def unlabelled(self):
        return numpy.setdiff1d(numpy.arange(len(self.p)), self.labelled)


def cardinal_k_center(pool):
    from cardinal.clustering import KCenterGreedy
    sampler = KCenterGreedy(lambda x: x, pool.budget)
    left = pool.unlabelled
    return lambda: left[sampler.fit(pool.h[pool.labelled])
                        .select_samples(pool.h[left])]


def alipy_k_center(pool):
    from alipy.query_strategy import QueryInstanceCoresetGreedy
    everything = numpy.arange(len(pool.h))
    query = QueryInstanceCoresetGreedy(pool.h, numpy.zeros(len(pool.h)), everything)
    left = pool.unlabelled
    return lambda: query.select(pool.labelled, left, batch_size=pool.budget)


def activeml(name, with_classifier=False, **options):
    """A strategy of scikit-activeml, that asks a classifier if it needs one."""
    def prepare(pool):
        import skactiveml.base
        import skactiveml.pool

        class Known(skactiveml.base.SkactivemlClassifier):
            """Its answers are there. Only for all rows at once."""

            def fit(self, X, y, sample_weight=None):
                return self

            def predict_proba(self, X):
                return pool.p

        labels = numpy.full(len(pool.p), numpy.nan)
        labels[pool.labelled] = pool.labelled % pool.p.shape[1]
        strategy = getattr(skactiveml.pool, name)(random_state=0, **options)
        asked = {"X": pool.h, "y": labels, "batch_size": pool.budget}
        if with_classifier:
            classifier = Known(classes=numpy.arange(pool.p.shape[1]))
            asked |= {"clf": classifier, "fit_clf": False}
        return lambda: strategy.query(**asked)

    return prepare


def submodlib_facility_location(pool):
    from submodlib import FacilityLocationFunction

    def pick():
        function = FacilityLocationFunction(n=len(pool.h), mode="dense",
                                            data=pool.h, metric="cosine")
        picks = function.maximize(budget=pool.budget, optimizer="LazyGreedy",
                                  stopIfZeroGain=False, show_progress=False)
        return [row for row, gain in picks]

    return pick


def apricot_facility_location(pool):
    from apricot import FacilityLocationSelection
    selection = FacilityLocationSelection(pool.budget, metric="cosine",
                                          optimizer="lazy")
    return lambda: selection.fit(pool.h).ranking


def modal_entropy(pool):
    from modAL.uncertainty import entropy_sampling

    class Known:
        def predict_proba(self, X):
            return pool.p

    return lambda: entropy_sampling(Known(), pool.p, n_instances=pool.budget)[0]


def alipy_entropy(pool):
    # It asks for a name that Python 3.10 has moved.
    collections.Iterable = collections.abc.Iterable
    from alipy.query_strategy import QueryInstanceUncertainty
    query = QueryInstanceUncertainty(measure="entropy")
    left = pool.unlabelled
    return lambda: query.select_by_prediction_mat(left, pool.p[left], pool.budget)


# (library, strategy of Quarry)
PREPARE = {
    ("cardinal", "k_center"): cardinal_k_center,
    ("alipy", "k_center"): alipy_k_center,
    ("scikit-activeml", "k_center"): activeml("CoreSet"),
    ("scikit-activeml", "badge"): activeml("Badge", with_classifier=True),
    ("scikit-activeml", "typiclust"): activeml("TypiClust", k=20),
    ("scikit-activeml", "prob_cover"): activeml("ProbCover", n_classes=10),
    ("scikit-activeml", "max_herding"): activeml("MaxHerding",
                                                 metric_dict={"gamma": 1.0}),
    ("scikit-activeml", "falcun"): activeml("Falcun", with_classifier=True),
    ("scikit-activeml", "entropy"): activeml("UncertaintySampling",
                                             method="entropy",
                                             with_classifier=True),
    ("submodlib", "facility_location"): submodlib_facility_location,
    ("apricot", "facility_location"): apricot_facility_location,
    ("modAL", "entropy"): modal_entropy,
    ("alipy", "entropy"): alipy_entropy,
}


def main():
    library, strategy, folder, budget = sys.argv[1:]
    arrays = [numpy.load(pathlib.Path(folder) / f"{name}.npy")
              for name in ("embeddings", "probabilities", "labelled")]
    pick = PREPARE[library, strategy](Pool(*arrays, int(budget)))
    cpu, begin = time.process_time(), time.monotonic()
    try:
        picks = pick()
    except MemoryError as error:
        print(error, file=sys.stderr)
        sys.exit(NO_MEMORY)
    print(json.dumps({"seconds": time.monotonic() - begin,
                      "cpu_seconds": time.process_time() - cpu,
                      "picks": [int(row) for row in picks]}))


if __name__ == "__main__":
    main()
