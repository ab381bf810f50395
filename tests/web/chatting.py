"""A browser that chats: opens a session, says things, and looks at what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count


@dataclass
class Chatter:
    """One visitor with a token of their own."""

    client: object
    token: str
    opened: dict
    numbers: object = field(default_factory=lambda: count(1))

    @property
    def headers(self):
        return {"Authorization": f"Bearer {self.token}"}

    def post(self, body, **more):
        headers = {**self.headers, **more.pop("headers", {})}
        return self.client.post("/chat/v1/messages", json=body, headers=headers, **more)

    def raw(self, body, **more):
        """Post bytes as they are."""
        named = {"content_type": "application/json", "headers": self.headers, **more}
        return self.client.post("/chat/v1/messages", data=body, **named)

    def send(self, text, *, client_id=None, **more):
        return self.post(
            {"client_id": client_id or f"c{next(self.numbers)}", "text": text}, **more
        )

    def say(self, text, **more):
        """Say it and return the view."""
        response = self.send(text, **more)
        assert response.status_code == 200, response.data
        return response.json

    def change(self, link_id):
        response = self.post({"client_id": f"c{next(self.numbers)}", "change": link_id})
        assert response.status_code == 200, response.data
        return response.json

    def read(self, after=None):
        response = self.look(after)
        assert response.status_code == 200, response.data
        return response.json

    def look(self, after=None):
        path = "/chat/v1/messages" + (f"?after={after}" if after else "")
        return self.client.get(path, headers=self.headers)

    def leave(self):
        return self.client.delete("/chat/v1/sessions/current", headers=self.headers)


def begin(client, *, clinic="demo", **more):
    """Open a session; returns the response."""
    headers = more.pop("headers", {})
    return client.post("/chat/v1/sessions", json={"clinic": clinic, **more}, headers=headers)


def chatter(client, **more):
    response = begin(client, **more)
    assert response.status_code == 201, response.data
    return Chatter(client, response.json["token"], response.json)


def texts(view, sender=None):
    return [m["text"] for m in view["messages"] if sender in (None, m["from"])]
