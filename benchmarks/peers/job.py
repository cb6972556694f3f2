"""What plain.py and careful.py share: pick the tenth with the smallest margins
between the two likeliest classes, and say how long it took.

    SCRIPT.py --model M.pt --list LIST.txt [--batch 128] [--workers 2]
        [--threads 2] [--precision fp32|bf16] [--server PIDS]

Prints one line of JSON. The clock starts when the network is loaded and warm.
"""
import argparse
import io
import json
import pathlib
import resource
import time

import numpy
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


class Card:
    """What a network wants, from the file beside it."""

    def __init__(self, model):
        card = json.loads(model.with_suffix(".json").read_text(encoding="utf-8"))
        steps = card["preprocess"]
        self.scale = steps["scale"]
        self.mean = torch.tensor(steps["mean"]).view(-1, 1, 1)
        self.std = torch.tensor(steps["std"]).view(-1, 1, 1)

    def normalised(self, pixels):
        return (pixels.float() * self.scale - self.mean) / self.std


class Images(Dataset):
    """The files or URLs of a list."""

    def __init__(self, places, card):
        self.places = places
        self.card = card

    def __len__(self):
        return len(self.places)

    def pixels(self, index, get):
        """[C, H, W], bytes. `get`: of requests, or of a session."""
        place = self.places[index]
        if place.startswith("http:"):
            answer = get(place, timeout=30)
            answer.raise_for_status()
            place = io.BytesIO(answer.content)
        with Image.open(place) as image:
            pixels = numpy.array(image.convert("RGB"))
        return torch.from_numpy(pixels).permute(2, 0, 1)


def probabilities(module, inputs, precision):
    output = module(inputs.to(precision))
    # The networks give their embeddings, too.
    logits = output[0] if isinstance(output, tuple) else output
    return torch.softmax(logits.float(), 1)


def seconds_of_servers(ids):
    return sum(int(pathlib.Path(f"/proc/{id}/schedstat")
                   .read_text(encoding="utf-8").split()[0]) * 1e-9
               for id in filter(None, ids.split(",")))


def seconds_of_cpu():
    """Of this process and of the workers that have ended."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def pick(images, network, options):
    margins = []
    for pixels in DataLoader(images, batch_size=options.batch,
                             num_workers=options.workers):
        top = network.probabilities(pixels).topk(2).values
        margins.append(top[:, 0] - top[:, 1])
    return torch.cat(margins).topk(len(images) // 10, largest=False).indices


def run(contender, make_images, make_network):
    """`make_images(places, card)`, `make_network(model, card, options)`: a Dataset
    and what has `probabilities`, of a batch of it."""
    parser = argparse.ArgumentParser(
        description=f"The job as {contender}.py does it.")
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--list", type=pathlib.Path, required=True)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=PRECISIONS, default="fp32")
    parser.add_argument("--server", default="", help="ids of its processes")
    options = parser.parse_args()
    options.precision = PRECISIONS[options.precision]
    torch.set_num_threads(options.threads)
    card = Card(options.model)
    places = options.list.read_text(encoding="utf-8").splitlines()
    network = make_network(options.model, card, options)
    warm = torch.stack([make_images(places, card)[0]] * options.batch)
    for _ in range(3):
        network.probabilities(warm)
    images = make_images(places, card)  # with no connection open

    served, cpu, begin = (seconds_of_servers(options.server), seconds_of_cpu(),
                          time.monotonic())
    picks = pick(images, network, options)
    seconds = time.monotonic() - begin
    print(json.dumps({
        "contender": contender, "samples": len(images), "picks": len(picks),
        "seconds": seconds, "cpu_seconds": seconds_of_cpu() - cpu,
        "server_cpu_seconds": seconds_of_servers(options.server) - served,
        "samples_per_second": len(images) / seconds}))
