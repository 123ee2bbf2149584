// Why a finding is accepted: asked for behind the comment that suppresses it, and written there.
import * as vscode from "vscode";
import { SECTION } from "./settings";

const COMMAND = "mlwarden.giveReason";
/** The titles of the server's actions that write such a comment, and the code in it. */
const TITLE = /^Suppress .*\[([A-Z0-9]+)\]$/;
/** The bracket of a comment, and what is behind it: a reason, or the end of a comment of Markdown. */
const BRACKET = /mlwarden[ \t]*:[ \t]*ignore(?:-cell|-file)?[ \t]*\[[^\]]*\](.*)$/;

/** Has the actions that suppress a finding ask for a reason afterwards, unless the settings have one or say no. */
export function askingForReasons<T extends vscode.Command | vscode.CodeAction>(
  actions: T[] | null | undefined,
  uri: vscode.Uri,
): T[] | null | undefined {
  const config = vscode.workspace.getConfiguration(SECTION, uri);
  if (config.get<string>("suppressionReason", "").trim() !== "" || !config.get<boolean>("askForReason", true)) {
    return actions;
  }
  for (const action of actions ?? []) {
    const code = TITLE.exec(action.title)?.[1];
    if (code === undefined || !("edit" in action) || action.edit === undefined) {
      continue;
    }
    const entry = action.edit.entries()[0];
    const edit = entry?.[1][0];
    if (entry !== undefined && edit !== undefined) {
      const title = `Say why ${code} is accepted here`;
      action.command = { title, command: COMMAND, arguments: [entry[0], edit.range.start.line, code] };
    }
  }
  return actions;
}

/** The command behind such an action; the comment stays without a reason where none is given. */
export function registerReasons(): vscode.Disposable {
  return vscode.commands.registerCommand(COMMAND, async (text: vscode.Uri, line: number, code: string) => {
    const place = bracketAt(text, line);
    if (place === undefined) {
      return;
    }
    const given = await vscode.window.showInputBox({
      title: `Why is ${code} accepted here?`,
      prompt: "Stands in the comment, for whoever reads it later. Press Escape for none.",
    });
    const reason = given?.replaceAll(/\s+/g, " ").replaceAll("--", "-").trim();
    // The text may have moved on while it was written.
    const now = bracketAt(text, line);
    if (reason === undefined || reason === "" || now === undefined) {
      return;
    }
    const edit = new vscode.WorkspaceEdit();
    edit.insert(text, now, ` ${reason}`);
    await vscode.workspace.applyEdit(edit);
  });
}

/** Where the bracket of a comment without a reason ends, on a line or the one below. */
function bracketAt(text: vscode.Uri, line: number): vscode.Position | undefined {
  const document = vscode.workspace.textDocuments.find((each) => each.uri.toString() === text.toString());
  for (const number of [line, line + 1]) {
    if (document !== undefined && number < document.lineCount) {
      const found = BRACKET.exec(document.lineAt(number).text);
      if (found?.[1] !== undefined && found[1].replace("-->", "").trim() === "") {
        return new vscode.Position(number, found.index + found[0].length - found[1].length);
      }
    }
  }
  return undefined;
}
