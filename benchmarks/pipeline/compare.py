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
class Round:
    """What came out for one source once."""
    alone: programs.Limit  # from stages of which each ran by itself
    together: programs.Limit  # from stages that shared the cores
    by_hand: float  # samples a second, of the program with these stages
    quarry: float


@dataclasses.dataclass
class Row:
    """What came out for one source: medians, samples a second."""
    network: str
    source: object
    batch: int
    samples: int
    alone: float
    alone_bound: str  # what set the limit
    together: float
    together_bound: str
    by_hand: float
    quarry: float
    of_alone: list  # quarry / limit, by round
    of_together: list
    others: dict  # name → rate


def a_round(contenders, case, source, fetched, backwards):
    """In turns that are `backwards` what a machine gains or loses of its speed
    meanwhile counts for the other side."""
    job = source, case.model, case.batch, case.samples
    programs_in_turn = {
        "infer": lambda: contenders.infer(*job[1:]),
        "overlapped": lambda: contenders.overlapped(*job),
        "quarry": lambda: contenders.quarry(*job)}
    names = list(programs_in_turn)
    results = {name: programs_in_turn[name]()
               for name in (reversed(names) if backwards else names)}
    decode = contenders.decode(min(fetched, 10000))
    fetch = contenders.fetch(source, min(fetched, FETCHED[source]))
    infer, overlapped, quarry = (results[name] for name in names)
    waits = {"infer": programs.seconds_of(infer)}
    if source != programs.FILES:
        waits["fetch"] = programs.seconds_of(fetch)
    result = Round(
        alone=programs.Limit.of(sum(map(programs.cpu_of, (fetch, decode, infer))),
                                waits),
        together=programs.Limit.of(programs.cpu_of(overlapped), waits),
        by_hand=overlapped["samples_per_second"],
        quarry=quarry["samples_per_second"])
    print(f"{case.model.stem}, {programs.name_of(source)}, batch {case.batch}: "
          f"quarry {result.quarry:,.0f}/s, by hand {result.by_hand:,.0f}/s, of the "
          f"limit alone {result.quarry * result.alone.seconds:.3f} "
          f"({result.alone.bound}), together "
          f"{result.quarry * result.together.seconds:.3f} ({result.together.bound})",
          file=sys.stderr, flush=True)
    return result


def compare(contenders, case, rounds, other_rounds=1, fetched=10000):
    """A row a source. The others are so far off that `other_rounds` are enough."""
    taken = {source: [] for source in case.sources}
    others = {source: {name: [] for name, _ in case.others}
              for source in case.sources}
    for turn in range(rounds):
        for source in case.sources:
            taken[source].append(a_round(contenders, case, source, fetched,
                                         backwards=turn % 2 == 1))
            for name, other in case.others if turn < other_rounds else ():
                rate = other(source, case)["samples_per_second"]
                others[source][name].append(rate)
                print(f"    {name} {rate:,.0f}/s", file=sys.stderr, flush=True)
    return [row_of(case, source, taken[source], others[source])
            for source in case.sources]


def row_of(case, source, taken, others):
    def median(value):
        return statistics.median(map(value, taken))

    def bound(limit):
        ordered = sorted(map(limit, taken), key=lambda one: one.seconds)
        return ordered[len(ordered) // 2].bound

    return Row(
        network=case.model.stem, source=source, batch=case.batch,
        samples=case.samples,
        alone=median(lambda one: 1 / one.alone.seconds),
        alone_bound=bound(lambda one: one.alone),
        together=median(lambda one: 1 / one.together.seconds),
        together_bound=bound(lambda one: one.together),
        by_hand=median(lambda one: one.by_hand),
        quarry=median(lambda one: one.quarry),
        of_alone=[one.quarry * one.alone.seconds for one in taken],
        of_together=[one.quarry * one.together.seconds for one in taken],
        others={name: statistics.median(rates) for name, rates in others.items()})


def spread(ratios):
    """The median, lowest and highest."""
    return (f"{statistics.median(ratios):.2f} ({min(ratios):.2f} – "
            f"{max(ratios):.2f})")


def samples_for(most, batch):
    """About `most`: whole batches for every core, two at least."""
    step = batch * programs.common.CORES
    return max(2, most // step) * step
