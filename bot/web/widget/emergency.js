// Emergency resources. The card of an answer comes from the server and stays on top; the one behind
// "In an emergency" is part of this file and needs nobody.

const baked = BAKED.resources;

function regionOf(code) {
  const country = String(code || "").trim().toUpperCase().split("-")[0];
  return baked.aliases[country] || country;
}

const inWords = (said) => said[spoken()] || said.en;

function links(actions, kind = "links") {
  const nodes = actions.map(({ href, label }) => helpLink(inWords(label), href)).filter(Boolean);
  return make("p", { class: kind }, ...nodes);
}

function furtherHelp(entries) {
  if (!entries.length) return null;
  const lines = entries.map(({ name, actions }) =>
    make("li", {}, make("span", {}, inWords(name)), links(actions)),
  );
  return make("details", {}, make("summary", {}, say("emergency_more")), make("ul", {}, ...lines));
}

function nameOfRegion(code) {
  try {
    return new Intl.DisplayNames([spoken()], { type: "region" }).of(code);
  } catch {
    return code;
  }
}

// Without a known region no number is guessed: every country that we know stands under its name.
function everyRegion() {
  const parts = Object.entries(baked.regions).map(([code, entries]) =>
    make("li", {}, make("span", {}, nameOfRegion(code)), ...entries.filter((e) => e.first).map((e) => links(e.actions))),
  );
  return [make("p", {}, say("emergency_unknown")), make("ul", {}, ...parts)];
}

// The card that needs no server: what helps in the clinic's region, then the clinic itself.
function ownHelp(region, phone) {
  const entries = baked.regions[regionOf(region)];
  const number = String(phone || "").replace(/[^0-9+]/g, "");
  const clinic = number ? links([{ href: `tel:${number}`, label: { en: say("call_clinic") + ` ${phone}` } }]) : null;
  const inside = entries
    ? [
        links(entries.filter((entry) => entry.first).flatMap((entry) => entry.actions), "links first"),
        furtherHelp(entries.filter((entry) => !entry.first)),
      ]
    : everyRegion();
  const title = make("h3", {}, say("emergency_title"));
  return [title, ...inside, clinic, make("p", { class: "hint" }, say("emergency_note"))].filter(Boolean);
}

// The card of an answer: its words, then its links; those beyond the first few fold away.
function givenHelp({ texts, links: given }, { onHide }) {
  const nodes = (given || []).map(({ label, href }) => helpLink(label, href)).filter(Boolean);
  const first = make("p", { class: "links first" }, ...nodes.slice(0, 3));
  const rest = nodes.slice(3);
  const more = rest.length
    ? make("details", {}, make("summary", {}, say("emergency_more")), make("p", { class: "links" }, ...rest))
    : null;
  const hideIt = make("button", { type: "button", class: "change", onclick: onHide }, say("emergency_hide"));
  const words = (texts || []).map((text) => make("p", {}, said(text)));
  const title = make("div", { class: "top" }, make("h3", {}, say("emergency_title")), hideIt);
  return [title, ...words, first, more].filter(Boolean);
}
