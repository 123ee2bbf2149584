// The pictures of README and walkthrough, taken with the packed extension; what is on them is asserted before.
//
//   CODE_SERVER=DIR MLWARDEN=/path/to/mlwarden npm run screenshots        writes them to images/
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { openVSCode } from "../driver.mjs";
import { extension, SHOTS, settings, showLogs, start, tests, vsix } from "./common.mjs";

const LOOK = {
  "editor.minimap.enabled": false,
  "editor.fontSize": 13,
  "workbench.layoutControl.enabled": false,
  "workbench.colorTheme": "Default Light Modern",
  "notebook.lineNumbers": "on",
};
const STATUS = "#mlwarden\\.mlwarden\\.mlwarden\\.status";

const { contributes } = JSON.parse(fs.readFileSync(path.join(extension, "package.json"), "utf8"));
const [walkthrough] = contributes.walkthroughs;

export async function screens() {
  const cs = await start({ vsix: [vsix], workspace: path.join(tests, "demo"), settings: { ...settings, ...LOOK } });
  const ed = await openVSCode(cs.url, { viewport: { width: 1060, height: 640 } });
  const { page } = ed;
  const shot = async (name) => SHOTS && ed.screenshot(path.join(SHOTS, name));
  const status = (text) => page.locator(STATUS, { hasText: text }).waitFor();
  try {
    await ed.openFile("train.py");
    await ed.problems("MLW", 3);
    await status("mlwarden 3");
    await page.locator(".monaco-editor .view-lines").first().click();
    await shot("file.png");

    await goTo(page, 6, 30);
    await page.keyboard.press("Control+.");
    const menu = page.locator(".action-widget .monaco-list-row.action");
    await menu.filter({ hasText: "Add `weights_only=True`" }).waitFor();
    const titles = await menu.allInnerTexts();
    assert.ok(titles.some((title) => title.includes("ignore[MLW102]")), titles.join("\n"));
    await shot("fix.png");
    await page.keyboard.press("Escape");

    await ed.command("View: Toggle Panel Visibility");
    await goTo(page, 6, 30);
    await ed.command("mlwarden: Show Rule");
    const preview = page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
    await preview.locator("h1", { hasText: "MLW102" }).waitFor();
    await shot("rule.png");
    await ed.command("View: Close All Editors");

    await ed.openFile("analysis.ipynb");
    await page.locator(".notebookOverlay .squiggly-error").nth(1).waitFor();
    await shot("notebook.png");
    await ed.command("View: Close All Editors");

    await page.setViewportSize({ width: 1400, height: 900 });
    await ed.command("Welcome: Open Walkthrough...");
    await page.locator(".quick-input-list .monaco-list-row", { hasText: "Get Started with mlwarden" }).click();
    const steps = page.locator(".getting-started-step .step-title");
    await steps.nth(walkthrough.steps.length - 1).waitFor();
    assert.deepEqual(await steps.allInnerTexts(), walkthrough.steps.map(({ title }) => title));
    for (const { title, media } of walkthrough.steps) {
      await page.locator(".getting-started-step", { hasText: title }).first().click();
      await showsMedia(page, media);
    }
    await shot("walkthrough.png");
    console.log("ok screens: file, fixes, rule, notebook, walkthrough");
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

/** Waits for a walkthrough step's picture, or for the first line of its text. */
async function showsMedia(page, { image, altText, markdown }) {
  if (image) {
    const picture = page.locator(".getting-started-media").getByAltText(altText);
    await picture.waitFor();
    await page.waitForFunction((element) => element.naturalWidth > 0, await picture.elementHandle());
    return;
  }
  const [, heading] = /^## (.*)/.exec(fs.readFileSync(path.join(extension, markdown), "utf8"));
  const view = page.frameLocator("iframe.webview.ready").last().frameLocator("iframe#active-frame");
  await view.locator("h2", { hasText: heading }).waitFor();
}

async function goTo(page, line, column) {
  await page.keyboard.press("Control+G");
  await page.locator(".quick-input-widget input[type='text']").fill(`:${line}:${column}`);
  await page.keyboard.press("Enter");
  await page.locator(".quick-input-widget").waitFor({ state: "hidden" });
}
