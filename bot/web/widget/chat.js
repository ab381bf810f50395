// The chat as a whole: joins the talk with what is seen of it.

const FINISHED = new Set(["ended", "expired"]);

function makeChat(settings, host, remount) {
  const parts = makeFrame(settings);
  const api = makeApi(settings.base);
  const retrying = makeRetrying();
  const keeping = makeKeeping(settings);
  const known = { clinic: null, greeting: null, unread: 0 };
  const state = { phase: "new", connection: "fine", isHumanGone: false, isKept: true };

  const change = (linkId) => act({ change: linkId });
  const log = makeLog({ onChange: change, onAgain: (id) => talk.again(id) });
  const answers = makeAnswers({ onText: (text, shown) => act({ text, shown }), onChange: change });
  const panel = makePanel(parts, settings, host, {
    onOpen() {
      known.unread = 0;
      drawBadge();
      talk.look(true);
      talk.start();
    },
    onClose: () => talk.look(false),
    onLeave: leaveQuickly,
  });

  function act(words) {
    answers.clear();
    talk.send(words);
    panel.toEnd();
  }

  // ---- what the talk tells

  const draw = {
    clinic(clinic, greeting) {
      known.clinic = clinic;
      known.greeting = greeting;
      speak(settings.language, ...pageLanguages().filter((l) => clinic.languages.includes(l.split("-")[0])), ...clinic.languages);
      drawFrame();
    },
    phase(phase) {
      state.phase = phase;
      drawState();
    },
    connection(connection) {
      if (connection === state.connection) return;
      state.connection = connection;
      drawState();
    },
    messages(messages, { isHistory, isOwn, isKept }) {
      state.isKept = isKept;
      const isFar = panel.isFar();
      log.setQuiet(isHistory);
      const fresh = log.add(messages, isKept).map((entry) => entry.node);
      if (isHistory) return void requestAnimationFrame(() => (panel.toEnd(), log.setQuiet(false)));
      const told = fresh.filter((node) => !node.classList.contains("patient"));
      if (!told.length) return;
      if (!panel.isOpen()) known.unread += told.length;
      drawBadge();
      if (isFar && !isOwn) hide(parts.below, false);
      else requestAnimationFrame(() => panel.reveal(told[0]));
    },
    view(view, before) {
      const wasHuman = before && before.speaker && before.speaker.kind === "clinician";
      const isHuman = view.speaker && view.speaker.kind === "clinician";
      state.isHumanGone = !isHuman && (wasHuman || (state.isHumanGone && sameTurn(view, before)));
      if (view.language !== spoken()) {
        speak(view.language);
        drawFrame();
      }
      answers.render(view);
      parts.field.placeholder = say(answers.isEmpty() ? "write" : "write_instead");
      drawProgress(view.progress);
      drawMenu(view);
      drawState();
    },
    own(item) {
      log.own(item);
      panel.toEnd();
    },
    // What stands in the log is read there; the card adds where to turn. A new danger shows it anew.
    emergency(card, isNew) {
      const texts = (card.texts || []).filter((text) => !log.hasText(text));
      const offer = JSON.stringify(card.links);
      if (parts.given.dataset.offer === offer && !isNew) return;
      parts.given.dataset.offer = offer;
      const hideIt = () => {
        parts.given.replaceChildren();
        parts.field.focus({ preventScroll: true });
      };
      parts.given.replaceChildren(...givenHelp({ ...card, texts }, { onHide: hideIt }));
      parts.given.scrollTop = 0;
    },
    typing(isShown) {
      hide(parts.typing, !isShown);
      if (isShown) panel.toEnd();
      else if (talk.view() && talk.isSettled()) answers.render(talk.view());
    },
    clear(unsent) {
      log.clear();
      answers.clear();
      parts.given.replaceChildren();
      delete parts.given.dataset.offer;
      parts.field.value = [unsent, parts.field.value].filter(Boolean).join("\n"); // and the draft
      grow();
    },
    leftElsewhere() {
      talk.forget();
      panel.destroy();
      remount();
    },
    mark: log.mark,
    renamed: log.renamed,
    knows: log.knows,
  };
  const talk = makeTalk(settings, api, retrying, keeping, draw);

  const sameTurn = (view, before) => !before || view.messages.length === 0;

  // ---- the frame's words and states

  function pageLanguages() {
    return [document.documentElement.lang, ...(navigator.languages || [])].filter(Boolean);
  }

  function drawFrame() {
    const clinic = known.clinic || {};
    parts.field.placeholder = say(answers.isEmpty() ? "write" : "write_instead");
    nameFrame(parts, settings, clinic.name);
    parts.help.replaceChildren(...ownHelp(clinic.region || settings.region, clinic.phone));
    parts.greeting.textContent = settings.greeting || (known.greeting || {})[spoken()] || "";
    hide(parts.greeting, !parts.greeting.textContent);
    log.relabel();
    drawBadge();
    drawMenu(talk.view());
    drawState();
  }

  function drawBadge() {
    parts.badge.textContent = known.unread ? say("unread", { count: known.unread }) : "";
    hide(parts.badge, !known.unread);
  }

  function speakerName(view) {
    return (view.speaker && view.speaker.name) || say("somebody");
  }

  function bannerWords(view) {
    if (state.phase === "over" && settings.isLink) return say("link_over");
    if (state.phase === "unavailable" || state.phase === "over") return say(state.phase);
    if (state.connection !== "fine") return say(state.connection);
    if (!view) return state.phase === "starting" ? say("starting") : "";
    if (view.speaker && view.speaker.kind === "clinician") {
      return say("human_here", { name: speakerName(view) });
    }
    if (state.isHumanGone) return say("human_gone");
    if (view.status === "held") return say("held");
    if (FINISHED.has(view.status)) return say("finished");
    return state.isKept ? "" : say("not_kept");
  }

  function drawState() {
    const view = talk.view();
    const isHuman = view && view.speaker && view.speaker.kind === "clinician";
    const words = bannerWords(view);
    if (parts.banner.textContent !== words) parts.banner.textContent = words;
    parts.banner.className = `banner${isHuman ? " human" : ""}${state.connection === "fine" ? "" : " lost"}`;
    const name = isHuman && view.speaker.name;
    parts.who.textContent = isHuman
      ? name ? say("human_speaks", { name }) : say("somebody")
      : say("bot_speaks");
    const isOver = state.phase === "over" || Boolean(view && FINISHED.has(view.status));
    const isDone = isOver && !settings.isLink; // a chat that begins there would be another patient's
    if (isDone === !parts.after.hidden && parts.after.lang === spoken()) return;
    const again = make("button", { type: "button", class: "choice", onclick: startAgain }, say("start_again"));
    parts.after.replaceChildren(...(isDone ? [again] : []));
    parts.after.lang = spoken();
    hide(parts.after, !isDone);
  }

  function startAgain() {
    parts.field.focus({ preventScroll: true });
    talk.startAgain();
  }

  function drawProgress(progress) {
    hide(parts.progressLine, !progress);
    if (!progress) return;
    const total = Math.max(progress.of_about, progress.answered + 1);
    parts.progress.max = total;
    parts.progress.value = progress.answered;
    parts.progressWords.textContent = say("progress", { question: progress.answered + 1, total });
  }

  // ---- the menu

  function drawMenu(view) {
    const codes = (view && view.languages) || (known.clinic && known.clinic.languages) || languages();
    const asks = codes.filter((code) => code !== spoken()).map((code) => menuLine(languageName(view, code), () => switchTo(code), code));
    const copy = menuLine(say("transcript"), saveCopy);
    parts.menu.replaceChildren(...asks, copy);
  }

  const languageName = (view, code) =>
    (view && view.language_commands && view.language_commands[code]) || nameOfLanguage(code);

  function menuLine(words, run, lang = null) {
    const chosen = () => {
      panel.toggleMenu(false);
      parts.menuButton.focus({ preventScroll: true });
      run();
    };
    return make("button", { type: "button", lang, onclick: chosen }, words);
  }

  function switchTo(code) {
    const view = talk.view();
    if (view) return act({ text: languageName(view, code) });
    speak(code);
    drawFrame();
  }

  function saveCopy() {
    const text = log.transcript((known.clinic && known.clinic.name) || say("the_clinic"));
    const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
    const link = make("a", { href: address, download: say("transcript_file") });
    parts.root.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  // ---- leaving

  function leaveQuickly() {
    parts.root.classList.add("left-page"); // covers everything before anything else is done
    talk.leave();
    document.title = "";
    document.head.append(make("meta", { name: "referrer", content: "no-referrer" }));
    window.location.replace(settings.leaveTo);
  }

  // ---- writing

  function grow() {
    parts.field.style.height = "auto";
    parts.field.style.height = `${Math.min(parts.field.scrollHeight + 2, 120)}px`;
  }

  parts.composer.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = parts.field.value.trim();
    if (!text) return;
    parts.field.value = "";
    grow();
    act({ text });
  });
  parts.field.addEventListener("input", grow);
  parts.field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    parts.composer.requestSubmit ? parts.composer.requestSubmit() : parts.sendButton.click();
  });
  parts.leaveButton.addEventListener("click", leaveQuickly);
  window.addEventListener("online", talk.networkBack);
  window.addEventListener("offline", talk.offline);
  document.addEventListener("visibilitychange", () => document.hidden || talk.networkBack());

  parts.scroller.append(parts.greeting, log.node, parts.typing, answers.node, parts.after);
  speak(settings.language, ...pageLanguages());
  drawFrame();
  return { root: parts.root, panel, talk };
}
