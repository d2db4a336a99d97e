/**
 * Asks the studio to do something. Rejects with a sentence for the user.
 * @param {string} path
 * @param {File} [body]
 * @param {string} [type]
 */
export async function post(path, body, type) {
  const response = await fetch(path, { method: 'POST', body: body ?? null, headers: type ? { 'content-type': type } : [] }).catch(() => {
    throw new Error('The studio does not answer. Is it still running?');
  });
  if (!response.ok) throw new Error(await reasonOf(response));
}

/**
 * The table's item of a delivery.
 * @param {number} id
 */
export async function fetchRecord(id) {
  const response = await fetch(`/api/deliveries/${id}/record`);
  if (!response.ok) throw new Error(await reasonOf(response));
  return response.json();
}

/** @param {Response} response */
async function reasonOf(response) {
  const { error } = await response.json().catch(() => ({}));
  return error ?? `The studio answered ${response.status}.`;
}
