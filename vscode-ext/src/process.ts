// The server's process.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import type { Program } from "./discovery";
import { lastLine } from "./programs";

const KEPT_CHARACTERS = 4000;
const PATIENCE_SECONDS = 3;

export class ServerProcess {
  #said = "";

  private constructor(readonly child: ChildProcessWithoutNullStreams) {
    child.stderr.on("data", (data: Buffer) => {
      this.#said = (this.#said + data.toString("utf8")).slice(-KEPT_CHARACTERS);
    });
    // Writing to a process that has gone is no news: the client sees it close.
    child.stdin.on("error", () => {});
  }

  /** Rejects when the program cannot be run. */
  static async start(program: Program, cwd: string | undefined): Promise<ServerProcess> {
    const options = { windowsHide: true, ...(cwd === undefined ? {} : { cwd }) };
    const started = new ServerProcess(spawn(program.command, [...program.args, "server"], options));
    await once(started.child, "spawn");
    return started;
  }

  /** What the server said last on its standard error, and how it ended. */
  async lastWords(): Promise<string> {
    await this.#end(1);
    const { exitCode, signalCode } = this.child;
    const how = signalCode !== null ? `ended by ${signalCode}` : exitCode !== null ? `exit status ${exitCode}` : "still running";
    const said = lastLine(this.#said);
    return said === undefined ? how : `${said} (${how})`;
  }

  /** Resolves when the process has ended, by force if it takes too long. */
  async end(): Promise<void> {
    if (!(await this.#end(PATIENCE_SECONDS))) {
      this.child.kill("SIGKILL");
      await this.#end(PATIENCE_SECONDS);
    }
  }

  async #end(seconds: number): Promise<boolean> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) {
      return true;
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), seconds * 1000);
      child.once("exit", () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }
}
