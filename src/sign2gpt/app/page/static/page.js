// What the page does in the browser. Gradio may replace its parts at any time, so nothing of them is held on to.
const signed = (() => {
  const panelOf = (element) => element.closest("[role=tabpanel]");
  const timelinesOf = (element) => panelOf(element)?.querySelectorAll(".timeline[data-duration]") ?? [];
  const live = () => document.querySelector(".live");

  // The timeline and the playing video go together.
  function mark(video) {
    const now = video.currentTime;
    for (const timeline of timelinesOf(video)) {
      const share = Math.min(1, now / Number(timeline.dataset.duration));
      timeline.querySelector(".now").style.left = `${100 * share}%`;
      const scroll = timeline.querySelector(".scroll");
      scroll.scrollLeft = share * scroll.scrollWidth - scroll.clientWidth / 2;
      for (const gloss of timeline.querySelectorAll("button")) {
        const playing = Number(gloss.dataset.start) <= now && now < Number(gloss.dataset.end);
        if (playing) gloss.setAttribute("aria-current", "time");
        else gloss.removeAttribute("aria-current");
      }
    }
  }

  function follow(video) {
    mark(video);
    if (!video.paused && !video.ended) requestAnimationFrame(() => follow(video));
  }

  const heard = (event) => event.target instanceof HTMLVideoElement && follow(event.target);
  for (const name of ["play", "seeked", "pause"]) document.addEventListener(name, heard, true);

  document.addEventListener("click", (event) => {
    const moment = event.target.closest?.("button[data-start]");
    const video = moment && panelOf(moment)?.querySelector("video");
    if (!video) return;
    video.currentTime = Number(moment.dataset.start);
    mark(video);
  });

  // Who translates while the camera records has the recording stopped first, and translated once it is there.
  let waiting = null; // the button, until then
  let asked = null; // where an answer is awaited: only then may it take the focus
  let begun = false; // whether it has taken the place of the one before
  const recorderOf = (element) => panelOf(element)?.querySelector(".clip .capture-button");
  const stopOf = (recorder) => recorder?.querySelector("[title='stop recording']");

  document.addEventListener("click", (event) => {
    const start = event.target.closest?.("button.primary");
    if (!start) return;
    [asked, begun] = [panelOf(start), false];
    const recorder = recorderOf(start);
    if (!stopOf(recorder)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    waiting = start;
    recorder.click();
  }, true);

  // Who chooses an example sees its video, and is at the button that comes next.
  document.addEventListener("click", (event) => {
    const panel = event.target.closest?.("button.example") && panelOf(event.target);
    if (!panel) return;
    panel.querySelector("button.primary").focus({ preventScroll: true });
    panel.querySelector(".clip").scrollIntoView({ block: "nearest" });
  });

  document.addEventListener("loadedmetadata", (event) => {
    const arrived = waiting && event.target.src?.includes("/file=") && panelOf(event.target) === panelOf(waiting);
    if (!arrived) return;
    waiting.click();
    waiting = null;
  }, true);

  // Answers are read out; the one that was asked for is brought into view and takes the focus.
  function say(text) {
    if (text && live().textContent !== text) live().textContent = text;
  }

  function bring(card) {
    const { activeElement: active } = document;
    card.tabIndex = -1;
    if (!active || active === document.body || active.matches("button.primary")) card.focus({ preventScroll: true });
    card.scrollIntoView({ block: card.offsetHeight > innerHeight ? "start" : "nearest" });
  }

  function answered() {
    const card = asked?.querySelector(".answer-area .answer");
    if (!card) return;
    const isFinal = card.dataset.final !== undefined;
    begun ||= !isFinal;
    const parts = card.querySelectorAll(isFinal ? "h3, .doubt, .sentence, :scope > p:not([class])" : "h3");
    if (begun) say([...parts].map((part) => part.textContent.trim()).join(". "));
    if (!begun || !isFinal) return;
    asked = null;
    bring(card);
  }

  function named() {
    for (const recorder of document.querySelectorAll(".clip .capture-button")) {
      const name = stopOf(recorder) ? live().dataset.stop : live().dataset.record;
      if (recorder.getAttribute("aria-label") !== name) recorder.setAttribute("aria-label", name);
    }
    const title = live()?.dataset.title;
    if (title && document.title !== title) document.title = title;
  }

  new MutationObserver(() => {
    named();
    answered();
  }).observe(document, {
    childList: true, characterData: true, subtree: true, attributes: true, attributeFilter: ["aria-label", "data-final"],
  });

  // A file that cannot be a video is not sent; the reason is shown in the page's language.
  function refuse(event, target, file) {
    const wrong = panelOf(target)?.querySelector(".wrong");
    if (!file || !wrong) return;
    const { wrong: kind, large, most } = live().dataset;
    const isOther = file.type && !file.type.startsWith("video/"); // some systems know no type
    wrong.textContent = isOther ? kind : file.size > Number(most) ? large : "";
    if (!wrong.textContent) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches?.(".clip input[type=file]")) refuse(event, event.target, event.target.files[0]);
  }, true);
  document.addEventListener("drop", (event) => {
    if (event.target.closest?.(".clip")) refuse(event, event.target, event.dataTransfer?.files[0]);
  }, true);

  // The tab of the browser remembers its videos, for when the page is loaded again.
  const key = (name) => `sign2gpt ${name}`;
  return {
    remember: (name, video) => {
      if (video) sessionStorage.setItem(key(name), (video.video ?? video).path);
      else sessionStorage.removeItem(key(name));
    },
    remembered: (name) => sessionStorage.getItem(key(name)),
  };
})();
window.signed = signed;
