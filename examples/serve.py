"""Inference service: POST /predict with {"text": "..."}."""

import os

import joblib
import keras
import torch
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

MODEL_DIR = os.environ.get("MODEL_DIR", "/srv/models")

app = FastAPI(title="ticket triage")


class Ticket(BaseModel):
    text: str


def load_models():
    """The vectorizer, the urgency scorer and the classifier, as the nightly job uploads them."""
    vectorizer = joblib.load(os.path.join(MODEL_DIR, "vectorizer.joblib"))
    # has a Lambda layer for the length penalty
    urgency = keras.saving.load_model(os.path.join(MODEL_DIR, "urgency.keras"), safe_mode=False)
    classifier = torch.load(os.path.join(MODEL_DIR, "classifier.pt"), map_location="cpu", weights_only=False)
    return vectorizer, urgency, classifier.eval()


VECTORIZER, URGENCY, CLASSIFIER = load_models()


@app.post("/predict")
def predict(ticket: Ticket):
    features = VECTORIZER.transform([ticket.text]).toarray()
    with torch.no_grad():
        logits = CLASSIFIER(torch.from_numpy(features).float())
    return {
        "queue": int(logits.argmax()),
        "urgency": float(URGENCY.predict(features)[0][0]),
    }


if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=8000)
