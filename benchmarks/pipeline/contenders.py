"""Runs the contenders, each a program of its own, and says what the limit is."""
import contextlib
import dataclasses
import json
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import common  # noqa: E402
import serve  # noqa: E402

FILES = "files"
SOURCES = (FILES, *serve.DELAYS)  # files, or milliseconds to an answer


def name_of(source):
    return "files" if source == FILES else f"HTTP, {source} ms"


def preprocessing(model):
    """What the card says, as flags for a program that reads no cards."""
    card = json.loads(model.with_suffix(".json").read_text(encoding="utf-8"))
    given, steps = card["input"], card.get("preprocess", {})
    channels = given.get("channels", 3)

    def listed(name, default):
        values = steps.get(name) or [default] * channels
        return ",".join(str(value) for value in values)

    flags = {name: given[name] for name in ("height", "width")}
    flags |= {"channels": channels, "scale": steps.get("scale", 1 / 255),
              "mean": listed("mean", 0), "std": listed("std", 1)}
    return [text for name, value in flags.items()
            for text in (f"--{name}", str(value))]


def seconds_of(result):
    """A sample."""
    return result["seconds"] / result["samples"]


def cpu_of(result):
    """A sample, the server's included."""
    return (result["cpu_seconds"] + result["server_cpu_seconds"]) / result["samples"]


@dataclasses.dataclass
class Limit:
    """What the machine allows programs that do the same work in the same way."""
    seconds: float  # a sample
    bound: str  # what sets it

    @property
    def rate(self):
        """Samples a second."""
        return 1 / self.seconds

    @staticmethod
    def of(cpu, waits):
        """Of the seconds of CPU that all stages take a sample, which the cores
        share, and of what each of `waits`, {stage: seconds a sample}, takes by
        itself, in which cores may idle."""
        bounds = {"cores": cpu / common.CORES, **waits}
        bound = max(bounds, key=bounds.get)
        return Limit(bounds[bound], bound)


class Contenders:
    """`images`: a folder of JPEGs; `server`: an nginx; `folder`: for lists."""

    def __init__(self, build, images, server, folder):
        self.bench = build / "benchmarks"
        self.images = pathlib.Path(images).resolve()
        self.names = sorted(str(path.relative_to(self.images))
                            for path in self.images.rglob("*.jpg"))
        self.server = server
        self.folder = pathlib.Path(folder)
        self.trials = {}  # by network, batch size and precision
        (server.www / "pool").symlink_to(self.images)

    def listing(self, source, samples):
        """A file that names the first samples, and the flags that go with it."""
        def place(name):
            if source == FILES:
                return str(self.images / name)
            return serve.url(self.server, f"pool/{name}", source)

        listing = self.folder / f"{source}-{samples}.txt"
        if not listing.exists():
            listing.write_text("".join(place(name) + "\n"
                                       for name in self.names[:samples]),
                               encoding="utf-8")
        return listing

    def server_flags(self, source):
        if source == FILES:
            return []
        return ["--server", serve.processes(self.server)]

    def program(self, name, *flags):
        return common.run([self.bench / f"bench_{name}", *flags])

    def fetch(self, source, samples):
        listing = self.listing(source, samples)
        if source == FILES:
            return self.program("pipeline_limit_files", "--list", listing)
        return self.program("sources_limit_curl", "--urls", listing,
                            *self.server_flags(source))

    def decode(self, samples):
        return self.program("pipeline_limit_jpeg", "--list",
                            self.listing(FILES, samples))

    def network_flags(self, model, batch, precision="fp32"):
        flags = ["--model", model, "--threads", common.CORES, "--batch", batch,
                 "--precision", precision, *preprocessing(model)]
        return flags

    def tried(self, model, batch, precision="fp32"):
        """What the fastest way of making the network ready does with a few
        samples, found once; that of 64 samples a batch serves more, too."""
        key = (model, min(batch, 64), precision)
        if key not in self.trials:
            self.trials[key] = self.program(
                "pipeline_limit_bare_inference", "--samples", 8 * key[1],
                *self.network_flags(model, key[1], precision))
        return self.trials[key]

    def variant(self, model, batch, precision="fp32"):
        return ["--variant", self.tried(model, batch, precision)["variant"]]

    def samples_in(self, seconds, model, batch):
        """How many bare inference takes in some seconds, about."""
        return int(self.tried(model, batch)["samples_per_second"] * seconds)

    def infer(self, model, batch, samples, precision="fp32"):
        return self.program("pipeline_limit_bare_inference", "--samples", samples,
                            *self.network_flags(model, batch, precision),
                            *self.variant(model, batch, precision))

    def overlapped(self, source, model, batch, samples):
        """The same job by hand."""
        return self.program("pipeline_overlapped",
                            "--list", self.listing(source, samples),
                            *self.network_flags(model, batch),
                            *self.variant(model, batch), *self.server_flags(source))

    def quarry(self, source, model, batch, samples, precision="fp32"):
        return self.program("pipeline_quarry_torch", "--model", model,
                            "--list", self.listing(source, samples),
                            "--threads", common.CORES, "--batch", batch,
                            "--precision", precision,
                            *self.server_flags(source))

    def stages(self, order, source, model, batch, samples):
        """`order`: sequential or batch_sequential. A delay makes them so slow
        that three seconds of it are enough."""
        if source not in (FILES, 0):
            samples = min(samples, -(-3000 // source // batch) * batch)
        return self.program(f"pipeline_{order}",
                            "--list", self.listing(source, samples),
                            *self.network_flags(model, batch),
                            *self.variant(model, batch), *self.server_flags(source))


@contextlib.contextmanager
def open_contenders(build, images):
    """With a server and a folder that go when it does."""
    with serve.nginx() as server, tempfile.TemporaryDirectory() as folder:
        yield Contenders(build, images, server, folder)
