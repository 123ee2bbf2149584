"""Examples of MLW225."""

from __future__ import annotations

from mlwarden.model.levels import Confidence, Severity
from mlwarden.rules.examples import Bad, Examples, Good, Missed

EXAMPLES: Examples = (
    Bad(
        """
        from kernels import get_kernel

        attention = get_kernel("acme/fast-attention", version=1, trust_remote_code=True)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        message="`kernels.get_kernel` loads whatever compiled code 'acme/fast-attention' holds at the time",
    ),
    Bad(
        """
        import kernels

        REPO = "acme/fast-attention"

        def load():
            return kernels.get_kernel(REPO)
                   ^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        versions={"kernels": "==0.10.0"},
        confidence=Confidence.HIGH,
    ),
    Bad(
        """
        from kernels import get_kernel

        attention = get_kernel("acme/fast-attention")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
        confidence=Confidence.LOW,
    ),
    Bad(
        """
        from kernels import LayerRepository, install_kernel

        def prepare(name):
            install_kernel(name, revision="main", trust_remote_code=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            return LayerRepository("acme/norms", layer_name="Norm", version=2, trust_remote_code=["acme/norms"])
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        confidence=Confidence.HIGH,
    ),
    Bad(
        """
        from transformers import AutoModelForCausalLM

        model = AutoModelForCausalLM.from_pretrained(
            "acme/sparrow-7b",
            revision=COMMIT,
            attn_implementation="acme/fast-attention",
                                ^^^^^^^^^^^^^^^^^^^^^
        )
        """,
        versions={"transformers": "==4.57.1"},
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        message="`attn_implementation` names a repository, and whatever compiled code 'acme/fast-attention' holds at "
        "the time is loaded; transformers==4.57.1 does that for every publisher",
        fixed="""
        from transformers import AutoModelForCausalLM

        model = AutoModelForCausalLM.from_pretrained(
            "acme/sparrow-7b",
            revision=COMMIT,
            attn_implementation="sdpa",
        )
        """,
    ),
    Bad(
        """
        from transformers import AutoModel

        OPTIONS = dict(attn_implementation="acme/fast-attention@main:attend", allow_all_kernels=True)

        def load(name):
            return AutoModel.from_pretrained(name, **OPTIONS)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        confidence=Confidence.HIGH,
    ),
    Bad(
        """
        def speed_up(model):
            model.set_attn_implementation({"text_config": "acme/fast-attention"})
                                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            model.config._attn_implementation = "acme/fast-attention"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        confidence=Confidence.MEDIUM,
    ),
    Bad(
        """
        from transformers import AutoModel

        def load(name, attention):
            return AutoModel.from_pretrained(name, attn_implementation=attention, allow_all_kernels=True)
                                                                                                    ^^^^
        """,
        message="`allow_all_kernels=True` lets compiled code of any repository of the Hub run in this process",
        confidence=Confidence.HIGH,
        fixed="""
        from transformers import AutoModel

        def load(name, attention):
            return AutoModel.from_pretrained(name, attn_implementation=attention)
        """,
    ),
    Bad(
        """
        from transformers import KernelConfig

        config = KernelConfig({"RMSNorm": "acme/norms:Norm", "MLP": "kernels-community/mlp:Layer"})
                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        versions={"transformers": "==5.1.0"},
    ),
    Good(
        """
        from kernels import LayerRepository, get_kernel, get_locked_kernel

        COMMIT = "0123456789abcdef0123456789abcdef01234567"
        attention = get_kernel("acme/fast-attention", revision=COMMIT, trust_remote_code=True)
        layer = LayerRepository("acme/norms", layer_name="Norm", revision=COMMIT, trust_remote_code=True)
        locked = get_locked_kernel("acme/fast-attention", lockfile=None, trust_remote_code=True)
        """,
        because="the commit is fixed, here or in the lock file",
    ),
    Good(
        """
        from kernels import get_kernel

        relu = get_kernel("kernels-community/relu", version=1)
        attention = get_kernel("acme/fast-attention", version=1)
        """,
        versions={"kernels": ">=0.14"},
        because="only kernels of publishers that the Hub trusts are loaded",
    ),
    Good(
        """
        from transformers import AutoModel

        first = AutoModel.from_pretrained(name, attn_implementation="sdpa")
        second = AutoModel.from_pretrained(name, attn_implementation="flash_attention_2")
        third = AutoModel.from_pretrained(name, attn_implementation="kernels-community/flash-attn2")
        fourth = AutoModel.from_pretrained(
            name, attn_implementation="acme/fast-attention@0123456789abcdef0123456789abcdef01234567:attend"
        )
        """,
        because="it comes with the library or from its makers, or the commit is fixed",
    ),
    Good(
        """
        from transformers import AutoModel

        model = AutoModel.from_pretrained(name, attn_implementation="acme/fast-attention")
        """,
        versions={"transformers": ">=5.3"},
        because="without `allow_all_kernels` these releases refuse",
    ),
    Good(
        """
        from transformers import KernelConfig

        local = KernelConfig({"RMSNorm": "kernels/norms:Norm"}, use_local_kernel=True)
        pinned = KernelConfig({"RMSNorm": ("acme/norms:Norm", {"revision": "0123456789abcdef0123456789abcdef01234567"})})
        """,
        because="the kernel is a folder, or the commit is fixed",
    ),
    Good(
        """
        from transformers import AutoModel

        def load(name, attention, trust):
            first = AutoModel.from_pretrained(name, attn_implementation=attention, allow_all_kernels=False)
            return AutoModel.from_pretrained(name, attn_implementation=attention, allow_all_kernels=trust)
        """,
        because="the caller decides",
    ),
    Good(
        """
        from sklearn.gaussian_process import kernels

        class Process:
            def get_kernel(self, name, trust_remote_code=True):
                return kernels.RBF()

            def set_attn_implementation(self, name):
                self.name = name

        Process().get_kernel("acme/fast-attention", trust_remote_code=True)
        Process().set_attn_implementation("acme/fast-attention")
        """,
        because="these are other kernels, and methods of the project's own",
    ),
    Missed(
        """
        import vllm

        engine = vllm.LLM(name, hf_overrides={"attn_implementation": "acme/fast-attention"})
        """,
        because="of the dictionaries that are handed on, only those named `..._kwargs` are looked into",
    ),
    Missed(
        """
        from transformers import AutoModel

        model = AutoModel.from_pretrained(name, attn_implementation=f"{owner}/fast-attention")
        """,
        because="the name is only partly known",
    ),
)
