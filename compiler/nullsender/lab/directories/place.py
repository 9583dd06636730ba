"""Where a policy says that a directory is asked: a file, a socket, or a port of a host."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote

from nullsender.lab.machine import HOSTNAME
from nullsender.lab.network import IPV4, IPV6
from nullsender.policy import Directory

_PORTS = {"postgres": "5432", "mysql": "3306", "ldap": "389"}
_LOCAL = "/run/mysqld/mysqld.sock"  # where MySQL's library asks `localhost`, whatever the port


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host and port, or a socket (then the port is 0)."""

    host: str
    port: int

    @property
    def inside(self) -> bool:
        """Whether it is the machine itself, and not another host of its internet."""
        if self.host in ("localhost", HOSTNAME, IPV4, IPV6):
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


def place_of(source: Directory) -> str:
    """Return in one word where a directory is asked."""
    if source.system == "sqlite":
        return source.text("database")
    first = endpoints(source)[0]
    return f"{first.host}:{first.port}" if first.port else first.host


def endpoints(source: Directory) -> tuple[Endpoint, ...]:
    """Return where a server of directories takes connections."""
    if source.system == "ldap":
        return (_of_ldap(source.text("server")),)
    host, port = source.text("host"), source.text("port", _PORTS[source.system])
    if host.startswith("/"):
        return (Endpoint(f"{host.rstrip('/')}/.s.PGSQL.{port}" if source.system == "postgres" else host, 0),)
    local = (Endpoint(_LOCAL, 0),) if source.system == "mysql" and host == "localhost" else ()
    return (Endpoint(host, int(port)), *local)


def _of_ldap(server: str) -> Endpoint:
    scheme, _, rest = server.rpartition("://")
    rest = rest.rstrip("/")
    if scheme == "ldapi":
        return Endpoint(unquote(rest), 0)
    host, colon, port = rest.rpartition(":")
    if not colon or not port.isdigit():
        host, port = rest, _PORTS["ldap"]
    return Endpoint(host.strip("[]"), int(port))
