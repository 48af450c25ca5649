// Plain fetch as a caller, led by nothing but the OpenAPI document that the hub generates.

export const title = 'REST (fetch)';

/** Follows a `$ref` within the document. */
function resolve(document, schema) {
  if (!schema?.$ref) return schema ?? {};
  const path = schema.$ref.replace(/^#\//, '').split('/');
  return path.reduce((at, key) => at?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], document);
}

/** The body that the document's schema asks for: the parameters, or the words under its name. */
function bodyFor(schema, { text, parameters }) {
  const properties = schema.properties ?? {};
  if (Object.keys(parameters).every((key) => key in properties)) return parameters;
  const words = ['message', 'prompt', 'text', 'input'].find((key) => key in properties);
  if (words) return { [words]: text };
  throw new Error(`the document asks for ${Object.keys(properties).join(', ') || 'nothing known'}`);
}

export async function open(hub) {
  let document;
  const call = async (solution, question) => {
    const path = `/api/${solution}/${question.skill}`;
    const operation = document.paths[path]?.post;
    if (!operation) throw new Error(`the document has no POST ${path}`);
    const media = operation.requestBody?.content?.['application/json'];
    const body = JSON.stringify(bodyFor(resolve(document, media?.schema), question));
    const answer = await fetch(hub.url + path, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(hub.timeoutMs),
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${answer.status} ${text}`);
    return text;
  };
  return {
    prepare: async () => {
      const answer = await fetch(`${hub.url}/api/openapi.json`);
      if (!answer.ok) throw new Error(`/api/openapi.json gave ${answer.status}`);
      document = await answer.json();
    },
    clinic: (question) => call('clinic', question),
    bank: (question) => call('bank', question),
    table: (question) => call('table', question),
    taxi: (question) => call('taxi', question),
    chat: (question) => call('chat', question),
    fraud: (question) => call('fraud', question),
    meter: (question) => call('meter', question),
    close: async () => {},
  };
}
