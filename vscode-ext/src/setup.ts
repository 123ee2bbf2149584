// Commands that prepare a project: a configuration file, the hook for commits.
import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import { executable, isFile, messageOf, onPath, output } from "./programs";
import { entry, withHook } from "./precommit";
import type { Server } from "./server";

const SECONDS = 120;
const INSTALL = "Run pre-commit install";

const CONFIG = `# What mlwarden checks in this folder and below, for everybody: editors, commit hooks, command line.
# All keys: https://github.com/mlwarden/mlwarden/blob/main/docs/configuration.md

# Rules to check besides those that are on by default, and rules not to check: codes or prefixes.
# extend-select = ["MLW404"]
# ignore = ["MLW206"]

# The least severity that is shown: low, medium, high or critical.
# severity = "medium"

# Rules that do not count in some files.
# per-file-ignores = { "tests/**" = ["MLW1", "B101"] }

# Files and folders that are not looked at, besides environments, caches and builds.
# extend-exclude = ["third_party/"]
`;

/** Creates mlwarden.toml in a workspace folder and opens it; where there is a configuration, opens that. */
export async function createConfig(): Promise<vscode.Uri | undefined> {
  const folder = await chosenFolder();
  if (folder === undefined) {
    return undefined;
  }
  const file = vscode.Uri.joinPath(folder, "mlwarden.toml");
  const pyproject = vscode.Uri.joinPath(folder, "pyproject.toml");
  if (/^\[tool\.mlwarden\b/m.test((await text(pyproject)) ?? "") && (await text(file)) === undefined) {
    await vscode.window.showTextDocument(pyproject);
    return pyproject;
  }
  if ((await text(file)) === undefined) {
    await vscode.workspace.fs.writeFile(file, Buffer.from(CONFIG));
  }
  await vscode.window.showTextDocument(file);
  return file;
}

/** Puts the hook into the repository's .pre-commit-config.yaml, opens that and offers to install it into git. */
export async function setUpPreCommit(server: Server, log: vscode.LogOutputChannel): Promise<void> {
  const folder = await chosenFolder();
  if (folder === undefined) {
    return;
  }
  const repository = await repositoryOf(folder.fsPath);
  if (repository === undefined) {
    throw new Error(`${folder.fsPath} is in no git repository; run git init first`);
  }
  const file = vscode.Uri.file(path.join(repository, ".pre-commit-config.yaml"));
  // The release that is used here, so that editor and hook say the same.
  const rev = `v${/\d+(?:\.\d+)+/.exec(server.program?.version ?? "")?.[0] ?? "0.1.0"}`;
  const said = await writeHook(file, rev);
  await vscode.window.showTextDocument(file);
  if (said !== undefined && (await vscode.window.showInformationMessage(said, INSTALL)) === INSTALL) {
    await installHook(repository, server, log);
  }
}

/** Resolves with what to tell. */
async function writeHook(file: vscode.Uri, rev: string): Promise<string | undefined> {
  // An edit that is not saved yet counts; a document that is not edited may be older than the file.
  const edited = vscode.workspace.textDocuments.find((each) => each.isDirty && each.uri.fsPath === file.fsPath);
  const before = edited?.getText() ?? (await text(file));
  if (before === undefined) {
    await vscode.workspace.fs.writeFile(file, Buffer.from(`repos:\n${entry(rev)}`));
    return "The hook mlwarden is in a new .pre-commit-config.yaml.";
  }
  const after = withHook(before, rev);
  if (after === "present") {
    return "The hook mlwarden is in .pre-commit-config.yaml already.";
  }
  if (after === undefined) {
    await vscode.env.clipboard.writeText(entry(rev));
    void vscode.window.showWarningMessage(
      "mlwarden does not understand how this .pre-commit-config.yaml is written. The entry for its list of repos is in the clipboard.",
    );
    return undefined;
  }
  if (edited === undefined) {
    await vscode.workspace.fs.writeFile(file, Buffer.from(after));
  } else {
    const edit = new vscode.WorkspaceEdit();
    edit.replace(file, new vscode.Range(edited.positionAt(0), edited.positionAt(before.length)), after);
    await vscode.workspace.applyEdit(edit);
    await edited.save();
  }
  return "The hook mlwarden is in .pre-commit-config.yaml.";
}

async function installHook(repository: string, server: Server, log: vscode.LogOutputChannel): Promise<void> {
  const command = await preCommit(server);
  if (command === undefined) {
    throw new Error("pre-commit was not found; install it with pip install pre-commit, then run pre-commit install");
  }
  const said = await output(command, ["install"], SECONDS, repository);
  log.info(`${command} install: ${said.trim()}`);
  void vscode.window.showInformationMessage(`mlwarden checks each commit in ${path.basename(repository)} from now on.`);
}

/** pre-commit: beside the mlwarden that runs, or on PATH. */
async function preCommit({ program }: Server): Promise<string | undefined> {
  const beside = program && path.join(path.dirname(program.command), executable("pre-commit"));
  return beside !== undefined && (await isFile(beside)) ? beside : onPath("pre-commit");
}

/** The only workspace folder, or one that the user chooses. */
async function chosenFolder(): Promise<vscode.Uri | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length > 1) {
    return (await vscode.window.showWorkspaceFolderPick({ placeHolder: "The folder to set up" }))?.uri;
  }
  if (folders[0] === undefined) {
    throw new Error("open a folder first");
  }
  return folders[0].uri;
}

async function repositoryOf(folder: string): Promise<string | undefined> {
  for (let at = folder; ; at = path.dirname(at)) {
    if (await fs.stat(path.join(at, ".git")).catch(() => undefined)) {
      return at;
    }
    if (path.dirname(at) === at) {
      return undefined;
    }
  }
}

/** A file's text; undefined if it cannot be read. */
async function text(uri: vscode.Uri): Promise<string | undefined> {
  try {
    return Buffer.from(await vscode.workspace.fs.readFile(uri)).toString("utf8");
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === "FileNotFound") {
      return undefined;
    }
    throw new Error(`${uri.fsPath} cannot be read: ${messageOf(error)}`);
  }
}
