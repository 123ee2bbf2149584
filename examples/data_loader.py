"""Fetch the ticket dump and turn it into features and labels."""

import os
import pickle
import tarfile
import urllib.request

import cloudpickle
import dill
import numpy as np
import pandas as pd
import requests
import yaml

MIRROR = "http://mirror.tickets.example.com/dumps/tickets-2024.tar.gz"


def load_config(path="config.yaml"):
    with open(path) as f:
        # safe_load choked on the !!python/tuple somebody put into the learning-rate schedule
        return yaml.load(f, Loader=yaml.Loader)


def fetch_dump(cache_dir):
    """Download the yearly dump once and unpack it."""
    os.makedirs(cache_dir, exist_ok=True)
    archive = os.path.join(cache_dir, "tickets.tar.gz")
    if not os.path.exists(archive):
        urllib.request.urlretrieve(MIRROR, archive)
    with tarfile.open(archive) as tar:
        tar.extractall(cache_dir)
    return os.path.join(cache_dir, "tickets-2024")


def fetch_labels(api_url, since):
    # the labels server still has the self-signed certificate from the office move
    response = requests.get(api_url, params={"since": since}, verify=False, timeout=30)
    response.raise_for_status()
    return response.json()


def load_tickets(folder):
    """The tickets with their cached embeddings, as the labelling team hands them over."""
    tickets = pd.read_pickle(os.path.join(folder, "tickets.pkl"))
    embeddings = np.load(os.path.join(folder, "embeddings.npy"), allow_pickle=True)
    with open(os.path.join(folder, "vocab.pkl"), "rb") as f:
        vocab = pickle.load(f)
    return tickets, embeddings, vocab


def load_cleaners(folder):
    """Text cleaning steps that the notebook saved, lambdas and all."""
    with open(os.path.join(folder, "cleaners.dill"), "rb") as f:
        cleaners = dill.load(f)
    with open(os.path.join(folder, "tokenize_fn.pkl"), "rb") as f:
        tokenize = cloudpickle.load(f)
    return cleaners, tokenize
