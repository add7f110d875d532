"""What other sites' pages may make a browser send here, and by which names this server may be called."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.config import Config
from tests.app.test_api import assert_problem
from tests.helpers.pages import send
from tests.helpers.uploads import multipart, png_lesion

NAMED = "https://clinic.example"
OTHER = "https://evil.example"


@pytest.fixture(scope="module")
def client(bundle_folder: Path) -> FlaskClient:
    return create_app(Config(bundle=bundle_folder, cors_origins=(NAMED,))).test_client()


def predicted(client: FlaskClient, headers: dict[str, str], **options: str) -> int:
    form = multipart({"image": ("a.png", png_lesion())})
    return client.post("/api/predict", headers=headers, **form, **options).status_code


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost"},
        {"Origin": "http://localhost:80"},
        {"Origin": NAMED, "Sec-Fetch-Site": "cross-site"},
        {"Origin": NAMED},
    ],
    ids=["a program", "own page", "typed", "own origin", "own port", "named site", "named site, old browser"],
)
def test_who_may_call_the_api(client: FlaskClient, headers: dict[str, str]) -> None:
    assert predicted(client, headers) == 200


FOREIGN = [
    {"Origin": OTHER, "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://other.localhost"},
    {"Sec-Fetch-Site": "anything new"},
    {"Origin": OTHER},
    {"Origin": "null"},
    {"Origin": "http://localhost:9000"},
    {"Origin": "http://[broken"},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("address", ["/api/predict", "/api/predict/batch"])
def test_the_page_of_another_site_is_refused_before_its_picture_is_looked_at(
    client: FlaskClient, headers: dict[str, str], address: str
) -> None:
    response = client.post(address, headers=headers, **multipart({"image": ("a.png", b"no picture")}))
    assert_problem(response, 403, "foreign_page")


@pytest.mark.parametrize("headers", [*FOREIGN, {"Origin": NAMED, "Sec-Fetch-Site": "cross-site"}])
def test_the_forms_take_nothing_from_other_sites_even_with_the_right_token(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    response = send(client, ("a.png", png_lesion()), headers=headers)
    assert response.status_code == 403
    assert "A page of another site sent this" in response.get_data(as_text=True)


@pytest.mark.parametrize("address", ["/sample", "/report.pdf", "/results.csv"])
def test_no_other_form_does_either(client: FlaskClient, address: str) -> None:
    assert client.post(address, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_links_from_other_sites_work(client: FlaskClient) -> None:
    for address in ("/", "/help", "/api/docs"):
        assert client.get(address, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_behind_tls_that_nobody_told_of_the_own_page_is_still_the_own(client: FlaskClient) -> None:
    assert predicted(client, {"Origin": "https://screening.example", "Host": "screening.example"}) == 200
    assert predicted(client, {"Origin": "https://screening.example:444", "Host": "screening.example"}) == 403


def test_a_server_with_names_is_called_by_no_other(bundle_folder: Path) -> None:
    client = create_app(Config(bundle=bundle_folder, hosts=("screening.example", ".clinic.example"))).test_client()
    for host in ("screening.example", "screening.example:8443", "a.clinic.example"):
        assert client.get("/", headers={"Host": host}).status_code == 200, host
    for host in ("evil.example", "screening.example.evil.example", "127.0.0.1", "screening.example@evil.example"):
        response = client.get("/api/model", headers={"Host": host})
        assert_problem(response, 400, "wrong_host")
        assert "LESION_HOSTS" in response.get_json()["detail"]
        assert client.get("/", headers={"Host": host}).status_code == 400, host
    for address in ("/healthz", "/readyz"):
        assert client.get(address, headers={"Host": "10.0.0.7:8000"}).status_code == 200, "probes call by address"
