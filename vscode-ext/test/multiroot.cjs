// Runs inside VS Code's extension host, in a workspace of several folders (see run.mjs).
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");
const s = require("./suite/support.cjs");

const MODEL = `mlwarden MLW102 ${s.LOW} 3 8 3 30`;
const DATA = `mlwarden MLW115 ${s.LOW} 4 7 4 48`;

/** Changes the workspace's folders, and waits until everybody was told: before that, no other change is taken. */
async function changed(change) {
  const told = new Promise((done) => {
    const watching = vscode.workspace.onDidChangeWorkspaceFolders(() => {
      watching.dispose();
      done();
    });
  });
  assert.ok(change());
  await told;
}

const tests = {
  async "each folder has its own configuration"() {
    const [one, two] = [await s.open("load.py", 0), await s.open("load.py", 1)];
    await s.shows(one.uri, [MODEL]);
    await s.shows(two.uri, [DATA]);
    fs.writeFileSync(s.file("mlwarden.toml", 1).fsPath, 'select = ["MLW102", "MLW115"]\n');
    await s.shows(two.uri, [MODEL, DATA]);
    await s.shows(one.uri, [MODEL]);
    fs.writeFileSync(s.file("mlwarden.toml", 1).fsPath, 'select = ["MLW115"]\n');
    await s.shows(two.uri, [DATA]);
  },

  async "a scan reaches all folders"() {
    await s.answering({ showInformationMessage: undefined }, () => s.run("scanWorkspace"));
    await s.shows(s.file("load.py", 0), [MODEL]);
    await s.shows(s.file("load.py", 1), [DATA]);
  },

  async "a folder is added and taken out, the server goes on"() {
    const folder = path.join(path.dirname(s.file("", 0).fsPath.replace(/\/$/, "")), "three");
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, "mlwarden.toml"), 'select = ["MLW102", "MLW115"]\n');
    fs.copyFileSync(s.file("load.py", 0).fsPath, path.join(folder, "load.py"));
    const { pid } = s.api();
    await changed(() => vscode.workspace.updateWorkspaceFolders(2, 0, { uri: vscode.Uri.file(folder) }));
    const three = await s.open("load.py", 2);
    await s.shows(three.uri, [MODEL, DATA]);
    await changed(() => vscode.workspace.updateWorkspaceFolders(2, 1));
    assert.equal(vscode.workspace.workspaceFolders.length, 2);
    const one = await s.open("load.py", 0);
    await s.shows(one.uri, [MODEL]);
    assert.equal(s.api().pid, pid);
  },

  async "commands that set something up ask for the folder"() {
    const pick = () => vscode.workspace.workspaceFolders[1];
    const [asked] = await s.answering({ showWorkspaceFolderPick: pick }, () => s.run("createConfig"));
    assert.deepEqual(asked, ["showWorkspaceFolderPick", { placeHolder: "The folder to set up" }]);
    assert.equal(vscode.window.activeTextEditor.document.uri.fsPath, s.file("mlwarden.toml", 1).fsPath);
    const before = vscode.window.activeTextEditor.document;
    await s.answering({ showWorkspaceFolderPick: undefined }, () => s.run("createConfig"));
    assert.equal(vscode.window.activeTextEditor.document, before);
  },
};

exports.run = async function run() {
  await s.running();
  await s.runTests(tests);
};
