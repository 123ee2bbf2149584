// Settings and configuration files count at once.
const assert = require("node:assert/strict");
const fs = require("node:fs");
const vscode = require("vscode");
const s = require("./support.cjs");

const { Error: ERROR, Warning: WARNING } = vscode.DiagnosticSeverity;

/** Sets a setting, expects other findings in model.py, and the usual ones when it is taken back. */
async function changes(name, value, expected) {
  const document = await s.open("model.py");
  await s.shows(document.uri, s.MODEL);
  await s.withSetting(`mlwarden.${name}`, value, () => s.shows(document.uri, expected));
  await s.shows(document.uri, s.MODEL);
}

const shownAs = (severity) => s.MODEL.map((line) => line.replace(` ${s.LOW} `, ` ${severity} `));

module.exports = {
  "ignore": () => changes("ignore", ["MLW102"], []),
  "select": () => changes("select", ["MLW101"], []),
  "severity": () => changes("severity", "high", []),
  "severities": () => changes("severities", { MLW102: "critical" }, shownAs(ERROR)),
  "severityMap": () => changes("severityMap", { low: "warning" }, shownAs(WARNING)),
  "enable": () => changes("enable", false, []),

  async "run: on save only"() {
    const document = await s.open(s.copy("model.py", "run.py"));
    await s.shows(document.uri, s.MODEL);
    await s.withSetting("mlwarden.run", "onSave", () =>
      s.withSetting("mlwarden.severityMap", { low: "warning" }, async () => {
        // The second setting shows that both count by now, and that what was checked for their sake is done.
        await s.shows(document.uri, shownAs(WARNING));
        await vscode.window.activeTextEditor.edit((edit) => edit.delete(new vscode.Range(2, 0, 3, 0)));
        // There is no event for a check that is not made; the server answers this after it took the edit.
        await vscode.commands.executeCommand("vscode.executeHoverProvider", document.uri, new vscode.Position(2, 10));
        assert.equal(s.places(document.uri).length, 2, "checked while typing");
        await s.save();
        await s.shows(document.uri, [`mlwarden MLW102 ${WARNING} 2 8 2 30`]);
      }));
  },

  async "workspaceScan: on start"() {
    const later = s.file("onstart.py");
    fs.writeFileSync(later.fsPath, 'import torch\n\ntorch.load("a")\n');
    try {
      await s.withSetting("mlwarden.workspaceScan", "onStart", async () => {
        await s.run("restart");
        await s.shows(later, [`mlwarden MLW102 ${s.LOW} 2 0 2 15`]);
      });
    } finally {
      fs.rmSync(later.fsPath);
    }
    await s.shows(later, []);
  },

  async "a configuration file counts, as soon as it changes on disk"() {
    const document = await s.open("model.py");
    await s.shows(document.uri, s.MODEL);
    const before = await vscode.workspace.fs.readFile(s.file("mlwarden.toml"));
    await vscode.workspace.fs.writeFile(s.file("mlwarden.toml"), Buffer.from('select = ["MLW101"]\n'));
    await s.shows(document.uri, []);
    await vscode.workspace.fs.writeFile(s.file("mlwarden.toml"), before);
    await s.shows(document.uri, s.MODEL);
  },
};
