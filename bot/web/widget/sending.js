// What the patient wrote and the server has not taken yet. One at a time and in order, because each
// answer belongs to the question before it; what is sent twice counts once, by its client_id.

function newClientId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// `talk` says whether to go on, takes what was answered, and hears of every miss.
function makeSending(api, retrying, keeping, draw, talk) {
  const queue = keeping.get("queue") || [];
  let isBusy = false;
  let underWay = null;
  let turns = 0; // counts beginnings and ends of sends: an older answer to a GET is not the state

  const next = () => queue.find((item) => !item.isRefused);

  function bodyOf({ client_id, text, change }) {
    return change ? { client_id, change } : { client_id, text };
  }

  function keep() {
    const lasting = ({ client_id, text, shown, change }) => ({ client_id, text, shown, change });
    keeping.put({ queue: queue.map(lasting) });
  }

  function add(words) {
    const item = { client_id: newClientId(), ...words };
    queue.push(item);
    keep();
    draw.own(item);
    pump();
  }

  // Nobody takes it, and the patient is told so; but it is still read for danger, and the patient
  // has it again when a new chat begins.
  async function inVain(words) {
    const item = { client_id: newClientId(), isRefused: true, ...words };
    queue.push(item);
    draw.own(item);
    draw.mark(item.client_id, "sending");
    talk.showHelp(await api.say(talk.token(), bodyOf(item)));
    draw.mark(item.client_id, "failed");
  }

  // No session can be had, but what was written is still read for danger: the answer has the card.
  async function screen(items = queue) {
    for (const item of items.filter((each) => each.text && !each.isScreened)) {
      const told = await api.say(null, bodyOf(item));
      item.isScreened = told.status !== NO_ANSWER;
      talk.showHelp(told);
    }
  }

  function again(clientId) {
    const item = queue.find((each) => each.client_id === clientId);
    if (!item) return;
    if (item.isRefused) {
      draw.renamed(clientId, (item.client_id = newClientId()));
      item.isRefused = false;
    }
    retrying.wake();
    pump();
  }

  async function pump() {
    if (isBusy || !talk.isReady()) return;
    isBusy = true;
    for (let item = next(); item && talk.isReady(); item = next()) await deliver(item);
    isBusy = false;
    draw.typing(false);
    talk.rested();
  }

  async function deliver(item) {
    turns += 1;
    underWay = item;
    draw.mark(item.client_id, "sending");
    draw.typing(true);
    const isWanted = () => talk.isReady() && queue.includes(item);
    const run = () => sayOnce(item, isWanted);
    const answer = await retrying.insist(run, isWanted, (failed) => {
      draw.typing(false);
      if (!item.hasArrived) draw.mark(item.client_id, "waiting");
      talk.missed(failed);
      talk.rested();
    });
    turns += 1;
    underWay = null;
    if (answer) settle(item, answer);
  }

  // The chat can be over, or another one begun, before the answer is in: then it is of no use but for
  // its emergency card.
  async function sayOnce(item, isWanted) {
    const answer = await api.say(talk.token(), bodyOf(item));
    if (isWanted()) return answer;
    talk.showHelp(answer);
    if (answer.status === NO_ANSWER) screen([item]);
    return answer;
  }

  // A look has found among what was said a message whose own answer is lost or on its way: nothing
  // says any more that it was not sent. It is asked for all the same, since only that answer has
  // the emergency card of its turn.
  function arrived(messages) {
    const ids = new Set(messages.map((message) => message.client_id));
    const found = queue.filter((item) => ids.has(item.client_id));
    for (const item of found) {
      item.hasArrived = true;
      draw.mark(item.client_id, "sent");
    }
    if (found.length) retrying.wake();
  }

  function settle(item, answer) {
    if (answer.status === 200) {
      queue.splice(queue.indexOf(item), 1);
      keep();
      draw.mark(item.client_id, "sent");
    } else {
      item.isRefused = true;
      draw.mark(item.client_id, [413, 422].includes(answer.status) ? "too_long" : "failed");
    }
    talk.answered(answer);
  }

  // The chat is over: nothing that waits will be sent by itself, but it is still read for danger.
  function giveUp() {
    const waiting = queue.filter((item) => !item.isRefused && !item.hasArrived);
    waiting.forEach((item) => draw.mark(item.client_id, "failed"));
    screen(waiting.filter((item) => item !== underWay)); // what is has an answer of its own
  }

  return {
    add,
    inVain,
    giveUp,
    screen,
    again,
    pump,
    arrived,
    redraw: () => queue.forEach((item) => draw.own(item)),
    takeAll: () => queue.splice(0).map((item) => item.shown || item.text).filter(Boolean),
    isBusy: () => isBusy,
    isSettled: () => !next(),
    turns: () => turns,
  };
}
