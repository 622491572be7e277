from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.downloads import opened_early
from dtlint.value import TRUE


def check(world: World):
    for one in opened_early(world):
        yield Finding(
            when=TRUE,
            at=one.opens,
            because=(("it is fetched here", one.fetches), one.folder),
            opener=one.opener.label,
            fetcher=one.fetcher.label,
            what=one.opens.method,
            folder=one.folder if one.folder.known else "one folder",
        )
