"""What listening visitors are told: each text once, in order, to whom it belongs."""

import socket

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from bot.services.chat_news import Told
from bot.services.clinicians import Role, add_clinician
from bot.services.handover import release, speak, take_over
from bot.store.tables import ChatSessionRow, ConsultRow
from bot.stream import agenda as agendas
from bot.stream import hub as hubs
from bot.stream import visitors
from bot.stream.door import Doors
from bot.stream.hub import Hub
from bot.stream.visitors import Visitor
from tests.stream.conftest import CONNECTION, await_that
from tests.web.chatting import chatter, texts

CRISIS = "I want to kill myself tonight"


@pytest.fixture
def visitor(client):
    return chatter(client)


@pytest.fixture
def clinician(parts):
    return add_clinician(
        parts,
        email="ana@clinic.example",
        name="Ana Ruiz",
        role=Role.CLINICIAN,
        clinic_ids=("demo",),
        password="a long enough password",
    )


def consult_of(parts):
    with Session(parts.engine) as session:
        return session.query(ConsultRow.id).scalar()


def test_the_answer_begins_with_the_head_that_the_web_process_wrote(hub, visitor, listen):
    stream = listen(visitor)
    await_that(lambda: b"retry:" in stream.heard)
    head = stream.heard.partition(b"\r\n\r\n")[0].decode()
    assert head.startswith("HTTP/1.1 200 OK\r\n")
    assert "Content-Type: text/event-stream" in head
    assert "Cache-Control: no-store" in head
    assert "Content-Length" not in head
    assert visitor.token not in stream.heard.decode()


def test_what_is_said_in_one_tab_is_heard_in_the_other_once_and_in_order(hub, visitor, listen):
    stream, other = listen(visitor), listen(visitor)
    said = [*texts(visitor.say("yes")), *texts(visitor.say("3/14/1985"))]
    for each in (stream, other):
        await_that(lambda each=each: len(each.texts) >= len(said))
        assert each.texts == said


def test_nothing_of_one_visitor_is_heard_by_another(hub, client, listen):
    one, other = chatter(client), chatter(client)
    mine, theirs = listen(one), listen(other)
    said = texts(one.say("yes"))
    await_that(lambda: mine.texts == said)
    heard = texts(other.say("no"))
    await_that(lambda: theirs.texts == heard)


def test_what_was_said_before_is_not_said_again(hub, visitor, listen):
    visitor.say("yes")
    stream = listen(visitor)
    said = texts(visitor.say("3/14/1985"))
    await_that(lambda: stream.texts == said)


def test_whoever_comes_back_hears_what_they_missed(hub, visitor, listen):
    last = visitor.opened["messages"][-1]["id"]
    missed = texts(visitor.say("yes"))
    stream = listen(visitor, **{"Last-Event-ID": last})
    await_that(lambda: stream.texts == missed)
    assert stream.events("state")[0]["status"] == "active"


def test_half_of_a_turn_is_completed(hub, visitor, listen):
    own, *replies = visitor.say(CRISIS)["messages"]
    stream = listen(visitor, **{"Last-Event-ID": own["id"]})
    await_that(lambda: stream.texts == [each["text"] for each in replies])


def test_an_unknown_last_id_means_from_now_on(hub, visitor, listen):
    stream = listen(visitor, **{"Last-Event-ID": "nothing of ours"})
    said = texts(visitor.say("yes"))
    await_that(lambda: stream.texts == said)


def test_a_clinicians_words_and_coming_and_going_are_heard_live(
    hub, visitor, listen, parts, clinician
):
    visitor.say(CRISIS)
    stream = listen(visitor)
    take_over(parts, clinician, consult_of(parts))
    human = {"status": "human", "speaker": {"kind": "clinician", "name": "Ana Ruiz"}}
    await_that(lambda: human in stream.events("state"))
    speak(parts, clinician, consult_of(parts), "Hello, I am Ana.")
    await_that(lambda: "Hello, I am Ana." in stream.texts)
    spoken = stream.events("message")[-1]
    assert (spoken["from"], spoken["speaker"]) == ("clinician", "Ana Ruiz")
    release(parts, clinician, consult_of(parts))
    await_that(lambda: stream.events("state")[-1]["speaker"] == {"kind": "bot", "name": None})
    assert any("has left" in text for text in stream.texts)
    assert clinician.id not in stream.heard.decode()


def test_what_nobody_told_is_found_by_looking(hub, visitor, listen, parts, monkeypatch):
    monkeypatch.setattr(hubs, "LOOK_SECONDS", 0.05)
    stream = listen(visitor)
    monkeypatch.setattr(type(hub.doors), "told", lambda _self: set())
    said = texts(visitor.say("yes"))
    await_that(lambda: stream.texts == said)


def test_a_new_conversation_of_the_same_visitor_is_heard(hub, visitor, listen):
    stream = listen(visitor)
    said = [*texts(visitor.say("no")), *texts(visitor.say("restart"))]
    await_that(lambda: stream.texts == said)
    said += texts(visitor.say("yes"))
    await_that(lambda: stream.texts == said)


def test_many_are_looked_at_some_at_a_time_and_all_of_them_hear(hub, client, listen, monkeypatch):
    monkeypatch.setattr(agendas, "AT_ONCE", 1)
    chatters = [chatter(client) for _ in range(5)]
    streams = [listen(each) for each in chatters]
    hub._look_at = float("inf")
    monkeypatch.setattr(type(hub.doors), "told", lambda _self: set())
    said = [texts(each.say("yes")) for each in chatters]
    hub._look_at = 0.0
    for stream, own in zip(streams, said, strict=True):
        await_that(lambda stream=stream, own=own: stream.texts == own)


def test_between_two_parts_of_a_look_the_doors_are_answered(parts, settings, monkeypatch):
    happened = []
    monkeypatch.setattr(agendas, "AT_ONCE", 1)
    monkeypatch.setattr(hubs, "read_news", lambda *_: happened.append("look") or {})
    monkeypatch.setattr(Doors, "handed_over", lambda *_: happened.append("doors") or iter(()))
    hub = Hub(parts, Doors(settings.stream_dir), most=5)
    ends = [end for _ in range(2) for end in socket.socketpair()]
    for number, connection in enumerate(ends[:2]):
        told = Told("c" * 32, (1, 0), "active")
        who = Visitor(connection, ("demo", bytes([number])), "t" * 64, parts.now(), told)
        hub.visitors.add(who, seconds=hub.seconds())
    hub.round()
    hub.round()
    assert happened == ["doors", "look", "doors", "look"]
    hub._close()
    for end in ends:
        end.close()


def test_beyond_its_room_the_hub_refuses_and_says_so(hub, visitor, listen, client):
    for _ in range(5):
        listen(visitor)
    theirs, ours = socket.socketpair()
    refused = client.get(
        "/chat/v1/stream", headers=visitor.headers, environ_overrides={CONNECTION: ours}
    )
    assert refused.status_code == 503
    assert refused.json["code"] == 503
    assert refused.headers["Retry-After"]
    theirs.close()
    ours.close()


def test_who_leaves_makes_room(hub, visitor, listen):
    streams = [listen(visitor) for _ in range(5)]
    streams[0].close()
    await_that(lambda: len(hub.visitors) == 4)
    listen(visitor)


def test_without_a_stream_process_there_is_503(visitor, client):
    theirs, ours = socket.socketpair()
    answer = client.get(
        "/chat/v1/stream", headers=visitor.headers, environ_overrides={CONNECTION: ours}
    )
    assert (answer.status_code, answer.json["code"]) == (503, 503)
    assert client.get("/chat/v1/stream", headers=visitor.headers).status_code == 503
    theirs.close()
    ours.close()


def test_a_chat_that_cannot_be_read_keeps_no_other_from_being_heard(
    hub, client, listen, parts, monkeypatch
):
    monkeypatch.setattr(type(hub.doors), "told", lambda _self: set())
    one, other = chatter(client), chatter(client)
    theirs, mine = listen(one), listen(other)
    hub._look_at = float("inf")
    one.say("yes")
    with parts.engine.begin() as connection:
        damage = text("UPDATE messages SET body = :bad WHERE conversation_id = :id")
        newest = text("SELECT max(conversation_id) FROM messages WHERE turn_number = 2")
        connection.execute(damage, {"bad": b"damaged", "id": connection.scalar(newest)})
    said = texts(other.say("no"))
    hub._look_at = 0.0
    await_that(lambda: mine.texts == said)
    await_that(lambda: not theirs.is_open)


def test_without_a_token_nothing_is_handed_over(hub, client):
    assert client.get("/chat/v1/stream").status_code == 401
    assert client.get("/chat/v1/stream?token=x").status_code == 400
    assert len(hub.visitors) == 0


def test_a_page_of_another_origin_hears_nothing(hub, client, visitor):
    headers = {**visitor.headers, "Origin": "https://elsewhere.example"}
    assert client.get("/chat/v1/stream", headers=headers).status_code == 403


@pytest.mark.parametrize("how", ["left", "expired"])
def test_a_session_that_is_over_is_hung_up_on(hub, visitor, listen, parts, how):
    stream = listen(visitor)
    if how == "left":
        visitor.leave()
    else:
        with parts.engine.begin() as connection:
            connection.execute(update(ChatSessionRow).values(expires_at=parts.now()))
    hub._over_at = 0.0
    await_that(lambda: not stream.is_open)


def test_who_does_not_read_is_let_go_and_others_still_hear(hub, visitor, client, monkeypatch):
    monkeypatch.setattr(visitors, "MOST_UNSENT_BYTES", 2000)
    theirs, ours = socket.socketpair()
    for each in (theirs, ours):
        each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2048)
    with pytest.raises(StopIteration):
        client.get(
            "/chat/v1/stream", headers=visitor.headers, environ_overrides={CONNECTION: ours}
        )
    await_that(lambda: len(hub.visitors) == 1)
    (slow,) = hub.visitors
    hub.visitors.say(slow, b": " + b"x" * 100_000 + b"\n\n")
    hub.visitors.say(slow, b": " + b"x" * 100_000 + b"\n\n")
    await_that(lambda: len(hub.visitors) == 0)
    theirs.close()


def test_signs_of_life_go_out_while_nothing_is_said(hub, visitor, listen, monkeypatch):
    monkeypatch.setattr(visitors, "BEAT_SECONDS", 0.05)
    stream = listen(visitor)
    await_that(lambda: stream.heard.count(b": ping") >= 3)


def test_an_orderly_stop_asks_to_come_back_and_hangs_up(parts, settings, visitor, listen, hub):
    stream = listen(visitor)
    await_that(lambda: b"retry: 1000" in stream.heard)
    hub._close()
    await_that(lambda: not stream.is_open)
    assert stream.heard.count(b"retry:") == 2


def test_the_hub_holds_no_connection_to_the_database_between_looks(hub, visitor, listen, parts):
    listen(visitor)
    await_that(lambda: parts.engine.pool.checkedout() == 0)
