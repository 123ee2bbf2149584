// Files: findings, hover, each kind of code action, fixes on save.
const assert = require("node:assert/strict");
const vscode = require("vscode");
const s = require("./support.cjs");

const FIXED = 'train = load_dataset("squad", split="train")';

module.exports = {
  async "a file: findings, rule page in the hover, fix, suppression, fix of all"() {
    const document = await s.open("model.py");
    await s.shows(document.uri, s.MODEL);
    const [hover] = await vscode.commands.executeCommand("vscode.executeHoverProvider", document.uri, new vscode.Position(2, 30));
    assert.match(hover.contents.map((part) => part.value).join(""), /# MLW102 `torch-load-default`/);
    await s.take(document, 2, s.FIX);
    assert.equal(document.lineAt(2).text, 'name = "😀"; model = torch.load("model.pt", weights_only=True)');
    await s.shows(document.uri, s.MODEL.slice(1));
    await s.take(document, 3, "Suppress with # mlwarden: ignore[MLW102]");
    assert.equal(document.lineAt(3).text, 'again = torch.load("again.pt")  # mlwarden: ignore[MLW102]');
    await s.shows(document.uri, []);
    await s.revert();
    await s.shows(document.uri, s.MODEL);
    await s.take(document, 3, "Fix all MLW102 in this file (unsafe)");
    assert.equal(document.lineAt(2).text, 'name = "😀"; model = torch.load("model.pt", weights_only=True)');
    assert.equal(document.lineAt(3).text, 'again = torch.load("again.pt", weights_only=True)');
    await s.shows(document.uri, []);
    await s.revert();
  },

  async "a finding's code leads to the rule's page"() {
    const document = await s.open("model.py");
    await s.shows(document.uri, s.MODEL);
    const [{ code, message }] = vscode.languages.getDiagnostics(document.uri);
    assert.deepEqual([code.value, code.target.path.split("/").at(-1)], ["MLW102", "MLW102.md"]);
    assert.ok(message.includes("torch.load"), message);
  },

  async "the kind source.fixAll.mlwarden applies safe fixes only, and all of them"() {
    const document = await s.open("safe/data.py");
    await s.shows(document.uri, s.DATA);
    await s.take(document, 0, "Fix all safely fixable findings", "source.fixAll.mlwarden");
    assert.equal(document.lineAt(2).text, FIXED);
    assert.equal(document.lineAt(3).text, 'test = load_dataset("squad", split="test")');
    await s.shows(document.uri, []);
    await s.revert();
    const unsafe = await s.open("model.py");
    await s.shows(unsafe.uri, s.MODEL);
    assert.deepEqual((await s.actions(unsafe, 2, "source.fixAll.mlwarden")).map((each) => each.title), []);
  },

  async "a safe fix is the preferred one"() {
    const document = await s.open("safe/data.py");
    await s.shows(document.uri, s.DATA);
    const preferred = (await s.actions(document, 2, "quickfix")).filter((each) => each.isPreferred).map((each) => each.title);
    assert.deepEqual(preferred, ["Remove `trust_remote_code`"]);
  },

  async "safe fixes are applied on save"() {
    const document = await s.open(s.copy("safe/data.py", "safe/saved.py"));
    await s.shows(document.uri, s.DATA);
    await s.withSetting("editor.codeActionsOnSave", { "source.fixAll.mlwarden": "explicit" }, async () => {
      const edit = new vscode.WorkspaceEdit();
      edit.insert(document.uri, new vscode.Position(4, 0), "\n");
      assert.ok(await vscode.workspace.applyEdit(edit));
      await s.save();
      await s.until("the fix", () => !document.isDirty && document.lineAt(2).text === FIXED);
    });
    await s.shows(document.uri, []);
  },

  async "the command fixes all in a file, and says when there is nothing to fix"() {
    const document = await s.open("safe/data.py");
    await s.shows(document.uri, s.DATA);
    assert.equal(await s.run("fixAll"), true);
    assert.equal(document.lineAt(2).text, FIXED);
    await s.shows(document.uri, []);
    assert.equal(await s.run("fixAll"), false);
    await s.revert();
  },

  async "files that are neither Python nor notebooks: dependencies, unsaved text"() {
    const untitled = await vscode.workspace.openTextDocument({ language: "python", content: 'import torch\ntorch.load("a")\n' });
    await vscode.window.showTextDocument(untitled);
    await s.shows(untitled.uri, [`mlwarden MLW102 ${s.LOW} 1 0 1 15`]);
  },
};
