// The item in the status bar: what the server does, and how many findings are shown.
import * as vscode from "vscode";
import type { Program } from "./discovery";

export type State = "starting" | "running" | "off" | "failed" | "installing";

/** A finding among the diagnostics of all extensions. */
export const isFinding = ({ source }: vscode.Diagnostic): boolean => source === "mlwarden";

const LEVELS = { [vscode.DiagnosticSeverity.Error]: "errors", [vscode.DiagnosticSeverity.Warning]: "warnings" } as const;

export class Status implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem("mlwarden.status", vscode.StatusBarAlignment.Right, 10);
  readonly #watching = vscode.languages.onDidChangeDiagnostics(() => this.#show());
  #state: State = "starting";
  #detail = "";

  constructor() {
    this.#item.name = "mlwarden";
    this.#show();
    this.#item.show();
  }

  get state(): State {
    return this.#state;
  }

  /** What the item shows, for tests. */
  get text(): string {
    return this.#item.text;
  }

  starting(): void {
    this.#set("starting", "is starting");
  }

  installing(): void {
    this.#set("installing", "is being installed");
  }

  running({ version, origin, command }: Program): void {
    this.#set("running", `${version}, from ${origin}: ${command}`);
  }

  off(): void {
    this.#set("off", "is switched off (mlwarden.enable)");
  }

  failed(why: string): void {
    this.#set("failed", why);
  }

  #set(state: State, detail: string): void {
    this.#state = state;
    this.#detail = detail;
    // Walkthrough and menus go by it.
    void vscode.commands.executeCommand("setContext", "mlwarden.running", state === "running");
    this.#show();
  }

  #show(): void {
    const found = vscode.languages.getDiagnostics().flatMap(([, diagnostics]) => diagnostics.filter(isFinding));
    const failed = this.#state === "failed";
    this.#item.text = `${ICONS[this.#state]} mlwarden${this.#state === "running" ? ` ${found.length}` : ""}`;
    this.#item.tooltip = tooltip(this.#detail, this.#state === "running" ? counted(found) : "");
    this.#item.backgroundColor = failed ? new vscode.ThemeColor("statusBarItem.errorBackground") : undefined;
    this.#item.command = this.#state === "running" ? "workbench.actions.view.problems" : "mlwarden.showLogs";
  }

  dispose(): void {
    this.#watching.dispose();
    this.#item.dispose();
  }
}

const ICONS: Readonly<Record<State, string>> = {
  starting: "$(sync~spin)",
  installing: "$(sync~spin)",
  running: "$(shield)",
  off: "$(circle-slash)",
  failed: "$(error)",
};

/** Such as "3 findings: 1 errors, 2 others". */
function counted(found: readonly vscode.Diagnostic[]): string {
  const parts = Object.entries(LEVELS).map(([severity, name]) => {
    const count = found.filter((each) => each.severity === Number(severity)).length;
    return count === 0 ? "" : `${count} ${name}`;
  });
  const said = parts.filter((part) => part !== "").join(", ");
  return `findings shown: ${found.length}${said === "" ? "" : ` (${said})`}`;
}

function tooltip(detail: string, count: string): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.isTrusted = { enabledCommands: ["mlwarden.scanWorkspace", "mlwarden.restart", "mlwarden.showLogs"] };
  text.appendMarkdown("**mlwarden** ").appendText(detail);
  if (count !== "") {
    text.appendMarkdown("\n\n").appendText(count);
  }
  return text.appendMarkdown(
    "\n\n[Scan Workspace](command:mlwarden.scanWorkspace) | [Restart Server](command:mlwarden.restart) | [Show Logs](command:mlwarden.showLogs)",
  );
}
