// The OpenAPI 3.1 document of rest_service.
const ref = (name) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema) => ({ 'application/json': { schema } });
const answers = (schema, status = 200) => ({
  [status]: { description: 'Done', content: json(schema) },
  default: {
    description: 'Refused',
    content: { 'application/problem+json': { schema: ref('Problem') } },
  },
});
const body = (content) => ({ required: true, content });

const kItemParameters = [
  { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
  { name: 'tags', in: 'query', schema: { type: 'array', items: { type: 'string' } } },
  { name: 'verbose', in: 'query', schema: { type: 'boolean' } },
  { name: 'X-Trace', in: 'header', schema: { type: 'string' } },
  { name: 'session', in: 'cookie', schema: { type: 'string' } },
];

const kSchemas = {
  Problem: {
    type: 'object',
    properties: {
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
    },
    required: ['title', 'status'],
  },
  NewItem: {
    type: 'object',
    properties: {
      name: { type: 'string', minLength: 1 },
      qty: { type: 'integer', minimum: 1 },
      size: {
        type: 'object',
        properties: { width: { type: 'number' }, height: { type: 'number' } },
      },
    },
    required: ['name', 'qty'],
  },
  Item: {
    allOf: [
      ref('NewItem'),
      { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
    ],
  },
  Seen: {
    type: 'object',
    properties: {
      id: { type: 'string' },
      tags: { type: 'array', items: { type: 'string' } },
      verbose: { type: ['boolean', 'null'] },
      trace: { type: ['string', 'null'] },
      session: { type: ['string', 'null'] },
    },
  },
  Form: {
    type: 'object',
    properties: { who: { type: 'string' }, note: { type: 'string' } },
    required: ['who'],
  },
  Upload: {
    type: 'object',
    properties: {
      file: { type: 'string', contentMediaType: 'application/octet-stream' },
      note: { type: 'string' },
    },
    required: ['file'],
  },
};

const get = (operationId, summary, more = {}) => ({
  get: { operationId, summary, responses: answers({ type: 'object' }), ...more },
});

export const kDocument = {
  openapi: '3.1.0',
  info: { title: 'Shelf', version: '1.0.0', description: 'Things on a shelf.' },
  servers: [{ url: '/' }],
  paths: {
    '/items/{id}': {
      ...get('getItem', 'One item', {
        parameters: kItemParameters,
        responses: answers(ref('Seen')),
      }),
      delete: {
        operationId: 'removeItem',
        summary: 'Take an item away',
        parameters: [kItemParameters[0]],
        responses: { 204: { description: 'Gone' } },
      },
    },
    '/items': {
      post: {
        operationId: 'createItem',
        summary: 'Put an item on the shelf',
        requestBody: body(json(ref('NewItem'))),
        responses: answers(ref('Item'), 201),
      },
    },
    '/forms': {
      post: {
        operationId: 'sendForm',
        summary: 'Leave a note',
        requestBody: body({ 'application/x-www-form-urlencoded': { schema: ref('Form') } }),
        responses: answers(ref('Form')),
      },
    },
    '/uploads': {
      post: {
        operationId: 'upload',
        summary: 'Store a file',
        requestBody: body({ 'multipart/form-data': { schema: ref('Upload') } }),
        responses: answers({ type: 'object' }),
      },
    },
    '/keyed': get('keyed', 'Needs an API key', { security: [{ key: [] }] }),
    '/guarded': get('guarded', 'Needs a bearer token', { security: [{ bearer: [] }] }),
    '/text': get('plainText', 'Plain words', {
      responses: {
        200: { description: 'Words', content: { 'text/plain': { schema: { type: 'string' } } } },
      },
    }),
    '/broken': get('broken', 'Always refuses'),
    '/slow': get('slow', 'Takes half a minute'),
  },
  components: {
    schemas: kSchemas,
    securitySchemes: {
      key: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
      bearer: { type: 'http', scheme: 'bearer' },
    },
  },
};
