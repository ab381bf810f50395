// What the page that embeds the widget asks for, read once from its script tag.

const COLOR = /^#[0-9a-f]{6}$/i;
const NEUTRAL_PAGE = "https://www.wikipedia.org/";

// WCAG's relative luminance decides between black and white letters on the clinic's colour.
function inkOn(color) {
  const parts = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16) / 255);
  const [r, g, b] = parts.map((p) => (p <= 0.04045 ? p / 12.92 : ((p + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000000" : "#ffffff";
}

function httpsOr(address, otherwise) {
  try {
    const url = new URL(address, document.baseURI);
    return /^https?:$/.test(url.protocol) ? url.href : otherwise;
  } catch {
    return otherwise;
  }
}

function readSettings(script) {
  const given = script.dataset;
  const color = COLOR.test(given.color || "") ? given.color : null;
  return {
    base: new URL("chat/v1/", new URL(".", script.src)).href,
    nonce: script.nonce || null,
    clinic: given.clinic || "",
    isInline: given.mode === "inline",
    isLink: given.link !== undefined, // our own page behind a secure link: nothing else begins there
    token: script.token || null,
    target: given.target || "",
    corner: given.corner === "left" ? "left" : "right",
    theme: ["light", "dark"].includes(given.theme) ? given.theme : "auto",
    color,
    ink: color && inkOn(color),
    logo: given.logo ? httpsOr(given.logo, null) : null,
    launcher: given.launcher || null,
    greeting: given.greeting || null,
    language: given.language || null,
    region: given.region || null,
    storage: given.storage === "memory" ? "memory" : null,
    leaveTo: httpsOr(given.leave || NEUTRAL_PAGE, NEUTRAL_PAGE),
  };
}
