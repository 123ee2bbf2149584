// Runs inside VS Code's extension host, where no mlwarden is found: it is installed for the editor alone.
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");
const s = require("./suite/support.cjs");

const OFFER = [
  'mlwarden was not found. Install it into your project with pip install "mlwarden[lsp]", or for the editor alone.',
  "Install for the Editor", "Show Logs",
];

/** Stands in for the notification with the progress; `step` is told each step and may cancel. */
function progressing(step) {
  const source = new vscode.CancellationTokenSource();
  const steps = [];
  const withProgress = (options, task) => {
    assert.deepEqual([options.title, options.cancellable], ["Installing mlwarden", true]);
    const report = ({ message }) => {
      steps.push(message);
      step?.(message, source);
    };
    return task({ report }, source.token);
  };
  return { withProgress, steps };
}

const tests = {
  async "it is offered, with the log at hand"() {
    await s.until("the failure", () => s.extension().isActive && s.api().state === "failed");
    const asked = await s.answering({ showErrorMessage: undefined }, () => s.run("restart"));
    assert.deepEqual(asked.map(([, ...said]) => said), [OFFER]);
  },

  async "what cannot be installed is told in words, and leaves nothing behind"() {
    const { withProgress } = progressing();
    // pip is told an address that is never asked; the password in it is not for the log.
    const mirror = `https://somebody:${"pass" + "word"}@127.0.0.1:9/`;
    await s.withSetting("mlwarden.install.pipArguments", ["--index-url", mirror], () =>
      s.withSetting("mlwarden.install.package", "./no-such-package.whl[lsp]", async () => {
      const asked = await s.answering({ showErrorMessage: undefined, withProgress }, () => s.run("install"));
      const messages = asked.filter(([name]) => name === "showErrorMessage").map(([, message]) => message);
      assert.match(messages.at(-1), /^mlwarden: ERROR: .*no-such-package\.whl/);
      assert.equal(s.api().state, "failed");
    }, vscode.ConfigurationTarget.Global), vscode.ConfigurationTarget.Global);
    assert.deepEqual(environments(), []);
  },

  async "a Python that is none is told, too"() {
    const { withProgress } = progressing();
    await s.withSetting("mlwarden.install.interpreter", "/no/such/python", async () => {
      const asked = await s.answering({ showErrorMessage: undefined, withProgress }, () => s.run("install"));
      const messages = asked.filter(([name]) => name === "showErrorMessage").map(([, message]) => message);
      assert.match(messages.at(-1), /^mlwarden: no Python 3\.10 or later was found \(\/no\/such\/python does not run: .*; name one in mlwarden\.install\.interpreter$/);
    }, vscode.ConfigurationTarget.Global);
  },

  async "it can be cancelled, and leaves nothing behind"() {
    const { withProgress, steps } = progressing((message, source) => steps.length > 1 && source.cancel());
    const asked = await s.answering({ showErrorMessage: undefined, withProgress }, () => s.run("install"));
    assert.equal(steps[0], "making a virtual environment");
    // Nothing is said but the offer, since there still is no mlwarden.
    assert.deepEqual(asked.filter(([name]) => name === "showErrorMessage").map(([, ...said]) => said), [OFFER]);
    assert.deepEqual(environments(), []);
  },

  async "the offer taken: it is installed, runs, and finds things"() {
    const { withProgress, steps } = progressing();
    const take = (message, choice) => choice;
    await s.answering({ showErrorMessage: take, withProgress }, async () => {
      await s.run("restart");
      await s.until(() => `the server: ${steps}`, () => s.api().state === "running", 200);
    });
    assert.ok(steps.some((step) => step.startsWith("Installing collected packages")), steps.join("\n"));
    assert.equal(s.api().origin, "private environment");
    assert.deepEqual(environments(), ["environment-1"]);
    const document = await s.open("model.py");
    await s.shows(document.uri, s.MODEL);
    await s.run("restart");
    assert.equal(s.api().origin, "private environment");
  },

  async "installed again, the old environment goes"() {
    const { withProgress } = progressing();
    const asked = await s.answering({ withProgress, showInformationMessage: undefined }, () => s.run("install"));
    assert.deepEqual(asked.map(([name]) => name), ["withProgress"]);
    assert.equal(s.api().state, "running");
    assert.deepEqual(environments(), ["environment-2"]);
    const document = await s.open("model.py");
    await s.shows(document.uri, s.MODEL);
  },

  async "what comes first is still run, and that is told"() {
    const { storage } = s.api();
    const first = path.join(storage, "first");
    fs.writeFileSync(first, `#!/bin/sh\nexec "$(ls -d '${storage}'/environments/*/bin/mlwarden | tail -n 1)" "$@"\n`, { mode: 0o755 });
    const { withProgress } = progressing();
    await s.withSetting("mlwarden.path", first, async () => {
      await s.until("the first", () => s.api().state === "running" && s.api().origin === "setting mlwarden.path");
      const asked = await s.answering({ withProgress, showInformationMessage: undefined }, () => s.run("install"));
      assert.match(asked.at(-1)[1], /^(mlwarden [^ ]+) is installed for the editor\. \1 is run, since it comes first \(setting mlwarden\.path\)\.$/);
      assert.equal(s.api().origin, "setting mlwarden.path");
    });
    await s.until("the private one", () => s.api().origin === "private environment");
  },
};

/** What is in the extension's storage. */
function environments() {
  const folder = path.join(s.api().storage, "environments");
  return fs.existsSync(folder) ? fs.readdirSync(folder) : [];
}

exports.run = () => s.runTests(tests);
