"""Jobs of NVIDIA FLARE that it refuses to take: `JobMetaValidator` of nvflare/private/fed/server/job_meta_validator.py
of https://github.com/NVIDIA/NVFlare (2.8)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.job.refusal import Refusal
from dtlint.value import TRUE, Fields, Items, Value, truth

ALL: Final = "@ALL"
_SITE: Final = re.compile(r"[\w.@-]+")
"""A name; others are for something to fill in."""
SERVER: Final = "server"


def refusals(meta: Value) -> Iterator[Refusal]:
    """Why the job that `meta` describes is not taken."""
    deployed = meta.field("deploy_map")
    sites = _sites(deployed)
    if sites is None:
        return
    names = [site.string for site in sites]
    if any((name or "").casefold() == ALL.casefold() for name in names):
        if len(names) > 1:
            yield Refusal(TRUE, deployed, f"beside {ALL} its deploy_map must name no other site")
        return
    if SERVER not in names:
        yield Refusal(TRUE, deployed, "its deploy_map sends nothing to the server")
    twice = next((site for place, site in enumerate(sites) if site.string in names[:place]), None)
    if twice is not None:
        yield Refusal(TRUE, twice, f"it sends several apps to {twice}")
    clients = {name for name in names if name != SERVER}
    least = meta.field("min_clients").as_int()
    if not least.is_absent and clients:
        counted = f"{len(clients)} client" + ("s" if len(clients) > 1 else "")
        yield Refusal(least > len(clients), least, f"min_clients is {least}, but its deploy_map names {counted}")
        yield Refusal(least <= 0, least, f"min_clients is {least}, and must be above 0")
    mandatory = meta.field("mandatory_clients").content
    for client in mandatory.items if isinstance(mandatory, Items) else ():
        if client.string is not None:
            missing = truth(client.string not in clients)
            yield Refusal(missing, client, f"the mandatory client {client} is not in its deploy_map")


def _sites(deployed: Value) -> list[Value] | None:
    """All sites that the map names; None where one is not known."""
    if not isinstance(deployed.content, Fields) or not deployed.content.complete:
        return None
    found: list[Value] = []
    pending = list(deployed.content.entries.values())
    while pending:
        given = pending.pop(0)
        match given.content:
            case Fields():
                pending.insert(0, given.field("targets").or_default(given.field("sites")))
            case Items(items=members, complete=True):
                pending = [*members, *pending]
            case _ if _SITE.fullmatch(given.string or ""):
                found.append(given)
            case _:
                return None
    return found or None
