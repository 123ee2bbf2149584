// Which mlwarden to run: the first candidate that answers. Every step is logged.
import * as path from "node:path";
import * as vscode from "vscode";
import { BIN, executable, isFile, messageOf, onPath, output } from "./programs";
import { selectedInterpreter } from "./python";
import type { Settings } from "./settings";

const PROBE_SECONDS = 30;

// `python -m mlwarden` would put the working directory, which is the user's project, first on the import path: a file
// called types.py there would be executed.
const BY_INTERPRETER = ["-c", "import sys; sys.path[:] = filter(None, sys.path); from mlwarden.cli.main import run; run()"];

export const PRIVATE = "private environment";

/** A program that may be mlwarden. */
interface Candidate {
  readonly origin: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** A program that is. */
export interface Program extends Candidate {
  /** Such as "mlwarden 0.1.0". */
  readonly version: string;
}

/** The programs that are mlwarden, in the order in which they are to be tried. */
export async function* programs(
  settings: Settings,
  ownInterpreter: string | undefined,
  log: vscode.LogOutputChannel,
): AsyncGenerator<Program> {
  for await (const candidate of candidates(settings, ownInterpreter, log)) {
    try {
      yield { ...candidate, version: await probe(candidate) };
    } catch (error) {
      log.info(`${candidate.origin}: ${candidate.command} does not run mlwarden: ${messageOf(error)}`);
    }
  }
}

async function* candidates(
  settings: Settings,
  ownInterpreter: string | undefined,
  log: vscode.LogOutputChannel,
): AsyncGenerator<Candidate> {
  if (settings.path !== undefined) {
    yield { origin: "setting mlwarden.path", command: settings.path, args: [] };
    return; // what was asked for, or nothing
  }
  log.info("setting mlwarden.path: not set");
  if (vscode.workspace.isTrusted) {
    yield* ofWorkspace(log);
  } else {
    log.info("the workspace is not trusted: its environments are not used");
  }
  const command = await onPath("mlwarden");
  if (command === undefined) {
    log.info("PATH: no mlwarden");
  } else {
    yield { origin: "PATH", command, args: [] };
  }
  if (ownInterpreter === undefined) {
    log.info(`${PRIVATE}: not installed`);
  } else {
    yield { origin: PRIVATE, command: ownInterpreter, args: BY_INTERPRETER };
  }
}

async function* ofWorkspace(log: vscode.LogOutputChannel): AsyncGenerator<Candidate> {
  const [first] = vscode.workspace.workspaceFolders ?? [];
  const interpreter = await selectedInterpreter(first?.uri).catch((error: unknown) => {
    log.warn(`the Python extension failed: ${String(error)}`);
    return undefined;
  });
  if (interpreter === undefined) {
    log.info("selected interpreter: none");
  } else {
    yield { origin: "selected interpreter", command: interpreter, args: BY_INTERPRETER };
  }
  for (const { uri } of vscode.workspace.workspaceFolders ?? []) {
    const command = path.join(uri.fsPath, ".venv", BIN, executable("mlwarden"));
    if (await isFile(command)) {
      yield { origin: "workspace .venv", command, args: [] };
    } else {
      log.info(`workspace .venv: no ${command}`);
    }
  }
}

async function probe({ command, args }: Candidate): Promise<string> {
  const version = /^mlwarden \S+/.exec(await output(command, [...args, "--version"], PROBE_SECONDS))?.[0];
  if (version === undefined) {
    throw new Error("its --version is not mlwarden's");
  }
  return version;
}

/** The version that the interpreter's mlwarden has; rejects unless it has the language server, too. */
export async function installedVersion(interpreter: string): Promise<string> {
  await output(interpreter, ["-I", "-c", "import mlwarden_lsp.server"], PROBE_SECONDS);
  return probe({ origin: "", command: interpreter, args: BY_INTERPRETER });
}
