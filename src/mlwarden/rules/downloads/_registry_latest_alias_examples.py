"""Examples of MLW214."""

from __future__ import annotations

from mlwarden.model.levels import Confidence, Severity
from mlwarden.rules.examples import Bad, Examples, Good, Missed, as_notebook

EXAMPLES: Examples = (
    Bad(
        """
        import wandb

        run = wandb.init(project="sparrow")
        artifact = run.use_artifact("acme/sparrow/model:latest", type="model")
                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.LOW,
        confidence=Confidence.HIGH,
        message="`use_artifact` takes whatever 'acme/sparrow/model:latest' means at the time, "
        "which can change unnoticed: name a version, as in ':v3'",
    ),
    Bad(
        """
        import wandb

        ALIAS = "production"

        def fetch(entity):
            return wandb.Api().artifact(f"{entity}/sparrow/model:{ALIAS}").download()
                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
    ),
    Bad(
        """
        def fetch(run, logger):
            run.use_artifact("model").download()
                             ^^^^^^^
            logger.experiment.use_artifact(artifact_or_name="model:best")
                                                            ^^^^^^^^^^^^
        """,
        confidence=Confidence.MEDIUM,
    ),
    Bad(
        """
        import mlflow
        from mlflow.pyfunc import load_model as load

        name = "sparrow"
        first = load(f"models:/{name}/Production")
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        second = mlflow.sklearn.load_model(model_uri="models:/sparrow@champion")
                                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^
        folder = mlflow.artifacts.download_artifacts("models:/sparrow/latest/model.pkl")
                                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
    ),
    Bad(
        """
        import kagglehub

        model = kagglehub.model_download("google/gemma-3/flax/gemma3-4b")
                                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        data = kagglehub.dataset_download(handle="acme/birds", path="birds.csv")
                                                 ^^^^^^^^^^^^
        notes = kagglehub.notebook_output_download("acme/training")
                                                   ^^^^^^^^^^^^^^^
        """,
        severity=Severity.LOW,
    ),
    Bad(
        """
        from kagglehub import package_import

        package = package_import("acme/toolbox")
                                 ^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
        message="`kagglehub.package_import` runs the code of whatever 'acme/toolbox' means at the time, "
        "which can change unnoticed: append '/versions/' and the number",
    ),
    Bad(
        """
        import tensorflow_hub as hub

        layer = hub.KerasLayer("https://tfhub.dev/google/nnlm-en-dim50", trainable=True)
                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        other = hub.load("https://www.kaggle.com/models/google/nnlm/TensorFlow2/en-dim50")
                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
    ),
    Bad(
        """
        import bentoml

        class Service:
            TAG = "sparrow:latest"
            model = bentoml.models.BentoModel("sparrow")
                                              ^^^^^^^^^
            net = bentoml.sklearn.load_model(TAG)
                                             ^^^
            words = bentoml.models.HuggingFaceModel("acme/words")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
    ),
    Bad(
        """
        import dvc.api

        REPO = "https://git.example.org/acme/birds"
        with dvc.api.open("birds.csv", repo=REPO) as file:
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            text = file.read()
        again = dvc.api.read("birds.csv", "git@git.example.org:acme/birds.git", rev="main")
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
    ),
    Bad(
        """
        from modelscope import snapshot_download
        from modelscope.msdatasets import MsDataset

        folder = snapshot_download("acme/sparrow-7b", cache_dir="models")
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        birds = MsDataset.load("acme/birds", version="master")
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
    ),
    Bad(
        as_notebook("import kagglehub as kh\nNAME = 'acme/birds'\n", "path = kh.dataset_download(NAME)\n"),
        path="birds.ipynb",
        texts=("NAME",),
    ),
    Good(
        """
        import bentoml
        import kagglehub
        import mlflow
        import tensorflow_hub as hub
        import wandb

        run = wandb.init()
        run.use_artifact("acme/sparrow/model:v3")
        wandb.Api().artifact("acme/sparrow/model:0123456789abcdef0123456789abcdef")
        mlflow.pyfunc.load_model("models:/sparrow/3")
        mlflow.pyfunc.load_model("models:/m-0123456789abcdef")
        kagglehub.model_download("google/gemma-3/flax/gemma3-4b/1")
        kagglehub.dataset_download("acme/birds/versions/2")
        hub.load("https://tfhub.dev/google/nnlm-en-dim50/2?tf-hub-format=compressed")
        bentoml.models.get("sparrow:a7kqzxs2")
        """,
        because="the version is named",
    ),
    Good(
        """
        import dvc.api
        import kagglehub
        from modelscope import snapshot_download

        dvc.api.read("birds.csv", repo="https://git.example.org/acme/birds", rev="3f2c9ab")
        dvc.api.read("birds.csv")
        dvc.api.read("birds.csv", repo="../birds")
        snapshot_download("acme/sparrow-7b", revision="v1.0.2")
        snapshot_download("models/sparrow")
        kagglehub.model_download("/kaggle/input/sparrow")
        """,
        because="the revision is given, or it is a folder of this machine",
    ),
    Good(
        """
        import kagglehub
        import mlflow
        import wandb

        def fetch(name, version, **options):
            wandb.use_artifact(name)
            wandb.use_artifact(f"model:{version}")
            mlflow.pyfunc.load_model(f"models:/sparrow/{version}")
            kagglehub.model_download(f"google/gemma-3/flax/{version}")
            wandb.use_artifact(wandb.Artifact("model", type="model"))
        """,
        because="the caller names the version, or the artifact was made here",
    ),
    Good(
        """
        import mlflow
        import wandb

        with mlflow.start_run():
            mlflow.sklearn.log_model(model, name="sparrow")
            mlflow.set_tag("replaces", "models:/sparrow/Production")

        artifact = wandb.Artifact("model", type="model")
        wandb.log_artifact(artifact, aliases=["latest", "production"])
        """,
        because="something is stored or noted down, nothing is taken",
    ),
    Good(
        """
        class Store:
            def use_artifact(self, name):
                return self.files[name]

        class Museum:
            def artifact(self, name):
                return name

        Store().use_artifact("model:latest")
        Museum().artifact("vase")
        """,
        because="these classes are the project's own",
    ),
    Missed(
        """
        import mlflow

        client = mlflow.MlflowClient()
        newest = client.get_latest_versions("sparrow", stages=["Production"])[0]
        model = mlflow.pyfunc.load_model(f"models:/sparrow/{newest.version}")
        """,
        because="the version comes from the registry, which the rule does not follow",
    ),
    Bad(
        """
        import mlflow

        first = mlflow.pyfunc.load_model("models:/{}/Production".format(name))
                                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        second = mlflow.pyfunc.load_model("models:/%s/Staging" % name)
                                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
    ),
    Missed(
        """
        import subprocess

        subprocess.run(["mlflow", "models", "serve", "-m", "models:/sparrow/Production"])
        """,
        because="command lines are not read",
    ),
)
