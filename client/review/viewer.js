// The stack of slices: drawn from one picture that holds them all, outlines over it.
import { make, svg } from "./elements.js";

// As in client/imaging/radiomics/overlay.py: told apart by people with any colour vision.
export const COLOURS = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7"];

export class Viewer {
  constructor(id, album) {
    this.id = id;
    this.album = album;
    this.slice = album.plane.number;
    this.stack = 0;
    this.images = album.stacks.map((one) => {
      const image = new Image();
      image.onload = () => this.draw();
      image.src = `pictures/${id}/${one.name}`;
      return image;
    });
    const { rows, columns, slices } = album.stacks[0];
    const [across, down] = album.spacing_mm;
    this.canvas = make("canvas", { width: columns, height: rows, role: "img", "aria-label": "slice of the image" });
    this.outline = svg("svg", { viewBox: `0 0 ${columns} ${rows}`, preserveAspectRatio: "none", class: "outline" });
    this.slider = make("input", { type: "range", min: 0, max: slices - 1, value: this.slice, "aria-label": "slice" });
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    this.place = make("output", { class: "place" });
    this.choice = make("div", { class: "choice", role: "group", "aria-label": "image" },
      ...album.stacks.map((one, number) => {
        const button = make("button", { type: "button" }, one.caption);
        button.addEventListener("click", () => this.show(number));
        return button;
      }));
    const frame = make("div", { class: "frame" }, this.canvas, this.outline,
      ...["left", "right", "top", "bottom"].map((side) => make("span", { class: `letter ${side}` }, album.letters[side])));
    frame.style.aspectRatio = `${columns * across} / ${rows * down}`;
    frame.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.go(this.slice + Math.sign(event.deltaY));
    }, { passive: false });
    this.element = make("section", { class: "viewer", "aria-label": "All slices" },
      this.choice, frame, make("div", { class: "slide" }, this.slider, this.place), legend(album));
    this.show(0);
  }

  go(slice) {
    this.slice = Math.min(Math.max(slice, 0), this.album.stacks[0].slices - 1);
    this.slider.value = this.slice;
    this.draw();
  }

  home() {
    this.go(this.album.plane.number);
  }

  show(stack) {
    this.stack = stack % this.album.stacks.length;
    [...this.choice.children].forEach((one, number) => one.setAttribute("aria-pressed", number === this.stack));
    this.draw();
  }

  draw() {
    const one = this.album.stacks[this.stack];
    const image = this.images[this.stack];
    this.place.textContent = `slice ${this.slice + 1} of ${one.slices}`;
    if (image.complete && image.naturalWidth) {
      const left = (this.slice % one.across) * one.columns;
      const top = Math.floor(this.slice / one.across) * one.rows;
      this.canvas.getContext("2d").drawImage(
        image, left, top, one.columns, one.rows, 0, 0, one.columns, one.rows);
    }
    this.outline.replaceChildren(...paths(this.album, this.slice));
  }
}

function legend(album) {
  return make("ul", { class: "legend", "aria-label": "Outlines" }, ...Object.keys(album.contours).map((name, number) => {
    const swatch = svg("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" },
      svg("rect", { width: 10, height: 10, rx: 2, fill: COLOURS[number % COLOURS.length] }));
    return make("li", {}, swatch, name.replace(/_/g, " "));
  }));
}

export function paths(album, slice) {
  // the tumour comes last: its edge lies on that of the ring around it
  return Object.entries(album.contours).map(([, slices], number) => [slices, number]).toReversed().flatMap(([slices, number]) => {
    const path = slices[slice];
    return path ? [svg("path", { d: path, stroke: COLOURS[number % COLOURS.length] })] : [];
  });
}
