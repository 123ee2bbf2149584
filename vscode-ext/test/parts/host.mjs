// The tests that ask VS Code's own API, in its extension host.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { inHost, settings, tests, workspace } from "./common.mjs";

/** A workspace of one folder. The server ends with the window, while the rest of VS Code goes on. */
export function api() {
  return inHost("suite.cjs", { workspace, settings }, async (output) => {
    const pid = /^server (\d+)$/m.exec(output.join("\n"))?.[1];
    assert.ok(pid, "no server ran in the end");
    for (const end = Date.now() + 30_000; fs.existsSync(`/proc/${pid}`); ) {
      assert.ok(Date.now() < end, "the server outlives the window");
      await new Promise((done) => setTimeout(done, 50));
    }
    console.log("ok the server ends with the window");
  });
}

/** A workspace of several folders. */
export function multiroot() {
  return inHost("multiroot.cjs", { workspace: path.join(tests, "multiroot"), open: "both.code-workspace", settings });
}
