// The whole workspace, checked by the server.
import * as vscode from "vscode";
import { ExecuteCommandRequest } from "vscode-languageclient/node";
import type { Server } from "./server";

const SCAN = "mlwarden.scanWorkspace";
const SHOW = "Show Problems";

/** What a server answers when it is done; null where the user cancelled. */
type Summary = { readonly files: number; readonly findings: number } | null;

/** Asks the server for a scan; it shows its progress, and findings as they come. Resolves when it is done. */
export async function scanWorkspace(server: Server): Promise<Summary> {
  const { client, program } = server;
  if (client === undefined || program === undefined) {
    throw new Error("mlwarden is not running");
  }
  if (!client.executes(SCAN)) {
    throw new Error(`${program.version} cannot scan workspaces; install a newer one`);
  }
  const summary = (await client.sendRequest(ExecuteCommandRequest.type, { command: SCAN })) as Summary;
  if (summary !== null) {
    void told(summary);
  }
  return summary;
}

async function told({ files, findings }: NonNullable<Summary>): Promise<void> {
  const message = `mlwarden: ${findings} ${findings === 1 ? "finding" : "findings"} in ${files} files`;
  const choice = await vscode.window.showInformationMessage(message, ...(findings > 0 ? [SHOW] : []));
  if (choice === SHOW) {
    await vscode.commands.executeCommand("workbench.actions.view.problems");
  }
}
