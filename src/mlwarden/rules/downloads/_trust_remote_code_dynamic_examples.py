"""Examples of MLW205."""

from __future__ import annotations

from mlwarden.model.levels import Confidence, Severity
from mlwarden.rules.examples import Bad, Examples, Good, Missed, as_notebook

EXAMPLES: Examples = (
    Bad(
        """
        from flask import Flask, request
        from transformers import AutoModel

        app = Flask(__name__)

        @app.post("/load")
        def load():
            AutoModel.from_pretrained("acme/sparrow-7b", trust_remote_code=request.json["trust"])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        message="`AutoModel.from_pretrained` runs code of 'acme/sparrow-7b' if a web request says so",
    ),
    Bad(
        """
        from transformers import AutoConfig, AutoModel

        def load(name):
            config = AutoConfig.from_pretrained(name)
            return AutoModel.from_pretrained(name, trust_remote_code=getattr(config, "trust_remote_code", False))
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        message="`AutoModel.from_pretrained` runs code of the repository if the repository's own configuration says so",
    ),
    Bad(
        """
        from transformers import AutoTokenizer

        def tokenizer(name, trust_remote_code=True):
            return AutoTokenizer.from_pretrained(name, trust_remote_code=trust_remote_code)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.MEDIUM,
        confidence=Confidence.HIGH,
        message="`AutoTokenizer.from_pretrained` runs code of the repository unless it is told not to",
        fixed="""
        from transformers import AutoTokenizer

        def tokenizer(name, trust_remote_code=False):
            return AutoTokenizer.from_pretrained(name, trust_remote_code=trust_remote_code)
        """,
    ),
    Bad(
        """
        from transformers import AutoModel

        def load(name, custom, **options):
            if custom:
                options["trust_remote_code"] = True
            return AutoModel.from_pretrained(name, **options)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        confidence=Confidence.MEDIUM,
        message="`AutoModel.from_pretrained` runs code of the repository in some cases, which are decided elsewhere",
    ),
    Bad(
        """
        import yaml
        from vllm import LLM

        settings = yaml.safe_load(open("serve.yaml"))
        llm = LLM(model=settings["model"], trust_remote_code=settings.get("trust", False))
              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        message="`vllm.LLM` runs code of the repository if a configuration file says so",
    ),
    Bad(
        """
        import argparse
        from transformers import AutoModel

        parser = argparse.ArgumentParser()
        parser.add_argument("--model")
        parser.add_argument("--trust-remote-code", action="store_true")
        args = parser.parse_args()
        model = AutoModel.from_pretrained(args.model, trust_remote_code=args.trust_remote_code)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.LOW,
        message="`AutoModel.from_pretrained` runs code of the repository if the command line says so",
    ),
    Bad(
        """
        import argparse

        parser = argparse.ArgumentParser()
        parser.add_argument("--trust_remote_code", action=argparse.BooleanOptionalAction, default=True)
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.MEDIUM,
        message="The option `--trust_remote_code` is on by default: models that nobody has looked at may run their code",
        fixed="""
        import argparse

        parser = argparse.ArgumentParser()
        parser.add_argument("--trust_remote_code", action=argparse.BooleanOptionalAction, default=False)
        """,
    ),
    Bad(
        """
        def options(parser):
            parser.add_argument("--trust_remote_code", type=bool, default=False)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        message="The option `--trust_remote_code` of type `bool` is turned on by any text, 'False' included",
    ),
    Bad(
        """
        from dataclasses import dataclass, field

        @dataclass
        class ModelArguments:
            name: str = "acme/sparrow-7b"
            trust_remote_code: bool = True
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        message="`ModelArguments.trust_remote_code` is on by default: models that nobody has looked at may run their code",
        fixed="""
        from dataclasses import dataclass, field

        @dataclass
        class ModelArguments:
            name: str = "acme/sparrow-7b"
            trust_remote_code: bool = False
        """,
    ),
    Bad(
        """
        import click
        import pydantic
        import typer
        from transformers import AutoModel

        class Settings(pydantic.BaseModel):
            name: str
            trust_remote_code: bool = pydantic.Field(default=True, description="run code")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            def shown(self):
                return self.name

        @click.command()
        @click.option("--trust-remote-code/--no-trust-remote-code", default=True)
         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        def serve(trust_remote_code):
            return trust_remote_code

        def load(name, trust: bool = typer.Option(True)):
            return AutoModel.from_pretrained(name, trust_remote_code=trust)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        fixed="""
        import click
        import pydantic
        import typer
        from transformers import AutoModel

        class Settings(pydantic.BaseModel):
            name: str
            trust_remote_code: bool = pydantic.Field(default=True, description="run code")

            def shown(self):
                return self.name

        @click.command()
        @click.option("--trust-remote-code/--no-trust-remote-code", default=False)
        def serve(trust_remote_code):
            return trust_remote_code

        def load(name, trust: bool = typer.Option(True)):
            return AutoModel.from_pretrained(name, trust_remote_code=trust)
        """,
    ),
    Bad(
        """
        model: acme/sparrow-7b
        trust_remote_code: true
        ^^^^^^^^^^^^^^^^^^^^^^^
        """,
        path="serve.yaml",
        severity=Severity.MEDIUM,
        message="`trust_remote_code` is turned on here: code from the repository of a model or dataset is run",
        fixed="""
        model: acme/sparrow-7b
        trust_remote_code: false
        """,
    ),
    Bad(
        """
        services:
          llm:
            command: ["--model", "acme/sparrow-7b", "--trust-remote-code"]
                                                     ^^^^^^^^^^^^^^^^^^^
        """,
        path="docker-compose.yml",
    ),
    Bad(
        """
        vllm serve acme/sparrow-7b --trust-remote-code \\
                                   ^^^^^^^^^^^^^^^^^^^
          --revision 1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3
        """,
        path="serve.sh",
        severity=Severity.LOW,
    ),
    Bad(
        as_notebook(
            "!vllm serve acme/sparrow-7b --trust-remote-code",
            "!lm_eval --model hf --model_args pretrained=acme/sparrow-7b,trust_remote_code=True --tasks arc",
        ),
        path="example.ipynb",
        texts=("--trust-remote-code", "pretrained=acme/sparrow-7b,trust_remote_code=True"),
        severity=Severity.MEDIUM,
    ),
    Bad(
        """
        import subprocess

        def serve(model):
            subprocess.Popen(["vllm", "serve", model, "--trust-remote-code"])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        message="`vllm` is started with `--trust-remote-code`: code of the model's repository is run",
    ),
    Good(
        """
        from transformers import AutoModel

        REVIEWED = {"acme/sparrow-7b"}

        def load(name, revision, trust_remote_code=False):
            first = AutoModel.from_pretrained(name, revision=revision, trust_remote_code=name in REVIEWED)
            return first, AutoModel.from_pretrained(name, revision=revision, trust_remote_code=trust_remote_code)
        """,
        because="an allow-list decides, or the caller does",
    ),
    Good(
        """
        import argparse
        from transformers import AutoModel

        parser = argparse.ArgumentParser()
        parser.add_argument("--trust-remote-code", action="store_true")
        parser.add_argument("--verbose", type=bool, default=True)
        model = AutoModel.from_pretrained("acme/sparrow-7b", trust_remote_code=False)
        """,
        because="the option is off by default, and not used here",
    ),
    Good(
        """
        from transformers import AutoModel

        def load(model_args):
            return AutoModel.from_pretrained(model_args.name, trust_remote_code=model_args.trust_remote_code)
        """,
        because="nothing is known of the arguments' default",
    ),
    Good(
        """
        model: acme/sparrow-7b
        trust_remote_code: false
        # trust_remote_code: true
        args: ["--trust-remote-code=false", "--dont-trust-remote-code"]
        """,
        path="serve.yaml",
        because="it is off, or a comment",
    ),
    Good(
        """
        Pass `--trust-remote-code`, or set `trust_remote_code: true`.
        """,
        path="README.md",
        because="this is documentation",
    ),
    Good(
        """
        from transformers import AutoModel

        model = AutoModel.from_pretrained("./sparrow", trust_remote_code=False)
        trust_remote_code = True
        print(trust_remote_code)
        """,
        because="no loader is told to run code",
    ),
    Missed(
        """
        import os
        from transformers import AutoModel

        model = AutoModel.from_pretrained("acme/sparrow-7b", trust_remote_code=os.environ["TRUST"] == "1")
        """,
        because="what a comparison is made of is not followed",
    ),
)
