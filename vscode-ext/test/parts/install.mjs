// Where no mlwarden is found, one is installed for the editor alone, from a wheel that is built here. Takes a network.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { bin, extension, inHost, logged, workspace } from "./common.mjs";
import { loginPath } from "./resolution.mjs";

export async function install() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mlw-"));
  try {
    const pip = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, path.dirname(extension)];
    execFileSync(path.join(bin, "python"), pip, { stdio: ["ignore", "ignore", "inherit"] });
    const wheel = fs.readdirSync(folder).find((name) => name.endsWith(".whl"));
    const home = loginPath(folder, "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    const settings = { "mlwarden.install.package": `${path.join(folder, wheel)}[lsp]` };
    // pip keeps what it has fetched where it always does.
    const env = { ...home, PIP_CACHE_DIR: process.env.PIP_CACHE_DIR ?? path.join(os.homedir(), ".cache/pip") };
    return await inHost("install.cjs", { workspace, settings, env }, (output, cs) => {
      const log = logged(cs);
      assert.ok(log.includes("--index-url https://****@127.0.0.1:9/"), "the mirror is not in the log");
      assert.ok(!log.includes("somebody:"), "a password is in the log");
    });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
