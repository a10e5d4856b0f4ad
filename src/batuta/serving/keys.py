"""The API keys of a workspace: what is kept of them is a hash, so that whoever reads the file has no key.

They are in a file of their own and not in the journal: a key that was revoked must not come back with a backup.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Generator
from pathlib import Path

import msgspec

from batuta.errors import InputError, NotFound
from batuta.reading.nearest import did_you_mean
from batuta.storage.files import write_whole

__all__ = ["KEYS_FILE", "Issued", "Keys"]

# Below the folder of the workspace.
KEYS_FILE = Path(".batuta") / "keys.json"

_PREFIX = "batuta"
# Of the part by which a key is found, and of the part that is secret, in bytes.
_ID_BYTES, _SECRET_BYTES = 6, 32
KEYS_MAX = 10_000
_NAME_CHARS_MAX = 100


class Issued(msgspec.Struct, frozen=True, omit_defaults=True):
    """A key, without what makes it one. Times in seconds of the Unix epoch; 0: never.

    `digest` is BLAKE2b of the secret part, keyed with `salt`. The secret is 256 random bits: nobody guesses it, and a
    slow hash would only slow down us.
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    salt: str
    digest: str
    created_at: float
    expires_at: float = 0.0
    revoked_at: float = 0.0


class _File(msgspec.Struct, frozen=True):
    format: int
    keys: tuple[Issued, ...]


class Keys:
    """The keys of the workspace in `folder`; what another process changes is seen at the next look."""

    def __init__(self, folder: str | Path) -> None:
        self._path = Path(folder) / KEYS_FILE
        self._seen: tuple[int, int, int] | None = None
        self._keys: dict[str, Issued] = {}

    def all(self) -> list[Issued]:
        """Every key there ever was, the oldest first. Raises `InputError` if the file cannot be read."""
        self._look()
        return list(self._keys.values())

    def add(
        self,
        name: str,
        scopes: tuple[str, ...],
        now: float,
        *,
        expires_at: float = 0.0,
        key_id: str = "",
    ) -> tuple[Issued, str]:
        """A new key, and the text of it, which is nowhere kept. `key_id`: of twelve hexadecimal digits; "": any.

        Raises `InputError`.
        """
        if not name.strip() or len(name) > _NAME_CHARS_MAX or not name.isprintable():
            raise InputError(
                "this is no name", remedy=f"at most {_NAME_CHARS_MAX} characters, printable"
            )
        if not scopes:
            raise InputError("a key without scopes may do nothing", remedy="choose one")
        secret, salt = secrets.token_urlsafe(_SECRET_BYTES), secrets.token_bytes(16)
        issued = Issued(
            id=key_id or secrets.token_hex(_ID_BYTES),
            name=name,
            scopes=scopes,
            salt=salt.hex(),
            digest=_digest(secret, salt),
            created_at=now,
            expires_at=expires_at,
        )
        with self._changing():
            if key_id in self._keys:
                raise InputError(
                    f"the key {key_id} was made before",
                    remedy="it was shown that once; if it is lost, revoke it, and make another one",
                )
            if len(self._keys) >= KEYS_MAX:
                raise InputError(f"there are {KEYS_MAX:,} keys", remedy="remove old ones")
            self._write([*self._keys.values(), issued])
        return issued, f"{_PREFIX}_{issued.id}_{secret}"

    def revoke(self, key_id: str, now: float) -> Issued:
        """Let a key count no longer. Raises `NotFound`, `InputError`."""
        with self._changing():
            if key_id not in self._keys:
                raise NotFound(
                    f"there is no key {key_id[:40]!r}",
                    remedy=did_you_mean(key_id[:40], self._keys, "keys"),
                )
            issued = self._keys[key_id]
            if not issued.revoked_at:
                issued = msgspec.structs.replace(issued, revoked_at=now)
                self._write([issued if one.id == key_id else one for one in self._keys.values()])
        return issued

    def find(self, text: str, now: float) -> Issued | None:
        """The key that `text` is, if it counts now. Raises `InputError` if the file cannot be read."""
        self._look()
        prefix, _, rest = text.partition("_")
        key_id, _, secret = rest.partition("_")
        issued = self._keys.get(key_id)
        # Whether there is such a key is not to be heard from the time that the answer takes.
        salt = bytes.fromhex(issued.salt) if issued is not None else b"nobody"
        same = hmac.compare_digest(_digest(secret, salt), issued.digest if issued else "0" * 64)
        if issued is None or not same or prefix != _PREFIX or issued.revoked_at:
            return None
        return None if issued.expires_at and issued.expires_at <= now else issued

    def _look(self) -> None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self._seen, self._keys = None, {}
            return
        except OSError as error:
            raise self._unreadable(error.strerror or str(error)) from None
        seen = (found.st_mtime_ns, found.st_size, found.st_ino)
        if seen == self._seen:
            return
        try:
            read = msgspec.json.decode(self._path.read_bytes(), type=_File)
        except (OSError, msgspec.MsgspecError) as error:
            raise self._unreadable(str(error)) from None
        self._seen, self._keys = seen, {one.id: one for one in read.keys}

    @contextlib.contextmanager
    def _changing(self) -> Generator[None]:
        """Alone with the file, as it is."""
        lock = self._path.with_name("keys.lock")
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._unreadable(error.strerror or str(error)) from None
        try:
            _lock(handle)
            self._look()
            yield
        finally:
            os.close(handle)

    def _write(self, keys: list[Issued]) -> None:
        text = msgspec.json.format(msgspec.json.encode(_File(1, tuple(keys)))).decode()
        write_whole(self._path, text + "\n", replace=True)
        with contextlib.suppress(OSError):
            self._path.chmod(0o600)
        self._look()

    def _unreadable(self, why: str) -> InputError:
        return InputError(
            f"the keys in {str(self._path)!r} cannot be read or written: {why}",
            remedy="make the file readable; without it, nobody with a key is let in",
        )


def _digest(secret: str, salt: bytes) -> str:
    return hashlib.blake2b(
        secret.encode("utf-8", "replace"), key=salt, person=b"batuta-key", digest_size=32
    ).hexdigest()


def _lock(handle: int) -> None:
    """Wait until nobody else changes the file. Where the system has no such locks, the last one counts."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(handle, fcntl.LOCK_EX)
