// @ts-check
// A second canvas above the points, for names, trails, lines, rings, scale and lasso.

/** @import { Camera } from "./camera.js" */
/** @import { Classes } from "./point_classes.js" */
/** @import { Film, Place } from "./film.js" */
/** @import { Align } from "./halo.js" */
/** @import { About } from "./payload.js" */
/** @import { PictureSource } from "./pictures.js" */
/** @import { Theme } from "./theme.js" */

import { make, penOf } from "./dom.js";
import { HaloText } from "./halo.js";
import { clamp } from "./numbers.js";
import { countIn } from "./picking.js";
import { PicturePlaces } from "./picture_places.js";
import { barStep, scaleBars } from "./scale_bars.js";

/**
 * @typedef {object} Marks everything that is drawn
 * @property {Film} film
 * @property {number} p the moment
 * @property {Camera} camera
 * @property {Classes} classes
 * @property {About} about
 * @property {{ names: boolean }} shows
 * @property {number[]} selected points
 * @property {number[]} highlighted points, joined by lines to a single selected one
 * @property {number[]} followed points that have a trail and a ring
 * @property {number | null} hover the point under the pointer
 * @property {PictureSource | null} pictures
 * @property {Place[] | null} lasso on the map, in pixels
 * @property {number} size of a point
 * @property {number} frontSize of one that is drawn on top
 */

/**
 * @typedef {object} Guest an image that is no point of the film
 * @property {(p: number) => Place | null} place at a moment; null if it is not known
 * @property {((p: number) => Place) | null} trail the same, once all places are known
 * @property {string} color
 * @property {HTMLCanvasElement} picture
 */
/** @typedef {{ place: Place, half: number }} Name where a name is, and half its width */

const STEPS = 6; // lines of a trail from frame to frame
const NAME_HEIGHT = 16; // pixels
const NAME_EDGE = 4; // pixels between a name and the edge of the map
const PICTURE_HIGH = 44; // pixels
const OVER_FOLLOWED = 50; // points: what it counts if a picture covers a point with a ring
const SCALE_ROOM = 240; // pixels that the scale needs next to the note

export class Overlay {
  canvas = make("canvas", { "aria-hidden": "true" });
  #pen = penOf(this.canvas);
  #text = new HaloText();
  #ratio = 1;
  #places = new PicturePlaces();
  /** @type {Guest | null} */
  guest = null;
  /** @type {Theme} */
  #theme = {
    font: "",
    ground: "",
    ink: "",
    quiet: "",
    accent: "",
    same: "",
    different: "",
    small: 12,
    text: 13,
  };

  /**
   * @param {number} width in pixels of the page
   * @param {number} height
   * @param {number} ratio pixels of the screen for one of the page
   */
  resize(width, height, ratio) {
    this.#ratio = ratio;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
  }

  clear() {
    this.#pen.resetTransform();
    this.#pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /**
   * @param {Marks} marks
   * @param {Theme} theme
   */
  draw(marks, theme) {
    const pen = this.#pen;
    this.#theme = theme;
    this.clear();
    pen.scale(this.#ratio, this.#ratio);
    pen.lineJoin = pen.lineCap = "round";
    if (marks.shows.names) this.#names(marks);
    for (const point of marks.followed) {
      this.#trail(marks, marks.classes.colorOf(point), (p) => marks.film.place(point, p));
    }
    if (this.guest?.trail) this.#trail(marks, this.guest.color, this.guest.trail);
    this.#places.clear();
    const one = marks.selected.length === 1 ? marks.selected[0] : null;
    const shown = one !== null && marks.classes.shows(one) ? one : null;
    if (shown !== null) this.#selected(marks, shown);
    for (const point of marks.followed) this.#followed(marks, point);
    if (marks.hover !== null && marks.hover !== shown) this.#hovered(marks, marks.hover);
    if (this.guest) this.#guest(marks, this.guest);
    this.#scale(marks);
    this.#note(marks);
    if (marks.lasso) this.#lasso(marks.lasso);
  }

  /** @param {Marks} marks */
  #names({ film, p, camera, classes, about }) {
    const pen = this.#pen;
    pen.font = this.#font(600, this.#theme.small + 3);
    pen.fillStyle = this.#theme.ink;
    // Where classes overlap, as before training, names would cover each other, so they fade. Of two
    // names that touch, the first is written.
    const at = film.medians(p, classes.members).map((middle) => camera.toScreen(middle));
    /** @param {number} k */
    const named = (k) => classes.members[k].some((point) => !about.marked.includes(point));
    const shown = [...at.keys()].filter((k) => classes.shown[k] > 0.01 && named(k));
    /** @type {Name[]} */
    const written = [];
    for (const k of shown) {
      const far = shown.map((j) => (j === k ? Infinity : distance(at[j], at[k])));
      const apart = clamp((Math.min(...far, 100) - 13) / 8, 0, 1);
      const name = this.#nameAt(classes.names[k], at[k], camera);
      pen.globalAlpha =
        classes.shown[k] * apart * Math.min(1, ...written.map((other) => free(name, other)));
      if (pen.globalAlpha < 0.02) continue;
      written.push(name);
      this.#write(classes.names[k], name.place);
    }
    pen.globalAlpha = 1;
  }

  /**
   * Return where to write a name: at a place on the map, but not over the map's edge.
   * @param {string} name
   * @param {Place} place
   * @param {Camera} camera
   * @returns {Name}
   */
  #nameAt(name, [x, y], { width, height }) {
    const half = this.#pen.measureText(name).width / 2;
    const outside = x < 0 || y < 0 || x > width || y > height;
    const room = outside ? Infinity : Math.max(width / 2 - half - NAME_EDGE, 0);
    const middle = width / 2;
    return { place: [clamp(x, middle - room, middle + room), y], half };
  }

  /**
   * Draw where something has been; the past fades.
   * @param {Marks} marks
   * @param {string} color
   * @param {(p: number) => Place} place at a moment
   */
  #trail({ p: now, camera }, color, place) {
    const pen = this.#pen;
    const total = Math.ceil(now * STEPS);
    let from = camera.toScreen(place(0));
    pen.strokeStyle = pen.fillStyle = color;
    pen.lineWidth = 2;
    for (let i = 1; i <= total; i++) {
      const p = Math.min(i / STEPS, now);
      const to = camera.toScreen(place(p));
      pen.globalAlpha = 0.2 + 0.7 * (p / now) ** 2;
      this.#line(from, to);
      if (i % STEPS === 0 && i < total) {
        pen.beginPath();
        pen.arc(...to, 1.75, 0, 7);
        pen.fill();
      }
      from = to;
    }
    pen.globalAlpha = 1;
  }

  /**
   * Draw lines to the highlighted points, and the margin as a circle.
   * @param {Marks} marks
   * @param {number} selected
   */
  #selected({ film, p, camera, classes, about, highlighted }, selected) {
    const pen = this.#pen;
    const at = camera.toScreen(film.place(selected, p));
    pen.lineWidth = 1;
    pen.strokeStyle = this.#theme.ink;
    pen.globalAlpha = 0.65;
    for (const other of highlighted) {
      if (other === selected || !classes.shows(other)) continue;
      this.#line(at, camera.toScreen(film.place(other, p)));
    }
    pen.globalAlpha = 1;
    const reach = (about.margin ?? 0) * camera.scale;
    if (reach <= 8 || reach >= 4 * camera.width) return;
    pen.strokeStyle = this.#theme.quiet;
    pen.setLineDash([3, 5]);
    this.#circle(at, reach);
    pen.setLineDash([]);
  }

  /**
   * @param {Marks} marks
   * @param {number} point
   */
  #followed(marks, point) {
    const { accent, ink } = this.#theme;
    const at = marks.camera.toScreen(marks.film.place(point, marks.p));
    this.#ring(at, marks.frontSize / 2 + 3, marks.selected.includes(point) ? accent : ink);
    if (marks.hover === null) this.#thumbnail(marks, point, at);
  }

  /**
   * @param {Marks} marks
   * @param {number} point
   */
  #hovered({ film, p, camera, size }, point) {
    this.#ring(camera.toScreen(film.place(point, p)), size / 2 + 3, this.#theme.accent);
  }

  /**
   * @param {Marks} marks
   * @param {number} point
   * @param {Place} at
   */
  #thumbnail(marks, point, at) {
    const { pictures, classes } = marks;
    if (pictures) this.#picture(marks, point, pictures.canvas(point), classes.colorOf(point), at);
  }

  /**
   * @param {Marks} marks
   * @param {Guest} guest
   */
  #guest(marks, { place: placeAt, color, picture }) {
    const { camera, frontSize, hover } = marks;
    const place = placeAt(marks.p);
    if (!place) return;
    const at = camera.toScreen(place);
    this.#pen.fillStyle = color;
    this.#pen.beginPath();
    this.#pen.arc(...at, frontSize / 2, 0, 7);
    this.#pen.fill();
    this.#ring(at, frontSize / 2 + 3, this.#theme.ink);
    if (hover === null) this.#picture(marks, -1, picture, color, at);
  }

  /**
   * Draw a picture next to a place: not over another picture, and where it hides few points.
   * @param {Marks} marks
   * @param {number} point -1 for none
   * @param {HTMLCanvasElement} picture
   * @param {string} color of its frame
   * @param {Place} at
   */
  #picture(marks, point, picture, color, at) {
    const pen = this.#pen;
    const wide = clamp((PICTURE_HIGH * picture.width) / picture.height, 16, 88);
    /** @type {Place} */
    const size = [wide + 4, PICTURE_HIGH + 4]; // with the frame
    const { left, top, far } = this.#places.take(point, at, size, marks.camera, (place) => {
      return countIn(marks, place) + OVER_FOLLOWED * countIn(marks, place, marks.followed);
    });
    pen.fillStyle = pen.strokeStyle = color;
    pen.lineWidth = 2;
    if (far) this.#line(at, [left + size[0] / 2, top + size[1] / 2]);
    pen.beginPath();
    pen.roundRect(left, top, ...size, 4);
    pen.fill();
    pen.imageSmoothingEnabled = picture.width > 2 * wide;
    pen.drawImage(picture, left + 2, top + 2, wide, PICTURE_HIGH);
  }

  /** @param {Marks} marks */
  #scale({ camera, about }) {
    const pen = this.#pen;
    const { ground, ink, quiet } = this.#theme;
    pen.font = this.#font(400, this.#theme.small);
    pen.fillStyle = quiet;
    scaleBars(camera.scale, about.margin, camera.width).forEach(({ kind, length, words }, i) => {
      const y = camera.height - 16 - barStep(this.#theme.small) * i;
      /** @type {[number, string][]} */
      const strokes = [
        [4, ground],
        [1.5, kind === "margin" ? ink : quiet],
      ];
      for (const [width, style] of strokes) {
        pen.lineWidth = width;
        pen.strokeStyle = style;
        this.#line([16, y - 4], [16, y], [16 + length, y], [16 + length, y - 4]);
      }
      this.#write(words, [24 + length, y - 3], "left");
    });
  }

  /** @param {Marks} marks */
  #note({ camera, about }) {
    if (!about.note) return;
    const pen = this.#pen;
    pen.font = this.#font(400, this.#theme.small);
    pen.fillStyle = this.#theme.quiet;
    const beside = camera.width - pen.measureText(about.note).width > SCALE_ROOM;
    this.#write(about.note, [camera.width - 14, camera.height - (beside ? 19 : 62)], "right");
  }

  /** @param {Place[]} lasso */
  #lasso(lasso) {
    const pen = this.#pen;
    pen.beginPath();
    for (const place of lasso) pen.lineTo(...place);
    pen.closePath();
    pen.fillStyle = pen.strokeStyle = this.#theme.accent;
    pen.globalAlpha = 0.12;
    pen.fill();
    pen.globalAlpha = 1;
    pen.lineWidth = 1.5;
    pen.stroke();
  }

  /**
   * @param {Place} start
   * @param {Place[]} others
   */
  #line(start, ...others) {
    this.#pen.beginPath();
    this.#pen.moveTo(...start);
    for (const place of others) this.#pen.lineTo(...place);
    this.#pen.stroke();
  }

  /**
   * @param {Place} at
   * @param {number} radius
   */
  #circle(at, radius) {
    this.#pen.beginPath();
    this.#pen.arc(...at, radius, 0, 2 * Math.PI);
    this.#pen.stroke();
  }

  /**
   * @param {Place} at
   * @param {number} radius
   * @param {string} color
   */
  #ring(at, radius, color) {
    this.#pen.lineWidth = 4;
    this.#pen.strokeStyle = this.#theme.ground;
    this.#circle(at, radius);
    this.#pen.lineWidth = 2;
    this.#pen.strokeStyle = color;
    this.#circle(at, radius);
  }

  /**
   * @param {number} weight
   * @param {number} size
   */
  #font(weight, size) {
    return `${weight} ${size}px ${this.#theme.font}`;
  }

  /**
   * @param {string} text
   * @param {Place} at
   * @param {Align} [align]
   */
  #write(text, at, align) {
    const paper = { ground: this.#theme.ground, ratio: this.#ratio };
    this.#text.write(this.#pen, paper, text, at, align);
  }
}

/**
 * @param {Place} a
 * @param {Place} b
 */
const distance = (a, b) => Math.hypot(b[0] - a[0], b[1] - a[1]);

/**
 * Return how much of a name is free of another one, from 0 to 1.
 * @param {Name} name
 * @param {Name} other
 */
function free({ place: [x, y], half }, { place: [left, top], half: more }) {
  const covered = Math.min(half + more - Math.abs(x - left), NAME_HEIGHT - Math.abs(y - top));
  return clamp(1 - covered / 8, 0, 1);
}
