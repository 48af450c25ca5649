// An OpenAI-compatible server: aimock behind a tap that shows the bytes and when connections close.
import { LLMock } from '@copilotkit/aimock';
import { startTap } from '../lib/tap.mjs';

export const kModel = 'gpt-4o-mini';
const kSlowText = Array.from({ length: 200 }, (_, i) => `word${i}`).join(' ');

/// {url (with /v1), mock, tap, close()}.
export async function startOpenAiModel() {
  const mock = new LLMock({ port: 0, logLevel: 'silent' });
  mock.onMessage('hello', { content: 'Hi there, friend!' });
  mock.onMessage('weather', {
    toolCalls: [{ name: 'get_weather', arguments: '{"city":"Shanghai"}' }],
  });
  mock.onMessage('slowly', { content: kSlowText }, { latency: 200, chunkSize: 6 });
  mock.onMessage('forbidden', {
    error: { message: 'no tokens left', type: 'rate_limit_error', code: 'rate_limit_exceeded' },
    status: 429,
  });
  mock.onEmbedding('vector', { embedding: [0.25, -0.5, 1] });
  await mock.start();
  const tap = await startTap(new URL(mock.url));
  const close = async () => {
    await tap.close();
    await mock.stop();
  };
  return { url: `${tap.url}/v1`, direct: `${mock.url}/v1`, mock, tap, close };
}
