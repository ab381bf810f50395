// The ways to answer the open question: choices, several choices, a number, a date, skip and back.
// Free text is always possible below them; nothing here takes that away.

function makeAnswers({ onText, onChange }) {
  const box = make("div", { class: "answers", role: "group", tabindex: "-1" });
  let shown = "";

  const button = (label, text, kind = "choice") =>
    make("button", { type: "button", class: kind, dir: "auto", onclick: () => onText(text, label) }, label);

  // ---- by kind of question

  function oneOf({ choices }) {
    return make("div", { class: "choices" }, ...choices.map((c) => button(c.label, c.value)));
  }

  function manyOf({ choices }) {
    const lines = choices.map((choice) => {
      const tick = make("input", { type: "checkbox", name: "choice", value: choice.value });
      return make("label", { class: "choice" }, tick, said(choice.label));
    });
    const submit = make("button", { class: "send-choices", disabled: true }, say("send_choices"));
    const legend = make("legend", {}, say("choose_several"));
    const form = make("form", { class: "several" }, make("fieldset", {}, legend, ...lines), submit);
    const chosen = () => [...form.querySelectorAll("input:checked")].map((each) => each.value);
    form.addEventListener("change", () => (submit.disabled = chosen().length === 0));
    const labels = new Map(choices.map(({ value, label }) => [value, label]));
    const told = () => chosen().map((value) => labels.get(value));
    return onSubmit(form, () => [chosen().join(", "), told().join(", ")]);
  }

  function number({ minimum, maximum, unit }) {
    const range = rangeOf(minimum, maximum);
    const field = make("input", {
      id: "number",
      inputmode: "decimal",
      autocomplete: "off",
      "aria-describedby": range && "range",
    });
    const label = make("label", { for: "number" }, say("number"), unit ? ` (${unit})` : "");
    return fieldForm(field, label, range && make("p", { id: "range", class: "hint" }, range));
  }

  function rangeOf(minimum, maximum) {
    const hasLeast = minimum !== null && minimum !== undefined;
    const hasMost = maximum !== null && maximum !== undefined;
    if (hasLeast && hasMost) return say("number_range", { minimum, maximum });
    if (hasLeast) return say("number_least", { minimum });
    return hasMost ? say("number_most", { maximum }) : null;
  }

  function date({ is_past: isPast }) {
    const today = new Date().toLocaleDateString("sv"); // the one locale that writes YYYY-MM-DD
    const field = make("input", { id: "date", type: "date", max: isPast ? today : null });
    field.setAttribute("autocomplete", isPast ? "bday" : "off");
    return fieldForm(field, make("label", { for: "date" }, say("date")), null);
  }

  function fieldForm(field, label, hint) {
    const row = make("div", { class: "row" }, field, make("button", {}, say("send")));
    return onSubmit(make("form", { class: "field" }, label, hint, row), () => [field.value.trim()]);
  }

  function onSubmit(form, read) {
    form.noValidate = true; // the server judges, and says why in the talk
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const [text, shown] = read();
      if (text) onText(text, shown);
    });
    return form;
  }

  const FIELDS = new Set(["number", "date"]); // a choice beside the field: "not sure"
  const KINDS = { yes_no: oneOf, one_of: oneOf, many_of: manyOf, number, date };

  // ---- the summary

  function summaryCard(lines) {
    const rows = lines.map(({ link_id: linkId, label, value }) => {
      const change = make("button", { type: "button", class: "change" }, say("change"));
      change.setAttribute("aria-label", say("change_line", { label }));
      change.addEventListener("click", () => onChange(linkId));
      const told = make("dd", {}, said(value), linkId ? change : null);
      return make("div", {}, make("dt", {}, said(label)), told);
    });
    const title = make("h3", { id: "summary" }, say("summary"));
    const card = { class: "summary", "aria-labelledby": "summary" };
    return make("section", card, title, make("dl", {}, ...rows));
  }

  // A line of the summary is changed beside it: its name need not stand among the choices again.
  function withoutLines(input, summary) {
    if (!input || !summary) return input;
    const labels = new Set(summary.map((line) => line.label));
    return { ...input, choices: input.choices.filter((choice) => !labels.has(choice.label)) };
  }

  function ways(input) {
    const skip = input.can_skip && input.skip ? button(say("skip"), input.skip, "plain") : null;
    const back = input.can_go_back && input.back ? button(say("back"), input.back, "plain") : null;
    return skip || back ? make("div", { class: "ways" }, back, skip) : null;
  }

  // Draws what the view offers, only if it is another offer: a box that was ticked stays ticked.
  function render(view) {
    const { input, summary, status } = view;
    const offer = JSON.stringify([input, summary, status, spoken()]);
    if (offer === shown) return;
    shown = offer;
    const hadFocus = box.contains(box.getRootNode().activeElement);
    const draw = input && KINDS[input.kind];
    const open = withoutLines(input, summary);
    const isOpen = input && (input.kind !== "many_of" || input.choices.length > 0);
    box.setAttribute("aria-label", say("answers"));
    const parts = [
      summary && summary.length ? summaryCard(summary) : null,
      draw && isOpen ? draw(open) : null,
      input && FIELDS.has(input.kind) && input.choices.length ? oneOf(input) : null,
      input ? ways(input) : null,
    ];
    box.replaceChildren(...parts.filter(Boolean));
    if (hadFocus) focusFirst();
  }

  // The button that was pressed is gone: focus stays where the next answer is.
  function focusFirst() {
    const field = box.querySelector("form.field input");
    (field || box).focus({ preventScroll: true });
  }

  // What was offered is answered: a second tap must not answer the next question.
  function clear() {
    const hadFocus = box.contains(box.getRootNode().activeElement);
    shown = "";
    box.replaceChildren();
    if (hadFocus) box.focus({ preventScroll: true });
  }

  return { node: box, render, clear, isEmpty: () => !box.querySelector(".choice, form") };
}
