// The review page: what the server says, shown; what the person says, sent.
import { make, svg } from "./elements.js";
import { showScanners } from "./scanners.js";
import { Viewer, paths } from "./viewer.js";

const at = (id) => document.getElementById(id);
const NEXT = { open: "to review", accepted: "accepted", rejected: "rejected", failed: "not prepared",
  "accepted-before": "accepted, then changed", "rejected-before": "rejected, then changed" };
const REASONS = { motion: "motion", artefact: "artefact", noise: "too noisy", mask: "wrong mask",
  registration: "registration failed", series: "wrong series or phases", coverage: "lesion not covered",
  treated: "after treatment", maps: "maps not plausible", other: "other (say it below)" };
let about, everyone = [], current = null, viewer = null, asked = 0;

async function get(path) {
  return answer(await fetch(path, { cache: "no-store" }));
}

async function send(path, content) {
  return answer(await fetch(path, { method: "POST", cache: "no-store", body: JSON.stringify(content),
    headers: { "Content-Type": "application/json", "X-Review-Write": about.writing } }));
}

async function answer(response) {
  const content = await response.json();
  if (!response.ok) throw new Error(content.error);
  return content;
}

function say(words, wrong = false) {
  at("message").textContent = words;
  at("message").classList.toggle("wrong", wrong);
  at("message").hidden = !words;
  clearTimeout(say.waiting);
  if (!wrong) say.waiting = setTimeout(() => { at("message").hidden = true; }, 4000);
}

const failed = (error) => say(error instanceof TypeError ? "the server has stopped; start mrfed-site review again" : error.message, true);

// ---- the list of patients

function shown() {
  const words = at("search").value.trim().toLowerCase();
  const keep = { all: () => true, open: (one) => !["accepted", "rejected", "failed"].includes(one.status),
    rejected: (one) => one.status.startsWith("rejected"), marked: (one) => one.marks > 0,
    unread: (one) => !one.read && one.status !== "failed", disputed: (one) => one.disputed > 0 }[at("filter").value];
  return everyone.filter((one) => keep(one) && `${one.patient} ${one.scanner}`.toLowerCase().includes(words));
}

function list() {
  const done = everyone.filter((one) => ["accepted", "rejected"].includes(one.status)).length;
  const able = everyone.filter((one) => one.status !== "failed").length;
  at("progress").textContent = `${done} of ${able} reviewed`;
  at("list").querySelector("ol").replaceChildren(...shown().map((one) => {
    const button = make("button", { type: "button", "data-id": one.id, class: one.status,
      "aria-current": current?.id === one.id ? "true" : null },
      make("span", { class: "name" }, one.patient),
      make("span", { class: "state" }, NEXT[one.status]
        + (one.marks ? ` · ${one.marks} mark${one.marks > 1 ? "s" : ""}` : "")
        + (one.read ? " · read" : "") + (one.disputed ? " · readers differ" : "")));
    button.addEventListener("click", () => open(one.id));
    return make("li", {}, button);
  }));
}

async function refresh() {
  everyone = await get("patients.json");
  list();
}

function step(by) {
  const among = shown();
  const place = among.findIndex((one) => one.id === current?.id);
  const next = among[place < 0 ? 0 : place + by];
  if (next) open(next.id);
  else say(by > 0 ? "that was the last patient of the list" : "this is the first patient of the list");
}

function nextOpen(after) {
  const place = everyone.findIndex((one) => one.id === after);
  const order = [...everyone.slice(place + 1), ...everyone.slice(0, place + 1)];
  const next = order.find((one) => ["open", "accepted-before", "rejected-before"].includes(one.status));
  if (next) return open(next.id);
  say("every patient has been reviewed");
  return open(after);
}

// ---- one patient

async function open(id) {
  const mine = ++asked;
  try {
    const found = await get(`patients/${id}`);
    if (mine !== asked) return;  // another patient was asked for in the meantime
    current = found;
    show();
    list();
    at("list").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    at("patient").scrollTop = 0;
    at("patient").focus({ preventScroll: true });
  } catch (error) { failed(error); }
}

function show() {
  const one = current;
  const date = one.examined.replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3");
  const facts = [date, one.scanner, one.software && `software ${one.software}`, one.timing && `timing: ${one.timing}`];
  const head = make("div", { class: "head" }, make("h2", {}, one.patient),
    make("span", { class: `badge ${one.status}` }, NEXT[one.status]),
    make("p", {}, facts.filter(Boolean).join(" · ")));
  const parts = [head];
  if (one.failure) parts.push(make("p", { class: "failure" }, one.failure));
  if (one.notes.length) parts.push(make("ul", { class: "notes" }, ...one.notes.map((note) => make("li", {}, note))));
  viewer = null;
  if (one.album) {
    viewer = new Viewer(one.id, one.album);
    parts.push(make("div", { class: "top" }, viewer.element, numbers(one)), ...groups(one));
  } else if (!one.failure) {
    parts.push(numbers(one), make("p", { class: "failure" }, "No pictures of these images: run mrfed-site prepare again."));
  }
  at("patient").replaceChildren(...parts);
  at("say").replaceChildren(...(one.failure ? [make("p", { class: "quiet" }, "Nothing to decide: this patient could not be prepared and enters no study.")] : [decision(one), reading(one)]));
}

function numbers(one) {
  const rows = one.numbers.map((number) => make("tr", { class: number.marked ? "marked" : null },
    make("th", { scope: "row" }, number.words),
    make("td", {}, `${number.value.toFixed(number.digits)} ${number.unit}`.trim()),
    make("td", {}, number.marked ? "stands out" : "")));
  return make("section", { class: "numbers", "aria-label": "Quality numbers" },
    make("table", {}, make("caption", {}, "Quality"), make("tbody", {}, ...rows)),
    make("p", { class: "quiet" }, "“Stands out”: more than 3.5 robust deviations from this hospital's patients."));
}

const TITLES = { phases: "Phases", images: "Other images", maps: "Maps", registration: "Registration", regions: "Regions" };

function groups(one) {
  const names = [...new Set(one.album.views.map((view) => view.group))];
  const order = Object.keys(TITLES).filter((name) => names.includes(name));
  return order.map((group) => {
    const views = one.album.views.filter((view) => view.group === group);
    const title = make("h3", {}, TITLES[group]);
    if (group === "registration") return make("section", { class: group }, title, ...pairs(one, views));
    return make("section", { class: group }, title, make("div", { class: "strip" }, ...views.map((view) => figure(one, view))));
  });
}

function figure(one, view) {
  const image = make("img", { src: `pictures/${one.id}/${view.name}`, alt: `${TITLES[view.group]}: ${view.caption}`, decoding: "async" });
  const frame = make("div", { class: "frame" }, image);
  const plane = one.album.plane;
  if (view.group !== "regions") {
    frame.append(svg("svg", { class: "outline", viewBox: `${plane.left} ${plane.top} ${plane.columns} ${plane.rows}`, preserveAspectRatio: "none" },
      ...paths({ contours: Object.fromEntries(Object.entries(one.album.contours).slice(0, 1)) }, plane.number)));
  }
  return make("figure", {}, frame, make("figcaption", {}, view.caption, ...(view.unit ? [scale(view)] : [])));
}

function scale(view) {
  const [factor, unit] = view.unit === "mm²/s" ? [1000, "·10⁻³ mm²/s"] : [1, view.unit === "1" ? "" : view.unit];
  const digits = (value) => Number((value * factor).toPrecision(3)).toString();
  return make("span", { class: "scale" }, digits(view.low), make("span", { class: "bar", "aria-hidden": "true" }),
    `${digits(view.high)} ${unit}`);
}

function pairs(one, views) {
  const names = [...new Set(views.map((view) => view.name.replace(/-(before|after)\.png$/, "")))];
  return names.map((name) => {
    const measured = one.registration[name] ?? {};
    const told = measured.displacement_mm > 0
      ? `moved by up to ${measured.displacement_mm.toFixed(1)} mm; mutual information ${measured.mutual_information_before.toFixed(2)} → ${measured.mutual_information_after.toFixed(2)}`
      : "left as it was: no transform agreed better";
    const strip = views.filter((view) => view.name.startsWith(`${name}-`)).map((view) => figure(one, view));
    // while `b` is held the second picture shows the first: the eye sees motion in one place
    strip.at(-1).querySelector(".frame").append(make("img", { class: "earlier", src: `pictures/${one.id}/${name}-before.png`, alt: "" }));
    return make("div", { class: "pair" }, make("div", { class: "strip" }, ...strip),
      make("p", { class: "quiet" }, make("b", {}, name.replace(/_/g, " ")), ` · ${told}. Reference in magenta, this image in green: edges that do not meet show in colour.`));
  });
}

// ---- decision

function decision(one) {
  const last = one.decisions.at(-1);
  const form = make("form", { class: "decision", "aria-label": "Decision" });
  const accept = make("button", { type: "button", class: "accept" }, "Accept ", make("kbd", {}, "a"));
  const reject = make("button", { type: "button", class: "reject", "aria-expanded": "false", "aria-controls": "reasons" }, "Reject… ", make("kbd", {}, "r"));
  const reasons = make("fieldset", { id: "reasons", hidden: "" }, make("legend", {}, "Why?"),
    ...about.reasons.map((name) => make("label", {}, make("input", { type: "checkbox", name: "why", value: name }), REASONS[name] ?? name)),
    make("label", { class: "wide" }, "Note", make("textarea", { name: "note", rows: 2, maxlength: 2000 })),
    make("button", { type: "submit", class: "reject" }, "Reject"));
  const everywhere = make("label", { class: "everywhere" }, make("input", { type: "checkbox", name: "everywhere" }), "in every study of this hospital");
  accept.addEventListener("click", () => decide("accepted"));
  reject.addEventListener("click", () => openReasons());
  form.addEventListener("submit", (event) => { event.preventDefault(); decide("rejected"); });
  form.append(make("h3", {}, "Decision"), make("div", { class: "buttons" }, accept, reject), reasons, everywhere);
  if (last) {
    form.append(make("ol", { class: "history" }, ...one.decisions.toReversed().map((entry) => make("li", {},
      make("b", { class: entry.verdict }, entry.verdict), ` by ${entry.reader}, ${entry.time.slice(0, 16).replace("T", " ")} UTC`,
      ...(entry.why.length ? [`: ${entry.why.map((name) => REASONS[name] ?? name).join(", ")}`] : []),
      ...(entry.note ? [` — ${entry.note}`] : []), entry.study === null ? " (every study)" : ""))));
  }
  return form;
}

function openReasons() {
  const reasons = at("reasons");
  if (!reasons) return;
  reasons.hidden = false;
  document.querySelector(".decision .buttons .reject").setAttribute("aria-expanded", "true");
  reasons.querySelector("input").focus();
}

async function decide(verdict) {
  const form = document.querySelector(".decision");
  if (!form || decide.busy) return;
  const said = new FormData(form);
  const why = verdict === "rejected" ? said.getAll("why") : [];
  if (verdict === "rejected" && !why.length) return say("choose a reason", true);
  const id = current.id;
  decide.busy = true;
  try {
    await send(`patients/${id}/decision`, { verdict, why, note: verdict === "rejected" ? said.get("note") : "",
      everywhere: said.get("everywhere") === "on", seen: current.seen });
    say(`${current.patient}: ${verdict}`);
    await refresh();
    await nextOpen(id);
  } catch (error) { failed(error); await open(id); } finally { decide.busy = false; }
}

// ---- reading

function reading(one) {
  const form = make("form", { class: "reading", "aria-label": "Reader's form" });
  const given = one.reading ?? {};
  const fields = about.form.map((item) => {
    const field = make("fieldset", { "data-item": item.name }, make("legend", {}, item.asks),
      ...item.answers.map(([value, words]) => make("label", {}, make("input", { type: "radio", name: item.name, value,
        ...(given[item.name] === value ? { checked: "" } : {}) }), make("span", {}, words))));
    if (one.disputed.includes(item.name)) field.append(make("p", { class: "disputed" }, "readers differ: ",
      Object.entries(one.others).filter(([name, answers]) => name && answers[item.name])
        .map(([name, answers]) => `${name} ${answers[item.name]}`).join(", ")));
    return field;
  });
  const sense = () => about.form.forEach((item, number) => {
    fields[number].hidden = item.only_if !== null && form.elements[item.only_if[0]].value !== item.only_if[1];
  });
  const save = make("button", { type: "submit" }, one.reading ? "Save my reading again" : "Save my reading");
  const buttons = make("div", { class: "buttons" }, save);
  if (one.readers.length > 1 && one.reading) {
    const together = make("button", { type: "button" }, "Save as consensus");
    together.addEventListener("click", () => read(form, true));
    buttons.append(together);
  }
  const who = one.readers.length ? `Read by ${one.readers.join(", ")}.${one.reading ? "" : " Their answers show once you have saved yours."}` : "Nobody has read this patient yet.";
  form.append(make("h3", {}, "Reading"), make("p", { class: "quiet" }, who), ...fields, buttons);
  form.addEventListener("change", sense);
  form.addEventListener("submit", (event) => { event.preventDefault(); read(form, false); });
  sense();
  return form;
}

async function read(form, consensus) {
  const answers = Object.fromEntries(new FormData(form).entries());
  if (!Object.keys(answers).length) return say("nothing was answered", true);
  try {
    current = await send(`patients/${current.id}/reading`, { answers, consensus, seen: current.seen });
    show();
    await refresh();
    say(`${current.patient}: ${consensus ? "consensus" : "reading"} saved`);
  } catch (error) { failed(error); }
}

// ---- keys and views

const KEYS = {
  n: () => step(1), ArrowRight: () => step(1), p: () => step(-1), ArrowLeft: () => step(-1),
  a: () => decide("accepted"), r: () => openReasons(),
  ArrowUp: () => viewer?.go(viewer.slice - 1), ArrowDown: () => viewer?.go(viewer.slice + 1),
  t: () => viewer?.home(), s: () => viewer?.show(viewer.stack + 1),
  c: () => document.body.classList.toggle("bare"), b: () => document.body.classList.add("before"),
  f: () => document.querySelector(".reading input")?.focus(),
  "/": () => at("search").focus(), "?": () => at("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || at("keys").open) return;
  const typing = event.target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select");
  const choosing = event.target.matches("input[type=radio], input[type=range]") && event.key.startsWith("Arrow");
  if (event.key === "Escape") {
    const reasons = at("reasons");
    if (reasons) reasons.hidden = true;
    at("message").hidden = true;
    return at("patient").focus({ preventScroll: true });
  }
  if (typing && event.target.type !== "range" || choosing || at("patients-view").hidden || !(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key]();
});
document.addEventListener("keyup", (event) => { if (event.key === "b") document.body.classList.remove("before"); });

function turn(scanners) {
  at("patients-view").hidden = scanners;
  at("scanners-view").hidden = !scanners;
  at("show-patients").setAttribute("aria-pressed", String(!scanners));
  at("show-scanners").setAttribute("aria-pressed", String(scanners));
  if (scanners) get("scanners.json").then((found) => showScanners(at("scanners-view"), found)).catch(failed);
}

at("show-patients").addEventListener("click", () => turn(false));
at("show-scanners").addEventListener("click", () => turn(true));
at("help").addEventListener("click", () => at("keys").showModal());
at("search").addEventListener("input", list);
at("filter").addEventListener("change", list);

async function begin() {
  about = await get("start.json");
  at("study").textContent = `${about.study} · ${about.site}`;
  at("study").title = about.title;
  at("reader").textContent = about.reader;
  at("simulated").hidden = !about.simulated;
  await refresh();
  const first = everyone.find((one) => one.status === "open") ?? everyone[0];
  if (first) await open(first.id);
}

begin().catch(failed);
