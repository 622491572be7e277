"""What is kept between starts: each file read once, and again when it changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from dtlint.cache import Cache
from dtlint.shelf import Shelf, state_of


def lengths(shelf: Shelf, path: Path, made: list[str]) -> int:
    def length(file: str) -> int:
        made.append(Path(file).name)
        return len(Path(file).read_text())

    return shelf.get(str(path), state_of(str(path)), length)


def test_a_file_is_read_again_only_when_it_changes(tmp_path: Path) -> None:
    file, made, shelf = tmp_path / "rule.md", list[str](), Shelf()
    file.write_text("four")
    assert [lengths(shelf, file, made), lengths(shelf, file, made)] == [4, 4]
    assert made == ["rule.md"]
    file.write_text("longer")
    assert lengths(shelf, file, made) == 6
    assert made == ["rule.md", "rule.md"]


def test_another_start_finds_what_was_put_away_and_no_file_that_nobody_asked_for(tmp_path: Path) -> None:
    cache, made = Cache(tmp_path / "cache"), list[str]()
    for name in ("kept.md", "left.md"):
        (tmp_path / name).write_text(name)
    for asked in (("kept.md", "left.md"), ("kept.md", "new.md"), ("kept.md", "left.md")):
        (tmp_path / "new.md").write_text("new")
        shelf = Shelf()
        shelf.open(cache, tmp_path)
        for name in asked:
            lengths(shelf, tmp_path / name, made)
        shelf.close()
    assert made == ["kept.md", "left.md", "new.md", "left.md"]


def test_folders_do_not_share_a_shelf(tmp_path: Path) -> None:
    cache, made, file = Cache(tmp_path / "cache"), list[str](), tmp_path / "rule.md"
    file.write_text("four")
    for folder in ("here", "there"):
        shelf = Shelf()
        shelf.open(cache, tmp_path / folder)
        lengths(shelf, file, made)
        shelf.close()
    assert made == ["rule.md", "rule.md"]


def test_an_interrupt_at_the_last_moment_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(name: str, file: Path) -> None:
        Path(name).rename(file)
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupted)
    cache = Cache(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        cache.put("key", b"content")
    assert cache.get("key") == b"content"
