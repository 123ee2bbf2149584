// The item in the status bar.
import * as vscode from "vscode";

export class Status implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem("mlwarden.status", vscode.StatusBarAlignment.Right, 10);

  constructor() {
    this.#item.name = "mlwarden";
    this.#item.command = "mlwarden.showLogs";
    this.#item.show();
  }

  starting(): void {
    this.#set("$(sync~spin) mlwarden", "mlwarden is starting");
  }

  running(version: string, origin: string): void {
    this.#set("$(shield) mlwarden", `${version}, ${origin}`);
  }

  off(): void {
    this.#set("$(circle-slash) mlwarden", "mlwarden is switched off (mlwarden.enable)");
  }

  failed(why: string): void {
    this.#set("$(error) mlwarden", why, new vscode.ThemeColor("statusBarItem.errorBackground"));
  }

  #set(text: string, tooltip: string, background?: vscode.ThemeColor): void {
    this.#item.text = text;
    this.#item.tooltip = tooltip;
    this.#item.backgroundColor = background;
  }

  dispose(): void {
    this.#item.dispose();
  }
}
