import torch

name = "😀"; model = torch.load("model.pt")
again = torch.load("again.pt")
