// Programs: finding them, running them, what they say last when they fail.
import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
export const WINDOWS = process.platform === "win32";

/** Where a virtual environment has its programs. */
export const BIN = WINDOWS ? "Scripts" : "bin";

/** The output of a program; rejects with an error whose message is the last line that the program wrote. */
export async function output(command: string, args: readonly string[], seconds: number, cwd?: string): Promise<string> {
  const options = { timeout: seconds * 1000, windowsHide: true, maxBuffer: 16_000_000, ...(cwd === undefined ? {} : { cwd }) };
  try {
    return (await run(command, [...args], options)).stdout;
  } catch (error) {
    const { stderr = "", killed = false } = error as { stderr?: string; killed?: boolean };
    throw new Error(killed ? `no answer in ${seconds} s` : (lastLine(stderr) ?? lastLine(messageOf(error)) ?? "it failed"));
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The last line that says something. */
export function lastLine(text: string): string | undefined {
  return text.trim().split(/\s*[\r\n]+/).at(-1) || undefined;
}

/** The program's absolute path; relative entries of PATH, which mean the working directory, do not count. */
export async function onPath(name: string): Promise<string | undefined> {
  for (const entry of (process.env["PATH"] ?? "").split(path.delimiter)) {
    const command = path.join(entry, executable(name));
    if (path.isAbsolute(entry) && (await isFile(command))) {
      return command;
    }
  }
  return undefined;
}

export function executable(name: string): string {
  return WINDOWS ? `${name}.exe` : name;
}

export async function isFile(name: string): Promise<boolean> {
  return (await fs.stat(name).catch(() => undefined))?.isFile() ?? false;
}
