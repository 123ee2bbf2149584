// All safe fixes at once, for a command: of the active notebook, or else of the active editor's text.
import * as vscode from "vscode";

const FIX_ALL = "source.fixAll.mlwarden";

/** Applies them; returns whether there were any. */
export async function fixAll(): Promise<boolean> {
  // VS Code offers no menu for source actions of notebooks.
  const notebook = vscode.window.activeNotebookEditor?.notebook;
  const document = notebook === undefined ? vscode.window.activeTextEditor?.document : firstCell(notebook);
  const kind = notebook === undefined ? FIX_ALL : `notebook.${FIX_ALL}`;
  const edit = document && (await editOf(document, kind));
  if (edit === undefined) {
    vscode.window.setStatusBarMessage("mlwarden: nothing to fix safely", 4000);
    return false;
  }
  return vscode.workspace.applyEdit(edit);
}

function firstCell(notebook: vscode.NotebookDocument): vscode.TextDocument | undefined {
  return notebook.cellCount > 0 ? notebook.cellAt(0).document : undefined;
}

async function editOf(document: vscode.TextDocument, kind: string): Promise<vscode.WorkspaceEdit | undefined> {
  const whole = new vscode.Range(0, 0, document.lineCount, 0);
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    "vscode.executeCodeActionProvider",
    document.uri,
    whole,
    kind,
  );
  return actions.find((action) => action.kind?.value === kind)?.edit;
}
