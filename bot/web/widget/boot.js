// Putting the widget into the page. It stands beside the body, not in it: what a page does to its
// body (a transform, a filter, a framework that replaces it) does not reach it.

const TAG = "porchlight-chat";

function dress(shadow, settings) {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(BAKED.style);
    shadow.adoptedStyleSheets = [sheet]; // no style-src of the page applies to it
  } catch {
    const style = document.createElement("style"); // Safari before 16.4
    if (settings.nonce) style.nonce = settings.nonce;
    style.textContent = BAKED.style;
    shadow.append(style);
  }
}

function colour(host, settings) {
  if (!settings.color) return;
  host.style.setProperty("--porchlight-color", settings.color);
  host.style.setProperty("--porchlight-ink", settings.ink);
}

function placeOf(settings) {
  return settings.isInline ? document.querySelector(settings.target) : document.documentElement;
}

function mount(settings) {
  const place = placeOf(settings);
  if (!place || !settings.clinic) return;
  const host = document.createElement(TAG);
  host.classList.toggle("inline", settings.isInline);
  host.classList.toggle("page", settings.isLink);
  const shadow = host.attachShadow({ mode: "open" });
  dress(shadow, settings);
  colour(host, settings);
  place.append(host);
  const chat = makeChat(settings, host, () => mount(settings));
  shadow.append(chat.root);
  if (settings.isInline) {
    chat.talk.look(true);
    chat.talk.start();
    if (settings.token) chat.root.querySelector(".panel").focus({ preventScroll: true });
  } else if (chat.talk.wasOpen()) chat.panel.open({ isFocusing: false });
}

function begin(script) {
  if (!script) return;
  const settings = readSettings(script);
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", () => mount(settings), { once: true });
  } else mount(settings);
}

begin(document.currentScript);
