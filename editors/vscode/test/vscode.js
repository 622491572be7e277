// As much of the module `vscode` as the extension and vscode-languageclient need: settings, documents and events are
// the test's, and what is registered can be asked as an editor would.

"use strict";

const { URI } = require("vscode-uri");

class Disposable {
  constructor(dispose = () => undefined) {
    this.dispose = dispose;
  }
  static from(...all) {
    return new Disposable(() => all.forEach((one) => one.dispose()));
  }
}

class EventEmitter {
  #listeners = new Set();
  event = (listener, self, disposables) => {
    const heard = self === undefined ? listener : listener.bind(self);
    this.#listeners.add(heard);
    const subscription = new Disposable(() => this.#listeners.delete(heard));
    disposables?.push(subscription);
    return subscription;
  };
  fire = (what) => Promise.all([...this.#listeners].map((listener) => listener(what)));
  dispose = () => this.#listeners.clear();
}

class CancellationTokenSource {
  token = { isCancellationRequested: false, onCancellationRequested: new EventEmitter().event };
  cancel() {}
  dispose() {}
}

class Position {
  constructor(line, character) {
    Object.assign(this, { line, character });
  }
}

class Range {
  constructor(start, end, endLine, endCharacter) {
    const numbers = typeof start === "number";
    this.start = numbers ? new Position(start, end) : start;
    this.end = numbers ? new Position(endLine, endCharacter) : end;
  }
}

class CodeActionKind {
  constructor(value) {
    this.value = value;
  }
  append(part) {
    return new CodeActionKind(this.value ? `${this.value}.${part}` : part);
  }
}
for (const [name, value] of Object.entries({
  Empty: "",
  QuickFix: "quickfix",
  Refactor: "refactor",
  RefactorExtract: "refactor.extract",
  RefactorInline: "refactor.inline",
  RefactorRewrite: "refactor.rewrite",
  Source: "source",
  SourceOrganizeImports: "source.organizeImports",
})) {
  CodeActionKind[name] = new CodeActionKind(value);
}

class MarkdownString {
  constructor(value = "") {
    this.value = value;
  }
  appendMarkdown(text) {
    this.value += text;
  }
}

/** Classes by the names of what they are given. */
const records = {
  CodeAction: ["title", "kind"],
  CodeLens: ["range", "command"],
  Diagnostic: ["range", "message", "severity"],
  DiagnosticRelatedInformation: ["location", "message"],
  Hover: ["contents", "range"],
  InlayHint: ["position", "label", "kind"],
  Location: ["uri", "range"],
  RelativePattern: ["baseUri", "pattern"],
};

/** A class of that name; members that nobody gave it are the members of an enumeration. */
function classOf(name) {
  const made = class {
    constructor(...given) {
      (records[name] ?? []).forEach((field, index) => (this[field] = given[index]));
    }
  };
  return new Proxy(made, { get: (target, member) => target[member] ?? `${name}.${String(member)}` });
}

/** The part of the API that `own` says; an event of it never comes, and what is registered is kept in `providers`. */
function namespace(own, events, providers = []) {
  return new Proxy(own, {
    get(target, name) {
      if (name in target) return target[name];
      if (typeof name === "string" && /^on(Did|Will)/.test(name)) return (events[name] ??= new EventEmitter()).event;
      if (typeof name === "string" && name.startsWith("register")) {
        return (selector, provider) => {
          const entry = { kind: name, selector, provider };
          providers.push(entry);
          return new Disposable(() => providers.splice(providers.indexOf(entry), 1));
        };
      }
      return undefined;
    },
  });
}

/** An editor with these settings (by their full names) and folders. */
exports.editor = function ({ settings = {}, folders = [], trusted = true } = {}) {
  const state = {
    settings,
    trusted,
    documents: [],
    /** By name. */
    commands: new Map(),
    /** What was shown in windows, and what went to the log. */
    shown: [],
    logged: [],
    /** By URI, from all collections. */
    diagnostics: new Map(),
    providers: [],
    events: {},
  };
  const configuration = (section) => {
    const prefix = section ? `${section}.` : "";
    const told = {};
    for (const [name, value] of Object.entries(state.settings)) {
      if (name.startsWith(prefix)) {
        const steps = name.slice(prefix.length).split(".");
        const last = steps.pop();
        steps.reduce((into, step) => (into[step] ??= {}), told)[last] = value;
      }
    }
    const get = (name, otherwise) => name.split(".").reduce((from, step) => from?.[step], told) ?? otherwise;
    return Object.assign(told, { get, has: (name) => prefix + name in state.settings, inspect: () => undefined });
  };
  const workspaceFolders = folders.map((path, index) => ({ uri: URI.file(path), name: path, index }));
  const collection = () => ({
    set: (uri, found) => state.diagnostics.set(uri.toString(), found ?? []),
    delete: (uri) => state.diagnostics.delete(uri.toString()),
    has: (uri) => state.diagnostics.has(uri.toString()),
    get: (uri) => state.diagnostics.get(uri.toString()),
    clear: () => state.diagnostics.clear(),
    forEach: (visit) => state.diagnostics.forEach((found, uri) => visit(URI.parse(uri), found)),
    dispose: () => state.diagnostics.clear(),
  });
  const say =
    (level) =>
    (...said) =>
      state.logged.push([level, said.map(String).join(" ")]);
  const log = () => {
    const levels = ["append", "appendLine", "trace", "debug", "info", "warn", "error"];
    const channel = { logLevel: "LogLevel.Info", show() {}, dispose() {}, onDidChangeLogLevel: new EventEmitter().event };
    return Object.assign(channel, Object.fromEntries(levels.map((level) => [level, say(level)])));
  };
  const show = (message) => {
    state.shown.push(message);
    return Promise.resolve(undefined);
  };
  const watcher = () => ({
    onDidCreate: new EventEmitter().event,
    onDidChange: new EventEmitter().event,
    onDidDelete: new EventEmitter().event,
    dispose() {},
  });
  const own = {
    Disposable,
    EventEmitter,
    CancellationTokenSource,
    Position,
    Range,
    CodeActionKind,
    MarkdownString,
    Uri: URI,
    version: "1.91.0",
    env: { appName: "a test", language: "en" },
    commands: {
      registerCommand(name, run) {
        if (state.commands.has(name)) throw new Error(`command '${name}' already exists`);
        state.commands.set(name, run);
        return new Disposable(() => state.commands.delete(name));
      },
    },
    languages: namespace(
      {
        createDiagnosticCollection: collection,
        // By scheme and language alone.
        match: (selector, document) =>
          selector.some((one) => one.scheme === document.uri.scheme && one.language === document.languageId) ? 10 : 0,
      },
      state.events,
      state.providers,
    ),
    window: namespace(
      {
        createOutputChannel: log,
        showErrorMessage: show,
        showWarningMessage: show,
        showInformationMessage: show,
        withProgress: (_options, work) => work({ report() {} }, new CancellationTokenSource().token),
        showTextDocument: async (uri) => state.shown.push(uri.toString()),
        get activeTextEditor() {
          return { document: state.documents[0] };
        },
        get visibleTextEditors() {
          return state.documents.map((document) => ({ document }));
        },
        tabGroups: { all: [], onDidChangeTabs: new EventEmitter().event },
      },
      state.events,
    ),
    workspace: namespace(
      {
        get isTrusted() {
          return state.trusted;
        },
        get textDocuments() {
          return state.documents;
        },
        workspaceFolders,
        notebookDocuments: [],
        fs: { stat: () => Promise.reject(new Error("not asked for")) },
        getConfiguration: configuration,
        getWorkspaceFolder: (uri) => workspaceFolders.find((one) => uri.path.startsWith(`${one.uri.path}/`)),
        createFileSystemWatcher: watcher,
      },
      state.events,
    ),
  };
  /** A document as an editor has it. */
  state.open = (path, languageId, text) => {
    const uri = URI.file(path);
    const document = { uri, languageId, version: 1, isDirty: false, isClosed: false, getText: () => text };
    state.documents.push(document);
    return document;
  };
  state.fire = (event, what) => state.events[event]?.fire(what) ?? Promise.resolve();
  /** These settings have changed. */
  state.change = (...names) =>
    state.fire("onDidChangeConfiguration", {
      affectsConfiguration: (section) => names.some((name) => `${name}.`.startsWith(`${section}.`)),
    });
  state.provider = (kind) => state.providers.find((one) => one.kind === kind)?.provider;
  const classes = {};
  state.module = new Proxy(own, {
    get: (target, name) => target[name] ?? (typeof name === "string" ? (classes[name] ??= classOf(name)) : undefined),
  });
  return state;
};
