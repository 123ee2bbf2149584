// Bundles the extension into dist/extension.js, and the licences of what is bundled into dist/NOTICES.txt.
import fs from "node:fs";
import path from "node:path";
import * as esbuild from "esbuild";

const { metafile } = await esbuild.build({
  entryPoints: ["src/extension.ts"],
  outfile: "dist/extension.js",
  bundle: true,
  minify: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["vscode"],
  legalComments: "none",
  metafile: true,
  logLevel: "info",
});

// A package's folder ends at the last node_modules in the path: packages may have packages of their own.
const folders = new Set();
for (const input of Object.keys(metafile.inputs)) {
  const found = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input);
  if (found) folders.add(found[0]);
}
const notices = [...folders].sort().map((folder) => {
  const { name, version, license } = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
  const file = fs.readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${folder} has no licence file`);
  return `${name} ${version} (${license})\n\n${fs.readFileSync(path.join(folder, file), "utf8").trim()}\n`;
});
fs.writeFileSync("dist/NOTICES.txt", `This extension contains the following packages.\n\n${notices.join("\n----\n\n")}`);
