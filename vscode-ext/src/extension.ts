// Starts the server and keeps it in step with settings, interpreter and trust.
import * as vscode from "vscode";
import { registerCommands } from "./commands";
import { onInterpreterChange } from "./python";
import { Server } from "./server";
import { effectOf } from "./settings";
import { Status } from "./status";

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel("mlwarden", { log: true });
  const status = new Status();
  const current = (server = new Server(log, status));
  context.subscriptions.push(
    log,
    status,
    ...registerCommands(current, log),
    vscode.workspace.onDidChangeConfiguration((event) => {
      const effect = effectOf(event);
      if (effect !== "none") {
        void (effect === "restart" ? current.restart() : current.tell());
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
