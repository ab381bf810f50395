// Trying again: later and later, each visitor at another moment, at once when the network is back.

const FIRST_MILLISECONDS = 1000;
const LONGEST_MILLISECONDS = 30000;
const PASSING = new Set([0, 408, 425, 429, 500, 502, 503, 504]);

const isPassing = (answer) => PASSING.has(answer.status);

function delay(attempt, retryAfter) {
  const grown = Math.min(LONGEST_MILLISECONDS, FIRST_MILLISECONDS * 2 ** Math.min(attempt, 10));
  const spread = grown * (0.5 + Math.random() / 2);
  return Math.max(spread, Math.min((retryAfter || 0) * 1000, 60000));
}

function makeRetrying() {
  const sleepers = new Set();

  function pause(milliseconds) {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        sleepers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      sleepers.add(wake);
    });
  }

  // Runs until the answer is final or nobody wants it any more (null). `onFailure` hears each miss.
  async function insist(run, isWanted, onFailure) {
    for (let attempt = 0; isWanted(); attempt += 1) {
      const answer = await run();
      if (!isWanted()) return null;
      if (!isPassing(answer)) return answer;
      onFailure(answer);
      await pause(delay(attempt, answer.retryAfter));
    }
    return null;
  }

  return { insist, pause, wake: () => [...sleepers].forEach((wake) => wake()), delay };
}
