// Keeps the pseudo-gloss timeline and the playing video together; both may be replaced at any time, so nothing is held.
(() => {
  const timelinesOf = (element) => element.closest("[role=tabpanel]")?.querySelectorAll(".timeline[data-duration]") ?? [];
  const videoOf = (element) => element.closest("[role=tabpanel]")?.querySelector("video");

  document.addEventListener("click", (event) => {
    const moment = event.target.closest?.("button[data-start]");
    const video = moment && videoOf(moment);
    if (!video) return;
    video.currentTime = Number(moment.dataset.start);
    mark(video);
  });

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
})();
