// The tests that ask VS Code's own API, in its extension host.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { inHost, settings, tests, workspace } from "./common.mjs";

/** A workspace of one folder. Afterwards the editor's end is the server's. */
export function api() {
  return inHost("suite.cjs", { workspace, settings }, async (cs) => {
    const servers = descendants(cs.pid).filter((pid) => /\0server\0$/.test(fs.readFileSync(`/proc/${pid}/cmdline`, "utf8")));
    assert.equal(servers.length, 1, "one server runs");
    process.kill(cs.pid, "SIGTERM");
    for (const end = Date.now() + 30_000; fs.existsSync(`/proc/${servers[0]}`); ) {
      assert.ok(Date.now() < end, "the server outlives VS Code");
      await new Promise((done) => setTimeout(done, 50));
    }
    console.log("ok the server ends with VS Code");
  });
}

/** A workspace of several folders. */
export function multiroot() {
  return inHost("multiroot.cjs", { workspace: path.join(tests, "multiroot"), open: "both.code-workspace", settings });
}

/** The processes that a process has started, and those that they have. */
function descendants(pid) {
  const children = fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name) && parentOf(name) === pid).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function parentOf(pid) {
  try {
    return Number(/^PPid:\s*(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return undefined; // it has ended
  }
}
