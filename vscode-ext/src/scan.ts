// The whole workspace, checked by the server.
import { ExecuteCommandRequest } from "vscode-languageclient/node";
import type { Server } from "./server";

const SCAN = "mlwarden.scanWorkspace";

/** Asks the server for a scan; it shows its progress, and findings as they come. Resolves when it is done. */
export async function scanWorkspace(server: Server): Promise<unknown> {
  const { client, program } = server;
  if (client === undefined || program === undefined) {
    throw new Error("mlwarden is not running");
  }
  if (!client.executes(SCAN)) {
    throw new Error(`${program.version} cannot scan workspaces; install a newer one`);
  }
  return client.sendRequest(ExecuteCommandRequest.type, { command: SCAN });
}
