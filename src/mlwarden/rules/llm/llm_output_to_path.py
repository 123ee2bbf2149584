"""MLW405: a language model names the file that is opened, written or deleted."""

from __future__ import annotations

from mlwarden.rules import sink_rule
from mlwarden.rules.base import Bad, Confidence, Good, Missed, Reference, Severity
from mlwarden.rules.examples import as_notebook


class LlmOutputToPath(sink_rule.SinkRule):
    """A path that a language model wrote, used to open, write or delete a file.

    ## Why is this bad?

    Who can put text in front of the model can make it name any file: `../../.ssh/authorized_keys`, a module of
    your program, the configuration of your shell. A file that is written so is often code that runs later; one
    that is read so ends up in the answer. Joining the name to a folder is no limit: `..` leaves it, and an absolute
    name replaces it.

    ## How to fix

    Resolve the whole path and compare it with the folder: `path = (root / name).resolve()`, then
    `path.is_relative_to(root)`. Or take only the last part of the name (`os.path.basename`), or make names yourself.

    ## When it is fine

    When the process runs in a container whose files are all disposable.

    ## Limits

    A check in a function of another file is recognised by the function's name only.
    """

    code = "MLW405"
    name = "llm-output-to-path"
    severity = Severity.HIGH
    groups = (sink_rule.PATHS,)
    calls = tuple(sink_rule.PATHS.table)
    needs = ("@model",)
    cwe = (22, 73)
    owasp_llm = ("LLM05", "LLM06")
    atlas = ("AML.T0053", "AML.T0101")
    references = (
        Reference("OWASP LLM05:2025 Improper Output Handling", "https://genai.owasp.org/llmrisk/llm05/"),
        Reference("CWE-22: path traversal", "https://cwe.mitre.org/data/definitions/22.html"),
    )
    examples = (
        Bad(
            """
            import json
            from openai import OpenAI

            reply = OpenAI().chat.completions.create(model="gpt-4o", messages=messages)
            plan = json.loads(reply.choices[0].message.content)
            with open(plan["filename"], "w") as file:
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^
                file.write(plan["code"])
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`open` writes a file at a path that a language model wrote: who can steer the model reaches files "
            "anywhere; resolve the path and compare it with its folder",
        ),
        Bad(
            """
            import json
            import os
            from pathlib import Path
            from anthropic import Anthropic

            ROOT = Path("/srv/project")

            def apply(edits):
                for edit in edits:
                    target = ROOT / edit["path"]
                    target.write_text(edit["content"])
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                    os.remove(os.path.join("/srv/old", edit["path"]))
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            message = Anthropic().messages.create(model="claude", max_tokens=9, messages=messages)
            apply(json.loads(message.content[0].text))
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            import shutil
            from langchain_openai import ChatOpenAI

            llm = ChatOpenAI(model="gpt-4o")
            folder = llm.invoke("Which folder is stale?").content.strip()
            shutil.rmtree(folder)
            ^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            message="`shutil.rmtree` deletes a file at a path that a language model wrote: who can steer the model reaches "
            "files anywhere; resolve the path and compare it with its folder",
        ),
        Bad(
            """
            from openai import OpenAI

            name = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            with open(f"docs/{name}.md") as file:
                 ^^^^^^^^^^^^^^^^^^^^^^^
                print(file.read())
            """,
            severity=Severity.MEDIUM,
        ),
        Bad(
            """
            from flask import send_file
            import ollama

            def download(question):
                return send_file(ollama.generate(model="llama3", prompt=question)["response"])
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
        ),
        Bad(
            as_notebook(
                "from openai import OpenAI\nclient = OpenAI()",
                "answer = client.responses.create(model='gpt-4o', input='Name the file').output_text",
                "frame.to_csv('out.csv')\nopen(answer, mode='a').write('x')",
            ),
            path="example.ipynb",
            texts=("open(answer, mode='a')",),
        ),
        Good(
            """
            from pathlib import Path
            from openai import OpenAI

            answer = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            Path("answer.md").write_text(answer)
            with open("log.txt", "a") as file:
                file.write(answer)
            """,
            because="the model writes the content, not the path",
        ),
        Good(
            """
            import os
            from openai import OpenAI

            name = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            path = os.path.join("out", os.path.basename(name))
            with open(path, "w") as file:
                file.write("done")
            """,
            because="only the last part of the name is used",
        ),
        Good(
            """
            from pathlib import Path
            from openai import OpenAI

            ROOT = Path("out").resolve()
            name = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            path = (ROOT / name).resolve()
            if not path.is_relative_to(ROOT):
                raise ValueError(name)
            path.write_text("done")
            """,
            because="the path is compared with its folder",
        ),
        Good(
            """
            import os
            from openai import OpenAI

            ROOT = os.path.realpath("out")

            def inside(name):
                path = os.path.realpath(os.path.join(ROOT, name))
                if os.path.commonpath([path, ROOT]) != ROOT:
                    raise ValueError(name)
                return path

            name = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            os.remove(inside(name))
            """,
            because="a function of the file compares the path with its folder",
        ),
        Good(
            """
            from werkzeug.utils import secure_filename
            from openai import OpenAI

            name = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            open(secure_filename(name), "w").close()
            """,
            because="the name is made harmless",
        ),
        Good(
            """
            from openai import OpenAI

            PAGES = {"intro": "docs/intro.md", "faq": "docs/faq.md"}
            choice = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            print(open(PAGES[choice]).read())
            if choice in ("intro", "faq"):
                print(open(f"docs/{choice}.md").read())
            """,
            because="the model only chooses among files that the program names",
        ),
        Good(
            """
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            with open(f"logs/{reply.id}.json", "w") as file:
                file.write(reply.model_dump_json())
            """,
            because="the service makes the identifier, not the model",
        ),
        Good(
            """
            from langchain_community.vectorstores import FAISS

            index = FAISS.load_local("index", embeddings)
            for document in index.similarity_search(question):
                print(open(document.metadata["source"]).read())
            """,
            because="the loader noted where the document came from",
        ),
        Good(
            """
            import re
            from openai import OpenAI

            title = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            slug = re.sub(r"[^a-z0-9-]+", "-", title.lower())
            open(f"posts/{slug}.md", "w").close()
            """,
            because="only letters and digits are left of the name",
        ),
        Good(
            """
            import io
            import zipfile
            import base64
            from openai import OpenAI

            answer = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(answer)))
            """,
            because="data in memory is no path",
        ),
        Good(
            """
            from openai import OpenAI

            def open(text):
                return text.splitlines()

            lines = open(OpenAI().responses.create(model="gpt-4o", input=question).output_text)
            """,
            because="a function of one's own",
        ),
        Missed(
            """
            from openai import OpenAI
            import app_storage

            name = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            app_storage.save(name, "text")
            """,
            because="what an unknown library does with a name is not known",
        ),
    )
