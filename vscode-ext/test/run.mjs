// Runs the tests in a real VS Code (code-server) with the real server.
//
//   npm run package
//   CODE_SERVER=DIR MLWARDEN=/path/to/mlwarden node test/run.mjs [api] [resolution] [keyboard]
//
// CODE_SERVER is the folder that install-code-server.sh installed into; CHROMIUM a Chromium (/usr/bin/chromium);
// SHOTS a folder for screenshots. Exit status 0 when all passed.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { openVSCode, runExtensionTests, startCodeServer } from "./driver.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const extension = path.dirname(here);
const { CODE_SERVER, MLWARDEN, CODE_SERVER_NODE, SHOTS, KEEP, TRACE = "off" } = process.env;
assert.ok(CODE_SERVER && MLWARDEN, "set CODE_SERVER and MLWARDEN (see the top of this file)");
const entry = path.join(CODE_SERVER, "node_modules/code-server/out/node/entry.js");
const workspace = path.join(here, "workspace");
const settings = { "mlwarden.path": path.resolve(MLWARDEN), "mlwarden.trace.server": TRACE };

const parts = { api, resolution, keyboard };
const wanted = process.argv.slice(2);
let failed = 0;
for (const [name, run] of Object.entries(parts)) {
  if (wanted.length === 0 || wanted.includes(name)) failed += await run();
}
process.exitCode = failed ? 1 : 0;

/** The tests that ask VS Code's own API. */
async function api() {
  const cs = await startCodeServer({ entry, node: CODE_SERVER_NODE, workspace, settings });
  try {
    const { code, log } = await runExtensionTests(cs, { extension, tests: path.join(here, "suite.cjs"), print: console.log });
    if (code !== 0) showLogs(cs, log);
    return code;
  } finally {
    await cs.stop({ keep: Boolean(KEEP) });
  }
}

/** Which mlwarden is run where the user has not named one, as the log tells it. */
async function resolution() {
  const bin = path.dirname(path.resolve(MLWARDEN));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mlw-"));
  const stub = path.join(folder, "python.vsix");
  const vsce = path.join(extension, "node_modules/.bin/vsce");
  const options = ["package", "--no-dependencies", "--allow-missing-repository", "--skip-license", "--out", stub];
  execFileSync(vsce, options, { cwd: path.join(here, "python-stub"), stdio: "pipe" });
  const venv = ".venv/bin/mlwarden";
  // VS Code asks a login shell for PATH.
  const home = path.join(folder, "home");
  fs.mkdirSync(home);
  fs.writeFileSync(path.join(home, ".bash_profile"), `export PATH=".:${bin}:$PATH"\n`);
  const cases = {
    "the selected interpreter": {
      vsix: [stub],
      env: { STUB_INTERPRETER: path.join(bin, "python") },
      log: [
        "setting mlwarden.path: not set",
        `selected interpreter: ${bin}/python is mlwarden`,
        `running: ${bin}/python (mlwarden`,
      ],
    },
    "the workspace's .venv, since the selected interpreter has no mlwarden": {
      vsix: [stub],
      env: { STUB_INTERPRETER: "/usr/bin/python3" },
      prepare: (ws) => fs.symlinkSync(path.join(bin, "mlwarden"), path.join(ws, venv)),
      log: [
        "selected interpreter: /usr/bin/python3 does not run mlwarden: ModuleNotFoundError",
        `workspace .venv: WS/${venv} is mlwarden`,
        `running: WS/${venv} (mlwarden`,
      ],
    },
    "PATH, since what is in .venv does not run": {
      env: { HOME: home, SHELL: "/bin/bash" },
      prepare: (ws) => fs.writeFileSync(path.join(ws, venv), "#!/bin/sh\nexit 3\n", { mode: 0o755 }),
      log: [
        "selected interpreter: none",
        `workspace .venv: WS/${venv} does not run mlwarden`,
        `PATH: ${bin}/mlwarden is mlwarden`,
        `running: ${bin}/mlwarden (mlwarden`,
      ],
    },
  };
  let failed = 0;
  for (const [name, { vsix = [], env, prepare, log }] of Object.entries(cases)) {
    const ws = path.join(folder, "ws");
    fs.rmSync(ws, { recursive: true, force: true });
    fs.cpSync(workspace, ws, { recursive: true });
    fs.mkdirSync(path.join(ws, ".venv/bin"), { recursive: true });
    prepare?.(ws);
    const cs = await startCodeServer({ entry, node: CODE_SERVER_NODE, vsix, workspace: ws, env });
    try {
      const { code, log: printed } = await runExtensionTests(cs, { extension, tests: path.join(here, "opens.cjs") });
      const text = logged(cs);
      const missing = log.map((line) => line.replace("WS", cs.ws)).filter((line) => !text.includes(line));
      const ok = code === 0 && missing.length === 0;
      console.log(`${ok ? "ok" : "not ok"} resolution: ${name}`);
      if (!ok) {
        failed++;
        console.log(`missing in the log: ${missing.join("\n")}`);
        showLogs(cs, printed);
      }
    } finally {
      await cs.stop();
    }
  }
  fs.rmSync(folder, { recursive: true });
  return failed;
}

/** What a person sees and types, with the packed extension: a file, then a notebook. */
async function keyboard() {
  const vsix = path.join(extension, "mlwarden.vsix");
  const cs = await startCodeServer({ entry, node: CODE_SERVER_NODE, vsix: [vsix], workspace, settings });
  const ed = await openVSCode(cs.url);
  const shot = async (name) => SHOTS && ed.screenshot(path.join(SHOTS, name));
  try {
    await ed.openFile("model.py");
    await ed.problems("MLW102", 2);
    await ed.page.waitForSelector(".squiggly-info");
    await shot("file.png");
    await ed.page.locator(".monaco-editor .view-lines").first().click();
    const titles = await ed.quickFix("Add `weights_only=True`", { line: 3, column: 28 });
    await ed.problems("again.pt", 1);
    await ed.problems("model.pt", 0);
    await ed.save();
    await shot("file-fixed.png");
    assert.match(fs.readFileSync(path.join(cs.ws, "model.py"), "utf8"), /😀"; model = torch\.load\("model\.pt", weights_only=True\)\n/);
    assert.ok(titles.some((title) => title.includes("Suppress with # mlwarden: ignore[MLW102]")), titles.join("\n"));

    await ed.openFile("nb.ipynb");
    await ed.page.locator(".notebookOverlay .cell-list-container .monaco-list-row").nth(2).waitFor();
    await ed.page.waitForSelector(".notebookOverlay .squiggly-info");
    await shot("notebook.png");
    await ed.page.locator(".notebookOverlay .squiggly-info").first().click({ force: true });
    await ed.quickFix("Add `weights_only=True`");
    await ed.page.waitForSelector(".notebookOverlay .squiggly-info", { state: "detached" });
    await ed.save();
    await shot("notebook-fixed.png");
    const saved = JSON.parse(fs.readFileSync(path.join(cs.ws, "nb.ipynb"), "utf8"));
    assert.equal([].concat(saved.cells[2].source).join(""), 'model = torch.load("model.pt", weights_only=True)');
    console.log("ok by keyboard: a file and a notebook");
    return 0;
  } catch (error) {
    console.error(error);
    await shot("failure.png");
    showLogs(cs, []);
    return 1;
  } finally {
    await ed.close();
    await cs.stop({ keep: Boolean(KEEP) });
  }
}

/** The extension's own log. */
function logged(cs) {
  const files = cs.logs().filter((name) => /mlwarden[^/]*\.log$/.test(name));
  return files.map((name) => fs.readFileSync(name, "utf8")).join("\n");
}

function showLogs(cs, log) {
  console.log(logged(cs));
  console.log(log.slice(-40).join("\n"));
}
