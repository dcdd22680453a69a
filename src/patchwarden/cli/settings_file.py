"""Settings from a TOML file; a flag and a PATCHWARDEN_* variable win over it.

```toml
endpoint = "http://patches.example.net:8440"   # shared: for every command that has --endpoint

[serve]                                        # for one command, by the names of its flags
listen = "0.0.0.0:8440"
```
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

SHARED = frozenset({"account", "data", "endpoint", "format", "profile", "region", "store"})
"""What may stand at the top of the file, because several commands take it."""
_SYSTEM_WIDE = Path("/etc/patchwarden/config.toml")


class SettingsGroup(click.Group):
    """A group that hands each of its commands the part of the settings file that concerns it."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command and put its settings where click looks for defaults."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None and ctx.default_map:
            settings = _settings_of(ctx.default_map, name, command)
            ctx.default_map = {**ctx.default_map, name: settings}
        return name, command, rest


def read_settings(ctx: click.Context, _option: click.Parameter, given: str | None) -> None:
    """Read the settings file, given or usual, into the defaults of the root command."""
    if ctx.resilient_parsing:
        return
    path = Path(given) if given else _usual_file()
    if path is None:
        return
    settings = _parsed(path)
    group = ctx.command
    assert isinstance(group, click.Group)
    known = group.list_commands(ctx)
    for key, value in settings.items():
        if isinstance(value, dict):
            if key not in known:
                raise click.ClickException(f"{path}: [{key}] is not a command of patchwarden.")
        elif key not in SHARED:
            raise click.ClickException(
                f"{path}: {key} cannot stand at the top of the file, only "
                f"{', '.join(sorted(SHARED))}; put it under the [command] that it is for."
            )
    ctx.default_map = settings


def _usual_file() -> Path | None:
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    usual = (Path(home) / "patchwarden" / "config.toml", _SYSTEM_WIDE)
    return next((path for path in usual if path.is_file()), None)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise click.ClickException(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{path} is not valid TOML: {error}.") from error


def _settings_of(above: Mapping[str, Any], name: str, command: click.Command) -> dict[str, Any]:
    shared = {key: value for key, value in above.items() if not isinstance(value, dict)}
    own = above.get(name, {})
    if isinstance(command, click.Group):
        return {**shared, **own}
    parameters = {
        flag.lstrip("-"): parameter.name
        for parameter in command.params
        for flag in parameter.opts
        if flag.startswith("--") and parameter.name is not None
    }
    for key in own:
        if key not in parameters:
            raise click.ClickException(
                f"The settings file has {key} under [{name}], which is no option of that command; "
                f"it takes {', '.join(parameters)}."
            )
    return {parameters[key]: value for key, value in {**shared, **own}.items() if key in parameters}
