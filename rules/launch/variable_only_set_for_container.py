from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import TRUE


def check(run: Run):
    exported = {setting.name for setting in run.settings if setting.exported}
    for launch in run.launches:
        if launch.container is None or launch.container.options is None:
            continue
        for given in launch.options.given.get("--env", ()):
            name = given.values[0].string
            # What the user's shell exports already stays exported when a script sets it.
            if name is None or "=" in name or name in exported or launch.environment.set(name):
                continue
            setting = next((one for one in run.settings if one.name == name and before(one, launch)), None)
            if setting is not None and own(setting, name):
                yield Finding(when=TRUE, at=given.at, because=((f"{name} is set here", setting.at),), name=name)


def before(setting, launch):
    return setting.at.path == launch.at.path and setting.at.end <= launch.at.start


def own(setting, name):
    """The script gives it a value of its own, not one that it may have come with."""
    value = setting.value
    return value.known and not any(f"${{{name}" in step.text or f"${name}" in step.text for step in value.trail)
