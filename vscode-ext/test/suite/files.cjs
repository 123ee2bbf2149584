// Files: findings, hover, each kind of code action, fixes on save.
const assert = require("node:assert/strict");
const fs = require("node:fs");
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
    await s.answering({ showInputBox: undefined }, () => s.take(document, 3, "Suppress with # mlwarden: ignore[MLW102]"));
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

  async "the rule's page is opened by an action"() {
    const document = await s.open("model.py");
    await s.shows(document.uri, s.MODEL);
    await s.take(document, 2, "Show the page of MLW102");
    const page = await s.until("the rule's page", () =>
      vscode.workspace.textDocuments.find((each) => each.uri.toString() === "mlwarden-rule:/MLW102.md"));
    assert.match(page.getText(), /^# MLW102 `torch-load-default`\n/);
    await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
  },

  async "a reason is asked for, and stands in the comment"() {
    const document = await s.open("model.py");
    const title = "Suppress with # mlwarden: ignore[MLW102]";
    const comment = 'again = torch.load("again.pt")  # mlwarden: ignore[MLW102]';
    await s.shows(document.uri, s.MODEL);
    const asked = await s.answering({ showInputBox: " built by\nour own job " }, () => s.take(document, 3, title));
    assert.deepEqual(asked.map(([name, { title }]) => [name, title]), [["showInputBox", "Why is MLW102 accepted here?"]]);
    assert.equal(document.lineAt(3).text, `${comment} built by our own job`);
    await s.shows(document.uri, s.MODEL.slice(0, 1));
    await s.revert();
    await s.shows(document.uri, s.MODEL);
    await s.answering({ showInputBox: undefined }, () => s.take(document, 3, title));
    assert.equal(document.lineAt(3).text, comment);
    await s.revert();
    await s.withSetting("mlwarden.askForReason", false, async () => {
      const { command } = await s.action(document, 3, title);
      assert.equal(command, undefined);
    });
  },

  async "a reason stands in the comment that suppresses"() {
    const document = await s.open("model.py");
    await s.shows(document.uri, s.MODEL);
    await s.withSetting("mlwarden.suppressionReason", "built by our own job", async () => {
      const edited = 'again = torch.load("again.pt")  # mlwarden: ignore[MLW102] built by our own job';
      await s.until("the reason", async () => {
        const { edit } = await s.action(document, 3, "Suppress with # mlwarden: ignore[MLW102]");
        return edit.get(document.uri).some(({ newText }) => newText.includes("built by our own job"));
      });
      await s.take(document, 3, "Suppress with # mlwarden: ignore[MLW102]");
      assert.equal(document.lineAt(3).text, edited);
      await s.shows(document.uri, s.MODEL.slice(0, 1));
    });
    await s.revert();
  },

  async "a rule is ignored in the configuration file that is there"() {
    const config = s.file("mlwarden.toml");
    const before = fs.readFileSync(config.fsPath, "utf8");
    const document = await s.open("model.py");
    await s.shows(document.uri, s.MODEL);
    await s.take(document, 2, "Ignore MLW102 in mlwarden.toml");
    const edited = await vscode.workspace.openTextDocument(config);
    assert.ok(edited.isDirty);
    assert.match(edited.getText(), /^ignore = \["MLW102"\]$/m);
    assert.match(edited.getText(), /^select = \["MLW102"\]$/m);
    assert.ok(await edited.save());
    await s.shows(document.uri, []);
    fs.writeFileSync(config.fsPath, before);
    await s.shows(document.uri, s.MODEL);
  },

  async "a rule is ignored in a new configuration file where there is none"() {
    const config = s.file("mlwarden.toml");
    const before = fs.readFileSync(config.fsPath, "utf8");
    const document = await s.open("model.py");
    await s.shows(document.uri, s.MODEL);
    fs.rmSync(config.fsPath);
    try {
      // Until the server knows, it edits a file that is gone.
      await s.until("the edit that creates the file", async () => {
        const { edit } = await s.action(document, 2, "Ignore MLW102 in mlwarden.toml").catch(() => ({}));
        return edit && edit.size > 0 && edit.get(config).some(({ newText }) => newText === 'ignore = ["MLW102"]\n');
      });
      await s.take(document, 2, "Ignore MLW102 in mlwarden.toml");
      const created = await vscode.workspace.openTextDocument(config);
      assert.equal(created.getText(), 'ignore = ["MLW102"]\n');
      assert.ok(await created.save());
      await s.shows(document.uri, []);
    } finally {
      fs.writeFileSync(config.fsPath, before);
    }
    await s.shows(document.uri, s.MODEL);
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

  async "codes are completed in comments and in the configuration file, and explained there"() {
    const document = await s.open("model.py");
    await s.shows(document.uri, s.MODEL);
    const comment = "  # mlwarden: ignore[MLW1";
    await vscode.window.activeTextEditor.edit((edit) => edit.insert(document.lineAt(3).range.end, comment));
    const completed = async (uri, position) => {
      const { items } = await vscode.commands.executeCommand("vscode.executeCompletionItemProvider", uri, position);
      return items.map(({ label }) => label.label ?? label);
    };
    const line = document.lineAt(3).text;
    assert.ok((await completed(document.uri, document.lineAt(3).range.end)).includes("MLW102"), line);
    await vscode.window.activeTextEditor.edit((edit) => edit.insert(document.lineAt(3).range.end, "02]"));
    const at = new vscode.Position(3, line.length);
    await s.until("the page over the code", async () => {
      const hovers = await vscode.commands.executeCommand("vscode.executeHoverProvider", document.uri, at);
      return hovers.some(({ contents }) => contents.some(({ value }) => value.includes("# MLW102 `torch-load-default`")));
    });
    await s.revert();
    const config = await s.open("mlwarden.toml");
    const [row] = [...config.getText().split("\n").keys()].filter((number) => config.lineAt(number).text.startsWith("select"));
    const inside = new vscode.Position(row, config.lineAt(row).text.indexOf("MLW") + 3);
    assert.ok((await completed(config.uri, inside)).some((label) => String(label).startsWith("MLW1")));
  },

  async "files that are neither Python nor notebooks: dependencies, unsaved text"() {
    const untitled = await vscode.workspace.openTextDocument({ language: "python", content: 'import torch\ntorch.load("a")\n' });
    await vscode.window.showTextDocument(untitled);
    await s.shows(untitled.uri, [`mlwarden MLW102 ${s.LOW} 1 0 1 15`]);
  },
};
