"""Downloads: once, then from the cache; without a network refused at once, saying how to give a file."""

import hashlib
import http.server
import threading
import urllib.error
from collections.abc import Iterator
from typing import ClassVar

import pytest
import safetensors.torch
import timm

from engine.classifiers.download import downloading, require_host
from engine.errors import ModelError

CLOSED = "http://127.0.0.1:9"  # nobody listens there


@pytest.fixture
def host() -> Iterator[str]:
    """A host that answers, if only that it has nothing."""
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_host_that_answers_is_there(host: str) -> None:
    require_host(host)


def test_a_host_that_does_not_is_not() -> None:
    with pytest.raises(urllib.error.URLError):
        require_host(CLOSED)


def test_any_failure_becomes_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        with downloading("timm:some"):
            print("Downloading: ...")
            raise OSError("No space left on device\nsecond line")

    with pytest.raises(ModelError) as caught:
        fail()
    assert "timm:some" in str(caught.value)
    assert "No space left on device" in str(caught.value)
    assert "--weights FILE" in str(caught.value)
    assert "second" not in str(caught.value)
    assert capsys.readouterr().out == ""


def test_an_interruption_passes() -> None:
    with pytest.raises(KeyboardInterrupt), downloading("timm:some"):
        raise KeyboardInterrupt


def test_offline_both_libraries_say_how_to_give_a_file(child) -> None:
    output = child(
        """
        import time
        from engine.classifiers import load_classifier
        from engine.errors import ModelError
        from engine.settings import Settings
        for model in ("torchvision:squeezenet1_1", "timm:test_resnet"):
            start = time.monotonic()
            try:
                load_classifier(Settings(model=model))
            except ModelError as error:
                print(time.monotonic() - start < 20, error)
        """,
        network=True,
        HTTPS_PROXY=CLOSED,
        HTTP_PROXY=CLOSED,
        https_proxy=CLOSED,
        http_proxy=CLOSED,
        NO_PROXY="",
        no_proxy="",
    )
    lines = output.splitlines()
    assert len(lines) == 2
    for line, model in zip(lines, ("torchvision:squeezenet1_1", "timm:test_resnet"), strict=True):
        assert line.startswith(f"True The weights of {model} cannot be downloaded")
        assert "--weights FILE" in line


class OneFile(http.server.BaseHTTPRequestHandler):
    """A hub that holds one file of weights, and keeps a list of what it was asked for."""

    weights = b""
    asked: ClassVar[list[str]] = []

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        self.asked.append(f"{self.command} {self.path.rpartition('/')[2]}")
        found = self.path.endswith("/model.safetensors")
        self.send_response(200 if found else 404)
        if found:
            self.send_header("ETag", f'"{hashlib.sha256(self.weights).hexdigest()}"')
            self.send_header("X-Repo-Commit", "0" * 40)
            self.send_header("Content-Length", str(len(self.weights)))
        self.end_headers()
        if found and self.command == "GET":
            self.wfile.write(self.weights)

    def log_message(self, *_: object) -> None:
        pass


def test_a_model_is_fetched_once_and_then_taken_from_the_cache(child) -> None:
    OneFile.weights = safetensors.torch.save(timm.create_model("test_resnet").state_dict())
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), OneFile) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        output = child(
            """
            from engine.classifiers import load_classifier
            from engine.settings import Settings
            for _ in range(2):
                print(load_classifier(Settings(model="timm:test_resnet")).weights_sha256)
            """,
            network=True,
            HF_ENDPOINT=f"http://127.0.0.1:{server.server_port}",
        )
        server.shutdown()
    first, second = output.splitlines()  # and nothing else on standard output
    assert first == second
    assert OneFile.asked.count("GET model.safetensors") == 1
    assert OneFile.asked[-1] == "GET model.safetensors"
