"""The job as somebody writes it who has measured: connections stay open, pixels
travel as bytes and are normalised by the batch, and the network is as fast as
libtorch makes it."""
import io

import numpy
import requests
import torch
from PIL import Image
from torch.utils.data import Dataset

import job


class Images(Dataset):
    """Pixels [C, H, W], bytes, of the files or URLs of a list."""

    def __init__(self, places, _card):
        self.places = places
        self.session = None

    def __len__(self):
        return len(self.places)

    def __getitem__(self, index):
        place = self.places[index]
        if place.startswith("http:"):
            if self.session is None:  # one a worker
                self.session = requests.Session()
            answer = self.session.get(place, timeout=30)
            answer.raise_for_status()
            place = io.BytesIO(answer.content)
        with Image.open(place) as image:
            pixels = numpy.array(image.convert("RGB"))
        return torch.from_numpy(pixels).permute(2, 0, 1)


class Network:
    """Frozen and optimized."""

    def __init__(self, model, card, options):
        self.card = card
        self.precision = options.precision
        module = torch.jit.load(model).eval().to(self.precision)
        self.module = torch.jit.optimize_for_inference(torch.jit.freeze(module))

    @torch.inference_mode()
    def probabilities(self, pixels):
        inputs = (pixels.float() * self.card.scale - self.card.mean) / self.card.std
        output = self.module(inputs.to(self.precision))
        return torch.softmax(job.logits_of(output).float(), 1)


if __name__ == "__main__":
    job.run("careful", Images, Network)
