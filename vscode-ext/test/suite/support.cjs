// What the tests in VS Code's extension host share.
const assert = require("node:assert/strict");
const fs = require("node:fs");
const vscode = require("vscode");

const file = (name, folder = 0) => vscode.Uri.joinPath(vscode.workspace.workspaceFolders[folder].uri, name);

/** Polls until `look` gives something; VS Code has no event for everything. */
async function until(what, look, seconds = 30) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    const found = await look();
    if (found) return found;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`waited in vain for ${typeof what === "function" ? what() : what}`);
}

/** The diagnostics of a text, each as source, code, severity and range. */
const places = (uri) =>
  vscode.languages.getDiagnostics(uri).map(({ code, range, severity, source }) =>
    [source, code.value, severity, range.start.line, range.start.character, range.end.line, range.end.character].join(" "));

/** Waits until these diagnostics, and no others, are shown. */
async function shows(uri, expected) {
  await until("findings", () => JSON.stringify(places(uri)) === JSON.stringify(expected))
    .catch(() => assert.deepEqual(places(uri), expected, uri.toString()));
}

async function open(name, folder) {
  const document = await vscode.workspace.openTextDocument(file(name, folder));
  await vscode.window.showTextDocument(document);
  return document;
}

async function openNotebook(name, folder) {
  const notebook = await vscode.workspace.openNotebookDocument(file(name, folder));
  await vscode.window.showNotebookDocument(notebook);
  return notebook;
}

/** A copy of a file of the workspace, for a test that saves. */
function copy(name, to) {
  fs.copyFileSync(file(name).fsPath, file(to).fsPath);
  return to;
}

/** The actions on a line; asked for again where the server had news meanwhile and took its answer back. */
async function actions(document, line, kind) {
  const range = document.lineAt(line).range;
  const asked = () => vscode.commands.executeCommand("vscode.executeCodeActionProvider", document.uri, range, kind);
  return until("actions", () => asked().catch((error) => {
    if (error.message !== "Canceled") throw error;
  }));
}

/** The only action of a title among those offered on a line, as soon as it is: a check may still be under way. */
async function action(document, line, title, kind = "quickfix") {
  const found = await until(`the action "${title}"`, async () => {
    const titled = (await actions(document, line, kind)).filter((each) => each.title === title);
    return titled.length ? titled : undefined;
  });
  assert.equal(found.length, 1, `"${title}" is offered once`);
  return found[0];
}

/** Does what VS Code does when an action is chosen. */
async function take(document, line, title, kind) {
  const { edit, command } = await action(document, line, title, kind);
  if (edit) assert.ok(await vscode.workspace.applyEdit(edit));
  if (command) await vscode.commands.executeCommand(command.command, ...(command.arguments ?? []));
}

const revert = () => vscode.commands.executeCommand("workbench.action.files.revert");
const save = () => vscode.commands.executeCommand("workbench.action.files.save");
const run = (command, ...args) => vscode.commands.executeCommand(`mlwarden.${command}`, ...args);
const extension = () => vscode.extensions.getExtension("mlwarden.mlwarden");
const api = () => extension().exports;
const running = () => until("the server", () => extension().isActive && api().state === "running");

/** Sets a setting until `body` is done. */
async function withSetting(name, value, body, target = vscode.ConfigurationTarget.Workspace) {
  const at = name.lastIndexOf(".");
  const config = () => vscode.workspace.getConfiguration(name.slice(0, at));
  const { globalValue, workspaceValue } = config().inspect(name.slice(at + 1)) ?? {};
  await config().update(name.slice(at + 1), value, target);
  try {
    return await body();
  } finally {
    const before = target === vscode.ConfigurationTarget.Global ? globalValue : workspaceValue;
    await config().update(name.slice(at + 1), before, target);
  }
}

/** Puts `answers` in the place of functions of vscode.window until `body` is done; returns what they were asked. */
async function answering(answers, body) {
  const asked = [];
  const kept = Object.fromEntries(Object.keys(answers).map((name) => [name, vscode.window[name]]));
  for (const [name, answer] of Object.entries(answers)) {
    vscode.window[name] = async (...args) => {
      asked.push([name, ...(await Promise.all(args))]);
      return typeof answer === "function" ? answer(...args) : answer;
    };
  }
  try {
    await body(asked);
  } finally {
    Object.assign(vscode.window, kept);
  }
  return asked;
}

/** Whether a process runs. */
function alive(pid) {
  try {
    process.kill(pid, 0);
    // One that ended and was not waited for has a number still.
    return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Runs tests one after the other; rejects if one failed. */
async function runTests(tests) {
  const only = process.env.TESTS;
  let failed = 0;
  let count = 0;
  for (const [name, test] of Object.entries(tests)) {
    if (only && !name.includes(only)) continue;
    count++;
    try {
      await test();
      console.log(`[test] ok ${name}`);
    } catch (error) {
      failed++;
      console.log(`[test] not ok ${name}\n${error.stack}`);
    }
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  }
  console.log(`[test] ${count - failed} passed, ${failed} failed`);
  if (failed || !count) throw new Error(`${failed} failed`);
}

const LOW = vscode.DiagnosticSeverity.Information;
/** What is found in model.py. */
const MODEL = [`mlwarden MLW102 ${LOW} 2 21 2 43`, `mlwarden MLW102 ${LOW} 3 8 3 30`];
const FIX = "Add `weights_only=True` (unsafe: checkpoints that hold more than tensors stop loading)";
/** What is found in safe/data.py; the fixes are safe. */
const DATA = [`mlwarden MLW208 ${LOW} 2 8 2 68`, `mlwarden MLW208 ${LOW} 3 7 3 66`];

module.exports = {
  action, actions, alive, answering, api, copy, DATA, extension, file, FIX, LOW, MODEL, open, openNotebook, places,
  revert, run, running, runTests, save, shows, take, until, withSetting,
};
