"""What the visitor sees when the network, the server or the session goes away, and comes back."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.fakes.chat import asking

HELLO = "Hello. This is an automated assistant."
AGAIN = "window.dispatchEvent(new Event('online'))"
NO_LONG_WAITS_END = """() => {
    const begin = window.setTimeout;
    window.setTimeout = (run, wait, ...rest) => begin(run, wait > 400 ? 1e9 : wait, ...rest);
}"""
"""From then on nothing is tried again by itself."""
OVER = (401, {"code": 401, "status": "", "message": ""})
CARD = {"texts": ["Call 911 now."], "links": [{"label": "Call 911", "href": "tel:911"}]}


def begun(sit_down, attributes="", *, first=None, **options):
    """A chat that has greeted; `first` is run before the widget starts a timer."""
    seat = sit_down(attributes, **options)
    seat.chat.views = [{"say": [HELLO]}]
    if first:
        seat.page.evaluate(first)
    return seat.open().sees(HELLO)


def test_what_could_not_be_sent_says_so_and_goes_out_once_when_the_network_is_back(sit_down):
    seat = begun(sit_down)
    seat.context.set_offline(True)
    expect(seat.banner).to_contain_text("You are offline")
    seat.write("still here?")
    expect(seat.log.get_by_text("Not sent yet")).to_be_visible()
    seat.context.set_offline(False)
    seat.sees("I heard you.")
    expect(seat.log.get_by_text("Not sent yet")).to_have_count(0)
    expect(seat.banner).to_be_empty()
    assert seat.said() == [HELLO, "still here?", "I heard you."]


def lose_answers(seat):
    """The server hears what is said next once, and no answer gets back until `unroute`."""
    heard = []

    def lose(route):
        if not heard:
            heard.append(route.fetch())
        route.abort()

    seat.page.route("**/messages", lose)


def test_a_lost_answer_is_asked_for_again_under_the_same_id(sit_down):
    seat = begun(sit_down)
    # No look may bring the answer before it is asked for again.
    seat.page.route("**/messages?after=*", lambda route: route.abort())
    lose_answers(seat)
    seat.write("once")
    expect(seat.log.get_by_text("Not sent yet")).to_be_visible()
    seat.page.unroute("**/messages")
    seat.sees("I heard you.")
    sent = seat.chat.sent()
    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert seat.said() == [HELLO, "once", "I heard you."]


def test_what_a_look_has_found_is_not_called_unsent_and_its_answer_is_still_asked_for(sit_down):
    seat = begun(sit_down, first=NO_LONG_WAITS_END)
    lose_answers(seat)
    seat.write("once")
    expect(seat.log.get_by_text("Not sent yet")).to_be_visible()
    seat.page.evaluate(AGAIN)
    seat.sees("I heard you.")
    expect(seat.log.locator(".mark")).to_have_count(0)
    assert len(seat.chat.sent()) == 1
    seat.page.unroute("**/messages")
    seat.page.evaluate(AGAIN)
    expect(seat.banner).to_be_empty()
    first, second = seat.chat.sent()
    assert first == second
    assert seat.said() == [HELLO, "once", "I heard you."]


def test_a_server_that_is_down_is_named_and_the_button_tries_at_once(sit_down):
    seat = begun(sit_down, first=NO_LONG_WAITS_END)
    seat.chat.down = True
    seat.write("hello?")
    expect(seat.banner).to_contain_text("does not answer")
    seat.chat.down = False
    seat.button("Try now").click()
    seat.sees("I heard you.")
    expect(seat.banner).to_be_empty()


@pytest.mark.parametrize(
    ("status", "words"),
    [(503, "does not answer"), (429, "Too many messages"), (502, "Trying again")],
)
def test_a_busy_server_is_waited_for(sit_down, status, words):
    seat = begun(sit_down)
    seat.chat.status = (status, {"code": status, "status": "", "message": ""})
    seat.write("hello?")
    expect(seat.banner).to_contain_text(words)
    expect(seat.log.get_by_text("Not sent yet")).to_be_visible()
    seat.chat.status = None
    seat.page.evaluate(AGAIN)
    seat.sees("I heard you.")
    assert len({body["client_id"] for body in seat.chat.sent()}) == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [(409, "Not sent"), (413, "too long"), (422, "too long"), (403, "Not sent")],
)
def test_what_is_refused_is_not_sent_again_by_itself(sit_down, status, words):
    seat = begun(sit_down)
    seat.chat.status = (status, {"code": status, "status": "", "message": ""})
    seat.write("refused")
    expect(seat.log.locator(".mark")).to_contain_text(words)
    seat.chat.status = None
    seat.write("next").sees("I heard you.")
    assert [body["text"] for body in seat.chat.sent()] == ["refused", "next"]


def test_a_refused_message_is_tried_again_under_another_id(sit_down):
    seat = begun(sit_down)
    seat.chat.status = (409, None)
    seat.write("hello")
    seat.button("Try again").wait_for()
    seat.chat.status = None
    seat.button("Try again").click()
    seat.sees("I heard you.")
    first, second = seat.chat.sent()
    assert first["client_id"] != second["client_id"]
    assert seat.said().count("hello") == 1


@pytest.mark.parametrize("status", [401, 429, 503, 422])
def test_danger_is_answered_whatever_else_the_server_says(sit_down, status):
    seat = begun(sit_down)
    seat.chat.status = (status, {"code": status, "status": "", "message": "", "emergency": CARD})
    seat.write("I want to die")
    expect(seat.alert).to_contain_text("Call 911 now.")
    expect(seat.alert.get_by_role("link", name="Call 911")).to_have_attribute("href", "tel:911")


def test_danger_is_answered_though_no_session_can_be_had(sit_down):
    seat = sit_down()
    refused = {"code": 503, "status": "", "message": "", "emergency": CARD}
    seat.page.route("**/sessions", lambda route: route.fulfill(status=503, headers=OPEN))
    seat.page.route(
        "**/messages",
        lambda route: route.fulfill(status=401, headers=OPEN, body=json.dumps(refused)),
    )
    seat.open().write("I want to die")
    expect(seat.alert).to_contain_text("Call 911 now.")
    expect(seat.log.get_by_text("I want to die")).to_be_visible()


OPEN = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}


def test_the_emergency_numbers_need_no_server(sit_down):
    seat = sit_down('data-region="US"')
    seat.chat.down = True
    seat.open().button("In an emergency").click()
    links = seat.widget.get_by_role("region", name="Get help now").get_by_role("link")
    assert links.first.get_attribute("href") == "tel:911"
    assert "tel:988" in [link.get_attribute("href") for link in links.all()]


def test_without_a_region_no_number_is_guessed(sit_down):
    seat = sit_down()
    seat.chat.down = True
    seat.open().button("In an emergency").click()
    card = seat.widget.get_by_role("region", name="Get help now")
    expect(card).to_contain_text("your local emergency number")
    expect(card).to_contain_text("United Kingdom")
    expect(card.get_by_role("link", name="Call 999").first).to_be_visible()


def end(seat):
    """A look hears that the chat is over, whatever is sent meanwhile."""
    seat.chat.status = OVER
    seat.page.evaluate(AGAIN)
    expect(seat.banner).to_contain_text("This chat has ended")


def begin_anew(seat):
    seat.chat.status = None
    seat.chat.messages.clear()
    seat.chat.views = [{"say": ["A new beginning."]}]
    seat.button("Start a new chat").click()
    return seat.sees("A new beginning.")


def hold_next(seat, method):
    """Keep back the next that goes out by `method`, until the test answers it."""
    held = []

    def take(route):
        if route.request.method == method and not held:
            held.append(route)
        else:
            route.continue_()

    seat.page.route("**/chat/v1/messages*", take)
    return held


def goes_out(seat, method):
    """Wait until the page has sent something by `method` in the meantime."""
    return seat.page.expect_request(
        lambda request: request.method == method and "/messages" in request.url
    )


def test_a_chat_that_is_over_says_so_and_begins_anew(sit_down):
    seat = begun(sit_down)
    seat.chat.status = OVER
    with seat.page.expect_response("**/messages"):
        seat.write("too late")
    expect(seat.banner).to_contain_text("This chat has ended")
    begin_anew(seat)
    expect(seat.field).to_have_value("too late")
    assert seat.chat.sessions == 2


def test_what_was_written_after_the_end_of_a_chat_stays_with_the_patient(sit_down):
    seat = begun(sit_down)
    end(seat)
    seat.write("too late")
    expect(seat.log.locator(".mark")).to_contain_text("Not sent")
    begin_anew(seat)
    expect(seat.field).to_have_value("too late")


def test_what_was_on_its_way_at_the_end_of_a_chat_is_called_unsent_and_stays(sit_down):
    seat = begun(sit_down)
    hold_next(seat, "POST")
    with goes_out(seat, "POST"):
        seat.write("on its way")
    seat.write("behind it")
    end(seat)
    expect(seat.log.locator(".mark.failed")).to_have_count(2)
    begin_anew(seat)
    expect(seat.field).to_have_value("on its way\nbehind it")


def test_a_draft_stays_in_the_field_when_a_chat_begins_anew(sit_down):
    seat = begun(sit_down)
    end(seat)
    seat.write("too late")
    seat.field.fill("and half a sentence")
    begin_anew(seat)
    expect(seat.field).to_have_value("too late\nand half a sentence")


def test_danger_is_answered_though_a_look_heard_first_that_the_chat_is_over(sit_down):
    seat = begun(sit_down)
    held = hold_next(seat, "POST")
    with goes_out(seat, "POST"):
        seat.write("I want to die")
    end(seat)
    seat.chat.status = (401, {**OVER[1], "emergency": CARD})
    held[0].continue_()
    expect(seat.alert).to_contain_text("Call 911 now.")


@pytest.mark.parametrize(
    "late", [{"status": 401}, {"status": 503}, {"status": 200, "body": '{"messages": []}'}]
)
def test_the_late_answer_to_what_was_sent_does_not_touch_the_chat_that_followed(sit_down, late):
    seat = begun(sit_down)
    held = hold_next(seat, "POST")
    with goes_out(seat, "POST"):
        seat.write("of the old chat")
    end(seat)
    begin_anew(seat)
    seat.write("of the new chat").sees("of the new chat")
    held[0].fulfill(headers=OPEN, **late)
    seat.sees("I heard you.")
    assert [body["text"] for body in seat.chat.sent()] == ["of the new chat"]
    expect(seat.banner).to_be_empty()


def test_a_late_look_at_the_chat_before_does_not_end_the_one_begun_meanwhile(sit_down):
    seat = begun(sit_down, first=NO_LONG_WAITS_END)
    seat.chat.views = [{"say": ["Goodbye."], "status": "ended", "input": asking("none")}]
    seat.write("bye").sees("Goodbye.")
    end(seat)
    seat.button("Close the chat").click()
    held = hold_next(seat, "GET")
    seat.chat.status = None
    with goes_out(seat, "GET"):
        seat.widget.locator("button.launcher").click()
    begin_anew(seat)
    held[0].fulfill(headers=OPEN, status=401)
    seat.write("of the new chat").sees("I heard you.")
    expect(seat.banner).to_be_empty()
    assert seat.chat.sessions == 2


def test_a_late_look_at_a_chat_that_is_over_does_not_end_the_one_that_followed(sit_down):
    seat = begun(sit_down, first=NO_LONG_WAITS_END)
    held = hold_next(seat, "GET")
    with goes_out(seat, "GET"):
        seat.page.evaluate(AGAIN)
    seat.chat.status = OVER
    seat.write("too late")
    expect(seat.banner).to_contain_text("This chat has ended")
    begin_anew(seat)
    with seat.page.expect_response(lambda response: response.status == 401):
        held[0].fulfill(status=401, headers=OPEN)
    seat.write("still here").sees("I heard you.")
    expect(seat.banner).to_be_empty()


def test_what_waits_when_a_chat_ends_is_read_for_danger(sit_down):
    seat = begun(sit_down)
    held = []
    over = {"code": 401, "status": "", "message": ""}

    def refuse(route):
        if "hello" in (route.request.post_data or "") and not held:
            held.append(route)
        elif "I want to die" in (route.request.post_data or ""):
            body = json.dumps(over | {"emergency": CARD})
            route.fulfill(status=401, headers=OPEN, body=body)
        else:
            route.continue_()

    seat.page.route("**/messages", refuse)
    seat.write("hello").sees("hello").write("I want to die").sees("I want to die")
    held[0].fulfill(status=401, headers=OPEN, body=json.dumps(over))
    expect(seat.banner).to_contain_text("This chat has ended")
    expect(seat.alert).to_contain_text("Call 911 now.")


def test_a_finished_conversation_says_so_and_takes_words_still(sit_down):
    seat = sit_down()
    seat.chat.views = [{"say": ["Goodbye."], "status": "ended", "input": asking("none")}]
    seat.open().sees("Goodbye.")
    expect(seat.banner).to_contain_text("The questions are done")
    expect(seat.button("Start a new chat")).to_be_visible()
    seat.write("one more thing").sees("I heard you.")


def test_a_page_whose_origin_is_not_allowed_says_that_the_chat_cannot_be_used(sit_down):
    seat = sit_down()
    seat.chat.status = (403, None)
    seat.open()
    expect(seat.banner).to_contain_text("cannot be used")
    expect(seat.button("In an emergency")).to_be_visible()


def test_a_reload_in_the_middle_goes_on_and_sends_what_was_not_sent(sit_down):
    seat = begun(sit_down)
    seat.write("first").sees("I heard you.")
    seat.chat.status = (503, None)
    seat.write("second")
    expect(seat.log.get_by_text("Not sent yet")).to_be_visible()
    seat.page.reload()
    seat.chat.status = None
    seat.sees("second").sees("I heard you.", times=2)
    assert seat.said() == [HELLO, "first", "I heard you.", "second", "I heard you."]
    assert seat.chat.sessions == 1
    assert len({body["client_id"] for body in seat.chat.sent()}) == 2


@pytest.mark.parametrize("where", ["clinic", "page"])
def test_a_clinic_that_says_memory_keeps_nothing(sit_down, where):
    seat = sit_down('data-storage="memory"' if where == "page" else "")
    if where == "clinic":
        seat.chat.clinic["storage"] = "memory"
    seat.chat.views = [{"say": [HELLO]}]
    seat.open().sees(HELLO).write("secret").sees("I heard you.")
    kept = "JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie])"
    assert seat.page.evaluate(kept) == '[{},{},""]'
    seat.page.reload()
    expect(seat.widget.get_by_role("dialog")).to_have_count(0)


def test_a_person_who_takes_over_is_heard_live_and_named(sit_down):
    seat = sit_down()
    seat.chat.streams = True
    seat.chat.views = [{"say": [HELLO]}]
    seat.open().sees(HELLO)
    seat.chat.state = {"status": "human", "speaker": {"kind": "clinician", "name": "Dana, RN"}}
    seat.chat.add({"from": "clinician", "text": "I am here.", "speaker": "Dana, RN"})
    seat.sees("I am here.")
    expect(seat.banner).to_contain_text("You are talking with Dana, RN now.")
    expect(seat.log.locator(".clinician")).to_contain_text("Dana, RN")
    seat.chat.state = {}
    seat.chat.bot("The assistant is back.")
    seat.sees("The assistant is back.")
    expect(seat.banner).to_contain_text("No person from the clinic is in this chat now")
    assert seat.faults == []


def test_words_that_come_while_the_chat_is_closed_are_counted_on_the_button(sit_down):
    seat = begun(sit_down)
    seat.button("Close the chat").click()
    seat.chat.add({"from": "clinician", "text": "Are you there?", "speaker": "Dana"})
    seat.page.evaluate(AGAIN)
    expect(seat.widget.locator("button.launcher")).to_contain_text("1 new")
    seat.open().sees("Are you there?")


def test_the_stream_carries_the_token_in_a_header_and_never_in_an_address(sit_down):
    seat = begun(sit_down)
    seat.write("hello").sees("I heard you.")
    with_token = [r for r in seat.chat.requests if r["token"]]
    assert {r["path"] for r in with_token} >= {"/chat/v1/stream", "/chat/v1/messages"}
    assert not any("token" in r["query"] or "token" in r["path"] for r in seat.chat.requests)


def test_what_was_said_elsewhere_meanwhile_stands_where_it_was_said(sit_down):
    seat = begun(sit_down, first=NO_LONG_WAITS_END)
    seat.chat.add({"from": "patient", "text": "from the phone"})
    seat.chat.bot("To the phone.")
    seat.write("from here").sees("I heard you.")
    seat.page.evaluate(AGAIN)
    seat.sees("To the phone.")
    order = [HELLO, "from the phone", "To the phone.", "from here", "I heard you."]
    assert seat.said() == order


def test_words_on_their_way_stand_behind_what_was_said_elsewhere_before_they_arrived(sit_down):
    seat = begun(sit_down)
    held = []
    seat.page.route(
        "**/chat/v1/messages*",
        lambda route: held.append(route) if route.request.method == "POST" else route.continue_(),
    )
    seat.write("from here").sees("from here")
    seat.chat.add({"from": "patient", "text": "from the phone"})
    seat.chat.bot("To the phone.")
    seat.page.evaluate(AGAIN)
    seat.sees("To the phone.")
    held.pop().continue_()
    seat.sees("I heard you.")
    order = [HELLO, "from the phone", "To the phone.", "from here", "I heard you."]
    assert seat.said() == order


def test_two_tabs_show_the_same_talk(sit_down):
    one = begun(sit_down)
    one.chat.messages[0]["kind"] = "routine"
    two = sit_down(context=one.context)
    two.open().sees(HELLO)
    assert one.chat.sessions == 1
    two.write("from the second tab").sees("I heard you.")
    one.sees("from the second tab").sees("I heard you.")
    one.write("and from the first").sees("I heard you.", times=2)
    two.sees("and from the first").sees("I heard you.", times=2)
    assert one.said() == two.said()
