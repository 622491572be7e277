"""`dtlint new-rule`: the card and the check of a new rule, ready to be filled in."""

from __future__ import annotations

import re
from pathlib import Path

import click

from dtlint.catalog import SITE_FOLDER, packaged
from dtlint.cli.cards_found import all_cards

_NAME = re.compile(r"([a-z][a-z0-9_-]*)/([a-z][a-z0-9]*(?:[_-][a-z0-9]+)*)")

_CARD = """\
---
title: The mistake in one sentence, without a full stop
severity: error
message: "{started} processes on each node, but it has {granted} GPUs"
symptoms: [setup/failure]
fix_pattern: communication-configuration
evidence: ["owner/repository#1"]
---
## Why

What happens then, and how it shows.

## Fix

What to do instead.

## Bad

`job.sbatch`:
```bash
#!/bin/bash
```

## Good

`job.sbatch`:
```bash
#!/bin/bash
```

## Silent

Where the answer is not known.

`job.sbatch`:
```bash
#!/bin/bash
```
"""

_CHECK = """\
from dtlint.job.launch import Launch
from dtlint.rule import Finding


def check(launch: Launch):
    started, granted = launch.per_node, launch.host.gpus
    yield Finding(when=(granted > 0) & (started > granted), at=started, started=started, granted=granted)
"""


@click.command(name="new-rule")
@click.argument("name", metavar="FAMILY/NAME")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of rules.  [dtlint's own in a checkout of dtlint, else .dtlint/rules]",
)
def command(name: str, folder: Path | None) -> None:
    """Write the card and the check of a new rule.

    FAMILY says what goes wrong (launch, rendezvous, network, device, collective, data, model, parallelism, checkpoint,
    resources, config, versions); NAME describes the mistake, not the remedy.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise click.UsageError(f"{name} is no FAMILY/NAME of small letters, digits and hyphens")
    family, rule = match[1], match[2].replace("_", "-")
    if all_cards().find(rule) is not None:
        raise click.UsageError(f"there is a rule named {rule} already")
    if folder is None:
        folder = packaged() if packaged().is_relative_to(Path.cwd()) else Path(SITE_FOLDER)
    stem = folder / family / rule.replace("-", "_")
    files = {stem.with_suffix(".md"): _CARD, stem.with_suffix(".py"): _CHECK}
    for path in files:
        if path.exists():
            raise click.UsageError(f"{path} is there already")
    try:
        stem.parent.mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
            click.echo(f"wrote {path}")
    except OSError as fault:
        raise click.ClickException(f"{fault.filename} cannot be written: {fault.strerror}") from fault
