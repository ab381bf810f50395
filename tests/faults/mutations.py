"""Ways to break the program, each with the scenario that has to see it.

A mutation is a text in a file and what stands there instead. A text that is not found, or found
more than once, is an error: then the program has changed and the mutation has to be written anew.
"""

from __future__ import annotations

from dataclasses import dataclass

TAKING = "bot/services/taking_turns.py"
INBOUND = "bot/services/inbound.py"
REPLAYING = "bot/services/replaying.py"
SPOOL = "bot/services/spool.py"
OUTBOX = "bot/delivery/outbox.py"
STATEMENTS = "bot/store/statements.py"
TURNS = "bot/store/turns.py"
EVENTS = "bot/store/event_rows.py"
OUTCOMES = "bot/delivery/outcomes.py"

LOCKLESS = " BY_ADDRESS.format(*_NUMBERED)"
ALL = "dict.fromkeys(Priority, 1)"
MANY = "{Priority.STAT: 5}"
LOOKLESS = "    elif item.looks < 0:"
FAILED = "        ended(parts, item, OutboxState.FAILED, code)"
ONCE = 'conflict="ON CONFLICT (channel, provider_key) DO NOTHING"'

KILLED = ("killed", "--database", "sqlite", "--turns", "40", "--kills", "3", "--points")
ROUTINE = (
    *("killed", "--routine", "--unreported", "--database", "sqlite"),
    *("--turns", "20", "--kills", "2", "--points"),
)
REDELIVERED = ("redelivered", "--database", "sqlite", "--turns", "24")
OUTAGE = ("flagged", "--database", "sqlite", "--turns", "60")
DEAF = ("deaf", "--database", "sqlite", "--turns", "40")
POWER_CUT = ("power-cut", "--database", "sqlite", "--turns", "24")
LATE_DISK = ("late-disk", "--database", "sqlite", "--turns", "16")
UNANSWERED = ("unanswered", "--database", "sqlite", "--turns", "40")


@dataclass(frozen=True)
class Mutation:
    """`changes` are (file, text, what stands there instead)."""

    name: str
    changes: tuple[tuple[str, str, str], ...]
    scenario: tuple[str, ...]


def _in(file: str, text: str, instead: str) -> tuple[tuple[str, str, str], ...]:
    return ((file, text, instead),)


MUTATIONS = (
    Mutation(
        "the answer goes out before the turn is taken",
        (
            (
                "bot/web/sms.py",
                "        return _twiml(_take_turn())\n    except CallerError as error:\n"
                "        return _refusal(error)\n    except Exception:\n"
                '        log.exception("text_not_answered")\n        return _empty(',
                "        answer = _twiml(Reply(()))\n"
                "        answer.call_on_close(flask.copy_current_request_context(_take_turn))\n"
                "        return answer\n    except CallerError as error:\n"
                "        return _refusal(error)\n    except Exception:\n"
                '        log.exception("text_not_answered")\n        return _empty(',
            ),
            ("bot/web/sms.py", "import logging\n", "import logging\nimport flask\n"),
        ),
        (*KILLED, "turn-decided"),
    ),
    Mutation(
        "the turn is never committed",
        _in(TAKING, "            transaction.connection.commit()\n", "            pass\n"),
        (*KILLED, "reply-ready"),
    ),
    Mutation(
        "the provider's id need not be unique",
        (
            (
                STATEMENTS,
                'conflict="ON CONFLICT (channel, provider_key) DO NOTHING"',
                'conflict=""',
            ),
            (
                "migrations/versions/0001_the_first_tables.py",
                '"channel", "provider_key", name=op.f("uq_messages_channel_provider_key")',
                '"id", "provider_key", name=op.f("uq_messages_channel_provider_key")',
            ),
        ),
        REDELIVERED,
    ),
    Mutation(
        "a row is sent without being marked first",
        _in(
            OUTBOX,
            "        is_mine = mark_sending(connection, item, by=parts.name, now=now)\n",
            "        is_mine = True\n",
        ),
        (*ROUTINE, "answer-read"),
    ),
    Mutation(
        "no lock, and a turn decided on something older is stored",
        (
            (STATEMENTS, ' BY_ADDRESS.format(*_NUMBERED) + " FOR UPDATE"', LOCKLESS),
            (TURNS, "        if inserted and not placed:", "        if False:"),
        ),
        ("together", "--database", "postgresql", "--turns", "100"),
    ),
    Mutation(
        "a routine text of unknown outcome is sent again",
        _in(OUTCOMES, "RESENDS_OF_UNKNOWN = {Priority.STAT: 1}", "RESENDS_OF_UNKNOWN = " + ALL),
        (*ROUTINE, "answer-read"),
    ),
    Mutation(
        "what a dead runner was sending is sent again whatever it is",
        _in(
            OUTBOX,
            "    if item.attempts <= RESENDS_OF_UNKNOWN.get(item.priority, 0):\n",
            "    if item.attempts:\n",
        ),
        (*ROUTINE, "answer-read"),
    ),
    Mutation(
        "a page of unknown outcome is sent again and again",
        _in(OUTCOMES, "RESENDS_OF_UNKNOWN = {Priority.STAT: 1}", "RESENDS_OF_UNKNOWN = " + MANY),
        DEAF,
    ),
    Mutation(
        "an unknown outcome is called failed",
        (
            (
                OUTCOMES,
                "    elif item.kind in LOOKED_UP and may_look(item, item.looks):",
                LOOKLESS,
            ),
            (OUTCOMES, "        ended(parts, item, OutboxState.UNKNOWN, code)", FAILED),
        ),
        (*ROUTINE, "answer-read"),
    ),
    Mutation(
        "what the provider's list shows is not believed",
        _in("bot/delivery/looking.py", "    if keys:\n", "    if None:\n"),
        (*ROUTINE, "answer-read"),
    ),
    Mutation(
        "an alert takes its step and pages nobody",
        _in("bot/delivery/alerts.py", "    put(connection, departure, now=parts.now())\n", ""),
        (*KILLED, "reply-ready"),
    ),
    Mutation(
        "a lease never runs out",
        _in(
            "bot/store/leasing.py",
            "or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until <= now)",
            "OutboxRow.leased_until.is_(None)",
        ),
        (*KILLED, "outbox-leased"),
    ),
    Mutation(
        "an alert falls asleep after its first call",
        _in(
            "bot/consults/alert.py",
            "next_at=_after(alert.opened_at, due, now))",
            "next_at=now + timedelta(days=365))",
        ),
        UNANSWERED,
    ),
    Mutation(
        "danger opens no alert",
        _in(
            EVENTS,
            "        elif (add := _WRITERS.get(type(event))) is not None:\n",
            "        elif type(event).__name__ == 'PageRequested':\n            continue\n"
            "        elif (add := _WRITERS.get(type(event))) is not None:\n",
        ),
        (*KILLED, "reply-ready"),
    ),
    Mutation(
        "a consult request is decided and not stored",
        _in(
            "bot/store/event_rows.py", "        add_consult(book, consult)\n", "        continue\n"
        ),
        (*KILLED, "reply-ready"),
    ),
    Mutation(
        "the worker does not replay what was kept",
        _in("bot/delivery/runner.py", "    return parts.replay()\n", "    return 0\n"),
        OUTAGE,
    ),
    Mutation(
        "a kept text is forgotten before its turn is taken",
        _in(
            REPLAYING,
            "    spooled = parts.spool.read(path)\n",
            "    spooled = parts.spool.read(path)\n    parts.spool.remove(path)\n",
        ),
        OUTAGE,
    ),
    Mutation(
        "a text is said to be kept and is not",
        _in(
            INBOUND,
            "        try:\n            parts.spool.keep(spooled, patient=patient)\n"
            "        except StoreUnavailable:\n"
            "            parts.spool.keep(spooled, patient=patient)\n",
            "        pass\n",
        ),
        OUTAGE,
    ),
    Mutation(
        "a later text is treated before those that were kept",
        _in(INBOUND, "            _replay_before(parts, task)\n", "            pass\n"),
        ("kept-first", "--database", "sqlite", "--turns", "24"),
    ),
    Mutation(
        "a kept text is not synced",
        _in(SPOOL, "            os.fsync(handle.fileno())\n", "            pass\n"),
        POWER_CUT,
    ),
    Mutation(
        "the name of a kept text is not synced",
        _in(
            SPOOL,
            "        self._sync_folder()\n        reached(FailPoint.SPOOL_KEPT)\n",
            "        reached(FailPoint.SPOOL_KEPT)\n",
        ),
        POWER_CUT,
    ),
    Mutation(
        "the folder of the kept texts is not synced",
        _in(SPOOL, "            _sync(made.parent)\n", "            pass\n"),
        POWER_CUT,
    ),
    Mutation(
        "other words under the id of a web message are answered as if they were the same",
        _in(
            TAKING,
            "        return said.inbound_text == body_of(self.message)\n",
            "        return True\n",
        ),
        ("web-repeats", "--database", "sqlite", "--turns", "20"),
    ),
    Mutation(
        "a crisis is kept and not answered while the database is away",
        _in(
            INBOUND,
            "    return _from_memory(parts, task, is_kept=is_kept) if fires"
            " else Reply((), is_stored=False)\n",
            "    return Reply((), is_stored=False)\n",
        ),
        OUTAGE,
    ),
    Mutation(
        "the route of a text keeps no crisis whose time ran out",
        _in(
            "bot/web/sms.py",
            "    if reply.is_lost and not _is_kept_now(parts, inbound):\n",
            "    if reply.is_lost:\n",
        ),
        LATE_DISK,
    ),
    Mutation(
        "the route of the chat keeps no danger whose time ran out",
        _in("bot/web/chat.py", "    if answer.is_lost:\n", "    if False:\n"),
        LATE_DISK,
    ),
    Mutation(
        "a repeat is answered although the outbox sends the reply",
        _in(TAKING, "if not text.is_queued or text.kind == ReplyKind.CRISIS]", "if text.id]"),
        (*ROUTINE, "spool-kept", "--kills", "4"),
    ),
    Mutation(
        "a repeat is not answered at all",
        _in(TAKING, "        texts = tuple(text.text for text in here)\n", "        texts = ()\n"),
        (*KILLED, "turn-committed"),
    ),
    Mutation(
        "a reply that may not have left is not shown",
        _in(REPLAYING, "        _note_unknown(parts, reply)\n", "        pass\n"),
        # What was leased as the database went away is due again after its lease of a minute.
        (*KILLED, "turn-committed", "--then-outage", "--settles", "120"),
    ),
    Mutation(
        "a status moves backwards",
        _in(
            "bot/store/receipts.py",
            "    return before is None or _STAGE.get(after, -1) > _STAGE.get(before, -1)\n",
            "    return True\n",
        ),
        REDELIVERED,
    ),
    Mutation(
        "a turn skips a number",
        _in(
            "bot/conversation/turn.py",
            "turn_number=draft.conversation.turn_number + 1)",
            "turn_number=draft.conversation.turn_number + 2)",
        ),
        REDELIVERED,
    ),
    Mutation(
        "nothing limits how long a webhook or the database may take",
        (
            ("bot/web/deadline.py", "WEBHOOK_SECONDS = 2.5\n", "WEBHOOK_SECONDS = 14.0\n"),
            (
                "bot/store/engine.py",
                "        seconds = self.deadline_seconds if timeout is None else timeout\n",
                "        seconds = 14.0\n        self.budget_until = None\n",
            ),
        ),
        ("frozen", "--database", "postgresql", "--turns", "24"),
    ),
)
