// The talk with the server: what is known, what waits to be sent, who is heard. It draws nothing;
// `draw` shows what it is told.
//
// phase: new > starting > ready > over (the token is worth nothing), unavailable, or left.

const TAB_ANSWER_MILLISECONDS = 150;

function makeTalk(settings, api, retrying, keeping, draw) {
  let phase = "new";
  if (settings.token) keeping.forget(); // what an earlier link left in this tab
  let token = settings.token || keeping.get("token") || null;
  let cursor = null; // id of the last message that a GET has told: nothing before it is missing
  let view = null;
  const unheard = []; // events of the stream
  let isReading = false;
  let isReadWanted = false;
  let isLooking = false;
  let beginnings = 0;

  if (settings.token) keeping.put({ token });
  const isAlive = () => phase !== "left";
  const listening = makeListening(api, retrying, {
    tokenOf: () => token,
    hear: heard,
    read,
    isWaiting: () => Boolean(view) && ["held", "human"].includes(view.status),
    isLooking: () => isLooking,
  });

  const sending = makeSending(api, retrying, keeping, draw, {
    token: () => token,
    isReady: () => phase === "ready",
    answered,
    missed,
    showHelp,
    rested: () => unheard.length && hearThem(),
  });

  function enter(next) {
    phase = next;
    draw.phase(phase);
  }

  // ---- beginning

  // A later beginning makes what an earlier one still waits for worthless.
  async function start() {
    if (phase !== "new" && phase !== "over") return;
    const mine = (beginnings += 1);
    const isWanted = () => isAlive() && mine === beginnings;
    enter("starting");
    const boot = await retrying.insist(() => api.clinic(settings.clinic), isWanted, missed);
    if (!boot) return;
    reached();
    if (boot.status !== 200) return enter("unavailable");
    const { clinic } = boot.body;
    if (settings.storage === "memory" || clinic.storage === "memory") keeping.useMemory();
    draw.clinic(clinic, boot.body.greeting);
    keeping.listen(heardTab);
    if (!token) await askTabs();
    if (!isWanted()) return;
    if (token) await resume(isWanted);
    else if (settings.isLink) enter("over");
    else await begin(isWanted);
  }

  async function askTabs() {
    keeping.tell({ kind: "who-has" });
    if (keeping.isShared()) await retrying.pause(TAB_ANSWER_MILLISECONDS);
  }

  async function begin(isWanted) {
    const create = () => api.begin(settings.clinic, spoken());
    const answer = await retrying.insist(create, isWanted, (failed) => {
      missed(failed);
      sending.screen();
    });
    if (!answer) return;
    reached();
    if (answer.status !== 201) return enter("unavailable");
    useToken(answer.body.token);
    keeping.tell({ kind: "have", token });
    enter("ready");
    accept(answer.body, { isWhole: true });
    go();
  }

  async function resume(isWanted) {
    const answer = await retrying.insist(() => api.read(token, null), isWanted, missed);
    if (!answer) return;
    reached();
    if (answer.status !== 200) {
      finish(answer);
      return;
    }
    enter("ready");
    accept(answer.body, { isWhole: true, isHistory: true });
    go();
  }

  function go() {
    sending.redraw();
    listening.start();
    sending.pump();
  }

  function useToken(next) {
    token = next;
    keeping.put({ token });
  }

  // A conversation that is over is followed by a new one; what was not sent stays with the patient.
  function startAgain() {
    listening.stop();
    const unsent = sending.takeAll();
    keeping.forget();
    token = null;
    cursor = null;
    view = null;
    draw.clear(unsent.join("\n"));
    phase = "new";
    return start();
  }

  // ---- what could not be done

  function missed(answer) {
    showHelp(answer);
    draw.connection(!navigator.onLine ? "offline" : answer.status === 429 ? "busy" : "unreachable");
  }

  const reached = () => draw.connection("fine");

  function showHelp(answer) {
    if (isAlive() && answer.body && answer.body.emergency) draw.emergency(answer.body.emergency, true);
  }

  function finish(answer) {
    showHelp(answer);
    listening.stop();
    sending.giveUp();
    enter("over");
  }

  // ---- sending

  function send(words) {
    if (phase === "over" || phase === "unavailable") sending.inVain(words);
    else sending.add(words);
  }

  function answered(answer) {
    reached();
    if (answer.status === 401) return finish(answer);
    if (answer.status !== 200) return showHelp(answer);
    accept(answer.body, { isOwn: true });
    keeping.tell({ kind: "turn" });
  }

  // ---- reading

  async function read() {
    if (phase !== "ready" || isReading) {
      isReadWanted = isReading;
      return true;
    }
    isReading = true;
    isReadWanted = false;
    const began = sending.turns();
    const asked = token;
    const answer = await api.read(asked, cursor);
    isReading = false;
    if (phase !== "ready") return true;
    if (isReadWanted && !isPassing(answer)) setTimeout(read, 0);
    if (asked !== token) return true; // another chat has begun since
    if (answer.status === 404) cursor = null; // forgotten there: the next read asks for everything
    if (isPassing(answer)) {
      missed(answer);
      return false;
    }
    if (sending.isSettled()) reached();
    if (answer.status === 401) finish(answer);
    if (answer.status === 200) accept(answer.body, { isStale: began !== sending.turns() });
    return answer.status === 200;
  }

  function accept(next, { isWhole = false, isHistory = false, isOwn = false, isStale = false }) {
    const messages = next.messages || [];
    draw.messages(messages, { isHistory, isOwn, isKept: next.is_stored !== false });
    if (!isOwn) sending.arrived(messages);
    if (!isOwn && next.is_stored !== false && messages.length) {
      cursor = messages[messages.length - 1].id;
    }
    if (isStale && !isWhole) return;
    const before = view;
    view = next;
    const isNew = !isHistory && messages.some((message) => message.kind === "crisis");
    if (next.emergency) draw.emergency(next.emergency, isNew);
    draw.view(next, before);
  }

  // What our own send caused is known once its answer is in; until then events wait.
  function heard(event) {
    if (event.name === "open") return;
    unheard.push(event);
    if (!sending.isBusy()) hearThem();
  }

  function hearThem() {
    if (!unheard.splice(0).every(isKnown)) read();
  }

  function isKnown(event) {
    const news = parse(event.data);
    if (event.name === "message") return draw.knows(news.id);
    return view && news.status === view.status && sameSpeaker(news.speaker, view.speaker);
  }

  function heardTab(news) {
    if (news.kind === "who-has" && token && phase === "ready") keeping.tell({ kind: "have", token });
    if (news.kind === "have" && !token && phase === "starting") {
      useToken(news.token);
      retrying.wake();
    }
    if (news.kind === "turn") read();
    if (news.kind === "left") draw.leftElsewhere();
  }

  // ---- leaving

  function leave() {
    const worthless = token;
    forget();
    keeping.tell({ kind: "left" });
    if (worthless) api.leave(worthless);
  }

  function forget() {
    phase = "left";
    listening.stop();
    sending.takeAll();
    keeping.forget();
    token = null;
  }

  function look(isOpen) {
    isLooking = isOpen;
    keeping.put({ isOpen });
  }

  function networkBack() {
    retrying.wake();
    read();
  }

  return {
    start,
    startAgain,
    send,
    again: sending.again,
    read,
    leave,
    forget,
    look,
    networkBack,
    offline: () => draw.connection("offline"),
    wasOpen: () => Boolean(keeping.get("isOpen")),
    view: () => view,
    isSettled: sending.isSettled,
  };
}

function parse(json) {
  try {
    return JSON.parse(json) || {};
  } catch {
    return {};
  }
}

function sameSpeaker(one, other) {
  return Boolean(one && other) && one.kind === other.kind && one.name === other.name;
}
