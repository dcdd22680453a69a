"""`--listen HOST:PORT`."""

from typing import NamedTuple

import click

from patchwarden.server.settings import DEFAULT_HOST, DEFAULT_PORT


class ListenAddress(NamedTuple):
    """Where a server listens; port 0 stands for any free one."""

    host: str
    port: int


class _ListenAddressType(click.ParamType[ListenAddress]):
    name = "HOST:PORT"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> ListenAddress:
        if isinstance(value, ListenAddress):
            return value
        host, _, port = str(value).rpartition(":")
        if not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
            self.fail(f"{value!r} is not of the form HOST:PORT, such as 127.0.0.1:8440", param, ctx)
        return ListenAddress(host.strip("[]"), int(port))


listen_option = click.option(
    "--listen",
    type=_ListenAddressType(),
    default=f"{DEFAULT_HOST}:{DEFAULT_PORT}",
    envvar="PATCHWARDEN_LISTEN",
    show_envvar=True,
    help="The address to listen on; port 0 takes any free one.",
)
