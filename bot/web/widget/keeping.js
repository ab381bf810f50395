// What outlives a reload, and what other tabs of the same page know.
//
// A clinic that says "memory" gets neither: nothing is written and no tab is told. sessionStorage
// dies with its tab; nothing is put anywhere that lasts longer.

function makeKeeping({ clinic, isLink }) {
  const name = `porchlight:${isLink ? "link:" : ""}${clinic}`;
  let kept = read();
  let isAllowed = true;
  let channel = null;
  let hear = () => {};

  function read() {
    try {
      return JSON.parse(sessionStorage.getItem(name)) || {};
    } catch {
      return {}; // no storage in this frame, or not ours
    }
  }

  function write() {
    try {
      if (isAllowed && Object.keys(kept).length) sessionStorage.setItem(name, JSON.stringify(kept));
      else sessionStorage.removeItem(name);
    } catch {
      isAllowed = false; // full or forbidden: memory it is
    }
  }

  function listen(listener) {
    hear = listener;
    if (!isAllowed || channel || typeof BroadcastChannel === "undefined") return;
    channel = new BroadcastChannel(name);
    channel.onmessage = (event) => hear(event.data || {});
  }

  function tell(news) {
    if (channel) channel.postMessage(news);
  }

  return {
    get: (key) => kept[key],
    put(changes) {
      kept = { ...kept, ...changes };
      write();
    },
    forget() {
      kept = {};
      write();
    },
    useMemory() {
      isAllowed = false;
      write();
      if (channel) channel.close();
      channel = null;
    },
    listen,
    tell,
    isShared: () => channel !== null,
  };
}
