// The widget's own words, in the language of the talk once there is one.

let language = "en";

const languages = () => Object.keys(BAKED.words);

function known(code) {
  const short = String(code || "").toLowerCase().split("-")[0];
  return BAKED.words[short] ? short : null;
}

// Takes the first language that the widget has words for; keeps the present one if there is none.
function speak(...codes) {
  language = codes.map(known).find((code) => code !== null) || language;
  return language;
}

const spoken = () => language;

// Returns the words of `key`, its {places} filled. Unknown keys are a mistake of ours.
function say(key, filled = {}) {
  return BAKED.words[language][key].replace(/\{(\w+)\}/g, (whole, name) =>
    name in filled ? String(filled[name]) : whole,
  );
}

function nameOfLanguage(code) {
  try {
    return new Intl.DisplayNames([code], { type: "language" }).of(code);
  } catch {
    return code;
  }
}
