"""MLW406: a language model writes the address that is fetched."""

from __future__ import annotations

from mlwarden.rules import sink_rule
from mlwarden.rules.base import Bad, Confidence, Good, Missed, Reference, Severity
from mlwarden.rules.examples import as_notebook


class LlmOutputToRequest(sink_rule.SinkRule):
    """An address that a language model wrote, fetched from here.

    ## Why is this bad?

    Who can put text in front of the model can make it name any address: the cloud's metadata service with its
    credentials, an administration page inside your network, `file:///etc/passwd` for clients that read it; or a
    host of their own, with what the model knows in the query. The request is made with this machine's place in the
    network.

    ## How to fix

    Parse the address and compare its host with a list; send requests that must go anywhere through a proxy that
    refuses private networks. Where only a part varies, fix the host and pass the rest as parameters.

    ## When it is fine

    In a process without a way into the inner network and without secrets in its prompts.

    ## Limits

    A check of the host in a function of another file is recognised by the function's name only. Answers of search
    services are not taken for the model's.
    """

    code = "MLW406"
    name = "llm-output-to-request"
    severity = Severity.HIGH
    groups = (sink_rule.URLS,)
    calls = tuple(sink_rule.URLS.table)
    needs = ("@model",)
    cwe = (918,)
    owasp_llm = ("LLM05", "LLM06")
    atlas = ("AML.T0086", "AML.T0051")
    references = (
        Reference("OWASP LLM05:2025 Improper Output Handling", "https://genai.owasp.org/llmrisk/llm05/"),
        Reference("CVE-2025-2828, RequestsToolkit", "https://nvd.nist.gov/vuln/detail/CVE-2025-2828"),
    )
    examples = (
        Bad(
            """
            import requests
            from openai import OpenAI

            reply = OpenAI().chat.completions.create(model="gpt-4o", messages=messages)
            url = reply.choices[0].message.content.strip()
            page = requests.get(url, timeout=10)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`requests.get` fetches an address that a language model wrote: who can steer the model reaches services "
            "inside the network and sends data out; compare the host with a list",
        ),
        Bad(
            """
            import re
            import httpx
            from anthropic import Anthropic

            async def follow(text):
                async with httpx.AsyncClient() as client:
                    for url in re.findall(r"https?://[^ ]+", text):
                        await client.get(url)
                              ^^^^^^^^^^^^^^^

            async def main():
                message = Anthropic().messages.create(model="claude", max_tokens=9, messages=messages)
                await follow(message.content[0].text)
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            import aiohttp
            from urllib.request import urlopen
            from langchain_openai import ChatOpenAI

            async def fetch(question):
                host = ChatOpenAI(model="gpt-4o").invoke(question).content
                async with aiohttp.ClientSession() as session:
                    async with session.post(f"https://{host}/hook", json={"a": 1}) as response:
                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                        print(await response.text())
                print(urlopen(host).read())
                      ^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import ollama
            from playwright.sync_api import sync_playwright

            with sync_playwright() as p:
                page = p.chromium.launch().new_page()
                page.goto(ollama.generate(model="llama3", prompt="Where next?")["response"])
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from selenium import webdriver
            from openai import OpenAI

            driver = webdriver.Chrome()
            driver.get(OpenAI().responses.create(model="gpt-4o", input="Which page?").output_text)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            as_notebook(
                "import requests\nfrom openai import OpenAI",
                "url = OpenAI().responses.create(model='gpt-4o', input='A picture?').output_text",
                "if url.startswith('http'):\n    image = requests.get(url).content",
            ),
            path="example.ipynb",
            texts=("requests.get(url)",),
        ),
        Good(
            """
            import requests
            from openai import OpenAI

            word = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            requests.get("https://api.example.com/search", params={"q": word}, timeout=5)
            requests.post("https://api.example.com/notes", json={"text": word}, timeout=5)
            requests.get(f"https://api.example.com/words/{word}", timeout=5)
            """,
            because="the host is fixed",
        ),
        Good(
            """
            import requests
            from openai import OpenAI

            class Wiki:
                def __init__(self, base_url):
                    self.base_url = base_url

                def page(self, question):
                    title = OpenAI().responses.create(model="gpt-4o", input=question).output_text
                    return requests.get(f"{self.base_url}/page/{title}", timeout=5).text
            """,
            because="the address begins with one that the program was given",
        ),
        Good(
            """
            from urllib.parse import urlparse
            import requests
            from openai import OpenAI

            HOSTS = {"docs.python.org"}
            url = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            if urlparse(url).hostname not in HOSTS:
                raise ValueError(url)
            requests.get(url, timeout=5)
            """,
            because="the host is compared with a list",
        ),
        Good(
            """
            import requests
            from openai import OpenAI

            url = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            if url.startswith("https://docs.python.org/"):
                requests.get(url, timeout=5)
            """,
            because="it begins with one host",
        ),
        Good(
            """
            import requests
            from openai import OpenAI

            FEEDS = {"news": "https://example.com/news.xml", "blog": "https://example.com/blog.xml"}
            choice = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            requests.get(FEEDS[choice], timeout=5)
            """,
            because="the model only chooses among addresses that the program names",
        ),
        Good(
            """
            import replicate
            import requests

            output = replicate.run("stability-ai/sdxl", input={"prompt": prompt})
            image = requests.get(output[0], timeout=60).content
            """,
            because="the service tells where it put the picture",
        ),
        Good(
            """
            import redis
            from openai import OpenAI

            store = {}
            key = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            print(store.get(key), redis.Redis().get(key), cache.get(key))
            """,
            because="these are no HTTP clients",
        ),
        Missed(
            """
            from openai import OpenAI

            url = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            crawler.visit(url)
            """,
            because="nothing says what `crawler` is",
        ),
    )
