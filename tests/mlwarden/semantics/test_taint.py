"""Where data comes from: sources, ways, sanitizers, and the trace that tells them."""

from __future__ import annotations

import pytest

from mlwarden.semantics.origins import OriginKind, origin_of
from mlwarden.testing import model_of


def kinds_at_sink(code: str) -> set[str]:
    calls = model_of(code).calls_of("exec")
    assert calls
    return {taint.kind for call in calls for taint in call.argument("source", 0).taints}


LLM = "from openai import OpenAI\nclient = OpenAI()\nr = client.chat.completions.create(model='m')\n"

TAINTED = {
    "direct": LLM + "exec(r.choices[0].message.content)",
    "variable": LLM + "code = r.choices[0].message.content\nexec(code)",
    "strip": LLM + "exec(r.choices[0].message.content.strip())",
    "f_string": LLM + "exec(f'x = {r.choices[0].message.content}')",
    "concatenated": LLM + "exec('x = ' + r.choices[0].message.content)",
    "percent": LLM + "exec('x = %s' % r.choices[0].message.content)",
    "format": LLM + "exec('x = {}'.format(r.choices[0].message.content))",
    "join": LLM + "exec(''.join([r.choices[0].message.content]))",
    "split": LLM + "exec(r.choices[0].message.content.split('```')[1])",
    "regex": LLM + "import re\nexec(re.search('`(.*)`', r.choices[0].message.content).group(1))",
    "findall": LLM + "import re\nfor block in re.findall('`(.*)`', r.choices[0].message.content):\n    exec(block)",
    "json": LLM + "import json\nexec(json.loads(r.choices[0].message.content)['code'])",
    "model_dump": LLM + "exec(r.model_dump()['choices'][0]['message']['content'])",
    "dict": LLM + "d = {'code': r.choices[0].message.content}\nexec(d['code'])",
    "list": LLM + "l = [r.choices[0].message.content]\nexec(l[0])",
    "append": LLM + "l = []\nl.append(r.choices[0].message.content)\nexec(l[0])",
    "branch": LLM + "if x:\n    code = r.choices[0].message.content\nelse:\n    code = ''\nexec(code)",
    "loop": LLM + "code = ''\nfor c in r.choices:\n    code += c.message.content\nexec(code)",
    "stream": "from openai import OpenAI\nfor chunk in OpenAI().chat.completions.create(stream=True):\n"
    "    exec(chunk.choices[0].delta.content)",
    "async": "from openai import AsyncOpenAI\nasync def f():\n    r = await AsyncOpenAI().chat.completions.create()\n"
    "    exec(r.choices[0].message.content)",
    "function": LLM + "def run(code):\n    exec(code)\nrun(r.choices[0].message.content)",
    "two_functions": LLM + "def a(c):\n    b(c)\ndef b(c):\n    exec(c)\na(r.choices[0].message.content)",
    "returned": "from openai import OpenAI\ndef ask(q):\n    return OpenAI().chat.completions.create().choices[0]\n"
    "exec(ask('x').message.content)",
    "cleaned": LLM + "def clean(t):\n    return t.replace('`', '')\nexec(clean(r.choices[0].message.content))",
    "method": "from openai import OpenAI\nclass Agent:\n    def __init__(self):\n        self.client = OpenAI()\n"
    "    def ask(self):\n        return self.client.chat.completions.create().choices[0].message.content\n"
    "    def go(self):\n        exec(self.ask())",
    "attribute": "from openai import OpenAI\nclass Agent:\n    def ask(self):\n"
    "        self.code = OpenAI().chat.completions.create()\n    def go(self):\n        exec(self.code)",
    "unknown_helper": LLM + "exec(extract(r.choices[0].message.content))",
    "try": LLM + "try:\n    code = r.choices[0].message.content\nexcept Exception:\n    raise\nexec(code)",
    "with": LLM + "with x:\n    code = r.choices[0].message.content\nexec(code)",
    "comprehension": LLM + "[exec(c.message.content) for c in r.choices]",
    "lambda": LLM + "(lambda c: exec(c))(r.choices[0].message.content)",
    "default_client": "import openai\nexec(openai.chat.completions.create().choices[0].message.content)",
    "anthropic": "import anthropic\nm = anthropic.Anthropic().messages.create()\nexec(m.content[0].text)",
    "litellm": "from litellm import completion\nexec(completion(model='m').choices[0].message.content)",
    "ollama": "import ollama\nexec(ollama.chat(model='m')['message']['content'])",
    "pipeline": "from transformers import pipeline\npipe = pipeline('text-generation')\nexec(pipe('x')[0]['generated_text'])",
    "langchain": "from langchain_openai import ChatOpenAI\nexec(ChatOpenAI().invoke('x').content)",
    "genai": "from google import genai\nexec(genai.Client().models.generate_content(model='m', contents='x').text)",
    "vllm": "from vllm import LLM\nfor o in LLM('m').generate(['x']):\n    exec(o.outputs[0].text)",
    "match": LLM + "match r.choices[0].message.content:\n    case str() as code:\n        exec(code)",
    "walrus": LLM + "if (code := r.choices[0].message.content):\n    exec(code)",
    "yielded": LLM + "def codes():\n    yield r.choices[0].message.content\nfor c in codes():\n    exec(c)",
    "annotated": "from openai import OpenAI\ndef f(client: OpenAI):\n"
    "    exec(client.chat.completions.create().choices[0].message.content)",
    "ternary": LLM + "exec(r.choices[0].message.content if r else '')",
    "boolean": LLM + "exec(r.choices[0].message.content or '')",
    "decoded_tool_call": LLM
    + "import json\na = json.loads(r.choices[0].message.tool_calls[0].function.arguments)\nexec(a['code'])",
}


@pytest.mark.parametrize("code", TAINTED.values(), ids=TAINTED)
def test_model_output_arrives(code: str) -> None:
    assert "llm" in kinds_at_sink(code)


CLEAN = {
    "constant": LLM + "exec('x = 1')",
    "length": LLM + "exec('x = ' + str(len(r.choices[0].message.content)))",
    "number": LLM + "exec(f'x = {int(r.choices[0].message.content)}')",
    "compared": LLM + "exec('a' if r.choices[0].message.content == 'yes' else 'b')",
    "looked_up": LLM + "exec({'a': 'x = 1'}[r.choices[0].message.content])",
    "overwritten": LLM + "code = r.choices[0].message.content\ncode = 'x = 1'\nexec(code)",
    "status": "import requests\nexec(f'x = {requests.get(u).status_code}')",
    "other_variable": LLM + "code = r.choices[0].message.content\nother = 'x = 1'\nexec(other)",
    "sanitized": LLM + "exec(sanitize(r.choices[0].message.content))",
}


@pytest.mark.parametrize("code", CLEAN.values(), ids=CLEAN)
def test_model_output_does_not_arrive(code: str) -> None:
    assert "llm" not in kinds_at_sink(code)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("exec(input())", "input"),
        ("import sys\nexec(sys.argv[1])", "cli"),
        ("from sys import argv\nexec(argv[1])", "cli"),
        ("import os\nexec(os.environ['CODE'])", "environment"),
        ("import requests\nexec(requests.get(u).text)", "network"),
        ("import requests\ns = requests.Session()\nexec(s.get(u).text)", "network"),
        ("from urllib.request import urlopen\nwith urlopen(u) as f:\n    exec(f.read())", "network"),
        ("from urllib.request import urlretrieve\nurlretrieve(u, 'x.py')\nexec(open('x.py').read())", "network"),
        ("from flask import request\ndef f():\n    exec(request.args['x'])", "request"),
        ("from flask import request as r\ndef f():\n    exec(r.get_json()['x'])", "request"),
        ("from fastapi import FastAPI\napp = FastAPI()\n@app.post('/x')\ndef f(code: str):\n    exec(code)", "request"),
        ("from fastapi import Request\nasync def f(r: Request):\n    exec(await r.body())", "request"),
        ("from langchain_core.tools import tool\n@tool\ndef run(code: str):\n    exec(code)", "tool"),
        ("from mcp.server.fastmcp import FastMCP\nm = FastMCP('x')\n@m.tool()\ndef run(code):\n    exec(code)", "tool"),
        ("import argparse\na = argparse.ArgumentParser()\no = a.parse_args()\nexec(o.code)", "cli"),
    ],
)
def test_sources(code: str, kind: str) -> None:
    assert kind in kinds_at_sink(code)


def test_the_trace_tells_the_way() -> None:
    code = "from openai import OpenAI\n\ndef run(code):\n    exec(code)\n\nreply = OpenAI().responses.create()\nrun(reply.output_text)\n"
    call = next(call for call in model_of(code).calls_of("exec") if call.context)
    (taint,) = call.argument("source", 0).taints
    assert [(step.note, code[step.span.start : step.span.end]) for step in taint.steps] == [
        ("model output comes from `OpenAI().responses.create`", "OpenAI().responses.create()")
    ]
    assert [(step.note, code[step.span.start : step.span.end]) for step in call.context] == [
        ("calls `run`", "run(reply.output_text)")
    ]


@pytest.mark.parametrize(
    ("code", "kind", "phrase"),
    [
        ("load('model.pkl')", OriginKind.LITERAL, "'model.pkl'"),
        ("load(open('model.pkl', 'rb'))", OriginKind.LITERAL, "'model.pkl'"),
        ("from pathlib import Path\nload(Path('a') / 'b.pkl')", OriginKind.LITERAL, "'a/b.pkl'"),
        ("from pathlib import Path\nload((Path('a') / 'b.pkl').open('rb'))", OriginKind.LITERAL, "'a/b.pkl'"),
        ("import os\nload(os.path.join('a', 'b.pkl'))", OriginKind.LITERAL, "'a/b.pkl'"),
        ("import gzip\nwith gzip.open('b.pkl.gz') as f:\n    load(f)", OriginKind.LITERAL, "'b.pkl.gz'"),
        ("load('https://example.com/m.pkl')", OriginKind.REMOTE, "'https://example.com/m.pkl'"),
        ("load(f'https://example.com/{name}')", OriginKind.REMOTE, "'https://example.com/'"),
        ("load('s3://bucket/m.pkl')", OriginKind.REMOTE, "'s3://bucket/m.pkl'"),
        ("import io, requests\nload(io.BytesIO(requests.get(u).content))", OriginKind.REMOTE, "data from the network"),
        (
            "from huggingface_hub import hf_hub_download\nload(hf_hub_download('a/b', 'm.pkl'))",
            OriginKind.REMOTE,
            "data from the network",
        ),
        ("import sys\nload(sys.argv[1])", OriginKind.OUTSIDE, "a path from the command line"),
        ("def f(path):\n    load(path)", OriginKind.UNKNOWN, "parameter 'path'"),
        ("load(compute())", OriginKind.UNKNOWN, "a file of unknown origin"),
        ("import zlib\nload(zlib.decompress(open('m.z', 'rb').read()))", OriginKind.LITERAL, "'m.z'"),
    ],
)
def test_origin(code: str, kind: OriginKind, phrase: str) -> None:
    call = model_of(f"from lib import load\n{code}").calls_of("lib.load")[-1]
    origin = origin_of(call.argument("file", 0))
    assert (origin.kind, origin.phrase) == (kind, phrase)


@pytest.mark.parametrize(
    ("code", "checked"),
    [
        ("if hashlib.sha256(data).hexdigest() != D:\n    raise E\nload(data)", True),
        ("assert hashlib.sha256(data).hexdigest() == D\nload(data)", True),
        ("def check(d):\n    if hashlib.sha256(d).hexdigest() != D:\n        raise E\ncheck(data)\nload(data)", True),
        ("verify_sha256(path)\nload(path)", True),
        ("print(hashlib.sha256(data).hexdigest())\nload(data)", False),
        ("load(data)\nassert hashlib.sha256(data).hexdigest() == D", False),
    ],
)
def test_digest_compared_before(code: str, checked: bool) -> None:
    prefix = "import hashlib\nfrom lib import load\nfrom checks import verify_sha256\n"
    (call,) = model_of(prefix + code).calls_of("lib.load")
    assert call.digest_checked is checked


@pytest.mark.parametrize(
    "code",
    [
        "def verify(d):\n    if hashlib.sha256(d).hexdigest() != D:\n        raise E\ndef prepare(d):\n    verify(d)\n"
        "def main(d):\n    prepare(d)\n    load(d)",
        "def check_sha256(d):\n    run_tool(d)\ndef main(d):\n    check_sha256(d)\n    load(d)",
    ],
)
def test_digest_compared_by_a_helper_of_a_helper(code: str) -> None:
    calls = model_of(f"import hashlib\nfrom lib import load\n{code}").calls_of("lib.load")
    assert [call.digest_checked for call in calls] == [True]


@pytest.mark.parametrize("part", ["app.state.model", "state.user", "method"])
def test_parts_of_a_request_that_the_application_made(part: str) -> None:
    assert kinds_at_sink(f"from fastapi import Request\nasync def f(r: Request):\n    exec(r.{part})") == set()
