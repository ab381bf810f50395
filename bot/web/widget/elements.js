// Making elements. Text is only ever set as text: nothing here can turn words into markup.

const SVG = "http://www.w3.org/2000/svg";
const SAFE_LINK = /^(tel:|sms:|https:\/\/)/;

// Returns an element. A name that begins with "on" is a listener; null and false leave it out.
function make(tag, given = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function icon(path) {
  const drawing = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  drawing.setAttribute("focusable", "false");
  line.setAttribute("d", path);
  drawing.append(line);
  return drawing;
}

const ICONS = {
  talk: "M4 5h16v11H9l-5 4z",
  close: "M6 6l12 12M18 6L6 18",
  menu: "M4.5 7h15M4.5 12h15M4.5 17h15",
  send: "M4 12l16-8-6 16-3-6z",
  leave: "M14 4h6v16h-6M4 12h11M11 8l4 4-4 4",
  help: "M12 3l10 18H2zM12 10v5M12 18h.01",
};

// Returns a link, or null for an address that is neither a number nor a page over https.
function helpLink(label, href) {
  if (!SAFE_LINK.test(href)) return null;
  const elsewhere = href.startsWith("https:");
  return make(
    "a",
    {
      href,
      class: "button",
      target: elsewhere ? "_blank" : null,
      rel: elsewhere ? "noopener noreferrer" : null,
    },
    label,
  );
}

// Words of people: their direction is theirs alone and does not turn the line around them.
function said(text) {
  return make("bdi", { class: "said", dir: "auto" }, text);
}

function hide(node, isHidden) {
  node.hidden = isHidden;
  return node;
}
