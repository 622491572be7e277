from dtlint.job.addresses import services_meant
from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import Items, every


def check(run: Run):
    for served in services_meant(run):
        spec = served.service.field("spec")
        listed = spec.field("ports")
        own_address = spec.field("clusterIP")
        headless = not own_address.is_absent and not (own_address != "None").always
        if headless or served.port.is_absent or not isinstance(listed.content, Items) or not listed.content.complete:
            continue
        ports = [one.field("port").as_int() for one in listed.content.items]
        yield Finding(
            when=every(port != served.port for port in ports),
            at=served.port,
            because=(listed, served.address),
            service=str(served.service.field("metadata").field("name")),
            port=served.port,
            ports=", ".join(map(str, ports)),
        )
