// Talking to the server. The token travels in a header, never in an address.

const PATIENCE_MILLISECONDS = 20000;
const SILENCE_MILLISECONDS = 45000; // three times the server's ping: the line is dead
const NO_ANSWER = 0;

function headersFor(token, more = {}) {
  return token ? { Authorization: `Bearer ${token}`, ...more } : { ...more };
}

async function readBody(response) {
  try {
    return await response.json();
  } catch {
    return null; // 204, or a proxy's page of its own
  }
}

// One event of the stream from its lines, null when it carries nothing.
function readEvent(block) {
  const event = { name: "message", id: null, data: "" };
  for (const line of block.split("\n")) {
    const [, field, value] = /^(\w+): ?(.*)$/.exec(line) || [];
    if (field === "event") event.name = value;
    if (field === "id") event.id = value;
    if (field === "data") event.data += value;
  }
  return event.data ? event : null;
}

function makeApi(base) {
  // Answers {status, body, retryAfter}; status 0 when nothing came back. Never throws.
  async function call(method, path, { token = null, body = null, keepalive = false } = {}) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), PATIENCE_MILLISECONDS);
    try {
      const response = await fetch(base + path, {
        method,
        headers: headersFor(token, body && { "Content-Type": "application/json" }),
        body: body && JSON.stringify(body),
        signal: abort.signal,
        credentials: "omit",
        cache: "no-store",
        referrerPolicy: "no-referrer",
        keepalive,
      });
      const seconds = Number(response.headers.get("Retry-After")) || null;
      return { status: response.status, body: await readBody(response), retryAfter: seconds };
    } catch {
      return { status: NO_ANSWER, body: null, retryAfter: null };
    } finally {
      clearTimeout(timer);
    }
  }

  // Hands every event to `hear` until the line ends; answers the status it began with.
  async function stream(token, lastId, signal, hear) {
    const headers = headersFor(token, { Accept: "text/event-stream" });
    if (lastId) headers["Last-Event-ID"] = lastId;
    const abort = new AbortController();
    let timer = null;
    const hang = () => abort.abort();
    const stillThere = () => {
      clearTimeout(timer);
      timer = setTimeout(hang, SILENCE_MILLISECONDS);
    };
    signal.addEventListener("abort", hang);
    stillThere();
    let status = NO_ANSWER;
    try {
      const response = await fetch(`${base}stream`, {
        headers,
        signal: abort.signal,
        credentials: "omit",
        cache: "no-store",
        referrerPolicy: "no-referrer",
      });
      const isStream = (response.headers.get("Content-Type") || "").startsWith("text/event-stream");
      status = response.ok && !isStream ? 404 : response.status;
      if (!response.ok || !isStream) return status;
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      hear({ name: "open", id: null, data: "" });
      for (let waiting = ""; ; ) {
        const { value, done } = await reader.read();
        if (done) return status;
        stillThere();
        waiting = (waiting + decoder.decode(value, { stream: true })).replace(/\r\n?/g, "\n");
        const blocks = waiting.split("\n\n");
        waiting = blocks.pop();
        blocks.map(readEvent).filter(Boolean).forEach(hear);
      }
    } catch {
      return status;
    } finally {
      clearTimeout(timer);
      abort.abort(); // a refused answer must not keep its connection
      signal.removeEventListener("abort", hang);
    }
  }

  const messages = (after) => (after ? `messages?after=${encodeURIComponent(after)}` : "messages");
  return {
    clinic: (id) => call("GET", `clinics/${encodeURIComponent(id)}`),
    begin: (clinic, language) => call("POST", "sessions", { body: { clinic, language } }),
    read: (token, after) => call("GET", messages(after), { token }),
    say: (token, body) => call("POST", "messages", { token, body }),
    leave: (token) => call("DELETE", "sessions/current", { token, keepalive: true }),
    stream,
  };
}
