"""Examples of MLW504."""

from __future__ import annotations

from mlwarden.model.levels import Confidence, Severity
from mlwarden.rules.examples import Bad, Examples, Good, Missed, as_notebook

EXAMPLES: Examples = (
    Bad(
        """
        from flask import Flask

        app = Flask(__name__)

        if __name__ == "__main__":
            app.run(host="0.0.0.0", debug=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        message="`app.run` with `debug` starts the server with Werkzeug's debugger: whoever can make it fail gets its "
        "tracebacks, and with the debugger's PIN a console that runs code here",
        fixed="""
        from flask import Flask

        app = Flask(__name__)

        if __name__ == "__main__":
            app.run(host="0.0.0.0", debug=False)
        """,
    ),
    Bad(
        """
        import flask

        def create():
            return flask.Flask("scoring")

        create().run(None, 8080, True)
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.MEDIUM,
        fixed="""
        import flask

        def create():
            return flask.Flask("scoring")

        create().run(None, 8080, False)
        """,
    ),
    Bad(
        """
        import os
        from dash import Dash

        HOST = os.environ["HOST"]
        app = Dash(__name__)
        app.run(host=HOST, debug=os.environ.get("DEBUG", True))
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        fixed="""
        import os
        from dash import Dash

        HOST = os.environ["HOST"]
        app = Dash(__name__)
        app.run(host=HOST, debug=False)
        """,
    ),
    Bad(
        """
        from flask import Flask

        app = Flask(__name__)
        app.debug = True
        ^^^^^^^^^^^^^^^^
        app.config["DEBUG"] = True
        ^^^^^^^^^^^^^^^^^^^^^^^^^^
        app.config.update(DEBUG=True, JSON_SORT_KEYS=False)
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.MEDIUM,
        fixed="""
        from flask import Flask

        app = Flask(__name__)
        app.debug = False
        app.config["DEBUG"] = False
        app.config.update(DEBUG=False, JSON_SORT_KEYS=False)
        """,
    ),
    Bad(
        """
        from fastapi import FastAPI

        app = FastAPI(title="scoring", debug=True)
              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.MEDIUM,
        message="`FastAPI` with `debug` shows tracebacks: whoever can make it fail is shown its tracebacks with the code "
        "around them",
        fixed="""
        from fastapi import FastAPI

        app = FastAPI(title="scoring", debug=False)
        """,
    ),
    Bad(
        """
        from werkzeug.serving import run_simple

        OPTIONS = {"use_reloader": True, "use_debugger": True}

        def serve(app, host):
            run_simple(host, 5000, app, **OPTIONS)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
    ),
    Bad(
        """
        import uvicorn

        uvicorn.run("main:app", host="0.0.0.0", reload=True)
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.LOW,
        fixed="""
        import uvicorn

        uvicorn.run("main:app", host="0.0.0.0", reload=False)
        """,
    ),
    Bad(
        """
        from flask_socketio import SocketIO
        from scoring_service.web import app

        SocketIO(app).run(app, debug=True)
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        app.run(debug=True)
        ^^^^^^^^^^^^^^^^^^^
        """,
        fixed="""
        from flask_socketio import SocketIO
        from scoring_service.web import app

        SocketIO(app).run(app, debug=False)
        app.run(debug=False)
        """,
    ),
    Bad(
        """
        import os

        os.environ["WERKZEUG_DEBUG_PIN"] = "off"
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        os.environ["FLASK_DEBUG"] = "1"
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        fixed="""
        import os

        """,
    ),
    Bad(
        """
        FROM python:3.12
        ENV FLASK_DEBUG=1
            ^^^^^^^^^^^^^
        CMD ["flask", "run", "--host", "0.0.0.0"]
        """,
        path="Dockerfile",
        severity=Severity.MEDIUM,
        fixed="""
        FROM python:3.12
        CMD ["flask", "run", "--host", "0.0.0.0"]
        """,
    ),
    Bad(
        """
        import subprocess

        subprocess.Popen(["flask", "--app", "serve", "run", "--host=0.0.0.0", "--debug"])
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
    ),
    Bad(
        as_notebook("!python -m flask run --debug &", "!uvicorn main:app --reload --host 0.0.0.0"),
        path="example.ipynb",
        texts=("python -m flask run --debug", "uvicorn main:app --reload --host 0.0.0.0"),
    ),
    Good(
        """
        from flask import Flask

        app = Flask(__name__)
        app.run()
        app.run(host="127.0.0.1", debug=False)
        app.run(debug=True, use_debugger=False)
        """,
        because="debug mode is off, or has no debugger",
    ),
    Good(
        """
        import argparse
        import os
        from flask import Flask

        parser = argparse.ArgumentParser()
        parser.add_argument("--debug", action="store_true")
        args = parser.parse_args()

        app = Flask(__name__)
        app.run(debug=args.debug)
        app.run(debug=os.environ.get("SCORING_DEBUG") == "1")
        """,
        because="who starts it decides, and it is off by default",
    ),
    Good(
        """
        from my_runner import experiment

        class app:
            @staticmethod
            def run(debug):
                return debug

        app.run(debug=True)
        experiment.run(debug=True)
        """,
        because="these are no servers",
    ),
    Good(
        """
        import gradio as gr
        import uvicorn

        demo = gr.Interface(fn=predict, inputs="text", outputs="text")
        demo.launch(debug=True)
        uvicorn.run("main:app", reload=True)
        """,
        because="Gradio only prints errors to the notebook then, and uvicorn listens on this machine only",
    ),
    Good(
        """
        import os

        os.environ["FLASK_ENV"] = "development"
        os.environ["FLASK_DEBUG"] = "0"
        """,
        because="Flask no longer heeds the first, and the second is off",
        versions={"flask": ">=3.0"},
    ),
    Missed(
        """
        from flask import Flask

        class Settings:
            DEBUG = True

        app = Flask(__name__)
        app.config.from_object(Settings)
        """,
        because="objects with settings are not looked into",
    ),
)
