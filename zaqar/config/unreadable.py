"""Configuration files that cannot be read: all of them, and all their wrong lines, at once."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from oslo_config import cfg, iniparser

from zaqar.config.values import one_line

_NO_SECTION = "Section must be started before assignment"


def unreadable_files(arguments: Sequence[str], *, project: str, prog: str, files: Sequence[str] | None) -> list[str]:
    """Say what is wrong with the files that the program would read, a sentence each."""
    return [sentence for path in _paths(arguments, project, prog, files) for sentence in _faults(path)]


def _paths(arguments: Sequence[str], project: str, prog: str, files: Sequence[str] | None) -> Iterator[Path]:
    """Give the files that oslo.config would read; where it fails, it does not tell."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--config-file", action="append")
    parser.add_argument("--config-dir", action="append")
    named, _ = parser.parse_known_args(list(arguments))
    usual = cfg.find_config_files(project, prog) if files is None else files
    folders = cfg.find_config_dirs(project, prog) if files is None else []
    yield from (Path(name).expanduser() for name in named.config_file or usual)
    for folder in named.config_dir or folders:
        path = Path(folder).expanduser()
        if named.config_dir and not path.is_dir():
            yield path
        yield from sorted(path.glob("*.conf"))


def _faults(path: Path) -> Iterator[str]:
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        yield f"Configuration file not found: {path}."
    except PermissionError:
        yield f"Configuration file not readable: {path}."
    except OSError as error:
        yield f"Configuration file {path} cannot be read: {error.strerror}."
    except ValueError as error:
        yield f"Configuration file {path} is no text: {one_line(error)}"
    else:
        yield from _wrong_lines(path, lines)


def _wrong_lines(path: Path, lines: list[str]) -> Iterator[str]:
    has_section = False
    for _ in range(len(lines) + 1):  # each turn mends one
        parser = cfg.ConfigParser(str(path), {})
        if has_section:
            parser.new_section("DEFAULT")
        try:
            iniparser.BaseParser.parse(parser, lines)
        except iniparser.ParseError as error:
            # Without the line itself, which may hold a password.
            yield f"Configuration file {path}, line {error.lineno}: {error.msg[0].lower()}{error.msg[1:]}."
            if error.msg == _NO_SECTION:
                has_section = True
            else:
                lines[error.lineno - 1] = "# a wrong line"
        else:
            return
