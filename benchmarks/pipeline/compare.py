"""Quarry against the limit and against others, in turns."""
import dataclasses
import statistics
import sys

import contenders as programs

# Objects that are enough to know what fetching takes, by source.
FETCHED = {programs.FILES: 10000, 0: 40000, 5: 20000, 20: 12000}


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

    @property
    def of_alone(self):
        return self.quarry * self.alone.seconds

    @property
    def of_together(self):
        return self.quarry * self.together.seconds

    @property
    def of_by_hand(self):
        return self.quarry / self.by_hand


@dataclasses.dataclass
class Row:
    """One network at one batch size, from one source."""
    network: str
    source: object
    batch: int
    samples: int
    rounds: list
    others: dict  # name → samples a second

    def values(self, name):
        """By round: what a `Round` has under this name."""
        return [getattr(one, name) for one in self.rounds]

    def median(self, name):
        return statistics.median(self.values(name))

    def limit(self, name):
        """The median of `alone` or `together`, set by what sets the middle one."""
        limits = sorted(self.values(name), key=lambda limit: limit.seconds)
        return dataclasses.replace(
            limits[len(limits) // 2],
            seconds=statistics.median(limit.seconds for limit in limits))


def a_round(contenders, case, source, fetched, backwards):
    """Every other one runs `backwards`, so that what a machine gains or loses of
    its speed meanwhile cancels out."""
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
          f"limit alone {result.of_alone:.3f} ({result.alone.bound}), together "
          f"{result.of_together:.3f} ({result.together.bound})",
          file=sys.stderr, flush=True)
    return result


def compare(contenders, case, rounds, other_rounds=1, fetched=60000):
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
    return [Row(case.model.stem, source, case.batch, case.samples, taken[source],
                {name: statistics.median(rates)
                 for name, rates in others[source].items()})
            for source in case.sources]


def limit_of(row, name):
    """`alone` or `together` in words, samples a second."""
    limit = row.limit(name)
    return f"{limit.rate:,.0f} ({limit.bound})"


def spread(ratios):
    """The median, lowest and highest."""
    return (f"{statistics.median(ratios):.2f} ({min(ratios):.2f} – "
            f"{max(ratios):.2f})")


def samples_for(most, batch):
    """About `most`: whole batches for every core, two at least."""
    step = batch * programs.common.CORES
    return max(2, most // step) * step
