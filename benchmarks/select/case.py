"""What is measured, and what it cannot do without."""
import dataclasses


@dataclasses.dataclass
class Case:
    """One selection: `budget` of `rows` rows of `width` numbers."""
    strategy: str
    floor: str  # the limit: "sgemm" or "log"
    # What of it is needed: FLOPs, or values; from (rows, budget, width,
    # labelled).
    needs: object
    rows: int = 40000
    budget: int = 10000
    width: int = 512
    labelled: int = 1000
    params: tuple = ()

    def quick(self):
        return dataclasses.replace(self, rows=self.rows // 10,
                                   budget=self.budget // 10,
                                   labelled=self.labelled // 10)

    def need(self):
        return self.needs(self.rows, self.budget, self.width, self.labelled)


CLASSES = 10  # of the pool that quarry_select makes up


def all_pairs(rows, budget, width, labelled):
    """FLOPs: every row with every other."""
    del budget, labelled
    return 2 * width * rows * rows


def centres(rows, budget, width, labelled):
    """FLOPs: every candidate with every labelled or picked row."""
    return 2 * width * (rows - labelled) * (labelled + budget)


def probabilities(rows, budget, width, labelled):
    """Values: the probabilities of every candidate."""
    del budget, width
    return CLASSES * (rows - labelled)
