// What the parts share: where things are, and how VS Code is started with them.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { runExtensionTests, startCodeServer } from "../driver.mjs";

const { CODE_SERVER, CODE_SERVER_NODE, KEEP, TRACE = "off" } = process.env;
export const { MLWARDEN, SHOTS } = process.env;
assert.ok(CODE_SERVER && MLWARDEN, "set CODE_SERVER and MLWARDEN (see the top of run.mjs)");

export const tests = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const extension = path.dirname(tests);
export const workspace = path.join(tests, "workspace");
export const vsix = path.join(extension, "mlwarden.vsix");
/** The folder of programs that MLWARDEN is in. */
export const bin = path.dirname(path.resolve(MLWARDEN));
export const settings = { "mlwarden.path": path.resolve(MLWARDEN), "mlwarden.trace.server": TRACE };

/** VS Code on a copy of a workspace; `stop()` leaves its folder when KEEP is set. */
export async function start(options) {
  const entry = path.join(CODE_SERVER, "node_modules/code-server/out/node/entry.js");
  const cs = await startCodeServer({ entry, node: CODE_SERVER_NODE, ...options });
  return { ...cs, stop: () => cs.stop({ keep: Boolean(KEEP) }) };
}

/**
 * Runs a test file in the extension host of a VS Code that is started for it, and then `check` with what it printed,
 * while that VS Code is still there. The number of failures, 0 or 1.
 */
export async function inHost(file, options, check = () => {}) {
  const cs = await start(options);
  try {
    const { code, output, log } = await runExtensionTests(cs, { extension, tests: path.join(tests, file), print: console.log });
    if (code === 0) {
      await check(output, cs);
      return 0;
    }
    showLogs(cs, log);
  } catch (error) {
    console.log(error);
    showLogs(cs, []);
  } finally {
    await cs.stop();
  }
  return 1;
}

/** The extension's own log. */
export function logged(cs) {
  const files = cs.logs().filter((name) => /mlwarden[^/]*\.log$/.test(name));
  return files.map((name) => fs.readFileSync(name, "utf8")).join("\n");
}

export function showLogs(cs, log) {
  console.log(logged(cs));
  console.log(log.slice(-40).join("\n"));
}
