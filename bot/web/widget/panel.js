// Opening, closing, focus and space. On a phone the open chat covers the page, so that it is modal
// there; in a corner the page stays usable beside it.

const COVERS_THE_PAGE = "(max-width: 480px), (max-height: 480px)";
const TWICE_MILLISECONDS = 700;
const FAR_FROM_END = 120;

function makePanel(parts, settings, host, { onOpen, onClose, onLeave }) {
  const { root, panel, launcher, menu, menuButton, help, helpButton, scroller, field } = parts;
  const covering = window.matchMedia(COVERS_THE_PAGE);
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let isOpen = settings.isInline;
  let isBodyOurs = false;
  let lastEscape = -Infinity;

  const hasFocus = () => document.activeElement === host;

  // ---- open and closed

  function show() {
    root.classList.toggle("open", isOpen);
    hide(panel, !isOpen);
    launcher.setAttribute("aria-expanded", String(isOpen));
    cover();
  }

  function open({ isFocusing = true } = {}) {
    if (isOpen) return;
    isOpen = true;
    show();
    fit();
    toEnd();
    onOpen();
    if (isFocusing) focusInside();
  }

  // A phone's keyboard must not hide the first message: there the dialog itself takes the focus.
  function focusInside() {
    const hasKeyboard = window.matchMedia("(hover: hover) and (pointer: fine)").matches;
    (hasKeyboard && !covering.matches ? field : panel).focus({ preventScroll: true });
  }

  function close() {
    if (!isOpen || settings.isInline) return;
    const returning = hasFocus() || covering.matches;
    isOpen = false;
    toggleMenu(false);
    show();
    if (returning) launcher.focus({ preventScroll: true });
    onClose();
  }

  function cover() {
    const isCovering = isOpen && covering.matches && !settings.isInline;
    panel.setAttribute("aria-modal", String(isCovering));
    if (settings.isInline) panel.removeAttribute("aria-modal");
    if (!document.body || isCovering === isBodyOurs) return;
    if (isCovering && document.body.inert) return; // somebody else's doing, and theirs to undo
    document.body.inert = isCovering;
    isBodyOurs = isCovering;
  }

  // ---- a phone's keyboard takes the lower half away

  function fit() {
    const seen = window.visualViewport;
    const isFitted = seen && isOpen && covering.matches && !settings.isInline && seen.scale < 1.1;
    const set = (name, value) =>
      isFitted ? host.style.setProperty(name, `${value}px`) : host.style.removeProperty(name);
    set("--top", seen ? seen.offsetTop : 0);
    set("--height", seen ? seen.height : 0);
  }

  // ---- menu and help

  function toggleMenu(isShown = menu.hidden) {
    hide(menu, !isShown);
    menuButton.setAttribute("aria-expanded", String(isShown));
  }

  function toggleHelp(isShown = help.hidden) {
    hide(help, !isShown);
    helpButton.setAttribute("aria-expanded", String(isShown));
    if (isShown) help.focus({ preventScroll: true });
  }

  // ---- keys

  function onKey(event) {
    if (event.key !== "Escape" || event.repeat || event.isComposing) return;
    const isSecond = event.timeStamp - lastEscape < TWICE_MILLISECONDS;
    if (isSecond) return onLeave();
    if (!isOpen || !hasFocus()) return;
    lastEscape = event.timeStamp;
    if (!menu.hidden) {
      toggleMenu(false);
      menuButton.focus();
    } else close();
  }

  // ---- scrolling

  const distanceToEnd = () => scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;

  function scrollTo(top) {
    scroller.scrollTo({ top, behavior: calm.matches ? "auto" : "smooth" });
  }

  function toEnd() {
    scroller.scrollTop = scroller.scrollHeight;
    hide(parts.below, true);
  }

  // Shows the end, but never hides the beginning of what is new.
  function reveal(first) {
    const end = scroller.scrollHeight - scroller.clientHeight;
    scrollTo(first ? Math.min(end, first.offsetTop - 12) : end);
  }

  function destroy() {
    isOpen = false;
    cover();
    document.removeEventListener("keydown", onKey, true);
    document.removeEventListener("click", onPageClick);
    host.remove();
  }

  // A page may open the chat from a link or button of its own.
  function onPageClick(event) {
    const asked = event.target instanceof Element && event.target.closest("[data-porchlight-open]");
    if (!asked) return;
    event.preventDefault();
    open();
  }

  launcher.addEventListener("click", () => open());
  parts.closeButton.addEventListener("click", close);
  menuButton.addEventListener("click", () => toggleMenu());
  panel.addEventListener("click", ({ target }) => {
    if (!menu.hidden && !menu.contains(target) && !menuButton.contains(target)) toggleMenu(false);
  });
  helpButton.addEventListener("click", () => toggleHelp());
  parts.below.addEventListener("click", () => {
    toEnd();
    scroller.focus({ preventScroll: true });
  });
  scroller.addEventListener("scroll", () => distanceToEnd() < FAR_FROM_END && hide(parts.below, true));
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("click", onPageClick);
  (covering.addEventListener ? covering : { addEventListener() {} }).addEventListener("change", () => {
    cover();
    fit();
  });
  if (window.visualViewport) {
    window.visualViewport.addEventListener("resize", fit);
    window.visualViewport.addEventListener("scroll", fit);
  }
  show();

  return {
    open,
    close,
    toggleMenu,
    toggleHelp,
    reveal,
    toEnd,
    destroy,
    isOpen: () => isOpen,
    isFar: () => distanceToEnd() > FAR_FROM_END,
  };
}
