// All safe fixes at once: by a command, and when a notebook is saved that VS Code does not ask for.
import * as vscode from "vscode";
import { messageOf } from "./programs";

const FIX_ALL = "source.fixAll.mlwarden";
const NOTEBOOK_FIX_ALL = `notebook.${FIX_ALL}`;
const TRIES = 5;

/** Fixes the active notebook, or else the active editor's text; returns whether there was anything to fix. */
export async function fixAll(): Promise<boolean> {
  // VS Code offers no menu for source actions of notebooks.
  const notebook = vscode.window.activeNotebookEditor?.notebook;
  const edit = notebook === undefined ? await ofText(vscode.window.activeTextEditor?.document) : await ofNotebook(notebook);
  if (edit === undefined) {
    vscode.window.setStatusBarMessage("mlwarden: nothing to fix safely", 4000);
    return false;
  }
  return vscode.workspace.applyEdit(edit);
}

/**
 * Does what `notebook.codeActionsOnSave` asks for where the first cell is Markdown. VS Code asks for a notebook's
 * actions by its first cell, and cancels that (seen in 1.100) if it is one whose text it has not loaded.
 */
export function fixNotebooksOnSave(): vscode.Disposable {
  return vscode.workspace.onWillSaveNotebookDocument(({ notebook, reason, waitUntil }) => {
    const byHand = reason === vscode.TextDocumentSaveReason.Manual;
    if (byHand && vscode.workspace.isTrusted && startsWithMarkdown(notebook) && isWanted(notebook)) {
      waitUntil(ofNotebook(notebook).then((edit) => edit ?? new vscode.WorkspaceEdit()));
    }
  });
}

function startsWithMarkdown(notebook: vscode.NotebookDocument): boolean {
  return notebook.cellCount > 0 && notebook.cellAt(0).kind === vscode.NotebookCellKind.Markup;
}

/** Whether the setting asks for our kind: the most specific of the kinds in it that contain ours counts. */
function isWanted(notebook: vscode.NotebookDocument): boolean {
  const config = vscode.workspace.getConfiguration("notebook", notebook.uri);
  const asked = config.get<string[] | Record<string, unknown>>("codeActionsOnSave", {});
  const kinds = Object.entries(Array.isArray(asked) ? Object.fromEntries(asked.map((kind) => [kind, true])) : asked);
  const [, answer] = kinds
    .filter(([kind]) => NOTEBOOK_FIX_ALL === kind || NOTEBOOK_FIX_ALL.startsWith(`${kind}.`))
    .reduce((best, each) => (each[0].length > best[0].length ? each : best), ["", false] as [string, unknown]);
  return answer === true || answer === "explicit";
}

async function ofText(document: vscode.TextDocument | undefined): Promise<vscode.WorkspaceEdit | undefined> {
  return document && editOf(document, FIX_ALL);
}

/** The edit of all cells; asked for by a code cell, since VS Code has no text of a Markdown cell that is not edited. */
async function ofNotebook(notebook: vscode.NotebookDocument): Promise<vscode.WorkspaceEdit | undefined> {
  const cell = notebook.getCells().find(({ kind }) => kind === vscode.NotebookCellKind.Code);
  return cell && editOf(cell.document, NOTEBOOK_FIX_ALL);
}

async function editOf(document: vscode.TextDocument, kind: string): Promise<vscode.WorkspaceEdit | undefined> {
  const actions = await actionsOf(document, kind, TRIES);
  return actions.find((action) => action.kind?.value === kind)?.edit;
}

/** Asks again where the answer was taken back, because the text or what is known of it changed meanwhile. */
async function actionsOf(document: vscode.TextDocument, kind: string, tries: number): Promise<vscode.CodeAction[]> {
  const whole = new vscode.Range(0, 0, document.lineCount, 0);
  try {
    return await vscode.commands.executeCommand("vscode.executeCodeActionProvider", document.uri, whole, kind);
  } catch (error) {
    if (tries > 1 && messageOf(error) === "Canceled") {
      return actionsOf(document, kind, tries - 1);
    }
    throw error;
  }
}
