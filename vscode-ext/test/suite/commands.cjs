// The commands of the palette; what people answer in dialogs is put in their place.
const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");
const s = require("./support.cjs");

const ENTRY = (rev, indent = "") =>
  [`- repo: https://github.com/mlwarden/mlwarden`, `  rev: ${rev}`, "  hooks:", "  - id: mlwarden"].map((line) => indent + line).join("\n");

const page = (code) => s.until("the rule's page", () =>
  vscode.workspace.textDocuments.find((each) => each.uri.toString() === `mlwarden-rule:/${code}.md`));

const remove = (name) => fs.rmSync(s.file(name).fsPath, { recursive: true, force: true });

/** Runs the set-up command on a file; returns the file after it, and what was asked. */
async function setUp(before, answer) {
  const config = s.file(".pre-commit-config.yaml");
  remove(".pre-commit-config.yaml");
  if (before !== undefined) fs.writeFileSync(config.fsPath, before);
  const asked = await s.answering({ showInformationMessage: answer, showWarningMessage: undefined, showErrorMessage: undefined },
    () => s.run("setUpPreCommit"));
  await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  return { after: fs.existsSync(config.fsPath) ? fs.readFileSync(config.fsPath, "utf8") : undefined, asked };
}

module.exports = {
  async "every command that is contributed is there, and no other"() {
    const contributed = s.extension().packageJSON.contributes.commands.map(({ command }) => command);
    const there = (await vscode.commands.getCommands(true)).filter((command) => contributed.includes(command));
    assert.deepEqual(there.sort(), contributed.sort());
  },

  async "logs"() {
    await s.run("showLogs");
  },

  async "a rule's page: of the code given, under the cursor, chosen from all"() {
    const document = await s.open("model.py");
    await s.shows(document.uri, s.MODEL);
    await s.run("showRule", "MLW101");
    assert.match((await page("MLW101")).getText(), /^# MLW101 /);
    await s.open("model.py");
    vscode.window.activeTextEditor.selection = new vscode.Selection(2, 30, 2, 30);
    await s.run("showRule");
    assert.match((await page("MLW102")).getText(), /^# MLW102 `torch-load-default`\n/);
    await s.open("model.py");
    vscode.window.activeTextEditor.selection = new vscode.Selection(0, 0, 0, 0);
    const choose = async (items) => (await items).find(({ label }) => label === "MLW208");
    const [[, items]] = await s.answering({ showQuickPick: choose }, () => s.run("showRule"));
    const { label, description } = items.find((each) => each.label === "MLW208");
    assert.deepEqual([label, description], ["MLW208", "dataset-script-code"]);
    assert.match((await page("MLW208")).getText(), /^# MLW208 /);
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  },

  async "a page of no rule says so, and of what is no code runs nothing"() {
    const text = async (name) => (await vscode.workspace.openTextDocument(vscode.Uri.parse(`mlwarden-rule:/${name}.md`))).getText();
    assert.match(await text("MLW999"), /MLW999/);
    assert.equal(await text("--help"), "There is no rule --help.");
  },

  async "create a configuration file: valid, and the one that is there is opened"() {
    const own = s.file("mlwarden.toml").fsPath;
    const before = fs.readFileSync(own, "utf8");
    await s.run("createConfig");
    assert.equal(vscode.window.activeTextEditor.document.uri.fsPath, own);
    assert.equal(vscode.window.activeTextEditor.document.getText(), before);
    remove("mlwarden.toml");
    try {
      await s.run("createConfig");
      const made = fs.readFileSync(own, "utf8");
      // With every example taken out of its comment, it is valid, too.
      fs.writeFileSync(own, made.replace(/^# (?=[a-z-]+ = )/gm, ""));
      assert.notEqual(fs.readFileSync(own, "utf8"), made);
      const program = vscode.workspace.getConfiguration("mlwarden").get("path");
      const shown = execFileSync(program, ["config", path.dirname(own)], { encoding: "utf8" });
      assert.match(shown, /MLW404/);
      remove("mlwarden.toml");
      fs.writeFileSync(s.file("pyproject.toml").fsPath, '[tool.mlwarden]\nselect = ["MLW102"]\n');
      await s.run("createConfig");
      assert.equal(vscode.window.activeTextEditor.document.uri.fsPath, s.file("pyproject.toml").fsPath);
      assert.ok(!fs.existsSync(own));
    } finally {
      remove("pyproject.toml");
      fs.writeFileSync(own, before);
    }
  },

  async "scan the workspace: files that are not open, and how many there are"() {
    fs.writeFileSync(s.file("unopened.py").fsPath, 'import torch\n\ntorch.load("a")\n');
    try {
      const asked = await s.answering({ showInformationMessage: undefined }, async () => {
        // A scan that a changed file overtakes has no summary.
        const { files, findings } = await s.until("a summary", () => s.run("scanWorkspace"));
        assert.ok(files >= 3 && findings >= 5, `${files} files, ${findings} findings`);
        await s.shows(s.file("unopened.py"), [`mlwarden MLW102 ${s.LOW} 2 0 2 15`]);
        await s.shows(s.file("model.py"), s.MODEL);
        await s.shows(s.file("safe/data.py"), s.DATA);
      });
      assert.match(asked[0][1], /^mlwarden: \d+ findings in \d+ files$/);
      assert.equal(asked[0][2], "Show Problems");
    } finally {
      remove("unopened.py");
    }
    await s.shows(s.file("unopened.py"), []);
  },

  async "set up pre-commit: a new file, and the hook is installed into git"() {
    const repository = path.dirname(s.file("x").fsPath);
    const refused = await setUp(undefined);
    assert.equal(refused.after, undefined);
    assert.deepEqual(refused.asked, [
      ["showErrorMessage", `mlwarden: ${repository} is in no git repository; run git init first`, "Show Logs"],
    ]);
    execFileSync("git", ["init", "--quiet", repository]);
    try {
      const { after, asked } = await setUp(undefined, (message, choice) => choice);
      const rev = /rev: (v[0-9.]+)/.exec(after)[1];
      assert.equal(after, `repos:\n${ENTRY(rev)}\n`);
      assert.deepEqual(asked[0], [
        "showInformationMessage", "The hook mlwarden is in a new .pre-commit-config.yaml.", "Run pre-commit install",
      ]);
      await s.until("the hook", () => fs.existsSync(path.join(repository, ".git/hooks/pre-commit")));
      assert.match(asked[1][1], /checks each commit/);
    } finally {
      remove(".git");
      remove(".pre-commit-config.yaml");
    }
  },

  async "set up pre-commit: files that are there keep all that is in them"() {
    execFileSync("git", ["init", "--quiet", path.dirname(s.file("x").fsPath)]);
    const cases = [
      ["", `repos:\n${ENTRY("REV")}\n`],
      ["# ours\ndefault_stages: [pre-commit]", `# ours\ndefault_stages: [pre-commit]\nrepos:\n${ENTRY("REV")}\n`],
      ["repos: []\n", `repos:\n${ENTRY("REV")}\n`],
      ["repos:\n- repo: meta\n  hooks:\n  - id: identity\n", `repos:\n- repo: meta\n  hooks:\n  - id: identity\n${ENTRY("REV")}\n`],
      [
        "repos:\n  # one\n  - repo: meta\n    hooks: [{id: identity}]\n\n# about CI\nci:\n  autofix_prs: false\n",
        `repos:\n  # one\n  - repo: meta\n    hooks: [{id: identity}]\n${ENTRY("REV", "  ")}\n\n# about CI\nci:\n  autofix_prs: false\n`,
      ],
      ["repos:\r\n- repo: meta\r\n  hooks: []", `repos:\n- repo: meta\n  hooks: []\n${ENTRY("REV")}\n`.replaceAll("\n", "\r\n")],
    ];
    try {
      for (const [before, expected] of cases) {
        const { after } = await setUp(before);
        assert.equal(after.replace(/rev: v[0-9.]+/, "rev: REV"), expected);
        const again = await setUp(after);
        assert.equal(again.after, after);
        assert.equal(again.asked[0][1], "The hook mlwarden is in .pre-commit-config.yaml already.");
      }
      for (const strange of ['{"repos": []}\n', "repos: [{repo: meta, hooks: []}]\n", "- repo: meta\n"]) {
        const { after, asked } = await setUp(strange);
        assert.equal(after, strange);
        assert.deepEqual(asked.map(([name]) => name), ["showWarningMessage"]);
        assert.match(await vscode.env.clipboard.readText(), /- id: mlwarden\n$/);
      }
    } finally {
      remove(".git");
      remove(".pre-commit-config.yaml");
    }
  },
};
