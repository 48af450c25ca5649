// The resources the conformance suite reads and watches.
import { kPngBase64 } from './media.mjs';

export const kResources = [
  {
    uri: 'test://static-text',
    name: 'static-text',
    description: 'A static text',
    mimeType: 'text/plain',
    body: { text: 'This is the content of the static text resource.' },
  },
  {
    uri: 'test://static-binary',
    name: 'static-binary',
    description: 'A static image',
    mimeType: 'image/png',
    body: { blob: kPngBase64 },
  },
  {
    uri: 'test://watched-resource',
    name: 'watched-resource',
    description: 'A resource that can be subscribed to',
    mimeType: 'text/plain',
    body: { text: 'Watched resource content' },
  },
];

export const kTemplates = [
  {
    uriTemplate: 'test://template/{id}/data',
    name: 'template-data',
    description: 'A resource for each id',
    mimeType: 'application/json',
  },
];

const kTemplatePattern = /^test:\/\/template\/([^/]+)\/data$/;

/// The contents of `uri`, or undefined when there is no such resource.
export function readResource(uri) {
  const fixed = kResources.find((r) => r.uri === uri);
  if (fixed) return { uri, mimeType: fixed.mimeType, ...fixed.body };
  const match = kTemplatePattern.exec(uri);
  if (!match) return undefined;
  const id = decodeURIComponent(match[1]);
  const data = { id, templateTest: true, data: `Data for ID: ${id}` };
  return { uri, mimeType: 'application/json', text: JSON.stringify(data) };
}
