// Runs a server, and only one: what is asked for is carried out one after the other.
import * as vscode from "vscode";
import { State } from "vscode-languageclient/node";
import { Client } from "./client";
import { type Program, programs } from "./discovery";
import type { PrivateEnvironment } from "./install";
import { ServerProcess } from "./process";
import { messageOf } from "./programs";
import { readSettings, type Settings } from "./settings";
import type { Status } from "./status";

// What `mlwarden server` says where it was installed without what a server needs.
const INCOMPLETE = /\blsp extra\b/;

export class Server implements vscode.Disposable {
  #client: Client | undefined;
  #process: ServerProcess | undefined;
  #program: Program | undefined;
  #last: Promise<void> = Promise.resolve();
  /** How often something else was asked for; a start that is overtaken by that is broken off. */
  #asked = 0;

  constructor(
    private readonly log: vscode.LogOutputChannel,
    private readonly status: Status,
    private readonly environment: PrivateEnvironment,
    private readonly ownCommands: ReadonlySet<string>,
  ) {}

  /** The program that runs; undefined while there is none. */
  get program(): Program | undefined {
    return this.#program;
  }

  /** The process that runs; for tests and logs. */
  get pid(): number | undefined {
    return this.#process?.child.pid;
  }

  /** The client of the server that runs; undefined while there is none. */
  get client(): Client | undefined {
    return this.#client?.state === State.Running ? this.#client : undefined;
  }

  /** Starts the server, anew if there is one. */
  restart(): Promise<void> {
    const asked = this.#breakOff();
    return this.#next(async () => {
      await this.#stop();
      await this.#start(readSettings(), () => this.#asked !== asked);
    });
  }

  /** Tells the server the settings as they are now. */
  tell(): Promise<void> {
    return this.#next(async () => {
      await this.client?.sendNotification("workspace/didChangeConfiguration", { settings: readSettings().forServer });
    });
  }

  stop(): Promise<void> {
    this.#breakOff();
    return this.#next(() => this.#stop());
  }

  dispose(): void {
    void this.stop();
  }

  /** Ends a server that is not ready yet: one that never will be would hold up everything. */
  #breakOff(): number {
    if (this.#program === undefined) {
      this.#process?.child.kill("SIGKILL");
    }
    return ++this.#asked;
  }

  #next(step: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(step).catch((error: unknown) => {
      this.log.error(messageOf(error));
      this.status.failed(messageOf(error));
    });
    return this.#last;
  }

  async #stop(): Promise<void> {
    const [client, running] = [this.#client, this.#process];
    this.#client = this.#process = this.#program = undefined;
    if (client?.state === State.Running) {
      await client.stop().catch((error: unknown) => this.log.warn(`stopping the server: ${messageOf(error)}`));
    }
    await running?.end();
    await client?.dispose().catch(() => {});
  }

  async #start(settings: Settings, overtaken: () => boolean): Promise<void> {
    if (!settings.enable) {
      this.status.off();
      return;
    }
    this.status.starting();
    let incomplete: Program | undefined;
    for await (const program of programs(settings, await this.environment.interpreter(), this.log)) {
      if (overtaken()) {
        return;
      }
      this.log.info(`${program.origin}: ${program.command} is ${program.version}`);
      const problem = await this.#serve(program);
      if (problem === undefined) {
        return;
      }
      await this.#stop();
      if (overtaken()) {
        return;
      }
      this.log.error(`${program.origin}: the server did not start: ${problem}`);
      if (!INCOMPLETE.test(problem)) {
        this.#failed(`${program.command} did not start: ${problem}`);
        return;
      }
      incomplete ??= program;
    }
    if (!overtaken()) {
      this.#missing(settings, incomplete);
    }
  }

  /** Runs this program's server; resolves with what went wrong. */
  async #serve(program: Program): Promise<string | undefined> {
    const cwd = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
    const start = async () => {
      this.#process = await ServerProcess.start(program, cwd);
      return this.#process.child;
    };
    const events = { crashed: (again: boolean) => void this.#crashed(client, again) };
    const client: Client = new Client(start, this.log, events, this.ownCommands);
    this.#client = client;
    try {
      await client.start();
    } catch (error) {
      return (await this.#process?.lastWords()) ?? messageOf(error);
    }
    // The client may call a server started that has ended before anything could be sent to it.
    if (client.state !== State.Running || this.#process?.child.exitCode != null) {
      return (await this.#process?.lastWords()) ?? "it ended at once";
    }
    this.#program = program;
    this.status.running(program);
    this.log.info(`running: ${program.command} (${program.version}, ${program.origin})`);
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Running && this.#client === client) {
        this.log.info("the server runs again");
        this.status.running(program);
      }
    });
    return undefined;
  }

  async #crashed(client: Client, again: boolean): Promise<void> {
    if (this.#client !== client) {
      return;
    }
    const gone = this.#process;
    if (again) {
      this.status.starting();
    }
    const words = (await gone?.lastWords()) ?? "";
    this.log.error(`the server has stopped: ${words}`);
    if (!again && this.#client === client) {
      this.#failed(`The server stops again and again: ${words}`);
    }
  }

  #missing(settings: Settings, incomplete: Program | undefined): void {
    this.log.error("no mlwarden was found that can run a language server");
    const found = incomplete && `${incomplete.command} was installed without its language server`;
    const pip = 'pip install "mlwarden[lsp]"';
    if (settings.path !== undefined) {
      const why = found ?? `${settings.path}, which the setting mlwarden.path names, does not run mlwarden`;
      this.status.failed(why);
      this.#tell(`${why}. Change the setting, or repair it with ${pip}.`, {
        "Open Setting": ["workbench.action.openSettings", "mlwarden.path"],
        "Show Logs": ["mlwarden.showLogs"],
      });
      return;
    }
    const why = found ?? "mlwarden was not found";
    this.status.failed(why);
    this.#tell(`${why}. Install it into your project with ${pip}, or for the editor alone.`, {
      "Install for the Editor": ["mlwarden.install"],
      "Show Logs": ["mlwarden.showLogs"],
    });
  }

  #failed(why: string): void {
    this.status.failed(why);
    this.#tell(`mlwarden: ${why}`, { "Restart Server": ["mlwarden.restart"], "Show Logs": ["mlwarden.showLogs"] });
  }

  /** Tells the user something, with buttons that run commands. Waits for no answer. */
  #tell(message: string, choices: Readonly<Record<string, readonly [command: string, ...args: unknown[]]>>): void {
    void vscode.window.showErrorMessage(message, ...Object.keys(choices)).then((choice) => {
      const [command, ...args] = (choice === undefined ? undefined : choices[choice]) ?? [];
      return command === undefined ? undefined : vscode.commands.executeCommand(command, ...args);
    });
  }
}
