// Reads a server-sent event stream to its end.
const kStreamMs = 15_000;

function parse(block) {
  const event = { event: 'message', data: '' };
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const value = line.slice(colon + 1).replace(/^ /, '');
    const field = line.slice(0, colon);
    if (field === 'data') event.data += (event.data ? '\n' : '') + value;
    else event[field] = value;
  }
  return event;
}

/// POSTs `body` and returns every event as {event, data, id?}.
export async function readSse(url, body, { headers = {} } = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(kStreamMs),
  });
  const type = response.headers.get('content-type') ?? '';
  const text = await response.text();
  if (!type.startsWith('text/event-stream')) {
    throw new Error(`${response.status} ${type}, not a stream: ${text.slice(0, 500)}`);
  }
  return text
    .split(/\r?\n\r?\n/)
    .map(parse)
    .filter((event) => event.data !== '' || event.event !== 'message');
}
