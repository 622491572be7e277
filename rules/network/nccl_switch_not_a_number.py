import re

from dtlint.job.nccl import NUMBERS
from dtlint.job.run import Setting
from dtlint.rule import Finding
from dtlint.value import truth

NUMBER = re.compile(r"\s*([+-]?(?:0[xX][0-9a-fA-F]+|\d+))")


def check(setting: Setting):
    if not setting.exported or not setting.value.known or setting.name not in NUMBERS:
        return
    text = str(setting.value)
    read = NUMBER.match(text)
    rest = text[read.end() if read else 0 :].strip()
    yield Finding(
        when=truth(rest != ""),
        at=setting.at,
        name=setting.name,
        value=setting.value,
        read=read[1] if read else 0,
    )
