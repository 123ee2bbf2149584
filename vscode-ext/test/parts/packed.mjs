// What is in the package. (That its settings are the server's is tested in tests/mlwarden_lsp/test_vscode_settings.py.)
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { extension, vsix } from "./common.mjs";

const FILES = [
  "CHANGELOG.md", "LICENSE", "README.md", "dist/NOTICES.txt", "dist/extension.js", "images/file.png", "images/fix.png",
  "images/icon.png", "images/notebook.png", "package.json", "walkthrough/hook.md", "walkthrough/install.md",
  "walkthrough/save.md", "walkthrough/workspace.md",
];

export async function packed() {
  const manifest = JSON.parse(fs.readFileSync(path.join(extension, "package.json"), "utf8"));
  const tests = {
    "nothing superfluous is packed": () => {
      const vsce = path.join(extension, "node_modules/.bin/vsce");
      const listed = execFileSync(vsce, ["ls", "--no-dependencies"], { cwd: extension, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
      assert.deepEqual(listed.trim().split("\n").sort(), FILES);
    },
    "the package is below 1 MB, each picture below 150 kB": () => {
      assert.ok(fs.statSync(vsix).size < 1_000_000);
      const images = path.join(extension, "images");
      const large = fs.readdirSync(images).filter((name) => fs.statSync(path.join(images, name)).size >= 150_000);
      assert.deepEqual(large, []);
    },
    "every setting has a description, a default and a scope, and stands in the README": () => {
      const readme = fs.readFileSync(path.join(extension, "README.md"), "utf8");
      for (const [name, setting] of Object.entries(manifest.contributes.configuration.properties)) {
        assert.ok(setting.markdownDescription && "default" in setting && setting.scope, name);
        assert.ok(readme.includes(`| \`${name}\` | \`${JSON.stringify(setting.default)}\` |`), `${name} in the README`);
      }
    },
    "the lock file names no registry: each machine has its own": () => {
      assert.doesNotMatch(fs.readFileSync(path.join(extension, "package-lock.json"), "utf8"), /"resolved": "https?:/);
    },
  };
  let failed = 0;
  for (const [name, test] of Object.entries(tests)) {
    try {
      test();
      console.log(`ok ${name}`);
    } catch (error) {
      failed++;
      console.log(`not ok ${name}\n${error.stack}`);
    }
  }
  return failed;
}
