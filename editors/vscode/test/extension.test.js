// The compiled extension in an editor without a window, with the real client library and the real server.
// DTLINT_PYTHON is a Python that has dtlint.

"use strict";

const assert = require("node:assert/strict");
const { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { afterEach, test } = require("node:test");
const { setTimeout: pause } = require("node:timers/promises");
const { editor } = require("./vscode.js");

const HOME = join(__dirname, "..");
const COMPILED = join(HOME, "dist", "extension.js");
const PYTHON = process.env.DTLINT_PYTHON ?? "python3";
const PACKAGE = JSON.parse(readFileSync(join(HOME, "package.json"), "utf8"));
const PROPERTIES = PACKAGE.contributes.configuration.properties;
const DEFAULTS = Object.fromEntries(Object.entries(PROPERTIES).map(([name, property]) => [name, property.default]));
const SERVER = { ...DEFAULTS, "dtlint.command": PYTHON, "dtlint.arguments": ["-m", "dtlint", "lsp"] };
const JOB = "#!/bin/bash\n#SBATCH --nodes=1\n#SBATCH --gpus-per-node=4\ntorchrun --nproc_per_node=8 train.py\n";
const RULE = `from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import TRUE


def check(launch: Launch):
    yield Finding(TRUE, launch)
`;
const CARD = `---
title: There is a launch
severity: warning
message: "there is a launch"
symptoms: [setup/failure]
fix_pattern: communication-configuration
evidence: ["https://example.org/thread"]
---
## Why

Because the site says so.
`;

let running;

/** The extension, active in this editor. */
async function activate(state) {
  const load = Module._load;
  Module._load = (name, ...rest) => (name === "vscode" ? state.module : load(name, ...rest));
  // Each editor has its own module `vscode`.
  Object.keys(require.cache).forEach((name) => delete require.cache[name]);
  const context = { subscriptions: [], extensionPath: HOME };
  running = { extension: require(COMPILED), context };
  Module._load = load;
  await running.extension.activate(context);
}

async function deactivate() {
  await running?.extension.deactivate();
  running?.context.subscriptions.forEach((one) => one.dispose());
  running = undefined;
}

afterEach(deactivate);

/** A folder with a broken job, and the document of its script in an editor. */
function broken(given = {}) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "dtlint-")));
  const path = join(root, "job.sbatch");
  writeFileSync(path, JOB);
  writeFileSync(join(root, "train.py"), "print(1)\n");
  const state = editor({ folders: [root], ...given, settings: { ...SERVER, ...given.settings } });
  return { root, state, document: state.open(path, "shellscript", JOB) };
}

async function until(holds, what) {
  for (const end = Date.now() + 60_000; Date.now() < end; await pause(20)) {
    const found = await holds();
    if (found) return found;
  }
  assert.fail(`waited in vain for ${what}`);
}

function rules(state, document) {
  return (state.diagnostics.get(document.uri.toString()) ?? []).map((one) => one.code.value ?? one.code).sort();
}

/** Wait until just these rules speak. */
function expect(state, document, ...wanted) {
  return until(() => String(rules(state, document)) === String(wanted), `${wanted}`);
}

test("a broken launch is shown, counted and explained", async () => {
  const { state, document } = broken();
  await activate(state);
  await expect(state, document, "procs-exceed-gpus");
  const [found] = state.diagnostics.get(document.uri.toString());
  assert.equal(found.range.start.line, 3);
  assert.equal(found.source, "dtlint");
  assert.ok(found.relatedInformation.length > 0);
  const lenses = await state.provider("registerCodeLensProvider").provideCodeLenses(document, {});
  assert.deepEqual(
    lenses.map((one) => one.command.title),
    ["1 node × 8 processes = 8 ranks"],
  );
  assert.equal(await state.commands.get("dtlint.ranks")(), true);
  assert.match(state.shown.join(), /ranks\.txt/);
  const at = new state.module.Position(3, 2);
  const hover = await state.provider("registerHoverProvider").provideHover(document, at, {});
  assert.match(hover.contents.value, /1 node × 8 processes = 8 ranks/);
});

test("it wakes for the languages whose documents it hands to the server", async () => {
  const { state } = broken();
  await activate(state);
  const { selector } = state.providers.find((one) => one.kind === "registerHoverProvider");
  const languages = selector.flatMap((one) => one.language ?? []);
  assert.deepEqual(languages.map((one) => `onLanguage:${one}`).sort(), [...PACKAGE.activationEvents].sort());
  assert.ok(selector.every((one) => one.scheme === "file"));
});

test("settings reach the server, at once when they change", async () => {
  const { state, document } = broken({ settings: { "dtlint.codeLens": false, "dtlint.inlayHints": true } });
  await activate(state);
  await expect(state, document, "procs-exceed-gpus");
  const lenses = () => state.provider("registerCodeLensProvider").provideCodeLenses(document, {});
  const everything = new state.module.Range(0, 0, 9, 0);
  const hints = () => state.provider("registerInlayHintsProvider").provideInlayHints(document, everything, {});
  assert.equal((await lenses()).length, 0);
  assert.equal((await hints()).length, 1);
  Object.assign(state.settings, { "dtlint.codeLens": true, "dtlint.inlayHints": false });
  await state.change("dtlint.codeLens", "dtlint.inlayHints");
  await until(async () => (await lenses()).length === 1 && (await hints()).length === 0, "other settings");
});

for (const trusted of [true, false]) {
  test(`rules of the site ${trusted ? "run where the user trusts them" : "never run in restricted mode"}`, async () => {
    const { root, state, document } = broken({ trusted, settings: { "dtlint.trust": true } });
    const folder = join(root, ".dtlint", "rules", "site");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "one_launch.py"), RULE);
    writeFileSync(join(folder, "one_launch.md"), CARD);
    await activate(state);
    await expect(state, document, ...(trusted ? ["one-launch", "procs-exceed-gpus"] : ["procs-exceed-gpus"]));
    if (trusted) return;
    state.trusted = true;
    await state.fire("onDidGrantWorkspaceTrust");
    await expect(state, document, "one-launch", "procs-exceed-gpus");
  });
}

test("it stops with the window, and starts anew when asked to or when the command is another one", async () => {
  const { state, document } = broken({ settings: { "dtlint.command": "no-such-command" } });
  await activate(state);
  assert.match(state.shown.join(), /no-such-command/);
  assert.match(state.logged.flat().join(), /dtlint\.command/);
  state.settings["dtlint.command"] = PYTHON;
  await state.change("dtlint.command");
  await expect(state, document, "procs-exceed-gpus");
  state.diagnostics.clear();
  await Promise.all([state.commands.get("dtlint.restart")(), state.commands.get("dtlint.restart")()]);
  await expect(state, document, "procs-exceed-gpus");
  assert.deepEqual([...state.commands.keys()].sort(), ["dtlint.explain", "dtlint.ranks", "dtlint.restart"]);
  await deactivate();
  assert.equal(state.commands.size, 0);
  assert.equal(state.diagnostics.size, 0);
  assert.equal(state.providers.length, 0);
});
