"""Examples of MLW605."""

from __future__ import annotations

from mlwarden.model.levels import Confidence, Severity
from mlwarden.rules.examples import Bad, Examples, Good, Missed

EXAMPLES: Examples = (
    Bad(
        """
        import pandas as pd
        from flask import Flask, request

        app = Flask(__name__)

        @app.get("/rows")
        def rows():
            country = request.args["country"]
            return pd.read_sql(f"SELECT * FROM users WHERE country = '{country}'", engine).to_json()
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        message="`read_sql` runs SQL with a web request formatted into it: who writes that can read and change other data",
    ),
    Bad(
        """
        import sqlite3

        connection = sqlite3.connect("runs.db")

        def metrics(name, run):
            return connection.execute(f"SELECT * FROM metrics WHERE name = '{name}' AND run = {run}").fetchall()
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        message="`execute` runs SQL with `name` formatted into it: who writes that can read and change other data",
        fixed="""
        import sqlite3

        connection = sqlite3.connect("runs.db")

        def metrics(name, run):
            return connection.execute("SELECT * FROM metrics WHERE name = ? AND run = ?", (name, run)).fetchall()
        """,
    ),
    Bad(
        """
        import duckdb

        def sample(path, label):
            query = "SELECT * FROM read_parquet('data.parquet')"
            query += " WHERE label = '%s'" % label
            return duckdb.sql(query).df()
                   ^^^^^^^^^^^^^^^^^
        """,
        confidence=Confidence.MEDIUM,
    ),
    Bad(
        """
        from pyspark.sql import SparkSession

        spark = SparkSession.builder.appName("features").getOrCreate()

        def features(user):
            return spark.sql(f"SELECT * FROM features WHERE user = '{user}'")
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        fixed="""
        from pyspark.sql import SparkSession

        spark = SparkSession.builder.appName("features").getOrCreate()

        def features(user):
            return spark.sql("SELECT * FROM features WHERE user = :user", args={"user": user})
        """,
    ),
    Bad(
        """
        import sqlite3
        import pandas as pd

        def load(split):
            connection = sqlite3.connect("data.db")
            return pd.read_sql_query(f"SELECT * FROM samples WHERE split = '{split}'", connection)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        fixed="""
        import sqlite3
        import pandas as pd

        def load(split):
            connection = sqlite3.connect("data.db")
            return pd.read_sql_query("SELECT * FROM samples WHERE split = ?", connection, params=(split,))
        """,
    ),
    Bad(
        """
        def save(cursor, table, rows):
            cursor.executemany("INSERT INTO {} VALUES (?, ?)".format(table), rows)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.LOW,
        confidence=Confidence.MEDIUM,
    ),
    Bad(
        """
        import polars as pl
        from openai import OpenAI
        from sqlalchemy import text

        reply = OpenAI().responses.create(model="gpt-4o", input=question)
        pl.read_database("SELECT * FROM sales WHERE region = '" + reply.output_text + "'", connection)
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        text(f"DELETE FROM sales WHERE id = {reply.output_text}")
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
    ),
    Bad(
        """
        import duckdb
        import streamlit as st

        con = duckdb.connect("sales.db")
        st.dataframe(con.execute(st.text_area("query")).df())
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
        message="`execute` runs SQL that comes from a web request: who writes that can read and change other data",
    ),
    Good(
        """
        import sqlite3
        import pandas as pd

        connection = sqlite3.connect("runs.db")

        def metrics(name, country):
            rows = connection.execute("SELECT * FROM metrics WHERE name = ?", (name,)).fetchall()
            return rows, pd.read_sql("SELECT * FROM users WHERE country = ?", connection, params=(country,))
        """,
        because="values are bound",
    ),
    Good(
        """
        import sqlite3

        TABLE = "metrics"
        connection = sqlite3.connect("runs.db")

        def latest(limit: int, ids):
            marks = ",".join("?" * len(ids))
            connection.execute(f"SELECT * FROM {TABLE} WHERE id IN ({marks})", ids)
            connection.execute(f"SELECT * FROM {TABLE} ORDER BY step LIMIT {limit}")
            connection.execute("SELECT * FROM %s WHERE step > %d" % (TABLE, limit))
            for year in range(2020, 2026):
                connection.execute(f"SELECT * FROM metrics_{year}")
        """,
        because="constants, numbers and placeholders are formatted in",
    ),
    Good(
        """
        import duckdb

        TABLES = {"train", "test"}

        def rows(table):
            if table not in TABLES:
                raise ValueError(table)
            return duckdb.sql(f"SELECT * FROM {table}").df()
        """,
        because="the name is one of a list",
    ),
    Good(
        """
        from psycopg2 import sql

        def rows(cursor, table):
            cursor.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))
        """,
        because="psycopg2 quotes the identifier",
    ),
    Good(
        """
        from sqlalchemy import select, text

        def rows(session, user):
            session.execute(select(User).where(User.name == user))
            session.execute(text("SELECT * FROM users WHERE name = :name"), {"name": user})
        """,
        because="SQLAlchemy binds the values",
    ),
    Good(
        """
        def run(executor, agent, name):
            executor.execute(f"train {name}")
            agent.query(f"Select the best answer for {name}")
            print(f"SELECT * FROM {name}")
        """,
        because="these are no databases",
    ),
    Missed(
        """
        import duckdb

        def rows(builder, user):
            return duckdb.sql(builder.where("name", user))
        """,
        because="what a builder outside the code makes is not known",
    ),
)
