// The server's life: restart, crash, end; what the status bar says.
const assert = require("node:assert/strict");
const vscode = require("vscode");
const s = require("./support.cjs");

const shown = () =>
  vscode.languages.getDiagnostics().flatMap(([, diagnostics]) => diagnostics.filter(({ source }) => source === "mlwarden")).length;

module.exports = {
  async "the status bar tells state and count"() {
    const document = await s.open("model.py");
    await s.shows(document.uri, s.MODEL);
    assert.ok(shown() >= 2);
    assert.equal(s.api().statusText, `$(shield) mlwarden ${shown()}`);
    assert.equal(s.api().origin, "setting mlwarden.path");
    await s.withSetting("mlwarden.enable", false, async () => {
      await s.until("state off", () => s.api().state === "off");
      assert.equal(s.api().statusText, "$(circle-slash) mlwarden");
      await s.shows(document.uri, []);
    });
    await s.running();
    await s.shows(document.uri, s.MODEL);
  },

  async "restart: another process, the old one has ended"() {
    const document = await s.open("model.py");
    await s.shows(document.uri, s.MODEL);
    const { pid } = s.api();
    assert.ok(s.alive(pid));
    await s.run("restart");
    await s.running();
    assert.ok(!s.alive(pid), "the old server is still there");
    assert.ok(s.alive(s.api().pid));
    assert.notEqual(s.api().pid, pid);
    await s.shows(document.uri, s.MODEL);
  },

  async "switched off, no server is left"() {
    const { pid } = s.api();
    assert.ok(s.alive(pid));
    await s.withSetting("mlwarden.enable", false, () => s.until("the end of the process", () => !s.alive(pid)));
    await s.running();
  },

  async "after a crash a new server goes on, findings follow edits, fixes are there"() {
    const document = await s.open("model.py");
    await s.shows(document.uri, s.MODEL);
    const { pid } = s.api();
    process.kill(pid, "SIGKILL");
    await s.until("another server", () => s.api().pid !== pid && s.api().state === "running");
    await s.take(document, 2, s.FIX);
    await s.shows(document.uri, s.MODEL.slice(1));
    await s.revert();
    await s.shows(document.uri, s.MODEL);
  },

  async "a server that crashes again and again is given up, in words; restarting it helps"() {
    const document = await s.open("model.py");
    const asked = await s.answering({ showErrorMessage: undefined }, async () => {
      for (let crash = 0; crash < 5 && s.api().state !== "failed"; crash++) {
        const { pid } = s.api();
        process.kill(pid, "SIGKILL");
        await s.until("another server, or none", () =>
          s.api().state === "failed" || (s.api().pid !== pid && s.api().state === "running"));
      }
      assert.equal(s.api().state, "failed");
      assert.equal(s.api().statusText, "$(error) mlwarden");
    });
    assert.deepEqual(asked, [
      ["showErrorMessage", "mlwarden: The server stops again and again: ended by SIGKILL", "Restart Server", "Show Logs"],
    ]);
    await s.run("restart");
    await s.running();
    await s.shows(document.uri, s.MODEL);
  },
};
