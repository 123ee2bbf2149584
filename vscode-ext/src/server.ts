// Which mlwarden to run, and running it.
import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";
import { LanguageClient, RevealOutputChannelOn, State } from "vscode-languageclient/node";
import { selectedInterpreter } from "./python";
import { readSettings, type Settings } from "./settings";
import type { Status } from "./status";

const run = promisify(execFile);
const WINDOWS = process.platform === "win32";
const PROBE_SECONDS = 30;

// `python -m mlwarden` would put the working directory, which is the user's project, first on the import path: a file
// called types.py there would be executed.
const BY_INTERPRETER = ["-c", "import sys; sys.path[:] = filter(None, sys.path); from mlwarden.cli.main import run; run()"];

/** A program that may be mlwarden. */
interface Candidate {
  readonly origin: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** A program that is. */
export interface Program extends Candidate {
  readonly version: string;
}

/** Owns the language client. Calls may come at any time; they are carried out one after the other. */
export class Server implements vscode.Disposable {
  #client: LanguageClient | undefined;
  #program: Program | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly log: vscode.LogOutputChannel,
    private readonly status: Status,
  ) {}

  /** The program that runs; undefined while there is none. */
  get program(): Program | undefined {
    return this.#program;
  }

  /** Starts the server, anew if there is one. */
  restart(): Promise<void> {
    return this.#next(async () => {
      await this.#stop();
      await this.#start(readSettings());
    });
  }

  /** Tells the server the settings as they are now. */
  tell(): Promise<void> {
    return this.#next(async () => {
      await this.#client?.sendNotification("workspace/didChangeConfiguration", { settings: readSettings().forServer });
    });
  }

  stop(): Promise<void> {
    return this.#next(() => this.#stop());
  }

  dispose(): void {
    void this.stop();
  }

  #next(step: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(step).catch((error: unknown) => {
      this.log.error(String(error));
      this.status.failed(String(error));
    });
    return this.#last;
  }

  async #stop(): Promise<void> {
    const client = this.#client;
    this.#client = this.#program = undefined;
    if (client !== undefined && client.state !== State.Stopped) {
      await client.stop().catch((error: unknown) => this.log.warn(`stopping the server: ${String(error)}`));
    }
    await client?.dispose().catch(() => {});
  }

  async #start(settings: Settings): Promise<void> {
    if (!settings.enable) {
      this.status.off();
      return;
    }
    this.status.starting();
    const program = await find(settings, this.log);
    if (program === undefined) {
      this.#missing();
      return;
    }
    const client = this.#makeClient(program, settings);
    this.#client = client;
    try {
      await client.start();
    } catch (error) {
      this.#failed(`The server did not start: ${String(error)}`);
      return;
    }
    this.#program = program;
    this.status.running(program.version, program.origin);
    this.log.info(`running: ${program.command} (${program.version}, ${program.origin})`);
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Stopped && this.#client === client) {
        this.status.failed("The server has stopped");
      } else if (newState === State.Running) {
        this.status.running(program.version, program.origin);
      }
    });
  }

  #makeClient(program: Program, settings: Settings): LanguageClient {
    const cwd = folder()?.fsPath;
    return new LanguageClient(
      "mlwarden",
      "mlwarden",
      { command: program.command, args: [...program.args, "server"], options: cwd === undefined ? {} : { cwd } },
      {
        // Secrets may stand in any file; the server knows what is its business. A notebook's cells have URIs of a
        // scheme of their own.
        documentSelector: [{ scheme: "file" }, { scheme: "untitled" }, { scheme: "vscode-notebook-cell" }],
        initializationOptions: settings.forServer,
        outputChannel: this.log,
        revealOutputChannelOn: RevealOutputChannelOn.Never,
      },
    );
  }

  #missing(): void {
    this.status.failed("mlwarden was not found");
    const message = "mlwarden was not found. Install it with: pip install \"mlwarden[lsp]\"";
    this.#offerLog(message);
  }

  #failed(why: string): void {
    this.log.error(why);
    this.status.failed(why);
    this.#offerLog(`${why} If pygls is missing: pip install "mlwarden[lsp]"`);
  }

  #offerLog(message: string): void {
    void vscode.window.showErrorMessage(message, "Show Logs").then((choice) => {
      if (choice !== undefined) {
        this.log.show();
      }
    });
  }
}

/** The first candidate that answers to `--version`; every step is logged. */
async function find(settings: Settings, log: vscode.LogOutputChannel): Promise<Program | undefined> {
  for await (const candidate of candidates(settings, log)) {
    const version = await probe(candidate, log);
    if (version !== undefined) {
      return { ...candidate, version };
    }
  }
  log.error("no mlwarden was found");
  return undefined;
}

async function* candidates(settings: Settings, log: vscode.LogOutputChannel): AsyncGenerator<Candidate> {
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
}

async function* ofWorkspace(log: vscode.LogOutputChannel): AsyncGenerator<Candidate> {
  const interpreter = await selectedInterpreter(folder()).catch((error: unknown) => {
    log.warn(`the Python extension failed: ${String(error)}`);
    return undefined;
  });
  if (interpreter === undefined) {
    log.info("selected interpreter: none");
  } else {
    yield { origin: "selected interpreter", command: interpreter, args: BY_INTERPRETER };
  }
  for (const { uri } of vscode.workspace.workspaceFolders ?? []) {
    const command = path.join(uri.fsPath, ".venv", WINDOWS ? "Scripts" : "bin", executable("mlwarden"));
    if (await isFile(command)) {
      yield { origin: "workspace .venv", command, args: [] };
    } else {
      log.info(`workspace .venv: no ${command}`);
    }
  }
}

async function probe(candidate: Candidate, log: vscode.LogOutputChannel): Promise<string | undefined> {
  try {
    const options = { timeout: PROBE_SECONDS * 1000, windowsHide: true };
    const { stdout } = await run(candidate.command, [...candidate.args, "--version"], options);
    const version = /^mlwarden \S+/.exec(stdout)?.[0];
    if (version !== undefined) {
      log.info(`${candidate.origin}: ${candidate.command} is ${version}`);
      return version;
    }
    log.info(`${candidate.origin}: ${candidate.command} is not mlwarden`);
  } catch (error) {
    const why = error instanceof Error ? (error.message.trim().split("\n").at(-1) ?? "") : String(error);
    log.info(`${candidate.origin}: ${candidate.command} does not run mlwarden: ${why}`);
  }
  return undefined;
}

/** The program's absolute path; relative entries of PATH, which mean the working directory, do not count. */
async function onPath(name: string): Promise<string | undefined> {
  for (const entry of (process.env["PATH"] ?? "").split(path.delimiter)) {
    const command = path.join(entry, executable(name));
    if (path.isAbsolute(entry) && (await isFile(command))) {
      return command;
    }
  }
  return undefined;
}

function executable(name: string): string {
  return WINDOWS ? `${name}.exe` : name;
}

async function isFile(name: string): Promise<boolean> {
  return (await fs.stat(name).catch(() => undefined))?.isFile() ?? false;
}

function folder(): vscode.Uri | undefined {
  return vscode.workspace.workspaceFolders?.[0]?.uri;
}
