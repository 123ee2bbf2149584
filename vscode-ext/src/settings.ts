// The extension's settings, and the part of them that goes to the server.
import * as os from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";

const SECTION = "mlwarden";

/** Settings that the server understands, under the names it knows them by. */
const FOR_SERVER = ["run", "select", "extendSelect", "ignore", "severity", "confidence", "configuration"] as const;

export interface Settings {
  readonly enable: boolean;
  /** The program to run, made absolute; undefined when the user leaves the choice to us. */
  readonly path: string | undefined;
  /** What goes to the server, at the start and after each change. */
  readonly forServer: Readonly<Record<string, unknown>>;
}

export function readSettings(): Settings {
  const config = vscode.workspace.getConfiguration(SECTION);
  const chosen = config.get<string>("path", "").trim();
  return {
    enable: config.get<boolean>("enable", true),
    path: chosen === "" ? undefined : expand(chosen),
    forServer: Object.fromEntries(FOR_SERVER.map((name) => [name, config.get<unknown>(name) ?? null])),
  };
}

/** What a change of settings asks for: nothing, telling the server, or another server. */
export function effectOf(event: vscode.ConfigurationChangeEvent): "none" | "tell" | "restart" {
  if (["enable", "path"].some((name) => event.affectsConfiguration(`${SECTION}.${name}`))) {
    return "restart";
  }
  return FOR_SERVER.some((name) => event.affectsConfiguration(`${SECTION}.${name}`)) ? "tell" : "none";
}

function expand(chosen: string): string {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? os.homedir();
  const expanded = chosen.replace(/^~(?=$|[\\/])/, os.homedir()).replaceAll("${workspaceFolder}", folder);
  return path.resolve(folder, expanded);
}
