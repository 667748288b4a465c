// How each scanner's numbers went over time: a point a patient, upgrades and changes as lines.
import { make, svg } from "./elements.js";

const WIDTH = 560, HEIGHT = 190, LEFT = 56, RIGHT = 12, TOP = 20, BOTTOM = 24;

export function showScanners(place, found) {
  place.replaceChildren(make("h2", {}, "Scanners over time"), ...found.scanners.map(scanner),
    ...(found.scanners.length ? [] : [make("p", {}, "No patient has been prepared.")]));
}

function scanner(one) {
  const number = one.dates.length;
  const span = number ? `${day(one.dates[0])} to ${day(one.dates.at(-1))}` : "no dated examination";
  const state = one.changes.length
    ? make("ul", { class: "alarms", role: "alert" }, ...one.changes.map((change) => make("li", {}, change.says)))
    : make("p", { class: "calm" }, number < 16
      ? "Too few patients to tell: a change needs eight on either side."
      : `No change in ${one.quantities} numbers that is more than chance.`);
  return make("section", { class: "scanner" },
    make("h3", {}, one.scanner || "scanner without a name"),
    make("p", { class: "quiet" }, `${number} patients, ${span}${one.undated ? `; ${one.undated} without a date` : ""}`
      + `${one.upgrades.length ? `; ${one.upgrades.length} software upgrade${one.upgrades.length > 1 ? "s" : ""}` : ""}`),
    state, make("div", { class: "charts" }, ...one.series.map((series) => chart(one, series))),
    make("p", { class: "quiet" }, `Alarm: CUSUM of normal scores over all numbers at once, its limit from the same patients in random order; chance alone raises it for a scanner in ${100 * one.level} % of looks. A change says that images or patients differ, not which.`));
}

function chart(one, series) {
  const given = series.values.filter((value) => value !== null);
  const [low, high] = given.length ? [Math.min(...given), Math.max(...given)] : [0, 1];
  const pad = (high - low || 1) * 0.08;
  const x = (number) => LEFT + (WIDTH - LEFT - RIGHT) * (one.dates.length > 1 ? number / (one.dates.length - 1) : 0.5);
  const y = (value) => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low + pad) / (high - low + 2 * pad || 1);
  const parts = [
    svg("line", { class: "axis", x1: LEFT, x2: WIDTH - RIGHT, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM }),
    ...[low, high].map((value) => svg("text", { class: "tick", x: LEFT - 7, y: y(value) + 4, "text-anchor": "end" }, short(value))),
    ...one.upgrades.map((upgrade) => line("upgrade", x(upgrade.first - 0.5), `${upgrade.before || "?"} → ${upgrade.after || "?"}`)),
  ];
  if (series.changed) parts.push(...one.changes.map((change) => line("change", x(change.first - 0.5), "")), ...means(one, series, x, y));
  parts.push(...series.values.flatMap((value, number) => value === null ? [] : [svg("circle", { cx: x(number), cy: y(value), r: 2.6 },
    svg("title", {}, `${day(one.dates[number])}: ${short(value)} ${series.unit}`))]));
  if (one.dates.length) parts.push(
    svg("text", { class: "tick", x: LEFT, y: HEIGHT - 7 }, day(one.dates[0])),
    svg("text", { class: "tick", x: WIDTH - RIGHT, y: HEIGHT - 7, "text-anchor": "end" }, day(one.dates.at(-1))));
  const words = `${series.name}${series.unit ? ` (${series.unit})` : ""}`;
  return make("figure", { class: series.changed ? "changed" : null },
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${words} over time` }, ...parts),
    make("figcaption", {}, words, make("span", {}, series.changed ? "changed" : "")));
}

function line(kind, x, words) {
  return svg("g", { class: kind }, svg("line", { x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM }),
    svg("text", { class: "tick", x: x + 4, y: TOP - 6 }, words));
}

// The mean between two changes, as a step.
function means(one, series, x, y) {
  const cuts = [0, ...one.changes.map((change) => change.first), one.dates.length];
  return cuts.slice(1).flatMap((end, number) => {
    const part = series.values.slice(cuts[number], end).filter((value) => value !== null);
    if (!part.length) return [];
    const mean = y(part.reduce((sum, value) => sum + value, 0) / part.length);
    return [svg("line", { class: "mean", x1: x(Math.max(cuts[number] - 0.4, 0)), x2: x(Math.min(end - 0.6, one.dates.length - 1)), y1: mean, y2: mean })];
  });
}

const day = (date) => date.replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3");
const short = (value) => Number(value.toPrecision(3)).toString();
