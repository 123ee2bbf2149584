// The commands of the palette.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as vscode from "vscode";
import type { Program, Server } from "./server";

const run = promisify(execFile);
const FIX_ALL = "source.fixAll.mlwarden";
const RULE_SCHEME = "mlwarden-rule";
const CODE = /^(?:MLW|B)[0-9A-Z]+$/;

export function registerCommands(server: Server, log: vscode.LogOutputChannel): vscode.Disposable[] {
  const pages = new RulePages(server);
  return [
    vscode.commands.registerCommand("mlwarden.restart", () => server.restart()),
    vscode.commands.registerCommand("mlwarden.showLogs", () => log.show()),
    vscode.commands.registerCommand("mlwarden.fixAll", fixAll),
    vscode.commands.registerCommand("mlwarden.showRule", (code?: unknown) => showRule(code)),
    vscode.workspace.registerTextDocumentContentProvider(RULE_SCHEME, pages),
  ];
}

/** Applies all safe fixes to the active notebook, or else the active editor's text; returns whether there were any. */
async function fixAll(): Promise<boolean> {
  // VS Code offers no menu for source actions of notebooks.
  const notebook = vscode.window.activeNotebookEditor?.notebook;
  const document = notebook === undefined ? vscode.window.activeTextEditor?.document : firstCell(notebook);
  if (document === undefined) {
    return false;
  }
  const kind = notebook === undefined ? FIX_ALL : `notebook.${FIX_ALL}`;
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    "vscode.executeCodeActionProvider",
    document.uri,
    new vscode.Range(0, 0, document.lineCount, 0),
    kind,
  );
  const edit = actions.find((action) => action.kind?.value === kind)?.edit;
  if (edit === undefined) {
    vscode.window.setStatusBarMessage("mlwarden: nothing to fix safely", 4000);
    return false;
  }
  return vscode.workspace.applyEdit(edit);
}

function firstCell(notebook: vscode.NotebookDocument): vscode.TextDocument | undefined {
  return notebook.cellCount > 0 ? notebook.cellAt(0).document : undefined;
}

/** Shows the page of a rule: the one given, the one under the cursor, or one that the user names. */
async function showRule(given: unknown): Promise<void> {
  const code = typeof given === "string" ? given : (underCursor() ?? (await asked()));
  if (code !== undefined && CODE.test(code)) {
    await vscode.commands.executeCommand("markdown.showPreview", vscode.Uri.from({ scheme: RULE_SCHEME, path: `/${code}.md` }));
  }
}

function underCursor(): string | undefined {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    return undefined;
  }
  const here = vscode.languages
    .getDiagnostics(editor.document.uri)
    .filter(({ source, range }) => source === "mlwarden" && range.intersection(editor.selection) !== undefined);
  return here.map(codeOf).find((code) => code !== undefined);
}

async function asked(): Promise<string | undefined> {
  const answer = await vscode.window.showInputBox({
    prompt: "The code of a rule, such as MLW102",
    validateInput: (value) => (CODE.test(value.trim().toUpperCase()) ? undefined : "MLW or B, and a number"),
  });
  return answer?.trim().toUpperCase();
}

function codeOf({ code }: vscode.Diagnostic): string | undefined {
  const value = typeof code === "object" ? code.value : code;
  return value === undefined ? undefined : String(value);
}

/** Documents that hold a rule's page, as the mlwarden that runs prints it. */
class RulePages implements vscode.TextDocumentContentProvider {
  constructor(private readonly server: Server) {}

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const code = uri.path.replace(/^\//, "").replace(/\.md$/, "");
    const { program } = this.server;
    if (program === undefined) {
      return "mlwarden is not running.";
    }
    return CODE.test(code) ? page(program, code) : `There is no rule ${code}.`;
  }
}

async function page(program: Program, code: string): Promise<string> {
  try {
    return (await run(program.command, [...program.args, "rule", code], { windowsHide: true })).stdout;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
