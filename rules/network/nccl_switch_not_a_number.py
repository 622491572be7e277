import re

from dtlint.job.nccl import NUMBERS
from dtlint.job.run import Setting
from dtlint.mend import word
from dtlint.rule import Finding
from dtlint.value import truth

NUMBER = re.compile(r"\s*([+-]?(?:0[xX][0-9a-fA-F]+|\d+))")

SWITCH = {"true": "1", "yes": "1", "on": "1", "false": "0", "no": "0", "off": "0"}
"""What people write who mean a switch."""


def check(setting: Setting):
    if not setting.exported or not setting.value.known or setting.name not in NUMBERS:
        return
    text = str(setting.value)
    read = NUMBER.match(text)
    rest = text[read.end() if read else 0 :].strip()
    yield Finding(
        when=truth(rest != ""),
        at=setting.at,
        edits=(word(setting.at, text, SWITCH[text.lower()]),) if text.lower() in SWITCH else (),
        name=setting.name,
        value=setting.value,
        read=read[1] if read else 0,
    )
