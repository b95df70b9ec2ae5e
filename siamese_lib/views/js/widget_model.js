// @ts-check
// The model of a widget: traits and messages that Python and the page share.

/**
 * @typedef {object} Model from anywidget
 * @property {(trait: string) => any} get
 * @property {(trait: string, value: unknown) => void} set
 * @property {() => void} save_changes
 * @property {(events: string, act: (...parts: any[]) => void) => void} on
 * @property {(events: string, act: (...parts: any[]) => void) => void} off
 * @property {(message: unknown, callbacks?: undefined, buffers?: ArrayBuffer[]) => void} send
 */

/**
 * Read some traits.
 * @param {Model} model
 * @param {Record<string, string>} traits maps the name of a value to that of its trait
 * @returns {Record<string, any>}
 */
export function valuesOf(model, traits) {
  const names = Object.entries(traits);
  return Object.fromEntries(names.map(([name, trait]) => [name, model.get(trait)]));
}

/**
 * Set traits in the page and in Python.
 * @param {Model} model
 * @param {Record<string, unknown>} changes
 */
export function save(model, changes) {
  for (const [trait, value] of Object.entries(changes)) model.set(trait, value);
  model.save_changes();
}

/**
 * Call `act` with each trait that changes.
 * @param {Model} model
 * @param {Record<string, string>} traits maps the name of a value to that of its trait
 * @param {(changes: Record<string, any>) => void} act
 * @returns {() => void} stops it
 */
export function follow(model, traits, act) {
  const heard = Object.entries(traits).map(([name, trait]) => ({
    event: `change:${trait}`,
    hear: () => act({ [name]: model.get(trait) }),
  }));
  for (const { event, hear } of heard) model.on(event, hear);
  return () => {
    for (const { event, hear } of heard) model.off(event, hear);
  };
}
