"""Examples of MLW212."""

from __future__ import annotations

from mlwarden.model.levels import Confidence, Severity
from mlwarden.rules.examples import Bad, Examples, Good, Missed, as_notebook

EXAMPLES: Examples = (
    Bad(
        """
        from transformers import AutoModel

        model = AutoModel.from_pretrained("acme/sparrow-7b", revision=COMMIT, use_safetensors=False)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.MEDIUM,
        confidence=Confidence.HIGH,
        message="`AutoModel.from_pretrained` with `use_safetensors=False` reads pickled weights, "
        "where safetensors could not carry code",
        fixed="""
        from transformers import AutoModel

        model = AutoModel.from_pretrained("acme/sparrow-7b", revision=COMMIT, use_safetensors=True)
        """,
    ),
    Bad(
        """
        import transformers as tf

        OPTIONS = {"use_safetensors": False}
        model = tf.AutoModelForCausalLM.from_pretrained(name, **OPTIONS)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        versions={"transformers": "==4.30.2"},
        severity=Severity.HIGH,
        message="`AutoModelForCausalLM.from_pretrained` with `use_safetensors=False` unpickles weights in full on "
        "transformers==4.30.2, and can run code hidden in them",
    ),
    Bad(
        """
        from transformers import BertModel

        def load(name):
            return BertModel.from_pretrained(name, weights_only=False)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        message="`BertModel.from_pretrained` with `weights_only=False` unpickles weights in full, "
        "and can run code hidden in them",
        fixed="""
        from transformers import BertModel

        def load(name):
            return BertModel.from_pretrained(name)
        """,
    ),
    Bad(
        """
        from transformers import AutoModel

        model = AutoModel.from_pretrained(
                ^^^^^^^^^^^^^^^^^^^^^^^^^~
            "acme/sparrow-7b",
            use_safetensors=False,
            weights_only=False,
        )
        """,
        severity=Severity.HIGH,
        fixed="""
        from transformers import AutoModel

        model = AutoModel.from_pretrained(
            "acme/sparrow-7b",
            use_safetensors=True,
        )
        """,
    ),
    Bad(
        """
        import torch
        from diffusers import StableDiffusionPipeline as Pipe

        class Studio:
            SAFE = False

            def __init__(self, name):
                self.pipe = Pipe.from_pretrained(name, torch_dtype=torch.float16, use_safetensors=self.SAFE)
                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        fixed="""
        import torch
        from diffusers import StableDiffusionPipeline as Pipe

        class Studio:
            SAFE = False

            def __init__(self, name):
                self.pipe = Pipe.from_pretrained(name, torch_dtype=torch.float16, use_safetensors=True)
        """,
    ),
    Bad(
        """
        from sentence_transformers import SentenceTransformer

        def build(name, safe=False):
            return SentenceTransformer(name, model_kwargs={"use_safetensors": safe})
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        confidence=Confidence.MEDIUM,
    ),
    Bad(
        """
        from diffusers import DiffusionPipeline

        pipe = DiffusionPipeline.from_pretrained("acme/painter", revision=COMMIT)
        pipe.load_lora_weights("acme/style", weight_name="pytorch_lora_weights.bin")
                                                         ^^^^^^^^^^^^^^^^^^^^^^^^^^
        pipe.load_ip_adapter("acme/adapter", "models", "ip-adapter_sd15.bin")
                                                       ^^^^^^^^^^^^^^^^^^^^^
        pipe.load_textual_inversion("acme/word", use_safetensors=False)
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        fixed="""
        from diffusers import DiffusionPipeline

        pipe = DiffusionPipeline.from_pretrained("acme/painter", revision=COMMIT)
        pipe.load_lora_weights("acme/style", weight_name="pytorch_lora_weights.bin")
        pipe.load_ip_adapter("acme/adapter", "models", "ip-adapter_sd15.bin")
        pipe.load_textual_inversion("acme/word", use_safetensors=True)
        """,
    ),
    Bad(
        """
        import vllm

        engine = vllm.LLM(model=name, load_format="pt")
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.MEDIUM,
        message="`vllm.LLM` with `load_format='pt'` reads pickled weights, where safetensors could not carry code",
        fixed="""
        import vllm

        engine = vllm.LLM(model=name)
        """,
    ),
    Bad(
        """
        import open_clip

        model = open_clip.create_model("ViT-B-32", pretrained="weights/clip.pt", weights_only=False)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
        fixed="""
        import open_clip

        model = open_clip.create_model("ViT-B-32", pretrained="weights/clip.pt")
        """,
    ),
    Bad(
        """
        from huggingface_hub import hf_hub_download, snapshot_download

        COMMIT = "0123456789abcdef0123456789abcdef01234567"
        path = hf_hub_download("acme/sparrow-7b", "pytorch_model-00001-of-00002.bin", revision=COMMIT)
                                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        folder = snapshot_download("acme/sparrow-7b", revision=COMMIT, ignore_patterns=["*.safetensors", "*.msgpack"])
                                                                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.LOW,
    ),
    Bad(
        as_notebook(
            "from transformers import AutoModel\nsafe = False\n",
            "model = AutoModel.from_pretrained(name, use_safetensors=safe)\n",
        ),
        path="train.ipynb",
        texts=("AutoModel.from_pretrained(name, use_safetensors=safe)",),
        fixed=as_notebook(
            "from transformers import AutoModel\nsafe = False\n",
            "model = AutoModel.from_pretrained(name, use_safetensors=True)\n",
        ),
    ),
    Good(
        """
        from transformers import AutoModel

        first = AutoModel.from_pretrained("acme/sparrow-7b", revision=COMMIT)
        second = AutoModel.from_pretrained("acme/sparrow-7b", revision=COMMIT, use_safetensors=True)
        third = AutoModel.from_pretrained("acme/sparrow-7b", use_safetensors=None, weights_only=True)
        """,
        because="safetensors are preferred, or required",
    ),
    Good(
        """
        from transformers import AutoModel

        model = AutoModel.from_pretrained("acme/sparrow-7b", use_safetensors=True, weights_only=False)
        """,
        because="no pickle is read, so its unpickler doesn't matter",
    ),
    Good(
        """
        from transformers import AutoModel, TFAutoModel

        model = AutoModel.from_pretrained("acme/sparrow-7b", from_tf=True)
        other = AutoModel.from_pretrained("acme/sparrow-7b", from_flax=True)
        """,
        because="HDF5 weights and msgpack are no pickles",
    ),
    Good(
        """
        from transformers import AutoModel

        def load(name, use_safetensors, **options):
            return AutoModel.from_pretrained(name, use_safetensors=use_safetensors, **options)
        """,
        because="the caller decides",
    ),
    Good(
        """
        from dataclasses import dataclass

        @dataclass
        class Settings:
            use_safetensors: bool = True

        class Net:
            @classmethod
            def from_pretrained(cls, path, use_safetensors=True, weights_only=True):
                return cls()

        settings = Settings(use_safetensors=False)
        net = Net.from_pretrained("acme/net", use_safetensors=False, weights_only=False)
        """,
        because="settings load nothing, and the project's own `from_pretrained` is something else",
    ),
    Good(
        """
        from huggingface_hub import hf_hub_download, snapshot_download

        weights = hf_hub_download(REPO, "model.safetensors")
        words = hf_hub_download(REPO, filename="lid.176.bin")
        whisper = hf_hub_download(REPO, "ggml-base.bin")
        snapshot_download(REPO, ignore_patterns=["*.safetensors", "*.bin", "*.pt"])
        snapshot_download(REPO, allow_patterns=["*.safetensors", "*.bin"])
        snapshot_download(REPO, allow_patterns=["*.json", "*.txt"])
        """,
        because="these are no pickles, both formats are taken, or no weights at all",
    ),
    Good(
        """
        import torch
        from huggingface_hub import hf_hub_download

        path = hf_hub_download(REPO, "pytorch_model.bin")
        state = torch.load(path, map_location="cpu", weights_only=True)
        """,
        because="it is for the rules about `torch.load` to judge how it is read",
    ),
    Good(
        """
        import vllm

        engine = vllm.LLM(model=name, load_format="safetensors")
        other = vllm.LLM(model=name, load_format=options.load_format)
        """,
        because="the format is safe, or not known",
    ),
    Missed(
        """
        from transformers import AutoModel

        model = AutoModel.from_pretrained(name, **json.load(open("options.json")))
        """,
        because="what the file of options says is not known",
    ),
)
