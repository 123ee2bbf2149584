// The extension's settings, and the part of them that goes to the server.
import * as os from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";

export const SECTION = "mlwarden";

/** Settings that the server understands, under the names it knows them by. */
const FOR_SERVER = [
  "run",
  "workspaceScan",
  "select",
  "extendSelect",
  "ignore",
  "severities",
  "severity",
  "confidence",
  "severityMap",
  "suppressionReason",
  "configuration",
] as const;
/** Settings that say which server there is to be. */
const FOR_START = ["enable", "path"] as const;

export interface Settings {
  readonly enable: boolean;
  /** The program to run, made absolute; undefined when the user leaves the choice to us. */
  readonly path: string | undefined;
  /** What goes to the server, at the start and after each change. */
  readonly forServer: Readonly<Record<string, unknown>>;
}

/** How mlwarden is installed for the editor alone. */
export interface InstallSettings {
  /** What pip is to install. */
  readonly package: string;
  readonly pipArguments: readonly string[];
  /** The Python that the environment is made with; undefined when the choice is left to us. */
  readonly interpreter: string | undefined;
}

export function readSettings(): Settings {
  const config = vscode.workspace.getConfiguration(SECTION);
  return {
    enable: config.get<boolean>("enable", true),
    path: chosenPath(config, "path"),
    // What is left at its default is sent as null: a server that is older than the setting need not know it.
    forServer: Object.fromEntries(FOR_SERVER.map((name) => [name, isSet(config, name) ? config.get<unknown>(name) : null])),
  };
}

export function readInstallSettings(): InstallSettings {
  const config = vscode.workspace.getConfiguration(SECTION);
  return {
    package: config.get<string>("install.package", "").trim() || "mlwarden[lsp]",
    pipArguments: config.get<string[]>("install.pipArguments", []),
    interpreter: chosenPath(config, "install.interpreter"),
  };
}

/** What a change of settings asks for: nothing, telling the server, or another server. */
export function effectOf(event: vscode.ConfigurationChangeEvent): "none" | "tell" | "restart" {
  const affected = (name: string) => event.affectsConfiguration(`${SECTION}.${name}`);
  if (FOR_START.some(affected)) {
    return "restart";
  }
  return FOR_SERVER.some(affected) ? "tell" : "none";
}

function isSet(config: vscode.WorkspaceConfiguration, name: string): boolean {
  return JSON.stringify(config.get(name)) !== JSON.stringify(config.inspect(name)?.defaultValue);
}

function chosenPath(config: vscode.WorkspaceConfiguration, name: string): string | undefined {
  const chosen = config.get<string>(name, "").trim();
  return chosen === "" ? undefined : expand(chosen);
}

function expand(chosen: string): string {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? os.homedir();
  const expanded = chosen.replace(/^~(?=$|[\\/])/, os.homedir()).replaceAll("${workspaceFolder}", folder);
  return path.resolve(folder, expanded);
}
