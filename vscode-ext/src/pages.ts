// The pages of rules: documents that the mlwarden that runs writes, shown as rendered Markdown.
import * as vscode from "vscode";
import type { Program } from "./discovery";
import { messageOf, output } from "./programs";
import type { Server } from "./server";
import { isFinding } from "./status";

const SCHEME = "mlwarden-rule";
const CODE = /^(?:MLW|B)[0-9A-Z]+$/;
const SECONDS = 30;

/** What is known of a rule where one is chosen from all. */
interface Rule {
  readonly code: string;
  readonly name: string;
  readonly summary: string;
}

export class RulePages implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);

  constructor(private readonly server: Server) {}

  dispose(): void {
    this.#registration.dispose();
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const code = uri.path.replace(/^\//, "").replace(/\.md$/, "");
    const { program } = this.server;
    if (!CODE.test(code)) {
      return `There is no rule ${code}.`;
    }
    return program === undefined ? "mlwarden is not running." : printed(program, [code]).catch(messageOf);
  }

  /** Shows a page: of the rule given, of the one under the cursor, or of one that the user chooses. */
  async show(given: unknown): Promise<void> {
    const code = typeof given === "string" ? given : (underCursor() ?? (await this.#chosen()));
    if (code !== undefined && CODE.test(code)) {
      await vscode.commands.executeCommand("markdown.showPreview", vscode.Uri.from({ scheme: SCHEME, path: `/${code}.md` }));
    }
  }

  async #chosen(): Promise<string | undefined> {
    const { program } = this.server;
    if (program === undefined) {
      throw new Error("mlwarden is not running");
    }
    const items = printed(program, ["--all", "--output-format", "json"]).then((text) =>
      (JSON.parse(text) as Rule[]).map(({ code, name, summary }) => ({ label: code, description: name, detail: summary })),
    );
    const options = { placeHolder: "The rule to show", matchOnDescription: true, matchOnDetail: true };
    return (await vscode.window.showQuickPick(items, options))?.label;
  }
}

function printed({ command, args }: Program, what: readonly string[]): Promise<string> {
  return output(command, [...args, "rule", ...what], SECONDS);
}

function underCursor(): string | undefined {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    return undefined;
  }
  return vscode.languages
    .getDiagnostics(editor.document.uri)
    .filter((each) => isFinding(each) && each.range.intersection(editor.selection) !== undefined)
    .map(codeOf)
    .find((code) => code !== undefined);
}

function codeOf({ code }: vscode.Diagnostic): string | undefined {
  const value = typeof code === "object" ? code.value : code;
  return value === undefined ? undefined : String(value);
}
