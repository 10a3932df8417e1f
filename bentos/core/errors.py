"""The one error tree, and the one table that turns it into HTTP.

* EkibenError                  anything Ekiben refuses to do; `exit_code` is what the command line ends with
  + RequestError               a caller's request can't be answered; `status`, `title` make the document
    - MalformedBody            400  no JSON, empty, NaN, nested too deep
    - Unauthorized             401  no key, or a wrong one
    - UnknownResource          404  nothing under this path
    - MethodNotAllowed         405  the path exists, the method does not
    - BodyTooLarge             413  more bytes than the route takes
    - UnsupportedMediaType     415  a body that is not JSON
    - InvalidFields            422  JSON, but not what the contract says
    - Overloaded               429  more requests than can be answered in time: try again in a second
    - RateLimited              429  more requests than this key may send
    - InternalFailure          500  our fault; no detail leaves the process
    - NotReady                 503  starting or stopping: send it to another replica
    - DependencyUnavailable    503  a database or the like does not answer
  + PackageError               a model package that must not load
    - PackageNotFound          nothing at the address
    - PackageUnpinned          no digest names the bytes to expect
    - SignatureInvalid         missing, made by another key, or not over these bytes
    - FileAltered              bytes differ from the manifest
    - ContractMismatch         made for another version of the code
    - PackageUnloadable        verified, but its content can't be read
    - SelfTestFailed           loads, but no longer gives the answers it was signed with
  + SettingsError              a setting that makes no sense
  + DatabaseUnavailable        a database that is absent, locked, broken, too slow or without tables

Transport code raises and renders these; it never builds a status code of its own.
"""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

MOST_IN_DETAIL = 3
"""Bad fields that the sentence of a problem document names; its `errors` name more."""


MOST_ECHOED = 100
"""Characters of a caller's own text that an answer repeats."""

MOST_NAMED = 100
"""Bad fields that one problem document names."""


class FieldError(msgspec.Struct, frozen=True):
    """One bad field of a request: `field` is a JSON path such as `battles[3].pokemon_1_id`."""

    field: str
    message: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str = ""
    instance: str = ""
    errors: tuple[FieldError, ...] = ()


class EkibenError(Exception):
    """Anything Ekiben refuses to do, with a sentence that a user can act on."""

    exit_code: ClassVar[int] = 1


class RequestError(EkibenError):
    """A request that can't be answered."""

    status: ClassVar[int]
    slug: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, detail: str = "", errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers: tuple[tuple[bytes, bytes], ...] = ()

    def problem(self, instance: str) -> Problem:
        """Return the problem document for the request path `instance`."""
        return Problem(
            type=f"urn:ekiben:problem:{self.slug}",
            title=self.title,
            status=self.status,
            detail=self.detail,
            instance=instance[:MOST_ECHOED],
            errors=self.errors,
        )


class MalformedBody(RequestError):
    """The body is not one JSON document."""

    status, slug, title = 400, "malformed-body", "The body is not valid JSON"


class Unauthorized(RequestError):
    """The route needs an API key."""

    status, slug, title = 401, "unauthorized", "A valid X-API-Key header is needed"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.headers = ((b"www-authenticate", b'ApiKey realm="ekiben"'),)


class UnknownResource(RequestError):
    """Nothing lives under this path."""

    status, slug, title = 404, "unknown-resource", "There is nothing here"


class MethodNotAllowed(RequestError):
    """The path exists; the method does not."""

    status, slug, title = 405, "method-not-allowed", "This path does not take this method"

    def __init__(self, method: str, allowed: Sequence[str]) -> None:
        names = ", ".join(sorted(allowed))
        super().__init__(f"{method} is not one of: {names}.")
        self.headers = ((b"allow", names.encode()),)


class BodyTooLarge(RequestError):
    """The body has more bytes than the route takes."""

    status, slug, title = 413, "body-too-large", "The body is too large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"This route takes at most {limit_bytes} bytes.")


class UnsupportedMediaType(RequestError):
    """The body is declared to be something other than JSON."""

    status, slug, title = 415, "unsupported-media-type", "The body must be application/json"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.headers = ((b"accept", b"application/json"),)


class InvalidFields(RequestError):
    """Well-formed JSON that the contract does not allow."""

    status, slug, title = 422, "invalid-fields", "The request does not fit the contract"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        named = "; ".join(f"{error.field}: {error.message}" for error in errors[:MOST_IN_DETAIL])
        left = len(errors) - MOST_IN_DETAIL
        if left > 0:
            named += f"; and {left} more"
        if len(errors) >= MOST_NAMED:
            named += f"; only the first {MOST_NAMED} are named"
        super().__init__(named, errors[:MOST_NAMED])


class Overloaded(RequestError):
    """More requests come than can be answered in time, and this one is not worked on."""

    status, slug, title = 429, "overloaded", "The server has more requests than it can answer in time"

    def __init__(self, detail: str = "Try again in a second; the request was not worked on.") -> None:
        super().__init__(detail)
        self.headers = ((b"retry-after", b"1"),)


class RateLimited(RequestError):
    """This key has sent as many requests as it may for now."""

    status, slug, title = 429, "rate-limited", "This key has sent as many requests as it may"

    def __init__(self, limit: str, retry_after_seconds: int) -> None:
        super().__init__(f"It may send {limit}; try again in {retry_after_seconds} s.")
        self.headers = ((b"retry-after", b"%d" % retry_after_seconds),)


class InternalFailure(RequestError):
    """Our fault; the log has the cause, the caller has the request id."""

    status, slug, title = 500, "internal-failure", "The server failed to answer"


class NotReady(RequestError):
    """The process is starting or stopping; `detail` says which."""

    status, slug, title = 503, "not-ready", "This server is not taking requests"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.headers = ((b"retry-after", b"1"),)


class DependencyUnavailable(RequestError):
    """Something that this answer needs, such as a database, does not answer; `detail` says what."""

    status, slug, title = 503, "dependency-unavailable", "Something this answer needs is not available"

    def __init__(self, detail: str = "", retry_after_seconds: int = 1) -> None:
        super().__init__(detail)
        self.headers = ((b"retry-after", b"%d" % retry_after_seconds),)


PROBLEMS: tuple[type[RequestError], ...] = (
    MalformedBody,
    Unauthorized,
    UnknownResource,
    MethodNotAllowed,
    BodyTooLarge,
    UnsupportedMediaType,
    InvalidFields,
    Overloaded,
    RateLimited,
    InternalFailure,
    NotReady,
    DependencyUnavailable,
)
"""Every problem a caller can meet; the OpenAPI document and the tests walk this table."""


class PackageError(EkibenError):
    """A model package that must not load."""

    exit_code = 6


class PackageNotFound(PackageError):
    """Nothing readable at the address."""

    def __init__(self, uri: str, name: str, reason: str = "") -> None:
        super().__init__(f"No {name} at {uri}" + (f": {reason}." if reason else "."))


class PackageUnpinned(PackageError):
    """The pin names no digest, so nothing says which bytes are meant."""

    def __init__(self, uri: str) -> None:
        super().__init__(f"The package at {uri} is not pinned: set the digest that it must have.")


class SignatureInvalid(PackageError):
    """The manifest is unsigned, or the signature is not by the expected key over these bytes."""

    def __init__(self, uri: str, digest: str, reason: str) -> None:
        super().__init__(f"manifest.json ({digest}) at {uri} is not trusted: {reason}.")


class FileAltered(PackageError):
    """A file's bytes differ from what the manifest or the pin says."""

    def __init__(self, uri: str, name: str, expected: str, found: str) -> None:
        super().__init__(f"{name} at {uri} was altered: expected {expected}, found {found}.")


class ContractMismatch(PackageError):
    """The package was made for another version of the contract or the features."""

    def __init__(self, model: str, expected: str, found: str) -> None:
        super().__init__(
            f"The package of {model} was made for contract {found}; this code serves {expected}."
        )


class PackageUnloadable(PackageError):
    """The bytes are the pinned ones, but this code can't make a model of them."""

    def __init__(self, what: str, digest: str, reason: str) -> None:
        super().__init__(f"{what} ({digest}) is verified but can't be loaded: {reason}.")


class SelfTestFailed(PackageError):
    """The model no longer gives the answers it was signed with."""

    def __init__(self, model: str, worst_difference: float, tolerance: float) -> None:
        super().__init__(
            f"The self-test of {model} failed: "
            f"answers differ by {worst_difference:.3g}, allowed are {tolerance:.3g}."
        )


class SettingsError(EkibenError):
    """A setting that makes no sense."""

    exit_code = 5


class DatabaseUnavailable(EkibenError):
    """A database that is absent, locked, broken, too slow or without tables; `reason` is what its driver
    said."""

    exit_code = 5

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"The database {name} is not available: {reason.rstrip('.')}.")
        self.reason = reason
