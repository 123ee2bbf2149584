// Which mlwarden is run where the user has not named one, as the log tells it.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { runExtensionTests } from "../driver.mjs";
import { bin, extension, inHost, logged, showLogs, start, tests, workspace } from "./common.mjs";

const VENV = ".venv/bin/mlwarden";

/** A program that is mlwarden but for its language server. */
const INCOMPLETE = `#!/bin/sh
[ "$1" != server ] || { echo 'mlwarden: error: the language server needs the lsp extra' >&2; exit 2; }
exec '${bin}/mlwarden' "$@"
`;

/** Each with the lines of the log to be found in this order (WS is the workspace), and lines that must not be there. */
const cases = (stub, home) => ({
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
    prepare: (ws) => fs.symlinkSync(path.join(bin, "mlwarden"), path.join(ws, VENV)),
    log: [
      "setting mlwarden.path: not set",
      "selected interpreter: /usr/bin/python3 does not run mlwarden: ModuleNotFoundError",
      `workspace .venv: WS/${VENV} is mlwarden`,
      `running: WS/${VENV} (mlwarden`,
    ],
  },
  "PATH, since what is in .venv does not run": {
    env: home,
    prepare: (ws) => fs.writeFileSync(path.join(ws, VENV), "#!/bin/sh\nexit 3\n", { mode: 0o755 }),
    log: [
      "setting mlwarden.path: not set",
      "selected interpreter: none",
      `workspace .venv: WS/${VENV} does not run mlwarden`,
      `PATH: ${bin}/mlwarden is mlwarden`,
      `running: ${bin}/mlwarden (mlwarden`,
    ],
  },
  "PATH, since what is in .venv has no language server": {
    env: home,
    prepare: (ws) => fs.writeFileSync(path.join(ws, VENV), INCOMPLETE, { mode: 0o755 }),
    log: [
      `workspace .venv: WS/${VENV} is mlwarden`,
      "workspace .venv: the server did not start: mlwarden: error: the language server needs the lsp extra (exit status 2)",
      `PATH: ${bin}/mlwarden is mlwarden`,
      `running: ${bin}/mlwarden (mlwarden`,
    ],
  },
  "PATH, since the workspace is not trusted: nothing of it is run, whatever its settings say": {
    vsix: [stub],
    trusted: false,
    env: { ...home, STUB_INTERPRETER: path.join(bin, "python") },
    prepare: (ws) => {
      fs.writeFileSync(path.join(ws, VENV), `#!/bin/sh\ntouch '${ws}/executed'\nexec '${bin}/mlwarden' "$@"\n`, { mode: 0o755 });
      fs.mkdirSync(path.join(ws, ".vscode"));
      const settings = { "mlwarden.path": path.join(ws, VENV), "mlwarden.install.interpreter": path.join(ws, VENV) };
      fs.writeFileSync(path.join(ws, ".vscode/settings.json"), JSON.stringify(settings));
    },
    log: [
      "setting mlwarden.path: not set",
      "the workspace is not trusted: its environments are not used",
      `PATH: ${bin}/mlwarden is mlwarden`,
      `running: ${bin}/mlwarden (mlwarden`,
    ],
    never: [`WS/${VENV}`, "selected interpreter"],
  },
});

export async function resolution() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mlw-"));
  const stub = path.join(folder, "python.vsix");
  const vsce = path.join(extension, "node_modules/.bin/vsce");
  const options = ["package", "--no-dependencies", "--allow-missing-repository", "--skip-license", "--out", stub];
  execFileSync(vsce, options, { cwd: path.join(tests, "python-stub"), stdio: "pipe" });
  let failed = 0;
  for (const [name, wanted] of Object.entries(cases(stub, loginPath(folder, `.:${bin}:$PATH`)))) {
    failed += await resolves(name, wanted, path.join(folder, "ws"));
  }
  failed += await inHost("unusable.cjs", { workspace, settings: { "mlwarden.path": "~/no/such/mlwarden" } });
  fs.rmSync(folder, { recursive: true });
  return failed;
}

/** The environment in which VS Code, which asks a login shell, finds this PATH. */
export function loginPath(folder, value) {
  const home = path.join(folder, "home");
  fs.mkdirSync(home, { recursive: true });
  fs.writeFileSync(path.join(home, ".bash_profile"), `export PATH="${value}"\n`);
  return { HOME: home, SHELL: "/bin/bash" };
}

async function resolves(name, { vsix, env, trusted, prepare, log, never = [] }, ws) {
  fs.rmSync(ws, { recursive: true, force: true });
  fs.cpSync(workspace, ws, { recursive: true });
  fs.mkdirSync(path.join(ws, ".venv/bin"), { recursive: true });
  prepare?.(ws);
  const cs = await start({ vsix, workspace: ws, env, trusted });
  try {
    const { code, log: printed } = await runExtensionTests(cs, { extension, tests: path.join(tests, "opens.cjs") });
    const text = logged(cs);
    let at = 0;
    const missing = log.map((line) => line.replace("WS", cs.ws)).filter((line) => {
      const found = text.indexOf(line, at);
      at = Math.max(at, found);
      return found === -1;
    });
    const wrong = never.map((words) => words.replace("WS", cs.ws)).filter((words) => text.includes(words));
    const ok = code === 0 && missing.length === 0 && wrong.length === 0 && !fs.existsSync(path.join(ws, "executed"));
    console.log(`${ok ? "ok" : "not ok"} resolution: ${name}`);
    if (ok) return 0;
    console.log(`missing in the log: ${missing.join("\n")}\nwrong in the log: ${wrong.join("\n")}`);
    showLogs(cs, printed);
    return 1;
  } finally {
    await cs.stop();
  }
}
