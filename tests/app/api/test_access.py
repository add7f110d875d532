"""Who may use the API, how much of it, and from which pages: keys, rate limits, other origins."""

import re

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.api.keys import digest_of, owner
from app.config import Config
from app.ops import rates
from app.settings import ApiKey
from tests.app.test_api import assert_problem, post
from tests.helpers.pages import send
from tests.helpers.uploads import multipart, png_lesion

OLD, NEW = "lesion_old", "lesion_new"
KEYS = (ApiKey("clinic", digest_of(OLD)), ApiKey("clinic", digest_of(NEW)), ApiKey("lab", digest_of("lesion_lab")))
SITE = "https://clinic.example"


def client_with(**settings: object) -> FlaskClient:
    return create_app(Config(**settings)).test_client()  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def locked() -> FlaskClient:
    return client_with(api_keys=KEYS, cors_origins=(SITE,))


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_without_configured_keys_everybody_may(client: FlaskClient) -> None:
    assert client.get("/api/model").status_code == 200


@pytest.mark.parametrize("key", [OLD, NEW, "lesion_lab"])
def test_each_of_several_keys_holds_so_that_an_old_one_can_be_replaced(locked: FlaskClient, key: str) -> None:
    assert locked.get("/api/model", headers=bearer(key)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{}, bearer("lesion_other"), bearer(""), bearer("\xff"), {"Authorization": "Basic YTpi"}, bearer(KEYS[0].digest)],
    ids=["none", "unknown", "empty", "odd", "password", "the-digest"],
)
def test_another_key_is_refused_before_the_picture_is_looked_at(locked: FlaskClient, headers: dict[str, str]) -> None:
    response = locked.post("/api/predict", headers=headers, **multipart({"image": ("a.png", b"no picture")}))
    assert_problem(response, 401, "wrong_key")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="Lesion Screening"'


def test_the_description_and_the_pages_need_no_key(locked: FlaskClient) -> None:
    for address in ("/", "/healthz", "/api/docs"):
        assert locked.get(address).status_code == 200
    assert locked.get("/api/openapi.json").get_json()["security"] == [{"key": []}]


def test_whose_key_it_is_is_found_out() -> None:
    assert owner("lesion_lab", KEYS) == "lab"
    assert owner("lesion_lab ", KEYS) is None


def test_a_new_key_is_shown_once_with_an_entry_that_lets_it_in() -> None:
    runner = create_app().test_cli_runner()
    shown = runner.invoke(args=["keys", "new", "clinic-2"]).output
    key, entry = re.search(r"lesion_[\w-]{43}", shown), re.search(r"clinic-2:[0-9a-f]{64}", shown)
    assert key
    assert entry
    config = Config.from_environment({"LESION_API_KEYS": entry[0]})
    assert owner(key[0], config.api_keys) == "clinic-2"
    assert runner.invoke(args=["keys", "new", "a,b"]).exit_code == 2


def test_a_client_that_sends_too_much_is_told_when_to_come_back() -> None:
    client = client_with(rate_limit="3/minute")
    assert [post(client, png_lesion()).status_code for _ in range(3)] == [200] * 3
    response = post(client, png_lesion())
    assert_problem(response, 429, "too_many_requests")
    assert 1 <= int(response.headers["Retry-After"]) <= 61
    assert client.get("/api/model").status_code == 200
    assert send(client, ("a.png", png_lesion())).status_code == 429, "the page screens from the same account"


def test_a_batch_costs_what_it_brings_and_none_is_dearer_than_the_limit() -> None:
    client = client_with(rate_limit="3/minute")
    two = [("image", ("a.png", png_lesion()))] * 2
    assert client.post("/api/predict/batch", **multipart(two)).status_code == 200
    assert_problem(client.post("/api/predict/batch", **multipart(two)), 429, "too_many_requests")
    assert client_with(rate_limit="1/minute").post("/api/predict/batch", **multipart(two)).status_code == 200


def test_each_key_has_its_own_account() -> None:
    client = client_with(rate_limit="1/minute", api_keys=KEYS)
    form = {"image": ("a.png", png_lesion())}
    found = [
        client.post("/api/predict", headers=bearer(key), **multipart(form)).status_code
        for key in (OLD, NEW, "lesion_lab")
    ]
    assert found == [200, 429, 200], "two keys of one name share theirs"


def test_without_a_limit_nobody_is_counted() -> None:
    client = client_with(rate_limit=None)
    assert [post(client, png_lesion()).status_code for _ in range(4)] == [200] * 4


@pytest.mark.parametrize("store", ["redis://127.0.0.1:1/0", "rediss://127.0.0.1:1/0", "unix:///nothing/here.sock"])
def test_a_redis_that_is_gone_does_not_stop_the_screening(store: str) -> None:
    client = client_with(rate_limit="2/minute", rate_store=store)
    assert [post(client, png_lesion()).status_code for _ in range(3)] == [200, 200, 429]


def test_what_a_request_costs_is_never_nothing(client: FlaskClient) -> None:
    with client.application.test_request_context("/api/predict", method="POST"):
        assert rates.pictures_sent() == 1


def test_no_page_of_another_origin_may_call_by_default(client: FlaskClient) -> None:
    response = client.get("/api/model", headers={"Origin": SITE})
    assert not [name for name in response.headers.keys() if name.startswith("Access-Control")]  # noqa: SIM118


def test_a_page_of_a_named_origin_may_ask_and_call(locked: FlaskClient) -> None:
    asked = {"Origin": SITE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "Authorization"}
    allowed = locked.options("/api/predict", headers=asked)
    assert allowed.status_code == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == SITE
    assert allowed.headers["Access-Control-Allow-Headers"] == "Authorization"
    assert "Access-Control-Allow-Credentials" not in allowed.headers
    for headers in (bearer(NEW), {}):
        answer = locked.get("/api/model", headers={"Origin": SITE, **headers})
        assert answer.headers["Access-Control-Allow-Origin"] == SITE
        assert "X-Request-ID" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(("address", "origin"), [("/api/model", "https://other.example"), ("/", SITE)])
def test_no_other_origin_and_no_page_is_opened(locked: FlaskClient, address: str, origin: str) -> None:
    response = locked.get(address, headers={"Origin": origin, **bearer(NEW)})
    assert "Access-Control-Allow-Origin" not in response.headers
