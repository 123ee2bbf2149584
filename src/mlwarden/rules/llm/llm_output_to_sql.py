"""MLW403: what a language model wrote is run as a query of a database."""

from __future__ import annotations

from mlwarden.rules import sink_rule
from mlwarden.rules.base import Bad, Confidence, Good, Missed, Reference, Severity
from mlwarden.rules.examples import as_notebook


class LlmOutputToSql(sink_rule.SinkRule):
    """Output of a language model that a database runs.

    ## Why is this bad?

    Who can put text in front of the model can make it write any statement, or put one into the value that you
    format into yours: read other customers' rows, change or drop tables and, with the rights of many accounts, read
    files or run programs on the server. A prompt that asks for `SELECT` only is no limit.

    ## How to fix

    Let the model choose among queries, or fill in values that are bound as parameters. Where it has to write whole
    queries, run them with an account that may only read the tables meant for it, parse them first (`sqlglot`), and
    refuse all but one `SELECT` of known tables.

    ## When it is fine

    When the account may read nothing but what everybody who asks may see, in a database made for that.

    ## Limits

    What an account may do is not known here. Objects that are only called `cursor`, `conn`, `db` or `engine` are taken for a
    database's with less confidence.
    """

    code = "MLW403"
    name = "llm-output-to-sql"
    severity = Severity.HIGH
    groups = (sink_rule.SQL,)
    calls = tuple(sink_rule.SQL.table)
    needs = ("@model",)
    cwe = (89, 943)
    owasp_llm = ("LLM05", "LLM06")
    atlas = ("AML.T0053", "AML.T0051")
    references = (
        Reference("OWASP LLM05:2025 Improper Output Handling", "https://genai.owasp.org/llmrisk/llm05/"),
        Reference("CVE-2023-36189, SQLDatabaseChain", "https://nvd.nist.gov/vuln/detail/CVE-2023-36189"),
        Reference("CVE-2024-8309, GraphCypherQAChain", "https://nvd.nist.gov/vuln/detail/CVE-2024-8309"),
    )
    examples = (
        Bad(
            """
            import sqlite3
            from openai import OpenAI

            reply = OpenAI().chat.completions.create(model="gpt-4o", messages=messages)
            query = reply.choices[0].message.content
            connection = sqlite3.connect("shop.db")
            cursor = connection.cursor()
            cursor.execute(query)
            ^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`sqlite3.connect.cursor.execute` runs a query that a language model wrote: who can steer the model "
            "reads and changes what this account can; bind values as parameters",
        ),
        Bad(
            """
            import psycopg2
            from anthropic import Anthropic

            def name_of(question):
                message = Anthropic().messages.create(model="claude", max_tokens=9, messages=messages)
                return message.content[0].text.strip()

            with psycopg2.connect(dsn) as connection:
                with connection.cursor() as cursor:
                    cursor.execute(f"SELECT * FROM users WHERE name = '{name_of(question)}'")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            from sqlalchemy import create_engine, text
            from langchain_openai import ChatOpenAI

            engine = create_engine(url)
            sql = ChatOpenAI(model="gpt-4o").invoke(prompt).content
            with engine.connect() as connection:
                rows = connection.execute(text(sql)).fetchall()
                                          ^^^^^^^^^
                connection.exec_driver_sql(sql)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import pandas as pd
            import duckdb
            import ollama

            query = ollama.generate(model="llama3", prompt=prompt)["response"]
            frame = pd.read_sql(query, engine)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^
            other = duckdb.sql(query).df()
                    ^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.HIGH,
        ),
        Bad(
            """
            from langchain_community.utilities import SQLDatabase
            from langchain_openai import ChatOpenAI

            db = SQLDatabase.from_uri("sqlite:///shop.db")
            llm = ChatOpenAI(model="gpt-4o")

            def answer(question):
                query = (prompt | llm | parser).invoke({"question": question})
                return db.run(query)
                       ^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            from google.cloud import bigquery
            from google import genai

            reply = genai.Client().models.generate_content(model="gemini-2.0-flash", contents=prompt)
            rows = bigquery.Client().query(reply.text).result()
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            frame = spark.sql(reply.text)
                    ^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from openai import OpenAI

            class Analyst:
                def __init__(self, db):
                    self.db = db
                    self.client = OpenAI()

                def ask(self, question):
                    reply = self.client.responses.create(model="gpt-4o", input=question)
                    cursor = self.db.cursor()
                    cursor.execute(reply.output_text)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            as_notebook(
                "from openai import OpenAI\nclient = OpenAI()",
                "answer = client.chat.completions.create(model='gpt-4o', messages=messages)",
                "cypher = answer.choices[0].message.content",
                "from neo4j import GraphDatabase\nwith GraphDatabase.driver(uri).session() as session:\n"
                "    session.run(cypher)",
            ),
            path="example.ipynb",
            texts=("session.run(cypher)",),
        ),
        Good(
            """
            import sqlite3
            from openai import OpenAI

            name = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            connection = sqlite3.connect("shop.db")
            connection.execute("SELECT * FROM users WHERE name = ?", (name,))
            """,
            because="the value is bound as a parameter",
        ),
        Good(
            """
            from sqlalchemy import create_engine, select, text
            from openai import OpenAI

            name = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            with create_engine(url).connect() as connection:
                connection.execute(text("SELECT * FROM users WHERE name = :name"), {"name": name})
                connection.execute(select(User).where(User.name == name))
                connection.execute(User.__table__.insert().values(name=name))
            """,
            because="the values are bound",
        ),
        Good(
            """
            import sqlite3
            from openai import OpenAI

            QUERIES = {"sales": "SELECT sum(total) FROM orders", "users": "SELECT count(*) FROM users"}
            choice = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            sqlite3.connect("shop.db").execute(QUERIES[choice])
            """,
            because="the model only chooses among queries that the program wrote",
        ),
        Good(
            """
            import sqlite3
            from openai import OpenAI

            column = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            if column not in ("name", "price"):
                raise ValueError(column)
            sqlite3.connect("shop.db").execute(f"SELECT {column} FROM products")
            """,
            because="the name is one of a fixed set",
        ),
        Good(
            """
            import sqlglot
            import duckdb
            from openai import OpenAI

            query = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            tree = sqlglot.parse_one(query, read="duckdb")
            if not isinstance(tree, sqlglot.exp.Select):
                raise ValueError(query)
            duckdb.sql(query)
            """,
            because="the statement is parsed first",
        ),
        Good(
            """
            from langchain_openai import ChatOpenAI

            class Executor:
                def execute(self, plan):
                    return [step.strip() for step in plan.splitlines()]

            plan = ChatOpenAI(model="gpt-4o").invoke(prompt).content
            Executor().execute(plan)
            task_runner.execute(plan)
            """,
            because="these are no databases",
        ),
        Good(
            """
            import sqlite3
            from openai import OpenAI

            vector = OpenAI().embeddings.create(model="text-embedding-3-small", input=text).data[0].embedding
            sqlite3.connect("shop.db").execute("INSERT INTO vectors VALUES (?)", (str(vector),))
            """,
            because="an embedding is no answer",
        ),
        Missed(
            """
            from openai import OpenAI

            query = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            warehouse.execute(query)
            """,
            because="nothing says that `warehouse` is a database",
        ),
    )
