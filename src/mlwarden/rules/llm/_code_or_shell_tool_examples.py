"""Examples of MLW412, by library."""

from __future__ import annotations

from mlwarden.model.levels import Confidence, Severity
from mlwarden.rules.examples import Bad, Examples, Good, Missed, as_notebook

EXAMPLES: Examples = (
    Bad(
        """
        from langchain_community.tools import ShellTool
        from langgraph.prebuilt import create_react_agent

        agent = create_react_agent(llm, [ShellTool()])
                                         ^^^^^^^^^^^
        """,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        message="`ShellTool` lets a model run any command on this machine, and nobody is asked: who can steer the "
        "model does the same; use a sandbox, and let a person approve each call",
        fixed="""
        from langchain_community.tools import ShellTool
        from langgraph.prebuilt import create_react_agent

        agent = create_react_agent(llm, [ShellTool(ask_human_input=True)])
        """,
    ),
    Bad(
        """
        from langchain_experimental.tools import PythonREPLTool as Repl
        from langchain.agents import AgentType, initialize_agent

        def build(llm):
            tools = [search, Repl()]
                             ^^^^^^
            return initialize_agent(tools, llm, agent=AgentType.ZERO_SHOT_REACT_DESCRIPTION)
        """,
        confidence=Confidence.HIGH,
    ),
    Bad(
        """
        from langchain_experimental.tools.python.tool import PythonAstREPLTool

        repl = PythonAstREPLTool(locals={"df": df})
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        confidence=Confidence.MEDIUM,
    ),
    Bad(
        """
        from langchain_core.tools import Tool
        from langchain_experimental.utilities import PythonREPL

        python_repl = PythonREPL()
        repl_tool = Tool(name="python_repl", description="A Python shell.", func=python_repl.run)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        message="`PythonREPL().run` as a tool lets a model run any Python in this process, and nobody is asked: who "
        "can steer the model does the same; use a sandbox, and let a person approve each call",
    ),
    Bad(
        """
        from langchain_experimental.agents import create_python_agent

        agent = create_python_agent(llm, tool, verbose=True)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
    ),
    Bad(
        """
        from langchain_experimental.agents.agent_toolkits import create_python_agent
        from langchain_experimental.tools import PythonREPLTool

        agent = create_python_agent(llm=llm, tool=PythonREPLTool())
                                                  ^^^^^^^^^^^^^^^^
        """,
    ),
    Bad(
        """
        from langchain_community.agent_toolkits.load_tools import load_tools

        NAMES = ["wikipedia", "terminal"]
        tools = load_tools(NAMES, llm=llm, allow_dangerous_tools=True)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
        message='`load_tools` with "terminal" lets a model run any command on this machine, and nobody is asked: who '
        "can steer the model does the same; use a sandbox, and let a person approve each call",
    ),
    Bad(
        as_notebook(
            "from langchain.agents import load_tools", "tools = load_tools(['python_repl', 'llm-math'], llm=llm)"
        ),
        path="example.ipynb",
        texts=("load_tools(['python_repl', 'llm-math'], llm=llm)",),
        confidence=Confidence.MEDIUM,
    ),
    Bad(
        """
        from langchain.agents import create_agent
        from langchain.agents.middleware import HostExecutionPolicy, ShellToolMiddleware

        POLICY = HostExecutionPolicy(command_timeout=30)
        agent = create_agent(model, middleware=[ShellToolMiddleware(execution_policy=POLICY)])
                                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
    ),
    Bad(
        """
        from agents import Agent, LocalShellTool, ShellTool

        agent = Agent(name="helper", tools=[LocalShellTool(executor=run), ShellTool(executor=run)])
                                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                                                                          ^^^^^^^^^^^^^^^^^^^^^^^
        """,
        confidence=Confidence.HIGH,
    ),
    Bad(
        """
        from crewai import Agent
        from crewai_tools import CodeInterpreterTool

        coder = Agent(role="coder", tools=[CodeInterpreterTool(unsafe_mode=True)])
                                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
    ),
    Bad(
        """
        from agno.agent import Agent
        from agno.tools.shell import ShellTools
        from google.adk.agents import LlmAgent
        from google.adk.code_executors import UnsafeLocalCodeExecutor

        first = Agent(tools=[ShellTools()])
                             ^^^^^^^^^^^^
        second = LlmAgent(name="coder", code_executor=UnsafeLocalCodeExecutor())
                                                      ^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
    ),
    Bad(
        """
        from ag2.tools import LocalEnvironment, SandboxShellTool

        first = SandboxShellTool()
                ^^^^^^^^^^^^^^^^^^
        second = SandboxShellTool(LocalEnvironment("/srv/project"))
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """,
    ),
    Bad(
        """
        from smolagents import PythonInterpreterTool, ToolCallingAgent

        agent = ToolCallingAgent(tools=[PythonInterpreterTool()], model=model)
                                        ^^^^^^^^^^^^^^^^^^^^^^^
        """,
        severity=Severity.MEDIUM,
    ),
    Good(
        """
        from langchain_community.tools import ShellTool

        tool = ShellTool(ask_human_input=True)
        """,
        because="each command is asked for",
    ),
    Good(
        """
        from langchain.agents import create_agent
        from langchain.agents.middleware import HumanInTheLoopMiddleware
        from langchain_community.tools import ShellTool

        agent = create_agent(model, [ShellTool()], middleware=[HumanInTheLoopMiddleware(interrupt_on={"terminal": True})])
        """,
        because="a person approves each command",
    ),
    Good(
        """
        from langchain_experimental.tools import PythonREPLTool

        graph = builder.add_node("tools", ToolNode([PythonREPLTool()])).compile(interrupt_before=["tools"])
        """,
        because="the graph stops before each tool",
    ),
    Good(
        """
        from langchain.agents.middleware import DockerExecutionPolicy, ShellToolMiddleware

        shell = ShellToolMiddleware(execution_policy=DockerExecutionPolicy(image="python:3.12-slim"))
        """,
        because="it runs in a container",
    ),
    Good(
        """
        from agents import Agent, CodeInterpreterTool, ShellTool

        asked = ShellTool(executor=run, needs_approval=True)
        hosted = ShellTool(environment={"type": "container_auto"})
        interpreter = CodeInterpreterTool(tool_config={"type": "code_interpreter", "container": {"type": "auto"}})
        """,
        because="one asks first, the others run in containers of OpenAI's",
    ),
    Good(
        """
        from crewai_tools import CodeInterpreterTool
        from ag2.extensions.docker import DockerEnvironment
        from ag2.tools import SandboxShellTool

        interpreter = CodeInterpreterTool()
        shell = SandboxShellTool(DockerEnvironment(image="python:3.12-slim"))
        """,
        because="both run in a container",
    ),
    Good(
        """
        from langchain_community.agent_toolkits.load_tools import load_tools
        from langchain_experimental.utilities import PythonREPL

        tools = load_tools(["wikipedia", "arxiv"])
        print(PythonREPL().run("print(1 + 1)"))
        """,
        because="harmless tools, and code that the program wrote",
    ),
    Good(
        """
        class ShellTool:
            def run(self, name):
                return COMMANDS[name]()

        agent = Agent(tools=[ShellTool()])
        """,
        because="a tool of the project's own",
    ),
    Missed(
        """
        from langchain_community.tools import ShellTool

        class Terminal(ShellTool):
            description: str = "Runs commands."

        agent = create_react_agent(llm, [Terminal()])
        """,
        because="calls of subclasses are taken for calls of the project's own classes",
    ),
)
