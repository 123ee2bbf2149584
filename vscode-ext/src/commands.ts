// The commands of the palette.
import * as vscode from "vscode";
import { PRIVATE } from "./discovery";
import { fixAll } from "./fixes";
import type { PrivateEnvironment } from "./install";
import { RulePages } from "./pages";
import { messageOf } from "./programs";
import { registerReasons } from "./reasons";
import { scanWorkspace } from "./scan";
import type { Server } from "./server";
import { readInstallSettings } from "./settings";
import { createConfig, setUpPreCommit } from "./setup";
import type { Status } from "./status";

export interface Parts {
  readonly server: Server;
  readonly status: Status;
  readonly environment: PrivateEnvironment;
  readonly log: vscode.LogOutputChannel;
}

export function registerCommands(parts: Parts): vscode.Disposable[] {
  const { server, log } = parts;
  const pages = new RulePages(server);
  const commands: Record<string, (argument: unknown) => unknown> = {
    fixAll,
    scanWorkspace: () => scanWorkspace(server),
    showRule: (code) => pages.show(code),
    restart: () => server.restart(),
    showLogs: () => log.show(),
    install: () => install(parts),
    createConfig,
    setUpPreCommit: () => setUpPreCommit(server, log),
  };
  const registered = Object.entries(commands).map(([name, run]) =>
    vscode.commands.registerCommand(`mlwarden.${name}`, (argument: unknown) => told(log, name, () => run(argument))),
  );
  return [pages, registerReasons(), ...registered];
}

/** Runs a command; what goes wrong is told in a sentence, with the log at hand. */
async function told(log: vscode.LogOutputChannel, name: string, run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof vscode.CancellationError) {
      return undefined;
    }
    log.error(`${name}: ${messageOf(error)}`);
    void vscode.window.showErrorMessage(`mlwarden: ${messageOf(error)}`, "Show Logs").then((choice) => choice && log.show());
    return undefined;
  }
}

/** Installs mlwarden into an environment of the editor's own and runs it; returns what was installed. */
async function install({ server, status, environment, log }: Parts): Promise<string> {
  const options = { location: vscode.ProgressLocation.Notification, title: "Installing mlwarden", cancellable: true };
  let version: string;
  status.installing();
  try {
    version = await vscode.window.withProgress(options, async (progress, token) => {
      const report = (message: string) => progress.report({ message: message.slice(0, 80) });
      return environment.install(readInstallSettings(), report, token);
    });
    log.info(`install: ${version} is installed`);
  } finally {
    await server.restart();
  }
  await environment.removeOld();
  const { program } = server;
  if (program !== undefined && program.origin !== PRIVATE) {
    const used = `${program.version} is run, since it comes first (${program.origin}).`;
    void vscode.window.showInformationMessage(`${version} is installed for the editor. ${used}`);
  }
  return version;
}
