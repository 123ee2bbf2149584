// Runs inside VS Code's extension host, with the real `vscode` API, in a workspace of one folder (see run.mjs).
const { api, running, runTests } = require("./suite/support.cjs");

exports.run = async function run() {
  await running();
  await runTests({
    ...require("./suite/files.cjs"),
    ...require("./suite/notebooks.cjs"),
    ...require("./suite/settings.cjs"),
    ...require("./suite/commands.cjs"),
    ...require("./suite/server.cjs"),
  });
  console.log(`[test] server ${api().pid}`);
};
