// What a page gains with scripts: times on the viewer's own clock, counting down, live progress,
// and a switch between dark and light. Without them every page is whole.
"use strict";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const words = new Intl.DateTimeFormat("en-GB", {
  weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
});
const wordsWithYear = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
});
const place = zone.split("/").pop().replaceAll("_", " ");

// The server's clock counts, a rehearsed one too: only what has gone by since is measured here.
const loaded = performance.now();
const served = Date.parse(document.documentElement.dataset.now || "") || Date.now();
const now = () => served + performance.now() - loaded;

function said(at) {
  const far = Math.abs(at - now()) > 300 * 864e5;
  // Months have three letters, as where the server writes them.
  return (far ? wordsWithYear : words).format(at).replace(",", "").replace("Sept", "Sep");
}

function showLocalTimes(root) {
  for (const time of root.querySelectorAll("time[data-moment]")) {
    const at = new Date(time.dateTime);
    if (isNaN(at)) continue;
    time.title = time.textContent.trim();
    time.textContent = said(at);
  }
  for (const told of root.querySelectorAll("[data-own-clock]")) {
    told.textContent = `Times are ${place}'s, as on your clock.`;
  }
}

function left(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 0) return "due";
  const days = Math.floor(seconds / 86400), hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60);
  if (days >= 2) return `in ${days.toLocaleString("en")} days`;
  if (hours >= 2) return `in ${hours} h ${minutes % 60} min`;
  if (minutes >= 1) return `in ${minutes} min ${seconds % 60} s`;
  return `in ${seconds} s`;
}

function countDown() {
  for (const time of document.querySelectorAll("time[data-countdown]")) {
    const told = left(new Date(time.dateTime) - now());
    if (time.textContent !== told) time.textContent = told;
  }
}

// An element with data-stream names an address of server-sent events; each message is that
// element's new content, rendered by the server as it renders the page.
function follow(element) {
  const stream = new EventSource(element.dataset.stream);
  stream.addEventListener("content", (message) => {
    element.innerHTML = message.data;
    showLocalTimes(element);
  });
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

function switchTheme(button) {
  const root = document.documentElement;
  const dark = () => root.dataset.theme
    ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const tell = () => { button.textContent = dark() ? "Light" : "Dark"; };
  button.hidden = false;
  tell();
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax${secure}`;
    tell();
  });
}

showLocalTimes(document);
countDown();
setInterval(countDown, 1000);
document.querySelectorAll("[data-stream]").forEach(follow);
document.querySelectorAll("button[data-theme-switch]").forEach(switchTheme);
