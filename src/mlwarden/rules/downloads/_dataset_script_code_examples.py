"""Examples of MLW208."""

from __future__ import annotations

from mlwarden.model.levels import Confidence, Severity
from mlwarden.rules.examples import Bad, Examples, Good, Missed

EXAMPLES: Examples = (
    Bad(
        """
        from datasets import load_dataset

        rows = load_dataset("acme/birds", trust_remote_code=True)
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        message="`datasets.load_dataset` runs the script of 'acme/birds', whatever it is by then, on datasets below 4, "
        "which this project does not rule out",
        fixed="""
        from datasets import load_dataset

        rows = load_dataset("acme/birds")
        """,
    ),
    Bad(
        """
        import datasets

        OPTIONS = {"split": "train", "trust_remote_code": True}
        rows = datasets.load_dataset("acme/birds", **OPTIONS)
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        versions={"datasets": "==3.6.0"},
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        message="`datasets.load_dataset` runs the script of 'acme/birds', whatever it is by then, with datasets==3.6.0",
    ),
    Bad(
        """
        from datasets import load_dataset

        rows = load_dataset("acme/birds", split="train", trust_remote_code=True)
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        versions={"datasets": ">=4"},
        severity=Severity.LOW,
        confidence=Confidence.HIGH,
        message="`trust_remote_code` of `datasets.load_dataset` does nothing with datasets>=4, which runs no scripts",
        fixed="""
        from datasets import load_dataset

        rows = load_dataset("acme/birds", split="train")
        """,
    ),
    Bad(
        """
        from datasets import load_dataset

        rows = load_dataset(
               ^^^^^^^^^^^^^~
            "acme/birds", revision="1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3", trust_remote_code=True
        )
        """,
        versions={"datasets": "<4"},
        severity=Severity.MEDIUM,
        message="`datasets.load_dataset` runs the script of 'acme/birds' at commit 1b7f2c9a with datasets<4",
        fixed="""
        from datasets import load_dataset

        rows = load_dataset(
            "acme/birds", revision="1b7f2c9a4d5e6f708192a3b4c5d6e7f80910a2b3"
        )
        """,
    ),
    Bad(
        """
        from datasets import load_dataset

        def rows(name):
            return load_dataset(name, trust_remote_code=True)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        versions={"datasets": "==2.18"},
        severity=Severity.HIGH,
        message="`datasets.load_dataset` runs the script of the dataset, whatever it is by then, with datasets==2.18",
        fixed="""
        from datasets import load_dataset

        def rows(name):
            return load_dataset(name)
        """,
    ),
    Bad(
        """
        from datasets import get_dataset_config_names

        names = get_dataset_config_names("./birds", trust_remote_code=True)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        versions={"datasets": "==2.19.2"},
        severity=Severity.LOW,
        message="`datasets.get_dataset_config_names` runs a script from a local folder with datasets==2.19.2",
        fixed="""
        from datasets import get_dataset_config_names

        names = get_dataset_config_names("./birds")
        """,
    ),
    Bad(
        """
        from datasets import load_dataset

        rows = load_dataset("acme/birds")
               ^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        versions={"datasets": "==2.18.0"},
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        message="`datasets.load_dataset` runs a script that 'acme/birds' may hold, unasked, with datasets==2.18.0",
        fixed="""
        from datasets import load_dataset

        rows = load_dataset("acme/birds", trust_remote_code=False)
        """,
    ),
    Bad(
        """
        from datasets import load_dataset

        rows = load_dataset("acme/birds")
               ^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        versions={"datasets": "<2.16"},
        severity=Severity.HIGH,
    ),
    Bad(
        """
        from datasets import load_dataset

        rows = load_dataset("shared/birds.py", split="train")
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        versions={"datasets": "==3.2"},
        severity=Severity.LOW,
        message="`datasets.load_dataset` runs the script 'shared/birds.py' with datasets==3.2",
    ),
    Bad(
        """
        import os

        os.environ["HF_DATASETS_TRUST_REMOTE_CODE"] = "1"
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        from datasets import load_dataset
        """,
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        message="`HF_DATASETS_TRUST_REMOTE_CODE` lets every `load_dataset` of the process run the script of its dataset, "
        "on datasets below 4",
        fixed="""
        import os

        from datasets import load_dataset
        """,
    ),
    Bad(
        """
        FROM python:3.11
        ENV HF_DATASETS_TRUST_REMOTE_CODE=1
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        path="Dockerfile",
        fixed="""
        FROM python:3.11
        """,
    ),
    Good(
        """
        from datasets import load_dataset

        rows = load_dataset("acme/birds", trust_remote_code=False)
        other = load_dataset("acme/birds")
        """,
        because="no script is run, unless datasets is very old",
    ),
    Good(
        """
        import os
        from datasets import load_dataset

        os.environ["HF_DATASETS_TRUST_REMOTE_CODE"] = "0"
        rows = load_dataset("acme/birds")
        """,
        versions={"datasets": "==2.18.0"},
        because="the variable says no",
    ),
    Good(
        """
        from datasets import load_dataset

        rows = load_dataset("csv", data_files="birds.csv", trust_remote_code=True)
        """,
        versions={"datasets": "==3.6.0"},
        because="the library's own builder has no remote code",
    ),
    Good(
        """
        from datasets import load_dataset

        def rows(name, trust_remote_code):
            return load_dataset(name, trust_remote_code=trust_remote_code)
        """,
        versions={"datasets": "==3.6.0"},
        because="the caller decides",
    ),
    Good(
        """
        from datasets import load_dataset

        first = load_dataset("shared/birds.py")
        """,
        versions={"datasets": ">=4"},
        because="datasets 4 refuses scripts",
    ),
    Good(
        """
        from datasets import load_dataset

        first = load_dataset("loaders/birds.py")
        """,
        versions={"datasets": "==3.6.0"},
        files={"loaders/birds.py": "import datasets\n"},
        because="the script is the project's own",
    ),
    Good(
        """
        from torchvision.datasets import load_dataset

        rows = load_dataset("acme/birds", trust_remote_code=True)
        """,
        because="it is another library's function",
    ),
    Missed(
        """
        from datasets import load_dataset

        rows = load_dataset("acme/birds", **read_settings())
        """,
        versions={"datasets": "==3.6.0"},
        because="what the settings say is not known",
    ),
)
