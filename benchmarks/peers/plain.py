"""The job as one writes it with PyTorch's tutorials at hand: a Dataset that gets a
sample and makes of it what the network takes, one by one, and the network as it
was loaded."""
import requests
import torch

import job


class Images(job.Images):
    """The network's input [C, H, W]."""

    def __getitem__(self, index):
        return self.card.normalised(self.pixels(index, requests.get))


class Network:
    def __init__(self, model, _card, options):
        self.precision = options.precision
        self.module = torch.jit.load(model).eval().to(self.precision)

    @torch.no_grad()
    def probabilities(self, inputs):
        return job.probabilities(self.module, inputs, self.precision)


if __name__ == "__main__":
    job.run("plain", Images, Network)
