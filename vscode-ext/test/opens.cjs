// The smallest test: a file is opened and its findings appear.
const vscode = require("vscode");

exports.run = async function run() {
  const uri = vscode.Uri.joinPath(vscode.workspace.workspaceFolders[0].uri, "model.py");
  await vscode.window.showTextDocument(uri);
  for (const end = Date.now() + 30_000; Date.now() < end; ) {
    if (vscode.languages.getDiagnostics(uri).length > 0) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error("no findings");
};
