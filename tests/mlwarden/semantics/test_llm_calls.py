"""Which calls a language model answers: through frameworks, chains, and clients that nobody can resolve."""

from __future__ import annotations

import pytest

from mlwarden.semantics import llm_calls
from mlwarden.semantics.values import Taint
from mlwarden.testing import model_of


def taints_at_sink(code: str) -> dict[str, bool]:
    """The kinds of taint that reach `exec`, and whether the way is certain."""
    calls = model_of(code).calls_of("exec")
    assert calls
    found: list[Taint] = [taint for call in calls for taint in call.argument("source", 0).taints]
    return {taint.kind: any(other.certain for other in found if other.kind == taint.kind) for taint in found}


LANGCHAIN = (
    "from langchain_openai import ChatOpenAI\nfrom langchain_core.prompts import ChatPromptTemplate\n"
    "from langchain_core.output_parsers import StrOutputParser\nfrom langchain_core.runnables import RunnablePassthrough\n"
    "llm = ChatOpenAI()\nprompt = ChatPromptTemplate.from_template('x')\n"
)

ANSWERED = {
    "chain of two": LANGCHAIN + "exec((prompt | llm).invoke({}).content)",
    "chain of three": LANGCHAIN + "chain = prompt | llm | StrOutputParser()\nexec(chain.invoke({}))",
    "chain after a dictionary": LANGCHAIN
    + "chain = {'q': RunnablePassthrough()} | prompt | llm | StrOutputParser()\nexec(chain.invoke('x'))",
    "chain of an unknown model": LANGCHAIN + "def f(model):\n    exec((prompt | model | StrOutputParser()).invoke({}))",
    "chain bound": LANGCHAIN
    + "chain = prompt | llm.bind(stop=['x'])\nfor part in chain.stream({}):\n    exec(part.content)",
    "structured": LANGCHAIN + "exec(llm.with_structured_output(Code).invoke('x').source)",
    "agent": "from langchain.agents import AgentExecutor\nexec(AgentExecutor.from_agent_and_tools(a, t).run('x'))",
    "graph": "from langgraph.prebuilt import create_react_agent\nexec(create_react_agent(m, []).invoke({})['messages'][-1].content)",
    "query engine": "from llama_index.core import VectorStoreIndex\n"
    "exec(str(VectorStoreIndex.from_documents(d).as_query_engine().query('x')))",
    "openai agents": "from agents import Agent, Runner\nexec(Runner.run_sync(Agent(name='a'), 'x').final_output)",
    "pydantic-ai": "from pydantic_ai import Agent\nexec(Agent('m').run_sync('x').output)",
    "smolagents": "from smolagents import CodeAgent\nexec(CodeAgent(tools=[], model=m).run('x'))",
    "crewai": "from crewai import Crew\nexec(Crew(agents=[], tasks=[]).kickoff().raw)",
    "autogen": "from autogen import AssistantAgent\nexec(AssistantAgent('a').generate_reply(messages=[]))",
    "dspy": "import dspy\nqa = dspy.ChainOfThought('q -> code')\nexec(qa(q='x').code)",
    "bedrock": "import boto3\nexec(boto3.client('bedrock-runtime').converse(modelId='m')['output'])",
    "hub client": "from huggingface_hub import InferenceClient\nexec(InferenceClient().text_generation('x'))",
    "generate and decode": "from transformers import AutoTokenizer\ntok = AutoTokenizer.from_pretrained('a/b')\n"
    "exec(tok.decode(model.generate(x)[0]))",
    "http": "import requests\nr = requests.post('https://api.openai.com/v1/chat/completions', json={})\n"
    "exec(r.json()['choices'][0]['message']['content'])",
    "local http": "import httpx\nexec(httpx.post('http://localhost:11434/api/generate', json={}).json()['response'])",
}


@pytest.mark.parametrize("code", ANSWERED.values(), ids=ANSWERED)
def test_answers_for_certain(code: str) -> None:
    assert taints_at_sink(code).get("llm") is True


BY_FORM = {
    "client from elsewhere": "def f(client):\n    exec(client.chat.completions.create(model='m').choices[0].message.content)",
    "attribute from elsewhere": "class A:\n    def f(self):\n        exec(self.client.responses.create(input='x').output_text)",
    "llm by name": "def f(llm):\n    exec(llm.invoke('x').content)",
    "llm attribute by name": "class A:\n    def f(self):\n        exec(self.llm.predict('x'))",
    "called llm": "def f(llm):\n    exec(llm('x'))",
}


@pytest.mark.parametrize("code", BY_FORM.values(), ids=BY_FORM)
def test_answers_by_form_with_less_certainty(code: str) -> None:
    assert taints_at_sink(code).get("llm") is False


NO_ANSWER = {
    "prompt": LANGCHAIN + "exec(prompt.invoke({}).to_string())",
    "prompt and parser": LANGCHAIN + "exec((prompt | StrOutputParser()).invoke({}))",
    "tool": "from langchain_community.tools import ShellTool\nexec(ShellTool().run('x'))",
    "interpreter": "from langchain_experimental.utilities import PythonREPL\nexec(PythonREPL().run('x'))",
    "database": "from langchain_community.utilities import SQLDatabase\nexec(SQLDatabase.from_uri('x').run('select 1'))",
    "embeddings": "from langchain_openai import OpenAIEmbeddings\nexec(OpenAIEmbeddings().embed_query('x'))",
    "own package called agents": "import agents\nexec(agents.Scheduler().run('x'))",
    "object store": "import boto3\nexec(boto3.client('s3').list_buckets())",
    "a runner of something": "def f(runner):\n    exec(runner.run('x'))",
    "a mapping": "exec(({'a': 1} | {'b': 2})['a'])",
}


@pytest.mark.parametrize("code", NO_ANSWER.values(), ids=NO_ANSWER)
def test_no_answer(code: str) -> None:
    assert "llm" not in taints_at_sink(code)


@pytest.mark.parametrize(
    "code",
    [
        "from langchain_community.vectorstores import FAISS\nexec(FAISS.from_texts(t, e).similarity_search('x')[0].page_content)",
        "from langchain_community.vectorstores import FAISS\n"
        "exec(FAISS.from_texts(t, e).as_retriever().invoke('x')[0].page_content)",
        "from langchain_community.document_loaders import WebBaseLoader\nexec(WebBaseLoader('x').load()[0].page_content)",
        "from llama_index.core import VectorStoreIndex\nexec(VectorStoreIndex.from_documents(d).as_retriever().retrieve('x')[0].text)",
        "from tavily import TavilyClient\nexec(TavilyClient().search('x')['results'][0]['content'])",
        "import chromadb\nexec(chromadb.PersistentClient('p').get_collection('c').query(query_texts=['x'])['documents'][0])",
    ],
)
def test_retrieved_documents(code: str) -> None:
    assert taints_at_sink(code) == {"retrieval": True}


def test_names_of_any_length_are_matched_quickly() -> None:
    # A hostile chain of attributes must not send the expressions into exponential time.
    for tail in (".run" * 60, "()" * 100, ".tool_" * 50, ".chat" * 50):
        assert llm_calls.answers(f"langchain_x.A(){tail}!") is False
        assert llm_calls.retrieves(f"langchain_x.A(){tail}!") is False
        assert llm_calls.answers_by_form(f"llm{tail}!") is False


@pytest.mark.parametrize(
    "written",
    [
        "llm",
        "_llm",
        "self.chat_model",
        "self.my_llm_chain",
        "code_agent.run",
        "self.llm.ainvoke",
        "anthropic_client.messages.create",
        "client.chat.completions.with_raw_response.parse",
        "x.beta.threads.messages.list",
        "model.generate_content",
        "acompletion",
    ],
)
def test_the_last_part_of_an_answering_form_is_known(written: str) -> None:
    assert llm_calls.answers_by_form(written) == llm_calls.may_answer(written.rpartition(".")[2])


def test_most_methods_answer_nothing() -> None:
    assert not any(map(llm_calls.may_answer, ["append", "get", "items", "run_all", "invoker", ""]))
