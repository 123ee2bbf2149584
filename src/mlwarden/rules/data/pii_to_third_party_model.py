"""MLW607: personal data that is sent to a model of somebody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity, TraceStep
from mlwarden.rules.examples import Examples, as_notebook, later
from mlwarden.semantics.personal_identifiers import spellings

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

# Embeddings and hosted stores of vectors; what answers as a language model is known to `llm_calls`.
_EMBEDS = re.compile(
    r"(?:openai|mistralai|together|litellm|voyageai|cohere|google|vertexai|langchain|llama_index|huggingface_hub|zhipuai|azure|jina)"
    r"\b.*\b(?:embeddings\.create|embeddings|a?embed_(?:query|documents|content)|a?embedding|embed|get_text_embedding"
    r"|get_embeddings|feature_extraction)"
    r"|pinecone\b.*\.(?:upsert|upsert_records)|weaviate\b.*\.(?:insert|insert_many|add_object)"
)
_EMBEDS_BY_FORM = re.compile(r"(?:.*\.)?embeddings\.create")
# Models that run in this process or on this machine.
_LOCAL = re.compile(
    r"(?:transformers|vllm|llama_cpp|gpt4all|ctransformers|mlx_lm|ollama|sglang|outlines|guidance|sentence_transformers)\b.*"
    r"|(?:langchain|llama_index)[\w.]*\.(?:HuggingFacePipeline|HuggingFaceEmbeddings|Ollama\w*|ChatOllama|LlamaCpp|ChatLlamaCpp|GPT4All\w*"
    r"|CTransformers|VLLM|Fake\w*|HuggingFaceLLM|HuggingFaceEmbedding|ChatHuggingFace|MLXPipeline)\b.*"
)
_LOCAL_ADDRESS = re.compile(r"https?://(?:localhost|127\.|0\.0\.0\.0|\[::1\]|10\.|192\.168\.|ollama|vllm|host\.docker)")
_AMBIGUOUS = frozenset({"email", "emails", "mail", "phone", "tel"})
_ADDRESSES = ("base_url", "api_base", "openai_api_base", "azure_endpoint", "host", "endpoint")


class PiiToThirdPartyModel(Rule):
    """Personal data in a prompt or embedding that goes to a hosted model.

    ## Why is this bad?

    What is in a prompt leaves the company: the provider keeps it for a time, people may read it to look for abuse, and
    observability tools in between keep it as well. For data about persons that needs a legal basis, a contract with the
    processor and often a transfer assessment, which nobody has made for a notebook.

    ## How to fix

    Leave the fields out that the task doesn't need. Replace the others before the call (Presidio's anonymiser, a table
    of pseudonyms that stays with you), or use a model on your own machine.

    ## When it is fine

    When there is a contract that covers it, or when the persons are made up.

    ## Limits

    Personal data is told by the name of the column, attribute or variable: `df["email"]`, `user.phone`, `ssn`. It is
    followed through variables, f-strings, lists and dictionaries of the same function, and from cell to cell; not
    through calls of other functions. What a function called `mask`, `hash`, `anonymize` or the like returns is not reported,
    nor are models that run locally. A whole data frame or record put into a prompt is not seen.
    """

    code = "MLW607"
    name = "pii-to-third-party-model"
    severity = Severity.HIGH
    triggers = ("@personal", *(words for words in spellings() if words.startswith("~")))
    needs = ("@model", "embeddings", "voyageai", "jina")
    cwe = (359, 201)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0057",)
    references = (
        Reference(
            "OWASP LLM02:2025 Sensitive Information Disclosure",
            "https://genai.owasp.org/llmrisk/llm022025-sensitive-information-disclosure/",
        ),
        Reference("OpenAI: data controls in the API", "https://platform.openai.com/docs/guides/your-data"),
        Reference("Presidio: anonymize text", "https://microsoft.github.io/presidio/anonymizer/"),
    )
    examples = later(lambda: _examples())

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Look for names of personal data in what is sent to hosted models."""
        from mlwarden.semantics.personal_data import PersonalData

        data: PersonalData | None = None
        seen: set[int] = set()
        for call in model.calls:
            if call.fragment.path is not None or id(call.node) in seen or call.indirect or not _sends(call):
                continue
            if data is None:
                data = PersonalData(model)
            found = data.in_call(call)
            if found is None:
                continue
            seen.add(id(call.node))
            name = call.name.replace("()", "").replace("[]", "") or call.attribute
            elsewhere = not (call.span.cell == found.span.cell and call.span.start <= found.span.start < call.span.end)
            step = TraceStep(found.span, f"{found.kind}, by the name")
            yield self.finding(
                call.span if elsewhere else found.span,
                f"`{found.written}` sends {found.kind} to a hosted model with `{name}`: the provider and its tools keep what is in a prompt",
                # A message may be called `email` too, and a sound `phone`.
                confidence=Confidence.LOW if found.written in _AMBIGUOUS else Confidence.MEDIUM,
                trace=(step,) if elsewhere else (),
            )


def _sends(call: CallSite) -> bool:
    """Whether a call sends its arguments to a model that somebody else runs."""
    from mlwarden.semantics import llm_calls

    if call.name:
        if _LOCAL.fullmatch(call.name) or not (llm_calls.answers(call.name) or _EMBEDS.fullmatch(call.name)):
            return False
        return not _is_local_client(call)
    written = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", call.written)
    if "(" in written or "local" in written.lower() or "ollama" in written.lower():
        return False
    return llm_calls.answers_by_form(written) or _EMBEDS_BY_FORM.fullmatch(written) is not None


def _is_local_client(call: CallSite) -> bool:
    """Whether the client was made with an address of this machine or network."""
    from mlwarden.semantics.values import Reference as Name

    makers = [call]
    for option in () if call.receiver is None else call.receiver.alternatives():
        if isinstance(option, Name) and option.made_by is not None:
            makers.append(option.made_by)
    return any(
        _LOCAL_ADDRESS.match(text)
        for maker in makers
        for name in _ADDRESSES
        for text in maker.argument(name).prefixes()
    )


def _examples() -> Examples:
    return (
        Bad(
            """
            import pandas as pd
            from openai import OpenAI

            client = OpenAI()
            df = pd.read_csv("customers.csv")
            for i, row in df.iterrows():
                client.responses.create(model="gpt-4.1", input=f"Write to {row['email']} about the invoice")
                                                                           ^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
            message="`row['email']` sends e-mail addresses to a hosted model with `openai.OpenAI.responses.create`: the provider and "
            "its tools keep what is in a prompt",
        ),
        Bad(
            """
            import anthropic

            def summarise(patient):
                messages = [{"role": "user", "content": f"Patient {patient.date_of_birth}: {patient.notes}"}]
                return anthropic.Anthropic().messages.create(model="claude", max_tokens=300, messages=messages)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from langchain_openai import ChatOpenAI

            llm = ChatOpenAI(model="gpt-4o")

            def answer(question, customer_email):
                return llm.invoke("Customer " + customer_email + " asks: " + question)
                                                ^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import cohere
            import pandas as pd

            people = pd.read_parquet("people.parquet")
            texts = people[["first_name", "city"]].astype(str).agg(" ".join, axis=1).tolist()
            vectors = cohere.Client().embed(texts=texts, model="embed-v4.0")
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            class Support:
                def __init__(self, client):
                    self.client = client

                def reply(self, user):
                    return self.client.chat.completions.create(
                        model="gpt-4o",
                        messages=[{"role": "user", "content": "Phone: {}".format(user.get("phone_number"))}],
                                                                                 ^^^^^^^^^^^^^^^^^^^^^^^^
                    )
            """,
        ),
        Bad(
            as_notebook(
                "import pandas as pd\nfrom openai import OpenAI\ndf = pd.read_csv('staff.csv')\nssns = df['ssn'].tolist()",
                "OpenAI().chat.completions.create(model='gpt-4o', messages=[{'role': 'user', 'content': str(ssns)}])",
            ),
            path="example.ipynb",
            texts=("ssns",),
        ),
        Good(
            """
            import pandas as pd
            from openai import OpenAI

            df = pd.read_csv("tickets.csv")
            for row in df.itertuples():
                OpenAI().responses.create(model="gpt-4.1", input=f"Summarise: {row.text}")
            """,
            because="nothing says that the text is about a person",
        ),
        Good(
            """
            from openai import OpenAI
            from privacy import mask_pii

            def ask(row):
                text = mask_pii(row["email"])
                return OpenAI().responses.create(model="gpt-4.1", input=f"{text} {mask_pii(row['phone'])}")
            """,
            because="it is masked",
        ),
        Good(
            """
            import pandas as pd
            from openai import OpenAI

            df = pd.read_csv("customers.csv")
            df["email"] = df["email"].map(pseudonymise)
            OpenAI().responses.create(model="gpt-4.1", input=f"{df['email'].nunique()} customers: {df['email'].tolist()}")
            """,
            because="the column holds pseudonyms by then, and a count is about nobody",
        ),
        Good(
            """
            from transformers import pipeline
            from langchain_ollama import ChatOllama
            from openai import OpenAI

            ner = pipeline("ner", model="dslim/bert-base-NER")

            def scan(row):
                ChatOllama(model="llama3").invoke(row["email"])
                OpenAI(base_url="http://localhost:8000/v1", api_key="none").responses.create(model="m", input=row["email"])
                return ner(row["email"])
            """,
            because="these models run here",
        ),
        Good(
            """
            from openai import OpenAI

            SUPPORT_EMAIL = "support@example.org"
            prompt = f"If in doubt, tell them to write to {SUPPORT_EMAIL}. Never ask for email_count."
            OpenAI().responses.create(model="gpt-4.1", input=prompt)
            """,
            because="the address is a constant of the program",
        ),
        Good(
            """
            import email
            from openai import OpenAI

            subject = email.message_from_string(raw)
            has_email = bool(row["email"])
            OpenAI().responses.create(model="gpt-4.1", input=f"{email.__name__} {has_email} {len(row['email'])}")
            """,
            because="a module, a flag and a length are no addresses",
        ),
        Good(
            """
            from openai import OpenAI

            def triage(email, state):
                OpenAI().responses.create(model="gpt-4.1", input=f"{email.subject} {email['body']} {state['email'].get_payload()}")
            """,
            because="the parts of a message are no addresses",
        ),
        Bad(
            """
            from openai import OpenAI

            def triage(email):
                OpenAI().responses.create(model="gpt-4.1", input=email)
                                                                 ^^^^^
            """,
            confidence=Confidence.LOW,
        ),
        Missed(
            """
            import pandas as pd
            from openai import OpenAI

            df = pd.read_csv("customers.csv")
            OpenAI().responses.create(model="gpt-4.1", input=df.to_markdown())
            """,
            because="which columns the whole table has is not known",
        ),
        Missed(
            """
            from openai import OpenAI

            def describe(row):
                return f"{row['city']} {row['email']}"

            OpenAI().responses.create(model="gpt-4.1", input=describe(load()))
            """,
            because="it is not followed through other functions",
        ),
    )
