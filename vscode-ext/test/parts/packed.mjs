// What is in the package, and that it fits the server.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { bin, extension, vsix } from "./common.mjs";

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
    "the settings that go to the server are those that it knows, with its values and defaults": () => {
      const code = "import json; from mlwarden_lsp.schema import settings_schema; print(json.dumps(settings_schema()['properties']))";
      const server = JSON.parse(execFileSync(path.join(bin, "python"), ["-c", code], { encoding: "utf8" }));
      const own = manifest.contributes.configuration.properties;
      for (const [name, { enum: values, default: value }] of Object.entries(server)) {
        if (name === "diagnosticMode") continue; // this client is pushed to
        const setting = own[`mlwarden.${name}`];
        assert.ok(setting, `package.json has no mlwarden.${name}`);
        if (values) assert.deepEqual(setting.enum.filter(Boolean).sort(), [...values].sort(), name);
        if (value !== undefined) assert.deepEqual(setting.default, value, name);
      }
      const client = /^(?:path|install\.\w+|trace\.server)$/;
      const known = Object.keys(own).map((name) => name.slice("mlwarden.".length)).filter((name) => !client.test(name));
      assert.deepEqual(known.filter((name) => !(name in server)), []);
    },
    "every setting has a description, a default and a scope, and stands in the README": () => {
      const readme = fs.readFileSync(path.join(extension, "README.md"), "utf8");
      for (const [name, setting] of Object.entries(manifest.contributes.configuration.properties)) {
        assert.ok(setting.markdownDescription && "default" in setting && setting.scope, name);
        assert.ok(readme.includes(`| \`${name}\` | \`${JSON.stringify(setting.default)}\` |`), `${name} in the README`);
      }
    },
    "no workspace chooses what is run, unless it is trusted": () => {
      const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
      const programs = Object.keys(manifest.contributes.configuration.properties).filter((name) => /\.path$|\.install\./.test(name));
      assert.deepEqual([...restrictedConfigurations].sort(), programs.sort());
    },
    "packages come from the public registry": () => {
      const lock = fs.readFileSync(path.join(extension, "package-lock.json"), "utf8");
      assert.deepEqual(lock.match(/"resolved": "(?!https:\/\/registry\.npmjs\.org\/)[^"]*"/g), null);
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
