"""Ask questions about the ticket numbers in plain language; the model writes the code that answers them."""

import subprocess

import pandas as pd
from langchain_openai import ChatOpenAI
from openai import OpenAI

client = OpenAI()
planner = ChatOpenAI(model="gpt-4o-mini", temperature=0)

SYSTEM = "You are a data analyst. Answer with Python code only. The tickets are in the DataFrame `df`."


def ask(question):
    """What the model answers to a question, as text."""
    response = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}],
    )
    return response.choices[0].message.content


def plot(df: pd.DataFrame, question):
    """Let the model draw whatever was asked for."""
    response = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "system", "content": SYSTEM}, {"role": "user", "content": f"Plot: {question}"}],
    )
    code = response.choices[0].message.content
    exec(code, {"df": df})


def number(df: pd.DataFrame, question):
    """A single number, e.g. "how many tickets were reopened in May?"."""
    expression = planner.invoke(f"One pandas expression over df, nothing else: {question}").content
    return eval(expression, {"df": df})


def reindex(question):
    """Let the planner pick the maintenance command."""
    command = planner.invoke(f"The shell command for this maintenance task: {question}").content
    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    tickets = pd.read_csv("cache/tickets-2024/tickets.csv")
    print(number(tickets, input("question> ")))
