"""What is measured, and what it cannot do without."""
import dataclasses


@dataclasses.dataclass
class Case:
    """One selection: `budget` of `rows` rows of `width` numbers."""
    strategy: str
    # The limit: "sgemm", "log", or vector-Jacobian products: "jacobian", of
    # every class but one after a forward pass, or "gradient", a single one.
    floor: str
    # What of it is needed: FLOPs, or values; from (rows, budget, width,
    # labelled). None: as many as the contender says, as `needed`.
    needs: object
    rows: int = 40000
    budget: int = 10000
    width: int = 512
    labelled: int = 1000
    params: tuple = ()
    # Rows, inner width and columns of the sgemm, where they are not 40,000, the
    # width of the rows, and 1,024.
    product: tuple = ()
    contender: str = "quarry_select"
    flags: tuple = ()  # of the contender, besides

    def quick(self):
        return dataclasses.replace(self, rows=self.rows // 10,
                                   budget=self.budget // 10,
                                   labelled=self.labelled // 10)

    def need(self):
        return self.needs(self.rows, self.budget, self.width, self.labelled)


# Of the pool that quarry_select makes up.
CLASSES = 10
PASSES = 10  # unless --passes says otherwise
TARGETS = 20
OUTPUTS = 4


def all_pairs(rows, budget, width, labelled):
    """FLOPs: every row with every other."""
    del budget, labelled
    return 2 * width * rows * rows


def centres(rows, budget, width, labelled):
    """FLOPs: every candidate with every labelled or picked row."""
    return 2 * width * (rows - labelled) * (labelled + budget)


def drawn(rows, budget, width, labelled):
    """FLOPs: every candidate with every pick."""
    return 2 * width * (rows - labelled) * budget


def rows_once(rows, budget, width, labelled):
    """Values: one a candidate."""
    del budget, width
    return rows - labelled


def passes(rows, budget, width, labelled, count=PASSES):
    """Values: the probabilities of every candidate in every pass."""
    return count * probabilities(rows, budget, width, labelled)


def probabilities(rows, budget, width, labelled):
    """Values: the probabilities of every candidate."""
    del budget, width
    return CLASSES * (rows - labelled)
