// Notebooks: findings and fixes in their cells, fixes on save.
const assert = require("node:assert/strict");
const fs = require("node:fs");
const vscode = require("vscode");
const s = require("./support.cjs");

const REMOVED = ['train = load_dataset("squad", split="train")', 'test = load_dataset("squad", split="test")'];
const CELLS = [`mlwarden MLW208 ${s.LOW} 0 8 0 68`, `mlwarden MLW208 ${s.LOW} 0 7 0 66`];

/** A copy of the notebook whose first cell is Markdown, with its findings shown. */
async function data(name) {
  const notebook = await s.openNotebook(s.copy("safe/data.ipynb", `safe/${name}`));
  for (const [at, expected] of CELLS.entries()) await s.shows(notebook.cellAt(2 + at).document.uri, [expected]);
  assert.equal(notebook.cellAt(0).kind, vscode.NotebookCellKind.Markup);
  return notebook;
}

const sources = (notebook) => notebook.getCells().slice(2).map((cell) => cell.document.getText());

/** The cells' sources on disk. */
const saved = (notebook) =>
  JSON.parse(fs.readFileSync(notebook.uri.fsPath, "utf8")).cells.slice(2).map((cell) => [].concat(cell.source).join(""));

module.exports = {
  async "a notebook: one program, fixes in its cells, unsaved"() {
    const notebook = await s.openNotebook(s.copy("nb.ipynb", "program.ipynb"));
    const [title, imports, load] = notebook.getCells().map((cell) => cell.document);
    await s.shows(load.uri, [`mlwarden MLW102 ${s.LOW} 0 8 0 30`]);
    assert.deepEqual([s.places(title.uri), s.places(imports.uri)], [[], []]);
    await s.take(load, 0, s.FIX);
    assert.equal(load.getText(), 'model = torch.load("model.pt", weights_only=True)');
    await s.shows(load.uri, []);
    const edit = new vscode.WorkspaceEdit();
    const cell = new vscode.NotebookCellData(vscode.NotebookCellKind.Code, 'torch.load("new.pt")', "python");
    edit.set(notebook.uri, [vscode.NotebookEdit.insertCells(2, [cell])]);
    assert.ok(await vscode.workspace.applyEdit(edit));
    await s.shows(notebook.cellAt(2).document.uri, [`mlwarden MLW102 ${s.LOW} 0 0 0 20`]);
    const gone = notebook.cellAt(2).document.uri;
    const remove = new vscode.WorkspaceEdit();
    remove.set(notebook.uri, [vscode.NotebookEdit.deleteCells(new vscode.NotebookRange(1, 2))]);
    assert.ok(await vscode.workspace.applyEdit(remove));
    await s.shows(gone, []);
    await s.revert();
  },

  async "a finding in a cell is suppressed there"() {
    const notebook = await s.openNotebook(s.copy("nb.ipynb", "suppressed.ipynb"));
    const load = notebook.cellAt(2).document;
    await s.shows(load.uri, [`mlwarden MLW102 ${s.LOW} 0 8 0 30`]);
    await s.answering({ showInputBox: undefined }, () => s.take(load, 0, "Suppress with # mlwarden: ignore[MLW102]"));
    assert.equal(load.getText(), 'model = torch.load("model.pt")  # mlwarden: ignore[MLW102]');
    await s.shows(load.uri, []);
    await s.revert();
  },

  async "findings of a rule are suppressed in their whole cell"() {
    const notebook = await s.openNotebook(s.copy("nb.ipynb", "suppressed-cell.ipynb"));
    const load = notebook.cellAt(2).document;
    await s.shows(load.uri, [`mlwarden MLW102 ${s.LOW} 0 8 0 30`]);
    await s.answering({ showInputBox: "ours" }, () => s.take(load, 0, "Suppress in this cell with # mlwarden: ignore-cell[MLW102]"));
    assert.equal(load.getText(), '# mlwarden: ignore-cell[MLW102] ours\nmodel = torch.load("model.pt")');
    await s.shows(load.uri, []);
    await s.revert();
  },

  async "a notebook is saved as it was but for the fix"() {
    const before = fs.readFileSync(s.file("nb.ipynb").fsPath, "utf8");
    const notebook = await s.openNotebook(s.copy("nb.ipynb", "saved.ipynb"));
    const load = notebook.cellAt(2).document;
    await s.shows(load.uri, [`mlwarden MLW102 ${s.LOW} 0 8 0 30`]);
    await s.take(load, 0, s.FIX);
    assert.ok(await notebook.save());
    const fixed = before.replace('torch.load(\\"model.pt\\")', 'torch.load(\\"model.pt\\", weights_only=True)');
    assert.notEqual(fixed, before);
    assert.equal(fs.readFileSync(notebook.uri.fsPath, "utf8"), fixed);
  },

  async "the command fixes all cells, although the first is Markdown"() {
    const notebook = await data("command.ipynb");
    assert.equal(await s.run("fixAll"), true);
    assert.deepEqual(sources(notebook), REMOVED);
    for (const at of [2, 3]) await s.shows(notebook.cellAt(at).document.uri, []);
    await s.revert();
  },

  async "the fix of all findings of a rule reaches all cells"() {
    const notebook = await data("rule.ipynb");
    await s.take(notebook.cellAt(2).document, 0, "Fix all MLW208 in this notebook");
    assert.deepEqual(sources(notebook), REMOVED);
    await s.revert();
  },

  async "safe fixes are applied on save to the whole notebook, although the first cell is Markdown"() {
    for (const kind of ["notebook.source.fixAll.mlwarden", "notebook.source.fixAll"]) {
      const notebook = await data(`${kind}.ipynb`);
      await s.withSetting("notebook.codeActionsOnSave", { [kind]: "explicit" }, async () => {
        await touch(notebook);
        await s.save();
        await s.until(() => `the fix in ${sources(notebook)}`, () => !notebook.isDirty && sources(notebook).join() === REMOVED.join());
      });
      assert.deepEqual(saved(notebook), REMOVED);
    }
  },

  async "safe fixes are applied on save cell by cell"() {
    const notebook = await data("cells.ipynb");
    await s.withSetting("notebook.codeActionsOnSave", { "source.fixAll.mlwarden": "explicit" }, async () => {
      await touch(notebook);
      await s.save();
      await s.until(() => `the fix in ${sources(notebook)}`, () => !notebook.isDirty && sources(notebook).join() === REMOVED.join());
    });
    assert.deepEqual(saved(notebook), REMOVED);
  },

  async "nothing is fixed on save where the settings do not ask for it"() {
    const notebook = await data("never.ipynb");
    const before = sources(notebook);
    await touch(notebook);
    await s.save();
    await s.until("the saved notebook", () => !notebook.isDirty);
    assert.deepEqual(saved(notebook), before);
  },
};

/** Edits the Markdown cell, so that there is something to save. */
async function touch(notebook) {
  const edit = new vscode.WorkspaceEdit();
  edit.insert(notebook.cellAt(0).document.uri, new vscode.Position(0, 0), "#");
  assert.ok(await vscode.workspace.applyEdit(edit));
  assert.ok(notebook.isDirty);
}
