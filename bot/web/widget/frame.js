// The frame of the widget: every part that is there from the beginning, and its words.

function makeFrame(settings) {
  const parts = {
    badge: make("span", { class: "badge", hidden: true }),
    launcherWords: make("span", {}),
    title: make("h2", { id: "title" }),
    who: make("p", { class: "speaker" }),
    menuButton: make("button", { type: "button", class: "round", "aria-expanded": "false", "aria-controls": "menu" }, icon(ICONS.menu)),
    closeButton: make("button", { type: "button", class: "round" }, icon(ICONS.close)),
    menu: make("div", { id: "menu", class: "menu", hidden: true }),
    helpWords: make("span", {}),
    leaveWords: make("span", {}),
    leaveHint: make("span", { id: "leave-hint", class: "aside" }),
    given: make("div", { class: "card", role: "alert", tabindex: "-1" }),
    help: make("section", { id: "help", class: "card", hidden: true, tabindex: "-1" }),
    banner: make("p", { class: "banner", role: "status" }),
    progress: make("progress", { "aria-labelledby": "progress" }),
    progressWords: make("span", { id: "progress" }),
    greeting: make("p", { class: "greeting", hidden: true }),
    typing: make("p", { class: "typing", hidden: true }, make("i"), make("i"), make("i")),
    after: make("p", { class: "after", hidden: true }),
    below: make("button", { type: "button", class: "below", hidden: true }),
    field: make("textarea", { id: "write", rows: "1", enterkeyhint: "send", autocomplete: "off", dir: "auto" }),
    sendButton: make("button", { class: "round send" }, icon(ICONS.send)),
  };
  parts.launcher = make(
    "button",
    { type: "button", class: "launcher", "aria-haspopup": "dialog", "aria-expanded": "false" },
    icon(ICONS.talk),
    parts.launcherWords,
    parts.badge,
  );
  parts.helpButton = make(
    "button",
    { type: "button", class: "help-button", "aria-expanded": "false", "aria-controls": "help" },
    icon(ICONS.help),
    parts.helpWords,
  );
  parts.leaveButton = make(
    "button",
    { type: "button", class: "leave-button", "aria-describedby": "leave-hint" },
    icon(ICONS.leave),
    parts.leaveWords,
  );
  parts.progressLine = make("div", { class: "progress", hidden: true }, parts.progressWords, parts.progress);
  parts.composer = make("form", { class: "composer" }, parts.field, parts.sendButton);
  parts.scroller = make("div", { class: "scroller", tabindex: "0", role: "region" });
  parts.panel = panelOf(parts, settings);
  parts.root = make("div", { class: `root ${settings.corner}`, "data-theme": settings.theme, dir: "ltr" });
  if (!settings.isInline) parts.root.append(parts.launcher);
  parts.root.append(parts.panel);
  return parts;
}

function panelOf(parts, settings) {
  const { title, who, menuButton, closeButton, helpButton, leaveButton, leaveHint } = parts;
  const logo = settings.logo ? make("img", { src: settings.logo, alt: "", class: "logo" }) : null;
  const names = make("div", { class: "names" }, title, who);
  const close = settings.isInline ? null : closeButton;
  const head = make("header", { class: "head" }, logo, names, menuButton, close, parts.menu);
  const safety = make("div", { class: "safety" }, helpButton, leaveButton, leaveHint);
  const role = settings.isInline ? "region" : "dialog";
  const panel = make("section", { class: "panel", role, "aria-labelledby": "title", tabindex: "-1" });
  panel.append(head, safety, parts.help, parts.given, parts.banner, parts.progressLine);
  panel.append(parts.scroller, parts.below, parts.composer);
  return panel;
}

// Sets every word of the frame in the language that is spoken now.
function nameFrame(parts, settings, clinicName) {
  const name = clinicName || say("the_clinic");
  const labels = [
    [parts.menuButton, "open_menu"],
    [parts.closeButton, "close"],
    [parts.field, "write"],
    [parts.sendButton, "send"],
    [parts.scroller, "conversation"],
  ];
  for (const [node, key] of labels) node.setAttribute("aria-label", say(key));
  const texts = [
    [parts.launcherWords, settings.launcher || say("launcher")],
    [parts.title, clinicName || say("title", { clinic: name })],
    [parts.helpWords, say("emergency")],
    [parts.leaveWords, say("leave")],
    [parts.leaveHint, say("leave_hint")],
    [parts.below, say("new_below")],
  ];
  for (const [node, text] of texts) node.textContent = text;
  parts.root.lang = spoken();
  parts.help.setAttribute("aria-label", say("emergency_title"));
  parts.leaveButton.title = say("leave_hint");
}
