// An mlwarden of the editor's own, in a virtual environment in the extension's storage.
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import { installedVersion } from "./discovery";
import { BIN, executable, isFile, lastLine, messageOf, onPath, output, WINDOWS } from "./programs";
import { selectedInterpreter } from "./python";
import type { InstallSettings } from "./settings";

const OLDEST = [3, 10] as const;
const PROBE_SECONDS = 30;
/** Written last: an environment without it is unfinished. */
const MARK = "installed.json";

export class PrivateEnvironment {
  #busy = false;

  constructor(
    /** A folder that nobody else writes to. */
    private readonly storage: string,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** The interpreter of the newest environment that is complete; undefined where there is none. */
  async interpreter(): Promise<string | undefined> {
    const newest = (await this.#complete()).at(-1);
    return newest === undefined ? undefined : interpreterOf(newest);
  }

  /**
   * Installs the package into a new environment and resolves with its version, such as "mlwarden 0.1.0". An older
   * environment stays until `removeOld`: a server may be running in it. Rejects with a readable error, or when it is
   * cancelled; then nothing is left behind.
   */
  async install(settings: InstallSettings, report: (step: string) => void, token: vscode.CancellationToken): Promise<string> {
    if (this.#busy) {
      throw new Error("it is being installed already");
    }
    this.#busy = true;
    try {
      return await this.#install(settings, report, token);
    } finally {
      this.#busy = false;
    }
  }

  async #install(settings: InstallSettings, report: (step: string) => void, token: vscode.CancellationToken): Promise<string> {
    const base = await this.#basePython(settings);
    const folder = this.#folder(((await this.#numbers()).at(-1) ?? 0) + 1);
    await fs.mkdir(this.storage, { recursive: true });
    try {
      report("making a virtual environment");
      await this.#run(base, ["-I", "-m", "venv", folder], () => {}, token);
      const python = interpreterOf(folder);
      const pip = ["-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"];
      await this.#run(python, [...pip, ...settings.pipArguments, settings.package], report, token);
      const version = await installedVersion(python).catch((error: unknown) => {
        throw new Error(`what ${settings.package} installed has no language server: ${messageOf(error)}`);
      });
      await fs.writeFile(path.join(folder, MARK), JSON.stringify({ package: settings.package, version }));
      return version;
    } catch (error) {
      await fs.rm(folder, { recursive: true, force: true, maxRetries: 3 });
      throw error;
    }
  }

  /** Removes all environments but the newest complete one. */
  async removeOld(): Promise<void> {
    const newest = (await this.#complete()).at(-1);
    for (const number of await this.#numbers()) {
      const folder = this.#folder(number);
      if (folder !== newest) {
        await fs.rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch((error: unknown) => {
          this.log.warn(`${folder} could not be removed: ${messageOf(error)}`);
        });
      }
    }
  }

  #folder(number: number): string {
    return path.join(this.storage, `environment-${number}`);
  }

  async #numbers(): Promise<number[]> {
    const names = await fs.readdir(this.storage).catch(() => []);
    return names.flatMap((name) => /^environment-(\d+)$/.exec(name)?.[1] ?? []).map(Number).sort((a, b) => a - b);
  }

  async #complete(): Promise<string[]> {
    const found: string[] = [];
    for (const folder of (await this.#numbers()).map((number) => this.#folder(number))) {
      if ((await isFile(path.join(folder, MARK))) && (await isFile(interpreterOf(folder)))) {
        found.push(folder);
      }
    }
    return found;
  }

  /** A Python that is new enough. */
  async #basePython(settings: InstallSettings): Promise<string> {
    const tried: string[] = [];
    for (const candidate of await basePythons(settings)) {
      try {
        const said = await output(candidate, ["-I", "-c", "import sys; print(*sys.version_info[:2])"], PROBE_SECONDS);
        const [major = 0, minor = 0] = said.trim().split(" ").map(Number);
        if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) {
          this.log.info(`install: making the environment with ${candidate} (Python ${major}.${minor})`);
          return candidate;
        }
        tried.push(`${candidate} is Python ${major}.${minor}`);
      } catch (error) {
        tried.push(`${candidate} does not run: ${messageOf(error)}`);
      }
    }
    tried.forEach((line) => this.log.info(`install: ${line}`));
    throw new Error(
      `no Python ${OLDEST.join(".")} or later was found (${tried.join("; ") || "there is none on PATH"}); name one in mlwarden.install.interpreter`,
    );
  }

  /** Runs a program, its output going to the log line by line. */
  #run(command: string, args: readonly string[], report: (line: string) => void, token: vscode.CancellationToken): Promise<void> {
    this.log.info(`install: ${masked([command, ...args].join(" "))}`);
    return new Promise((resolve, reject) => {
      // A group of its own, so that what pip starts ends with it.
      const child = spawn(command, [...args], { cwd: this.storage, windowsHide: true, detached: !WINDOWS });
      let said = "";
      const lines = (data: Buffer) => {
        const text = data.toString("utf8");
        said = (said + text).slice(-4000);
        for (const line of text.split(/\r?\n/).filter((each) => each.trim() !== "")) {
          this.log.info(`install: ${masked(line)}`);
          report(masked(line.trim()));
        }
      };
      child.stdout.on("data", lines);
      child.stderr.on("data", lines);
      const stop = token.onCancellationRequested(() => {
        endGroup(child);
      });
      child.once("error", (error) => reject(error));
      child.once("close", (code) => {
        stop.dispose();
        if (token.isCancellationRequested) {
          reject(new vscode.CancellationError());
        } else if (code === 0) {
          resolve();
        } else {
          reject(new Error(masked(errorLine(said) ?? "") || `${path.basename(command)} ended with status ${code}`));
        }
      });
    });
  }
}

/** Ends a process and those that it has started. */
function endGroup(child: ChildProcess): void {
  try {
    if (WINDOWS || child.pid === undefined) {
      child.kill();
    } else {
      process.kill(-child.pid, "SIGTERM");
    }
  } catch {
    // It has ended.
  }
}

/** The text without the names and passwords in addresses, such as that of a mirror. */
function masked(text: string): string {
  return text.replace(/:\/\/[^/@\s]+@/g, "://****@");
}

/** pip says what is wrong in a line of its own, and may have advice after it. */
function errorLine(said: string): string | undefined {
  const errors = said.split(/\r?\n/).filter((line) => /^error\b/i.test(line.trim()));
  return errors.at(-1)?.trim() ?? lastLine(said);
}

function interpreterOf(folder: string): string {
  return path.join(folder, BIN, executable("python"));
}

async function basePythons(settings: InstallSettings): Promise<string[]> {
  if (settings.interpreter !== undefined) {
    return [settings.interpreter];
  }
  const [first] = vscode.workspace.workspaceFolders ?? [];
  const selected = vscode.workspace.isTrusted ? await selectedInterpreter(first?.uri).catch(() => undefined) : undefined;
  const found = [selected];
  for (const name of ["python3", "python", "py"]) {
    found.push(await onPath(name));
  }
  return [...new Set(found.filter((each) => each !== undefined))];
}
