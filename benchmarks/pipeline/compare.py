"""Quarry against the limit and against others, in turns."""
import dataclasses
import statistics
import sys

import contenders as programs

# Objects that are enough to know what fetching takes, by source.
FETCHED = {programs.FILES: 10000, 0: 10000, 5: 8000, 20: 4000}


@dataclasses.dataclass
class Case:
    """One network at one batch size, from several sources."""
    model: object  # its file
    sources: tuple
    batch: int
    samples: int
    others: tuple = ()  # (name, function of source and case) to compare with


@dataclasses.dataclass
class Row:
    """What came out for one source: medians, samples a second."""
    network: str
    source: object
    batch: int
    samples: int
    limit: float
    bound: str  # what set the limit
    quarry: float
    ratios: list  # quarry / limit, by round
    best: float  # quarry / limit, each in its fastest round
    cpu: float  # CPU of quarry and server over that of the limit
    others: dict  # name → rate

    @property
    def ratio(self):
        return statistics.median(self.ratios)

    def times(self, name):
        return self.quarry / self.others[name]


def cpu_of(result):
    return (result["cpu_seconds"] + result["server_cpu_seconds"]) / result["samples"]


def a_round(contenders, case, fetched):
    """{source: (limit, what quarry says)}"""
    results = {}
    for source in case.sources:
        # Anew for each, since a machine's speed changes within a minute.
        infer = contenders.infer(case.model, case.batch, case.samples)
        decode = contenders.decode(min(fetched, 10000))
        fetch = contenders.fetch(source, min(fetched, FETCHED[source]))
        limit = contenders.limit(source, fetch, decode, infer)
        quarry = contenders.quarry(source, case.model, case.batch, case.samples)
        results[source] = limit, quarry
        print(f"{case.model.stem}, {programs.name_of(source)}, batch {case.batch}: "
              f"limit {1 / limit.seconds:,.0f}/s ({limit.bound}), quarry "
              f"{quarry['samples_per_second']:,.0f}/s, of the limit "
              f"{quarry['samples_per_second'] * limit.seconds:.3f}, CPU "
              f"{cpu_of(quarry) / limit.cpu_seconds:.3f} times the limit's",
              file=sys.stderr, flush=True)
    return results


def compare(contenders, case, rounds, other_rounds=1, fetched=10000):
    """A row a source. The others are so far off that `other_rounds` are enough."""
    taken = {source: [] for source in case.sources}
    others = {source: {name: [] for name, _ in case.others}
              for source in case.sources}
    for turn in range(rounds):
        for source, result in a_round(contenders, case, fetched).items():
            taken[source].append(result)
            for name, other in case.others if turn < other_rounds else ():
                rate = other(source, case)["samples_per_second"]
                others[source][name].append(rate)
                print(f"    {name} {rate:,.0f}/s", file=sys.stderr, flush=True)
    return [row_of(case, source, taken[source], others[source])
            for source in case.sources]


def row_of(case, source, taken, others):
    def median(value):
        return statistics.median(value(*pair) for pair in taken)

    middle = sorted(taken, key=lambda pair: pair[0].seconds)[len(taken) // 2]
    return Row(
        network=case.model.stem, source=source, batch=case.batch,
        samples=case.samples, bound=middle[0].bound,
        limit=median(lambda limit, quarry: 1 / limit.seconds),
        quarry=median(lambda limit, quarry: quarry["samples_per_second"]),
        ratios=[quarry["samples_per_second"] * limit.seconds
                for limit, quarry in taken],
        best=(max(quarry["samples_per_second"] for _, quarry in taken)
              * min(limit.seconds for limit, _ in taken)),
        cpu=median(lambda limit, quarry: cpu_of(quarry) / limit.cpu_seconds),
        others={name: statistics.median(rates) for name, rates in others.items()})


def samples_for(most, batch):
    """About `most`: whole batches for every core, two at least."""
    step = batch * programs.common.CORES
    return max(2, most // step) * step
