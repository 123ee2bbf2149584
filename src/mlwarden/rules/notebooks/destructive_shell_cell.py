"""MLW707: a shell line that deletes what it should not, or takes rights that it does not need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlwarden.notebooks.notebook import Notebook
from mlwarden.notebooks.shell_lines import Command, ShellText, shell_texts
from mlwarden.rules.base import Bad, Confidence, DocumentKind, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.examples import as_notebook

if TYPE_CHECKING:
    from mlwarden.source.documents import Document

# What nobody wants to lose: the root, a home, the system's folders, a mounted drive, each whole.
_ROOT = re.compile(
    r"(?:/|/\*|~/?|~/\*|/root/?|/home(?:/\w+)?/?|\$\{?HOME\}?(?:/\*?)?|/(?:bin|boot|dev|etc|lib|lib64|opt|sbin|sys|usr|var)"
    r"(?:/\*?)?|/content/(?:drive|gdrive)(?:/My ?Drive)?(?:/\*?)?|/kaggle/(?:input|working)/?\*?|/dbfs/?\*?|[A-Za-z]:\\?)"
)
# `$DIR/*`, `${DIR}/`: the root where the variable is empty.
_BELOW_VARIABLE = re.compile(r"\$(?:(?P<name>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)\})/\*?")
# `1777`, with the sticky bit, is what a folder for everybody has to have.
_WORLD_MODE = re.compile(r"0?[0-7]{2}[2367]")
_SETUID_MODE = re.compile(r"0?[4-7][0-7]{3}")
_WORLD_LETTERS = re.compile(r"(?:[ugo]*[ao][ugo]*|ugo)?[+=][rxXst]*w[rxXst]*")
_SETUID_LETTERS = re.compile(r"[ug]*u[ug]*\+[rwx]*s[rwx]*|\+s")
_DISK = re.compile(r"/dev/(?:sd|hd|vd|xvd|nvme|mmcblk|disk|rdisk|mapper/|dm-|md\d)\w*")
_SOCKET = re.compile(r"/(?:var/)?run/docker\.sock")
_MOUNT_OPTIONS = ("-v", "--volume", "--mount")
_FIREWALL = {"ufw": {"disable"}, "setenforce": {"0", "permissive"}, "iptables": {"-F", "--flush"}}


@dataclass(frozen=True, slots=True)
class _Harm:
    message: str
    severity: Severity
    confidence: Confidence = Confidence.HIGH


class DestructiveShellCell(Rule):
    """A shell line that deletes whole folders of the system, opens files to everybody or runs as root.

    ## Why is this bad?

    A notebook's cells are run again by people who did not write them, in an order that nobody foresaw, on machines that
    are not throw-away: a shared server, a workstation, a cluster with mounted data. A line that needs root, makes files
    writable for every user, mounts the host into a container or deletes from the root does its harm there.

    ## How to fix

    Install what a notebook needs into its environment, as its user. Give files the rights that their user needs
    (`chmod u+x`), delete the one folder that was made, by its name, and give containers the folders that they use.

    ## When it is fine

    In a hosted notebook whose machine is thrown away, such as Colab's, where everything runs as root already. `sudo`
    is therefore reported with low severity, once for each cell.

    ## Limits

    Only shell lines and shell cells are read, not the scripts that they run. What variables hold is not followed.
    """

    code = "MLW707"
    name = "destructive-shell-cell"
    severity = Severity.MEDIUM
    kinds = (DocumentKind.NOTEBOOK,)
    triggers = (
        "sudo",
        "doas",
        "rm",
        "chmod",
        "mkfs",
        "/dev/",
        "docker",
        "podman",
        "kill",
        "chpasswd",
        "safe.directory",
        *_FIREWALL,
    )
    cwe = (250, 732)
    owasp_llm = ("LLM06",)
    atlas = ("AML.T0101",)
    references = (
        Reference("CWE-250: Execution with Unnecessary Privileges", "https://cwe.mitre.org/data/definitions/250.html"),
        Reference(
            "Docker: the daemon's attack surface",
            "https://docs.docker.com/engine/security/#docker-daemon-attack-surface",
        ),
    )
    examples = (
        Bad(
            as_notebook("!rm -rf ~/*"),
            path="example.ipynb",
            texts=("rm -rf ~/*",),
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`rm` deletes everything in `~/*`",
        ),
        Bad(
            as_notebook('%%bash\ncd /tmp\nrm -r -f "$OUT"/*'),
            path="example.ipynb",
            texts=('rm -r -f "$OUT"/*',),
            severity=Severity.MEDIUM,
            confidence=Confidence.LOW,
            message="`rm` deletes from the root if `OUT` is empty",
        ),
        Bad(
            as_notebook("!chmod -R 777 /content/model\n!chmod a+rwx data"),
            path="example.ipynb",
            texts=("chmod -R 777 /content/model", "chmod a+rwx data"),
            severity=Severity.MEDIUM,
        ),
        Bad(
            as_notebook("!chmod u+s ./helper"),
            path="example.ipynb",
            severity=Severity.HIGH,
            message="`chmod` makes a program run as its owner, whoever starts it",
        ),
        Bad(
            as_notebook("!sudo apt-get update\n!sudo apt-get install -y git-lfs\n!sudo service docker restart"),
            path="example.ipynb",
            texts=("sudo apt-get update",),
            severity=Severity.LOW,
            message="3 commands of this cell run as root",
        ),
        Bad(
            as_notebook("!echo secret | sudo -S apt-get install -y git-lfs"),
            path="example.ipynb",
            texts=("sudo -S apt-get install -y git-lfs",),
            severity=Severity.HIGH,
            message="the password for `sudo` stands in this cell",
        ),
        Bad(
            as_notebook("!docker run --gpus all --privileged -it vllm/vllm-openai"),
            path="example.ipynb",
            severity=Severity.HIGH,
            message="`docker run --privileged` gives the container the rights of root on this machine",
        ),
        Bad(
            as_notebook("!docker run -v /var/run/docker.sock:/var/run/docker.sock agent\n!podman run -v/:/host x"),
            path="example.ipynb",
            texts=(
                "docker run -v /var/run/docker.sock:/var/run/docker.sock agent",
                "podman run -v/:/host x",
            ),
        ),
        Bad(
            as_notebook("!dd if=/dev/zero of=/dev/sdb bs=1M\n!mkfs.ext4 /dev/nvme1n1"),
            path="example.ipynb",
            texts=("dd if=/dev/zero of=/dev/sdb bs=1M", "mkfs.ext4 /dev/nvme1n1"),
            severity=Severity.HIGH,
        ),
        Bad(
            as_notebook("!echo root:password | chpasswd\n!kill -9 -1"),
            path="example.ipynb",
            texts=("chpasswd", "kill -9 -1"),
        ),
        Bad(
            as_notebook("!git config --global --add safe.directory '*'"),
            path="example.ipynb",
            severity=Severity.LOW,
        ),
        Good(
            as_notebook(
                "!rm -rf ./data model.tar.gz /tmp/run {out_dir} /content/diffusers\n!rm -f ~/.cache/x.lock /var/tmp/a"
            ),
            path="example.ipynb",
            because="it deletes what it names",
        ),
        Good(
            as_notebook('%%bash\nOUT=/tmp/out\nrm -rf "$OUT"/*\nrm -rf "${DIR:?}"/* $DIR'),
            path="example.ipynb",
            because="the variable is set, or the shell stops where it is not",
        ),
        Good(
            as_notebook(
                "!chmod +x run.sh && chmod 755 bin/tool\n!chmod 600 ~/.kaggle/kaggle.json; chmod 1777 tmp\n!chmod -R g+w shared"
            ),
            path="example.ipynb",
            because="others may not write",
        ),
        Good(
            as_notebook(
                "!docker run --rm -v $PWD/data:/data python:3.12\n!kill -9 1234\n!dd if=/dev/zero of=swap.img bs=1M"
            ),
            path="example.ipynb",
            because="the container gets one folder, one process is killed, a file is written",
        ),
        Good(
            as_notebook('print("sudo rm -rf /")\n# !sudo rm -rf /\n!echo "do not run sudo rm -rf /"\n!which sudo'),
            path="example.ipynb",
            because="none of these runs it",
        ),
        Missed(
            as_notebook("%%writefile clean.sh\nrm -rf /data/*\n", "!sh clean.sh"),
            path="example.ipynb",
            because="scripts are not read",
        ),
    )

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report each harmful command, and commands that run as root once for each cell."""
        if not isinstance(document, Notebook):
            return
        as_root: dict[int, list[Command]] = {}
        for shell in shell_texts(document):
            for command in shell.commands:
                harm = _harm(command, shell)
                if harm is not None:
                    yield self.finding(command.span, harm.message, severity=harm.severity, confidence=harm.confidence)
                elif command.is_root:
                    as_root.setdefault(shell.cell, []).append(command)
        for commands in as_root.values():
            if len(commands) == 1:
                message = f"`{commands[0].program or 'sudo'}` runs as root"
            else:
                message = f"{len(commands)} commands of this cell run as root"
            yield self.finding(commands[0].span, message, severity=Severity.LOW)


def _harm(command: Command, shell: ShellText) -> _Harm | None:
    if command.is_root and command.source is not None:
        leading = [word.text for word in command.words[: command.start]]
        if "-S" in leading and any(source.program in ("echo", "printf") for source in command.sources()):
            return _Harm("the password for `sudo` stands in this cell", Severity.HIGH)
    program = command.program
    if program == "rm":
        return _of_rm(command, shell)
    if program == "chmod":
        return _of_chmod(command)
    if program in ("docker", "podman", "nerdctl"):
        return _of_container(command)
    if program == "dd" or program.startswith("mkfs") or program in ("wipefs", "shred"):
        disk = next((match[0] for text in command.texts if (match := _DISK.search(text)) and _is_target(text)), "")
        return _Harm(f"`{program}` overwrites the disk {disk}", Severity.HIGH) if disk else None
    return _of_others(command)


def _is_target(text: str) -> bool:
    return not text.startswith("if=")


def _of_rm(command: Command, shell: ShellText) -> _Harm | None:
    options = [text for text in command.texts if text.startswith("-")]
    if not any(option == "--recursive" or re.fullmatch(r"-[a-zA-Z]*[rR][a-zA-Z]*", option) for option in options):
        return None
    for text in command.texts:
        if _ROOT.fullmatch(text):
            return _Harm(f"`rm` deletes everything in `{text}`", Severity.HIGH)
    for text in command.texts:
        below = _BELOW_VARIABLE.fullmatch(text)
        if below is None:
            continue
        name = below["name"] or below["braced"]
        # In an IPython line `$name` is Python's; in a script the shell's, often set a line before.
        if not shell.expands and not re.search(rf"\b{name}=|\bread\b.*\b{name}\b|\bfor {name}\b", shell.text):
            return _Harm(f"`rm` deletes from the root if `{name}` is empty", Severity.MEDIUM, Confidence.LOW)
    return None


def _of_chmod(command: Command) -> _Harm | None:
    mode = next(
        (text for text in command.texts if not text.startswith("--") and not re.fullmatch(r"-[RvcfhHLP]+", text)), ""
    )
    for part in mode.split(","):
        if _SETUID_LETTERS.fullmatch(part) or _SETUID_MODE.fullmatch(part):
            return _Harm("`chmod` makes a program run as its owner, whoever starts it", Severity.HIGH)
        letters = _WORLD_LETTERS.fullmatch(part)
        # `+w` without letters obeys the umask, which keeps others out.
        if _WORLD_MODE.fullmatch(part) or (letters and part[0] not in "+="):
            return _Harm(
                f"`chmod {mode}` lets every user of the machine change these files, programs and models among them",
                Severity.MEDIUM,
            )
    return None


def _of_container(command: Command) -> _Harm | None:
    texts = command.texts
    if not {"run", "create", "exec"} & set(texts[:2]):
        return None
    for index, text in enumerate(texts):
        if text in ("--privileged", "--privileged=true"):
            return _Harm(
                f"`{command.program} run --privileged` gives the container the rights of root on this machine",
                Severity.HIGH,
            )
        option, equals, value = text.partition("=")
        if text.startswith("-v") and len(text) > 2:  # `-v/:/host`
            option, equals, value = "-v", "=", text[2:].lstrip("=")
        if option in _MOUNT_OPTIONS:
            value = value if equals else "".join(texts[index + 1 : index + 2])
            source = re.search(r"(?:source|src)=([^,]*)", value)
            mounted = source[1] if source else value.partition(":")[0]
            if mounted == "/" or _SOCKET.match(mounted):
                what = "the whole disk of this machine" if mounted == "/" else "control of all containers, as root"
                return _Harm(f"`{command.program} run` gives the container {what}", Severity.HIGH)
    return None


def _of_others(command: Command) -> _Harm | None:
    program, texts = command.program, command.texts
    if program == "kill" and "-1" in texts[1:] and texts[0].startswith("-"):
        return _Harm("`kill` ends every process that this user may end", Severity.MEDIUM)
    if program == "chpasswd" and any(source.program in ("echo", "printf") for source in command.sources()):
        return _Harm("the password that `chpasswd` sets stands in this cell", Severity.HIGH)
    if program == "git" and "safe.directory" in texts and "*" in texts:
        return _Harm("git then runs the hooks and settings of any user's repository", Severity.LOW)
    if program in _FIREWALL and _FIREWALL[program] & {
        text.lower() if program == "setenforce" else text for text in texts
    }:
        return _Harm(f"`{program}` switches off a protection of the machine", Severity.MEDIUM)
    return None
