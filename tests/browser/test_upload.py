"""Choosing and sending pictures. In a real browser, against a real server."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.steps import PHOTOS, choose, screen, send
from tests.helpers.server import Server
from tests.helpers.uploads import encoded, huge_one_bit_png, lesion, png_lesion, truncated_jpeg


@pytest.mark.parametrize(
    ("upload", "name", "status", "words"),
    [
        pytest.param(truncated_jpeg(), "photo.jpg", 422, "damaged or incomplete", id="truncated-jpeg"),
        pytest.param(b"a text", "photo.jpg", 415, "Send a JPEG, PNG, WebP, TIFF or BMP picture", id="text-renamed-jpg"),
        pytest.param(huge_one_bit_png(), "huge.png", 422, "at most 50 million pixels", id="81-megapixel-png"),
        pytest.param(encoded(lesion(1, 60, 60), "PNG"), "small.png", 422, "at least 64", id="60-pixels"),
    ],
)
def test_what_the_server_refuses_is_told_beside_the_chosen_picture(
    page: Page, upload: bytes, name: str, status: int, words: str
) -> None:
    choose(page, (name, upload))
    with page.expect_response("**/result") as response:
        send(page)
    assert response.value.status == status
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.locator("#chosen li")).to_have_count(1)
    expect(page.locator(".prediction")).to_have_count(0)
    page.get_by_role("button", name=f"Remove {name}").click()
    page.get_by_label(PHOTOS).set_input_files([{"name": "good.png", "mimeType": "image/png", "buffer": png_lesion()}])
    send(page)
    expect(page.locator(".prediction")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [
        ("empty.jpg", 0, "empty.jpg is empty"),
        ("large.jpg", 15_100_000, "large.jpg has 15.1 MB; at most 15 MB"),
        ("letter.pdf", 9, "letter.pdf is not a JPEG"),
    ],
)
def test_what_the_browser_can_see_to_be_wrong_is_told_before_it_is_sent(
    page: Page, name: str, size: int, words: str
) -> None:
    page.goto("/")
    media_type = "application/pdf" if name.endswith("pdf") else "image/jpeg"
    page.get_by_label(PHOTOS).set_input_files([{"name": name, "mimeType": media_type, "buffer": b"\1" * size}])
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.locator("#chosen li")).to_have_count(0)


def test_twenty_pictures_are_screened_and_the_twenty_first_is_left_out(page: Page) -> None:
    choose(page, *[(f"{number}.png", png_lesion(number)) for number in range(1, 22)])
    expect(page.get_by_role("alert")).to_contain_text("At most 20 pictures at a time")
    expect(page.locator("#count")).to_have_text("20 chosen")
    send(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Results of 20 pictures")
    expect(page.locator(".overview tbody tr")).to_have_count(20)


def test_a_picture_can_be_taken_out_before_sending(page: Page) -> None:
    choose(page, ("one.png", png_lesion(1)), ("two.png", png_lesion(2)))
    page.get_by_role("button", name="Remove one.png").click()
    expect(page.locator("#chosen li")).to_have_count(1)
    assert page.locator("#image").evaluate("input => input.files[0].name") == "two.png"
    expect(page.get_by_role("button", name="Remove two.png")).to_be_focused()


def test_pictures_are_added_to_those_that_are_chosen_by_paste_drop_and_camera(page: Page) -> None:
    choose(page, ("one.png", png_lesion(1)))
    for kind, target in (("paste", "document"), ("drop", "document.querySelector('#upload')")):
        page.evaluate(
            f"""bytes => {{
                const data = new DataTransfer();
                data.items.add(new File([new Uint8Array(bytes)], "{kind}.png", {{type: "image/png"}}));
                const init = {{bubbles: true, cancelable: true}};
                const event = "{kind}" === "paste" ? new ClipboardEvent("paste", {{...init, clipboardData: data}})
                    : new DragEvent("drop", {{...init, dataTransfer: data}});
                ({target}).dispatchEvent(event);
            }}""",
            list(png_lesion(2 if kind == "paste" else 3)),
        )
    page.locator("#camera").set_input_files([{"name": "cam.png", "mimeType": "image/png", "buffer": png_lesion(4)}])
    expect(page.locator("#chosen .name")).to_have_count(4)
    for name in ("one.png", "paste.png", "drop.png", "cam.png"):
        expect(page.locator("#chosen")).to_contain_text(name)
    assert page.locator("#chosen img").first.evaluate("picture => picture.naturalWidth") > 0
    send(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Results of 4 pictures")


def test_no_picture_is_stopped_by_the_browser_and_by_the_server(page: Page) -> None:
    page.goto("/")
    send(page)
    expect(page.get_by_role("heading", name="Screen photos")).to_be_visible()
    page.locator("#upload").evaluate("form => { form.noValidate = true; }")
    with page.expect_response("**/result") as response:
        send(page)
    assert response.value.status == 400
    expect(page.get_by_role("alert")).to_contain_text("Choose a picture first")


def test_a_server_that_does_not_answer_loses_no_choice(page: Page) -> None:
    choose(page, ("one.png", png_lesion(1)))
    page.route("**/result", lambda route: route.abort())
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("your pictures are still chosen")
    page.unroute("**/result")
    send(page)
    expect(page.locator(".prediction")).to_be_visible()


def test_sending_shows_that_it_works_and_can_be_stopped(page: Page) -> None:
    choose(page, ("one.png", png_lesion(1)))
    page.route("**/result", lambda _: None)
    send(page)
    expect(page.locator("#working")).to_be_visible()
    expect(page.get_by_role("button", name="Screen", exact=True)).to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("alert")).to_contain_text("Stopped")
    expect(page.get_by_role("button", name="Screen", exact=True)).to_have_attribute("aria-disabled", "false")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.locator("#chosen li")).to_have_count(1)


def test_going_back_leads_to_an_empty_form_and_a_reload_sends_nothing_again(page: Page, server: Server) -> None:
    screen(page)
    posted = []
    page.on("request", lambda request: posted.append(request.method) if request.method == "POST" else None)
    page.reload()
    expect(page.get_by_text("The last result was not kept")).to_be_visible()
    screen(page)
    posted.clear()
    page.go_back()
    expect(page.get_by_role("heading", name="Screen photos")).to_be_visible()
    expect(page.locator(".prediction")).to_have_count(0)
    page.go_forward()
    expect(page.get_by_role("heading", name="Screen photos")).to_be_visible()
    page.goto("/help")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.url}/help#main")
    assert not posted


def test_an_expired_form_is_sent_again_with_a_new_token(page: Page, context: BrowserContext) -> None:
    choose(page, ("one.png", png_lesion(1)))
    context.clear_cookies()
    send(page)
    expect(page.locator(".prediction")).to_be_visible()


def test_a_file_dropped_beside_the_form_is_added_and_on_a_result_opens_nothing(page: Page) -> None:
    dropped = """() => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array([1])], "late.png", {type: "image/png"}));
        const event = new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: data});
        document.body.dispatchEvent(event);
        return event.defaultPrevented;
    }"""
    choose(page, ("one.png", png_lesion(1)))
    assert page.evaluate(dropped)
    expect(page.locator("#chosen")).to_contain_text("late.png")
    screen(page)
    assert page.evaluate(dropped)
    expect(page.locator(".prediction")).to_be_visible()


def test_leaving_a_result_with_typed_notes_is_asked_about(page: Page) -> None:
    screen(page)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.reload()
    assert not asked, "nothing was typed"
    screen(page)
    page.get_by_label("Notes").fill("left forearm")
    page.reload()
    expect(page.get_by_text("The last result was not kept")).to_be_visible()
    assert asked == ["beforeunload"]


def test_several_pictures_that_are_all_refused_stay_chosen(page: Page) -> None:
    choose(page, ("one.png", b"no picture"), ("two.png", truncated_jpeg()))
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("one.png: This is not an accepted image format")
    expect(page.get_by_role("alert")).to_contain_text("two.png: The picture cannot be read")
    expect(page.locator("#chosen li")).to_have_count(2)


def test_it_works_with_the_keyboard_alone(page: Page) -> None:
    choose(page, ("one.png", png_lesion(1)))
    page.get_by_label(PHOTOS).focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == "Screen":
            break
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", level=1, name="Result")
    expect(heading).to_be_focused()
    reached = set()
    while True:
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        reached.add(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.id"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", "what has the focus shows it"
    stages = "The preprocessing of this picture, stage by stage"
    assert {"Download as PDF", "Print this page", stages, "notes-1"} <= reached
