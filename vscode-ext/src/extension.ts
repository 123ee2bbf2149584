// Starts the server and keeps it in step with settings, interpreter and trust.
import * as path from "node:path";
import * as vscode from "vscode";
import { registerCommands } from "./commands";
import { fixNotebooksOnSave } from "./fixes";
import { PrivateEnvironment } from "./install";
import { onInterpreterChange } from "./python";
import { Server } from "./server";
import { effectOf } from "./settings";
import { type State, Status } from "./status";

/** What other extensions, and the tests, can ask this one. */
export interface Api {
  readonly state: State;
  /** What the status bar shows. */
  readonly statusText: string;
  /** Where the program that runs was found, such as "PATH"; undefined while none runs. */
  readonly origin: string | undefined;
  /** The server's process. */
  readonly pid: number | undefined;
  /** The folder of what the extension installs. */
  readonly storage: string;
}

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<Api> {
  const log = vscode.window.createOutputChannel("mlwarden", { log: true });
  const status = new Status();
  const environment = new PrivateEnvironment(path.join(context.globalStorageUri.fsPath, "environments"), log);
  const current = (server = new Server(log, status, environment, commandsOf(context)));
  context.subscriptions.push(
    log,
    status,
    ...registerCommands({ server: current, status, environment, log }),
    fixNotebooksOnSave(),
    vscode.workspace.onDidChangeConfiguration((event) => {
      const effect = effectOf(event);
      if (effect !== "none") {
        void (effect === "restart" ? current.restart() : current.tell());
      }
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(() => {
      // The new folder may have what was looked for in vain; a server that runs is told by the client.
      if (status.state === "failed") {
        void current.restart();
      }
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(async () => {
      await current.restart();
      await watchInterpreter(context, current, log);
    }),
  );
  await current.restart();
  if (vscode.workspace.isTrusted) {
    await watchInterpreter(context, current, log);
  }
  return {
    get state() {
      return status.state;
    },
    get statusText() {
      return status.text;
    },
    get origin() {
      return current.program?.origin;
    },
    get pid() {
      return current.pid;
    },
    storage: context.globalStorageUri.fsPath,
  };
}

function commandsOf(context: vscode.ExtensionContext): ReadonlySet<string> {
  const { contributes } = context.extension.packageJSON as { contributes: { commands: { command: string }[] } };
  return new Set(contributes.commands.map(({ command }) => command));
}

async function watchInterpreter(context: vscode.ExtensionContext, current: Server, log: vscode.LogOutputChannel) {
  try {
    const watching = await onInterpreterChange(() => void current.restart());
    if (watching !== undefined) {
      context.subscriptions.push(watching);
    }
  } catch (error) {
    log.warn(`the Python extension failed: ${String(error)}`);
  }
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
