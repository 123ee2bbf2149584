// The server in JupyterLab with jupyterlab-lsp, found by its entry point: what is marked in a notebook and in a file.
//
//   python -m venv DIR && DIR/bin/pip install jupyterlab jupyterlab-lsp ipykernel "mlwarden[lsp]"
//   JUPYTER=DIR/bin/jupyter node test/jupyterlab.mjs
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./driver.mjs";

const { chromium } = createRequire(import.meta.url)("playwright-core");
const { JUPYTER, SHOTS, CHROMIUM = "/usr/bin/chromium" } = process.env;
assert.ok(JUPYTER, "set JUPYTER (see the top of this file)");

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "jl-"));
const workspace = path.join(folder, "ws");
fs.cpSync(path.join(path.dirname(fileURLToPath(import.meta.url)), "workspace"), workspace, { recursive: true });
// JupyterLab runs in the user's folder. Nothing in it may be executed.
fs.writeFileSync(path.join(workspace, "libcst.py"), "open('executed', 'w')\n");
const port = await freePort();
const base = `http://127.0.0.1:${port}`;
const log = path.join(folder, "server.log");
const out = fs.openSync(log, "w");
const server = spawn(JUPYTER, ["lab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", `--ServerApp.port=${port}`,
  "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--LabApp.news_url=None",
  "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", workspace], {
  cwd: workspace,
  stdio: ["ignore", out, out],
  detached: true, // a process group: the language server goes with it
  env: { ...process.env, PATH: `${path.dirname(path.resolve(JUPYTER))}:${process.env.PATH}`, JUPYTER_CONFIG_DIR: path.join(folder, "cfg"),
    JUPYTER_DATA_DIR: path.join(folder, "data"), JUPYTER_RUNTIME_DIR: path.join(folder, "rt"), IPYTHONDIR: path.join(folder, "ipy") },
});
let context;
try {
  for (const end = Date.now() + 60_000; ; ) {
    if ((await fetch(`${base}/api`).catch(() => undefined))?.ok) break;
    assert.ok(Date.now() < end && server.exitCode === null, "JupyterLab did not start");
    await new Promise((done) => setTimeout(done, 200));
  }
  const { sessions } = await (await fetch(`${base}/lsp/status`)).json();
  assert.ok("mlwarden" in sessions, `the servers are ${Object.keys(sessions)}`);
  context = await chromium.launchPersistentContext(path.join(folder, "chromium"), {
    executablePath: CHROMIUM, headless: true, viewport: { width: 1400, height: 900 },
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
  const page = context.pages()[0];
  page.setDefaultTimeout(60_000);
  const marked = async (where) => {
    await page.waitForSelector(`${where} .cm-lintRange`);
    // Syntax colours cut a mark into pieces.
    return (await page.locator(`${where} .cm-lintRange`).allInnerTexts()).join("");
  };
  await page.goto(`${base}/lab/tree/nb.ipynb?reset`);
  assert.equal(await marked(".jp-Notebook"), 'torch.load("model.pt")');
  await page.locator(".jp-Notebook .cm-lintRange").first().hover();
  await page.locator(".cm-tooltip", { hasText: "can run code hidden in it" }).waitFor();
  if (SHOTS) await page.screenshot({ path: path.join(SHOTS, "jupyterlab.png") });
  await page.goto(`${base}/lab/tree/model.py?reset`);
  assert.equal(await marked(".jp-FileEditor"), 'torch.load("model.pt")torch.load("again.pt")');
  assert.ok(!fs.existsSync(path.join(workspace, "executed")), "a file of the workspace was executed");
  assert.ok(!fs.existsSync(path.join(workspace, ".virtual_documents")), "jupyter-lsp wrote documents to disk");
  // A notebook that was fixed on disk is what JupyterLab reads and writes, byte for byte.
  const fixed = path.join(workspace, "nb.ipynb");
  execFileSync(path.join(path.dirname(path.resolve(JUPYTER)), "mlwarden"), ["check", "--isolated", "--no-cache", "--fix", "--unsafe-fixes",
    "--exit-zero", fixed], { stdio: "ignore" });
  const bytes = fs.readFileSync(fixed, "utf8");
  assert.ok(bytes.includes("weights_only=True"), "nothing was fixed");
  const model = await (await fetch(`${base}/api/contents/nb.ipynb`)).json();
  const saved = await page.evaluate(async ([url, body]) => {
    const xsrf = /_xsrf=([^;]+)/.exec(document.cookie)?.[1] ?? "";
    return (await fetch(url, { method: "PUT", body, headers: { "Content-Type": "application/json", "X-XSRFToken": xsrf } })).status;
  }, [`${base}/api/contents/nb.ipynb`, JSON.stringify(model)]);
  assert.equal(saved, 200);
  assert.equal(fs.readFileSync(fixed, "utf8"), bytes);
  console.log("ok JupyterLab: a notebook and a file, and a fixed notebook is saved as it is");
} catch (error) {
  console.error(error);
  console.error(fs.readFileSync(log, "utf8").slice(-4000));
  process.exitCode = 1;
} finally {
  await context?.close();
  try { process.kill(-server.pid, "SIGTERM"); } catch { /* gone */ }
  if (server.exitCode === null && server.signalCode === null) await new Promise((done) => server.once("exit", done));
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
