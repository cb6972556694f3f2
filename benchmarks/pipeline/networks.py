"""The networks that are measured, and the images."""
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import common  # noqa: E402

NETWORKS = ("small_cnn", "resnet18", "resnet18_cifar")


def add_flags(parser):
    parser.add_argument("--models", type=pathlib.Path,
                        help="where the networks' files are; default: trained "
                        "once, below the build folder")
    parser.add_argument("--data", type=pathlib.Path,
                        help="a folder of JPEGs; default: CIFAR-10")


def trained(build, name, data):
    """A network that `quarry train` made of 100 images: as fast as any other."""
    file = build.resolve() / "benchmarks" / "networks" / f"{name}.pt"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            images = sorted(data.rglob("*.jpg"))
            for number, image in enumerate(images[::max(1, len(images) // 100)]):
                kind = pathlib.Path(folder) / image.parent.name
                kind.mkdir(exist_ok=True)
                shutil.copy(image, kind / f"{number}.jpg")
            common.output([build / "quarry", "train", "--data", folder,
                           "--labels-from", "dirs", "--net", name, "--epochs", 1,
                           "--out", file, "--quiet"])
    return file


def file_of(options, name):
    """Of a name in NETWORKS, or of a file."""
    if name.endswith(".pt"):
        return pathlib.Path(name).resolve()
    if options.models:
        return options.models.resolve() / f"{name}.pt"
    return trained(options.build, name, options.data)
