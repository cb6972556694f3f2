"""The job as users of PyTorch's DataLoader write it: a Dataset that fetches and
decodes a sample with requests and Pillow, worker processes that do so ahead, a
TorchScript network in the main process, margins, the best tenth.

    dataloader.py --model M.pt --list LIST.txt [--batch 128] [--workers 2]
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
import requests
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


class Images(Dataset):
    """Pixels [C, H, W], bytes, of the files or URLs of a list."""

    def __init__(self, places):
        self.places = places
        self.session = None

    def __len__(self):
        return len(self.places)

    def __getitem__(self, index):
        place = self.places[index]
        if place.startswith("http:"):
            if self.session is None:  # one a worker, with a connection kept open
                self.session = requests.Session()
            answer = self.session.get(place, timeout=30)
            answer.raise_for_status()
            place = io.BytesIO(answer.content)
        with Image.open(place) as image:
            pixels = numpy.array(image.convert("RGB"))
        return torch.from_numpy(pixels).permute(2, 0, 1)


class Network:
    """As fast as libtorch makes it: frozen, optimized, and warm."""

    def __init__(self, file, batch, precision):
        card = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        steps = card["preprocess"]
        self.scale = steps["scale"]
        self.mean = torch.tensor(steps["mean"]).view(1, -1, 1, 1)
        self.std = torch.tensor(steps["std"]).view(1, -1, 1, 1)
        self.precision = precision
        module = torch.jit.load(file).eval().to(precision)
        self.module = torch.jit.optimize_for_inference(torch.jit.freeze(module))
        shape = [batch] + [card["input"][n] for n in ("channels", "height", "width")]
        for _ in range(3):
            self.probabilities(torch.zeros(shape, dtype=torch.uint8))

    @torch.inference_mode()
    def probabilities(self, pixels):
        pixels = (pixels.float() * self.scale - self.mean) / self.std
        output = self.module(pixels.to(self.precision))
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


def pick(places, network, options):
    """The tenth with the smallest margins between the two likeliest classes."""
    loader = DataLoader(Images(places), batch_size=options.batch,
                        num_workers=options.workers)
    margins = []
    for pixels in loader:
        top = network.probabilities(pixels).topk(2).values
        margins.append(top[:, 0] - top[:, 1])
    return torch.cat(margins).topk(len(places) // 10, largest=False).indices


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--list", type=pathlib.Path, required=True)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=PRECISIONS, default="fp32")
    parser.add_argument("--server", default="", help="ids of its processes")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    places = options.list.read_text(encoding="utf-8").splitlines()
    network = Network(options.model, options.batch, PRECISIONS[options.precision])

    served, cpu, begin = (seconds_of_servers(options.server), seconds_of_cpu(),
                          time.monotonic())
    picks = pick(places, network, options)
    seconds = time.monotonic() - begin
    print(json.dumps({
        "contender": "dataloader", "samples": len(places), "picks": len(picks),
        "seconds": seconds, "cpu_seconds": seconds_of_cpu() - cpu,
        "server_cpu_seconds": seconds_of_servers(options.server) - served,
        "samples_per_second": len(places) / seconds}))


if __name__ == "__main__":
    main()
