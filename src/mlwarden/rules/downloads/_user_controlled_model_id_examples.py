"""Examples of MLW222."""

from __future__ import annotations

from mlwarden.model.levels import Confidence, Severity
from mlwarden.rules.examples import Bad, Examples, Good, Missed, as_notebook

EXAMPLES: Examples = (
    Bad(
        """
        from flask import Flask, request
        from transformers import AutoModelForCausalLM

        app = Flask(__name__)

        @app.post("/load")
        def load():
            model = AutoModelForCausalLM.from_pretrained(request.json["model"])
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            return {"layers": model.config.num_hidden_layers}
        """,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        message="`AutoModelForCausalLM.from_pretrained` loads what a web request names: whoever sends it chooses "
        "the weights that this process loads; look the name up in a fixed dictionary",
    ),
    Bad(
        """
        from fastapi import FastAPI
        from transformers import pipeline

        app = FastAPI()

        def build(task, name):
            return pipeline(task, model=name, device=0)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        @app.get("/generate")
        def generate(model: str, prompt: str):
            return build("text-generation", model)(prompt)
        """,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
    ),
    Bad(
        """
        from fastapi import FastAPI
        from pydantic import BaseModel
        from sentence_transformers import SentenceTransformer

        app = FastAPI()
        cache = {}

        class Query(BaseModel):
            encoder: str
            text: str

        @app.post("/embed")
        async def embed(query: Query):
            if query.encoder not in cache:
                cache[query.encoder] = SentenceTransformer(query.encoder)
                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            return cache[query.encoder].encode(query.text).tolist()
        """,
    ),
    Bad(
        """
        import gradio as gr
        from flask import Flask, request

        app = Flask(__name__)

        @app.route("/demo")
        def demo():
            name = request.args.get("name", "acme/sparrow")
            return gr.load(f"models/{name}").launch(prevent_thread_lock=True)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
        message="`gradio.load` loads what a web request names: whoever sends it chooses which host this server "
        "calls, and the app that it shows; look the name up in a fixed dictionary",
    ),
    Bad(
        """
        import torch
        from flask import Flask, request

        app = Flask(__name__)
        DEFAULTS = {"repo": "acme/vision"}

        @app.route("/classify", methods=["POST"])
        def classify():
            options = {**DEFAULTS, "repo": request.form["repo"]}
            return str(torch.hub.load(options["repo"], "resnet_tiny"))
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.CRITICAL,
    ),
    Bad(
        """
        from langchain_core.tools import tool
        from datasets import load_dataset

        @tool
        def rows(name: str) -> str:
            '''Show the first rows of a dataset.'''
            return str(load_dataset(name, split="train")[:5])
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.MEDIUM,
    ),
    Bad(
        """
        from openai import OpenAI
        from transformers import AutoModel

        reply = OpenAI().responses.create(model="gpt-4o", input="Which model fits this task? Answer with its id.")
        model = AutoModel.from_pretrained(reply.output_text.strip(), trust_remote_code=True)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.CRITICAL,
        message="`AutoModel.from_pretrained` loads what a language model names: whoever steers it chooses the "
        "code that runs here; look the name up in a fixed dictionary",
    ),
    Bad(
        as_notebook(
            "from huggingface_hub import snapshot_download",
            'name = input("Which model? ")',
            "folder = snapshot_download(name)",
        ),
        path="example.ipynb",
        severity=Severity.LOW,
        texts=("snapshot_download(name)",),
    ),
    Bad(
        """
        from flask import Flask, request
        from transformers import AutoTokenizer
        from project.names import normalise

        app = Flask(__name__)

        @app.post("/tokenize")
        def tokenize():
            return AutoTokenizer.from_pretrained(normalise(request.form["model"]))(request.form["text"])
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        confidence=Confidence.MEDIUM,
    ),
    Bad(
        """
        from flask import Flask, request
        from diffusers import DiffusionPipeline

        app = Flask(__name__)
        pipe = DiffusionPipeline.from_pretrained("acme/pictures")

        @app.post("/style")
        def style():
            pipe.load_lora_weights(request.json["style"])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
    ),
    Good(
        """
        from flask import Flask, request
        from transformers import AutoModel

        app = Flask(__name__)
        MODELS = {"small": "acme/sparrow-1b", "large": "acme/sparrow-7b"}

        @app.post("/load")
        def load():
            name = MODELS[request.json["size"]]
            other = MODELS.get(request.json["size"], "acme/sparrow-1b")
            return AutoModel.from_pretrained(name), AutoModel.from_pretrained(other)
        """,
        because="the request only chooses among models that the program names",
    ),
    Good(
        """
        from fastapi import FastAPI, HTTPException
        from transformers import pipeline

        app = FastAPI()
        ALLOWED = frozenset({"acme/sparrow-1b", "acme/sparrow-7b"})

        def load(name):
            return pipeline("text-generation", model=name)

        @app.get("/generate")
        def generate(model: str, prompt: str):
            if model not in ALLOWED:
                raise HTTPException(404)
            return load(model)(prompt)
        """,
        because="the name is one of a constant set, also where a function of the project loads it",
    ),
    Good(
        """
        from enum import Enum
        from typing import Literal
        from fastapi import FastAPI
        from pydantic import BaseModel
        from transformers import AutoModel, AutoTokenizer, pipeline

        app = FastAPI()

        class Size(str, Enum):
            small = "acme/sparrow-1b"
            large = "acme/sparrow-7b"

        class Body(BaseModel):
            model: Literal["acme/sparrow-1b", "acme/sparrow-7b"]
            text: str

        @app.get("/a")
        def a(size: Size, text: str):
            return AutoModel.from_pretrained(size.value)

        @app.get("/b")
        def b(text: str, name: Literal["acme/sparrow-1b", "acme/sparrow-7b"] = "acme/sparrow-1b"):
            return AutoTokenizer.from_pretrained(name)(text)

        @app.post("/c")
        def c(body: Body):
            return pipeline("fill-mask", model=body.model)(body.text)
        """,
        because="the types admit the program's own names only",
    ),
    Good(
        """
        from flask import Flask, abort, request
        from transformers import AutoModel
        from project.settings import settings, validate_model

        app = Flask(__name__)

        @app.post("/a")
        def a():
            name = request.json["model"]
            if name.lower() not in settings.supported_models:
                abort(404)
            return AutoModel.from_pretrained(name)

        @app.post("/b")
        def b():
            name = request.json["model"]
            validate_model(name)
            return AutoModel.from_pretrained(name)

        @app.post("/c")
        def c():
            name = request.json["model"]
            if name == "acme/sparrow-7b":
                return AutoModel.from_pretrained(name)
            return AutoModel.from_pretrained("acme/sparrow-1b")
        """,
        because="the name is checked first",
    ),
    Good(
        """
        import argparse
        import sys
        from transformers import AutoModel, AutoTokenizer

        parser = argparse.ArgumentParser()
        parser.add_argument("--model_name_or_path")
        options = parser.parse_args()
        model = AutoModel.from_pretrained(options.model_name_or_path)
        tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
        """,
        because="the one who starts the program may choose the model",
    ),
    Good(
        """
        from flask import Flask, request
        from transformers import pipeline

        app = Flask(__name__)

        @app.post("/")
        def load():
            pipe = pipeline("text-generation", model=f"acme/sparrow-{request.json['size']}")
            return pipe(request.json["prompt"])
        """,
        because="the owner is fixed",
    ),
    Good(
        """
        from fastapi import FastAPI, Request
        from transformers import AutoModel

        app = FastAPI()

        @app.post("/reload")
        def reload(request: Request):
            request.app.state.model = AutoModel.from_pretrained(request.app.state.model_name)
        """,
        because="the server's own state is not the request's",
    ),
    Bad(
        """
        import gradio as gr
        import streamlit as st
        from transformers import pipeline

        def classify(name, text):
            return pipeline("text-classification", model=name)(text)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        with gr.Blocks() as demo:
            name = gr.Dropdown(["acme/sparrow-1b"], allow_custom_value=True)
            text = gr.Textbox()
            gr.Button().click(classify, inputs=[name, text], outputs=text)

        pipeline("text-classification", model=st.text_input("Model"))
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
    ),
    Good(
        """
        import gradio as gr
        import streamlit as st
        from transformers import pipeline

        MODELS = ["acme/sparrow-1b", "acme/sparrow-7b"]

        def classify(name, text):
            return pipeline("text-classification", model=name)(text)

        def describe(name):
            return load(name)

        def load(name):
            return pipeline("text-generation", name)

        gr.Interface(classify, [gr.Dropdown(MODELS), "text"], "text").launch()
        with gr.Blocks() as demo:
            name = gr.Radio(MODELS)
            gr.Button().click(fn=describe, inputs=name, outputs=gr.Textbox())

        pipeline("text-classification", model=st.selectbox("Model", MODELS))
        """,
        because="the visitor chooses from a list, and other values are refused",
    ),
    Missed(
        """
        from flask import Flask, request
        from transformers import AutoModel

        app = Flask(__name__)

        @app.post("/choose")
        def choose():
            database.save("model", request.json["model"])

        @app.post("/load")
        def load():
            return AutoModel.from_pretrained(database.read("model"))
        """,
        because="data is not followed through databases",
    ),
)
