// The map: points are drawn into the pixels of a canvas, which is quick enough for a hundred thousand without WebGL.
const OTHERS = [140, 146, 154];
const PALETTE = [
  [27, 110, 194], [196, 78, 0], [24, 128, 86], [168, 15, 42], [122, 82, 199], [140, 98, 20],
  [190, 60, 140], [0, 126, 140], [92, 120, 20], [96, 92, 190], [172, 88, 72], [60, 130, 50],
];
const EARLY = [66, 74, 150], MIDDLE = [30, 145, 140], LATE = [226, 150, 30];
const DAY = 86400000, STEPS = 200, NEAR = 10, LEAST_ZOOM = 0.5, MOST_ZOOM = 200;

const dark = matchMedia("(prefers-color-scheme: dark)");

const root = document.querySelector(".map");
if (root) start(root).catch((problem) => {
  root.hidden = false;
  root.textContent = `${root.dataset.broken} (${problem.message})`;
});

async function start(root) {
  const answer = await fetch(root.dataset.points);
  if (!answer.ok) throw new Error(`the service answered ${answer.status}`);
  const points = unpack(await answer.arrayBuffer());
  root.hidden = false;
  new StoryMap(root, points, JSON.parse(root.dataset.legend));
}

function unpack(data) {
  if (new TextDecoder().decode(data.slice(0, 4)) !== "RMP1") throw new Error("its points are of another version");
  const count = new DataView(data).getUint32(4, true);
  let at = 8;
  const take = (kind) => {
    const size = kind.BYTES_PER_ELEMENT * count * (kind === Float32Array ? 2 : 1);
    at += size;
    return new kind(data.slice(at - size, at));
  };
  return {
    count, places: take(Float32Array), days: take(Int32Array), nums: take(Uint32Array),
    clusters: take(Int16Array), sections: take(Uint8Array),
  };
}

class StoryMap {
  constructor(root, points, legend) {
    Object.assign(this, { root, points, legend, zoom: 1, x: 0, y: 0, chosen: -1, block: [], links: [] });
    this.canvas = root.querySelector("canvas");
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.hint = root.querySelector(".hint");
    this.beside = root.querySelector(".beside");
    this.placeOf = new Map(Array.from(points.nums, (num, i) => [num, i]));
    this.known = new Map();
    this.colours = new Uint32Array(points.count);
    this.names = legend.clusters.filter((each) => each.terms.length).map((each) => this.name(each));
    this.readDays();
    this.colour(root.querySelector("#colour").value);
    this.listen();
    new ResizeObserver(() => this.resize()).observe(this.canvas.parentElement);
    this.resize();
    if (root.dataset.chosen) this.choose(this.placeOf.get(Number(root.dataset.chosen)) ?? -1, true);
  }

  name(cluster) {
    const label = document.createElement("span");
    label.dir = "auto";
    label.textContent = cluster.terms.slice(0, 2).join(", ");
    this.root.querySelector(".names").append(label);
    return { ...cluster, label, width: label.offsetWidth, height: label.offsetHeight };
  }

  readDays() {
    const { days } = this.points;
    this.first = days.reduce((a, b) => Math.min(a, b), Infinity);
    this.last = days.reduce((a, b) => Math.max(a, b), -Infinity);
    for (const [id, value] of [["from", 0], ["until", STEPS]]) {
      const input = this.root.querySelector(`#${id}`);
      Object.assign(input, { min: 0, max: STEPS, step: 1, value });
    }
    this.span();
  }

  span() {
    const [from, until] = ["from", "until"].map((id) => Number(this.root.querySelector(`#${id}`).value));
    const day = (step) => this.first + ((this.last - this.first) * step) / STEPS;
    this.from = Math.floor(day(Math.min(from, until)));
    this.until = Math.ceil(day(Math.max(from, until)));
    const words = (days) => new Date(days * DAY).toISOString().slice(0, 10);
    this.root.querySelector("#span").textContent = `${words(this.from)} – ${words(this.until)}`;
    for (const id of ["from", "until"]) {
      this.root.querySelector(`#${id}`).setAttribute("aria-valuetext", words(Math.round(day(Number(this.root.querySelector(`#${id}`).value)))));
    }
    this.draw();
  }

  colour(by) {
    const { count, sections, clusters, days } = this.points;
    const key = [];
    let of;
    if (by === "section") {
      of = (i) => (sections[i] ? PALETTE[sections[i] - 1] : OTHERS);
      this.legend.sections.forEach((name, i) => key.push([PALETTE[i], name]));
      if (sections.includes(0)) key.push([OTHERS, "others"]);
    } else if (by === "cluster") {
      of = (i) => (clusters[i] < 0 ? OTHERS : PALETTE[clusters[i] % PALETTE.length]);
    } else {
      const year = (day) => new Date(day * DAY).getUTCFullYear();
      const [early, late] = [year(this.first), year(this.last)];
      const ramp = (one) => mixed(late > early ? (one - early) / (late - early) : 1);
      const known = new Map();
      of = (i) => {
        if (!known.has(days[i])) known.set(days[i], ramp(year(days[i])));
        return known.get(days[i]);
      };
      const step = Math.max(1, Math.ceil((late - early) / 8));
      for (let one = early; one <= late; one += step) key.push([ramp(one), String(one)]);
    }
    const lift = dark.matches ? (rgb) => rgb.map((value) => Math.round(value + (255 - value) * 0.35)) : (rgb) => rgb;
    for (let i = 0; i < count; i++) this.colours[i] = packed(lift(of(i)));
    this.root.querySelector(".colours").replaceChildren(...key.map(([rgb, text]) => entry(lift(rgb), text)));
    this.draw();
  }

  listen() {
    const { root, canvas } = this;
    root.querySelector("#colour").addEventListener("change", (event) => this.colour(event.target.value));
    for (const id of ["from", "until"]) root.querySelector(`#${id}`).addEventListener("input", () => this.span());
    for (const button of root.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => this.zoomBy(Number(button.dataset.zoom)));
    }
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey && document.activeElement !== canvas) return; // else the page scrolls
      event.preventDefault();
      this.zoomBy(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => this.press(event));
    this.fingers = new Map();
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
      this.moved = this.fingers.size > 1 ? Infinity : 0;
    });
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => {
      if (this.moved < 4) this.choose(this.nearest(event.offsetX, event.offsetY));
      this.fingers.delete(event.pointerId);
    });
    canvas.addEventListener("pointercancel", (event) => this.fingers.delete(event.pointerId));
    canvas.addEventListener("pointerleave", () => this.tell(-1));
    dark.addEventListener("change", () => {
      this.colour(root.querySelector("#colour").value);
      this.resize();
    });
  }

  press(event) {
    const step = 60;
    const pan = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
    if (pan) this.pan(...pan);
    else if (event.key === "+" || event.key === "=") this.zoomBy(1.5);
    else if (event.key === "-") this.zoomBy(1 / 1.5);
    else if (event.key === "0") this.zoomBy(0);
    else if (event.key === "Enter") this.choose(this.nearest(this.width / 2, this.height / 2, Infinity));
    else return;
    event.preventDefault();
  }

  move(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) return this.point(event.offsetX, event.offsetY);
    const now = [event.offsetX, event.offsetY];
    const others = [...this.fingers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    this.moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
    if (others.length) {
      const apart = (at) => Math.hypot(at[0] - others[0][0], at[1] - others[0][1]) || 1;
      this.zoomBy(apart(now) / apart(before), (now[0] + others[0][0]) / 2, (now[1] + others[0][1]) / 2);
    } else this.pan(now[0] - before[0], now[1] - before[1]);
    this.fingers.set(event.pointerId, now);
  }

  point(x, y) {
    const place = this.nearest(x, y);
    clearTimeout(this.waiting);
    if (place < 0) this.tell(-1);
    else this.waiting = setTimeout(() => this.tell(place), 120);
  }

  async tell(place) {
    clearTimeout(this.waiting);
    this.pointed = place;
    this.canvas.style.cursor = place < 0 ? "" : "pointer";
    if (place < 0) return void (this.hint.hidden = true);
    const told = await this.read(place);
    if (this.pointed !== place || !told) return;
    const headline = told.querySelector("h3");
    this.hint.textContent = headline ? headline.textContent : "";
    this.hint.hidden = false;
    const [x, y] = this.onScreen(place);
    const left = Math.min(x + 12, Math.max(0, this.width - this.hint.offsetWidth - 4));
    const top = y + 12 + this.hint.offsetHeight > this.height ? y - 12 - this.hint.offsetHeight : y + 12;
    this.hint.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  async read(place) {
    const num = this.points.nums[place];
    if (!this.known.has(num)) {
      const answer = await fetch(`${this.root.dataset.story}?num=${num}`);
      if (answer.redirected) location.reload(); // the session has ended: the page asks to sign in
      if (!answer.ok || answer.redirected) return null;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      this.known.set(num, page.querySelector("[data-num]"));
    }
    return this.known.get(num);
  }

  async choose(place, centre = false) {
    if (place === undefined || place < 0) {
      Object.assign(this, { chosen: -1, block: [], links: [] });
      this.beside.replaceChildren();
      return this.draw();
    }
    this.chosen = place;
    Object.assign(this, { block: [], links: [] });
    if (centre) Object.assign(this, { x: this.points.places[2 * place], y: this.points.places[2 * place + 1], zoom: 2 });
    this.draw();
    const told = await this.read(place);
    if (this.chosen !== place) return;
    if (!told) {
      this.beside.textContent = this.root.dataset.gone;
      return;
    }
    const places = (text) => text.split(" ").map((num) => this.placeOf.get(Number(num))).filter((at) => at !== undefined);
    this.block = places(told.dataset.block);
    this.links = places(told.dataset.links);
    this.beside.replaceChildren(document.importNode(told, true));
    this.draw();
  }

  nearest(x, y, reach = NEAR) {
    const { count, places, days } = this.points;
    const [wx, wy] = this.inWorld(x, y);
    let best = -1, least = (reach / this.scale) ** 2;
    for (let i = 0; i < count; i++) {
      if (days[i] < this.from || days[i] > this.until) continue;
      const far = (places[2 * i] - wx) ** 2 + (places[2 * i + 1] - wy) ** 2;
      if (far < least) [best, least] = [i, far];
    }
    return best;
  }

  get scale() {
    return (Math.min(this.width, this.height) / 2) * 0.94 * this.zoom;
  }

  onScreen(place) {
    const { places } = this.points;
    return this.projected(places[2 * place], places[2 * place + 1]);
  }

  projected(x, y) {
    return [(x - this.x) * this.scale + this.width / 2, this.height / 2 - (y - this.y) * this.scale];
  }

  inWorld(x, y) {
    return [(x - this.width / 2) / this.scale + this.x, (this.height / 2 - y) / this.scale + this.y];
  }

  pan(dx, dy) {
    this.x = Math.max(-1, Math.min(1, this.x - dx / this.scale));
    this.y = Math.max(-1, Math.min(1, this.y + dy / this.scale));
    this.draw();
  }

  zoomBy(factor, x = this.width / 2, y = this.height / 2) {
    if (!factor) Object.assign(this, { zoom: 1, x: 0, y: 0 });
    else {
      const [wx, wy] = this.inWorld(x, y);
      this.zoom = Math.max(LEAST_ZOOM, Math.min(MOST_ZOOM, this.zoom * factor));
      const [nx, ny] = this.inWorld(x, y);
      this.x += wx - nx;
      this.y += wy - ny;
    }
    this.draw();
  }

  resize() {
    const box = this.canvas.parentElement;
    this.width = box.clientWidth;
    this.height = box.clientHeight;
    this.ratio = Math.min(window.devicePixelRatio || 1, 2);
    this.canvas.width = Math.max(1, Math.round(this.width * this.ratio));
    this.canvas.height = Math.max(1, Math.round(this.height * this.ratio));
    this.image = this.context.createImageData(this.canvas.width, this.canvas.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    const style = getComputedStyle(document.documentElement);
    this.paper = packed(read(style.getPropertyValue("--paper")));
    this.accent = style.getPropertyValue("--accent").trim();
    this.draw();
  }

  draw() {
    if (this.pending || !this.pixels) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.paint();
    });
  }

  paint() {
    const { count, places, days } = this.points;
    const { pixels, colours, ratio, from, until } = this;
    const [w, h] = [this.canvas.width, this.canvas.height];
    const scale = this.scale * ratio;
    const left = w / 2 - this.x * scale, top = h / 2 + this.y * scale;
    const size = Math.max(1, Math.min(5, Math.sqrt((this.width * this.height) / Math.max(count, 1)) / 9 * Math.sqrt(this.zoom)));
    const rows = disc(size * ratio), reach = (rows.length - 1) / 2;
    pixels.fill(this.paper);
    for (let i = 0; i < count; i++) {
      if (days[i] < from || days[i] > until) continue;
      const px = (places[2 * i] * scale + left) | 0, py = (top - places[2 * i + 1] * scale) | 0;
      if (px < reach || py < reach || px >= w - reach || py >= h - reach) continue;
      const colour = colours[i];
      for (let row = 0, at = (py - reach) * w + px; row < rows.length; row++, at += w) {
        for (let pixel = at - rows[row], end = at + rows[row]; pixel <= end; pixel++) pixels[pixel] = colour;
      }
    }
    this.context.putImageData(this.image, 0, 0);
    this.overlay();
    this.write();
  }

  overlay() {
    if (this.chosen < 0) return;
    const { context, ratio } = this;
    context.save();
    context.scale(ratio, ratio);
    context.strokeStyle = context.fillStyle = this.accent;
    const [x, y] = this.onScreen(this.chosen);
    for (const [some, width] of [[this.links, 1], [this.block, 2.5]]) {
      context.lineWidth = width;
      for (const place of some) {
        const [tx, ty] = this.onScreen(place);
        context.beginPath();
        context.moveTo(x, y);
        context.lineTo(tx, ty);
        context.stroke();
        context.beginPath();
        context.arc(tx, ty, 3 + width, 0, 7);
        context.stroke();
      }
    }
    context.beginPath();
    context.arc(x, y, 6, 0, 7);
    context.fill();
    context.restore();
  }

  // The largest clusters first, each where it covers no other.
  write() {
    const taken = [];
    for (const { x, y, label, width, height } of this.names) {
      const [sx, sy] = this.projected(x, y);
      const box = [sx - width / 2, sy - height / 2, sx + width / 2, sy + height / 2];
      const fits = box[0] >= 0 && box[1] >= 0 && box[2] <= this.width && box[3] <= this.height
        && !taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]);
      label.style.visibility = fits ? "visible" : "hidden";
      if (!fits) continue;
      taken.push(box);
      label.style.transform = `translate(${Math.round(box[0])}px, ${Math.round(box[1])}px)`;
    }
  }
}

function disc(radius) {
  const whole = Math.max(0, Math.round(radius)), rows = [];
  for (let y = -whole; y <= whole; y++) rows.push(Math.round(Math.sqrt(Math.max(0, (whole + 0.3) ** 2 - y * y))));
  return rows;
}

function mixed(share) {
  const [a, b, t] = share < 0.5 ? [EARLY, MIDDLE, share * 2] : [MIDDLE, LATE, share * 2 - 1];
  return a.map((value, i) => Math.round(value + (b[i] - value) * t));
}

function packed([r, g, b]) {
  const bytes = new Uint8Array([r, g, b, 255]);
  return new Uint32Array(bytes.buffer)[0]; // in the order of this machine's memory
}

function read(colour) {
  const hex = colour.trim().slice(1);
  return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

function entry(rgb, text) {
  const item = document.createElement("li"), space = "http://www.w3.org/2000/svg";
  const [picture, dot] = [document.createElementNS(space, "svg"), document.createElementNS(space, "circle")];
  picture.setAttribute("viewBox", "0 0 10 10");
  picture.setAttribute("aria-hidden", "true");
  for (const [name, value] of [["cx", 5], ["cy", 5], ["r", 5], ["fill", `rgb(${rgb.join(",")})`]]) dot.setAttribute(name, value);
  picture.append(dot);
  const words = document.createElement("bdi");
  words.textContent = text;
  item.append(picture, words);
  return item;
}
