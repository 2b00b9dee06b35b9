/** Serves the files of one folder over HTTP, and nothing outside it. */
import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { STALLED_AFTER_MS, targetOf } from './http.ts';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.gif': 'image/gif',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

/**
 * A request listener for node:http. A path that ends in a slash stands for the index.html in that folder.
 * @param folder the folder with the files; symbolic links are followed only to targets inside it
 * @param headers sent with every file
 * @param stalledAfterMs how long a client may read nothing of its answer, in milliseconds; then its connection ends
 */
export function staticFiles(
  folder: string,
  headers: Readonly<Record<string, string>>,
  stalledAfterMs: number = STALLED_AFTER_MS,
): RequestListener {
  return (request, response) => {
    response.setTimeout(stalledAfterMs, () => response.destroy());
    serve(folder, headers, request, response).catch(() => response.destroy());
  };
}

async function serve(
  folder: string,
  headers: Readonly<Record<string, string>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return answer(response, 405, 'Only GET and HEAD are served here.', { Allow: 'GET, HEAD' });
  }
  const path = await resolvePath(folder, targetOf(request).path);
  const file = path === undefined ? undefined : await openFile(path);
  if (path === undefined || file === undefined) return answer(response, 404, 'There is nothing here.');
  try {
    response.writeHead(200, {
      'Content-Type': MEDIA_TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream',
      'Content-Length': file.size,
      'Cache-Control': 'no-cache',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    });
    if (request.method === 'HEAD' || file.size === 0) response.end();
    else await sendBody(file, response);
  } finally {
    await file.handle.close();
  }
}

/**
 * Sends as many bytes as Content-Length has announced. If the file has become shorter, the connection ends, because no
 * further response can follow on it.
 */
async function sendBody({ handle, size }: OpenFile, response: ServerResponse): Promise<void> {
  const bytes = handle.createReadStream({ end: size - 1, autoClose: false });
  await pipeline(bytes, response, { end: false });
  if (bytes.bytesRead < size) throw new Error('the file got shorter while it was served');
  response.end();
}

/** The real path of the file that the path of a URL names, or undefined if there is no such file inside the folder. */
async function resolvePath(folder: string, path: string): Promise<string | undefined> {
  const segments = segmentsOf(path);
  if (segments === undefined) return undefined;
  try {
    const root = await realpath(folder);
    const file = await realpath(join(root, ...segments)); // with symbolic links resolved
    return file.startsWith(root.endsWith(sep) ? root : root + sep) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** The segments of a path, decoded once; undefined for a path that no served file can have. */
function segmentsOf(encoded: string): string[] | undefined {
  let path: string;
  try {
    path = decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
  if (!path.startsWith('/')) return undefined;
  const segments = path.slice(1).split('/');
  if (segments.at(-1) === '') segments[segments.length - 1] = 'index.html';
  return segments.every(isPlainName) ? segments : undefined;
}

/** Not empty, not hidden (`.` and `..` included), no NUL, no separator or drive letter of another system. */
function isPlainName(segment: string): boolean {
  return /^[^.\0\\:][^\0\\:]*$/.test(segment);
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly size: number;
}

async function openFile(path: string): Promise<OpenFile | undefined> {
  let handle: FileHandle;
  try {
    // Does not wait for the writer of a FIFO, and does not follow a link that has replaced the file in the meantime.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch {
    return undefined;
  }
  const stats = await handle.stat();
  if (stats.isFile()) return { handle, size: stats.size };
  await handle.close();
  return undefined;
}

function answer(
  response: ServerResponse,
  status: number,
  sentence: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers });
  response.end(`${sentence}\n`);
}
