// The language client, with what it does not leave to options.
import * as vscode from "vscode";
import {
  CloseAction,
  type DynamicFeature,
  ErrorAction,
  type ErrorHandler,
  type ExecuteCommandRegistrationOptions,
  ExecuteCommandRequest,
  LanguageClient,
  type LanguageClientOptions,
  type RegistrationData,
  RevealOutputChannelOn,
  type ServerOptions,
  State,
  type StaticFeature,
} from "vscode-languageclient/node";
import { askingForReasons } from "./reasons";
import { readSettings, SECTION } from "./settings";

const CRASHES = 5;
const WITHIN_SECONDS = 180;

export interface ClientEvents {
  /** The server went away on its own; whether it is started again. */
  crashed(again: boolean): void;
}

export class Client extends LanguageClient {
  constructor(
    server: ServerOptions,
    log: vscode.LogOutputChannel,
    events: ClientEvents,
    private readonly ownCommands: ReadonlySet<string>,
  ) {
    // The base class registers its features while it is being made.
    super(SECTION, SECTION, server, options(log, () => errors));
    const errors = new Crashes(() => this.state === State.Running, events);
  }

  /** Whether the server that runs carries out this command. */
  executes(command: string): boolean {
    return this.initializeResult?.capabilities.executeCommandProvider?.commands.includes(command) ?? false;
  }

  override registerFeature(feature: StaticFeature | DynamicFeature<unknown>): void {
    if (isExecuteCommand(feature)) {
      // The client makes a command of VS Code of each of the server's; those of the palette are there already.
      const register = feature.register.bind(feature);
      feature.register = (data: RegistrationData<ExecuteCommandRegistrationOptions>) => {
        const commands = data.registerOptions.commands.filter((command) => !this.ownCommands.has(command));
        register({ ...data, registerOptions: { ...data.registerOptions, commands } });
      };
    }
    super.registerFeature(feature);
  }

  /** The base class stops a client whose start has failed, too, and rejects then. */
  override async stop(timeout?: number): Promise<void> {
    if (this.state === State.Running) {
      await super.stop(timeout);
    }
  }

  /** Errors go to the log; what the user is told, and when, is the extension's choice. */
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

function options(log: vscode.LogOutputChannel, errors: () => ErrorHandler): LanguageClientOptions {
  return {
    // Secrets may stand in any file; the server knows what is its business. A notebook's cells have URIs of a
    // scheme of their own.
    documentSelector: [{ scheme: "file" }, { scheme: "untitled" }, { scheme: "vscode-notebook-cell" }],
    initializationOptions: () => readSettings().forServer,
    outputChannel: log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    // Without one of these, the client would open a message of its own.
    initializationFailedHandler: () => false,
    errorHandler: {
      error: (...args) => errors().error(...args),
      closed: () => errors().closed(),
    },
    middleware: {
      provideCodeActions: async (document, range, context, token, next) =>
        askingForReasons(await next(document, range, context, token), document.uri),
      workspace: {
        // The extension tells of changes itself: those that matter to the server, once.
        didChangeConfiguration: async () => {},
        // Of the section, the server gets what is its own.
        configuration: async (params, token, next) => {
          const answers = await next(params, token);
          return Array.isArray(answers)
            ? answers.map((answer, at) => (params.items[at]?.section === SECTION ? readSettings().forServer : answer))
            : answers;
        },
      },
    },
  };
}

function isExecuteCommand(
  feature: StaticFeature | DynamicFeature<unknown>,
): feature is DynamicFeature<ExecuteCommandRegistrationOptions> {
  return "registrationType" in feature && feature.registrationType.method === ExecuteCommandRequest.method;
}

/** Starts a server that crashed again, unless it does so too often. One that never ran is left to whoever started it. */
class Crashes implements ErrorHandler {
  #times: number[] = [];
  #ran = false;

  constructor(
    private readonly running: () => boolean,
    private readonly events: ClientEvents,
  ) {}

  error() {
    return { action: ErrorAction.Continue, handled: true };
  }

  closed() {
    if (!this.running()) {
      if (this.#ran) {
        this.events.crashed(false);
      }
      return { action: CloseAction.DoNotRestart, handled: true };
    }
    this.#ran = true;
    const now = Date.now();
    this.#times = [...this.#times.filter((time) => now - time < WITHIN_SECONDS * 1000), now];
    const again = this.#times.length < CRASHES;
    this.events.crashed(again);
    return { action: again ? CloseAction.Restart : CloseAction.DoNotRestart, handled: true };
  }
}
