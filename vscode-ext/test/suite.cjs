// Runs inside VS Code's extension host, with the real `vscode` API (see run.mjs).
const assert = require("node:assert/strict");
const fs = require("node:fs");
const vscode = require("vscode");

const root = () => vscode.workspace.workspaceFolders[0].uri;
const file = (name) => vscode.Uri.joinPath(root(), name);

/** Polls until `look` gives something; VS Code has no event for everything. */
async function until(what, look, seconds = 30) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    const found = await look();
    if (found) return found;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`waited in vain for ${what}`);
}

const places = (uri) =>
  vscode.languages.getDiagnostics(uri).map(({ code, range, severity, source }) =>
    [source, code.value, severity, range.start.line, range.start.character, range.end.line, range.end.character].join(" "));

async function shows(uri, expected) {
  await until(`${expected} in ${uri}, has ${places(uri)}`, () => JSON.stringify(places(uri)) === JSON.stringify(expected))
    .catch(() => assert.deepEqual(places(uri), expected));
}

async function open(name) {
  const document = await vscode.workspace.openTextDocument(file(name));
  await vscode.window.showTextDocument(document);
  return document;
}

async function openNotebook(name) {
  const notebook = await vscode.workspace.openNotebookDocument(file(name));
  await vscode.window.showNotebookDocument(notebook);
  return notebook;
}

async function actions(document, line, kind = "quickfix") {
  const range = document.lineAt(line).range;
  return vscode.commands.executeCommand("vscode.executeCodeActionProvider", document.uri, range, kind);
}

async function take(document, line, title) {
  const found = await actions(document, line);
  const action = found.find((each) => each.title === title);
  assert.ok(action, `no "${title}" in ${found.map((each) => each.title)}`);
  assert.ok(await vscode.workspace.applyEdit(action.edit));
}

const LOW = vscode.DiagnosticSeverity.Information;
const FIX = "Add `weights_only=True` (unsafe: checkpoints that hold more than tensors stop loading)";

const tests = {
  async "a file: findings, rule page in the hover, fix, suppression, fix of all"() {
    const document = await open("model.py");
    await shows(document.uri, [`mlwarden MLW102 ${LOW} 2 21 2 43`, `mlwarden MLW102 ${LOW} 3 8 3 30`]);
    const [hover] = await vscode.commands.executeCommand("vscode.executeHoverProvider", document.uri, new vscode.Position(2, 30));
    assert.match(hover.contents.map((part) => part.value).join(""), /# MLW102 `torch-load-default`/);
    await take(document, 2, FIX);
    assert.equal(document.lineAt(2).text, 'name = "😀"; model = torch.load("model.pt", weights_only=True)');
    await shows(document.uri, [`mlwarden MLW102 ${LOW} 3 8 3 30`]);
    await take(document, 3, "Suppress with # mlwarden: ignore[MLW102]");
    assert.equal(document.lineAt(3).text, 'again = torch.load("again.pt")  # mlwarden: ignore[MLW102]');
    await shows(document.uri, []);
    await vscode.commands.executeCommand("workbench.action.files.revert");
    await shows(document.uri, [`mlwarden MLW102 ${LOW} 2 21 2 43`, `mlwarden MLW102 ${LOW} 3 8 3 30`]);
    await take(document, 3, "Fix all MLW102 in this file (unsafe)");
    await shows(document.uri, []);
    await vscode.commands.executeCommand("workbench.action.files.revert");
  },

  async "a notebook: one program, fixes in its cells, unsaved"() {
    const notebook = await openNotebook("nb.ipynb");
    const [title, imports, load] = notebook.getCells().map((cell) => cell.document);
    await shows(load.uri, [`mlwarden MLW102 ${LOW} 0 8 0 30`]);
    assert.deepEqual([places(title.uri), places(imports.uri)], [[], []]);
    await take(load, 0, FIX);
    assert.equal(load.getText(), 'model = torch.load("model.pt", weights_only=True)');
    await shows(load.uri, []);
    const edit = new vscode.WorkspaceEdit();
    const cell = new vscode.NotebookCellData(vscode.NotebookCellKind.Code, 'torch.load("new.pt")', "python");
    edit.set(notebook.uri, [vscode.NotebookEdit.insertCells(2, [cell])]);
    assert.ok(await vscode.workspace.applyEdit(edit));
    await shows(notebook.cellAt(2).document.uri, [`mlwarden MLW102 ${LOW} 0 0 0 20`]);
    const gone = notebook.cellAt(2).document.uri;
    const remove = new vscode.WorkspaceEdit();
    remove.set(notebook.uri, [vscode.NotebookEdit.deleteCells(new vscode.NotebookRange(1, 2))]);
    assert.ok(await vscode.workspace.applyEdit(remove));
    await shows(gone, []);
    await vscode.commands.executeCommand("workbench.action.files.revert");
  },

  async "a notebook is saved as it was but for the fix"() {
    const before = fs.readFileSync(file("nb.ipynb").fsPath, "utf8");
    fs.writeFileSync(file("saved.ipynb").fsPath, before);
    const notebook = await openNotebook("saved.ipynb");
    const load = notebook.cellAt(2).document;
    await shows(load.uri, [`mlwarden MLW102 ${LOW} 0 8 0 30`]);
    await take(load, 0, FIX);
    assert.ok(await notebook.save());
    const fixed = before.replace('torch.load(\\"model.pt\\")', 'torch.load(\\"model.pt\\", weights_only=True)');
    assert.notEqual(fixed, before);
    assert.equal(fs.readFileSync(notebook.uri.fsPath, "utf8"), fixed);
  },

  async "settings count at once"() {
    const document = await open("model.py");
    const config = vscode.workspace.getConfiguration("mlwarden");
    await shows(document.uri, [`mlwarden MLW102 ${LOW} 2 21 2 43`, `mlwarden MLW102 ${LOW} 3 8 3 30`]);
    await config.update("ignore", ["MLW102"], vscode.ConfigurationTarget.Workspace);
    await shows(document.uri, []);
    await config.update("ignore", undefined, vscode.ConfigurationTarget.Workspace);
    await shows(document.uri, [`mlwarden MLW102 ${LOW} 2 21 2 43`, `mlwarden MLW102 ${LOW} 3 8 3 30`]);
    await config.update("enable", false, vscode.ConfigurationTarget.Workspace);
    await shows(document.uri, []);
    await config.update("enable", undefined, vscode.ConfigurationTarget.Workspace);
    await shows(document.uri, [`mlwarden MLW102 ${LOW} 2 21 2 43`, `mlwarden MLW102 ${LOW} 3 8 3 30`]);
  },

  async "a configuration file counts, as soon as it changes on disk"() {
    const document = await open("model.py");
    await shows(document.uri, [`mlwarden MLW102 ${LOW} 2 21 2 43`, `mlwarden MLW102 ${LOW} 3 8 3 30`]);
    await vscode.workspace.fs.writeFile(file("mlwarden.toml"), Buffer.from('select = ["MLW101"]\n'));
    await shows(document.uri, []);
    await vscode.workspace.fs.writeFile(file("mlwarden.toml"), Buffer.from('select = ["MLW102"]\n'));
    await shows(document.uri, [`mlwarden MLW102 ${LOW} 2 21 2 43`, `mlwarden MLW102 ${LOW} 3 8 3 30`]);
  },

  async "commands"() {
    const document = await open("model.py");
    await vscode.commands.executeCommand("mlwarden.restart");
    await shows(document.uri, [`mlwarden MLW102 ${LOW} 2 21 2 43`, `mlwarden MLW102 ${LOW} 3 8 3 30`]);
    // Both findings have unsafe fixes only.
    assert.equal(await vscode.commands.executeCommand("mlwarden.fixAll"), false);
    await vscode.commands.executeCommand("mlwarden.showLogs");
    await vscode.commands.executeCommand("mlwarden.showRule", "MLW102");
    const page = await until("the rule's page", () =>
      vscode.workspace.textDocuments.find((each) => each.uri.toString() === "mlwarden-rule:/MLW102.md"));
    assert.match(page.getText(), /MLW102/);
  },
};

exports.run = async function run() {
  let failed = 0;
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test();
      console.log(`[test] ok ${name}`);
    } catch (error) {
      failed++;
      console.log(`[test] not ok ${name}\n${error.stack}`);
    }
  }
  console.log(`[test] ${Object.keys(tests).length - failed} passed, ${failed} failed`);
  if (failed) throw new Error(`${failed} failed`);
};
