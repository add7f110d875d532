"""Settings of who may come in. Each reader gives the value of a text, or says what is wrong with it."""

import hashlib
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from app.settings import LOGIN_FILE, need

OPEN_TO_ALL = "anyone may use this server"
FRONT_ASKS = "the front asks for a login"
WORDS = (OPEN_TO_ALL, FRONT_ASKS)
"""What LESION_PUBLIC takes."""

EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class Account:
    """The clinic's one account.

    Attributes:
        name: what is typed beside the password.
        hashed: the password's salted scrypt hash, as Werkzeug writes it.
    """

    name: str
    hashed: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenID Connect provider, and whom of its people this server lets in.

    Attributes:
        issuer: its address; its description lies at <issuer>/.well-known/openid-configuration.
        client_id, client_secret: as the provider knows this server.
        scope: what it is asked for, with spaces between.
        everyone: whether all of its people may come in.
        domains: of verified addresses of e-mail whose owners may.
        groups: names in the claim `groups` whose members may.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str
    everyone: bool = False
    domains: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Access:
    """Attributes:
    account: LESION_LOGIN, as `flask --app wsgi login new` prints it.
    provider: LESION_OIDC_ISSUER and the settings beside it.
    idle_seconds: LESION_LOGIN_IDLE_MINUTES (minutes), after which a login that nobody uses ends.
    seconds: LESION_LOGIN_HOURS (hours), after which every login ends.
    public: LESION_PUBLIC, one of WORDS, or empty.
    """

    account: Account | None = None
    provider: Provider | None = None
    idle_seconds: float = 30 * 60
    seconds: float = 12 * 3600
    public: str = ""

    @property
    def login(self) -> bool:
        """Whether there is anything to log in with."""
        return self.account is not None or self.provider is not None

    @property
    def mark(self) -> str:
        """Stands in every session, so that another password or another rule ends those from before."""
        secret = self.provider.client_secret if self.provider else ""
        hashed = self.account.hashed if self.account else ""
        return hashlib.sha256(repr((self, hashed, secret)).encode()).hexdigest()[:16]

    def refusal(self, hosts: Iterable[str], *, proxies: int, keys: bool) -> str | None:
        """Why a server that listens on `hosts` must not start: others could reach it, and nobody said that they may.

        Args:
            hosts: addresses or names; a path is a socket file, which only this machine reaches.
            proxies: LESION_PROXIES. A front's business is to let others in.
            keys: whether the API asks for one.
        """
        reached = [f"it listens on {host}" for host in hosts if not _this_machine(host)]
        if proxies:
            reached.append("LESION_PROXIES says that a front stands before it")
        if not reached or self.login or keys or self.public:
            return None
        return (
            f"{reached[0]}, so that others can reach it, and it asks nobody who they are. Set a login (LESION_LOGIN, "
            f"LESION_OIDC_ISSUER) or API keys (LESION_API_KEYS), or say LESION_PUBLIC='{OPEN_TO_ALL}'."
        )


def account(text: str) -> Account | None:
    """`name:hash`.

    Raises:
        ValueError: it has another form.
    """
    if not text:
        return None
    found = re.fullmatch(
        r"([\w.@-]{1,64}):(scrypt:\d{1,9}:\d{1,3}:\d{1,3})\.([A-Za-z0-9]{8,64})\.([0-9a-f]{128})", text
    )
    if not found:  # without the text: who typed the password itself by mistake would find it in a log
        raise ValueError("needs the line that `flask --app wsgi login new NAME` prints")
    return Account(found[1], f"{found[2]}${found[3]}${found[4]}")


def entry(found: Account) -> str:
    """The text of an account. Without `$`, which shells and compose files would take for a variable."""
    return f"{found.name}:{found.hashed.replace('$', '.')}"


def public(text: str) -> str:
    """One of WORDS.

    Raises:
        ValueError: it is none of them.
    """
    if text and text not in WORDS:
        raise ValueError(f"takes the words '{OPEN_TO_ALL}' or '{FRONT_ASKS}'")
    return text


def issuer(text: str) -> str:
    """`https://login.clinic.example/realm`. Plain http only on this machine.

    Raises:
        ValueError: it is none.
    """
    parts = urlsplit(text)
    if text and (not parts.hostname or parts.query or parts.fragment or not _private(parts.scheme, parts.hostname)):
        raise ValueError("needs the provider's address, such as 'https://login.clinic.example/realm'")
    if text:
        need("authlib", LOGIN_FILE)
    return text.rstrip("/")


def allowed(text: str) -> tuple[bool, frozenset[str], frozenset[str]]:
    """`domain:clinic.example,group:dermatology`, or `everyone`.

    Returns:
        Whether everyone may, domains in lower case, groups.

    Raises:
        ValueError: an entry is none of these.
    """
    entries = [part.strip() for part in text.split(",") if part.strip()]
    if entries == [EVERYONE]:
        return True, frozenset(), frozenset()
    found: dict[str, set[str]] = {"domain": set(), "group": set()}
    for part in entries:
        kind, _, value = part.partition(":")
        if kind not in found or not value:
            raise ValueError(f"needs 'domain:clinic.example', 'group:dermatology', or '{EVERYONE}', not {part!r}")
        found[kind].add(value.lower() if kind == "domain" else value)
    return False, frozenset(found["domain"]), frozenset(found["group"])


def _private(scheme: str, host: str) -> bool:
    return scheme == "https" or (scheme == "http" and _this_machine(host))


def _this_machine(host: str) -> bool:
    if host == "localhost" or host.startswith(("/", "unix:")):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
