// Runs inside VS Code's extension host, where mlwarden.path names what does not exist: what the user is told.
const assert = require("node:assert/strict");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const vscode = require("vscode");
const s = require("./suite/support.cjs");

/** What is told when the server is started anew. */
async function told() {
  const asked = await s.answering({ showErrorMessage: undefined }, () => s.run("restart"));
  assert.equal(s.api().state, "failed");
  assert.equal(s.api().statusText, "$(error) mlwarden");
  return asked.map(([, message, ...choices]) => [message, ...choices]);
}

/** Puts a program in the setting's place. */
function program(text) {
  const name = path.join(os.homedir(), "mlwarden-of-test");
  fs.writeFileSync(name, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return name;
}

const tests = {
  async "a program that is not there"() {
    await s.until("the failure", () => s.extension().isActive && s.api().state === "failed");
    const missing = path.join(os.homedir(), "no/such/mlwarden");
    assert.deepEqual(await told(), [[
      `${missing}, which the setting mlwarden.path names, does not run mlwarden. ` +
        'Change the setting, or repair it with pip install "mlwarden[lsp]".',
      "Open Setting", "Show Logs",
    ]]);
    const asked = await s.answering({ showErrorMessage: undefined }, () => s.run("scanWorkspace"));
    assert.deepEqual(asked, [["showErrorMessage", "mlwarden: mlwarden is not running", "Show Logs"]]);
  },

  async "programs that are something else, that have no server, whose server ends at once"() {
    const version = 'case "$1" in --version) echo mlwarden 9.9.9;; *) echo "Traceback:" >&2; echo "ValueError: no luck" >&2; exit 7;; esac';
    const incomplete = version.replace("ValueError: no luck", "mlwarden: error: the language server needs the lsp extra");
    const name = program("echo Python 3.11");
    const at = vscode.ConfigurationTarget.Workspace;
    await s.withSetting("mlwarden.path", name, async () => {
      assert.match((await told())[0][0], /mlwarden-of-test, which the setting mlwarden\.path names, does not run mlwarden\. /);
      program(incomplete);
      assert.match((await told())[0][0], /mlwarden-of-test was installed without its language server\. /);
      program(version);
      assert.deepEqual(await told(), [
        [`mlwarden: ${name} did not start: ValueError: no luck (exit status 7)`, "Restart Server", "Show Logs"],
      ]);
    }, at);
    fs.rmSync(name);
  },

  async "a server that never answers holds nothing up"() {
    const name = program('case "$1" in --version) echo mlwarden 9.9.9;; *) exec sleep 1000;; esac');
    let pid;
    const asked = await s.answering({ showErrorMessage: undefined }, async () => {
      await s.withSetting("mlwarden.path", name, async () => {
        pid = await s.until("the server", () => s.api().state === "starting" && s.api().pid);
        void s.run("restart"); // is done when the server is ready
        pid = await s.until("another one", () => s.api().pid !== pid && s.api().pid);
      });
      await s.until("the end of the process", () => !s.alive(pid));
      await s.until("the failure", () => s.api().state === "failed");
    });
    // Of the two that were broken off nothing is said, but of the setting that counts in the end.
    assert.deepEqual(asked.map(([, message]) => message.includes("no/such/mlwarden")), [true]);
    fs.rmSync(name);
  },
};

exports.run = () => s.runTests(tests);
