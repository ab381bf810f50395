// The messages. A node is made once and never again: a screen reader reads each message one time.
// A message of our own is drawn when it is sent and recognised by its client_id when it comes back.

const SHOWN_MARKS = { sending: "sending", waiting: "waiting", failed: "failed", too_long: "too_long" };

function makeLog({ onChange, onAgain }) {
  const log = make("div", { role: "log", class: "log", "aria-relevant": "additions" });
  const byId = new Map();
  const byClientId = new Map();
  const passing = []; // told from memory, without a lasting id: recognised by what they say

  // ---- drawing one message

  // A choice travels as its number; what was chosen are its words.
  const wordsOf = (message) => message.shown || message.text;

  function speakerOf(message) {
    if (message.from === "patient") return say("you");
    if (message.from === "clinician") return message.speaker || say("clinician");
    return say("assistant");
  }

  function draw(message, next = null) {
    const isClinician = message.from === "clinician";
    const who = make("span", { class: isClinician ? "who" : "aside" }, said(speakerOf(message)), ": ");
    const kind = message.kind === "crisis" ? " crisis" : "";
    const node = make("div", { class: `message ${message.from}${kind}` }, who, said(wordsOf(message)));
    const entry = { node, message, mark: null, change: null, isOnItsWay: false };
    log.insertBefore(node, next);
    return entry;
  }

  function offerChange(entry) {
    const { link_id: linkId } = entry.message;
    if (!linkId || entry.change) return;
    entry.change = make("button", { type: "button", class: "change" }, say("change"));
    entry.change.setAttribute("aria-label", say("change_answer", { answer: wordsOf(entry.message).slice(0, 60) }));
    entry.change.addEventListener("click", () => onChange(linkId));
    // Not words of the conversation: the log must not read them out.
    entry.node.append(make("span", { class: "tools", "aria-live": "off" }, entry.change));
  }

  // ---- adding

  function adopt(message) {
    const own = message.client_id && byClientId.get(message.client_id);
    if (own) return own;
    const at = passing.findIndex(
      ({ message: other }) => other.from === message.from && other.text === message.text,
    );
    return at < 0 ? null : passing.splice(at, 1)[0];
  }

  // What was said elsewhere in the meantime stands before what is shown already and came after it,
  // and before our own words that are still on their way.
  function nodeAfter(messages, at) {
    const later = messages.slice(at + 1).map(({ id, client_id: own }) => byId.get(id) || byClientId.get(own));
    const known = later.find(Boolean);
    const first = known || [...byClientId.values()].find((entry) => entry.isOnItsWay);
    return first ? first.node : null;
  }

  // Adds what is not there yet; answers the nodes that are new.
  function add(messages, isKept) {
    const fresh = [];
    for (const [at, message] of messages.entries()) {
      if (isKept && byId.has(message.id)) continue;
      let entry = adopt(message);
      if (!entry) {
        entry = draw(message, nodeAfter(messages, at));
        fresh.push(entry);
      }
      entry.message = { shown: entry.message.shown, ...message };
      entry.isOnItsWay = false;
      if (isKept) byId.set(message.id, entry);
      else if (!byClientId.has(message.client_id)) passing.push(entry);
      if (message.client_id) byClientId.set(message.client_id, entry);
      if (isKept && message.from === "patient") offerChange(entry);
    }
    return fresh;
  }

  function own({ client_id: clientId, text, shown }) {
    if (!text || byClientId.has(clientId)) return null;
    const now = new Date().toISOString();
    const entry = draw({ from: "patient", text, shown, client_id: clientId, at: now });
    entry.isOnItsWay = true;
    byClientId.set(clientId, entry);
    return entry;
  }

  // ---- honest marks

  function mark(clientId, state) {
    const entry = byClientId.get(clientId);
    if (!entry) return;
    if (entry.mark) entry.mark.remove();
    entry.mark = null;
    entry.isOnItsWay = state === "sending" || state === "waiting";
    entry.node.classList.toggle("unsent", state !== "sent" && state !== "sending");
    if (!SHOWN_MARKS[state]) return;
    entry.mark = make("span", { class: `mark ${state}`, "aria-live": "off" }, say(SHOWN_MARKS[state]));
    if (state === "waiting" || state === "failed") {
      const retry = () => onAgain(entry.message.client_id);
      const words = say(state === "waiting" ? "try_now" : "try_again");
      entry.mark.append(" ", make("button", { type: "button", class: "change", onclick: retry }, words));
    }
    entry.node.append(entry.mark);
  }

  function renamed(before, after) {
    const entry = byClientId.get(before);
    if (!entry) return;
    entry.message = { ...entry.message, client_id: after };
    byClientId.delete(before);
    byClientId.set(after, entry);
  }

  function clear() {
    log.replaceChildren();
    byId.clear();
    byClientId.clear();
    passing.splice(0);
  }

  // ---- the patient's own copy

  function transcript(clinic) {
    const saved = new Date().toLocaleString(spoken());
    const lines = [...log.querySelectorAll(".message")].map((node) => {
      const entry = [...byId.values(), ...byClientId.values(), ...passing].find((e) => e.node === node);
      const { at } = entry.message;
      const when = at ? `[${new Date(at).toLocaleString(spoken())}] ` : "";
      const unsent = node.classList.contains("unsent") ? ` (${say("waiting")})` : "";
      return `${when}${speakerOf(entry.message)}: ${wordsOf(entry.message)}${unsent}`;
    });
    return [say("transcript_title", { clinic, date: saved }), "", ...lines, ""].join("\r\n");
  }

  return {
    node: log,
    add,
    own,
    mark,
    renamed,
    clear,
    transcript,
    knows: (id) => byId.has(id),
    hasText: (text) => [...log.querySelectorAll(".bot > .said")].some((node) => node.textContent === text),
    isEmpty: () => log.childElementCount === 0,
    setQuiet: (isQuiet) => log.setAttribute("aria-live", isQuiet ? "off" : "polite"),
    relabel: () => log.setAttribute("aria-label", say("conversation")),
  };
}
