// The door of a secure link: asks, and becomes the chat once it is open. The session's token goes
// from the answer to the widget by hand, and the link's own token leaves the address bar.
"use strict";

(() => {
  const form = document.getElementById("door");
  const given = document.getElementById("given");
  const problem = document.getElementById("problem");
  const button = form.querySelector("button");
  const words = form.dataset;
  const SAFE_LINK = /^(tel:|sms:|https:\/\/)/;

  // What was typed: a date where it can be one, else its very words. Those are read for danger.
  function typed() {
    const [month, day, year] = ["month", "day", "year"].map((name) => {
      const field = form.elements[name];
      return field ? field.value.trim() : "";
    });
    const isDate = /^\d{1,2}$/.test(month) && /^\d{1,2}$/.test(day) && /^\d{4}$/.test(year);
    if (isDate) return { isDate, text: `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}` };
    const isBlank = !form.elements.year;
    return { isDate: isBlank, text: [day, year].filter(Boolean).join(" ") };
  }

  function tell(text) {
    problem.textContent = text;
  }

  function element(tag, text, attributes = {}) {
    const node = document.createElement(tag);
    node.textContent = text;
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  }

  function showHelp({ texts = [], links = [] }) {
    const safe = links.filter(({ href }) => SAFE_LINK.test(href));
    const row = element("p", "", { class: "links" });
    row.append(...safe.map(({ label, href }) => element("a", label, { href, class: "button", rel: "noreferrer" })));
    given.hidden = false;
    given.replaceChildren(element("h2", given.dataset.title), ...texts.map((text) => element("p", text)), row);
    given.scrollIntoView();
  }

  async function ask(text) {
    try {
      const response = await fetch(window.location.pathname, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ text }),
        cache: "no-store",
        credentials: "omit",
        referrerPolicy: "no-referrer",
      });
      return { status: response.status, body: await response.json() };
    } catch {
      return { status: 0, body: {} };
    }
  }

  function enter(token) {
    const page = document.getElementById("talk").content.cloneNode(true);
    page.querySelector("script").token = token;
    window.history.replaceState(null, "", words.place);
    document.title = document.title.replace(/^.* - /, `${words.title} - `);
    document.body.className = "talk";
    document.body.replaceChildren(page);
  }

  async function submit(event) {
    event.preventDefault();
    const { isDate, text } = typed();
    if (!isDate && !/[^\d\s]/.test(text)) return tell(words.missing);
    button.disabled = true;
    tell(words.waiting);
    const { status, body } = await ask(text);
    button.disabled = false;
    tell("");
    if (body.emergency) return showHelp(body.emergency);
    if (status === 200) return enter(body.token);
    if (status === 404) return window.location.reload();
    tell({ 403: words.wrong, 422: words.missing }[status] || words.slow);
    (form.elements.month || button).focus();
  }

  form.addEventListener("submit", submit);
  document.getElementById("leave").addEventListener("click", (event) => {
    event.preventDefault();
    window.location.replace(event.currentTarget.href);
  });
})();
