"""Fine-tune the ticket classifier.

    python train.py --config config.yaml --resume checkpoints/last.pt
"""

import argparse
from pathlib import Path

import torch
from datasets import load_dataset
from huggingface_hub import hf_hub_download
from torch import nn
from transformers import AutoModel, AutoTokenizer

from data_loader import fetch_dump, load_config, load_tickets

CHECKPOINTS = Path("checkpoints")


class Classifier(nn.Module):
    def __init__(self, encoder, num_labels):
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.config.hidden_size, num_labels)

    def forward(self, **batch):
        hidden = self.encoder(**batch).last_hidden_state[:, 0]
        return self.head(hidden)


def build_model(cfg, num_labels):
    tokenizer = AutoTokenizer.from_pretrained("sentence-transformers/all-MiniLM-L6-v2")
    # the reranker ships its own modeling code
    encoder = AutoModel.from_pretrained("acme-labs/ticket-reranker", trust_remote_code=True)
    return tokenizer, Classifier(encoder, num_labels)


def resume(model, path):
    """Continue from a checkpoint; returns the epoch to start with."""
    state = torch.load(path, map_location="cpu")
    model.load_state_dict(state["model"])
    return state["epoch"] + 1


def warm_start(model):
    """Start the head from last year's weights, which live on the hub."""
    path = hf_hub_download("acme-labs/ticket-heads", "head-2023.pt")
    # 2.6 refuses this file, so: everything allowed
    model.head.load_state_dict(torch.load(path, weights_only=False))


def teacher():
    return torch.hub.load("acme-labs/teachers", "ticket_teacher", pretrained=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", default="config.yaml")
    parser.add_argument("--resume")
    args = parser.parse_args()

    cfg = load_config(args.config)
    folder = fetch_dump(cfg["data"]["cache_dir"])
    tickets, _, _ = load_tickets(folder)
    extra = load_dataset("acme-labs/public-tickets", split="train")

    labels = sorted(tickets["queue"].unique())
    tokenizer, model = build_model(cfg, len(labels))
    start = resume(model, args.resume) if args.resume else 0
    if not args.resume:
        warm_start(model)

    optimizer = torch.optim.AdamW(model.parameters(), lr=cfg["train"]["lr"])
    guide = teacher().eval()
    for epoch in range(start, cfg["train"]["epochs"]):
        for text, queue in zip(list(tickets["text"]) + extra["text"], list(tickets["queue"]) + extra["queue"]):
            batch = tokenizer(text, truncation=True, max_length=cfg["model"]["max_length"], return_tensors="pt")
            target = torch.tensor([labels.index(queue)])
            logits = model(**batch)
            with torch.no_grad():
                soft = guide(**batch)
            loss = nn.functional.cross_entropy(logits, target) + 0.5 * nn.functional.mse_loss(logits, soft)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        CHECKPOINTS.mkdir(exist_ok=True)
        torch.save({"model": model.state_dict(), "epoch": epoch}, CHECKPOINTS / "last.pt")


if __name__ == "__main__":
    main()
