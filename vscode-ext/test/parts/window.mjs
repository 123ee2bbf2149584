// What a person sees and types in VS Code's window, with the packed extension.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { openVSCode } from "../driver.mjs";
import { SHOTS, settings, showLogs, start, vsix, workspace } from "./common.mjs";

/** What a person sees and types, with the packed extension: a file, then a notebook. */
export async function keyboard() {
  const cs = await start({ vsix: [vsix], workspace, settings });
  const ed = await openVSCode(cs.url);
  const shot = async (name) => SHOTS && ed.screenshot(path.join(SHOTS, name));
  try {
    await ed.openFile("model.py");
    await ed.problems("MLW102", 2);
    await ed.page.waitForSelector(".squiggly-info");
    await shot("file.png");
    await ed.page.locator(".monaco-editor .view-lines").first().click();
    const titles = await ed.quickFix("Add `weights_only=True`", { line: 3, column: 28 });
    await ed.problems("again.pt", 1);
    await ed.problems("model.pt", 0);
    await ed.save();
    await shot("file-fixed.png");
    assert.match(fs.readFileSync(path.join(cs.ws, "model.py"), "utf8"), /😀"; model = torch\.load\("model\.pt", weights_only=True\)\n/);
    assert.ok(titles.some((title) => title.includes("Suppress with # mlwarden: ignore[MLW102]")), titles.join("\n"));

    await ed.openFile("nb.ipynb");
    await ed.page.locator(".notebookOverlay .cell-list-container .monaco-list-row").nth(2).waitFor();
    await ed.page.waitForSelector(".notebookOverlay .squiggly-info");
    await shot("notebook.png");
    await ed.page.locator(".notebookOverlay .squiggly-info").first().click({ force: true });
    await ed.quickFix("Add `weights_only=True`");
    await ed.page.waitForSelector(".notebookOverlay .squiggly-info", { state: "detached" });
    await ed.save();
    await shot("notebook-fixed.png");
    const saved = JSON.parse(fs.readFileSync(path.join(cs.ws, "nb.ipynb"), "utf8"));
    assert.equal([].concat(saved.cells[2].source).join(""), 'model = torch.load("model.pt", weights_only=True)');
    console.log("ok by keyboard: a file and a notebook");
    return 0;
  } catch (error) {
    console.error(error);
    await shot("failure.png");
    showLogs(cs, []);
    return 1;
  } finally {
    await ed.close();
    await cs.stop();
  }
}
