// Starts `dtlint lsp` and keeps it running; what is shown is the server's and the client library's.

import { commands, type ExtensionContext, type LogOutputChannel, window, workspace } from "vscode";
import { type DocumentFilter, LanguageClient } from "vscode-languageclient/node";

const languages = [
  "python",
  "shellscript",
  "yaml",
  "dockercompose",
  "json",
  "jsonc",
  "toml",
  "dockerfile",
  "makefile",
  "dotenv",
  "markdown",
  "restructuredtext",
];
const documents: DocumentFilter[] = [
  ...languages.map((language) => ({ scheme: "file", language })),
  // Files of a job that have no language of their own.
  { scheme: "file", pattern: "**/{*hostfile*,*requirements*.txt,.env*}" },
];

let client: LanguageClient | undefined;
let turn: Promise<void> = Promise.resolve();

export function activate(context: ExtensionContext): Promise<void> {
  const log = window.createOutputChannel("dtlint", { log: true });
  const restart = () => inTurn(() => stop().then(() => start(context, log)));
  context.subscriptions.push(
    log,
    commands.registerCommand("dtlint.restart", restart),
    workspace.onDidChangeConfiguration((change) =>
      ["dtlint.command", "dtlint.arguments"].some((name) => change.affectsConfiguration(name)) ? restart() : undefined,
    ),
    // What the workspace sets counts from now on.
    workspace.onDidGrantWorkspaceTrust(restart),
  );
  return restart();
}

export function deactivate(): Promise<void> {
  return inTurn(stop);
}

// One after the other, however fast settings change.
function inTurn(work: () => Promise<void>): Promise<void> {
  turn = turn.then(work);
  return turn;
}

async function start(context: ExtensionContext, log: LogOutputChannel): Promise<void> {
  const settings = workspace.getConfiguration("dtlint");
  const command = settings.get<string>("command", "dtlint");
  const args = settings.get<string[]>("arguments", ["lsp"]);
  // In the folder of a stranger a command may find more than it looks for.
  const options = workspace.isTrusted ? {} : { cwd: context.extensionPath };
  client = new LanguageClient(
    "dtlint",
    "dtlint",
    { command, args, options },
    {
      documentSelector: documents,
      outputChannel: log,
      middleware: {
        // From the palette a command comes without arguments.
        executeCommand: (command, given, next) => {
          const file = window.activeTextEditor?.document.uri.toString();
          return next(command, command === "dtlint.ranks" && given.length === 0 && file ? [file] : given);
        },
        workspace: {
          configuration: async (asked, token, next) => {
            const told = await next(asked, token);
            return workspace.isTrusted || !Array.isArray(told) ? told : told.map((one) => ({ ...one, trust: false }));
          },
        },
      },
    },
  );
  try {
    await client.start();
  } catch (fault) {
    // The client has shown it in a window already.
    log.error(`${[command, ...args].join(" ")} does not start; the setting dtlint.command says which one it is.`, fault);
  }
}

async function stop(): Promise<void> {
  const running = client;
  client = undefined;
  await running?.dispose().catch(() => undefined);
}
