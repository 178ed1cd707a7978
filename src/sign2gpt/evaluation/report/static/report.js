const videos = [...document.querySelectorAll("video")];
const button = document.getElementById("pause");
const play = (on) => {
  videos.forEach((video) => on ? video.play().catch(() => {}) : video.pause());
  if (button) { button.textContent = on ? "Pause all clips" : "Play all clips"; button.setAttribute("aria-pressed", String(!on)); }
};
if (button) button.addEventListener("click", () => play(button.getAttribute("aria-pressed") === "true"));
videos.forEach((video) => video.addEventListener("click", () => video.paused ? video.play() : video.pause()));
const follow = () => {
  for (const video of videos) {
    const timeline = video.parentElement.querySelector(".timeline");
    if (timeline && video.duration) timeline.style.setProperty("--at", video.currentTime / video.duration);
  }
  requestAnimationFrame(follow);
};
if (videos.length) follow();
if (matchMedia("(prefers-reduced-motion: reduce)").matches) play(false);
