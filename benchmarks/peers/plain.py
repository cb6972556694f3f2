"""The job as one writes it with PyTorch's tutorials at hand: a Dataset that gets a
sample and makes of it what the network takes, one by one, and the network as it
was loaded."""
import io

import numpy
import requests
import torch
from PIL import Image
from torch.utils.data import Dataset

import job


class Images(Dataset):
    """The network's input [C, H, W] of the files or URLs of a list."""

    def __init__(self, places, card):
        self.places = places
        self.card = card

    def __len__(self):
        return len(self.places)

    def __getitem__(self, index):
        place = self.places[index]
        if place.startswith("http:"):
            answer = requests.get(place, timeout=30)
            answer.raise_for_status()
            place = io.BytesIO(answer.content)
        image = numpy.array(Image.open(place).convert("RGB"))
        pixels = torch.from_numpy(image).permute(2, 0, 1).float()
        return (pixels * self.card.scale - self.card.mean) / self.card.std


class Network:
    def __init__(self, model, _card, options):
        self.precision = options.precision
        self.module = torch.jit.load(model).eval().to(self.precision)

    @torch.no_grad()
    def probabilities(self, inputs):
        output = self.module(inputs.to(self.precision))
        return torch.softmax(job.logits_of(output).float(), 1)


if __name__ == "__main__":
    job.run("plain", Images, Network)
