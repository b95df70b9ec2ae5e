// @ts-check
// Tables that are sorted by a click on the name of a column.

import { make } from "../views/js/dom.js";

/**
 * Make each column's name a button that sorts by it: first the smallest, then the largest.
 * @param {HTMLTableElement} table with one row of names and one body
 */
export function makeSortable(table) {
  const heads = [...table.querySelectorAll("thead th")];
  const body = table.tBodies[0];
  for (const [column, head] of heads.entries()) {
    const name = head.textContent ?? "";
    if (!name || !sortable(body, column)) continue;
    const sort = () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows];
      rows.sort((a, b) => compared(a.cells[column], b.cells[column]) * (down ? -1 : 1));
      body.append(...rows);
    };
    head.replaceChildren(make("button", { type: "button", onclick: sort }, name));
  }
}

/**
 * @param {HTMLTableSectionElement} body
 * @param {number} column
 */
const sortable = (body, column) => [...body.rows].some((row) => row.cells[column].textContent);

/**
 * Compare two cells: numbers as numbers, texts as people sort them, and empty cells last.
 * @param {HTMLTableCellElement} a
 * @param {HTMLTableCellElement} b
 */
export function compared(a, b) {
  const [x, y] = [a, b].map((cell) => cell.dataset.value);
  if (x !== undefined && y !== undefined) return Number(x) - Number(y);
  return (a.textContent ?? "").localeCompare(b.textContent ?? "", undefined, { numeric: true });
}
