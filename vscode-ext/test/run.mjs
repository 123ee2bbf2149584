// Runs the tests in a real VS Code (code-server) with the real server.
//
//   npm run package
//   CODE_SERVER=DIR MLWARDEN=/path/to/mlwarden node test/run.mjs [PART ...]
//
// The parts, all of them by default: packed, api, multiroot, resolution, install, keyboard, screens.
// CODE_SERVER is the folder that tests/editors/code-server.sh installed into; CHROMIUM a Chromium (/usr/bin/chromium);
// SHOTS a folder for screenshots; TESTS=words runs those tests only whose names have the words; TRACE=verbose logs what
// goes to and from the server; KEEP=1 leaves VS Code's folder. Exit status 0 when all passed.
import { api, multiroot } from "./parts/host.mjs";
import { install } from "./parts/install.mjs";
import { packed } from "./parts/packed.mjs";
import { resolution } from "./parts/resolution.mjs";
import { screens } from "./parts/screens.mjs";
import { keyboard } from "./parts/window.mjs";

const parts = { packed, api, multiroot, resolution, install, keyboard, screens };
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in parts));
if (unknown.length > 0) throw new Error(`no such part: ${unknown.join(", ")}`);
let failed = 0;
for (const [name, run] of Object.entries(parts)) {
  if (wanted.length === 0 || wanted.includes(name)) failed += await run();
}
process.exitCode = failed ? 1 : 0;
