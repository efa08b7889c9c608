"""Secrets in the services of clouds, each behind a server or a client that answers as the real one."""

import json
import logging
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import boto3  # type: ignore[import-untyped]  # it brings no types
import hvac  # type: ignore[import-untyped]  # it brings no types
import pytest
from botocore.config import Config  # type: ignore[import-untyped]  # it brings no types
from google.api_core.exceptions import NotFound, PermissionDenied
from google.cloud.secretmanager_v1 import types as google_types
from moto import mock_aws

from partita.config import Secret
from partita.security.secrets import (
    AwsSecrets,
    GoogleSecrets,
    Rotation,
    SecretBackend,
    SecretNotFound,
    Secrets,
    SecretsUnavailable,
    VaultSecrets,
)


class BackendContract(ABC):
    """What every place that can be written to does alike."""

    @abstractmethod
    def make(self) -> SecretBackend:
        """Return the place, empty."""

    def test_there_is_nothing_at_first(self) -> None:
        secrets = Secrets([self.make()])
        with pytest.raises(SecretNotFound):
            secrets.get("db-password")

    def test_the_newest_value_and_the_one_before_are_there_with_their_times(self) -> None:
        place = self.make()
        for value in ("one", "two", "drei ✓"):
            place.put("mail/password", Secret(value))
        found = place.versions("mail/password")
        assert [version.value.reveal() for version in found] == ["drei ✓", "two"]
        assert all(version.made is not None and version.made.tzinfo is not None for version in found)
        assert not place.versions("mail/passwords")

    def test_a_secret_can_be_replaced_by_a_policy(self) -> None:
        secrets = Secrets([self.make()])
        rotation = Rotation(secrets, "key", every=timedelta(days=30), grace=timedelta(hours=1))
        first = rotation.rotate_if_due()
        assert first is not None
        assert rotation.rotate_if_due() is None
        second = rotation.rotate()
        assert rotation.valid() == (second.new, first.new)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of boto3 that moto answers."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield boto3.client("secretsmanager", region_name="eu-central-1")


class TestAws(BackendContract):
    @pytest.fixture(autouse=True)
    def _client(self, aws: Any) -> None:
        self.client = aws

    def make(self) -> AwsSecrets:
        return AwsSecrets("shop/", client=self.client)

    def test_a_client_is_made_where_none_is_given(self) -> None:
        AwsSecrets("shop/", region_name="eu-central-1").put("a", Secret("x"))
        assert self.client.get_secret_value(SecretId="shop/a")["SecretString"] == "x"

    def test_what_is_no_text_or_about_to_be_deleted_is_an_error(self) -> None:
        place = self.make()
        self.client.create_secret(Name="shop/binary", SecretBinary=b"\xff")
        with pytest.raises(SecretsUnavailable, match="it is binary"):
            place.versions("binary")
        place.put("going", Secret("t0ps3cret"))
        self.client.delete_secret(SecretId="shop/going")
        with pytest.raises(SecretsUnavailable, match="InvalidRequestException") as caught:
            place.versions("going")
        assert "t0ps3cret" not in f"{caught.value!r}"

    def test_what_the_client_refuses_does_not_show_what_was_sent(self) -> None:
        with pytest.raises(SecretsUnavailable, match="ParamValidationError") as caught:
            self.make().put("a", Secret(b"t0ps3cret"))  # type: ignore[arg-type]  # what a client refuses
        assert caught.value.__suppress_context__

    def test_a_service_that_is_not_there_is_told(self) -> None:
        options = {"region_name": "eu-central-1", "endpoint_url": "http://127.0.0.1:9"}
        client = boto3.client("secretsmanager", config=Config(retries={"max_attempts": 0}), **options)
        with pytest.raises(SecretsUnavailable, match="EndpointConnectionError"):
            AwsSecrets(client=client).versions("a")


class Vault(ThreadingHTTPServer):
    """Speaks what hvac asks of a store of keys and values, version 2, as Vault's documentation of its HTTP API says."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _VaultHandler)
        self.kept: dict[str, list[dict[str, Any]]] = {}


class _VaultHandler(BaseHTTPRequestHandler):
    server: Vault

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        kind, path, query = self._where()
        versions = self.server.kept.get(path)
        if self.headers["X-Vault-Token"] != "root":
            return self._answer(403, {"errors": ["permission denied"]})
        if not versions:
            return self._answer(404, {"errors": []})
        if kind == "metadata":
            told = {str(n): _metadata(version) for n, version in enumerate(versions, 1)}
            return self._answer(200, {"data": {"current_version": len(versions), "versions": told}})
        number = int(re.sub(r"\D", "", query) or len(versions))
        version = versions[number - 1]
        gone = version["destroyed"] or version["deletion_time"]
        data = {"data": None if gone else version["data"], "metadata": {**_metadata(version), "version": number}}
        return self._answer(404 if gone else 200, {"data": data})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        _, path, _ = self._where()
        versions = self.server.kept.setdefault(path, [])
        cas = body.get("options", {}).get("cas")
        if cas is not None and cas != len(versions):
            return self._answer(400, {"errors": ["check-and-set parameter did not match the current version"]})
        made = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}789Z"  # nanoseconds, as Go writes them
        versions.append({"data": body["data"], "created_time": made, "deletion_time": "", "destroyed": False})
        return self._answer(200, {"data": _metadata(versions[-1])})

    do_PUT = do_POST

    def _where(self) -> Sequence[str]:
        found = re.fullmatch(r"/v1/kv/(data|metadata)/([^?]*)(.*)", self.path)
        assert found is not None
        return found.groups()

    def _answer(self, status: int, told: object) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _metadata(version: dict[str, Any]) -> dict[str, Any]:
    return {name: version[name] for name in ("created_time", "deletion_time", "destroyed")}


@pytest.fixture
def vault() -> Iterator[Vault]:
    """A server of its own for each test."""
    server = Vault()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class TestVault(BackendContract):
    @pytest.fixture(autouse=True)
    def _server(self, vault: Vault) -> None:
        self.server = vault

    def make(self, token: str = "root") -> VaultSecrets:
        client = hvac.Client(f"http://127.0.0.1:{self.server.server_port}", token=token)
        return VaultSecrets(client, mount="kv", prefix="shop/")

    def test_other_fields_of_the_secret_stay(self) -> None:
        place = self.make()
        place.put("db", Secret("one"))
        self.server.kept["shop/db"][0]["data"]["user"] = "shop"
        place.put("db", Secret("two"))
        assert self.server.kept["shop/db"][1]["data"] == {"value": "two", "user": "shop"}

    def test_a_secret_that_somebody_changes_at_the_same_time_is_not_overwritten(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place = self.make()
        place.put("db", Secret("one"))
        kept = self.server.kept["shop/db"]
        read = VaultSecrets._fields

        def meanwhile(self: VaultSecrets, name: str, version: int) -> dict[str, Any]:
            found = read(self, name, version)
            kept.append({**kept[0], "data": {"value": "theirs"}})
            return found

        monkeypatch.setattr(VaultSecrets, "_fields", meanwhile)
        with pytest.raises(SecretsUnavailable, match="InvalidRequest"):
            place.put("db", Secret("mine"))
        assert [version["data"]["value"] for version in kept] == ["one", "theirs"]

    def test_deleted_and_destroyed_values_are_left_out(self) -> None:
        place = self.make()
        for value in ("one", "two", "three", "four"):
            place.put("db", Secret(value))
        self.server.kept["shop/db"][3]["deletion_time"] = "2026-01-01T00:00:00Z"
        self.server.kept["shop/db"][1]["destroyed"] = True
        assert [version.value.reveal() for version in place.versions("db")] == ["three", "one"]
        place.put("db", Secret("five"))
        assert place.versions("db")[0].value == Secret("five")

    def test_what_is_refused_or_has_another_form_is_an_error(self) -> None:
        self.make().put("db", Secret("t0ps3cret"))
        with pytest.raises(SecretsUnavailable, match=r"Vault \(kv/shop/\*\) did not serve the secret 'db': Forbidden"):
            self.make("wrong").versions("db")
        self.server.kept["shop/db"][0]["data"] = {"user": "shop"}
        with pytest.raises(SecretsUnavailable, match="'value' is missing, or no text"):
            self.make().versions("db")
        with pytest.raises(SecretsUnavailable, match="ConnectionError"):
            VaultSecrets(hvac.Client("http://127.0.0.1:9", token="root")).versions("db")


class GoogleClient:
    """Answers as the service does, with the types of Google's client; requests have to be of these types, too."""

    def __init__(self) -> None:
        self.kept: dict[str, list[tuple[google_types.SecretVersion, bytes]]] = {}
        self.allowed = True

    def list_secret_versions(self, request: Any) -> Iterator[google_types.SecretVersion]:
        """Return those enabled, the newest first."""
        asked = google_types.ListSecretVersionsRequest(request)
        assert asked.filter == "state:ENABLED"
        self._check(asked.parent)
        enabled = google_types.SecretVersion.State.ENABLED
        return iter([version for version, _ in reversed(self.kept[asked.parent]) if version.state == enabled])

    def access_secret_version(self, request: Any) -> google_types.AccessSecretVersionResponse:
        """Return one value."""
        name = google_types.AccessSecretVersionRequest(request).name
        [data] = [data for version, data in self.kept[name.rsplit("/", 2)[0]] if version.name == name]
        return google_types.AccessSecretVersionResponse(name=name, payload={"data": data})

    def add_secret_version(self, request: Any) -> google_types.SecretVersion:
        """Add a value."""
        asked = google_types.AddSecretVersionRequest(request)
        self._check(asked.parent)
        kept = self.kept[asked.parent]
        name = f"{asked.parent}/versions/{len(kept) + 1}"
        made = google_types.SecretVersion(name=name, create_time=datetime.now(UTC), state="ENABLED")
        kept.append((made, asked.payload.data))
        return made

    def create_secret(self, request: Any) -> None:
        """Make a secret without a value."""
        asked = google_types.CreateSecretRequest(request)
        assert "automatic" in asked.secret.replication
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,255}", asked.secret_id)
        self.kept[f"{asked.parent}/secrets/{asked.secret_id}"] = []

    def _check(self, parent: str) -> None:
        if not self.allowed:
            raise PermissionDenied("t0ps3cret is not for you")  # type: ignore[no-untyped-call]  # it brings no types
        if parent not in self.kept:
            raise NotFound("no such secret")  # type: ignore[no-untyped-call]  # same


class TestGoogle(BackendContract):
    @pytest.fixture(autouse=True)
    def _client(self) -> None:
        self.client = GoogleClient()

    def make(self) -> GoogleSecrets:
        return GoogleSecrets("my-project", prefix="shop-", client=self.client)

    def test_disabled_values_are_left_out_and_others_that_are_no_text_are_errors(self) -> None:
        place = self.make()
        for value in ("one", "two", "three"):
            place.put("db.password", Secret(value))
        kept = self.client.kept["projects/my-project/secrets/shop-db_password"]
        disabled: Any = google_types.SecretVersion.State.DISABLED
        kept[2][0].state = disabled
        assert [version.value.reveal() for version in place.versions("db.password")] == ["two", "one"]
        kept[1] = kept[1][0], b"\xff"
        with pytest.raises(SecretsUnavailable, match="it is binary"):
            place.versions("db.password")

    def test_what_is_refused_is_told_without_what_the_service_says(self, caplog: pytest.LogCaptureFixture) -> None:
        self.client.allowed = False
        place = self.make()
        with caplog.at_level(logging.DEBUG):
            for call in (lambda: place.versions("a"), lambda: place.put("a", Secret("t0ps3cret"))):
                with pytest.raises(SecretsUnavailable, match="PermissionDenied") as caught:
                    call()
                assert "t0ps3cret" not in f"{caught.value}{caplog.text}"

    def test_a_client_is_made_where_none_is_given(self, monkeypatch: pytest.MonkeyPatch) -> None:
        made = SimpleNamespace(list_secret_versions=lambda request: iter(()))
        monkeypatch.setattr("google.cloud.secretmanager.SecretManagerServiceClient", lambda: made)
        assert not GoogleSecrets("my-project").versions("a")
