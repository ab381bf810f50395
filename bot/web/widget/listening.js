// Hearing what the patient did not cause: a stream where the server has one, polling elsewhere.

const WAITING_MILLISECONDS = 2000;
const CALM_MILLISECONDS = 5000;
const HIDDEN_MILLISECONDS = 20000;
const STREAM_AGAIN_MILLISECONDS = 60000;

// `read` fetches what is new and answers its status; `isWaiting` says whether a person is awaited.
function makeListening(api, retrying, { tokenOf, hear, read, isWaiting, isLooking }) {
  let current = null;
  let lastId = null;
  let isStreaming = false;

  const pace = () => {
    if (document.hidden || !isLooking()) return HIDDEN_MILLISECONDS;
    return isWaiting() ? WAITING_MILLISECONDS : CALM_MILLISECONDS;
  };

  function take(event) {
    isStreaming = true;
    if (event.id) lastId = event.id;
    // What was said between the last look and this moment is on neither side of the stream.
    if (event.name === "open") read();
    hear(event);
  }

  async function streamOnce(signal) {
    const status = await api.stream(tokenOf(), lastId, signal, take);
    isStreaming = false;
    return status;
  }

  async function pollFor(signal, milliseconds) {
    const end = Date.now() + milliseconds;
    for (let misses = 0; !signal.aborted && Date.now() < end; ) {
      const isFine = await read();
      misses = isFine ? 0 : misses + 1;
      await retrying.pause(isFine ? pace() : retrying.delay(misses, null));
    }
  }

  async function run(signal) {
    for (let misses = 0; !signal.aborted; ) {
      const status = await streamOnce(signal);
      if (signal.aborted || status === 401) break;
      misses = status === 200 ? 0 : misses + 1;
      if (status === 200 || status === 0) {
        await retrying.pause(retrying.delay(misses, null));
        if (!signal.aborted) await read();
      } else {
        await pollFor(signal, STREAM_AGAIN_MILLISECONDS * (0.75 + Math.random() / 2));
      }
    }
    if (!signal.aborted) read(); // it answers 401 as well, and that is told to the patient
  }

  return {
    start() {
      if (current) return;
      current = new AbortController();
      run(current.signal);
    },
    stop() {
      if (current) current.abort();
      current = null;
      lastId = null; // another chat may be next, and a beginning reads everything
      retrying.wake();
    },
    isStreaming: () => isStreaming,
  };
}
