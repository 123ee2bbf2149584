import numpy
import torch

model = torch.load("model.pt")
data = numpy.load("data.npy", allow_pickle=True)
