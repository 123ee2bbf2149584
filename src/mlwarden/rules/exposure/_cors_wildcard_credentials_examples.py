"""Examples of MLW506."""

from __future__ import annotations

from mlwarden.model.levels import Confidence, Severity
from mlwarden.rules.examples import Bad, Examples, Good, Missed, as_notebook

EXAMPLES: Examples = (
    Bad(
        """
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware

        app = FastAPI()
        app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True, allow_methods=["*"])
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        message="`CORSMiddleware` answers pages of every site and lets them use the visitor's login: any page that a user "
        "opens can act as that user here",
        fixed="""
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware

        app = FastAPI()
        app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"])
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
    ),
    Bad(
        """
        from starlette.applications import Starlette
        from starlette.middleware import Middleware
        from starlette.middleware.cors import CORSMiddleware

        ORIGINS = ["http://localhost:3000", "*"]
        OPTIONS = {"allow_origins": ORIGINS, "allow_credentials": True}

        app = Starlette(middleware=[Middleware(CORSMiddleware, **OPTIONS)])
                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
    ),
    Bad(
        """
        from starlette.middleware.cors import CORSMiddleware

        def secure(app):
            app.add_middleware(CORSMiddleware, allow_origin_regex="https?://.*", allow_credentials=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            return CORSMiddleware(app, ["*"])
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        fixed="""
        from starlette.middleware.cors import CORSMiddleware

        def secure(app):
            app.add_middleware(CORSMiddleware, allow_origin_regex="https?://.*")
            return CORSMiddleware(app, ["*"])
        """,
    ),
    Bad(
        """
        import os
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware

        app = FastAPI()
        app.add_middleware(
        ^^^^^^^^^^^^^^^^^^~
            CORSMiddleware,
            allow_origins=os.getenv("ORIGINS", "*").split(","),
            allow_credentials=True,
        )
        """,
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        fixed="""
        import os
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware

        app = FastAPI()
        app.add_middleware(
            CORSMiddleware,
            allow_origins=os.getenv("ORIGINS", "*").split(","),
        )
        """,
    ),
    Bad(
        """
        from flask import Flask
        from flask_cors import CORS, cross_origin

        app = Flask(__name__)
        CORS(app, supports_credentials=True)
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        @app.route("/predict", methods=["POST"])
        @cross_origin(origins=r".*", supports_credentials=True)
         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        def predict():
            return run()
        """,
        severity=Severity.HIGH,
        fixed="""
        from flask import Flask
        from flask_cors import CORS, cross_origin

        app = Flask(__name__)
        CORS(app)

        @app.route("/predict", methods=["POST"])
        @cross_origin(origins=r".*")
        def predict():
            return run()
        """,
    ),
    Bad(
        """
        from flask import Flask
        from flask_cors import CORS

        app = Flask(__name__)
        CORS(app, resources={r"/api/*": {"origins": "*"}})
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        cors = CORS()
        cors.init_app(app)
        ^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.LOW,
    ),
    Bad(
        """
        from litestar import Litestar
        from litestar.config.cors import CORSConfig

        app = Litestar([predict], cors_config=CORSConfig(allow_credentials=True))
                                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
        fixed="""
        from litestar import Litestar
        from litestar.config.cors import CORSConfig

        app = Litestar([predict], cors_config=CORSConfig())
        """,
    ),
    Bad(
        """
        INSTALLED_APPS = ["corsheaders", "scoring"]
        CORS_ALLOW_ALL_ORIGINS = True
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        CORS_ALLOW_CREDENTIALS = True
        """,
        severity=Severity.HIGH,
    ),
    Bad(
        """
        [project]
        # Authorized origins
        allow_origins = ["*"]
        ^^^^^^^^^^^^^^^^^^^^^
        """,
        path=".chainlit/config.toml",
        severity=Severity.MEDIUM,
    ),
    Bad(
        """
        import os
        import subprocess

        os.environ["OLLAMA_ORIGINS"] = "*"
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        subprocess.Popen(["mlflow", "server", "--cors-allowed-origins", "*"])
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.MEDIUM,
        fixed="""
        import os
        import subprocess

        subprocess.Popen(["mlflow", "server", "--cors-allowed-origins", "*"])
        """,
    ),
    Bad(
        as_notebook("!vllm serve m --allow-credentials --allowed-origins '[\"*\"]' --port 1 &"),
        path="example.ipynb",
        severity=Severity.HIGH,
        texts=("vllm serve m --allow-credentials --allowed-origins '[\"*\"]' --port 1",),
    ),
    Bad(
        """
        services:
          ollama:
            image: ollama/ollama
            environment:
              - OLLAMA_ORIGINS=*
                ^^^^^^^^^^^^^^^^
        """,
        path="compose.yml",
        fixed="""
        services:
          ollama:
            image: ollama/ollama
            environment:
        """,
    ),
    Good(
        """
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware
        from fastapi.middleware.gzip import GZipMiddleware

        app = FastAPI()
        app.add_middleware(CORSMiddleware, allow_origins=["https://app.example.com"], allow_credentials=True)
        app.add_middleware(CORSMiddleware, allow_origin_regex=r"https://.*\\.example\\.com", allow_credentials=True)
        app.add_middleware(CORSMiddleware, allow_methods=["*"], allow_headers=["*"], allow_credentials=True)
        app.add_middleware(CORSMiddleware, allow_origins=settings.origins, allow_credentials=True)
        app.add_middleware(GZipMiddleware, minimum_size=1000)
        """,
        because="the origins are named, or left to who sets them; methods and headers are no origins",
    ),
    Good(
        """
        from flask import Flask
        from flask_cors import CORS

        app = Flask(__name__)
        CORS(app, origins=["https://app.example.com"], supports_credentials=True)
        CORS(app, resources={r"/api/*": {"origins": ["https://app.example.com"]}})
        """,
        because="the origins are named",
    ),
    Good(
        """
        from flask import Flask
        from flask_cors import CORS

        app = Flask(__name__)
        app.config["CORS_ORIGINS"] = ["https://app.example.com"]
        CORS(app, supports_credentials=True)
        """,
        because="the origins are named in the configuration",
    ),
    Good(
        """
        from my_plants import CORSMiddleware

        def water(garden):
            garden.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)
        """,
        because="it is another class of that name",
    ),
    Good(
        """
        [project]
        allow_origins = ["https://app.example.com"]
        """,
        path=".chainlit/config.toml",
        because="the origins are named",
    ),
    Missed(
        """
        from fastapi import FastAPI

        app = FastAPI()

        @app.middleware("http")
        async def headers(request, call_next):
            response = await call_next(request)
            response.headers["Access-Control-Allow-Origin"] = request.headers["origin"]
            response.headers["Access-Control-Allow-Credentials"] = "true"
            return response
        """,
        because="headers that the code writes itself are not judged",
    ),
)
